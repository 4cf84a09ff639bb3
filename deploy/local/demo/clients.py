"""How the story talks to the services: only over HTTP, as people and other systems would."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from deploy.local.demo.plan import Plan

Found = TypeVar("Found")
PATIENCE_SECONDS = 120.0
Photos = list[tuple[str, tuple[str, bytes, str]]]


class StepFailed(Exception):
    """A step of the story was not seen; the message says which and what was there instead."""


async def until(what: str, look: Callable[[], Awaitable[Found | None]], seconds: float = PATIENCE_SECONDS) -> Found:
    """Look again and again until something is found. Raises `StepFailed` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if (found := await look()) is not None:
                return found
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)
    raise StepFailed(f"{what}: not seen within {seconds:.0f} s")


async def insist(
    what: str, act: Callable[[], Awaitable[object]], look: Callable[[], Awaitable[Found | None]], tries: int = 4
) -> Found:
    """Do something, and do it again where nothing comes of it, as a person would. Raises `StepFailed`."""
    for _ in range(tries):
        await act()
        try:
            return await until(what, look, PATIENCE_SECONDS / tries)
        except StepFailed:
            continue
    raise StepFailed(f"{what}: not seen in {tries} tries")


class Clients:
    """HTTP clients for the issuer (as each person), the archive and the sandbox."""

    def __init__(self, plan: Plan, keys: dict[str, str]) -> None:
        self._http = httpx.AsyncClient(timeout=20)
        self._keys = keys
        self.issuer = f"http://127.0.0.1:{plan.issuer}"
        self.archive = f"http://127.0.0.1:{plan.archive}"
        self.notifier = f"http://127.0.0.1:{plan.notifier}"
        self.telegram = f"http://127.0.0.1:{plan.telegram}"
        self._viewer = {"Authorization": f"Bearer {plan.viewer_key}"}

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ready(self, base: str) -> bool | None:
        """True once a service says that it is ready, else None."""
        return True if (await self._http.get(f"{base}/readyz")).status_code == 200 else None

    async def as_person(self, person: str, method: str, path: str, **kwargs: Any) -> Any:
        """The issuer's answer to a person, as JSON. Raises `StepFailed` with the problem's title."""
        headers = {"Authorization": f"Bearer {self._keys[person]}", **kwargs.pop("headers", {})}

        async def answered() -> httpx.Response | None:
            answer = await self._http.request(method, self.issuer + path, headers=headers, **kwargs)
            return None if answer.status_code == 503 else answer

        # Every act can be sent again without harm, so a service that is away for a moment is waited for.
        return _json(await until(f"an answer to {method} {path}", answered))

    async def letter(self, person: str, mission_id: str) -> bytes:
        """The letter's bytes."""
        headers = {"Authorization": f"Bearer {self._keys[person]}"}
        answer = await self._http.get(f"{self.issuer}/missions/{mission_id}/letter", headers=headers)
        return answer.raise_for_status().content

    async def archived(self, mission_id: str) -> dict[str, Any] | None:
        """The archive's file of the mission, or None while it has none."""
        answer = await self._http.get(f"{self.archive}/missions/{mission_id}.json", headers=self._viewer)
        return None if answer.status_code == 404 else _json(answer)

    async def sandbox(self, method: str, path: str, **kwargs: Any) -> Any:
        """The sandbox's control interface: acting as a member of a chat."""
        return _json(await self._http.request(method, f"{self.telegram}/control{path}", **kwargs))

    async def say(self, chat: int, form: dict[str, str], photos: Photos) -> Any:
        """Post an album with a caption as a member of the chat."""
        return await self.sandbox("POST", f"/chats/{chat}/messages", data=form, files=photos)


def _json(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json()
    raise StepFailed(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:600]}")
