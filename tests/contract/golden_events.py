"""The golden events: one file for each event and version, written by hand, never changed once released."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "golden"
FILES = sorted(FOLDER.glob("*.json"))
NAMES = [file.stem for file in FILES]


def golden(name: str) -> dict[str, Any]:
    """A fresh copy of the golden event, such as `MissionClosed.v1`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_bytes())
    return found


def wire(event: Any) -> bytes:
    """JSON in the one form that comparisons are made in: sorted, compact, UTF-8."""
    return json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
