"""One spelling in every text that people read: subscript ដ, not ត, in these words, as the dictionary has them."""

import re
from pathlib import Path

import pytest

from shared.khmer import broken_words, normalise

ROOT = Path(__file__).parents[2]
OTHERWISE = re.compile("ផ្ត|ស្តី|ក្តី|ប្តូរ|បណ្តោះ|បណ្តុះ|បណ្តាល")
"""For ផ្ដល់ ផ្ដើម ស្ដី សេចក្ដី ប្ដូរ បណ្ដោះ បណ្ដុះ បណ្ដាល; `search_key` finds both."""
READ = {".po", ".py", ".html", ".typ", ".csv", ".md"}
FOLDERS = ("services", "shared", "deploy", "docs")
RUN = re.compile("[\u1780-\u17ff\u200b-\u200d]+")
ABOUT_THIS = {ROOT / "docs" / "khmer.md"}
TEXTS = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in READ]


def where(path: Path, at: str) -> str:
    return f"{path.relative_to(ROOT)}: {at}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_one_spelling(folder: str) -> None:
    texts = [path for path in TEXTS if path.is_relative_to(ROOT / folder) and path not in ABOUT_THIS]
    lines = [(path, line) for path in texts for line in path.read_text(encoding="utf-8").splitlines()]
    assert [where(path, line.strip()) for path, line in lines if OTHERWISE.search(normalise(line))] == []


def test_our_own_texts_are_in_the_one_order() -> None:
    catalogues = [path for path in TEXTS if path.suffix in {".po", ".csv", ".html"}]
    runs = [(path, run) for path in catalogues for run in RUN.findall(path.read_text(encoding="utf-8"))]
    assert runs
    assert [where(path, run) for path, run in runs if normalise(run) != run or broken_words(run)] == []
