"""The travellers' phones: they hand a return in through the sandbox, again and again until it is at GDAF."""

import asyncio
import time
from typing import Any
from uuid import UUID

import httpx

from tests.chaos import papers
from tests.chaos.desk import GaveUp
from tests.chaos.people import Traveller
from tests.chaos.place import Place
from tests.chaos.watch import ReturnStatus, Watch

TRY_AGAIN = 12.0
PRESS_AGAIN = 4.0
LOOK_SECONDS = 0.5
LATEST = 40
"""How many of a chat's latest messages a person looks through for the button."""


class Phone:
    """One traveller's Telegram. `patience`: seconds until handing in is given up."""

    def __init__(self, place: Place, watch: Watch, http: httpx.AsyncClient, patience: float) -> None:
        self._place = place
        self._watch = watch
        self._http = http
        self._patience = patience

    async def hand_in(self, who: Traveller, mission: UUID, earlier: set[UUID]) -> UUID:
        """Reply with photographs and press the button; the return's id, other than `earlier`. Raises `GaveUp`."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            standing = self._standing(mission)
            await self._reply(who, standing)
            try:
                return await self._press_until_returned(who, mission, standing, earlier)
            except GaveUp:
                continue
        raise GaveUp(f"the return of mission {who.index} was not received")

    def _standing(self, mission: UUID) -> ReturnStatus | None:
        """Where the announcement can be replied to; nowhere if nobody knows, or if its group is another one now."""
        standing = self._watch.seen.announced.get(mission)
        return None if standing is None or self._place.now_chat(standing.chat) != standing.chat else standing

    async def _reply(self, who: Traveller, standing: ReturnStatus | None) -> None:
        form = {"user": str(who.user), "text": papers.report()}
        photos = papers.photos(who.index)
        if standing is not None:
            reply = form | {"reply_to": str(standing.message)}
            await self._sandbox(f"/chats/{standing.chat}/messages", data=reply, files=photos)
        else:  # the private chat takes it, as there is one order only
            await self._sandbox(f"/chats/{who.user}/messages", data=form, files=photos)

    async def _press_until_returned(
        self, who: Traveller, mission: UUID, standing: ReturnStatus | None, earlier: set[UUID]
    ) -> UUID:
        chat = who.user if standing is None else standing.chat
        deadline = time.monotonic() + TRY_AGAIN
        pressed = 0.0
        while time.monotonic() < deadline:
            if (found := self._watch.seen.returns.get(mission)) is not None and found not in earlier:
                return found
            if time.monotonic() - pressed > PRESS_AGAIN and (button := await self._button(chat, mission)):
                message, data = button
                await self._sandbox(
                    f"/chats/{chat}/messages/{message}/press", json={"user": who.user, "button": data, "wait": 0}
                )
                pressed = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)
        raise GaveUp("the return")

    async def _button(self, chat: int, mission: UUID) -> tuple[int, str] | None:
        wanted = {f"h:{draft}" for draft in self._watch.seen.drafts.get(mission, [])}
        if not wanted:
            return None
        url = f"{self._place.sandbox_url}/control/chats/{chat}/messages"
        for message in reversed((await self._http.get(url, params={"latest": LATEST})).json()):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button.get("callback_data") in wanted:
                        return message["message_id"], button["callback_data"]
        return None

    async def _sandbox(self, path: str, **kwargs: Any) -> None:
        """What cannot be done at this moment (the group has just changed) is done again by the next turn."""
        answer = await self._http.post(f"{self._place.sandbox_url}/control{path}", **kwargs)
        if answer.status_code != 400:
            answer.raise_for_status()
