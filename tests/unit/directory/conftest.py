import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from services.issuer.directory import Directory, DirectoryErrors, FieldError, read

SAMPLES = Path(__file__).parents[3] / "deploy" / "local" / "samples"

Edit = Callable[[str, str, str], None]


@pytest.fixture
def today() -> date:
    return date(2026, 3, 2)


@pytest.fixture(scope="session")
def mcs() -> Directory:
    return read(SAMPLES / "mcs")


@pytest.fixture(scope="session")
def dfr() -> Directory:
    return read(SAMPLES / "dfr")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample ministry, to be spoilt."""
    return Path(shutil.copytree(SAMPLES / "mcs", tmp_path / "mcs"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replaces the one place in a file where a text stands."""

    def replace(file: str, old: str, new: str) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8", newline="")

    return replace


@pytest.fixture
def errors(folder: Path) -> Callable[[], list[FieldError]]:
    def found() -> list[FieldError]:
        with pytest.raises(DirectoryErrors) as caught:
            read(folder)
        return list(caught.value.errors)

    return found
