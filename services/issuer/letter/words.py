"""Khmer text made ready for the page: cleaned, checked against the fonts, and cut where a line may end.

Khmer is written without spaces between words, so a line may only end where a dictionary finds a word's end. ICU's
dictionary cuts some words in two and so does khmercut's model, but seldom the same ones: a cut counts only where
both agree, and never next to a mark that belongs to its neighbour.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

from icu4py.breakers import LineBreaker
from khmercut import tokenize

from services.issuer.letter.typefaces import lacking
from shared.errors import BesakakamError
from shared.khmer import normalise

_COENG: Final = "\u17d2"
_CLINGS_TO_WORD_BEFORE: Final = frozenset("។៕៖ៗ៘៙៚,.;:!?…)]}»›”’%/-‑‒–—៛០១២៣៤៥៦៧៨៩0123456789\"'")
_CLINGS_TO_WORD_AFTER: Final = frozenset("([{«‹“„‘‚’\"'-‑‒–—")


class UnprintableText(BesakakamError):
    """The letter's fonts have no shape for some characters; `characters` lists each once, in order."""

    def __init__(self, characters: Sequence[str]) -> None:
        super().__init__(characters)
        self.characters = tuple(characters)

    def __str__(self) -> str:
        return "the letter's fonts lack " + " ".join(f"U+{ord(character):04X}" for character in self.characters)


def clean(text: str) -> str:
    """The text as a letter prints it.

    Each Khmer syllable comes in its one order, runs of white space become one space, and invisible marks go (cuts
    are found afresh).
    """
    return " ".join(normalise(text).split())


@lru_cache(maxsize=2048)
def unprintable(text: str) -> tuple[str, ...]:
    """The characters of a text that cannot be printed, each once, in order; empty when all can."""
    return tuple(lacking(clean(text)))


def segments(text: str, longest: int = 30) -> tuple[tuple[str, ...], ...]:
    """The text cut up: outside, the parts between its spaces; inside, the pieces no line may break within.

    A piece of more than `longest` characters, which a narrow column could not hold, is cut between syllables.
    """
    return tuple(_pieces(chunk, longest) for chunk in clean(text).split())


@lru_cache(maxsize=16_384)  # the same names, titles and months stand in most letters
def _pieces(chunk: str, longest: int) -> tuple[str, ...]:
    agreed = _ends(LineBreaker(chunk, "km")) & _ends(tokenize(chunk))
    cuts = [0, *sorted(at for at in agreed if _may_break(chunk, at)), len(chunk)]
    words = (chunk[start:end] for start, end in pairwise(cuts))
    return tuple(piece for word in words for piece in _shortened(word, longest))


def _ends(parts: Iterable[str]) -> set[int]:
    return set(accumulate(len(part) for part in parts))


def _may_break(chunk: str, at: int) -> bool:
    """Whether a line may end before the character at this place, whatever the dictionaries say."""
    if not 0 < at < len(chunk) or chunk[at - 1] == _COENG or unicodedata.category(chunk[at]).startswith("M"):
        return False
    return chunk[at] not in _CLINGS_TO_WORD_BEFORE and chunk[at - 1] not in _CLINGS_TO_WORD_AFTER


def _shortened(word: str, longest: int) -> Iterator[str]:
    while len(word) > longest:
        cut = next((at for at in range(longest, 0, -1) if _may_break(word, at)), longest)
        yield word[:cut]
        word = word[cut:]
    yield word
