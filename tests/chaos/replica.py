"""`python -m tests.chaos.replica FOLDER SERVICE [BUG]`: a service whose clock and disk can be struck from outside.

Two things of a service cannot be struck by a signal or on the wire, so its process reads them from files in FOLDER:
`clock-NAME` holds the seconds by which the clock of the replica NAME is wrong, and while `disk-full-NAME` is there, a
document's writing ends halfway with "no space left on device". The process ends with the harness that started it.
"""

import errno
import importlib
import io
import os
import runpy
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.local.demo.child import end_with
from shared import clock

_true_now = clock.now


class WrongClock:
    """Tells the time as wrongly as the file says; rightly while there is none."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """The present moment as this replica sees it."""
        try:
            return _true_now() + timedelta(seconds=float(self._file.read_text()))
        except (FileNotFoundError, ValueError):  # there is none, or it is being written
            return _true_now()


class FullDisk:
    """Stands for `os` where documents are written: while the file is there, each writing fails at its middle."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fdopen(self, handle: int, mode: str) -> Any:
        """As `os.fdopen`."""
        return HalfWritten(handle, mode) if self._file.exists() else os.fdopen(handle, mode)


class HalfWritten(io.FileIO):
    """A file on a disk that is too small for it."""

    def write(self, content: Any, /) -> int:
        """Write half, and fail."""
        super().write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def clock_file(folder: Path, name: str) -> Path:
    """Where the replica reads by how many seconds its clock is wrong."""
    return folder / f"clock-{name}"


def full_disk_file(folder: Path, name: str) -> Path:
    """The file whose presence fills the replica's disk."""
    return folder / f"disk-full-{name}"


def main() -> None:
    """Prepare this process, and be the service. The clock comes first: others take `now` over when imported."""
    folder, service, *bug = sys.argv[1:]
    end_with(int(os.environ["HARNESS"]))
    name = os.environ["REPLICA"]
    setattr(clock, "now", WrongClock(clock_file(Path(folder), name)).now)  # noqa: B010
    documents = importlib.import_module("shared.documents")
    setattr(documents, "os", FullDisk(full_disk_file(Path(folder), name)))  # noqa: B010
    importlib.import_module("tests.chaos.effects").count()
    if bug:
        importlib.import_module("tests.chaos.planted").plant(bug[0])
    sys.argv = [service]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
