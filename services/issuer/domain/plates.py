"""By what a vehicle is known: one plate, however it is written."""

import re
import unicodedata
from typing import Final

from services.issuer.places import province_names
from shared.khmer import latin_digits, search_key

_WORDS: Final = (*(search_key(name).upper().replace(" ", "") for name in province_names()), "រាជធានី", "ខេត្ត", "ក្រុង")
_ANY_WORD: Final = "|".join(sorted(_WORDS, key=len, reverse=True))
_PROVINCE: Final = re.compile(f"^(?:{_ANY_WORD})+|(?:{_ANY_WORD})+$")


def vehicle_key(plate: str) -> str:
    """The plate's letters and digits alone, in capitals and Latin digits, without the province that stands above them.

    `2AB-1234`, `២AB ១២៣៤` and `ភ្នំពេញ 2ab 1234` are one. A plate's kind (`រដ្ឋ`, of the state) tells vehicles apart, and
    stays. Empty where nothing is left.
    """
    plain = latin_digits(unicodedata.normalize("NFKC", search_key(plate))).upper()
    kept = "".join(character for character in plain if unicodedata.category(character)[0] in "LMN")
    key = unicodedata.normalize("NFKC", kept)  # what stood apart may now join
    return _PROVINCE.sub("", key) or key
