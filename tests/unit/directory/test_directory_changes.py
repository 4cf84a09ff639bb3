import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.issuer.directory import (
    PARTS,
    Code,
    Directory,
    DirectoryErrors,
    Part,
    Person,
    UnitAggregate,
    aggregate,
    changes,
    read,
)

Edit = Callable[[str, str, str], None]


def changed(old: Directory, new: Directory) -> dict[str, tuple[Part, ...]]:
    return {change.unit: change.changed for change in changes(old, new)}


def with_person(directory: Directory, person: str, change: Callable[[Person], Person]) -> Directory:
    return replace(directory, people=tuple(change(p) if p.id == person else p for p in directory.people))


def test_without_an_earlier_directory_every_unit_is_new(dfr: Directory) -> None:
    found = changes(None, dfr)
    assert [change.unit for change in found] == [unit.id for unit in dfr.units]
    assert all(change.is_new and change.changed == PARTS for change in found)


def test_nothing_changes_against_itself_even_with_its_lines_moved_about(mcs: Directory) -> None:
    turned = replace(mcs, people=mcs.people[::-1], posts=mcs.posts[::-1], duties=mcs.duties[::-1])
    assert changes(mcs, mcs) == changes(mcs, turned) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("units.csv", "Procurement Unit", "Unit of Procurement", {"mcs.procurement": ("unit",)}),
        ("people.csv", "KUMROU Saesep-pi", "KUMROU Saesep-Pi", {"mcs.gdcs-policy": ("people",)}),
        ("posts.csv", "mcs.training,2021-01-04,2022-12-31", "mcs.training,2021-01-04,", {"mcs.training": ("posts",)}),
        ("posts.csv", "mcs.ministry,2023-08-22", "mcs.ministry,2023-08-23", {"mcs.ministry": ("posts",)}),
        ("duties.csv", "Procurement of goods", "Buying of goods", {"mcs.procurement": ("duties",)}),
        ("groups.csv", "-1001000000003", "-1001999999999", {"mcs.cabinet": ("groups",)}),
        ("offices.csv", "Unit,yes,request", "Unit,yes,", {"mcs.procurement": ("offices",)}),
    ],
)
def test_a_change_is_of_its_unit_and_part(
    folder: Path, edit: Edit, mcs: Directory, file: str, old: str, new: str, expected: dict[str, tuple[Part, ...]]
) -> None:
    edit(file, old, new)
    assert changed(mcs, read(folder)) == expected


def test_a_change_of_the_institution_is_one_of_every_unit(mcs: Directory) -> None:
    renamed = replace(mcs, institution=replace(mcs.institution, name_en="Ministry of the Civil Service"))
    assert changed(mcs, renamed) == {unit.id: ("institution",) for unit in mcs.units}


def test_a_person_who_moves_changes_both_units(mcs: Directory) -> None:
    moved = with_person(mcs, "MCS-0043", lambda person: replace(person, unit="mcs.gdcs-legal"))
    assert changed(mcs, moved) == {"mcs.gdcs-policy": ("people",), "mcs.gdcs-legal": ("people",)}
    there = next(change for change in changes(mcs, moved) if change.unit == "mcs.gdcs-legal")
    assert "MCS-0043" in {person.id for person in there.aggregate.people}
    assert not there.is_new


def test_a_unit_is_carried_whole(dfr: Directory) -> None:
    whole = aggregate(dfr, "dfr.o1")
    assert (len(whole.people), len(whole.posts), len(whole.duties), len(whole.groups)) == (7, 7, 12, 1)
    assert {office.id for office in whole.offices} == {post.office for post in whole.posts}


def test_every_unit_goes_through_json_and_back(mcs: Directory, dfr: Directory) -> None:
    for change in [*changes(None, mcs), *changes(None, dfr)]:
        assert UnitAggregate.from_json(json.loads(json.dumps(change.aggregate.to_json()))) == change.aggregate


def test_ending_is_not_removing(mcs: Directory) -> None:
    ended = with_person(mcs, "MCS-0043", lambda person: replace(person, until=date(2026, 3, 2)))
    assert changed(mcs, ended) == {"mcs.gdcs-policy": ("people",)}


@pytest.mark.parametrize(
    ("file", "value", "code", "field"),
    [
        ("units.csv", "mcs.p25", Code.REMOVED, "units"),
        ("offices.csv", "mcs.driver", Code.REMOVED_OFFICE, "offices"),
        ("people.csv", "MCS-0105", Code.REMOVED, "people"),
        ("duties.csv", "mcs.gdaf.d05", Code.REMOVED, "duties"),
    ],
)
def test_what_is_gone_is_refused_by_name(mcs: Directory, file: str, value: str, code: Code, field: str) -> None:
    data = mcs.to_json()
    data[field] = [entry for entry in data[field] if entry["id"] != value]
    with pytest.raises(DirectoryErrors) as caught:
        changes(mcs, Directory.from_json(data))
    assert [(e.file, e.line, e.code, e.params["value"]) for e in caught.value.errors] == [(file, None, code, value)]


def test_an_office_once_held_stays_on_record(mcs: Directory) -> None:
    new = replace(mcs, posts=tuple(post for post in mcs.posts if post.unit != "mcs.training" or post.until is None))
    with pytest.raises(DirectoryErrors) as caught:
        changes(mcs, new)
    assert "“MCS-0042 mcs.centre-head mcs.training” is gone" in caught.value.text("en")
    assert "until" in caught.value.text("km")


def test_another_institution_is_refused(mcs: Directory, dfr: Directory) -> None:
    with pytest.raises(DirectoryErrors) as caught:
        changes(mcs, dfr)
    assert [error.code for error in caught.value.errors] == [Code.INSTITUTION_CHANGED]
