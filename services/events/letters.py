"""`besakakam events dead`, `show` and `replay`: what a service could not handle."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

import click

from services.command import SERVICES, run, run_with_queue
from services.events.output import NOTHING, Listing, as_json, dumps, listing, one_line, progress, service_name, text
from services.events.pending import letters_of
from shared import dead_letters
from shared.dead_letters import DeadLetter
from shared.postgres import Pool, transaction
from shared.signing import Wire

NO_LETTER = "គ្មានព្រឹត្តិការណ៍លេខនេះក្នុងបញ្ជីដែលមិនអាចដំណើរការបានទេ។ / No event is set aside under the number {}."
WHICH = "សូមបញ្ជាក់លេខ ឬ --all។ / Give a number, or --all."
WOULD_SEND = "{} នឹងផ្ញើ / would be sent"
SENT = "{} បានផ្ញើម្ដងទៀត / sent again"
Send = Callable[[list[Wire]], Awaitable[object]]
Told = Callable[[list[DeadLetter]], None]


def _letter(service: str, letter: DeadLetter) -> dict[str, Any]:
    return {"service": service, **asdict(letter), "body": text(letter.body)}


def _in_short(letter: dict[str, Any]) -> str:
    return (
        f"{letter['service']} {letter['dead_id']}: {letter['event_id'] or '-'}, {text(letter['last_at'])},"
        f" ព្យាយាម / attempts {letter['deliveries']}, មូលហេតុ / reason: {one_line(letter['reason'])}"
    )


@click.command("dead")
@as_json
@click.argument("service", type=service_name, required=False)
def dead(service: str | None, in_json: bool) -> None:
    """បង្ហាញព្រឹត្តិការណ៍ដែលមិនអាចដំណើរការបាន / Events that SERVICE, or any, could not handle."""
    with listing(in_json, _in_short) as listed:
        for name in [service] if service else SERVICES:
            run(name, partial(_list, service=name, listed=listed))
    if not (in_json or listed.count):
        click.echo(NOTHING)


async def _list(pool: Pool, service: str, listed: Listing) -> None:
    async for letters in letters_of(pool):
        listed.extend(_letter(service, letter) for letter in letters)


async def _find(pool: Pool, dead_id: int) -> DeadLetter:
    async with transaction(pool) as connection:
        if letter := await dead_letters.find(connection, dead_id):
            return letter
    raise click.ClickException(NO_LETTER.format(dead_id))


@click.command("show")
@click.argument("dead_id", type=int)
@click.argument("service", type=service_name)
def show(dead_id: int, service: str) -> None:
    """បង្ហាញព្រឹត្តិការណ៍មួយទាំងស្រុង / The whole of one event that SERVICE could not handle, as JSON."""
    letter = run(service, lambda pool: _find(pool, dead_id))
    click.echo(dumps(_letter(service, letter), indent=2))


async def _chosen(pool: Pool, dead_id: int | None) -> AsyncIterator[list[DeadLetter]]:
    """One letter, or page by page all of them."""
    if dead_id is not None:
        yield [await _find(pool, dead_id)]
        return
    async for letters in letters_of(pool):
        yield letters


async def _go_through(chosen: AsyncIterator[list[DeadLetter]], told: Told, send: Send | None = None) -> int:
    """Send each page, or nothing, and tell of it; returns how many letters there were."""
    count = 0
    async for letters in chosen:
        if send is not None:
            await send([letter.wire for letter in letters])
        told(letters)
        count += len(letters)
    return count


@contextmanager
def _told(service: str, dead_id: int | None, in_full: bool, in_json: bool) -> Iterator[Told]:
    """Tell of letters one by one, or only of how far it has come."""
    if in_full:
        with listing(in_json, _in_short) as listed:
            yield lambda letters: listed.extend(_letter(service, letter) for letter in letters)
    else:
        with progress(1 if dead_id is not None else run(service, _count), in_json) as move_on:
            yield lambda letters: move_on(len(letters))


async def _count(pool: Pool) -> int:
    async with transaction(pool) as connection:
        return await dead_letters.count(connection)


@click.command("replay")
@click.argument("service", type=service_name)
@click.argument("dead_id", type=int, required=False)
@click.option("--all", "every", is_flag=True, help="ទាំងអស់ / all of them")
@click.option("--dry-run", is_flag=True, help="គ្រាន់តែបង្ហាញ / only say which")
@as_json
def replay(service: str, dead_id: int | None, every: bool, dry_run: bool, in_json: bool) -> None:
    """ព្យាយាមម្ដងទៀត / Give SERVICE, and no other, an event again; its letter closes once it is handled."""
    if every == (dead_id is not None):
        raise click.UsageError(WHICH)
    with _told(service, dead_id, dry_run or in_json, in_json) as told:
        if dry_run:
            count = run(service, lambda pool: _go_through(_chosen(pool, dead_id), told))
        else:
            count = run_with_queue(
                service,
                lambda pool, redis, stream: _go_through(
                    _chosen(pool, dead_id), told, partial(dead_letters.replay, redis, stream, service)
                ),
            )
    if not in_json:
        click.echo((WOULD_SEND if dry_run else SENT).format(count))
