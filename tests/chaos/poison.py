"""Events that nobody can handle: each must end among the dead letters of every service, and nothing else may."""

import asyncio
from random import Random

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.command import SERVICES
from shared.signing import Signer, Wire
from tests.chaos.watch import AWAY, rows

FORGED = (
    b'{"specversion":"1.0","id":"00000000-0000-4000-8000-TURN","type":"MissionClosed","version":1,'
    b'"source":"/besakakam/issuer","subject":"forged","time":"2026-01-01T00:00:00Z",'
    b'"correlationid":"00000000-0000-4000-8000-000000000000","datacontenttype":"application/json","data":'
    b'{"mission_id":"00000000-0000-4000-8000-000000000000","number":"1","return_id":'
    b'"00000000-0000-4000-8000-000000000000","accepted_by":"MCS-0001"}}'
)
"""A good event, but for the signature that it lacks."""


class Poison:
    """Adds poison to the stream, signed as the issuer does, and an event that nobody signed, and sees it all buried.

    Poison has no outbox, so what Redis loses is added again.
    """

    def __init__(self, redis_url: str, database_url: str, signer: Signer, random: Random) -> None:
        self._redis_url = redis_url
        self._signer = signer
        self._database_url = database_url
        self.sent = [f"poison {random.randrange(10**12)}".encode(), b'{"specversion": "1.0"}', b"\xff\x00", b"[]"]
        self.sent.append(FORGED.replace(b"TURN", f"{random.randrange(10**12):012}".encode()))

    async def run(self, seconds: float) -> list[str]:
        """Send each until buried everywhere; returns what was not buried in time."""
        waiting = {(service, body) for service in SERVICES for body in self.sent}
        async with Redis.from_url(self._redis_url) as redis:
            for turn in range(int(seconds)):
                if turn % 15 == 0:
                    await self._send(redis, {body for _, body in waiting})
                await asyncio.sleep(1)
                waiting -= await self._buried()
                if not waiting:
                    return []
        return [f"poison {body!r} is not among the dead letters of {service}" for service, body in sorted(waiting)]

    async def _send(self, redis: Redis, bodies: set[bytes]) -> None:
        for body in sorted(bodies):
            try:
                wire = Wire(body) if b"forged" in body else self._signer.sign(body)
                await redis.xadd("besakakam:events", wire.fields())
            except RedisError:
                return

    async def _buried(self) -> set[tuple[str, bytes]]:
        try:
            return {(service, body) for service, body in await dead(self._database_url)}
        except AWAY:
            return set()


async def dead(database_url: str) -> list[tuple[str, bytes]]:
    """Every open dead letter: service and bytes."""
    union = " UNION ALL ".join(f"SELECT '{s}' AS service, body FROM {s}.dead_letter" for s in SERVICES)
    return [(row["service"], row["body"]) for row in await rows(database_url, union)]
