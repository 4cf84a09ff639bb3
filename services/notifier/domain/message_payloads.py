"""What a delivery says, before it is put into words: kept with the delivery, worded when it is sent."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from shared.values import Finding, Value


class Announcement(Value):
    """The order with its letter, as it stands when it is sent."""

    kind: Literal["announcement"] = "announcement"


class DraftState(Value):
    """What a traveller's draft holds and what it lacks; `problems` are sentences already put into words."""

    kind: Literal["draft_state"] = "draft_state"
    draft_id: UUID
    problems: tuple[str, ...] = ()


class Answer(Value):
    """Sentences of the bot, already put into words and escaped for HTML, and buttons as (label, callback data)."""

    kind: Literal["answer"] = "answer"
    html: str
    buttons: tuple[tuple[str, str], ...] = ()


class SentBack(Value):
    """GDAF sent the return back."""

    kind: Literal["sent_back"] = "sent_back"
    reason: str
    findings: tuple[Finding, ...]


class Closed(Value):
    """GDAF accepted the return."""

    kind: Literal["closed"] = "closed"


class RequestRefused(Value):
    """There will be no order."""

    kind: Literal["request_refused"] = "request_refused"
    reason: str
    findings: tuple[Finding, ...]


Content = Annotated[
    Announcement | DraftState | Answer | SentBack | Closed | RequestRefused, Field(discriminator="kind")
]
CONTENT: TypeAdapter[Content] = TypeAdapter(Content)
