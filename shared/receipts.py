"""Receipts: once its transaction has committed, a consumer tells an event's producer that it has the event.

They go by way of Redis, and may be lost there: what nobody gives a receipt for is published again (docs/transport.md).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

TAKEN = 1_000
PAGES = 50
"""So many receipts are taken at a time, and so often at most before the relay turns to its other work."""
FURTHEST = 511
"""No two entries of a batch are further apart."""
KEPT = 100_000
"""Where no relay takes them, about so many of the latest are kept."""

_REF = re.compile(rb"([a-z][a-z0-9_-]{0,39}):([0-9]{1,18})")
_NUMBER = re.compile(rb"[0-9]{1,18}")
_HAD = re.compile(rb"([0-9]{1,18}):([0-9a-f]{1,128})")

Had = tuple[int, int]
"""Some entries of a batch: the sequence number of the first, and a set of steps from it as bits."""
Told = dict[tuple[int, str], list[Had]]
"""By batch and consumer, what the consumer has told to have of the batch."""


@dataclass(frozen=True)
class Ref:
    """Which of a producer's batches an entry belongs to, and the sequence number in the entry's id."""

    producer: str
    batch: int
    seq: int

    @classmethod
    def read(cls, text: bytes | None, seq: int) -> "Ref | None":
        """From an entry's field; None where it has none, or none that a relay has written."""
        found = _REF.fullmatch(text or b"")
        return cls(found[1].decode(), int(found[2]), seq) if found else None


def key(stream: str, producer: str, consumer: str) -> str:
    """The stream of one consumer's receipts for one producer."""
    return f"{stream}:receipts:{producer}:{consumer}"


def give(pipeline: Pipeline, stream: str, consumer: str, refs: Iterable[Ref | None]) -> None:
    """Say that the consumer has these entries' events: one receipt for each producer."""
    had: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for ref in refs:
        if ref is not None:
            had[ref.producer][ref.batch].append(ref.seq)
    for producer, batches in had.items():
        fields: dict[Any, Any] = {batch: _written(seqs) for batch, seqs in batches.items()}
        pipeline.xadd(key(stream, producer, consumer), fields, maxlen=KEPT, approximate=True)


def _written(seqs: list[int]) -> str:
    first = min(seqs)
    mask = 0
    for seq in seqs:
        mask |= 1 << min(seq - first, FURTHEST)
    return f"{first}:{mask:x}"


class Receipts:
    """What the consumers have told one producer. Read again until it is dropped, so that a crash loses none."""

    def __init__(self, redis: Redis, stream: str, producer: str, consumers: Sequence[str]) -> None:
        self._redis = redis
        self._consumers = {key(stream, producer, consumer).encode(): consumer for consumer in consumers}
        self._taken: dict[bytes, bytes] = {}

    async def take(self) -> tuple[Told, bool]:
        """What was told, and whether that is all of it."""
        told: Told = defaultdict(list)
        self._taken = dict.fromkeys(self._consumers, b"0")
        for _ in range(PAGES if self._consumers else 0):
            places: dict[Any, Any] = {**self._taken}
            page: Any = await self._redis.xread(places, count=TAKEN)
            for name, entries in page:
                self._taken[name] = entries[-1][0]
                for _, fields in entries:
                    self._note(told, self._consumers[name], fields)
            if not page:
                return told, True
        return told, not self._consumers

    def _note(self, told: Told, consumer: str, fields: dict[bytes, bytes]) -> None:
        for batch, text in fields.items():
            had = _HAD.fullmatch(text)
            if had and _NUMBER.fullmatch(batch):
                told[int(batch), consumer].append((int(had[1]), int(had[2], 16)))

    async def drop(self) -> None:
        """Forget what was taken: it has been noted."""
        taken = {name: last for name, last in self._taken.items() if last != b"0"}
        if taken:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for name, last in taken.items():
                    ms, _, seq = last.partition(b"-")
                    pipeline.xtrim(name, minid=f"{ms.decode()}-{int(seq) + 1}", approximate=False)
                await pipeline.execute()
