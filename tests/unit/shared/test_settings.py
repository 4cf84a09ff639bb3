"""Settings: read once, from the environment or from secret files; what is wrong is named, and no value shown."""

from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError

from services.archive.settings import ArchiveSettings
from services.issuer.settings import IssuerSettings
from services.notifier.settings import NotifierSettings
from shared.settings import ServiceSettings, read

SECRET = "redis://:kept-to-oneself@127.0.0.1/0"
NEEDED = {"DATABASE_URL": "postgresql://u:kept-to-oneself@127.0.0.1/db", "REDIS_URL": SECRET, "DOCUMENTS_DIR": "docs"}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without our variables."""
    for name in (*ServiceSettings.model_fields, "secrets_dir"):
        monkeypatch.delenv(name.upper(), raising=False)


def give(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in {**NEEDED, **values}.items():
        monkeypatch.setenv(name, value)


def refusal() -> str:
    with pytest.raises(SystemExit) as end:
        read(ServiceSettings)
    assert "kept-to-oneself" not in str(end.value)
    assert "ការកំណត់" in str(end.value)
    return str(end.value)


def test_what_is_missing_is_named() -> None:
    said = refusal()
    for name in NEEDED:
        assert f"  {name}: " in said
    assert "PORT" not in said


def test_an_empty_value_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, REDIS_URL="", PORT="", LOG_LEVEL="")
    said = refusal()
    assert "REDIS_URL" in said
    assert "PORT" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "kept-to-oneself"),
        ("PORT", "70000"),
        ("LOG_LEVEL", "kept-to-oneself"),
        ("LOG_FORMAT", "kept-to-oneself"),
        ("POOL_SIZE", "1"),
        ("MAX_DELIVERIES", "0"),
        ("REDELIVER_AFTER_MS", "5"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    give(monkeypatch, **{name: value})
    assert f"  {name}: " in refusal()


def test_secrets_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    give(monkeypatch, SECRETS_DIR=str(tmp_path))
    monkeypatch.delenv("REDIS_URL")
    (tmp_path / "redis_url").write_text(SECRET + "\n")
    (tmp_path / "database_url").write_text("the environment wins")
    settings = read(ServiceSettings)
    assert settings.redis_url.get_secret_value() == SECRET
    assert settings.database_url.get_secret_value() == NEEDED["DATABASE_URL"]


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_a_secrets_folder_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / kind
    if kind == "file":
        folder.write_text("")
    give(monkeypatch, SECRETS_DIR=str(folder))
    assert "SECRETS_DIR" in refusal()


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch)
    settings = read(ServiceSettings)
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "kept-to-oneself" not in shown
    assert settings.log_level == "INFO"


def _numbers() -> list[tuple[type[BaseModel], str]]:
    kinds: tuple[type[BaseModel], ...] = (ServiceSettings, IssuerSettings, NotifierSettings, ArchiveSettings)
    return [
        (kind, name) for kind in kinds for name, field in kind.model_fields.items() if field.annotation in (int, float)
    ]


def _refuses(kind: type[BaseModel], name: str, value: float) -> bool:
    try:
        kind.__pydantic_validator__.validate_python({name: value})
    except ValidationError as error:
        return any(problem["loc"] == (name,) for problem in error.errors())
    return False


@pytest.mark.parametrize(("kind", "name"), _numbers(), ids=lambda part: getattr(part, "__name__", part))
def test_every_number_is_bounded_on_both_sides(kind: type[BaseModel], name: str) -> None:
    bounds: list[Any] = kind.model_fields[name].metadata
    lowest: Any = next(each.ge if isinstance(each, Ge) else each.gt for each in bounds if isinstance(each, Ge | Gt))
    highest: Any = next(each.le if isinstance(each, Le) else each.lt for each in bounds if isinstance(each, Le | Lt))
    assert _refuses(kind, name, lowest - 1)
    assert not _refuses(kind, name, highest)
    assert _refuses(kind, name, highest + 1)
    assert _refuses(kind, name, float("inf"))
    assert _refuses(kind, name, float("nan"))
