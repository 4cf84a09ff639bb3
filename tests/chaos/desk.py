"""The officers' client: every act goes to whichever replica of the issuer answers, as often as it takes."""

import asyncio
import time
from random import Random
from typing import Any

import httpx

from tests.chaos.place import Place

PAUSE_SECONDS = 0.2


class GaveUp(Exception):
    """Something was not seen in all the time that a person would wait."""


class Desk:
    """The issuer as its officers reach it. `patience`: seconds until one gives up."""

    def __init__(self, place: Place, http: httpx.AsyncClient, random: Random, patience: float) -> None:
        self._place = place
        self._http = http
        self._random = random
        self._patience = patience

    async def act(self, person: str, method: str, path: str, **kwargs: Any) -> Any:
        """The answer to an act, all of which may be sent again without harm. Raises `GaveUp`."""
        headers = {"Authorization": f"Bearer {self._place.keys[person]}", **kwargs.pop("headers", {})}
        replicas = self._place.of("issuer")
        self._random.shuffle(replicas)
        deadline, turn, last = time.monotonic() + self._patience, 0, ""
        while time.monotonic() < deadline:
            url = replicas[turn % len(replicas)].url + path
            try:
                answer = await self._http.request(method, url, headers=headers, **kwargs)
            except httpx.TransportError as error:
                last = repr(error)
            else:
                if answer.is_success:
                    return answer.json()
                last = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code < 500 and answer.status_code != 429:
                    raise GaveUp(f"{method} {path}: {last}")
            turn += 1
            await asyncio.sleep(PAUSE_SECONDS)
        raise GaveUp(f"{method} {path}: no answer but {last}")
