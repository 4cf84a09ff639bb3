"""Who goes and who signs."""

from collections import Counter
from collections.abc import Iterator

from services.issuer.domain.request_rules.context import RuleContext
from shared.clock import PHNOM_PENH
from shared.i18n import InBoth, message
from shared.mission.findings import Finding, blocks, warns


def travellers_exist(context: RuleContext) -> Iterator[Finding]:
    """Everybody sent serves until they are back, and is named once."""
    last_day = context.order.returns_at.astimezone(PHNOM_PENH).date()
    counts = Counter(traveller.person for traveller in context.order.travellers)
    for person, times in counts.items():
        if times > 1:
            yield blocks(
                "traveller_repeated",
                message("{person} is listed twice.", person=context.named(person)),
                context.where(person),
            )
        if not context.directory.active(person, last_day):
            yield blocks(
                "traveller_unknown",
                message("{person} is not in the directory, or leaves before the return.", person=context.named(person)),
                context.where(person),
            )


def one_leader(context: RuleContext) -> Iterator[Finding]:
    """A mission has exactly one leader."""
    leaders = sum(traveller.role == "leader" for traveller in context.order.travellers)
    if leaders != 1:
        yield blocks(
            "leader_count", message("Name exactly one leader; {count} are named.", count=leaders), "travellers"
        )


def signatory_may_sign(context: RuleContext) -> Iterator[Finding]:
    """The signatory holds an office of the leadership in the issuing unit or above it, and does not travel."""
    signatory = context.order.signatory
    if signatory in {traveller.person for traveller in context.order.travellers}:
        yield blocks(
            "signatory_travels",
            message(
                "{person} cannot sign an order and travel on it. Choose another signatory.",
                person=context.named(signatory),
            ),
            "signatory",
        )
    issuer = next((unit for unit in context.directory.units if unit.id == context.order.issuer), None)
    today = context.today.date()
    if issuer is None:  # another rule says so; whoever leads could sign for the right one
        may_sign = context.directory.is_leader(signatory, today)
    else:
        may_sign = context.directory.signing_office(signatory, issuer.id, today) is not None
    if not may_sign:
        yield blocks(
            "signatory_without_office",
            message(
                "{person} holds no leading office in {unit} or above it, and may not sign its orders.",
                person=context.named(signatory),
                unit=context.unit_named(context.order.issuer),
            ),
            "signatory",
        )


def signatory_stands_above(context: RuleContext) -> Iterator[Finding]:
    """Nobody sends whoever stands above them, by the order of the offices in the directory."""
    today = context.today.date()
    office = context.directory.signing_office(context.order.signatory, context.order.issuer, today)
    if office is None:  # another rule says so
        return
    signs = context.directory.offices.index(office)
    for person in dict.fromkeys(traveller.person for traveller in context.order.travellers):
        if context.directory.rank(person, today) < signs:
            text = message(
                "{person} stands above {signatory}, who would sign. Choose a higher signatory, or say why not.",
                person=context.named(person),
                signatory=context.named(context.order.signatory),
            )
            yield warns("signatory_below_traveller", text, "signatory")


def nobody_is_in_two_places(context: RuleContext) -> Iterator[Finding]:
    """A person or a vehicle on an issued mission cannot be on another in that time (D-3)."""
    for engagement in context.engagements:
        is_person = engagement.kind == "person"
        plate = context.order.transport.plate
        who = context.named(engagement.key) if is_person else InBoth(plate, plate)
        field = context.where(engagement.key) if is_person else "transport.plate"
        if engagement.firm:
            yield blocks(
                f"{'traveller' if is_person else 'vehicle'}_busy",
                message("{who} is on mission {mission} in that time.", who=who, mission=engagement.label),
                field,
            )
        else:
            yield warns(
                f"{'traveller' if is_person else 'vehicle'}_requested",
                message(
                    "{who} is asked for by another request in that time: {mission}.", who=who, mission=engagement.label
                ),
                field,
            )


def earlier_returns_are_in(context: RuleContext) -> Iterator[Finding]:
    """Whoever still owes a return should not go again."""
    level = blocks if context.overdue_blocks else warns
    for overdue in context.overdue:
        yield level(
            "return_overdue",
            message(
                "{person} still owes the return of order {number}.",
                person=context.named(overdue.person),
                number=overdue.number,
            ),
            context.where(overdue.person),
        )
