"""Which hosts count as this machine."""

import ipaddress


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses, without asking any name server."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
