"""What each service is given to reach the servers and to sign as itself: a folder for each, to be its `SECRETS_DIR`."""

import json
import os
from pathlib import Path

from services.command import SERVICES
from shared.events import PRODUCERS
from shared.logins import login_url, new_password, password_of
from shared.postgres import role_of
from shared.signing import Signer, new_key

KEYS = "event_keys"


def provide(folder: Path, database_url: str) -> None:
    """Make what is missing in `folder`/SERVICE, and write addresses anew; passwords and keys that are there stay."""
    for service in SERVICES:
        password = login_password(folder, service) or new_password()
        put(folder / service / "database_url", login_url(database_url, role_of(service), password))
    for service in sorted(PRODUCERS):
        if not held(folder / service / "signing_key"):
            put(folder / service / "signing_key", new_key())
    _tell_keys(folder)


def renew_key(folder: Path, service: str) -> None:
    """Make the next key of a producer, as `signing_key.next`, and tell the others of it beside the present one."""
    put(folder / service / "signing_key.next", new_key())
    _tell_keys(folder)


def use_next_key(folder: Path, service: str) -> None:
    """Let the next key be the one to sign with; the one before is believed until `_tell_keys` no longer finds it."""
    put(folder / service / "signing_key.before", held(folder / service / "signing_key"))
    (folder / service / "signing_key.next").replace(folder / service / "signing_key")
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


def environment(folder: Path, service: str) -> dict[str, str]:
    """The service's secrets as settings, for a process that is given them so."""
    names = ("database_url", "signing_key", KEYS)
    return {name.upper(): held(folder / service / name) for name in names}


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
