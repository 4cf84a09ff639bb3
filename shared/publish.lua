-- Add a batch to the stream, but only where Redis still holds everything that the relay has published before.
-- KEYS: stream, marks    ARGV: service, the mark expected, the mark to set, then of each event its bytes, its key and
-- its signature (no event: only compare)
-- Each entry says which event of which batch it is, for the receipts. The entries' ids follow one another without a
-- gap, so that the last tells all of them.
-- Returns the mark found, then the last new entry's id; no id where the mark is not the one expected.
heed_loss(KEYS[1], KEYS[2])
local mark = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if mark ~= ARGV[2] or #ARGV < 4 then return { mark } end
local last, ms, seq
for i = 4, #ARGV, 3 do
    local id = '*'
    if last then
        seq = seq + 1
        id = ms .. '-' .. string.format('%.0f', seq)
    end
    local ref = ARGV[1] .. ':' .. ARGV[3] .. ':' .. string.format('%.0f', (i - 4) / 3)
    last = add(KEYS[1], id, ARGV[i], ARGV[i + 1], ARGV[i + 2], 'ref', ref)
    if id == '*' then
        ms, seq = string.match(last, '(%d+)-(%d+)')
        seq = tonumber(seq)
    end
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return { mark, last }
