"""Which order a typed number means: a printed number is a serial and its issuer's suffix, and carries no year."""

import re
from typing import Final

from shared.events import MissionIssuedData
from shared.khmer import search_key

_SERIAL: Final = re.compile(r"(?:លេខ|no\.?|number|#)?0*(?P<serial>\d{1,9})(?:/(?P<year>\d{4}|\d{2}))?(?P<suffix>.*)")


def is_meant(typed: str, issued: MissionIssuedData) -> bool:
    """Whether the number as typed can be the order's: its serial, with or without zeros, year (`27/26`) or suffix, in
    either script. None typed can be any.
    """
    number, printed = _plain(typed), _plain(issued.number)
    if not number or number == printed:
        return True
    found = _SERIAL.fullmatch(number)
    if found is None or int(found["serial"]) != issued.serial:
        return False
    if found["year"] and int(found["year"]) not in (issued.year, issued.year % 100):
        return False
    return not found["suffix"] or found["suffix"] == printed.lstrip("0123456789")


def _plain(number: str) -> str:
    return re.sub(r"\s+", "", search_key(number))
