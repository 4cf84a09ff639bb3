"""What was found out about files, and the copies made of them, kept by the file's hash: nothing is opened twice."""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from shared.inspection.opening import Answer

EDITION = "1"
"""To be raised when files are judged, or copies made, in another way: then what was kept is made anew."""


class Kept:
    """A folder that may be deleted at any time: all in it can be made again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / EDITION

    def get(self, task: str, sha256: str) -> Answer | None:
        """What was found and made, or None."""
        with suppress(OSError, ValueError):
            head, made = self._path(task, sha256).read_bytes().split(b"\n", 1)
            found: dict[str, str | int] = json.loads(head)
            return found, made
        return None

    def put(self, task: str, sha256: str, answer: Answer) -> None:
        """Keep an answer; a full disk keeps none, and it is made again."""
        path, (found, made) = self._path(task, sha256), answer
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(json.dumps(found).encode() + b"\n" + made)
                os.replace(temporary, path)
            except OSError:
                Path(temporary).unlink(missing_ok=True)

    def _path(self, task: str, sha256: str) -> Path:
        return self._folder / task / sha256[:2] / sha256
