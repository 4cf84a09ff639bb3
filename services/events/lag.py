"""`besakakam events lag`: what waits where, and how far behind everybody is."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import click
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.command import SERVICES, consumers, run, run_with_queue
from services.events.output import as_json, show, text
from services.notifier.store.figures import states
from shared import dead_letters, outbox
from shared.outbox import EntryId
from shared.postgres import Pool, transaction

DELIVERIES = ("pending", "sending", "resend", "uncertain")
TELEGRAM = (
    "Telegram: រង់ចាំ / pending {pending}, កំពុងផ្ញើ / sending {sending}, ត្រូវផ្ញើម្ដងទៀត / to be sent once more {resend},"
    " មិនប្រាកដ / uncertain {uncertain}"
)
NO_GROUPS = "គ្មានក្រុមអ្នកអានទេ / no group reads"
Found = TypeVar("Found")


@dataclass
class Lag:
    """What could be found out, and for the rest the reason, by the place that did not answer."""

    outboxes: dict[str, dict[str, Any]] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, int] | None = None
    groups: list[dict[str, Any]] | None = None
    missing: dict[str, str] = field(default_factory=dict)

    def ask(self, place: str, question: Callable[[], Found]) -> Found | None:
        """The answer, or None with the reason noted."""
        try:
            return question()
        except click.ClickException as error:
            self.missing[place] = error.message
            return None


async def _outbox(pool: Pool, registered: tuple[str, ...]) -> tuple[dict[str, Any], int]:
    async with transaction(pool) as connection:
        waits = await outbox.backlog(connection)
        found: dict[str, Any] = {"waiting": waits.unpublished, "unconfirmed": waits.unconfirmed}
        found["oldest"] = waits.oldest_unconfirmed
        found["missing"] = await outbox.missing(connection, registered)
        return found, await dead_letters.count(connection)


async def _deliveries(pool: Pool) -> dict[str, int]:
    found = await states(pool)
    return {state: found[state] for state in DELIVERIES}


def _added_at(entry: Any) -> str | None:
    """When an entry was added, from its id."""
    return datetime.fromtimestamp(EntryId.read(entry).ms / 1000, UTC).isoformat() if entry else None


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
                "oldest_pending": _added_at(pending["min"]),
                "lag": group["lag"],
                "consumers": group["consumers"],
            }
        )
    return groups


def _found() -> Lag:
    found, registered = Lag(), consumers()
    for service in SERVICES:
        if answer := found.ask(service, partial(run, service, partial(_outbox, registered=registered))):
            found.outboxes[service], found.dead_letters[service] = answer
    if "notifier" in found.outboxes:
        found.deliveries = found.ask("deliveries", partial(run, "notifier", _deliveries))
    found.groups = found.ask(
        "redis", lambda: run_with_queue(SERVICES[0], lambda _pool, redis, stream: _groups(redis, stream))
    )
    return found


def _missing(counts: dict[str, int]) -> str:
    named = ", ".join(f"{consumer} {count}" for consumer, count in counts.items() if count)
    return named and f", មិនទាន់ទទួល / not yet with {named}"


def _lines(found: Lag) -> Iterator[str]:
    for service, each in found.outboxes.items():
        yield (
            f"{service}: រង់ចាំ / waiting {each['waiting']}, មិនទាន់បញ្ជាក់ / unconfirmed {each['unconfirmed']},"
            f" ចាស់ជាងគេ / oldest {text(each['oldest'] or '-')},"
            f" មិនអាចដំណើរការបាន / dead letters {found.dead_letters[service]}{_missing(each['missing'])}"
        )
    if found.deliveries is not None:
        yield TELEGRAM.format(**found.deliveries)
    for each in found.groups or ():
        yield (
            f"{each['group']} ←: កំពុងធ្វើ / pending {each['pending']}, ចាស់ជាងគេ / oldest {each['oldest_pending'] or '-'},"
            f" នៅសល់ / lag {each['lag']}, អ្នកអាន / consumers {each['consumers']}"
        )
    if found.groups == []:
        yield NO_GROUPS


@click.command("lag")
@as_json
def lag(in_json: bool) -> None:
    """បង្ហាញអ្វីដែលនៅរង់ចាំ / What waits in the outboxes and for Telegram, and how far behind each group is."""
    found = _found()
    if found.outboxes or found.groups is not None:
        show(asdict(found), in_json, _lines(found))
    for reason in dict.fromkeys(found.missing.values()):
        click.echo(reason, err=True)
    if not found.outboxes and found.groups is None:
        raise click.exceptions.Exit(1)
