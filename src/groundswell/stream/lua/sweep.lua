-- Remove consumers that are long gone and hold nothing, and live events that are old. A consumer with pending
-- entries stays: removing it would drop them for good.
-- KEYS: stream, live. ARGV: group, own name, idle milliseconds, milliseconds a live event is kept.
-- Returns how many consumers were removed.
local removed = 0
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #flat, 2 do consumer[flat[i]] = flat[i + 1] end
  if consumer['pending'] == 0 and consumer['idle'] > tonumber(ARGV[3]) and consumer['name'] ~= ARGV[2] then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
    removed = removed + 1
  end
end
local now = redis.call('TIME')
local oldest = tonumber(now[1]) * 1000 - tonumber(ARGV[4])
redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f', oldest))
return removed
