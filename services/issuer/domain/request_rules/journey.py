"""When, where and how the mission goes."""

from collections.abc import Iterator
from datetime import timedelta

from services.issuer.domain.plates import vehicle_key
from services.issuer.domain.request_rules.context import RuleContext
from shared.clock import PHNOM_PENH
from shared.i18n import message
from shared.mission.findings import Finding, blocks, warns

LONGEST = timedelta(days=180)
FARTHEST = timedelta(days=730)


def dates_are_possible(context: RuleContext) -> Iterator[Finding]:
    """The mission ends after it starts, is not over already, and is neither endless nor years away."""
    start, end = context.order.departs_at, context.order.returns_at
    if end <= start:
        yield blocks(
            "dates_reversed", message("The return is not after the departure. Correct the dates."), "returns_at"
        )
    elif end <= context.now:
        yield blocks("dates_past", message("The mission would be over already. Correct the dates."), "returns_at")
    elif start <= context.now:
        text = message(
            "The departure of {day} has passed. The letter will be dated {today}, after it.",
            day=start.astimezone(PHNOM_PENH).date(),
            today=context.today.date(),
        )
        yield warns("departure_past", text, "departs_at")
    if end - start > LONGEST:
        yield blocks("dates_too_long", message("A mission lasts {days} days at most.", days=LONGEST.days), "returns_at")
    if start - context.now > FARTHEST:
        yield blocks(
            "dates_too_far", message("The departure is more than two years away. Correct the dates."), "departs_at"
        )


def places_exist(context: RuleContext) -> Iterator[Finding]:
    """Every stop is a place of the national gazetteer."""
    for index, stop in enumerate(context.order.stops):
        if stop.place not in context.places:
            yield blocks(
                "place_unknown",
                message("There is no place with the code {code}.", code=stop.place),
                f"stops.{index}.place",
            )


def vehicle_is_named(context: RuleContext) -> Iterator[Finding]:
    """A ministry car goes with its plate, so that it is not on two missions."""
    if context.order.transport.means == "ministry_car" and not vehicle_key(context.order.transport.plate):
        yield blocks("plate_missing", message("Give the plate of the ministry's car."), "transport.plate")
