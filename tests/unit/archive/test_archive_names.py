"""The newest names hold, by revision for units and by time for people and duties."""

from services.archive.names import Register
from shared.values import PersonListed
from tests.archive_samples import unit_listed


def test_the_newest_names_hold_whatever_is_told_last() -> None:
    gone = PersonListed(person="MCS-0100", name_km="អតីតមន្ត្រី", name_latin="FORMER")
    renamed = PersonListed(person="MCS-0001", name_km="ចាស់", name_latin="OLD")
    register = Register()
    for event in (unit_listed(2), unit_listed(1, name_km="ចាស់", people=(gone, renamed))):
        register.take(event)
    assert register.units["mcs.policy"].name_km == "នាយកដ្ឋានគោលនយោបាយ"
    assert (register.people["MCS-0001"].name_latin, register.people["MCS-0001"].folded) == (
        "SOK Mealea",
        "សុខមាលា sok mealea",
    )
    assert register.people["MCS-0100"].name_latin == "FORMER"
    assert register.duties["mcs.policy.d01"].listed_at == unit_listed(2).occurred_at


def test_of_two_as_new_the_first_told_holds() -> None:
    register = Register()
    for name in ("ទីមួយ", "ទីពីរ"):
        register.take(unit_listed(1, name_km=name, people=(PersonListed(person="A", name_km=name, name_latin="X"),)))
    assert (register.units["mcs.policy"].name_km, register.people["A"].name_km) == ("ទីមួយ", "ទីមួយ")
