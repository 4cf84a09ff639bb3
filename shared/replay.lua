-- Add events once more, for one group only. KEYS: stream, marks
-- ARGV: group, then of each event its bytes, its key and its signature. Returns the new entries' ids.
heed_loss(KEYS[1], KEYS[2])
local answer = {}
for i = 2, #ARGV, 3 do
    answer[#answer + 1] = add(KEYS[1], '*', ARGV[i], ARGV[i + 1], ARGV[i + 2], 'for', ARGV[1])
end
return answer
