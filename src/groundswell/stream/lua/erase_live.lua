-- Remove all events about some posts from the live feed, announce that they are gone, and make sure that no
-- worker announces them later: an entry read before the erasure may still be on its way to being settled.
-- KEYS: live, erased, stream. ARGV: live entries to keep, then the ids.
-- Returns how many events were removed.
local wanted = {}
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
-- An id may be forgotten once every entry that was in the stream at its erasure has left it. This comes first
-- because it needs no memory: a server that has none left refuses only a script's first write.
local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)
local oldest = now
if #first == 1 then oldest = tonumber(string.match(first[1][1], '^%d+')) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. string.format('%.0f', oldest))
for i = 2, #ARGV do
  wanted[ARGV[i]] = true
  redis.call('ZADD', KEYS[2], now, ARGV[i])
end
local removed, from = 0, '-'
while true do
  local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1000)
  for _, entry in ipairs(page) do
    local fields = entry[2]
    if fields[1] == 'type' and fields[2] == 'new_post' and wanted[fields[4]] then
      redis.call('XDEL', KEYS[1], entry[1])
      removed = removed + 1
    end
  end
  if #page < 1000 then break end
  from = '(' .. page[#page][1]
end
for i = 2, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*',
    'type', 'erased', 'id', ARGV[i], 'data', '{"id":"' .. ARGV[i] .. '"}', 'n', '1')
end
return removed
