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
"""Key of what was taken over from a return that came back; the first new report takes its report's place."""

Moment = Literal["arrival", "departure"]
MOMENTS: tuple[Moment, ...] = ("arrival", "departure")


class OrderState(StrEnum):
    """Where an announced order is in its life, as far as returning goes."""

    ISSUED = "issued"
    RETURNED = "returned"
    SENT_BACK = "sent_back"
    CLOSED = "closed"


class Said(Value):
    """An entry as a message gives it; of two for the same stop and moment, the one with the later turn holds."""

    entry: Endorsement
    turn: int


class Part(Value):
    """What one message (or, as `EARLIER`, what was there before) gives to a draft.

    `file` is Telegram's lasting id of the message's file, by which an edit that leaves the file as it is can be told.
    """

    message: str
    file: str = ""
    photos: tuple[DocumentRef, ...] = ()
    entries: tuple[Said, ...] = ()
    report: str = ""


class Draft(Value):
    """One traveller's draft for one order, message by message; `draft_id` becomes the return's id."""

    draft_id: UUID
    mission_id: UUID
    person: str
    parts: tuple[Part, ...] = ()
    albums: tuple[str, ...] = ()
    state: Literal["open", "handed_in"] = "open"
    chat: int
    message_id: int

    @property
    def photos(self) -> tuple[DocumentRef, ...]:
        """The photographs in the order in which they came, the same picture once."""
        return tuple({photo.sha256: photo for part in self.parts for photo in part.photos}.values())

    @property
    def endorsements(self) -> tuple[Endorsement, ...]:
        """One entry for each stop and moment, as it was said last, in the order of the journey."""
        said = sorted((said for part in self.parts for said in part.entries), key=lambda said: said.turn)
        latest = {(each.entry.stop, each.entry.moment): each.entry for each in said}
        return tuple(sorted(latest.values(), key=lambda entry: (entry.stop, MOMENTS.index(entry.moment))))

    @property
    def report_text(self) -> str:
        """The report's parts in the order in which they came."""
        return "\n".join(part.report for part in self.parts if part.report)

    @property
    def holds_something(self) -> bool:
        """Whether there is anything to throw away."""
        return bool(self.photos or self.endorsements or self.report_text)

    def part_of(self, source: str) -> Part | None:
        """What this message gave, if it gave anything."""
        return next((part for part in self.parts if part.message == source), None)

    def with_part(self, new: Part) -> "Draft":
        """With what a message gives, in the place of all that it gave before its edit.

        Raises `Refused` where there are too many photographs, or the report grows too long.
        """
        kept = self.parts if not new.report else tuple(_without_report(part) for part in self.parts)
        parts = {part.message: part for part in kept} | {new.message: new}
        changed = self.model_copy(update={"parts": tuple(parts.values())})
        if len(changed.photos) > max(MAX_PHOTOS, len(self.photos)):
            raise Refused(
                "too_many_photos",
                message("A return holds {limit} photographs at most. This one was not added.", limit=MAX_PHOTOS),
            )
        if len(changed.report_text) > MAX_REPORT:
            raise Refused(
                "report_too_long",
                message("The report is longer than {limit} letters. Shorten it and send it again.", limit=MAX_REPORT),
            )
        return changed

    def said(self, source: str, entries: Iterable[Endorsement]) -> tuple[Said, ...]:
        """The entries as said by this message now; what it said before its edit keeps its turn."""
        before = self.part_of(source)
        known = {each.entry: each.turn for each in before.entries} if before else {}
        turn = 1 + max((each.turn for part in self.parts for each in part.entries), default=0)
        latest = {(entry.stop, entry.moment): entry for entry in entries}
        return tuple(Said(entry=entry, turn=known.get(entry, turn)) for entry in latest.values())

    def in_album(self, album: str | None) -> "Draft":
        """Remembering that the pictures of this Telegram album belong here."""
        if album is None or album in self.albums:
            return self
        return self.model_copy(update={"albums": (*self.albums, album)})

    def again(self, draft_id: UUID) -> "Draft":
        """A new draft with all that this one held, for the traveller to put right."""
        parts = tuple(part.model_copy(update={"report": ""}) for part in self.parts if part.message != EARLIER)
        earlier = self.part_of(EARLIER) or Part(message=EARLIER)
        parts = (earlier.model_copy(update={"report": self.report_text}), *parts)
        return self.model_copy(update={"draft_id": draft_id, "state": "open", "albums": (), "parts": parts})

    def emptied(self) -> "Draft":
        """The same draft with nothing in it; pictures of its albums that are still to come belong here all the same."""
        return self.model_copy(update={"parts": ()})


def _without_report(part: Part) -> Part:
    return part.model_copy(update={"report": ""}) if part.message == EARLIER else part


def of_columns(
    photos: Sequence[DocumentRef], endorsements: Sequence[Endorsement], report: Sequence[tuple[str, str]]
) -> tuple[Part, ...]:
    """The parts of a draft of which only the whole is known, and the report by message."""
    told = [Part(message=source, report=text) for source, text in report if source != EARLIER]
    earlier = "\n".join(text for source, text in report if source == EARLIER)
    said = tuple(Said(entry=entry, turn=0) for entry in endorsements)
    return (Part(message=EARLIER, photos=tuple(photos), entries=said, report=earlier), *told)


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
