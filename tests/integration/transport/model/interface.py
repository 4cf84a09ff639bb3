"""What the transport promises, as a few things that can be done to it, and a few that can be seen of it."""

from typing import Literal, Protocol
from uuid import UUID

SERVICES = ("issuer", "notifier")
"""Each writes events, and does the events of both."""

Ends = Literal["done", "failed", "unheard"]
"""How a delivery ends: committed and acknowledged; rolled back; or committed, and the acknowledgement was lost."""

Loss = Literal["stream", "groups", "everything", "receipts", "entries", "unread", "positions", "groups for new ones"]
"""What the queue loses: `entries` all of them, the stream stays; `unread` those that some service has not been given;
`positions` each group's, which is set to the end; `groups for new ones` the groups, which are made again at the end."""


class Transport(Protocol):
    """Outboxes, one stream, and inboxes. Nothing happens by itself: each step is asked for."""

    async def write(self, service: str, count: int, *, commits: bool = True) -> list[UUID]:
        """Write so many events in one transaction, which commits or is rolled back; their ids."""

    async def publish(self, service: str) -> None:
        """Bring everything on the stream that waits in the service's outbox, or that the queue has lost."""

    async def crash_in_publishing(self, service: str) -> None:
        """The same, but the process dies before it has recorded what it added, and is started again."""

    async def consume(self, service: str, most: int, ends: Ends = "done") -> None:
        """Deliver up to so many new entries to the service."""

    async def consume_again(self, service: str, ends: Ends = "done") -> None:
        """Deliver to the service once more whatever it has not acknowledged."""

    async def confirm(self, service: str) -> None:
        """Note which of the service's events every service has told to have; what somebody misses waits again."""

    async def lose(self, what: Loss) -> None:
        """The queue loses something."""

    async def keep_copy(self) -> None:
        """Copy what the queue holds."""

    async def put_copy_back(self) -> None:
        """The queue holds what it held when the copy was made."""

    async def streamed(self) -> list[UUID]:
        """The events on the stream, in its order."""

    async def effects(self, service: str) -> list[UUID]:
        """The events whose effect the service has committed: once for each time, in that order."""

    async def unconfirmed(self, service: str) -> set[UUID]:
        """The service's committed events that are not known to be done by all."""
