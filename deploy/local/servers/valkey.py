"""An embedded Valkey, which speaks the Redis protocol."""

import hashlib
import signal
import socket
from pathlib import Path
from typing import ClassVar

from deploy.local.servers.binaries import valkey_server
from deploy.local.servers.folder import Identity, stored_password, writable
from deploy.local.servers.ports import LOOPBACK
from deploy.local.servers.process import Launch
from deploy.local.servers.server import Server

ANSWER_SECONDS = 0.5


class Valkey(Server):
    """Valkey with an append-only file, written to disk every second unless `fsync` is off; no snapshots.

    It asks for a password, made at random and kept in the folder, so that no other user of the machine can add events.
    """

    name: ClassVar[str] = "Valkey"

    @property
    def url(self) -> str:
        return f"redis://:{stored_password(self.folder)}@{LOOPBACK}:{self.port}/0"

    def _prepare(self, lock: int) -> None:
        with writable(self.folder):
            self._config.touch(mode=0o600)
            self._config.write_text(f"aclfile {self._users}\n")
            self._users.touch(mode=0o600)
            others = [line for line in self._users.read_text().splitlines() if not line.startswith("user default ")]
            digest = hashlib.sha256(stored_password(self.folder).encode()).hexdigest()
            self._users.write_text("\n".join([f"user default on #{digest} ~* &* +@all", *others, ""]))

    def _launch(self, port: int) -> Launch:
        options = {
            "bind": LOOPBACK,
            "port": str(port),
            "daemonize": "no",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec" if self.fsync else "no",
        }
        pairs = (part for key, value in options.items() for part in (f"--{key}", value))
        command = (str(valkey_server()), str(self._config), *pairs)
        return Launch(self.folder, command, Identity.CALLER, signal.SIGTERM)

    def _ready(self, port: int) -> bool:
        """It answers PING to our password, so it is ours and has read its data."""
        request = f"AUTH {stored_password(self.folder)}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((LOOPBACK, port), timeout=ANSWER_SECONDS) as connection:
                connection.sendall(request)
                return _read_answers(connection) == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    @property
    def _users(self) -> Path:
        """The users, with rules and hashed passwords; the server writes those that are made later to it as well."""
        return self.folder / "users.acl"

    @property
    def _config(self) -> Path:
        return self.folder / "valkey.conf"


def _read_answers(connection: socket.socket) -> bytes:
    answers = b""
    while answers.count(b"\r\n") < 2 and (more := connection.recv(256)):
        answers += more
    return answers
