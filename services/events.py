"""`besakakam events`: what waits, what flows, and what could not be handled."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.command import SERVICES, run, run_with_queue
from shared import dead_letters, outbox
from shared.dead_letters import DeadLetter
from shared.outbox import EntryId
from shared.postgres import Pool, transaction

MOST = 1_000_000
BLOCK_MS = 1000
NO_LETTER = "គ្មានព្រឹត្តិការណ៍លេខនេះក្នុងបញ្ជីដែលមិនអាចដំណើរការបានទេ។ / No event is set aside under the number {}."
WHICH = "សូមបញ្ជាក់លេខ ឬ --all។ / Give a number, or --all."
NOTHING = "គ្មានអ្វីទេ / nothing"
service_name = click.Choice(SERVICES)
as_json = click.option("--json", "in_json", is_flag=True, help="ជា JSON / as JSON")


@click.group()
def events() -> None:
    """The events that the services exchange."""


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _show(found: object, in_json: bool, lines: Iterable[str]) -> None:
    if in_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=_text))
    else:
        click.echo("\n".join(lines) or NOTHING)


def _ms(entry: Any) -> str | None:
    """When an entry was added, from its id."""
    return datetime.fromtimestamp(EntryId.read(entry).ms / 1000, UTC).isoformat() if entry else None


async def _outbox(pool: Pool) -> dict[str, Any]:
    waits = await outbox.backlog(pool)
    return {"waiting": waits.unpublished, "unconfirmed": waits.unconfirmed, "oldest": waits.oldest}


async def _groups(redis: Redis, stream: str) -> list[dict[str, Any]]:
    try:
        found = await redis.xinfo_groups(stream)
    except ResponseError:  # no stream
        return []
    groups = []
    for group in found:
        pending = await redis.xpending(stream, group["name"])
        groups.append(
            {
                "group": group["name"].decode(),
                "pending": pending["pending"],
                "oldest_pending": _ms(pending["min"]),
                "lag": group["lag"],
                "consumers": group["consumers"],
            }
        )
    return groups


@events.command("lag")
@as_json
def lag(in_json: bool) -> None:
    """បង្ហាញអ្វីដែលនៅរង់ចាំ / What waits in the outboxes, and how far behind each group is."""
    outboxes = {service: run(service, _outbox) for service in SERVICES}
    groups = run_with_queue(SERVICES[0], lambda _pool, redis, stream: _groups(redis, stream))
    lines = [
        f"{service}: រង់ចាំ / waiting {each['waiting']}, មិនទាន់បញ្ជាក់ / unconfirmed {each['unconfirmed']},"
        f" ចាស់ជាងគេ / oldest {_text(each['oldest'] or '-')}"
        for service, each in outboxes.items()
    ]
    lines += [
        f"{each['group']} ←: កំពុងធ្វើ / pending {each['pending']}, ចាស់ជាងគេ / oldest {each['oldest_pending'] or '-'},"
        f" នៅសល់ / lag {each['lag']}, អ្នកអាន / consumers {each['consumers']}"
        for each in groups
    ]
    _show({"outboxes": outboxes, "groups": groups}, in_json, lines)


def _line(entry_id: bytes, fields: dict[bytes, bytes]) -> str:
    """One entry as one JSON object; bytes that are no JSON are shown as text."""
    try:
        event = json.loads(fields.get(b"event", b""))
    except ValueError:
        event = _text(fields.get(b"event", b""))
    extra = {"for": _text(fields[b"for"])} if b"for" in fields else {}
    return json.dumps({"entry": _text(entry_id), **extra, "event": event}, ensure_ascii=False)


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


@events.command("tail")
@click.option("--follow", is_flag=True, help="បន្តរហូតដល់ Ctrl+C / go on until Ctrl+C")
@click.option("--count", default=10, show_default=True, type=click.IntRange(1))
def tail(follow: bool, count: int) -> None:
    """បង្ហាញព្រឹត្តិការណ៍ចុងក្រោយ / The latest events on the stream, one JSON object a line."""
    try:
        run_with_queue(SERVICES[0], lambda _pool, redis, stream: _tail(redis, stream, count, follow))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return


def _letter(service: str, letter: DeadLetter) -> dict[str, Any]:
    return {"service": service, **asdict(letter), "body": _text(letter.body)}


def _waiting(service: str) -> list[DeadLetter]:
    async def ask(pool: Pool) -> list[DeadLetter]:
        async with transaction(pool) as connection:
            return await dead_letters.waiting(connection, MOST)

    return run(service, ask)


def _find(service: str, dead_id: int) -> DeadLetter:
    async def ask(pool: Pool) -> DeadLetter | None:
        async with transaction(pool) as connection:
            return await dead_letters.find(connection, dead_id)

    if (letter := run(service, ask)) is None:
        raise click.ClickException(NO_LETTER.format(dead_id))
    return letter


def _in_short(letter: dict[str, Any]) -> str:
    event_id: UUID | None = letter["event_id"]
    return (
        f"{letter['service']} {letter['dead_id']}: {event_id or '-'}, {_text(letter['last_at'])},"
        f" ព្យាយាម / attempts {letter['deliveries']}, មូលហេតុ / reason: {letter['reason']}"
    )


@events.command("dead")
@as_json
@click.argument("service", type=service_name, required=False)
def dead(service: str | None, in_json: bool) -> None:
    """បង្ហាញព្រឹត្តិការណ៍ដែលមិនអាចដំណើរការបាន / Events that SERVICE, or any, could not handle."""
    found = [_letter(name, each) for name in ([service] if service else SERVICES) for each in _waiting(name)]
    _show(found, in_json, map(_in_short, found))


@events.command("show")
@click.argument("dead_id", type=int)
@click.argument("service", type=service_name)
def show(dead_id: int, service: str) -> None:
    """បង្ហាញព្រឹត្តិការណ៍មួយទាំងស្រុង / The whole of one event that SERVICE could not handle, as JSON."""
    click.echo(json.dumps(_letter(service, _find(service, dead_id)), ensure_ascii=False, indent=2, default=_text))


@events.command("replay")
@click.argument("service", type=service_name)
@click.argument("dead_id", type=int, required=False)
@click.option("--all", "every", is_flag=True, help="ទាំងអស់ / all of them")
@click.option("--dry-run", is_flag=True, help="គ្រាន់តែបង្ហាញ / only say which")
def replay(service: str, dead_id: int | None, every: bool, dry_run: bool) -> None:
    """ព្យាយាមម្ដងទៀត / Give SERVICE, and no other, an event again; its letter closes once it is handled."""
    if every == (dead_id is not None):
        raise click.UsageError(WHICH)
    letters = _waiting(service) if dead_id is None else [_find(service, dead_id)]
    if not dry_run:
        run_with_queue(service, lambda _pool, redis, stream: dead_letters.replay(redis, stream, service, letters))
    for letter in letters:
        click.echo(_in_short(_letter(service, letter)))
    click.echo(f"{len(letters)} " + ("នឹងផ្ញើ / would be sent" if dry_run else "បានផ្ញើម្ដងទៀត / sent again"))
