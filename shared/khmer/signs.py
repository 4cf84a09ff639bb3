"""The characters of the Khmer block by what they do in a syllable, fit for sets and for brackets in expressions.

Source: The Unicode Standard, chapter 16.4 (Khmer); names are its names.
"""

from typing import Final

COENG: Final = "\u17d2"
"""Makes the letter after it a subscript."""
RO: Final = "\u179a"
NIKAHIT: Final = "\u17c6"
MUUSIKATOAN: Final = "\u17c9"
TRIISAP: Final = "\u17ca"
ROBAT: Final = "\u17cc"

AA: Final = "\u17b6"
II: Final = "\u17b8"
U: Final = "\u17bb"
OE: Final = "\u17be"
YA: Final = "\u17bf"
IE: Final = "\u17c0"
E: Final = "\u17c1"
OO: Final = "\u17c4"
AU: Final = "\u17c5"

BASES: Final = "\u1780-\u17a2\u17a5-\u17b3"
"""Consonants and independent vowels: what a syllable begins with, and what can stand below another."""
SHIFTERS: Final = f"{MUUSIKATOAN}{TRIISAP}"
PRE_VOWELS: Final = f"{OE}{YA}{IE}{E}\u17c2\u17c3{OO}{AU}"
"""Vowels with a part to the left of the letter, whatever else they have."""
BELOW_VOWELS: Final = f"{U}\u17bc\u17bd"
ABOVE_VOWELS: Final = f"\u17b7{II}\u17b9\u17ba"
SIGNS: Final = f"{NIKAHIT}\u17cb\u17cd\u17ce\u17cf\u17d0\u17d1"
"""Marks above the vowel. ATTHACAN and BATHAMASAT are drawn after the syllable, with the finals."""
FINALS: Final = "\u17c7\u17c8\u17d3\u17dd"
MARKS: Final = "\u17b6-\u17d1\u17d3\u17dd"
"""Every mark that belongs to a letter, but for the coeng, which comes in a pair with its subscript."""

KHMER: Final = "\u1780-\u17ff"
"""The whole block."""
