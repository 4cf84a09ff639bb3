"""The state on disk, so that a restart goes on where the sandbox stopped."""

import asyncio
import os
from pathlib import Path

from deploy.local.telegram.changes import Changes
from deploy.local.telegram.model import State, User

PAUSE = 0.2


class Snapshot:
    """One JSON file in `folder`, replaced as a whole; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "state.json" if folder else None

    def load(self, bot: User) -> State:
        """The saved state with the names of `bot`; a new one when none was saved or it was another bot's."""
        if self._path and self._path.exists():
            state = State.model_validate_json(self._path.read_bytes())
            if state.bot.id == bot.id:
                state.bot = bot
                return state
        return State(bot=bot)

    def save(self, state: State) -> None:
        """Writes the state."""
        if self._path:
            self._write(state.model_dump_json(exclude_defaults=True))

    async def keep(self, state: State, changes: Changes) -> None:
        """Saves after changes, at most once per pause, until cancelled."""
        saved = 0
        while self._path:
            await changes.after(saved)
            await asyncio.sleep(PAUSE)
            saved = changes.version
            self.save(state)

    def _write(self, text: str) -> None:
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_text(text)
            os.replace(fresh, self._path)
