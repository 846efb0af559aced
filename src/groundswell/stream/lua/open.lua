-- Make the consumer group, from the first entry on, and the ledger.
-- KEYS: stream, ledger. ARGV: group. Returns 1 if the group was made, else 0.

-- A server whose memory is full refuses a script's first write if it could need more, and lets those after it
-- pass. This first one needs none and changes nothing: without it no worker could start and make room.
redis.call('XACK', KEYS[1], ARGV[1], '0-0')

local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
local is_new = type(made) ~= 'table' or made.err == nil
if not is_new and not string.find(made.err, 'BUSYGROUP', 1, true) then
  return made
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  -- The stream had a life before us. What left it then is on record; what is in it is read again from the
  -- start, because others acknowledge without deleting and we take the stream itself for the backlog.
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  local facts = {}
  for i = 1, #info, 2 do facts[info[i]] = info[i + 1] end
  redis.call('HSET', KEYS[2], 'before', facts['entries-added'] - facts['length'])
  if not is_new then
    redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], '0')
  end
end
return is_new and 1 or 0
