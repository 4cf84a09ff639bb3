"""`besakakam events rebuild`: a service's read models made again from what the services have told."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial

import click

from services.archive import rebuild as archive
from services.archive.store import log
from services.command import database, run
from services.events.history import open_history
from services.events.output import as_json, progress, service_name, show
from services.notifier import rebuild as notifier
from shared.postgres import Pool, transaction
from shared.rebuilding import Rebuilding, Tally

NOTHING_TO_REBUILD = (
    "សេវា issuer គ្មានអ្វីត្រូវបង្កើតឡើងវិញទេ៖ តារាងរបស់វាផ្ទាល់ជាប្រភពដើម។\n"
    "The issuer has nothing to rebuild: its tables are not made from events but are the source of them."
)
FOUND = "{table}: ពិនិត្យ / checked {rows}, ខុសឬបាត់ / wrong or missing {differed}, គ្មានព្រឹត្តិការណ៍ / without an event {strays}"
PUT_RIGHT = "បានអានព្រឹត្តិការណ៍ / events read {}, បានកែតម្រូវ / put right {}"
WOULD_PUT_RIGHT = "បានអានព្រឹត្តិការណ៍ / events read {}, នឹងកែតម្រូវ / would be put right {}"


async def _size(pool: Pool) -> int:
    async with transaction(pool) as connection:
        return await log.size(connection)


async def _rebuild(pool: Pool, service: str, dry_run: bool, told: Callable[[int], None]) -> Rebuilding:
    work = Rebuilding(pool, dry_run, told)
    if service == "archive":
        await archive.rebuild(work)
    else:
        async with open_history(database()) as history:
            await notifier.rebuild(work, history)
    return work


def _line(table: str, found: Tally) -> str:
    named = ", ".join(found.examples) + (", …" if found.strays > len(found.examples) else "")
    return FOUND.format(table=table, **asdict(found)) + (f": {named}" if named else "")


def _lines(work: Rebuilding) -> Iterator[str]:
    yield from (_line(table, found) for table, found in work.tables.items())
    differed = sum(found.differed for found in work.tables.values())
    yield (WOULD_PUT_RIGHT if work.dry_run else PUT_RIGHT).format(work.events, differed)


@click.command("rebuild")
@click.argument("service", type=service_name)
@click.option("--dry-run", is_flag=True, help="គ្រាន់តែបង្ហាញអ្វីដែលខុស / only say what is wrong")
@as_json
def rebuild(service: str, dry_run: bool, in_json: bool) -> None:
    """បង្កើតទិន្នន័យសម្រាប់អានឡើងវិញ / Put right what SERVICE has noted of others' events.

    សេវាអាចបន្តដំណើរការ ហើយបើដាច់កណ្ដាល អាចធ្វើម្ដងទៀតបាន / The services may go on working; cut off, it can be run again.
    """
    if service == "issuer":
        show({"service": service, "dry_run": dry_run, "events": 0, "tables": {}}, in_json, [NOTHING_TO_REBUILD])
        return
    with progress(run("archive", _size), in_json) as told:
        work = run(service, partial(_rebuild, service=service, dry_run=dry_run, told=told))
    tables = {table: asdict(found) for table, found in work.tables.items()}
    found = {"service": service, "dry_run": dry_run, "events": work.events, "tables": tables}
    show(found, in_json, _lines(work))
