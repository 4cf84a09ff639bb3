"""Which typeface prints what: Battambang and Moul whatever they have, Noto Serif the words and signs that they lack.

Nothing is left to a renderer's own falling back: each run of a text goes to one face by name, and what neither has
is named, so that it can be refused.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from typing import Final
from unicodedata import category

from fontTools.ttLib import TTFont

from shared.typefaces import TYPEFACES

KHMER_FACES: Final = ("Battambang-Regular.ttf", "Battambang-Bold.ttf", "Moul-Regular.ttf")
SECOND_FACES: Final = ("NotoSerif-Regular.ttf", "NotoSerif-Bold.ttf")

Run = tuple[str, bool]
"""Part of a text that stays in one face, and whether that is the second."""

_RUN: Final = re.compile("[^\\W\\d_\u1780-\u17ff](?:[^\\W\\d_\u1780-\u17ff]|[\u0300-\u036f])*|.", re.DOTALL)
_STANDS_FOR_SOMETHING_LOST: Final = {0xFFFC, 0xFFFD}


def lacking(text: str) -> list[str]:
    """The characters of a text that neither face can print, each once, in order."""
    if _khmer().issuperset(text):
        return []
    lost = (character for run in _RUN.findall(text) for character in run if not _has(run, character))
    return list(dict.fromkeys(lost))


@lru_cache(maxsize=16_384)  # as `words` keeps the pieces themselves
def runs(pieces: tuple[str, ...]) -> tuple[tuple[Run, ...], ...]:
    """The pieces of a chunk, each parted into runs; a word in other letters stays in one face as a whole."""
    if all(map(_khmer().issuperset, pieces)):
        return tuple(((piece, False),) for piece in pieces)
    faces = _faces("".join(pieces))
    return tuple(_parted(piece, faces) for piece in pieces)


def _faces(chunk: str) -> Iterator[bool]:
    """For each character, whether the second face prints it."""
    for run in _RUN.findall(chunk):
        yield from [not _khmer().issuperset(run)] * len(run)


def _parted(piece: str, faces: Iterator[bool]) -> tuple[Run, ...]:
    told = [(character, next(faces)) for character in piece]
    parts = groupby(told, key=lambda each: each[1])
    return tuple(("".join(character for character, _ in part), second) for second, part in parts)


def _has(run: str, character: str) -> bool:
    """A mark without a letter before it would hang on a dotted circle."""
    return character in _khmer() or (character in _second() and not category(run[0]).startswith("M"))


@cache
def _khmer() -> frozenset[str]:
    return _repertoire(KHMER_FACES)


@cache
def _second() -> frozenset[str]:
    """Without what draws nothing."""
    return frozenset(each for each in _repertoire(SECOND_FACES) if category(each)[0] not in "CZ")


def _repertoire(files: tuple[str, ...]) -> frozenset[str]:
    """The characters that every one of the files can draw."""
    maps = (set(TTFont(TYPEFACES / file).getBestCmap()) for file in files)
    return frozenset(chr(code) for code in set.intersection(*maps) - _STANDS_FOR_SOMETHING_LOST)
