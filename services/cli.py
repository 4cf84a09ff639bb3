"""`besakakam`: what operators and administrators do from a terminal."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services import provision
from services.command import SERVICES, OptionalQueue, QueueSettings, StreamSettings, database, explained, run
from services.events import events
from services.telegram import telegram
from shared.clock import PHNOM_PENH
from shared.events import PRODUCERS
from shared.schema import migrate
from shared.service import migrations_of
from shared.settings import read
from shared.streams import connect

if TYPE_CHECKING:
    from services.issuer.directory.errors import DirectoryErrors


NOT_WRITTEN = "មិនអាចសរសេរបានទេ។ / It could not be written: {}"


def _both(error: "DirectoryErrors") -> str:
    return f"{error.text('km')}\n\n{error.text('en')}"


@click.group()
@click.version_option(package_name="besakakam")
def main() -> None:
    """Besakakam: mission orders from invitation to closed file."""


@main.command("secrets")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def secrets_command(folder: Path) -> None:
    """Make in FOLDER what each service logs in with, from the owner's `DATABASE_URL`; what is there stays."""
    url = database()
    queue = read(OptionalQueue).redis_url
    queue_url = queue.get_secret_value() if queue else ""
    try:
        provision.provide(folder, url, queue_url)
    except OSError as error:
        raise click.ClickException(NOT_WRITTEN.format(error)) from None
    for service in SERVICES:
        click.echo(f"{service}: SECRETS_DIR={folder / service}")


@main.command("redis-users")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--print", "only_print", is_flag=True, help="as lines of an ACL file, changing nothing")
def redis_users(folder: Path, only_print: bool) -> None:
    """Make the users of FOLDER (by `secrets`) at Redis, as one who may make users (`REDIS_URL`)."""
    stream = read(StreamSettings).stream
    if only_print:
        click.echo("\n".join(provision.acl_lines(folder, stream)))
        return
    settings = read(QueueSettings)

    async def make() -> list[str]:
        async with connect(settings.redis_url.get_secret_value()) as redis:
            return await provision.let_users_in(folder, redis, stream)

    with explained(SERVICES[0]):
        click.echo("\n".join(asyncio.run(make())))


@main.command("migrate")
@click.option("--secrets", type=click.Path(exists=True, file_okay=False, path_type=Path), help="as made by `secrets`")
def migrate_command(secrets: Path | None) -> None:
    """Bring every service's schema up to date (as the database's owner, `DATABASE_URL`).

    With --secrets FOLDER each service's login is given the password that lies there.
    """
    url = database()
    for service in SERVICES:
        password = provision.login_password(secrets, service) if secrets else ""
        with explained(service):
            applied = asyncio.run(migrate(url, service, *migrations_of(service), password=password))
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
        changed = run("issuer", lambda pool: load_directory(pool, folder))
    except DirectoryErrors as error:
        raise click.ClickException(_both(error)) from None
    click.echo(f"{len(changed)} អង្គភាពបានផ្លាស់ប្ដូរ / units changed")


@directory.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def directory_check(folder: Path) -> None:
    """Say whether the directory in FOLDER could be loaded, and which units have no group, without loading it."""
    from services.issuer.directory.errors import DirectoryErrors
    from services.issuer.directory.files import read as read_directory
    from services.issuer.use_cases.dependencies import today

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

    click.echo(run("issuer", lambda pool: add_key(pool, person)))


@keys.command("list")
@click.argument("person", required=False)
def keys_list(person: str | None) -> None:
    """List the keys, or those of PERSON: id, person, when made, when ended; never a secret."""
    from services.issuer.admin import list_keys

    for key in run("issuer", lambda pool: list_keys(pool, person)):
        made, ended = (f"{at.astimezone(PHNOM_PENH):%Y-%m-%d %H:%M}" if at else "" for at in (key.made, key.revoked))
        click.echo(
            "\t".join((key.key_id, key.person, made, f"បានបញ្ចប់ / revoked {ended}" if ended else "កំពុងប្រើ / in force"))
        )


@keys.command("revoke")
@click.argument("key_id")
def keys_revoke(key_id: str) -> None:
    """End the key KEY_ID (the part between the underscores)."""
    from services.issuer.admin import revoke_key

    run("issuer", lambda pool: revoke_key(pool, key_id))
    click.echo("បានបញ្ចប់ / revoked")


main.add_command(events)
main.add_command(telegram)


@events.command("asyncapi")
def events_asyncapi() -> None:
    """Print the AsyncAPI document of the event stream."""
    from shared.asyncapi import document

    click.echo(json.dumps(document(), ensure_ascii=False, indent=2))


@events.command("keygen")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("service", type=click.Choice(sorted(PRODUCERS)))
@click.argument("step", type=click.Choice(["next", "use", "forget"]))
def events_keygen(folder: Path, service: str, step: str) -> None:
    """Bring SERVICE to a new key to sign events by, in three steps; FOLDER is that of `besakakam secrets`.

    next: make it, and tell all services of it. use: sign by it. forget: believe the old one no more.
    """
    try:
        provision.renew_key(folder, service, step)
    except OSError as error:
        raise click.ClickException(NOT_WRITTEN.format(error)) from None
    for producer, keys in provision.public_keys(folder).items():
        click.echo(f"{producer}: {', '.join(keys)}")


def _add_lunar() -> None:
    from services.issuer.letter.cli import lunar

    main.add_command(lunar)


_add_lunar()
