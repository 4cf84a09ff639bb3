-- Add a batch to the stream, but only where Redis still holds everything that the relay has published before.
-- KEYS: stream, marks    ARGV: service, the mark expected, the mark to set, then the events (none: only compare)
-- Returns the mark found, then the new entries' ids; no ids where the mark is not the one expected.
local function has_held_entries(stream)
    if redis.call('EXISTS', stream) == 0 then return false end
    local about = redis.call('XINFO', 'STREAM', stream)
    for i = 1, #about, 2 do
        if about[i] == 'entries-added' then return about[i + 1] > 0 end
    end
    return true
end

if not has_held_entries(KEYS[1]) then redis.call('DEL', KEYS[2]) end
local mark = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
local answer = { mark }
if mark ~= ARGV[2] or #ARGV < 4 then return answer end
for i = 4, #ARGV do
    answer[#answer + 1] = redis.call('XADD', KEYS[1], '*', 'event', ARGV[i])
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return answer
