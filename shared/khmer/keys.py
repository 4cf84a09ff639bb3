"""By what Khmer and other texts are found."""

import re
import unicodedata
from typing import Final

from shared.khmer import signs
from shared.khmer.dates import latin_digits
from shared.khmer.encoding import in_each_syllable, normalise

_COENG_DA: Final = f"{signs.COENG}\u178a"
_COENG_TA: Final = f"{signs.COENG}\u178f"
_LOOKALIKES: Final = str.maketrans(
    {**dict.fromkeys("‐‑‒–—−", "-"), **dict.fromkeys("‘’ʼ", "'"), **dict.fromkeys("“”«»", '"')}
)
_NOT_KHMER: Final = re.compile(f"[^{signs.KHMER}]+")
_LETTERS: Final = f"{signs.BASES}{signs.MARKS}\u17d7"
_SPACE_BETWEEN_WORDS: Final = re.compile(rf"(?<=[{_LETTERS}])\s+(?=[{_LETTERS}])")


def search_key(text: str) -> str:
    """The text as it is compared when searching: make one of what is stored and one of what is looked for.

    Beyond `normalise`: subscripts DA and TA are one, likewise the two forms of QOO; digits are Latin; spaces between
    Khmer words go (they are a matter of taste), others become single; small letters, no accents, plain dashes and
    quotation marks. Not for showing.
    """
    key = normalise(text).replace(_COENG_DA, _COENG_TA).replace("\u17b2", "\u17b1")
    key = in_each_syllable(key, _with_subscripts_sorted)
    key = latin_digits(_NOT_KHMER.sub(lambda found: _folded(found[0]), key))
    return " ".join(_SPACE_BETWEEN_WORDS.sub("", key).split())


def _with_subscripts_sorted(_letter: str, parts: list[str]) -> list[str]:
    """Without fonts that stack them, the order of two subscripts cannot be seen; RO stays the last."""
    below = sorted(
        {part for part in parts if part.startswith(signs.COENG)}, key=lambda part: (part[1] == signs.RO, part)
    )
    return [*(p for p in parts if p == signs.ROBAT), *below, *(p for p in parts if p != signs.ROBAT and p not in below)]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return kept.translate(_LOOKALIKES)
