"""What no normalising mends: marks without their letter, and text in the encoding of an old font."""

import re
from functools import lru_cache
from typing import Final

from shared.khmer import signs
from shared.khmer.encoding import normalise
from shared.khmer.signs import COENG

_SUBSCRIPT: Final = f"{COENG}[{signs.BASES}]"
_ONE_VOWEL: Final = (
    f"(?:{signs.OE}{signs.AA}?|[{signs.YA}{signs.IE}{signs.OO}{signs.AU}]"
    f"|[{signs.E}\u17c2\u17c3]?[{signs.BELOW_VOWELS}]?[{signs.ABOVE_VOWELS}]?{signs.AA}?)"
)
_SOUND: Final = re.compile(
    f"[{signs.BASES}]{signs.ROBAT}?(?:{_SUBSCRIPT})*[{signs.SHIFTERS}]?{_ONE_VOWEL}[{signs.SIGNS}]*[{signs.FINALS}]*"
)
_MARK: Final = re.compile(f"[{signs.MARKS}{COENG}\u25cc]")
_LONGEST: Final = 30
_LATIN: Final = re.compile("[A-Za-z]")
_ADDRESS_OR_CODE: Final = re.compile(r"[0-9@/\\_]|www\.")
_APOSTROPHE: Final = re.compile("['’]")
_SIGN_IN_WORD: Final = re.compile(
    "[A-Za-z][¡¢£¤¥¦§¨©ª«¬®¯°±´¶¸¹º»¼½¾¿×÷ÞþÐð][A-Za-z]|[A-Za-z];[A-Za-z]|[A-Za-z]{3}[¢£¤¥¦§¨¬¯±²³´µ¶¸¹¼½¾¿×÷Þþð]"
)
_HUMP_WITHOUT_VOWEL: Final = re.compile(
    r"^(?!GmbH\b)[A-Z][b-df-hj-np-tv-xz]{2,}[A-Z]|[a-z][A-Z][b-df-hj-np-tv-xz]{2,}$"
)
_CASES_OF_NO_LANGUAGE: Final = re.compile("^aa+[AE]|a[AE].*a[AE]|[aA]E+a")


@lru_cache(maxsize=2048)  # names, titles and places stand in most orders
def broken_words(text: str) -> tuple[str, ...]:
    """The words that print a dotted circle even when normalised, each once, in order.

    A mark or subscript without its letter, a second vowel on one letter, a coeng with nothing below it. A run of
    words without spaces is named by its part around the fault.
    """
    return tuple(dict.fromkeys(_around(word, at) for word in normalise(text).split() if (at := _fault(word)) >= 0))


def _fault(word: str) -> int:
    """Where the first mark stands that belongs to no sound syllable; -1 where all do."""
    found = _MARK.search(_SOUND.sub(lambda syllable: " " * len(syllable[0]), word))
    return found.start() if found else -1


def _around(word: str, at: int) -> str:
    if len(word) <= _LONGEST:
        return word
    letters = [place for place, sign in enumerate(word) if re.match(f"[{signs.BASES}]", sign)]
    start = max(
        (place for place in letters if place <= max(0, at - 10) and word[place - 1 : place] != COENG), default=0
    )
    end = min((place for place in letters if place >= at + 10 and word[place - 1] != COENG), default=len(word))
    return word[start:end]


@lru_cache(maxsize=2048)
def legacy_words(text: str) -> tuple[str, ...]:
    """The words that look typed for a font from before Unicode (Limon, ABC), each once, in order.

    Such fonts draw Khmer over Latin letters and signs: `RksYg` for `ក្រសួង`. A guess by capitals and signs where no
    language has them; a word of small letters alone (`esomrab`) is not seen. Addresses and codes are passed over.
    """
    if not _LATIN.search(text):
        return ()
    words = (word for word in dict.fromkeys(text.split()) if _LATIN.search(word) and not _ADDRESS_OR_CODE.search(word))
    return tuple(word for word in words if any(_odd(part) for part in _APOSTROPHE.split(word)))


def _odd(word: str) -> bool:
    shape = "".join(_letter_case(sign) for sign in word)
    return bool(_SIGN_IN_WORD.search(word) or _CASES_OF_NO_LANGUAGE.search(shape) or _HUMP_WITHOUT_VOWEL.search(word))


def _letter_case(sign: str) -> str:
    """`a` and `A` for small and capital letters, `E` for accented capitals, `.` for the rest."""
    if sign.islower():
        return "a"
    if sign.isupper():
        return "A" if sign.isascii() else "E"
    return "."
