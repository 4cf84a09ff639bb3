"""The mission at the head of its page: the order as issued, or as requested while it is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.archive.domain import Announcement, Mission, announcements_of, issued_of, order_of
from services.archive.web import words
from services.archive.web.reader import Reader
from services.archive.web.sentences import group_of
from shared.events import AnnouncementDelivered, AnyEvent, MissionIssued
from shared.i18n import message
from shared.values import DocumentRef, Order


@dataclass(frozen=True)
class MissionSummary:
    """What a mission's page shows first: (label, lines of text) one after another, the letter and the basis."""

    facts: Sequence[tuple[str, Sequence[str]]]
    letter: DocumentRef | None
    basis: DocumentRef | None


def summary_of(mission: Mission, events: Sequence[AnyEvent], reader: Reader) -> MissionSummary:
    """Put a mission's sheet together; what is not known yet is left out."""
    order, issued = order_of(events), issued_of(events)
    say = reader.say
    facts: list[tuple[str, Sequence[str]]] = []
    if mission.requester:
        facts.append((say(message("Requested by")), [reader.person(mission.requester)]))
    if mission.unit:
        facts.append((say(message("Unit")), [reader.unit(mission.unit)]))
    if order:
        facts += [
            (say(message("Travellers")), _travellers(order, issued, reader)),
            (say(message("Destinations")), _stops(order, issued, reader)),
            (say(message("Departure")), [reader.moment(order.departs_at)]),
            (say(message("Return")), [reader.moment(order.returns_at)]),
            (say(message("Transport")), [_transport(order, reader)]),
            (say(message("Duties served")), _duties(order, issued, reader)),
            (say(message("Basis")), [_basis(order, reader)]),
            (say(message("Signatory")), [reader.person(order.signatory)]),
        ]
        optional = ((message("Budget line"), order.budget_line), (message("Luggage"), order.luggage))
        facts += [(say(label), [text]) for label, text in optional if text]
    if mission.issuer:
        facts.append((say(message("Issuing unit")), [reader.unit(mission.issuer)]))
    facts.append((say(message("Groups")), [_announced(each, reader) for each in announcements_of(events)]))
    if issued:
        passed_over = [f"{reader.warning(code)} · {why}" for code, why in issued.data.overrides.items()]
        facts.append((say(message("Warnings passed over")), passed_over))
    return MissionSummary(
        facts=[(label, lines) for label, lines in facts if lines],
        letter=issued.data.letter if issued else None,
        basis=order.basis.document if order else None,
    )


def _announced(announcement: Announcement, reader: Reader) -> str:
    last = announcement.last
    group = reader.say(group_of(last, reader))
    if isinstance(last, AnnouncementDelivered):
        return reader.say(message("{group}: announced", group=group))
    reason = reader.reason(last.data.reason)
    if last.data.certain:
        return reader.say(message("{group}: not announced. {reason}", group=group, reason=reason))
    return reader.say(message("{group}: not known whether it arrived. {reason}", group=group, reason=reason))


def _travellers(order: Order, issued: MissionIssued | None, reader: Reader) -> list[str]:
    named = issued.data.travellers if issued else ()
    printed = {who.person: reader.choose(who.name_km, who.name_latin) for who in named}
    positions = {who.person: who.position_km for who in named}
    lines = []
    for who in order.travellers:
        parts = [printed.get(who.person) or reader.person(who.person), reader.say(words.ROLES[who.role])]
        if reader.language == "km" and positions.get(who.person):
            parts.insert(1, positions[who.person])
        lines.append(" · ".join(parts))
    return lines


def _stops(order: Order, issued: MissionIssued | None, reader: Reader) -> list[str]:
    if issued is None:
        return [stop.host for stop in order.stops]
    stops = sorted(issued.data.stops, key=lambda stop: stop.index)
    return [f"{reader.choose(stop.name_km, stop.name_en)} · {stop.host}" for stop in stops]


def _transport(order: Order, reader: Reader) -> str:
    means = reader.say(words.TRANSPORTS[order.transport.means])
    return f"{means} · {order.transport.plate}" if order.transport.plate else means


def _duties(order: Order, issued: MissionIssued | None, reader: Reader) -> list[str]:
    if issued:
        return [reader.choose(duty.title_km, duty.title_en) for duty in issued.data.duties]
    return [reader.names.duty(duty, reader.language) for duty in order.duties]


def _basis(order: Order, reader: Reader) -> str:
    basis = order.basis
    return reader.say(
        message(
            "{kind} {reference} of {day}, from {sender}",
            kind=reader.say(words.BASES[basis.kind]),
            reference=basis.reference,
            day=reader.day(basis.dated),
            sender=basis.sender,
        )
    )
