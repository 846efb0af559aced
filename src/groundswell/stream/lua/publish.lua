-- Add all entries, or none if the stream would then hold more than its limit.
-- KEYS: stream. ARGV: limit, then five values for each entry. Returns {added, entries in the stream}.
local count = (#ARGV - 1) / 5
local length = redis.call('XLEN', KEYS[1])
if length + count > tonumber(ARGV[1]) then
  return {0, length}
end
for i = 2, #ARGV, 5 do
  redis.call('XADD', KEYS[1], '*', 'v', ARGV[i], 'kind', ARGV[i + 1], 'key', ARGV[i + 2],
    'accepted_at', ARGV[i + 3], 'body', ARGV[i + 4])
end
return {count, length + count}
