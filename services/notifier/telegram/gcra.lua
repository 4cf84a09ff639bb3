-- Takes `cost` sends from every limit at once, or from none (generic cell rate algorithm, on the server's own clock).
-- KEYS: one for each limit, all with one hash tag.
-- ARGV: cost, then for each key the microseconds between two sends and how many may come at once.
-- Answers 0 where all are taken, else the microseconds until they can be.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local cost = tonumber(ARGV[1])
local wait = 0
local arrivals = {}
for index, key in ipairs(KEYS) do
  local interval = tonumber(ARGV[2 * index])
  local burst = math.max(tonumber(ARGV[2 * index + 1]), cost)
  local arrival = math.max(tonumber(redis.call('GET', key) or '0'), now) + cost * interval
  arrivals[index] = arrival
  wait = math.max(wait, arrival - burst * interval - now)
end
if wait > 0 then
  return math.ceil(wait)
end
for index, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', arrivals[index]), 'PX', math.ceil((arrivals[index] - now) / 1000) + 1)
end
return 0
