"""Where lines may break, and what cannot be printed."""

import pickle
import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from services.issuer.letter.typefaces import KHMER_FACES, SECOND_FACES, runs
from services.issuer.letter.words import UnprintableText, clean, segments, unprintable
from shared.typefaces import TYPEFACES

ROOT = Path(__file__).parents[3]
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
    assert clean(" រដ្ឋ\u200bបាល\n\tថ្មី\u00a0– “ក” ") == "រដ្ឋបាល ថ្មី – “ក”"


def test_characters_without_a_shape_are_named_once_each_in_order() -> None:
    assert unprintable("ទៅ 😀 北京 😀 café →") == ("😀", "北", "京", "→")
    assert unprintable("លេខ ៩៩៦ (HRMIS) «ក» 2A-1234") == ()


@pytest.mark.parametrize(
    "text",
    ["Université de Liège", "« 5 • é »…", "2016–2020 — “ក” ‘ខ’", "Đà Nẵng, Łódź, Ọ̀yọ́", "№ 5 ½ €", "Москва", "Αθήνα"],
)
def test_names_and_signs_of_other_languages_can_be_printed(text: str) -> None:
    assert unprintable(text) == ()


@pytest.mark.parametrize("text", ["ក\u0300", "5\u20d0", "\u0300", "a \u0301", "\ufffd", "\ufffc"])
def test_marks_on_nothing_and_signs_of_what_was_lost_cannot_be_printed(text: str) -> None:
    assert unprintable(text) == (text[-1],)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("Université",), ((("Université", True),),)),
        (("Universite",), ((("Universite", False),),)),
        (("UNIVERSIT", "É"), ((("UNIVERSIT", True),), (("É", True),))),
        (("d'État", "ក"), ((("d'", False), ("État", True)), (("ក", False),))),
        (("2016–2020",), ((("2016", False), ("–", True), ("2020", False)),)),
        (("កLiègeខ",), ((("ក", False), ("Liège", True), ("ខ", False)),)),
    ],
)
def test_a_word_is_printed_in_one_face(pieces: tuple[str, ...], expected: object) -> None:
    assert runs(pieces) == expected


@given(KHMER | st.text(max_size=40))
def test_each_run_is_printed_by_the_face_it_is_given_to(text: str) -> None:
    if unprintable(text):
        return
    for pieces in segments(text):
        for piece, parts in zip(pieces, runs(pieces), strict=True):
            assert "".join(written for written, _ in parts) == piece
            assert all(set(map(ord, written)) <= coverage(second) for written, second in parts)


@cache
def coverage(second: bool) -> set[int]:
    files = SECOND_FACES if second else KHMER_FACES
    return set.intersection(*(set(TTFont(TYPEFACES / file).getBestCmap()) for file in files))


@pytest.mark.parametrize("sheet", ["services/archive/web/static/archive.css", "deploy/local/telegram/static/page.css"])
def test_pages_show_all_that_the_second_face_prints(sheet: str) -> None:
    ranges = re.findall(r'"Noto Serif";[^}]*unicode-range: ([^;]+);', (ROOT / sheet).read_text())
    assert len(ranges) == len(SECOND_FACES)
    named = [range_.removeprefix("U+").split("-") for range_ in ranges[0].split(", ")]
    shown = {code for ends in named for code in range(int(ends[0], 16), int(ends[-1], 16) + 1)}
    printed = {code for code in coverage(True) - coverage(False) if not unprintable(chr(code))} - set(b"\n\r\t ")
    assert len(printed) > 2_000
    assert {code for code in printed if clean(chr(code))} <= shown


def test_control_characters_cannot_be_printed() -> None:
    assert unprintable("ក\x00ខ\u202eគ") == ("\x00",)
    assert clean("ក\u202eគ") == "កគ"


def test_the_error_survives_the_way_between_processes() -> None:
    error = UnprintableText(["中"])
    copy = pickle.loads(pickle.dumps(error))
    assert copy.characters == ("中",)
    assert str(copy) == str(error) == "the letter's fonts lack U+4E2D"
