-- Add a batch to the stream, but only where Redis still holds everything that the relay has published before.
-- KEYS: stream, marks    ARGV: service, the mark expected, the mark to set, then the events (none: only compare)
-- Returns the mark found, then the last new entry's id; no id where the mark is not the one expected.
heed_loss(KEYS[1], KEYS[2])
local mark = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if mark ~= ARGV[2] or #ARGV < 4 then return { mark } end
local last
for i = 4, #ARGV do
    last = redis.call('XADD', KEYS[1], '*', 'event', ARGV[i])
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return { mark, last }
