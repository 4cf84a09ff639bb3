"""Places by their official codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.issuer.places import TOWNS, PlaceName, find


@pytest.mark.parametrize(
    ("code", "km", "en"),
    [
        ("17", "ខេត្តសៀមរាប", "Siemreap Province"),
        ("12", "រាជធានីភ្នំពេញ", "Phnom Penh"),
        ("25", "ខេត្តត្បូងឃ្មុំ", "Tboung Khmum Province"),
    ],
)
def test_provinces_and_the_capital(code: str, km: str, en: str) -> None:
    assert find(code) == PlaceName(km, en)


@pytest.mark.parametrize(
    ("code", "km", "en"),
    [
        ("1710", "ក្រុងសៀមរាប ខេត្តសៀមរាប", "Siem Reab, Siemreap Province"),
        (
            "17100101",
            "ភូមិស្លក្រាម សង្កាត់ស្លក្រាម ក្រុងសៀមរាប ខេត្តសៀមរាប",
            "Sla Kram Village, Sla Kram, Siem Reab, Siemreap Province",
        ),
        (
            "12010101",
            "ភូមិ១ សង្កាត់ទន្លេបាសាក់ ខណ្ឌចំការមន រាជធានីភ្នំពេញ",
            "Phum Muoy Village, Tonle Basak, Chamkar Mon, Phnom Penh",
        ),
    ],
)
def test_a_small_place_stands_with_every_level_above_it(code: str, km: str, en: str) -> None:
    assert find(code) == PlaceName(km, en)


@pytest.mark.parametrize(
    ("code", "km"),
    [
        ("0203", "ក្រុងបាត់ដំបង"),
        ("0202", "ស្រុកថ្មគោល"),
        ("0204", "ស្រុកបវេល"),
        ("0811", "ក្រុងតាខ្មៅ"),
        ("1801", "ក្រុងព្រះសីហនុ"),
        ("0903", "ស្រុកកោះកុង"),
        ("2107", "ស្រុកសំរោង"),
        ("2204", "ក្រុងសំរោង"),
        ("1208", "ខណ្ឌសែនសុខ"),
        ("020401", "ឃុំបវេល"),
        ("070901", "សង្កាត់បឹងទូក"),
    ],
)
def test_each_level_is_called_what_it_is(code: str, km: str) -> None:
    place = find(code)
    assert place
    assert place.km.split(" ")[0] == km


def test_every_town_is_a_district_outside_the_capital() -> None:
    assert [code for code in sorted(TOWNS) if find(code) is None or code.startswith("12")] == []
    assert len(TOWNS) == 33


@pytest.mark.parametrize("code", ["1703", "170301", "17030101", "1201", "120101"])
def test_places_below_are_named_with_their_province(code: str) -> None:
    place, province = find(code), find(code[:2])
    assert place
    assert province
    assert place.km.endswith(f" {province.km}")
    assert place.en.endswith(f", {province.en}")


@pytest.mark.parametrize(
    "code", ["00", "26", "99", "02140401", "1799", "179999", "17030199", "0000", "", "1", "170", "ab"]
)
def test_codes_that_name_nothing(code: str) -> None:
    assert find(code) is None


@given(st.text("0123456789", max_size=9))
def test_any_code_has_an_answer_and_a_part_of_a_place_is_a_place(code: str) -> None:
    place = find(code)
    if place is not None:
        assert len(code) in (2, 4, 6, 8)
        assert find(code[:2]) is not None
