"""The small process that stands between a caller and one server, so that the server never outlives the caller.

Run by its path with `python -I -S`, from the standard library alone: it starts the server (under another user where
needed), then waits. It stops the server when its standard input ends, which happens however the caller dies and
whichever of the caller's threads started it; a death signal set by a thread would fire at that thread's end. If this
process itself is killed, Linux signals the server (PR_SET_PDEATHSIG).
"""

import ctypes
import json
import os
import pwd
import select
import signal
import sys
import time
from types import FrameType
from typing import Any

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
KILL_COMMAND = b"K"
CALLER_POLL_SECONDS = 0.5
STOP_SECONDS = 10.0
CANNOT_START = 127


def nobody() -> tuple[int, int]:
    """User and group id of the account `nobody`; 65534 where the machine has no such account."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def enter_namespace() -> None:
    """Appear as `nobody` inside a new user namespace, while files stay those of the real user.

    Raises:
        OSError: the system refuses user namespaces.
    """
    inner_uid, inner_gid = nobody()
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inner_uid} {outer_uid} 1"),
        ("gid_map", f"{inner_gid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def become_nobody() -> None:
    """Give up root for good and become the account `nobody`."""
    uid, gid = nobody()
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def run_server(spec: dict[str, Any], guardian_pid: int) -> None:
    """In the child: take the asked identity, tie its life to the guardian's, and become the server."""
    os.dup2(os.open(spec["stdin"], os.O_RDONLY), 0)
    os.umask(0o077)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if spec["identity"] == "namespace":
        enter_namespace()
    elif spec["identity"] == "nobody":
        become_nobody()
    if sys.platform == "linux":
        # Last, because changing user clears it; and the guardian may have died before it was set.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, spec["stop_signal"], 0, 0, 0)
        if os.getppid() != guardian_pid:
            os._exit(CANNOT_START)
    command = spec["command"]
    os.execv(command[0], command)  # noqa: S606 - no shell on purpose


def fork_server(spec: dict[str, Any]) -> int:
    """Start the server; its process id, or why it could not start, goes to the caller through the status pipe."""
    guardian_pid = os.getpid()
    status: int = spec["status"]
    os.set_inheritable(status, False)
    child = os.fork()
    if child == 0:
        try:
            run_server(spec, guardian_pid)
        except BaseException as exc:  # the child must never return into the guardian's code
            os.write(status, f"error {exc}\n".encode())
        finally:
            os._exit(CANNOT_START)
    os.write(status, f"pid {child}\n".encode())
    os.close(status)
    return child


class Watch:
    """Waits for the server's end, and brings it about when asked to or when the caller is gone."""

    def __init__(self, spec: dict[str, Any], wake: int) -> None:
        self.spec = spec
        self.wake = wake
        self.inputs = [0, wake]
        self.asked = False
        self.deadline: float | None = None
        self.child = fork_server(spec)

    def ask(self, *_: int | FrameType | None) -> None:
        """Note that the server must stop; also the handler of the guardian's own signals."""
        self.asked = True

    def until_end(self) -> int:
        """Exit code of the server, 128 + n when signal n ended it."""
        while True:
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
            self.stop_if_needed()
            self.wait()

    def stop_if_needed(self) -> None:
        if self.deadline is None and (self.asked or os.getppid() != self.spec["caller"]):
            os.kill(self.child, self.spec["stop_signal"])
            self.deadline = time.monotonic() + STOP_SECONDS
        elif self.deadline is not None and time.monotonic() > self.deadline:
            os.kill(self.child, signal.SIGKILL)

    def wait(self) -> None:
        readable, _, _ = select.select(self.inputs, [], [], CALLER_POLL_SECONDS)
        if self.wake in readable:
            os.read(self.wake, 512)
        if 0 in readable:
            command = os.read(0, 1)
            if command == KILL_COMMAND:
                os.kill(self.child, signal.SIGKILL)
            elif not command:
                self.inputs = [self.wake]
                self.asked = True


def main() -> int:
    """Either `probe`, which tells by its exit code whether user namespaces work, or the JSON of what to run."""
    if sys.argv[1] == "probe":
        enter_namespace()
        return 0
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    wake, wake_end = os.pipe()
    os.set_blocking(wake_end, False)
    signal.set_wakeup_fd(wake_end)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    watch = Watch(json.loads(sys.argv[1]), wake)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, watch.ask)
    return watch.until_end()


if __name__ == "__main__":
    sys.exit(main())
