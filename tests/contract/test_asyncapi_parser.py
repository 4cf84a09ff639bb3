"""The AsyncAPI document as the AsyncAPI Initiative's own parser reads it."""

import copy
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.asyncapi import document

HERE = Path(__file__).parent / "asyncapi"


@pytest.fixture(scope="session")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parser's command, installed once for the session."""
    folder = tmp_path_factory.mktemp("asyncapi_parser")
    for name in ("package.json", "check.mjs"):
        shutil.copy(HERE / name, folder)
    npm = shutil.which("npm") or "npm"
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=100)
    return folder / "check.mjs"


def findings(parser: Path, *documents: object) -> list[list[str]]:
    files = []
    for number, content in enumerate(documents):
        file = parser.parent / f"document{number}.json"
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        files.append(str(file))
    done = subprocess.run(["node", str(parser), *files], cwd=parser.parent, check=True, capture_output=True, timeout=60)
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_the_parser_finds_nothing_to_correct_and_something_in_a_broken_document(parser: Path) -> None:
    dangling = document()
    dangling["channels"]["events"]["messages"]["Nothing"] = {"$ref": "#/components/messages/Nothing"}
    untyped = copy.deepcopy(document())
    untyped["components"]["schemas"]["Order"]["type"] = "mission"

    good, no_such_message, no_such_type = findings(parser, document(), dangling, untyped)

    assert good == []
    assert any("invalid-ref" in finding for finding in no_such_message)
    assert no_such_type
