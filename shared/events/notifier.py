"""What the notifier tells: how announcements went, and what travellers hand in."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from shared.events.envelope import AboutMission, Event
from shared.values import DocumentRef, Endorsement, Line, Report, ReturnId, Slug, StaffNumber, TelegramId


class AnnouncementData(AboutMission):
    """One delivery of an order to one Telegram chat. `unit`: whose group it is, of a unit's group alone.

    `groups`: in how many groups the order is to be announced, those that a unit lacks included.
    """

    delivery_id: UUID
    number: Line
    chat: TelegramId
    chat_name: Line
    audience: Literal["leadership", "unit"]
    unit: Slug | None = None
    groups: Annotated[int, Field(ge=1, le=1000)] | None = None


class AnnouncementDeliveredData(AnnouncementData):
    """`message_id` is Telegram's, unique within `chat`."""

    message_id: TelegramId


class AnnouncementDelivered(Event):
    """Telegram confirmed that the order stands in the chat."""

    type: Literal["AnnouncementDelivered"] = "AnnouncementDelivered"
    version: Literal[1] = 1
    data: AnnouncementDeliveredData


class AnnouncementFailedData(AnnouncementData):
    """`certain` is false where nobody can know whether it arrived; with `copy_follows` it is sent again, so marked.

    `reason` is Telegram's or the notifier's own; `message` says it to people, by language code.
    """

    certain: StrictBool
    reason: Line
    copy_follows: StrictBool = False
    message: dict[str, str] | None = None


class AnnouncementFailed(Event):
    """The order could not be announced in the chat, or it is uncertain whether it was."""

    type: Literal["AnnouncementFailed"] = "AnnouncementFailed"
    version: Literal[1] = 1
    data: AnnouncementFailedData


class ReportReturnedData(AboutMission):
    """What a traveller hands in: endorsements, photographs of the stamps, and the report of results (B.3)."""

    return_id: ReturnId
    returned_by: StaffNumber
    endorsements: tuple[Endorsement, ...] = Field(default=(), max_length=40)
    photos: tuple[DocumentRef, ...] = Field(default=(), max_length=40)
    report: Report


class ReportReturned(Event):
    """A traveller returned the order with its endorsements and report; GDAF has not checked it yet."""

    type: Literal["ReportReturned"] = "ReportReturned"
    version: Literal[1] = 1
    data: ReportReturnedData


NotifierEvent = AnnouncementDelivered | AnnouncementFailed | ReportReturned
