from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.issuer.directory import Directory, NotInDirectory, Right

EVE = date(2020, 1, 5)  # the day before most of the mission office took up their posts


def with_person_until(directory: Directory, person: str, until: date) -> Directory:
    people = tuple(replace(each, until=until) if each.id == person else each for each in directory.people)
    return replace(directory, people=people)


def test_the_units_above_and_below(mcs: Directory) -> None:
    assert [unit.id for unit in mcs.unit_ancestors("mcs.gdaf-missions")] == [
        "mcs.gdaf-admin",
        "mcs.gdaf",
        "mcs.ministry",
    ]
    below = [unit.id for unit in mcs.unit_and_descendants("mcs.gdaf-admin")]
    assert below == ["mcs.gdaf-admin", "mcs.gdaf-missions", "mcs.gdaf-fleet"]
    assert {unit.id for unit in mcs.unit_and_descendants("mcs.ministry")} == {unit.id for unit in mcs.units}
    assert mcs.unit_ancestors("mcs.nowhere") == mcs.unit_and_descendants("mcs.nowhere") == ()


def test_an_office_is_held_from_its_first_day_to_its_last(mcs: Directory) -> None:
    def acting_head(on: date) -> bool:
        return "mcs.training" in {unit.id for _, unit in mcs.offices_held("MCS-0042", on)}

    first, last, day = date(2021, 1, 4), date(2022, 12, 31), timedelta(days=1)
    assert [acting_head(on) for on in (first - day, first, last, last + day)] == [False, True, True, False]


def test_a_person_serves_through_the_last_day(mcs: Directory, today: date) -> None:
    ended = with_person_until(mcs, "MCS-0001", today)
    tomorrow = today + timedelta(days=1)
    assert ended.active("MCS-0001", today)
    assert not ended.active("MCS-0001", tomorrow)
    assert ended.offices_held("MCS-0001", today)
    assert ended.offices_held("MCS-0001", tomorrow) == ()
    assert not ended.active("MCS-9999", today)


def test_a_unit_that_ended_gives_no_office_any_more(mcs: Directory, today: date) -> None:
    units = tuple(replace(u, until=today) if u.id == "mcs.gdaf-missions" else u for u in mcs.units)
    ended = replace(mcs, units=units)
    assert ended.may_issue("MCS-0021", today)
    assert not ended.may_issue("MCS-0021", today + timedelta(days=1))


def test_rights_come_with_the_unit_they_are_held_in(mcs: Directory, today: date) -> None:
    assert mcs.rights_of("MCS-0020", today) == {
        (Right.REQUEST, "mcs.gdaf-missions"),
        (Right.ISSUE, "mcs.gdaf-missions"),
    }
    assert mcs.rights_of("MCS-0026", today) == frozenset()
    assert mcs.may_request("MCS-0043", today)
    assert not mcs.may_request("MCS-0026", today)


@pytest.mark.parametrize(
    ("person", "unit"),
    [
        ("MCS-0006", "mcs.cabinet"),
        ("MCS-0010", "mcs.cabinet"),
        ("MCS-0015", "mcs.gdaf"),
        ("MCS-0021", "mcs.gdaf"),
        ("MCS-0040", None),  # a director general too, and of another general department
        ("MCS-0022", None),
        ("MCS-0001", None),
        ("MCS-9999", None),
    ],
)
def test_only_the_cabinet_and_gdaf_issue(mcs: Directory, today: date, person: str, unit: str | None) -> None:
    issuer = mcs.issuing_unit_of(person, today)
    assert (issuer.id if issuer else None) == unit
    assert mcs.may_issue(person, today) is (unit is not None)


def test_nobody_issues_before_the_post_begins(mcs: Directory) -> None:
    assert not mcs.may_issue("MCS-0021", EVE)
    assert mcs.may_issue("MCS-0021", EVE + timedelta(days=1))


@pytest.mark.parametrize(("field", "value"), [("issues", False), ("until", "2025-12-31"), ("kind", "department")])
def test_a_unit_without_the_issuing_right_gives_none_below_it(
    mcs: Directory, today: date, field: str, value: object
) -> None:
    data = mcs.to_json()
    next(unit for unit in data["units"] if unit["id"] == "mcs.gdaf")[field] = value
    assert mcs.may_issue("MCS-0021", today)
    assert not Directory.from_json(data).may_issue("MCS-0021", today)


def test_returns_are_checked_in_gdaf_alone(mcs: Directory, today: date) -> None:
    checkers = {person.id for person in mcs.people if mcs.may_check(person.id, today)}
    assert checkers == {"MCS-0015", "MCS-0022", "MCS-0023"}
    moved = tuple(replace(p, unit="mcs.cabinet") if p.person == "MCS-0022" else p for p in mcs.posts)
    assert not replace(mcs, posts=moved).may_check("MCS-0022", today)


def test_the_leadership_group_follows_the_office(mcs: Directory, today: date) -> None:
    members = {person.id for person in mcs.leadership_members(today)}
    assert {"MCS-0001", "MCS-0006", "MCS-0042"} <= members
    assert members.isdisjoint({"MCS-0010", "MCS-0043", "MCS-0026", "MCS-0039"})
    assert "MCS-0039" in {person.id for person in mcs.leadership_members(date(2019, 12, 31))}
    assert all(mcs.is_leader(person, today) for person in members)


def test_a_unit_serves_its_own_duties_and_those_above(dfr: Directory) -> None:
    served = [duty.id for duty in dfr.duties_of("dfr.o1")]
    assert served == [f"dfr.o1.d{n:02d}" for n in range(1, 13)] + [f"dfr.dept.d{n:02d}" for n in range(1, 11)]


def test_an_ended_duty_is_left_out_on_a_day_after_it(dfr: Directory, today: date) -> None:
    duties = tuple(replace(d, until=today) if d.id == "dfr.dept.d10" else d for d in dfr.duties)
    ended = replace(dfr, duties=duties)
    tomorrow = today + timedelta(days=1)
    assert [len(ended.duties_of("dfr.dept", on)) for on in (None, today, tomorrow)] == [10, 10, 9]


def test_groups(mcs: Directory, today: date) -> None:
    leadership, ministry = mcs.leadership_group(), mcs.group_of("mcs.ministry")
    assert leadership is not None
    assert ministry is not None
    assert leadership.chat_id == -1001000000001 != ministry.chat_id
    assert mcs.group_of("mcs.p11") is None
    assert [unit.id for unit in mcs.units_without_group(today)] == ["mcs.gdaf-planning", "mcs.p11"]


def test_the_people_of_a_unit(mcs: Directory, today: date) -> None:
    assert [person.id for person in mcs.people_of("mcs.gdcs-policy", today)] == [f"MCS-00{n}" for n in range(42, 46)]


def test_looking_up_what_is_not_there_names_it(mcs: Directory) -> None:
    assert mcs.person("MCS-0001").position_en == "Minister"
    assert mcs.duty("mcs.gdaf.d01").unit == "mcs.gdaf"
    with pytest.raises(NotInDirectory) as caught:
        mcs.unit("mcs.nowhere")
    assert (caught.value.table, caught.value.entry_id) == ("unit", "mcs.nowhere")


def test_a_directory_goes_through_json_and_back(mcs: Directory, dfr: Directory) -> None:
    assert Directory.from_json(mcs.to_json()) == mcs
    assert dfr.to_json()["units"][0]["kind"] == "ministry"
