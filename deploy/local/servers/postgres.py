"""An embedded PostgreSQL."""

import os
import shutil
import signal
from pathlib import Path
from typing import ClassVar

from deploy.local.servers.binaries import postgres_major, postgres_program
from deploy.local.servers.errors import FolderNotOurs, MakingFailed, WrongMajorVersion
from deploy.local.servers.folder import (
    Identity,
    give_to,
    require_reachable,
    stored_password,
    unprivileged_identity,
    writable,
)
from deploy.local.servers.ports import LOOPBACK
from deploy.local.servers.process import Launch, Process
from deploy.local.servers.server import Server

DATABASE = "besakakam"
OWNER = "besakakam"

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
    # Passwords here are random and 192 bits long: stretching them would only slow every connection down.
    "scram_iterations": "64",
}
# A killed server loses nothing by these two; a power cut may. Commits still wait for the operating system.
_NO_FSYNC = {"fsync": "off", "full_page_writes": "off"}


class Postgres(Server):
    """PostgreSQL with the database "besakakam" and its owner, a superuser of the same name; UTF-8, UTC, C.UTF-8.

    PostgreSQL refuses root: started by root, it runs as `nobody`, in a user namespace where the system allows one;
    `identity` forces one way. `fsync` off is for tests: data survives a killed server but not a power cut.
    """

    name: ClassVar[str] = "PostgreSQL"

    def __init__(
        self, folder: Path, *, port: int | None = None, fsync: bool = True, identity: Identity | None = None
    ) -> None:
        super().__init__(folder, port=port, fsync=fsync)
        self.identity = identity or unprivileged_identity()

    @property
    def url(self) -> str:
        return f"postgresql://{OWNER}:{stored_password(self.folder)}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def data(self) -> Path:
        """The database's own folder. It appears under this name only once it is whole."""
        return self.folder / "data"

    def _prepare(self, lock: int) -> None:
        if self.identity is Identity.NOBODY:
            require_reachable(postgres_program("postgres"))
        password_known = (self.folder / "password").exists()
        stored_password(self.folder)
        give_to(self.folder, self.identity)
        if not self.data.exists():
            self._make(lock)
        self._require_our_version()
        if not password_known:
            self._run_sql(self.data, f"ALTER ROLE {OWNER} PASSWORD '{stored_password(self.folder)}'", lock)
        with writable(self.folder):
            # The lock tells that no server runs here; this leftover of a killed one could name another's process.
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _make(self, lock: int) -> None:
        """Make the database under another name first, so that one cut short is never taken for a whole one."""
        unfinished = self.folder / "data.unfinished"
        with writable(self.folder):
            if unfinished.exists():
                shutil.rmtree(unfinished)
        self._run_once((str(postgres_program("initdb")), *self._initdb_options(unfinished)), lock)
        self._run_sql(unfinished, f"CREATE DATABASE {DATABASE}", lock)
        with writable(self.folder):
            unfinished.rename(self.data)
            if self.fsync:
                _sync_folder(self.folder)

    def _initdb_options(self, data: Path) -> tuple[str, ...]:
        return (
            f"--pgdata={data}",
            f"--username={OWNER}",
            f"--pwfile={self.folder / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--set=scram_iterations=64",
            "--no-instructions",
            *(() if self.fsync else ("--no-sync",)),
        )

    def _run_sql(self, data: Path, sql: str, lock: int) -> None:
        """Run one statement in PostgreSQL's single-user mode, with no server and no password."""
        script = self.folder / "setup.sql"
        with writable(self.folder):
            script.touch(mode=0o600)
            script.write_text(sql + "\n")
        options = ("-D", str(data), "-c", "exit_on_error=on", *(() if self.fsync else ("-c", "fsync=off")))
        self._run_once((str(postgres_program("postgres")), "--single", *options, "postgres"), lock, stdin=script)
        with writable(self.folder):
            script.unlink()

    def _run_once(self, command: tuple[str, ...], lock: int, stdin: Path = Path(os.devnull)) -> None:
        process = Process(Launch(self.folder, command, self.identity, signal.SIGTERM, stdin), lock)
        if process.wait() != 0:
            raise MakingFailed(self.folder, process.log_tail())

    def _require_our_version(self) -> None:
        file = self.data / "PG_VERSION"
        with writable(self.folder):
            found = file.read_text().strip() if file.exists() else None
        if found is None:
            raise FolderNotOurs(self.data)
        if found != postgres_major():
            raise WrongMajorVersion(self.data, found, postgres_major())

    def _launch(self, port: int) -> Launch:
        settings = _SETTINGS | {"port": str(port)} | ({} if self.fsync else _NO_FSYNC)
        options = (part for key, value in settings.items() for part in ("-c", f"{key}={value}"))
        command = (str(postgres_program("postgres")), "-D", str(self.data), *options)
        return Launch(self.folder, command, self.identity, signal.SIGINT)

    def _ready(self, port: int) -> bool:
        """The server writes "ready" as the eighth line of its own file once it takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
