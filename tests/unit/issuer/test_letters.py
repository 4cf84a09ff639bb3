"""What the letter is told, from an order and the directory."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from services.issuer import places
from services.issuer.directory import Directory, NotInDirectory, UnitKind
from services.issuer.letter import content as letter
from services.issuer.letters import COPIES, FUNDING, MEANS, Named, as_printed, letter_content, named
from shared.clock import PHNOM_PENH
from shared.values import Order, Stop, Transport, Traveller
from tests.unit.issuer.builders import LEADER, MCS, MEMBER, order

SIGNED = date(2026, 3, 2)


def names(asked: Order, directory: Directory = MCS) -> Named:
    found = {stop.place: places.find(stop.place) for stop in asked.stops}
    return named(asked, directory, {code: name for code, name in found.items() if name})


def content(asked: Order, directory: Directory = MCS) -> letter.LetterContent:
    return letter_content(asked, names(asked, directory), directory, "០០១ មស.អរហ.បប", SIGNED)


def test_people_places_and_duties_get_their_names() -> None:
    found = names(order(stops=(Stop(place="17", host="ក"), Stop(place="02", host="ខ"))))
    assert [(t.person, t.name_km, t.unit) for t in found.travellers] == [
        (LEADER, "លោក គំរូ សែសិបបី", "mcs.gdcs-policy"),
        (MEMBER, "លោកស្រី គំរូ សែសិបបួន", "mcs.gdcs-policy"),
    ]
    assert [(s.index, s.name_km, s.host) for s in found.stops] == [(1, "ខេត្តសៀមរាប", "ក"), (2, "ខេត្តបាត់ដំបង", "ខ")]
    assert [(d.duty, d.title_en) for d in found.duties] == [("mcs.gdcs-policy.d01", "Studies of civil service policy")]


def test_what_has_no_name_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(KeyError):
        names(order(stops=(Stop(place="99", host="ក"),)))
    with pytest.raises(NotInDirectory):
        names(order(travellers=(Traveller(person="MCS-9999", role="leader"),)))
    with pytest.raises(NotInDirectory):
        names(order(duties=("mcs.nothing",)))


def test_the_letter_says_who_issues_what_to_whom_and_who_signs() -> None:
    said = content(order())
    assert said.ministry == "ក្រសួងមុខងារសាធារណៈ"
    assert said.issuing_unit == "អគ្គនាយកដ្ឋានរដ្ឋបាលនិងហិរញ្ញវត្ថុ"
    assert said.number == "០០១ មស.អរហ.បប"
    assert said.returns_to == "អគ្គនាយកដ្ឋានរដ្ឋបាលនិងហិរញ្ញវត្ថុ"
    assert said.signatory == letter.Signatory(("អគ្គនាយក",), "គំរូ ដប់ប្រាំ")
    assert said.signed_on == SIGNED
    assert said.place == "រាជធានីភ្នំពេញ"
    assert [(t.name, t.grade, t.role, t.sex) for t in said.travellers] == [
        ("លោក គំរូ សែសិបបី", "ក.៣.២", letter.Role.LEADER, letter.Sex.MALE),
        ("លោកស្រី គំរូ សែសិបបួន", "ក.៣.៣", letter.Role.MEMBER, letter.Sex.FEMALE),
    ]


def test_the_cabinets_orders_come_back_to_gdaf_too() -> None:
    said = content(order(issuer="mcs.cabinet", signatory="MCS-0006"))
    assert said.issuing_unit == "ខុទ្ទកាល័យ"
    assert said.returns_to == "អគ្គនាយកដ្ឋានរដ្ឋបាលនិងហិរញ្ញវត្ថុ"


def test_of_several_offices_the_nearest_to_the_issuing_unit_is_printed() -> None:
    """Before the Director General's own office stands another of the leadership, held elsewhere, and one above."""
    minister, here = "mcs.minister", next(post for post in MCS.posts if post.person == "MCS-0015")
    elsewhere = replace(here, office="mcs.school-director", unit="mcs.school")
    above = replace(here, office=minister, unit="mcs.ministry")
    busy = replace(MCS, posts=(elsewhere, above, *MCS.posts))
    assert content(order(), busy).signatory.capacity == ("អគ្គនាយក",)
    assert content(order(issuer="mcs.cabinet"), busy).signatory.capacity == ("រដ្ឋមន្ត្រី",)
    with pytest.raises(LookupError):
        content(order(issuer="mcs.cabinet"))


def test_without_a_gdaf_orders_come_back_to_the_unit_that_issued_them() -> None:
    part = replace(MCS, units=tuple(unit for unit in MCS.units if unit.kind is not UnitKind.GDAF))
    assert content(order(issuer="mcs.cabinet", signatory="MCS-0001"), part).returns_to == "ខុទ្ទកាល័យ"


def test_times_are_phnom_penhs() -> None:
    said = content(order())
    assert said.departure == datetime(2026, 3, 5, 10, tzinfo=PHNOM_PENH)
    assert said.departure.tzinfo is PHNOM_PENH
    assert said.return_.hour == 10


def test_what_the_order_leaves_open_is_filled_in() -> None:
    plain = content(order())
    assert (plain.funding, plain.copies) == (FUNDING, COPIES)
    told = content(order(funding="ថវិកាដៃគូ", copies=("ឯកសារ",), visas=("បានឃើញច្បាប់",), luggage="ឡេវ", budget_line="៦២"))
    added = (*COPIES[:-2], "ឯកសារ", *COPIES[-2:])
    assert (told.funding, told.copies, told.visas) == ("ថវិកាដៃគូ", added, ("បានឃើញច្បាប់",))
    assert (told.luggage, told.budget_line) == ("ឡេវ", "៦២")


@pytest.mark.parametrize("means", MEANS)
def test_every_means_of_transport_has_its_word(means: str) -> None:
    said = content(order(transport=Transport.model_validate({"means": means, "plate": "2A-1"})))
    assert said.transport == letter.Transport(means=MEANS[means], plate="2A-1")


def test_every_means_that_an_order_can_name_is_known() -> None:
    assert set(MEANS) == set(Transport.model_json_schema()["properties"]["means"]["enum"])


def test_an_orders_copies_are_added_to_the_standing_ones_and_stand_once() -> None:
    """One is typed in another order of code points, one without its purpose."""
    added = ("ខុទ្ទកាល\u200b័យ", "មន្ទីរខេត្ត", "មន្ទីរ ខេត្ត", "សាមីខ្លួន")
    assert content(order(copies=added)).copies == (*COPIES[:-2], "មន្ទីរខេត្ត", *COPIES[-2:])


def test_an_order_is_issued_as_it_is_printed_and_keeps_within_its_bounds() -> None:
    typed = order(purpose="ចូលរួមនៅមោ៉ង ២\u200b ផ្សេង ៗ", visas=("\u17d8" * 300,), copies=("ស្រ្តី",))
    printed = as_printed(typed)
    assert (printed.purpose, printed.copies) == ("ចូលរួមនៅម៉ោង ២ ផ្សេងៗ", ("ស្ត្រី",))
    assert printed.visas == typed.visas
    assert as_printed(printed) == printed
