"""What a change of the contract would break; `python -m tests.contract.growth` writes down the contract as it is."""

import json
from pathlib import Path
from typing import Any

from shared.asyncapi import payloads

FILE = Path(__file__).parent / "contract.json"
Schemas = dict[str, Any]
WORDS = ("title", "description")


def recorded() -> Schemas:
    """The contract as it was last written down."""
    found: Schemas = json.loads(FILE.read_bytes())
    return found


def breaks(old: Schemas, new: Schemas) -> list[str]:
    """Every way in which `new` takes back a promise of `old`: a reader or a writer of `old` would stumble over it.

    Only new values and new fields that may be absent are no break.
    """
    found: list[str] = []
    for name, schema in old.items():
        if name not in new:
            found.append(f"{name} is gone")
        else:
            found += [f"{name}{problem}" for problem in _of_value(schema, new[name])]
    return found


def _of_value(old: Schemas, new: Schemas) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    found = [f".{field} is gone" for field in before if field not in after]
    found += [
        f".{field} is another" for field in before if field in after and plain(before[field]) != plain(after[field])
    ]
    required = set(new.get("required", ())) ^ set(old.get("required", ()))
    found += [f".{field} is required by only one of the two" for field in sorted(required)]
    rest = (
        {key: value for key, value in plain(schema).items() if key not in {"properties", "required"}}
        for schema in (old, new)
    )
    return found if next(rest) == next(rest) else [*found, " is another"]


def plain(schema: Any) -> Any:
    """The schema without the words for people, which may change."""
    if isinstance(schema, dict):
        return {key: plain(value) for key, value in schema.items() if key not in WORDS or not isinstance(value, str)}
    return [plain(part) for part in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    FILE.write_text(
        json.dumps(plain(payloads()), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
