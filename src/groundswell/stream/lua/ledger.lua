-- Read the whole ledger at one moment.
-- KEYS: stream, ledger. ARGV: group.
-- Returns {ever added, backlog, pending, first entry's id, its accepted_at, {outcome, number, ...}}.
local settled = redis.call('HGETALL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {0, 0, 0, '', '', settled}
end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local facts = {}
for i = 1, #info, 2 do facts[info[i]] = info[i + 1] end
local summary = redis.pcall('XPENDING', KEYS[1], ARGV[1])
local pending = summary.err and 0 or summary[1]
local id, accepted_at = '', ''
if facts['first-entry'] then
  id = facts['first-entry'][1]
  local fields = facts['first-entry'][2]
  for i = 1, #fields, 2 do
    if fields[i] == 'accepted_at' then accepted_at = fields[i + 1] end
  end
end
return {facts['entries-added'], facts['length'], pending, id, accepted_at, settled}
