"""`besakakam`: what operators and administrators do from a terminal."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import asyncpg
import click
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from shared.clock import PHNOM_PENH
from shared.errors import Refused
from shared.i18n import Messages
from shared.postgres import MigrationChanged, Pool, migrate, open_pool, transaction
from shared.service import migrations_of
from shared.settings import read

if TYPE_CHECKING:
    from services.issuer.directory.errors import DirectoryErrors

SERVICES = ("issuer", "notifier", "archive")
Result = TypeVar("Result")


class CommandSettings(BaseSettings):
    """The owner's connection for `migrate`; each service's role for the rest."""

    database_url: SecretStr


class Failed(click.ClickException):
    """A refusal as a person reads it, in Khmer and English; exit code 1."""

    def __init__(self, error: Refused, service: str) -> None:
        messages = Messages(Path(__file__).parent / service / "locale" / "km.po")
        super().__init__("\n".join(messages.both(error.message).values()))

    def show(self, file: object = None) -> None:
        click.echo(self.message, err=True)


BAD_ADDRESS = (
    "DATABASE_URL មិនមែនជាអាសយដ្ឋានមូលដ្ឋានទិន្នន័យទេ។ ឧទាហរណ៍៖ postgresql://ឈ្មោះ:ពាក្យសម្ងាត់@ម៉ាស៊ីន:5432/ឈ្មោះមូលដ្ឋាន\n"
    "DATABASE_URL is not the address of a database. Write it like postgresql://user:password@host:5432/name;"
    " percent-encode the password's special characters."
)
UNREACHABLE = "មិនអាចភ្ជាប់ទៅមូលដ្ឋានទិន្នន័យបានទេ។ / The database cannot be reached: {}"
NOT_MIGRATED = "មូលដ្ឋានទិន្នន័យមិនទាន់បានរៀបចំទេ។ / The database is not set up yet; run `besakakam migrate`. ({})"
DECLINED = "មូលដ្ឋានទិន្នន័យមិនព្រមទទួលទេ។ / The database declined: {}"


def _database() -> str:
    """The address from the settings; a wrong one is never shown, since a part of the password may stand anywhere."""
    url = read(CommandSettings).database_url.get_secret_value()
    try:
        parts = urlsplit(url)
        well = parts.scheme in ("postgresql", "postgres") and (parts.port is None or parts.port > 0)
    except ValueError:
        well = False
    if not well:
        raise click.ClickException(BAD_ADDRESS)
    return url


@contextmanager
def _explained(service: str) -> Iterator[None]:
    """What an operator can put right is said in one sentence, without a traceback."""
    try:
        yield
    except Refused as error:
        raise Failed(error, service) from None
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedObjectError, asyncpg.InvalidParameterValueError) as error:
        raise click.ClickException(NOT_MIGRATED.format(error)) from None
    except (OSError, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise click.ClickException(UNREACHABLE.format(str(error) or type(error).__name__)) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, MigrationChanged) as error:
        raise click.ClickException(DECLINED.format(error)) from None


def _run(service: str, work: Callable[[Pool], Awaitable[Result]]) -> Result:
    url = _database()

    async def within_pool() -> Result:
        async with open_pool(url, service, 2) as pool:
            return await work(pool)

    with _explained(service):
        return asyncio.run(within_pool())


def _both(error: "DirectoryErrors") -> str:
    return f"{error.text('km')}\n\n{error.text('en')}"


@click.group()
@click.version_option(package_name="besakakam")
def main() -> None:
    """Besakakam: mission orders from invitation to closed file."""


@main.command("migrate")
def migrate_command() -> None:
    """Bring every service's schema up to date (as the database's owner, `DATABASE_URL`)."""
    url = _database()
    for service in SERVICES:
        with _explained(service):
            applied = asyncio.run(migrate(url, service, *migrations_of(service)))
        click.echo(f"{service}: {', '.join(applied) or 'up to date'}")


@main.group()
def directory() -> None:
    """The institutions' units, people, offices and duties."""


@directory.command("load")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def directory_load(folder: Path) -> None:
    """Put the directory in FOLDER (CSV files) in force."""
    from services.issuer.admin import load_directory
    from services.issuer.directory.errors import DirectoryErrors

    try:
        changed = _run("issuer", lambda pool: load_directory(pool, folder))
    except DirectoryErrors as error:
        raise click.ClickException(_both(error)) from None
    click.echo(f"{len(changed)} អង្គភាពបានផ្លាស់ប្តូរ / units changed")


@directory.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def directory_check(folder: Path) -> None:
    """Say whether the directory in FOLDER could be loaded, and which units have no group, without loading it."""
    from services.issuer.acts.parts import today
    from services.issuer.directory.errors import DirectoryErrors
    from services.issuer.directory.files import read as read_directory

    try:
        found = read_directory(folder)
    except DirectoryErrors as error:
        raise click.ClickException(_both(error)) from None
    for unit in found.units_without_group(today()):
        click.echo(f"គ្មានក្រុម / no group: {unit.id} — {unit.name_km} / {unit.name_en}")
    click.echo(f"ត្រឹមត្រូវ / well: {len(found.units)} units, {len(found.people)} people, {len(found.duties)} duties")


@main.group()
def keys() -> None:
    """Keys for the issuer's HTTP interface, each bound to a person."""


@keys.command("add")
@click.argument("person")
def keys_add(person: str) -> None:
    """Make a key for PERSON (staff number); it is shown once."""
    from services.issuer.admin import add_key

    click.echo(_run("issuer", lambda pool: add_key(pool, person)))


@keys.command("list")
@click.argument("person", required=False)
def keys_list(person: str | None) -> None:
    """List the keys, or those of PERSON: id, person, when made, when ended; never a secret."""
    from services.issuer.admin import list_keys

    for key in _run("issuer", lambda pool: list_keys(pool, person)):
        made, ended = (f"{at.astimezone(PHNOM_PENH):%Y-%m-%d %H:%M}" if at else "" for at in (key.made, key.revoked))
        click.echo(
            "\t".join((key.key_id, key.person, made, f"បានបញ្ចប់ / revoked {ended}" if ended else "កំពុងប្រើ / in force"))
        )


@keys.command("revoke")
@click.argument("key_id")
def keys_revoke(key_id: str) -> None:
    """End the key KEY_ID (the part between the underscores)."""
    from services.issuer.admin import revoke_key

    _run("issuer", lambda pool: revoke_key(pool, key_id))
    click.echo("បានបញ្ចប់ / revoked")


@main.group()
def telegram() -> None:
    """Telegram accounts."""


@telegram.command("link")
@click.argument("person")
def telegram_link(person: str) -> None:
    """Make a one-time link token for PERSON: sent to the bot as `/start TOKEN`, it binds their Telegram account."""
    from services.notifier.store.accounts import make_link

    async def make(pool: Pool) -> str:
        async with transaction(pool) as connection:
            return await make_link(connection, person)

    click.echo(_run("notifier", make))


@main.group()
def events() -> None:
    """The events that the services exchange."""


@events.command("asyncapi")
def events_asyncapi() -> None:
    """Print the AsyncAPI document of the event stream."""
    from shared.asyncapi import document

    click.echo(json.dumps(document(), ensure_ascii=False, indent=2))


def _add_lunar() -> None:
    from services.issuer.letter.cli import lunar

    main.add_command(lunar)


_add_lunar()
