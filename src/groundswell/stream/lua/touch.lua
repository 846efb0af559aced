-- Say that a consumer still works on its entries, so that nobody claims them. Those it lost stay lost.
-- KEYS: stream. ARGV: group, consumer, then for each entry: entry id, its delivery count.
-- Returns how many are still the consumer's own.
local own = 0
for i = 3, #ARGV, 2 do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) == 1 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'RETRYCOUNT', ARGV[i + 1], 'JUSTID')
    own = own + 1
  end
end
return own
