"""Where lines may break, and what cannot be printed."""

import pickle
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.issuer.letter.words import UnprintableText, clean, segments, unprintable

KHMER = st.text(
    st.sampled_from([chr(code) for code in range(0x1780, 0x17DA)]) | st.sampled_from(" .-()«»2Aa"), max_size=60
)


@given(KHMER)
def test_cutting_loses_and_adds_nothing(text: str) -> None:
    assert " ".join("".join(chunk) for chunk in segments(text)) == clean(text)


@given(KHMER)
def test_no_piece_starts_in_the_middle_of_a_syllable(text: str) -> None:
    for chunk in segments(text):
        for before, piece in pairwise(chunk):
            if len(before) < 30:
                assert not unicodedata.category(piece[0]).startswith("M")
                assert before[-1] != "\u17d2"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ក្រសួងមុខងារសាធារណៈ", ("ក្រសួង", "មុខងារ", "សាធារណៈ")),
        ("ផ្សេងៗទៀត។", ("ផ្សេងៗ", "ទៀត។")),
        ("«ដើម្បីអនុវត្ត»", ("«ដើម្បី", "អនុវត្ត»")),
        ("2A-1234", ("2A-1234",)),
        ("ឆ្នាំ២០១៦", ("ឆ្នាំ២០១៦",)),
    ],
)
def test_words_stay_whole_and_marks_stay_with_them(text: str, pieces: tuple[str, ...]) -> None:
    assert segments(text) == (pieces,)


def test_a_word_too_long_for_a_column_is_cut() -> None:
    assert segments("OTTAMSOVANNARATANAK", 14) == (("OTTAMSOVANNARA", "TANAK"),)
    khmer = segments("ស្ត្រី" * 6, 14)[0]
    assert "".join(khmer) == "ស្ត្រី" * 6
    assert max(map(len, khmer)) <= 14
    assert all(piece.startswith("ស") for piece in khmer)


def test_invisible_marks_and_stray_spaces_go() -> None:
    assert clean(" រដ្ឋ\u200bបាល\n\tថ្មី\u00a0– “ក” ") == 'រដ្ឋបាល ថ្មី - "ក"'


def test_characters_without_a_shape_are_named_once_each_in_order() -> None:
    assert unprintable("ទៅ 😀 北京 😀 café") == ["😀", "北", "京", "é"]
    assert unprintable("លេខ ៩៩៦ (HRMIS) «ក» 2A-1234") == []


def test_control_characters_cannot_be_printed() -> None:
    assert unprintable("ក\x00ខ\u202eគ") == ["\x00"]
    assert clean("ក\u202eគ") == "កគ"


def test_the_error_survives_the_way_between_processes() -> None:
    error = UnprintableText(["中"])
    copy = pickle.loads(pickle.dumps(error))
    assert copy.characters == ["中"]
    assert str(copy) == str(error) == "the letter's fonts lack U+4E2D"
