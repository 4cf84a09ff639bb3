"""Where requests come from, and where sign-in may lead."""

import hashlib
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.requests import Request


def source_of(request: Request) -> int:
    """A number for where a request comes from: an address, of IPv6 the network that one household is given."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        known = host.encode()
    else:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        known = (mapped or address).packed[:8]
    return int.from_bytes(hashlib.sha256(known).digest()[:3], "big")


def from_elsewhere(request: Request) -> bool:
    """Whether another site's page sent this, as browsers tell of their own accord."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and _host(origin) != request.headers.get("host")


def _host(address: str) -> str:
    """The host and port in an address; empty where it is no address."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def inside(address: str) -> str:
    """The address if it stays on this site, otherwise the front page: sign-in redirects nowhere else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return "/"
    return address if address.isprintable() else "/"
