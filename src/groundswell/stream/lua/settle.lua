-- Take entries out of the stream; those that were still there are counted and announced, others are not:
-- whoever settles an entry second (a late worker, a repeated call) changes nothing.
-- KEYS: stream, ledger, live, erased.
-- ARGV: group, live entries to keep, then for each entry: entry id, outcome, event type ('' for none), id, data.
-- Returns outcome, number, outcome, number, ...
local counted = {}
local any_erased = redis.call('EXISTS', KEYS[4]) == 1
for i = 3, #ARGV, 5 do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  if redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then
    counted[ARGV[i + 1]] = (counted[ARGV[i + 1]] or 0) + 1
    local is_announced = ARGV[i + 2] ~= ''
    if is_announced and any_erased and redis.call('ZSCORE', KEYS[4], ARGV[i + 3]) then
      is_announced = false -- erased after it was committed and before it was settled
    end
    if is_announced then
      redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[2], '*',
        'type', ARGV[i + 2], 'id', ARGV[i + 3], 'data', ARGV[i + 4], 'n', '1')
    end
  end
end
local answer = {}
for outcome, number in pairs(counted) do
  redis.call('HINCRBY', KEYS[2], outcome, number)
  answer[#answer + 1] = outcome
  answer[#answer + 1] = number
end
return answer
