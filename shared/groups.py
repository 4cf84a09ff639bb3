"""What the consumer groups say: how far everybody has come, and which consumers are gone."""

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared.outbox import EntryId

GONE_AFTER_MS = 3_600_000

_FORGET = """
-- Remove a consumer, unless it has come back or holds something. KEYS: stream  ARGV: group, consumer, idle ms
for _, about in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
    local is = {}
    for i = 1, #about, 2 do is[about[i]] = about[i + 1] end
    if is['name'] == ARGV[2] and is['pending'] == 0 and is['idle'] >= tonumber(ARGV[3]) then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
        return 1
    end
end
return 0
"""


async def done_below(redis: Redis, stream: str, consumers: tuple[str, ...]) -> EntryId | None:
    """The entry below which every one of these groups has acknowledged everything.

    None where a group is missing, or has acknowledged nothing yet: then nothing is known to be done.
    """
    try:
        delivered = await _delivered(redis, stream)
        if not set(consumers) <= delivered.keys():
            return None
        return min([await _done_by(redis, stream, name, delivered[name]) for name in consumers], default=None)
    except ResponseError:  # no stream, or a group that went at this moment
        return None


async def _delivered(redis: Redis, stream: str) -> dict[str, EntryId]:
    """Each group's last delivered entry."""
    return {
        group["name"].decode(): EntryId.read(group["last-delivered-id"]) for group in await redis.xinfo_groups(stream)
    }


async def _done_by(redis: Redis, stream: str, group: str, delivered: EntryId) -> EntryId:
    """The group's oldest pending entry; where nothing is pending, the first after what had been delivered."""
    pending = await redis.xpending(stream, group)
    if pending["pending"]:
        return min(EntryId.read(pending["min"]), EntryId(delivered.ms, delivered.seq + 1))
    return EntryId(delivered.ms, delivered.seq + 1)


async def forget_the_gone(redis: Redis, stream: str, group: str, idle_ms: int = GONE_AFTER_MS) -> int:
    """Remove the group's consumers that have been idle for so long and hold nothing; returns how many."""
    gone = 0
    for consumer in await redis.xinfo_consumers(stream, group):
        if consumer["idle"] >= idle_ms and consumer["pending"] == 0:
            gone += await redis.eval(_FORGET, 1, stream, group, consumer["name"], idle_ms)
    return gone


async def trim(redis: Redis, stream: str, consumers: tuple[str, ...], keep_from_ms: int) -> None:
    """Cut off entries that every group, registered or not, has done and that are older than `keep_from_ms`."""
    try:
        found = await _delivered(redis, stream)
    except ResponseError:  # no stream
        return
    below = await done_below(redis, stream, tuple({*consumers, *found}))
    if below is not None:
        await redis.xtrim(stream, minid=str(min(below.ms, keep_from_ms)), approximate=True)
