"""Every sentence a person can read stands in the Khmer catalogue, with the same blanks to fill."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
KHMER = re.compile(r"[\u1780-\u17ff]")
BLANK = re.compile(r"\{(\w+)\}")
FOLDERS = ("shared", "services/issuer", "services/notifier", "services/archive")
# Texts in code are marked by `message(…)`, in templates by `t(…)`.
METHODS = [("**.py", "python"), ("**.html", "jinja2")]


def written(folder: str) -> set[str]:
    """The English sentences in the code and the templates of a folder."""
    found = extract_from_dir(str(ROOT / folder), method_map=METHODS, keywords={"message": None, "t": None})
    return {text for _, _, text, _, _ in found if isinstance(text, str)}


def translated(folder: str) -> dict[str, str]:
    """The folder's catalogue, English to Khmer."""
    with (ROOT / folder / "locale" / "km.po").open("rb") as file:
        return {entry.id: str(entry.string) for entry in read_po(file) if isinstance(entry.id, str) and entry.id}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_sentence_has_its_khmer(folder: str) -> None:
    texts = written(folder)
    assert texts, "the extractor found nothing: has the marker changed?"
    known = {**translated("shared"), **translated(folder)}
    assert sorted(texts - known.keys()) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_translations_are_khmer_and_fill_the_same_blanks(folder: str) -> None:
    for english, khmer in translated(folder).items():
        assert KHMER.search(khmer), english
        assert set(BLANK.findall(english)) == set(BLANK.findall(khmer)), english


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_translation_is_left_over(folder: str) -> None:
    assert sorted(translated(folder).keys() - written(folder)) == []
