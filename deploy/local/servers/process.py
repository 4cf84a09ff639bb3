"""One running server, seen from the caller: its guardian, its log, its end."""

import contextlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.servers.folder import GUARDIAN, Identity, writable

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
STOP_SECONDS = 20.0
LOG_KEPT_BYTES = 1_000_000
TAIL_LINES = 15


@dataclass(frozen=True)
class Launch:
    """What to run: `folder` is the working folder and holds server.log, `stop_signal` asks for a quick clean end."""

    folder: Path
    command: tuple[str, ...]
    identity: Identity
    stop_signal: int
    stdin: Path = Path(os.devnull)

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


class Process:
    """A program under its guardian. It ends with the caller, however the caller ends.

    `pid` is the program's own process, or None when it could not be run at all, which the log then tells.
    """

    def __init__(self, launch: Launch, lock: int) -> None:
        self.launch = launch
        with writable(launch.folder):
            self._log_start = _rotated_size(launch.log)
            self._guardian, self.pid = _spawn(launch, lock)

    @property
    def ended(self) -> bool:
        return self._guardian.poll() is not None

    def wait(self) -> int:
        """Exit code of a program that ends by itself."""
        try:
            return self._guardian.wait()
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask for a clean end and wait for it; the guardian kills what has not ended in time."""
        self._close()
        try:
            self._guardian.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            self._guardian.wait()

    def kill(self) -> None:
        """End the program at once, as a crash would (SIGKILL), and wait for it."""
        with contextlib.suppress(BrokenPipeError):  # it may have ended already
            os.write(self._control, b"K")
        self._guardian.wait()
        self._close()

    def log_tail(self) -> str:
        """The last lines that this run wrote to its log."""
        with self.launch.log.open("rb") as file:
            file.seek(self._log_start)
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])

    @property
    def _control(self) -> int:
        if self._guardian.stdin is None:
            raise BrokenPipeError
        return self._guardian.stdin.fileno()

    def _close(self) -> None:
        if self._guardian.stdin is not None:
            self._guardian.stdin.close()


def _spawn(launch: Launch, lock: int) -> tuple[subprocess.Popen[bytes], int | None]:
    status, status_end = os.pipe()
    spec = {
        "command": launch.command,
        "identity": launch.identity,
        "stop_signal": launch.stop_signal,
        "stdin": str(launch.stdin),
        "caller": os.getpid(),
        "status": status_end,
    }
    try:
        with launch.log.open("ab") as log:
            guardian = subprocess.Popen(
                [*GUARDIAN, json.dumps(spec)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=launch.folder,
                env=ENVIRONMENT,
                pass_fds=(status_end, lock),
                start_new_session=True,
            )
            os.close(status_end)
            status_end = -1
            return guardian, _started_pid(status, log.fileno())
    finally:
        os.close(status)
        if status_end >= 0:
            os.close(status_end)


def _started_pid(status: int, log: int) -> int | None:
    """Read the guardian's word up to its end, which comes when the program runs or could not be run."""
    with os.fdopen(os.dup(status), "rb") as file:
        lines = file.read().splitlines()
    errors = [line for line in lines if line.startswith(b"error ")]
    if errors:
        os.write(log, b"\n".join(errors) + b"\n")
        return None
    return next((int(line[4:]) for line in lines if line.startswith(b"pid ")), None)


def _rotated_size(log: Path) -> int:
    """Size of the log in bytes after putting a long one aside as server.log.1."""
    size = log.stat().st_size if log.exists() else 0
    if size > LOG_KEPT_BYTES:
        log.replace(log.with_suffix(".log.1"))
        return 0
    return size
