"""The parameters of one call, whichever way they came: everything is text until a method asks for more."""

import json
from dataclasses import dataclass, field

from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.model import Json

NOT_UTF8 = "strings must be encoded in UTF-8"


@dataclass(frozen=True)
class Upload:
    """One uploaded file of a multipart body."""

    name: str
    data: bytes = field(repr=False)


@dataclass
class Params:
    """Text values by name, and uploads by the name of their part."""

    values: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The value as sent, or `default`."""
        return self.values.get(name, default)

    def flag(self, name: str) -> bool:
        """True for what Telegram takes as true."""
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def integer(self, name: str, default: int = 0) -> int:
        """The whole number, or `default` where there is none."""
        try:
            return int(self.text(name).strip())
        except ValueError:
            return default

    def list_of(self, name: str, problem: str) -> list[Json] | None:
        """A JSON array of objects, None when absent; raises 400 with `problem` for anything else."""
        value = self._json(name, problem)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise bad_request(problem)
        return value

    def object_of(self, name: str, problem: str) -> Json | None:
        """A JSON object, None when absent; raises 400 with `problem` for anything else."""
        value = self._json(name, problem)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise bad_request(problem)
        return value

    def strings(self, name: str) -> list[str] | None:
        """A JSON array of texts, None when absent or not understood, as Telegram does for allowed_updates."""
        try:
            value = json.loads(self.text(name))
        except ValueError:
            return None
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else None

    def _json(self, name: str, problem: str) -> object:
        raw = self.text(name)
        if not raw.strip():
            return None
        try:
            value: object = json.loads(raw)
        except ValueError as exc:
            raise bad_request(problem) from exc
        if broken(json.dumps(value, ensure_ascii=False)):
            raise bad_request(NOT_UTF8)
        return value


def broken(text: str) -> bool:
    """Whether half of a surrogate pair stands alone in it, which no UTF-8 can carry."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def as_text(value: object) -> str:
    """A JSON value as the text that a form would have carried."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
