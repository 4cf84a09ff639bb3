"""The folder of one server: making it, its password, and giving it to the user the server runs as."""

import os
import secrets
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path

from deploy.local.servers import guardian
from deploy.local.servers.errors import FolderNotWritable, FolderUnreachable

GUARDIAN = (sys.executable, "-I", "-S", str(Path(guardian.__file__).resolve()))


class Identity(StrEnum):
    """Whom the server runs as: the caller, `nobody` in a user namespace, or the real account `nobody`."""

    CALLER = "caller"
    NAMESPACE = "namespace"
    NOBODY = "nobody"


def unprivileged_identity() -> Identity:
    """How to run a server that refuses root: as the caller, unless the caller is root."""
    if os.geteuid() != 0:
        return Identity.CALLER
    return Identity.NAMESPACE if _namespaces_allowed() else Identity.NOBODY


@cache
def _namespaces_allowed() -> bool:
    if sys.platform != "linux":
        return False
    probe = subprocess.run([*GUARDIAN, "probe"], capture_output=True, check=False)
    return probe.returncode == 0


def make_folder(folder: Path) -> None:
    """Make the folder, private to its owner.

    Raises:
        FolderNotWritable: it cannot be made, or cannot be written in.
    """
    with writable(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError("Permission denied")


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turn the system's refusals within the block into FolderNotWritable."""
    try:
        yield
    except OSError as exc:
        raise FolderNotWritable(folder, exc.strerror or str(exc)) from exc


def stored_password(folder: Path) -> str:
    """The server's password, made at random the first time and kept in `folder`/password, readable by its owner."""
    file = folder / "password"
    with writable(folder):
        if not file.exists():
            descriptor = os.open(file.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as new:
                new.write(secrets.token_hex(24))
            file.with_suffix(".new").replace(file)
        return file.read_text().strip()


def give_to(folder: Path, identity: Identity) -> None:
    """As root, make the folder and all in it belong to whom the server's files must belong to.

    Inside a user namespace `nobody` stands for root, so the files are root's; otherwise they are nobody's.

    Raises:
        FolderUnreachable: nobody cannot reach the folder.
    """
    if identity is Identity.CALLER:
        return
    uid, gid = guardian.nobody() if identity is Identity.NOBODY else (os.geteuid(), os.getegid())
    if identity is Identity.NOBODY:
        require_reachable(folder)
    with writable(folder):
        for path in (folder, *folder.rglob("*")):
            if path.lstat().st_uid != uid:
                os.chown(path, uid, gid, follow_symlinks=False)


def require_reachable(path: Path) -> None:
    """See that the user nobody can pass through every folder above this path.

    Raises:
        FolderUnreachable: naming the first folder, from the top, that it cannot pass.
    """
    uid, _ = guardian.nobody()
    for ancestor in reversed(path.resolve().parents):
        status = ancestor.stat()
        if status.st_uid != uid and not status.st_mode & stat.S_IXOTH:
            raise FolderUnreachable(path, ancestor)
