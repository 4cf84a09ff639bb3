"""What each service is given to reach the servers and to sign as itself: a folder for each, to be its `SECRETS_DIR`."""

import json
import os
from contextlib import suppress
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.command import SERVICES
from shared.events import PRODUCERS
from shared.logins import login_url, new_password, password_of
from shared.postgres import role_of
from shared.signing import Signer, new_key
from shared.users import DASHBOARD, OPERATOR, rules, user_of

KEYS = "event_keys"
USERS = (*SERVICES, OPERATOR, DASHBOARD)
"""Who has a user at Redis."""


def provide(folder: Path, database_url: str, redis_url: str = "") -> None:
    """Make what is missing in `folder`/SERVICE, and write addresses anew; passwords and keys that are there stay.

    Without a `redis_url` nothing is made for Redis.
    """
    for who in USERS if redis_url else ():
        password = _queue_password(folder, who) or new_password()
        put(folder / who / "redis_url", login_url(redis_url, user_of(who), password))
    for service in SERVICES:
        password = login_password(folder, service) or new_password()
        put(folder / service / "database_url", login_url(database_url, role_of(service), password))
    for service in sorted(PRODUCERS):
        if not held(folder / service / "signing_key"):
            put(folder / service / "signing_key", new_key())
    _tell_keys(folder)


def renew_key(folder: Path, service: str, step: str) -> None:
    """Bring a producer to a new key without an event that anybody refuses, in three steps.

    `next` makes it and tells the others of it, `use` lets the producer sign by it, `forget` lets the old one go.
    Raises `FileNotFoundError` where the step before is missing.
    """
    now, following, before = _key_files(folder, service)
    match step:
        case "next":
            put(following, new_key())
        case "use":
            following.stat()
            put(before, held(now))
            following.replace(now)
        case _:
            before.unlink()
    _tell_keys(folder)


def public_keys(folder: Path) -> dict[str, list[str]]:
    """By producer, the public halves of its keys: the present one, the next and the one before, where they are."""
    return {
        service: [Signer(key).public for file in _key_files(folder, service) if (key := held(file))]
        for service in sorted(PRODUCERS)
    }


def _key_files(folder: Path, service: str) -> list[Path]:
    return [folder / service / f"signing_key{which}" for which in ("", ".next", ".before")]


def _tell_keys(folder: Path) -> None:
    for service in SERVICES:
        put(folder / service / KEYS, json.dumps(public_keys(folder)))


def login_password(folder: Path, service: str) -> str:
    """The password of the service's login at PostgreSQL; empty where none was made."""
    return password_of(held(folder / service / "database_url"))


def _queue_password(folder: Path, who: str) -> str:
    return password_of(held(folder / who / "redis_url"))


async def let_users_in(folder: Path, redis: Redis, stream: str) -> list[str]:
    """Make the users at Redis, as one who may, with the passwords of the folder; returns their names.

    Where the server has an ACL file they are kept there; otherwise they are gone with its next start.
    """
    names = [who for who in USERS if _queue_password(folder, who)]
    for who in names:
        rights = rules(who, _queue_password(folder, who), stream)
        await redis.execute_command("ACL", "SETUSER", user_of(who), *rights)  # type: ignore[no-untyped-call]
    with suppress(ResponseError):  # it has no file
        await redis.acl_save()
    return [user_of(who) for who in names]


def acl_lines(folder: Path, stream: str) -> list[str]:
    """The users as lines of an ACL file, which hold no password but its SHA-256."""
    return [
        " ".join(["user", user_of(who), *rules(who, password, stream)])
        for who in USERS
        if (password := _queue_password(folder, who))
    ]


def environment(folder: Path, service: str) -> dict[str, str]:
    """The service's secrets as settings, for a process that is given them so."""
    names = ("database_url", "redis_url", "signing_key", KEYS)
    return {name.upper(): secret for name in names if (secret := held(folder / service / name))}


def held(file: Path) -> str:
    """What a file of secrets holds; empty where there is none."""
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def put(file: Path, secret: str) -> None:
    """Write a secret for its owner alone, whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
        written.write(f"{secret}\n")
    new.replace(file)
