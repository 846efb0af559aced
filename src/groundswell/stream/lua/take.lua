-- Hand pending entries to a consumer: its own ('own'), or those of a consumer that fell silent ('stale').
-- With counting, each entry's delivery count goes up by one; without, nothing is held against it.
-- KEYS: stream. ARGV: group, consumer, 'own' | 'stale', idle milliseconds, most entries, '1' to count.
-- Returns {entries gone from the stream, {{entry id, deliveries, fields}, ...}}.
local group, consumer = ARGV[1], ARGV[2]
local pending
if ARGV[3] == 'own' then
  pending = redis.call('XPENDING', KEYS[1], group, '-', '+', ARGV[5], consumer)
else
  pending = redis.call('XPENDING', KEYS[1], group, 'IDLE', ARGV[4], '-', '+', ARGV[5])
end
local vanished, taken = 0, {}
for _, line in ipairs(pending) do
  local id, times = line[1], line[4]
  if ARGV[6] == '1' then times = times + 1 end
  local found = redis.call('XRANGE', KEYS[1], id, id)
  if #found == 0 then
    redis.call('XACK', KEYS[1], group, id)
    vanished = vanished + 1
  else
    redis.call('XCLAIM', KEYS[1], group, consumer, 0, id, 'RETRYCOUNT', times, 'JUSTID')
    taken[#taken + 1] = {id, times, found[1][2]}
  end
end
return {vanished, taken}
