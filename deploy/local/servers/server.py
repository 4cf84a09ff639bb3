"""What both servers share: start on a free or given port, wait until ready, stop, kill, restart, check."""

import contextlib
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from deploy.local.servers.errors import PortTaken, ServerDied, ServerFailedToStart
from deploy.local.servers.folder import make_folder
from deploy.local.servers.lock import locked, wait_unlocked
from deploy.local.servers.ports import free_port, require_free
from deploy.local.servers.process import Launch, Process

READY_SECONDS = 30.0
PORT_TRIES = 5
GONE_SECONDS = 10.0
_ADDRESS_IN_USE = "ddress already in use"


class Server(ABC):
    """One embedded server on 127.0.0.1 with its data in `folder`, which is made when missing.

    `port` is fixed when given; otherwise a free one is taken at the first start and kept over `restart`. It is also a
    context manager that starts and stops. Not for use by several threads at once.
    """

    name: ClassVar[str]

    def __init__(self, folder: Path, *, port: int | None = None, fsync: bool = True) -> None:
        self.folder = folder.absolute()
        self.fsync = fsync
        self._asked_port = port
        self._port = port
        self._process: Process | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect, with the password in it; meaningful once started."""

    @abstractmethod
    def _prepare(self, lock: int) -> None:
        """Bring the folder to the state in which the server can be launched."""

    @abstractmethod
    def _launch(self, port: int) -> Launch:
        """The server's command for this port."""

    @abstractmethod
    def _ready(self, port: int) -> bool:
        """Whether the server answers."""

    @property
    def port(self) -> int:
        """The port in use, or to be used at the next start; 0 when none is chosen yet."""
        return self._port or 0

    @property
    def pid(self) -> int | None:
        """The server's process while it runs."""
        return self._process.pid if self._process and not self._process.ended else None

    def start(self) -> str:
        """Start, wait until the server answers, and return its URL.

        Raises:
            ServersError: one subclass for each cause.
        """
        make_folder(self.folder)
        with locked(self.folder, was_ours=self._process is not None and self._process.ended) as lock:
            if self._asked_port is not None:
                require_free(self.name, self._asked_port)
            self._prepare(lock)
            self._start_on_some_port(lock)
        return self.url

    def stop(self) -> None:
        """Ask for a clean end and wait for it; nothing happens when the server does not run."""
        if self._process is not None:
            self._process.stop()
            wait_unlocked(self.folder, GONE_SECONDS)
            self._process = None

    def kill(self) -> None:
        """End the server as a crash would, and wait until the last of its processes is gone."""
        if self._process is not None:
            self._process.kill()
            wait_unlocked(self.folder, GONE_SECONDS)
            self._process = None

    def restart(self) -> str:
        """Start again on the same port and data, after a clean stop if it still runs."""
        self.stop()
        self._asked_port = self._port
        return self.start()

    def check(self) -> None:
        """See that the server still runs.

        Raises:
            ServerDied: it was started, and has ended without being asked.
        """
        if self._process is not None and self._process.ended:
            raise ServerDied(self.name, self._process.launch.log, self._process.log_tail())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start_on_some_port(self, lock: int) -> None:
        if self._asked_port is not None:
            return self._start_on(self._asked_port, lock)
        for _ in range(PORT_TRIES - 1):
            with contextlib.suppress(PortTaken):
                return self._start_on(free_port(), lock)
        return self._start_on(free_port(), lock)

    def _start_on(self, port: int, lock: int) -> None:
        process = Process(self._launch(port), lock)
        try:
            self._wait_ready(process, port)
        except BaseException:
            process.stop()
            raise
        self._process, self._port = process, port

    def _wait_ready(self, process: Process, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self._ready(port) or process.ended:
            if process.ended or time.monotonic() > deadline:
                tail = process.log_tail()
                if _ADDRESS_IN_USE in tail:
                    raise PortTaken(self.name, port, "Address already in use")
                raise ServerFailedToStart(self.name, process.launch.log, tail)
            time.sleep(0.005)
