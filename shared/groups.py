"""What the stream and its groups say: what is there, what still comes to whom, and which consumers are gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared.outbox import EntryId

GONE_AFTER_MS = 3_600_000
PENDING = 5_000
"""So many pending entries of a group are looked at; later ones count as pending."""

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


_PRESENT = """
-- Which entries are there. KEYS: stream  ARGV: the first and the last id of each range. Ids only, range by range.
local answer = {}
for i = 1, #ARGV, 2 do
    local ids = {}
    for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i + 1])) do ids[#ids + 1] = entry[1] end
    answer[#answer + 1] = ids
end
return answer
"""

_BRING_BACK = """
-- A group that stands behind the stream's end is never given anything. KEYS: stream  ARGV: group
local function below(one, other)
    local ms, seq = string.match(one, '(%d+)-(%d+)')
    local others_ms, others_seq = string.match(other, '(%d+)-(%d+)')
    if tonumber(ms) ~= tonumber(others_ms) then return tonumber(ms) < tonumber(others_ms) end
    return tonumber(seq) < tonumber(others_seq)
end
local function fields(about)
    local is = {}
    for i = 1, #about, 2 do is[about[i]] = about[i + 1] end
    return is
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local last = fields(redis.call('XINFO', 'STREAM', KEYS[1]))['last-generated-id']
for _, about in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = fields(about)
    if group['name'] == ARGV[1] and below(last, group['last-delivered-id']) then
        redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], '0', 'ENTRIESREAD', '0')
        return 1
    end
end
return 0
"""


@dataclass(frozen=True)
class Group:
    """How far a group has been given the stream, and what of that is pending, in order.

    `pending_from`: from there on everything counts as pending, where there is more than was looked at.
    """

    delivered: EntryId
    pending: Sequence[EntryId] = ()
    pending_from: EntryId | None = None


@dataclass(frozen=True)
class Seen:
    """The stream: its first entry (None: it is empty), the highest that was deleted by itself, how many are gone."""

    first: EntryId | None
    deleted: EntryId
    gone: int
    groups: dict[str, Group]

    def group(self, name: str) -> Group:
        """The group; one that is not there will be made at the stream's beginning."""
        return self.groups.get(name, Group(EntryId(0, 0)))


async def look(redis: Redis, stream: str, consumers: Sequence[str], since: EntryId) -> Seen | None:
    """The stream as these groups are about to be given it, and what is pending since an entry; None: it is not there.

    Where they differ, what is pending is younger than the positions, and these are younger than what is there.
    """
    try:
        about = await redis.xinfo_stream(stream)
        delivered = await _delivered(redis, stream)
        there = [name for name in consumers if name in delivered]
        groups = {name: await _group(redis, stream, name, delivered[name], since) for name in there}
    except ResponseError:  # no stream, or a group that went at this moment
        return None
    first = about["first-entry"]
    return Seen(
        first=EntryId.read(first[0]) if first else None,
        deleted=EntryId.read(about["max-deleted-entry-id"]),
        gone=about["entries-added"] - about["length"],
        groups=groups,
    )


async def _group(redis: Redis, stream: str, name: str, delivered: EntryId, since: EntryId) -> Group:
    if delivered < since:
        return Group(delivered)
    found: Any = await redis.xpending_range(stream, name, str(since), "+", PENDING)
    pending = [EntryId.read(each["message_id"]) for each in found]
    return Group(delivered, pending, pending[-1] if len(pending) == PENDING else None)


async def present(redis: Redis, stream: str, ranges: Sequence[tuple[EntryId, EntryId]]) -> list[list[EntryId]]:
    """The entries that are there in each of the ranges, whose ends are included."""
    ends = [str(end) for each in ranges for end in each]
    found: Any = await redis.eval(_PRESENT, 1, stream, *ends)
    return [[EntryId.read(entry_id) for entry_id in ids] for ids in found]


async def bring_back(redis: Redis, stream: str, group: str) -> bool:
    """Have a group whose position lies behind the stream's end read from the beginning; whether it was so."""
    return bool(await redis.eval(_BRING_BACK, 1, stream, group))


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
