-- Put before each script that adds to the stream. A stream that is missing, or made anew and still empty, has been lost:
-- then all marks go, so that every relay learns of it, whoever writes first.
local function heed_loss(stream, marks)
    if redis.call('EXISTS', stream) == 1 then
        local about = redis.call('XINFO', 'STREAM', stream)
        for i = 1, #about, 2 do
            if about[i] == 'entries-added' and about[i + 1] > 0 then return end
        end
    end
    redis.call('DEL', marks)
end

-- Add an event as its producer signed it, or unsigned; returns the entry's id.
local function add(stream, id, body, key, signature, ...)
    if signature == '' then return redis.call('XADD', stream, id, 'event', body, ...) end
    return redis.call('XADD', stream, id, 'event', body, 'key', key, 'signature', signature, ...)
end
