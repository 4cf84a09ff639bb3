"""What GDAF looks at before it accepts a return (Guideline 996, ខ.៣): endorsements, dates, stamps, report."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from shared.clock import PHNOM_PENH
from shared.events import ReportReturnedData
from shared.i18n import InBoth, Message, message
from shared.mission.findings import Finding, blocks, warns
from shared.texts import visible
from shared.values import Endorsement, MissionId, NamedStop, Order

SIGHTINGS = 3
"""How many orders and people that had the same photograph are named."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A photograph as it came with a return: which bytes, with which order, by whom, and when first."""

    sha256: str
    mission_id: MissionId
    number: str
    person: str
    name: InBoth
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Return:
    """A return with the order it answers; `missing_photos` counts photographs that the document store lacks.

    `sightings` holds where its photographs were handed in, as far as that is known: the bot knows of none.
    """

    data: ReportReturnedData
    order: Order
    stops: tuple[NamedStop, ...]
    missing_photos: int
    now: datetime
    sightings: Sequence[Sighting] = ()

    def endorsement(self, stop: int, moment: str) -> Endorsement | None:
        """The entry for one moment at one stop, if it was made."""
        return next((e for e in self.data.endorsements if e.stop == stop and e.moment == moment), None)

    def field_of(self, endorsement: Endorsement) -> str:
        """Where the entry's time stands in the return."""
        return f"endorsements.{self.data.endorsements.index(endorsement)}.at"

    def elsewhere(self, sha256: str) -> Iterator[Sighting]:
        """Where the photograph came with another order, or from another person."""
        own = self.data.mission_id, self.data.returned_by
        return (s for s in self.sightings if s.sha256 == sha256 and (s.mission_id, s.person) != own)

    @property
    def days(self) -> tuple[date, date]:
        """The order's first and last day on the ministry's calendar."""
        first, last = (
            moment.astimezone(PHNOM_PENH).date() for moment in (self.order.departs_at, self.order.returns_at)
        )
        return first, last


Check = Callable[[Return], Iterator[Finding]]

MISSING: dict[str, Message] = {
    "arrival": message("The arrival at stop {stop} ({place}) is not endorsed."),
    "departure": message("The departure from stop {stop} ({place}) is not endorsed."),
}
OUTSIDE: dict[str, Message] = {
    "arrival": message("The arrival at stop {stop} is dated {day}, outside the order ({first} to {last})."),
    "departure": message("The departure from stop {stop} is dated {day}, outside the order ({first} to {last})."),
}
FUTURE: dict[str, Message] = {
    "arrival": message("The arrival at stop {stop} is endorsed for a time in the future."),
    "departure": message("The departure from stop {stop} is endorsed for a time in the future."),
}
TWICE: dict[str, Message] = {
    "arrival": message("The arrival at stop {stop} is endorsed twice."),
    "departure": message("The departure from stop {stop} is endorsed twice."),
}


def every_stop_is_endorsed(returned: Return) -> Iterator[Finding]:
    """Arrival and departure are endorsed at each stop."""
    for stop in returned.stops:
        for moment, text in MISSING.items():
            if returned.endorsement(stop.index, moment) is None:
                yield blocks(
                    "stop_not_endorsed",
                    message(text.text, stop=stop.index, place=InBoth(stop.name_km, stop.name_en)),
                    "endorsements",
                )


def dates_agree(returned: Return) -> Iterator[Finding]:
    """Each endorsement lies within the order's days and is not in the future."""
    first, last = returned.days
    for at, endorsement in enumerate(returned.data.endorsements):
        day = endorsement.at.astimezone(PHNOM_PENH).date()
        if not first <= day <= last:
            yield blocks(
                "endorsement_outside_order",
                message(
                    OUTSIDE[endorsement.moment].text,
                    stop=endorsement.stop,
                    day=day,
                    first=first,
                    last=last,
                ),
                f"endorsements.{at}.at",
            )
        if endorsement.at > returned.now:
            yield blocks(
                "endorsement_in_future",
                message(FUTURE[endorsement.moment].text, stop=endorsement.stop),
                f"endorsements.{at}.at",
            )


def the_journey_has_its_order(returned: Return) -> Iterator[Finding]:
    """Nobody leaves a stop before arriving there, nor arrives at the next before leaving the one before."""
    for stop in returned.stops:
        arrival, departure = (returned.endorsement(stop.index, moment) for moment in ("arrival", "departure"))
        following = returned.endorsement(stop.index + 1, "arrival")
        if arrival and departure and departure.at < arrival.at:
            yield blocks(
                "endorsement_reversed",
                message("At stop {stop} the departure is before the arrival.", stop=stop.index),
                returned.field_of(departure),
            )
        if stop is not returned.stops[-1] and departure and following and following.at < departure.at:
            yield blocks(
                "stops_reversed",
                message(
                    "The arrival at stop {following} is before the departure from stop {stop}.",
                    following=stop.index + 1,
                    stop=stop.index,
                ),
                returned.field_of(following),
            )


def endorsements_name_stops(returned: Return) -> Iterator[Finding]:
    """No endorsement is for a stop that the order does not have, and none is there twice."""
    known = {stop.index for stop in returned.stops}
    seen: set[tuple[int, str]] = set()
    unknown: dict[int, str] = {}
    for at, endorsement in enumerate(returned.data.endorsements):
        if (endorsement.stop, endorsement.moment) in seen:
            text = message(TWICE[endorsement.moment].text, stop=endorsement.stop)
            yield blocks("endorsement_repeated", text, f"endorsements.{at}")
        seen.add((endorsement.stop, endorsement.moment))
        if endorsement.stop not in known:
            unknown.setdefault(endorsement.stop, f"endorsements.{at}.stop")
    for stop, field in sorted(unknown.items()):
        yield blocks("stop_unknown", message("The order has no stop {stop}.", stop=stop), field)


def stamps_are_shown(returned: Return) -> Iterator[Finding]:
    """At least one photograph of the stamped order is there, and every one can be opened."""
    if not returned.data.photos:
        yield blocks("stamps_missing", message("There is no photograph of the stamped order."), "photos")
    if returned.missing_photos:
        yield blocks(
            "photo_missing",
            message("{count} photographs cannot be found. Send them again.", count=returned.missing_photos),
            "photos",
        )


def photographs_are_of_this_journey(returned: Return) -> Iterator[Finding]:
    """No photograph was handed in, byte for byte, with another order or by another person."""
    for at, photo in enumerate(returned.data.photos):
        for other in islice(returned.elsewhere(photo.sha256), SIGHTINGS):
            yield warns(
                "photo_seen_before",
                message(
                    "Photograph {photo} was also handed in with order {number}, by {person} on {day}.",
                    photo=at + 1,
                    number=other.number,
                    person=other.name,
                    day=other.at.astimezone(PHNOM_PENH).date(),
                ),
                f"photos.{at}",
            )


def report_says_something(returned: Return) -> Iterator[Finding]:
    """The report of results is not empty."""
    if not visible(returned.data.report):
        yield blocks("report_empty", message("The report of results is empty."), "report")


CHECKS: tuple[Check, ...] = (
    every_stop_is_endorsed,
    endorsements_name_stops,
    dates_agree,
    the_journey_has_its_order,
    stamps_are_shown,
    photographs_are_of_this_journey,
    report_says_something,
)


def check(returned: Return) -> list[Finding]:
    """Every finding of every check; a return with any that blocks cannot be accepted."""
    return [finding for rule in CHECKS for finding in rule(returned)]
