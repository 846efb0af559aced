-- Add all entries, or none if the stream would then hold more than its limit.
-- KEYS: stream. ARGV: limit, the traceparent of all or nothing, then five values for each entry.
-- Returns {added, entries in the stream}.
local count = (#ARGV - 2) / 5
local length = redis.call('XLEN', KEYS[1])
if length + count > tonumber(ARGV[1]) then
  return {0, length}
end
local trace = {}
if ARGV[2] ~= '' then
  trace = {'traceparent', ARGV[2]}
end
for i = 3, #ARGV, 5 do
  redis.call('XADD', KEYS[1], '*', 'v', ARGV[i], 'kind', ARGV[i + 1], 'key', ARGV[i + 2],
    'accepted_at', ARGV[i + 3], 'body', ARGV[i + 4],
    unpack(trace))
end
return {count, length + count}
