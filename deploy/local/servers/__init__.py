"""PostgreSQL and Valkey for one machine, run from their wheels: nothing to install, nothing left behind."""

from deploy.local.servers.embedded import EmbeddedServers, Endpoints
from deploy.local.servers.errors import ServerDied, ServersError
from deploy.local.servers.folder import Identity
from deploy.local.servers.postgres import Postgres
from deploy.local.servers.valkey import Valkey

__all__ = ["EmbeddedServers", "Endpoints", "Identity", "Postgres", "ServerDied", "ServersError", "Valkey"]
