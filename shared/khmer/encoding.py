"""One order of code points for all that looks the same; the rules and their sources are in docs/khmer.md.

Unicode's own normal forms leave Khmer as it was typed, and keyboards take the marks of a syllable in many orders.
Some of these print a dotted circle; the others look right and are not found again.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from shared.khmer import signs
from shared.khmer.signs import COENG

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Joiners, word breaks, soft hyphens, marks of direction, variation selectors, Khmer's two inherent vowels."""
_DISCOURAGED: Final = {
    "\u17a3": "\u17a2",
    "\u17a4": "\u17a2\u17b6",
    "\u17a8": "\u17a7\u1780",
    "\u17d8": "\u17d4\u179b\u17d4",
}
"""Characters that Unicode advises against, and what it advises instead."""
_REPLACED: Final = re.compile(f"[{''.join(_DISCOURAGED)}]")
_TORN_COENG: Final = re.compile(f"{COENG}[{COENG}\u17dd]+")
"""Doubled, or parted from its letter by NFC, which puts it before an ATTHACAN."""
_SPACE_BEFORE_REPETITION: Final = re.compile(f"(?<=[{signs.BASES}{signs.MARKS}])[ \u00a0\u202f]+(?=\u17d7)")
_NOT_KHMER: Final = re.compile(f"[^{signs.KHMER}]+")
_SYLLABLE: Final = re.compile(f"([{signs.BASES}])((?:{COENG}[{signs.BASES}]|[{signs.MARKS}])+)")
_PART: Final = re.compile(f"{COENG}?.", re.DOTALL)

_ORDER: Final = (
    signs.ROBAT,
    COENG,
    COENG + signs.RO,
    signs.SHIFTERS,
    signs.PRE_VOWELS,
    signs.BELOW_VOWELS,
    signs.ABOVE_VOWELS,
    signs.AA,
    signs.SIGNS,
    signs.FINALS,
)
_RANK: Final = {sign: rank for rank, group in enumerate(_ORDER) for sign in (group if COENG not in group else (group,))}
_SPLIT: Final = {signs.OO: {signs.E, signs.AA}, signs.OE: {signs.E, signs.II}}
_CONTAINED: Final = {**_SPLIT, signs.YA: {signs.E}, signs.IE: {signs.E}, signs.AU: {signs.E, signs.AA}}
"""Vowels of several strokes, and the vowels that are drawn as some of these."""
_PRESSING: Final = {*signs.ABOVE_VOWELS, signs.OE, signs.YA}
"""Below these a register shifter is drawn like the vowel U."""
_VOWELS_BUT_U: Final = {signs.AA, *signs.PRE_VOWELS, *signs.ABOVE_VOWELS, *signs.BELOW_VOWELS} - {signs.U}
_SHIFTED_BY_TRIISAP: Final = "\u179f\u17a0\u17a2"  # SA, HA, QA; all other letters by MUUSIKATOAN, if at all


def normalise(text: str) -> str:
    """The text with each Khmer syllable in its one order, and all else in NFC; normalising again changes nothing.

    What looks the same becomes the same, except for the subscripts DA and TA, which stay as written (`search_key`
    makes them one). Nothing visible goes but doubled marks and a space before `ៗ`; line ends and other spaces stay.
    """
    plain = _INVISIBLE.sub("", text)
    plain = _NOT_KHMER.sub(lambda found: unicodedata.normalize("NFC", found[0]), plain)
    plain = _REPLACED.sub(lambda found: _DISCOURAGED[found[0]], plain)
    plain = _TORN_COENG.sub(lambda found: "\u17dd" * ("\u17dd" in found[0]) + COENG, plain)
    return _SPACE_BEFORE_REPETITION.sub("", in_each_syllable(plain, _one_order))


Change: TypeAlias = Callable[[str, list[str]], list[str]]


def in_each_syllable(text: str, change: Change) -> str:
    """Let `change` make new parts of each syllable: it gets the letter and its marks, a coeng with its subscript."""
    return _SYLLABLE.sub(lambda found: _changed(found[1], found[2], change), text)


@lru_cache(maxsize=8192)  # Khmer writes some thousands of syllables, and the same few hundred nearly always
def _changed(letter: str, marks: str, change: Change) -> str:
    return letter + "".join(change(letter, _PART.findall(marks)))


def _one_order(letter: str, parts: list[str]) -> list[str]:
    once = _shifted(letter, _composed(dict.fromkeys(parts)))
    return sorted(once, key=_place)


def _place(part: str) -> tuple[int, str]:
    """Subscripts keep the order in which they are written, and so read; other marks have an order of their own."""
    rank = _RANK.get(part, _RANK[COENG])
    return rank, "" if rank == _RANK[COENG] else part


def _composed(parts: dict[str, None]) -> dict[str, None]:
    """Vowels typed stroke by stroke become the whole one; strokes that a whole one holds already go."""
    for whole, strokes in _SPLIT.items():
        if strokes <= parts.keys():
            parts = {**_without(parts, strokes), whole: None}
    held = {stroke for whole in parts for stroke in _CONTAINED.get(whole, ())}
    return _without(parts, held)


def _shifted(letter: str, parts: dict[str, None]) -> dict[str, None]:
    """A register shifter below a vowel is drawn like U, and typed so; which shifter it is follows from the letter."""
    pressing = not _PRESSING.isdisjoint(parts) or {signs.AA, signs.NIKAHIT} <= parts.keys()
    shifter = signs.TRIISAP if letter in _SHIFTED_BY_TRIISAP else signs.MUUSIKATOAN
    if pressing and signs.U in parts:
        return {**_without(parts, {signs.U, *signs.SHIFTERS}), shifter: None}
    if pressing and letter in _SHIFTED_BY_TRIISAP and signs.MUUSIKATOAN in parts:
        return {**_without(parts, {signs.MUUSIKATOAN}), shifter: None}
    if signs.MUUSIKATOAN in parts and signs.NIKAHIT in parts and _VOWELS_BUT_U.isdisjoint(parts):
        return {**_without(parts, {signs.MUUSIKATOAN}), signs.U: None}
    return parts


def _without(parts: dict[str, None], gone: set[str]) -> dict[str, None]:
    return {part: None for part in parts if part not in gone}
