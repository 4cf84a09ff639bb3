"""Who logs in to the servers: addresses with a name and a password of their own, and how PostgreSQL keeps one."""

import hashlib
import hmac
import secrets
from base64 import b64encode
from urllib.parse import quote, unquote, urlsplit, urlunsplit


def new_password() -> str:
    """192 random bits, in letters and digits that no address and no configuration file has to escape."""
    return secrets.token_hex(24)


def login_url(url: str, user: str, password: str) -> str:
    """The same server and database, for this user."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{place}"))


def password_of(url: str) -> str:
    """The password in an address; empty where it holds none."""
    return unquote(urlsplit(url).password or "")


def scram(password: str, iterations: int) -> str:
    """What PostgreSQL keeps of an ASCII password (RFC 5803), so that the password itself is never sent or logged."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = (b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(iterations, *encoded)
