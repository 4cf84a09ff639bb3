"""`besakakam events tail`: the latest events on the stream."""

import asyncio
import json
from typing import Any

import click
from redis.asyncio import Redis

from services.command import SERVICES, run_with_queue
from services.events.output import dumps, text

BLOCK_MS = 1000


def _line(entry_id: bytes, fields: dict[bytes, bytes]) -> str:
    """One entry as one JSON object; bytes that are no JSON are shown as text."""
    try:
        event = json.loads(fields.get(b"event", b""))
    except ValueError:
        event = text(fields.get(b"event", b""))
    extra = {"for": fields[b"for"]} if b"for" in fields else {}
    return dumps({"entry": entry_id, **extra, "event": event})


async def _tail(redis: Redis, stream: str, count: int, follow: bool) -> None:
    latest: Any = await redis.xrevrange(stream, count=count)
    found = latest[::-1]
    last: Any = found[-1][0] if found else b"0-0"
    while True:
        for last, fields in found:
            click.echo(_line(last, fields))
        if not follow:
            return
        answer: Any = await redis.xread({stream: last}, count=count, block=BLOCK_MS)
        found = answer[0][1] if answer else []
        if not answer and not await redis.exists(stream):
            last = b"0-0"


@click.command("tail")
@click.option("--follow", is_flag=True, help="បន្តរហូតដល់ Ctrl+C / go on until Ctrl+C")
@click.option("--count", default=10, show_default=True, type=click.IntRange(1))
def tail(follow: bool, count: int) -> None:
    """បង្ហាញព្រឹត្តិការណ៍ចុងក្រោយ / The latest events on the stream, one JSON object a line."""
    try:
        run_with_queue(SERVICES[0], lambda _pool, redis, stream: _tail(redis, stream, count, follow))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
