"""The lock that keeps two servers off one folder.

It is held by the server's own processes, not by a number written in a file: the folder is free exactly when the last of
them has ended, whatever killed them and whatever process has their number now.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.servers.errors import FolderInUse
from deploy.local.servers.folder import writable

DYING_SECONDS = 15.0


@contextmanager
def locked(folder: Path, *, was_ours: bool) -> Iterator[int]:
    """The descriptor of the folder's lock, to be passed on to the server.

    The server inherits it, so the folder is free exactly when the last of the server's processes has ended. What
    is still dying (its caller is dead, or `was_ours`) is waited for; what runs under a living caller is refused.

    Raises:
        FolderInUse: a server runs on this folder.
        FolderNotWritable: the lock file cannot be opened.
    """
    with writable(folder):
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(lock, folder, was_ours=was_ours)
        os.pwrite(lock, f"{os.getpid():<20}\n".encode(), 0)
        yield lock
    finally:
        os.close(lock)


def _acquire(lock: int, folder: Path, *, was_ours: bool) -> None:
    deadline = time.monotonic() + DYING_SECONDS
    while not _try_lock(lock):
        holder = _holder(lock)
        dying = was_ours or (holder is not None and not _alive(holder))
        if not dying or time.monotonic() > deadline:
            raise FolderInUse(folder, holder)
        time.sleep(0.01)


def wait_unlocked(folder: Path, seconds: float) -> bool:
    """Whether all of the folder's server processes ended within so many seconds."""
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    deadline = time.monotonic() + seconds
    try:
        while not (free := _try_lock(lock)) and time.monotonic() < deadline:
            time.sleep(0.005)
        return free
    finally:
        os.close(lock)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(lock: int) -> int | None:
    text = os.pread(lock, 32, 0).strip()
    return int(text) if text.isdigit() else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
