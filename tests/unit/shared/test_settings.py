"""Settings: read once, from the environment or from secret files; what is wrong is named, and no value shown."""

from pathlib import Path

import pytest

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
