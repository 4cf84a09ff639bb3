from collections import Counter
from datetime import date

import pytest

from services.issuer.directory import LEADERSHIP_CATEGORIES, Directory, Technology, UnitKind

FAMILY_NAMES = {"គំរូ", "ឧទាហរណ៍", "សាកល្បង"}  # "sample", "example" and "trial"


def test_every_office_of_the_leadership_group_is_held(mcs: Directory, today: date) -> None:
    held = {office.id for person in mcs.people for office, _ in mcs.offices_held(person.id, today)}
    assert {f"mcs.{category}" for category in LEADERSHIP_CATEGORIES} <= held
    assert held == {office.id for office in mcs.offices}


def test_only_holders_of_those_offices_are_leaders(mcs: Directory) -> None:
    leadership = {office.id for office in mcs.offices if office.leadership}
    assert leadership == {f"mcs.{category}" for category in LEADERSHIP_CATEGORIES}


def test_all_25_capital_and_provincial_departments_have_a_head(mcs: Directory, today: date) -> None:
    units = [unit.id for unit in mcs.units if unit.kind is UnitKind.PROVINCIAL_DEPARTMENT]
    assert units == [f"mcs.p{n:02d}" for n in range(1, 26)]
    assert all(any(mcs.is_leader(person.id, today) for person in mcs.people_of(unit, today)) for unit in units)


def test_the_department_has_all_its_duties(dfr: Directory) -> None:
    own = [duty for duty in dfr.duties if duty.document.startswith("002_")]
    counted = Counter(duty.unit for duty in own)
    assert counted == {"dfr.dept": 10, "dfr.o1": 12, "dfr.o2": 6, "dfr.o3": 11, "dfr.o4": 11}
    assert all(duty.article_en.endswith(f", item {duty.number}") for duty in own)
    fifth = dfr.duty("dfr.o1.d05")
    assert (fifth.article_km, fifth.article_en) == ("ការិយាល័យ ១, ចំណុច ៥", "office 1, item 5")


@pytest.mark.parametrize("sample", ["mcs", "dfr"])
def test_everybody_is_plainly_made_up(request: pytest.FixtureRequest, sample: str) -> None:
    directory: Directory = request.getfixturevalue(sample)
    assert {person.name_km.split()[0] for person in directory.people} <= FAMILY_NAMES
    assert len({person.name_km for person in directory.people}) == len(directory.people)


@pytest.mark.parametrize(("sample", "people"), [("mcs", 60), ("dfr", 25)])
def test_every_unit_in_force_serves_a_duty(
    request: pytest.FixtureRequest, today: date, sample: str, people: int
) -> None:
    directory: Directory = request.getfixturevalue(sample)
    assert len(directory.people) >= people
    bare = [u.id for u in directory.units if not directory.duties_of(u.id, today)]
    assert bare == ([] if sample == "mcs" else ["dfr.moi", "dfr.gda"])


def test_both_issuers_have_somebody_to_issue_and_gdaf_somebody_to_check(
    mcs: Directory, dfr: Directory, today: date
) -> None:
    for directory, gdaf in ((mcs, "mcs.gdaf"), (dfr, "dfr.gdlf")):
        issuing = [directory.issuing_unit_of(person.id, today) for person in directory.people]
        assert {unit.id for unit in issuing if unit} == {f"{directory.institution.id}.cabinet", gdaf}
        assert any(directory.may_check(person.id, today) for person in directory.people)


def test_the_chats_of_all_samples_differ(mcs: Directory, dfr: Directory) -> None:
    chats = [group.chat_id for group in (*mcs.groups, *dfr.groups) if group.technology is Technology.TELEGRAM]
    assert None not in chats
    assert len(set(chats)) == len(chats)
