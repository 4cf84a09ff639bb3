"""The rules that a request passes before there is an order: each a named function over the same context.

Sources: Guideline 996 (`001_173225edbef2614a.txt`), articles ក.៤ and ខ.១ to ខ.២; the rest are what the ministry's
practice and plain possibility ask for.
"""

from services.issuer.domain.request_rules import asking, journey, people, wording
from services.issuer.domain.request_rules.context import Engagement, Overdue, Rule, RuleContext
from services.issuer.domain.request_rules.wording import text_unprintable
from shared.mission.findings import Finding

__all__ = ["RULES", "Engagement", "Overdue", "RuleContext", "examine", "text_unprintable"]

RULES: tuple[Rule, ...] = (
    asking.issuer_is_entitled,
    asking.basis_is_on_file,
    asking.unit_exists,
    asking.requester_belongs,
    asking.duty_is_named,
    people.travellers_exist,
    people.one_leader,
    people.signatory_may_sign,
    people.signatory_stands_above,
    people.nobody_is_in_two_places,
    people.earlier_returns_are_in,
    journey.dates_are_possible,
    journey.places_exist,
    journey.vehicle_is_named,
    wording.letter_is_printable,
    wording.khmer_is_sound,
)


def examine(context: RuleContext) -> list[Finding]:
    """Every finding of every rule, in the rules' order."""
    return [finding for rule in RULES for finding in rule(context)]
