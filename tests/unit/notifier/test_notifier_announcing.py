"""Which chats an order goes to."""

from services.notifier.domain.announcing import Target, UnitCopy, chat_of, plan, unknown_units
from shared.events import DirectoryChanged
from tests.unit.notifier.samples import (
    GDCS,
    LEADERSHIP,
    POLICY,
    TRAVELLERS,
    directory,
    group,
    issued_data,
    unit,
)


def copies(events: list[DirectoryChanged]) -> dict[str, UnitCopy]:
    found = (event.data for event in events)
    return {each.unit: UnitCopy(each.unit, each.institution, each.parent, each.groups) for each in found}


def test_the_leadership_group_and_every_travellers_unit() -> None:
    targets = plan(issued_data(), copies(directory()), {})
    assert targets == [
        Target("leadership", "mcs.cabinet", LEADERSHIP, f"group {LEADERSHIP}"),
        Target("unit", "mcs.gdcs-policy", POLICY, f"group {POLICY}"),
        Target("unit", "mcs.gdcs", GDCS, f"group {GDCS}"),
    ]


def test_a_unit_without_a_group_is_reached_through_the_one_above_and_only_once() -> None:
    events = [each for each in directory() if each.data.unit != "mcs.gdcs-policy"]
    events.append(unit("mcs.gdcs-policy", "mcs.gdcs", group(None, technology="other")))
    chats = [target.chat for target in plan(issued_data(), copies(events), {})]
    assert chats == [LEADERSHIP, GDCS]


def test_a_unit_with_no_group_above_it_stands_out() -> None:
    events = [*directory()[:2], unit("mcs.gdcs", None), unit("mcs.gdcs-policy", "mcs.gdcs")]
    without = [target for target in plan(issued_data(), copies(events), {}) if target.chat is None]
    assert [(target.audience, target.unit) for target in without] == [("unit", "mcs.gdcs-policy"), ("unit", "mcs.gdcs")]


def test_the_leadership_group_is_that_of_the_issuers_institution() -> None:
    other = unit("aaa.cabinet", None, group(-1009, "leadership"), institution="aaa")
    assert plan(issued_data(), copies([other, *directory()]), {})[0].chat == LEADERSHIP


def test_without_a_leadership_group_that_is_recorded() -> None:
    first = plan(issued_data(), copies([unit("mcs.cabinet", None), *directory()[1:]]), {})[0]
    assert (first.audience, first.chat) == ("leadership", None)


def test_groups_that_became_one_supergroup_get_one_announcement() -> None:
    chats = [target.chat for target in plan(issued_data(), copies(directory()), {POLICY: GDCS})]
    assert chats == [LEADERSHIP, GDCS]


def test_unknown_units_are_named_up_the_line() -> None:
    known = copies([each for each in directory() if each.data.unit != "mcs.gdcs"])
    assert unknown_units(issued_data(TRAVELLERS[:1]), known) == {"mcs.gdcs"}
    assert unknown_units(issued_data(), copies(directory())) == set()


def test_parents_in_a_circle_end() -> None:
    events = [*directory()[:2], unit("mcs.gdcs", "mcs.gdcs-policy"), unit("mcs.gdcs-policy", "mcs.gdcs")]
    assert unknown_units(issued_data(), copies(events)) == set()
    assert len(plan(issued_data(), copies(events), {})) == 3


def test_a_unit_that_the_directory_no_longer_tells_of_is_reached_nowhere() -> None:
    assert chat_of("mcs.gone", copies(directory()), {}) is None
    assert chat_of("mcs.gone", {}, {}) is None
