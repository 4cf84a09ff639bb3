"""Choosing loopback ports."""

import errno
import os
import secrets
import socket
from pathlib import Path

from deploy.local.servers.errors import PortTaken

LOOPBACK = "127.0.0.1"
_LOWEST = 15_000
_RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port free at this moment, below those the system gives to outgoing connections.

    A client that keeps trying a dead server's port can be given that very port as its own and connect to itself,
    which would keep the server from coming back; ports below that range are never given out.
    """
    for _ in range(200):
        port = _LOWEST + secrets.randbelow(_highest() - _LOWEST)
        if why_taken(port) is None:
            return port
    with socket.create_server((LOOPBACK, 0)) as any_port:
        return int(any_port.getsockname()[1])


def why_taken(port: int) -> str | None:
    """Why this port cannot be listened on now, in the system's words, or None when it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as exc:
            return os.strerror(exc.errno or errno.EADDRINUSE)
    return None


def require_free(server: str, port: int) -> None:
    """Refuse a port that is taken before anything is started.

    Raises:
        PortTaken: with the system's reason.
    """
    reason = why_taken(port)
    if reason is not None:
        raise PortTaken(server, port, reason)


def _highest() -> int:
    try:
        lowest_outgoing = int(_RANGE_FILE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        lowest_outgoing = 32_768
    return max(lowest_outgoing, _LOWEST + 1_000)
