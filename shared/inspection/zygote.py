"""The process that opens files: `python -m shared.inspection.zygote FD`. It loads the readers once, then forks a
child for each file, so that every file has bounds of its own and leaves nothing behind.

Over the control socket FD comes one end of a socket for each file. The child reads the task and the file from it and
answers there; this process then adds how the child ended, and closes it. A child cannot open a file, reach a network
or leave a core (it may start a thread, which the reader of HEIC does); it ends by itself when its time is over. When
the control socket closes, all end.
"""

import json
import os
import resource
import selectors
import signal
import socket
import struct
import sys
import warnings
from contextlib import suppress
from pathlib import Path

from shared.inspection import opening
from shared.inspection.bounds import CPU_SECONDS, END, HEAD, MEMORY, WALL_SECONDS


def main(descriptor: int) -> None:
    """Serve until the other end of the control socket closes."""
    warnings.simplefilter("ignore")
    opening.warm()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches a whole group; the service ends this process
    with socket.socket(fileno=descriptor) as control, selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        serve(control, selector)


def serve(control: socket.socket, selector: selectors.BaseSelector) -> None:
    """Fork a child for each socket that comes, and say of each that ends how it ended."""
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                pid, job = key.data
                selector.unregister(key.fileobj)
                os.close(key.fd)
                _report(pid, job)
                continue
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not descriptors:
                _end_all()
            job = socket.socket(fileno=descriptors[0])
            pid = os.fork()
            if pid == 0:
                _child(job)
            selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, job))


def _report(pid: int, job: socket.socket) -> None:
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError), job:
        job.sendall(struct.pack(END, status))


def _end_all() -> None:
    """End this process and every child: together they are a group of their own."""
    os.killpg(0, signal.SIGKILL)


def _child(job: socket.socket) -> None:
    """Answer one task and end, whatever happens."""
    code = 1
    try:
        _bound(job.fileno())
        found, made = opening.answer(*_task(job))
        head = json.dumps(found).encode()
        job.sendall(struct.pack(HEAD, len(head), len(made)) + head + made)
        code = 0
    finally:
        os._exit(code)


def _bound(kept: int) -> None:
    """From here on: a bounded time and memory, one socket, and nothing else of the machine."""
    signal.alarm(WALL_SECONDS)
    os.nice(10)
    os.closerange(0, kept)
    os.closerange(kept + 1, 1024)
    space = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    resource.setrlimit(resource.RLIMIT_AS, (space + MEMORY, space + MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _task(job: socket.socket) -> tuple[str, bytes]:
    name, size = struct.unpack(HEAD, _read(job, struct.calcsize(HEAD)))
    return _read(job, name).decode(), _read(job, size)


def _read(job: socket.socket, size: int) -> bytes:
    content = bytearray(size)
    view, taken = memoryview(content), 0
    while taken < size:
        count = job.recv_into(view[taken:])
        if count == 0:
            raise EOFError
        taken += count
    return bytes(content)


if __name__ == "__main__":
    main(int(sys.argv[1]))
