"""What goes wrong, when and to whom: drawn from a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random

from tests.chaos.load import STEPS


class Kind(StrEnum):
    """Every fault of the harness."""

    REPLICA_KILLED = "replica_killed"
    REPLICA_STOPPED = "replica_stopped"
    CLOCK_JUMPED = "clock_jumped"
    DISK_FULL = "disk_full"
    VALKEY_KILLED = "valkey_killed"
    VALKEY_OLDER = "valkey_older_copy"
    VALKEY_CUT_SHORT = "valkey_log_cut_short"
    REDIS_EMPTIED = "redis_emptied"
    STREAM_CUT = "stream_cut_unread"
    ENTRIES_DELETED = "entries_deleted_unread"
    GROUP_SKIPPED = "group_set_to_the_end"
    GROUP_REPLACED = "group_made_anew_at_the_end"
    POSTGRES_KILLED = "postgres_killed"
    POSTGRES_LINK_CUT = "postgres_link_cut"
    POSTGRES_LINK_SLOW = "postgres_link_slow"
    POSTGRES_LINK_SILENT = "postgres_link_silent"
    VALKEY_LINK_CUT = "valkey_link_cut"
    VALKEY_LINK_SLOW = "valkey_link_slow"
    VALKEY_LINK_SILENT = "valkey_link_silent"
    TELEGRAM_429 = "telegram_too_many_requests"
    TELEGRAM_500 = "telegram_server_error"
    TELEGRAM_502 = "telegram_bad_gateway"
    TELEGRAM_DROP_BEFORE = "telegram_drop_before"
    TELEGRAM_DROP_AFTER = "telegram_drop_after"
    TELEGRAM_HANG = "telegram_hang_after"
    TELEGRAM_DUPLICATE = "telegram_duplicate_updates"
    TELEGRAM_REORDER = "telegram_reorder_updates"
    TELEGRAM_KICKED = "telegram_kicked"
    TELEGRAM_UPGRADED = "telegram_upgraded"


WEIGHTS = {
    Kind.REPLICA_KILLED: 6,
    Kind.REPLICA_STOPPED: 3,
    Kind.VALKEY_KILLED: 2,
    Kind.VALKEY_OLDER: 2,
    Kind.VALKEY_CUT_SHORT: 2,
    Kind.REDIS_EMPTIED: 3,
    Kind.POSTGRES_KILLED: 2,
}

LASTS = {
    Kind.REPLICA_STOPPED: (1.0, 14.0),
    Kind.CLOCK_JUMPED: (2.0, 15.0),
    Kind.DISK_FULL: (1.0, 6.0),
    Kind.VALKEY_OLDER: (2.0, 10.0),
    Kind.STREAM_CUT: (1.0, 5.0),
    Kind.ENTRIES_DELETED: (1.0, 5.0),
    Kind.GROUP_SKIPPED: (1.0, 5.0),
    Kind.GROUP_REPLACED: (1.0, 5.0),
    Kind.POSTGRES_LINK_SLOW: (1.0, 6.0),
    Kind.POSTGRES_LINK_SILENT: (2.0, 14.0),
    Kind.VALKEY_LINK_SLOW: (1.0, 6.0),
    Kind.VALKEY_LINK_SILENT: (2.0, 14.0),
    Kind.TELEGRAM_KICKED: (1.0, 8.0),
}
"""Shortest and longest time in seconds; a leader that is silent for ten seconds loses its lock."""
SHORTLY = (0.1, 3.0)


@dataclass
class Strike:
    """One fault of the plan: after how many acts of the load, against which replica, for how long, how strongly.

    `strength`, from 0 to 1, says how many, how slow, how far off or how much, as the kind needs it.
    """

    kind: Kind
    at_step: int
    replica: int
    seconds: float
    strength: float
    struck_at: datetime | None = None
    mended_at: datetime | None = None
    ready_seconds: float | None = None
    """For a killed replica: how long until it was ready again after its restart."""

    def between(self, low: float, high: float) -> float:
        """The strength on another scale."""
        return low + self.strength * (high - low)


def draw(random: Random, wanted: tuple[Sequence[Kind], int], missions: int, replicas: int) -> list[Strike]:
    """The plan for the kinds and the number wanted: each kind once as far as that reaches, the rest by weight."""
    among, faults = wanted
    kinds = list(among)
    random.shuffle(kinds)
    more = random.choices(among, [WEIGHTS.get(kind, 1) for kind in among], k=max(0, faults - len(kinds)))
    kinds = kinds[:faults] + more
    random.shuffle(kinds)
    steps = sorted(random.randrange(int(missions * STEPS * 0.92) + 1) for _ in kinds)
    return [
        Strike(kind, step, random.randrange(replicas), random.uniform(*LASTS.get(kind, SHORTLY)), random.random())
        for kind, step in zip(kinds, steps, strict=True)
    ]
