"""A mission's events as people read them: who did what when, in a plain sentence, with the documents beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.archive.domain import documents_of
from services.archive.store.log import Archived
from services.archive.web import words
from services.archive.web.reader import Reader
from services.archive.web.sentences import sentence
from shared.events import (
    AnnouncementDelivered,
    AnnouncementFailed,
    AnyEvent,
    MissionClosed,
    MissionIssued,
    MissionRefused,
    MissionRequested,
    OtherEvent,
    ReportReturned,
    ReturnSentBack,
)
from shared.i18n import message
from shared.values import DocumentRef, Endorsement, Finding

Tone = Literal["plain", "good", "bad", "waits"]


@dataclass(frozen=True)
class Attached:
    """A document beside an entry, under what it is; pictures are shown small."""

    label: str
    document: DocumentRef

    @property
    def picture(self) -> bool:
        """Whether it can be shown as a thumbnail."""
        return self.document.media_type.startswith("image/")


@dataclass(frozen=True)
class Entry:
    """One event on the page. `facts` are (label, text); `words` is what a person wrote; `raw` is the event's JSON."""

    position: int
    type: str
    title: str
    occurred_at: datetime
    when: str
    sentence: str
    tone: Tone
    facts: Sequence[tuple[str, str]]
    findings: Sequence[str]
    words: str
    attached: Sequence[Attached]
    raw: str


def timeline(events: Sequence[Archived], reader: Reader) -> list[Entry]:
    """The entries in the order in which things happened, whatever order the archive learnt of them in."""
    ordered = sorted(events, key=lambda a: (a.event.occurred_at, a.position))
    latest = _latest_of_deliveries(ordered)
    return [_entry(archived, reader, latest) for archived in ordered]


def _latest_of_deliveries(ordered: Sequence[Archived]) -> frozenset[int]:
    """Where the last that is known of each announcement stands."""
    return frozenset(
        {
            archived.event.data.delivery_id: archived.position
            for archived in ordered
            if isinstance(archived.event, AnnouncementDelivered | AnnouncementFailed)
        }.values()
    )


def _entry(archived: Archived, reader: Reader, latest: frozenset[int]) -> Entry:
    event = archived.event
    return Entry(
        position=archived.position,
        type=archived.type,
        title=reader.say(words.event_named(archived.type)),
        occurred_at=event.occurred_at,
        when=reader.moment(event.occurred_at),
        sentence=reader.say(sentence(event, reader)),
        tone=_tone(event, last=archived.position in latest),
        facts=_facts(event, reader),
        findings=[reader.choose(f.message.get("km", f.code), f.message.get("en", "")) for f in _findings(event)],
        words=_words(event),
        attached=_attached(event, reader),
        raw=archived.body,
    )


def _tone(event: AnyEvent, *, last: bool) -> Tone:
    """`last`: nothing later is known of the announcement."""
    match event:
        case AnnouncementFailed(data=data) if data.copy_follows:
            return "waits" if last else "plain"
        case MissionRefused() | AnnouncementFailed() | ReturnSentBack():
            return "bad"
        case MissionIssued() | MissionClosed():
            return "good"
        case ReportReturned():
            return "waits"
        case _:
            return "plain"


def _facts(event: AnyEvent, reader: Reader) -> list[tuple[str, str]]:
    match event:
        case ReportReturned(data=data):
            return [_endorsement(given, reader) for given in data.endorsements]
        case AnnouncementFailed(data=data):
            return [(reader.say(message("Reason")), reader.reason(data.reason))]
        case MissionIssued(data=data):
            return [(_passed_over(code, reader), why) for code, why in data.overrides.items()]
        case _:
            return []


def _passed_over(code: str, reader: Reader) -> str:
    return reader.say(message("Issued all the same: {warning}", warning=reader.warning(code)))


def _endorsement(given: Endorsement, reader: Reader) -> tuple[str, str]:
    moment = reader.say(words.MOMENTS[given.moment])
    label = reader.say(message("Stop {stop}, {moment}", stop=given.stop, moment=moment))
    return label, f"{reader.moment(given.at)} · {given.authority}"


def _findings(event: AnyEvent) -> tuple[Finding, ...]:
    return event.data.findings if isinstance(event, MissionRefused | ReturnSentBack | MissionClosed) else ()


def _words(event: AnyEvent) -> str:
    match event:
        case ReportReturned(data=data):
            return data.report
        case MissionRefused(data=data) | ReturnSentBack(data=data):
            return data.reason
        case _:
            return ""


def _attached(event: AnyEvent, reader: Reader) -> list[Attached]:
    match event:
        case MissionRequested(data=data):
            basis = data.order.basis
            return [Attached(reader.say(words.BASES[basis.kind]), basis.document)]
        case MissionIssued(data=data):
            return [Attached(reader.say(message("Mission order letter")), data.letter)]
        case ReportReturned(data=data):
            return [
                Attached(reader.say(message("Photograph {number}", number=number)), photo)
                for number, photo in enumerate(data.photos, 1)
            ]
        case OtherEvent():
            return [Attached(reader.say(message("Document")), document) for document in documents_of(event)]
        case _:
            return []
