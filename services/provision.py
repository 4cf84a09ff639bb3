"""What each service is given to reach the servers as itself: a folder for each, to be its `SECRETS_DIR`."""

import os
from pathlib import Path

from services.command import SERVICES
from shared.logins import login_url, new_password, password_of
from shared.postgres import role_of


def provide(folder: Path, database_url: str) -> None:
    """Make or renew `folder`/SERVICE/database_url for every service; passwords that are there stay as they are."""
    for service in SERVICES:
        password = login_password(folder, service) or new_password()
        put(folder / service / "database_url", login_url(database_url, role_of(service), password))


def login_password(folder: Path, service: str) -> str:
    """The password of the service's login at PostgreSQL; empty where none was made."""
    return password_of(held(folder / service / "database_url"))


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
