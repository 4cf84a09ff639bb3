"""`besakakam events republish`: events of an outbox put on the stream once more, by when they were written or by id."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from services.command import run
from services.events.output import NOTHING, as_json, listing, progress, service_name, text
from shared import outbox
from shared.clock import PHNOM_PENH
from shared.postgres import Pool, Row

PAGE = 500
WHICH = "សូមបញ្ជាក់ --since, --until ឬ --id។ / Give --since, --until or both, or else --id."
NO_TIME = "{!r} មិនមែនជាពេលវេលាទេ / is not a time. ឧទាហរណ៍ / For example: 2026-11-25T08:00"
NO_EVENT = "ប្រអប់ចេញរបស់ {} គ្មានព្រឹត្តិការណ៍៖ / The outbox of {} holds no event: {}"
WOULD_GO = "{} នឹងផ្សាយម្ដងទៀត / would go out again"
GOES = "{} នឹងចេញម្ដងទៀតឥឡូវនេះ / go out again now"
Told = Callable[[Sequence[Row]], None]


class Moment(click.ParamType[datetime]):
    """A date, or a date and time, in ISO 8601; without an offset it is Phnom Penh's."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment; a wrong text is refused in both languages."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(NO_TIME.format(value), param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=PHNOM_PENH)


@dataclass(frozen=True)
class Choice:
    """Which events: those written from one moment to another, or those of these ids."""

    since: datetime | None
    until: datetime | None
    ids: Sequence[UUID]

    async def count(self, pool: Pool, service: str) -> int:
        """How many there are; raises `ClickException` where an id is not among them."""
        if not self.ids:
            return await outbox.count_written(pool, self.since, self.until)
        found = {row["event_id"] for row in await outbox.by_id(pool, self.ids)}
        if missing := [str(each) for each in self.ids if each not in found]:
            raise click.ClickException(NO_EVENT.format(service, service, ", ".join(missing)))
        return len(found)

    async def pages(self, pool: Pool) -> AsyncIterator[Sequence[Row]]:
        """The events in the order of the outbox."""
        if self.ids:
            yield await outbox.by_id(pool, self.ids)
            return
        last = 0
        while rows := await outbox.written(pool, self.since, self.until, after=last, limit=PAGE):
            yield rows
            last = rows[-1]["position"]


def _event(service: str, row: Row) -> dict[str, Any]:
    return {"service": service, **{name: row[name] for name in ("event_id", "type", "subject", "written_at")}}


def _line(event: dict[str, Any]) -> str:
    return f"{event['service']}: {event['event_id']}, {text(event['written_at'])}, {event['type']}, {event['subject']}"


@contextmanager
def _told(service: str, count: int, in_full: bool, in_json: bool) -> Iterator[Told]:
    """Tell of events one by one, or only of how far it has come."""
    if in_full:
        with listing(in_json, _line) as listed:
            yield lambda rows: listed.extend(_event(service, row) for row in rows)
    else:
        with progress(count, in_json) as move_on:
            yield lambda rows: move_on(len(rows))


async def _go_through(pool: Pool, choice: Choice, dry_run: bool, told: Told) -> int:
    count = 0
    async for rows in choice.pages(pool):
        if not dry_run:
            await outbox.publish_again(pool, [row["position"] for row in rows])
        told(rows)
        count += len(rows)
    return count


@click.command("republish")
@click.option("--service", required=True, type=service_name, help="ប្រអប់ចេញរបស់សេវាណា / whose outbox")
@click.option("--since", type=Moment(), help="កត់ត្រាចាប់ពីពេលនេះ / written from then on")
@click.option("--until", type=Moment(), help="កត់ត្រារហូតដល់ពេលនេះ / written until then")
@click.option("--id", "ids", type=click.UUID, multiple=True, help="លេខសម្គាល់ព្រឹត្តិការណ៍ / an event's id; may be repeated")
@click.option("--dry-run", is_flag=True, help="គ្រាន់តែបង្ហាញ / only say which")
@as_json
def republish(
    service: str,
    since: datetime | None,
    until: datetime | None,
    ids: tuple[UUID, ...],
    dry_run: bool,
    in_json: bool,
) -> None:
    """ផ្សាយព្រឹត្តិការណ៍ម្ដងទៀត / Publish events of an outbox again; whoever has done one of them drops it."""
    if bool(ids) == bool(since or until):
        raise click.UsageError(WHICH)
    choice = Choice(since, until, ids)
    count = run(service, lambda pool: choice.count(pool, service))
    with _told(service, count, dry_run or in_json, in_json) as told:
        count = run(service, lambda pool: _go_through(pool, choice, dry_run, told))
    if not in_json:
        click.echo((WOULD_GO if dry_run else GOES).format(count) if count else NOTHING)
