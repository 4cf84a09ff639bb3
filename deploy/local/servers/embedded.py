"""Both servers together, each unless its address is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self

from deploy.local.servers.postgres import Postgres
from deploy.local.servers.server import Server
from deploy.local.servers.valkey import Valkey

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Endpoints:
    """Where the two servers are. An embedded one's URL holds its password, and for PostgreSQL its superuser."""

    redis_url: str
    database_url: str


class EmbeddedServers:
    """Valkey and PostgreSQL below `folder`, started by `start` or `with`, ended by `stop` or by the caller's death.

    REDIS_URL or DATABASE_URL in `environ` is used as it is, and that server is not started; an empty one counts as
    not given. See `Server` for ports, `Postgres` for `fsync`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environ: Mapping[str, str] = _NOTHING,
        postgres_port: int | None = None,
        valkey_port: int | None = None,
        fsync: bool = True,
    ) -> None:
        self._given = Endpoints(environ.get("REDIS_URL", ""), environ.get("DATABASE_URL", ""))
        self.valkey = None if self._given.redis_url else Valkey(folder / "valkey", port=valkey_port, fsync=fsync)
        self.postgres = (
            None if self._given.database_url else Postgres(folder / "postgres", port=postgres_port, fsync=fsync)
        )

    def start(self) -> Endpoints:
        """Start what is not given, and wait until it answers.

        Raises:
            ServersError: one subclass for each cause; a server already started by this call is stopped again.
        """
        try:
            return Endpoints(
                redis_url=self.valkey.start() if self.valkey else self._given.redis_url,
                database_url=self.postgres.start() if self.postgres else self._given.database_url,
            )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what was started, cleanly, and wait for it."""
        for server in self._servers():
            server.stop()

    def check(self) -> None:
        """See that what was started still runs.

        Raises:
            ServerDied: naming the server, with its last log lines.
        """
        for server in self._servers():
            server.check()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _servers(self) -> tuple[Server, ...]:
        return tuple(server for server in (self.postgres, self.valkey) if server is not None)
