"""A traveller's draft of a return: what it holds, what it lacks, and when it may be handed in (Guideline 996, B.3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, assert_never
from uuid import UUID

from shared.errors import Refused
from shared.events import MissionIssuedData
from shared.i18n import message
from shared.values import DocumentRef, Endorsement, NamedStop, NamedTraveller, Value

MAX_PHOTOS = 40
MAX_REPORT = 20_000
EARLIER = "earlier"
"""Key of the report taken over from a return that came back; the first new report takes its place."""

Moment = Literal["arrival", "departure"]
MOMENTS: tuple[Moment, ...] = ("arrival", "departure")


class OrderState(StrEnum):
    """Where an announced order is in its life, as far as returning goes."""

    ISSUED = "issued"
    RETURNED = "returned"
    SENT_BACK = "sent_back"
    CLOSED = "closed"


class ReportPart(Value):
    """What one message (or, as `EARLIER`, an earlier return) gave to the report."""

    message: str
    text: str


class Draft(Value):
    """One traveller's draft for one order; `draft_id` becomes the return's id."""

    draft_id: UUID
    mission_id: UUID
    person: str
    photos: tuple[DocumentRef, ...] = ()
    endorsements: tuple[Endorsement, ...] = ()
    report: tuple[ReportPart, ...] = ()
    albums: tuple[str, ...] = ()
    state: Literal["open", "handed_in"] = "open"
    chat: int
    message_id: int

    @property
    def report_text(self) -> str:
        """The report's parts in the order in which they came."""
        return "\n".join(part.text for part in self.report)

    @property
    def holds_something(self) -> bool:
        """Whether there is anything to throw away."""
        return bool(self.photos or self.endorsements or self.report)

    def with_photo(self, photo: DocumentRef) -> "Draft":
        """With one more photograph; the same picture again changes nothing. Raises `Refused` past the limit."""
        if any(photo.sha256 == known.sha256 for known in self.photos):
            return self
        if len(self.photos) >= MAX_PHOTOS:
            raise Refused(
                "too_many_photos",
                message("A return holds {limit} photographs at most. This one was not added.", limit=MAX_PHOTOS),
            )
        return self.model_copy(update={"photos": (*self.photos, photo)})

    def with_endorsements(self, new: Iterable[Endorsement]) -> "Draft":
        """With these entries, each in the place of an earlier one for the same stop and moment."""
        entries = {(entry.stop, entry.moment): entry for entry in (*self.endorsements, *new)}
        ordered = sorted(entries.values(), key=lambda entry: (entry.stop, MOMENTS.index(entry.moment)))
        return self.model_copy(update={"endorsements": tuple(ordered)})

    def with_report(self, source: str, text: str) -> "Draft":
        """With the report's part that message `source` gives, in the place of what it gave before its edit.

        Raises `Refused` where the report grows too long.
        """
        parts = {part.message: part for part in self.report if part.message != EARLIER}
        parts[source] = ReportPart(message=source, text=text)
        changed = self.model_copy(update={"report": tuple(parts.values())})
        if len(changed.report_text) > MAX_REPORT:
            raise Refused(
                "report_too_long",
                message("The report is longer than {limit} letters. Shorten it and send it again.", limit=MAX_REPORT),
            )
        return changed

    def in_album(self, album: str | None) -> "Draft":
        """Remembering that the pictures of this Telegram album belong here."""
        if album is None or album in self.albums:
            return self
        return self.model_copy(update={"albums": (*self.albums, album)})

    def again(self, draft_id: UUID) -> "Draft":
        """A new draft with all that this one held, for the traveller to put right."""
        earlier = (ReportPart(message=EARLIER, text=self.report_text),) if self.report_text else ()
        return self.model_copy(update={"draft_id": draft_id, "state": "open", "albums": (), "report": earlier})

    def emptied(self) -> "Draft":
        """The same draft with nothing in it; pictures of its albums that are still to come belong here all the same."""
        return self.model_copy(update={"photos": (), "endorsements": (), "report": ()})


@dataclass(frozen=True)
class Gaps:
    """What a draft still lacks."""

    entries: tuple[tuple[NamedStop, Moment], ...]
    photo: bool
    report: bool

    def __bool__(self) -> bool:
        return bool(self.entries) or self.photo or self.report


def gaps(draft: Draft, stops: Sequence[NamedStop]) -> Gaps:
    """What is missing before the draft can be handed in."""
    there = {(entry.stop, entry.moment) for entry in draft.endorsements}
    missing = tuple((stop, moment) for stop in stops for moment in MOMENTS if (stop.index, moment) not in there)
    return Gaps(entries=missing, photo=not draft.photos, report=not draft.report_text.strip())


def traveller_of(issued: MissionIssuedData, person: str) -> NamedTraveller:
    """The person's place on the order. Raises `Refused` where they are not sent by it."""
    for traveller in issued.travellers:
        if traveller.person == person:
            return traveller
    raise Refused(
        "not_a_traveller",
        message(
            "You are not among the travellers of order {number}, so you cannot return it. Nothing was stored.",
            number=issued.number,
        ),
    )


def check_open(state: OrderState, number: str) -> None:
    """Raise `Refused` where the order does not take a return now."""
    match state:
        case OrderState.ISSUED | OrderState.SENT_BACK:
            return
        case OrderState.RETURNED:
            raise Refused(
                "return_being_checked",
                message(
                    "The return of order {number} is already with the General Department of Administration and"
                    " Finance. Wait for the result of the check.",
                    number=number,
                ),
            )
        case OrderState.CLOSED:
            raise Refused(
                "order_closed",
                message("Order {number} is closed: its return was accepted. Nothing more is needed.", number=number),
            )
        case _:
            assert_never(state)
