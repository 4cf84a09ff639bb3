"""What looks the same becomes the same, and what would print a dotted circle is named: proved by real shaping.

Syllables are built from parts in their order, and shuffled into the others that keyboards allow.
"""

from functools import cache
from itertools import product

import pytest
import uharfbuzz
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.khmer import broken_words, legacy_words, normalise, search_key
from shared.khmer.signs import COENG, FINALS, ROBAT, SIGNS, TRIISAP
from shared.typefaces import TYPEFACES

CONSONANTS = [chr(code) for code in range(0x1780, 0x17A3)]
VOWELS = ["", "ា", "ិ", "ី", "ឹ", "ឺ", "ុ", "ូ", "ួ", "ើ", "ឿ", "ៀ", "េ", "ែ", "ៃ", "ោ", "ៅ"]
STROKES = {"ោ": ("េ", "ា"), "ើ": ("េ", "ី")}
MARKS = [chr(code) for code in (*range(0x17B6, 0x17D4), 0x17DD)]
ANY_KHMER = st.lists(
    st.sampled_from([*"កសបមរអឧ ៗ។\u200b\u17a3\u17a4\u17b4\u17d8", *MARKS, "្រ", "្ត", "្ដ"]), max_size=12
).map("".join)


@cache
def fonts() -> tuple[uharfbuzz.Font, ...]:
    names = ("Battambang-Regular.ttf", "Moul-Regular.ttf")
    return tuple(uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(TYPEFACES / name)))) for name in names)


def drawn(text: str, font: uharfbuzz.Font) -> tuple[tuple[int, int, int], ...]:
    """Which shapes stand where, whatever their order in the text."""
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.script, buffer.language, buffer.direction = "Khmr", "km", "ltr"
    uharfbuzz.shape(font, buffer)
    glyphs, at = [], 0
    for glyph, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        glyphs.append((glyph.codepoint, at + position.x_offset, position.y_offset))
        at += position.x_advance
    return tuple(sorted(glyphs))


def look(text: str) -> tuple[object, ...]:
    return tuple(drawn(text, font) for font in fonts())


def dotted(text: str) -> bool:
    return any(font.get_nominal_glyph(0x25CC) in {glyph for glyph, _, _ in drawn(text, font)} for font in fonts())


@st.composite
def syllables(draw: st.DrawFn) -> tuple[str, str]:
    """A syllable in its order, and the same parts in another that some keyboard gives."""
    letter = draw(st.sampled_from(CONSONANTS))
    robat = draw(st.sampled_from(["", "", "", ROBAT]))
    below = draw(st.sampled_from(["", "", COENG + draw(st.sampled_from(CONSONANTS))]))
    ro = "" if below.endswith("រ") else draw(st.sampled_from(["", "", COENG + "រ"]))
    vowel = draw(st.sampled_from(VOWELS))
    shifter = TRIISAP if letter in "សហអ" else draw(st.sampled_from(["", "៉"]))
    if vowel in {"ុ", "ូ"}:
        shifter = ""  # no word has both, and the first is what a shifter looks like
    sign = draw(st.sampled_from(["", "", *SIGNS]))
    if shifter == "៉" and not vowel and sign == "ំ":
        sign = ""  # drawn as ុំ
    final = draw(st.sampled_from(["", "", *FINALS]))
    typed = [robat, below, ro, shifter, *STROKES.get(vowel, (vowel,)), sign, final]
    shuffled = "".join(draw(st.permutations(typed)))
    return letter + robat + below + ro + shifter + vowel + sign + final, letter + shuffled


@given(st.lists(syllables(), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_a_syllable_typed_in_any_order_comes_in_its_one_order_and_prints_no_dotted_circle(
    typed: list[tuple[str, str]],
) -> None:
    right = "".join(ordered for ordered, _ in typed)
    assert normalise("".join(shuffled for _, shuffled in typed)) == normalise(right) == right
    assert not broken_words(right)
    assert not dotted(right)


@given(ANY_KHMER)
@settings(max_examples=200, deadline=None)
@example("ក្\u17dd្រ")
@example("ស៊ុី")
@example("\u17a4\u17b4\u17b6")
def test_normalising_again_changes_nothing_and_no_dotted_circle_goes_unnamed(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert search_key(search_key(text)) == search_key(text) == search_key(once)
    assert broken_words(text) or not any(dotted(word) for word in once.split())


@given(st.text(max_size=20))
@settings(max_examples=50, deadline=None)
def test_other_scripts_come_through_and_keys_are_stable(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert search_key(search_key(text)) == search_key(text) == search_key(normalise(text))


@pytest.mark.parametrize("letter", "កស")
def test_two_marks_that_look_the_same_are_the_same(letter: str) -> None:
    pairs = [letter + "".join(pair) for pair in product([*MARKS, "្រ", "្ត", "្យ"], repeat=2)]
    seen: dict[object, str] = {}
    for text in pairs:
        if not broken_words(text) and not dotted(text):
            assert seen.setdefault(look(text), search_key(text)) == search_key(text)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("មោ៉ង", "ម៉ោង"),
        ("ស្រ្តី", "ស្ត្រី"),
        ("ខ្ញំុ", "ខ្ញុំ"),
        ("កា្រ", "ក្រា"),
        ("កេា", "កោ"),
        ("កេី", "កើ"),
        ("ស៊្រុន", "ស្រ៊ុន"),
        ("សុើបអង្កេត", "ស៊ើបអង្កេត"),
        ("មុីន", "ម៉ីន"),
        ("ធ្ម៌", "ធ៌្ម"),
        ("កាា", "កា"),
        ("ក្្រ", "ក្រ"),
        ("ផ្សេង  ៗ", "ផ្សេងៗ"),
        ("ភ្នំ\u200bពេញ\u200d\ufeff\u00ad\u202c", "ភ្នំពេញ"),
        ("\u17a3\u17a4\u17a8\u17d8ក\u17b4", "អអាឧក។ល។ក"),
        ("បណ្ដុះបណ្ដាល", "បណ្ដុះបណ្ដាល"),
        ("Cafe\u0301\n  ក", "Café\n  ក"),
    ],
)
def test_words(typed: str, right: str) -> None:
    assert normalise(typed) == right


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("បណ្ដុះបណ្ដាល", "បណ្តុះបណ្តាល"),
        ("ឲ្យ", "ឱ្យ"),
        ("លេខ ០២៧", "លេខ 027"),
        ("រាជធានី ភ្នំពេញ", "រាជធានីភ្នំពេញ"),
        ("Médecins  sans Frontières", "medecins SANS frontieres"),
        ("មោ៉ង\u200b", "ម៉ោង"),
        ("2016–2020", "២០១៦-២០២០"),
    ],
)
def test_found_whichever_way_it_is_written(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("សាលាខេត្តសៀមរាប", ()),
        ("ាក និង ក្", ("ាក", "ក្")),
        ("កិី ល្អ កិី", ("កិី",)),
        ("៉ោង 5់ a់", ("៉ោង", "5់", "a់")),
        ("◌ា", ("◌ា",)),
    ],
)
def test_words_that_print_a_dotted_circle_are_named(text: str, words: tuple[str, ...]) -> None:
    assert broken_words(text) == words


def test_a_long_run_is_named_by_the_part_around_the_fault() -> None:
    run = "ក្រសួងមុខងារសាធារណៈ" * 3
    (named,) = broken_words(f"{run}កិី{run}")
    assert "កិី" in named
    assert len(named) < 40
    assert not broken_words(named.replace("កិី", "កី"))


@pytest.mark.parametrize(
    "text",
    [
        "RksYgmuxgarsaFarN³",
        "salaextþesomrab",
        "mnÞIr",
        "salaRkug",
        "kal½y",
        "fvikarbs;RksYg",
        "GKÁnaykdæan",
        "sux vNÑa",
    ],
)
def test_text_for_an_old_font_is_seen(text: str) -> None:
    assert legacy_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "UNDP Cambodia, GIZ GmbH, McKinsey & Company, PricewaterhouseCoopers, YouTube, iPhone",
        "Médecins Sans Frontières, São Paulo, Société d'Énergie, ÉCOLE, Đà Nẵng, Łódź, Straße, O'Brien",
        "500 km², 5½ years, 10°C, No. 123/MCS, someone@example.org, Toyota HiAce, 2AB-1234, MacArthur",
        "សាលាខេត្តសៀមរាប",
    ],
)
def test_names_in_other_languages_are_not_taken_for_an_old_font(text: str) -> None:
    assert legacy_words(text) == ()
