-- Add events once more, for one group only. KEYS: stream, marks    ARGV: group, events...
-- Returns the new entries' ids.
heed_loss(KEYS[1], KEYS[2])
local answer = {}
for i = 2, #ARGV do
    answer[#answer + 1] = redis.call('XADD', KEYS[1], '*', 'event', ARGV[i], 'for', ARGV[1])
end
return answer
