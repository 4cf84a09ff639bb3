"""Whether this may be asked for at all: by whom, of whom, on what basis, for which duty."""

from collections import Counter
from collections.abc import Iterator

from services.issuer.directory.values import ISSUING_KINDS
from services.issuer.domain.request_rules.context import RuleContext
from shared.i18n import message
from shared.mission.findings import Finding, blocks


def issuer_is_entitled(context: RuleContext) -> Iterator[Finding]:
    """Only the Cabinet or GDAF may issue (ខ.១)."""
    unit = next((u for u in context.directory.units if u.id == context.order.issuer), None)
    active = context.directory.unit_active(context.order.issuer, context.today.date())
    if unit is None or not active or not unit.issues or unit.kind not in ISSUING_KINDS:
        yield blocks(
            "issuer_not_entitled",
            message(
                "{unit} may not issue mission orders. Ask the Cabinet or the General Department of Administration"
                " and Finance.",
                unit=context.unit_named(context.order.issuer),
            ),
            "issuer",
        )


def basis_is_on_file(context: RuleContext) -> Iterator[Finding]:
    """No order without an invitation or the leadership's agreement, as a document (ខ.២)."""
    if not context.basis_held:
        yield blocks(
            "basis_missing",
            message("The invitation or agreement is not on file. Upload the document, then ask again."),
            "basis.document",
        )
    if context.order.basis.dated > context.today.date():
        yield blocks(
            "basis_in_future",
            message("The invitation or agreement is dated in the future. Correct its date."),
            "basis.dated",
        )


def unit_exists(context: RuleContext) -> Iterator[Finding]:
    """The asking unit is one of the directory's."""
    if not context.directory.unit_active(context.order.unit, context.today.date()):
        yield blocks(
            "unit_unknown",
            message("There is no unit {unit} in the directory.", unit=context.unit_named(context.order.unit)),
            "unit",
        )


def requester_belongs(context: RuleContext) -> Iterator[Finding]:
    """Whoever asks holds the right to, and works in the unit, above it, or in a unit that issues."""
    today = context.today.date()
    if not context.directory.active(context.requester, today):
        yield blocks(
            "requester_unknown", message("{person} is not in the directory.", person=context.named(context.requester))
        )
        return
    own = context.directory.person(context.requester).unit
    above = {context.order.unit, *(unit.id for unit in context.directory.unit_ancestors(context.order.unit))}
    if own not in above and not context.directory.may_issue(context.requester, today):
        yield blocks(
            "requester_elsewhere",
            message("{person} may not ask for another unit.", person=context.named(context.requester)),
            "unit",
        )
    if not context.directory.may_request(context.requester, today):
        yield blocks(
            "requester_without_right",
            message(
                "The office of {person} does not allow asking for missions. Ask the head of the unit.",
                person=context.named(context.requester),
            ),
        )


def duty_is_named(context: RuleContext) -> Iterator[Finding]:
    """An order serves a duty of the unit; what serves none does not go out (ក.៤)."""
    if not context.order.duties:
        yield blocks("duty_missing", message("Name the duty that the mission serves."), "duties")
    own = {duty.id for duty in context.directory.duties_of(context.order.unit, context.today.date())}
    for duty, times in Counter(context.order.duties).items():
        field = f"duties.{context.order.duties.index(duty)}"
        if times > 1:
            yield blocks(
                "duty_repeated", message("The duty {duty} is named twice.", duty=context.duty_named(duty)), field
            )
        if duty not in own:
            yield blocks(
                "duty_foreign",
                message(
                    "The duty {duty} is not one of the unit. Choose one of its own.", duty=context.duty_named(duty)
                ),
                field,
            )
