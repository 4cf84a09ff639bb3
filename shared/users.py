"""Who may do what at Redis: a user for each service, for operators and for dashboards, each with the least it needs.

A rule in brackets is a selector: only these commands on only these keys. What a script does is checked command by
command, and its own keys have to stand together in the selector that lets it run.
"""

import hashlib
from collections.abc import Iterable

from shared.events import PRODUCERS

OPERATOR, DASHBOARD = "operator", "dashboard"
_ANYBODY = "+ping +hello +client|setinfo +client|setname +select"
_SCRIPTS = "+time +multi +exec +discard +script|load"
_LOOK = "+exists +xinfo +xlen +xrange +xrevrange +xread +xpending"
_GROUPS = "+xreadgroup +xack +xclaim +xautoclaim +xtrim +xgroup|create +xgroup|setid +xgroup|delconsumer"
PACING = "{besakakam:pacing:*"
"""Keys with which the notifier's replicas share Telegram's limits."""


def user_of(who: str) -> str:
    """The name with which a service, `operator` or `dashboard` logs in."""
    return f"besakakam-{who}"


def rules(who: str, password: str, stream: str) -> list[str]:
    """The user's rules for ACL SETUSER, or after `user NAME` in an ACL file; the password only as its SHA-256."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    return ["reset", "on", f"#{digest}", *_ANYBODY.split(), *_rights(who, stream)]


def _rights(who: str, stream: str) -> Iterable[str]:
    if who == DASHBOARD:
        yield from ("+info", f"(%R~{stream} %R~{stream}:dead {_LOOK})")
        return
    marks, dead, horizons = (f"{stream}:{part}" for part in ("marks", "dead", "horizons"))
    yield from (*_SCRIPTS.split(), f"(%RW~{stream} %RW~{marks} +eval +evalsha)", f"(%RW~{marks} +hget +hset +del)")
    if who == OPERATOR:
        yield from ("+info", f"(%RW~{stream} {_LOOK} +xadd)", f"(%R~{dead} {_LOOK})")
        return
    yield f"(%RW~{stream} {_LOOK} {_GROUPS})"
    yield f"(%RW~{horizons} +hset +hmget)"
    yield f"(%RW~{dead} %RW~{stream}:receipts:*:{who} +xadd)"
    yield f"(%RW~{stream}:receipts:{who}:* +xread +xtrim)"
    if who in PRODUCERS:
        yield f"(%RW~{stream} +xadd)"
    if who == "notifier":
        yield f"(%RW~{PACING} +eval +evalsha +get +set)"
