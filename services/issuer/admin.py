"""What an administrator does to the issuer from the command line: load a directory, make and end keys."""

from pathlib import Path

from services.issuer.directory.files import read
from services.issuer.store import directories, keys
from services.issuer.store.directories import Directories
from shared import outbox
from shared.errors import Refused
from shared.i18n import message
from shared.postgres import Pool, transaction


class NoSuchPerson(Refused):
    """No loaded directory lists the person."""

    def __init__(self, person: str) -> None:
        super().__init__(
            "no_such_person", message("{person} is in no directory. Load the directory first.", person=person)
        )


class NoSuchKey(Refused):
    """There is no such key in force."""

    def __init__(self, key_id: str) -> None:
        super().__init__("no_such_key", message("There is no key {key} in force.", key=key_id))


async def load_directory(pool: Pool, folder: Path) -> list[str]:
    """Put the directory of `folder` in force; returns the ids of the units that changed.

    Raises `DirectoryErrors` naming each file, line and field.
    """
    new = read(folder)
    async with transaction(pool) as connection:
        events = await directories.load(connection, new)
        await outbox.write(connection, *events)
    return [event.data.unit for event in events]


async def add_key(pool: Pool, person: str) -> str:
    """A new key for a person of the directory. Raises `NoSuchPerson`."""
    if await Directories(pool).of_person(person) is None:
        raise NoSuchPerson(person)
    async with transaction(pool) as connection:
        return await keys.add(connection, person)


async def list_keys(pool: Pool, person: str | None) -> list[keys.Key]:
    """Every key, or those of one person, oldest first; none of their secrets."""
    async with pool.acquire() as connection:
        return await keys.listed(connection, person)


async def revoke_key(pool: Pool, key_id: str) -> None:
    """End a key. Raises `NoSuchKey`."""
    async with transaction(pool) as connection:
        if not await keys.revoke(connection, key_id):
            raise NoSuchKey(key_id)
