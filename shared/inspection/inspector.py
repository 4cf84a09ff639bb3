"""Looks at files from strangers, and makes copies of them to look at, without ever opening one in this process."""

import asyncio
import hashlib
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from shared.documents import UnusableFile, describe
from shared.filetypes import MAX_BYTES, media_type_of
from shared.inspection.helper import Ended, Helper
from shared.inspection.kept import Kept
from shared.inspection.opening import Answer
from shared.inspection.turns import Turns
from shared.values import DocumentRef

log = structlog.get_logger()


@dataclass(frozen=True)
class Copy:
    """A copy of a picture, made for looking at."""

    media_type: str
    content: bytes


class Inspector:
    """Opens files in `workers` processes at a time, one file of each person; an async context manager.

    What is found is kept in `folder`, by the file's hash: the same file is opened once, whoever sends it and however
    often. Never to be awaited while a database connection is held.
    """

    def __init__(self, folder: Path, workers: int = 2, waiting: int = 20) -> None:
        self._kept = Kept(folder)
        self._turns = Turns(workers, waiting)
        self._helper = Helper()
        self._under_way: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._under_way.values():
            task.cancel()
        await self._helper.close()

    async def inspect(self, content: bytes, name: str, person: str) -> DocumentRef:
        """Describe a file by what it holds. `person` is in whose name it is opened, whose turn is waited for.

        Raises `UnusableFile`, with a code and a sentence for each reason, `TooManyFiles`, and `HelperDown`.
        """
        if refusal := _at_a_glance(content):
            raise UnusableFile(refusal)
        found, _ = await self._answer("look", content, person)
        return describe(content, str(found["media_type"]), name)

    def known(self, sha256: str) -> str | None:
        """The media type of a file that was looked at and found good; None for any other, unlooked."""
        answer = self._kept.get("look", sha256)
        return None if answer is None or "refused" in answer[0] else str(answer[0]["media_type"])

    async def thumbnail(self, content: bytes, person: str) -> Copy:
        """A picture as a small JPEG. Raises as `inspect`."""
        return await self._copy("thumbnail", content, person)

    async def shown(self, content: bytes, person: str) -> Copy:
        """A picture as every browser shows it: a JPEG, or a PDF of several pages. Raises as `inspect`."""
        return await self._copy("shown", content, person)

    async def _copy(self, task: str, content: bytes, person: str) -> Copy:
        found, made = await self._answer(task, content, person)
        return Copy(str(found["media_type"]), made)

    async def _answer(self, task: str, content: bytes, person: str) -> Answer:
        sha256 = await asyncio.to_thread(_hash, content)
        answer = await asyncio.to_thread(self._kept.get, task, sha256)
        if answer is None:
            answer = await self._once((task, sha256), self._open(task, sha256, content, person))
        if "refused" in answer[0]:
            raise UnusableFile(str(answer[0]["refused"]))
        return answer

    async def _once(self, key: tuple[str, str], work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do the work, or wait for who does it already; it goes on where nobody waits for it any more."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(work)
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        else:
            work.close()
        return await asyncio.shield(task)

    def _forget(self, key: tuple[str, str], done: asyncio.Task[Answer]) -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # whoever still waits has it

    async def _open(self, task: str, sha256: str, content: bytes, person: str) -> Answer:
        async with self._turns.of(person):
            try:
                answer = await self._helper.ask(task, content)
            except Ended as ended:
                log.warning("inspection.ended", task=task, sha256=sha256, signal=ended.number)
                answer = {"refused": "document_costly"}, b""
                if not ended.by_the_file:
                    return answer
        await asyncio.to_thread(self._kept.put, task, sha256, answer)
        return answer


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _at_a_glance(content: bytes) -> str | None:
    """The code of a refusal for which nothing needs to be opened."""
    if not content:
        return "document_empty"
    if len(content) > MAX_BYTES:
        return "document_too_large"
    return None if media_type_of(content) else "document_type"
