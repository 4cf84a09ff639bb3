"""An entry of the event stream, as a consumer is given it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.outbox import EntryId
from shared.receipts import Ref
from shared.signing import Wire


@dataclass(frozen=True)
class Entry:
    """One stream entry as delivered: its id, the event's bytes, and how often it has been delivered."""

    entry_id: bytes
    fields: Mapping[bytes, bytes]
    deliveries: int

    @property
    def wire(self) -> Wire:
        """The event's bytes and signature."""
        return Wire.of(self.fields)

    def is_for(self, group: str) -> bool:
        """Whether the entry concerns the group: one replayed for another does not."""
        return self.fields.get(b"for", group.encode()) == group.encode()

    @property
    def ref(self) -> Ref | None:
        """Which batch it belongs to, for the receipt; None where it was added by somebody else than a relay."""
        return Ref.read(self.fields.get(b"ref"), EntryId.read(self.entry_id).seq)

    @property
    def added_at(self) -> datetime:
        """When Redis took the entry in."""
        return datetime.fromtimestamp(EntryId.read(self.entry_id).ms / 1000, UTC)
