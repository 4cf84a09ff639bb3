-- Add a batch to the stream, but only where Redis still holds everything that the relay has published before.
-- KEYS: stream, marks    ARGV: service, the mark expected, the mark to set, then of each event its bytes, its key and
-- its signature (no event: only compare)
-- Each entry says whose batch it is, for the receipts. The ids follow one another without a gap: the last tells them all.
-- Returns the mark found, then the last new entry's id; no id where the mark is not the one expected.
heed_loss(KEYS[1], KEYS[2])
local mark = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if mark ~= ARGV[2] or #ARGV < 4 then return { mark } end
local ref, id, last = ARGV[1] .. ':' .. ARGV[3], '*'
for i = 4, #ARGV, 3 do
    last = add(KEYS[1], id, ARGV[i], ARGV[i + 1], ARGV[i + 2], 'ref', ref)
    if i == 4 then id = string.match(last, '%d+') .. '-*' end
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return { mark, last }
