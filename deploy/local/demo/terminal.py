"""What of the demo's processes a person sees: the story, line by line; the rest goes to a log file for each."""

import sys
from pathlib import Path

import click
from honcho.printer import Message, Printer

STORY = "story"
OTHERS = "processes"
"""The log of what starts and stops, beside those of the processes themselves."""


class Terminal(Printer):  # type: ignore[misc]  # honcho has no types
    """Lets the story through as it is, and keeps what the others write; `verbose` shows that as well."""

    def __init__(self, folder: Path, verbose: bool) -> None:
        super().__init__(sys.stdout)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._verbose = verbose

    def write(self, message: Message) -> None:
        """One line of a process; honcho's own lines are those of `system`."""
        if message.name == STORY:
            click.echo(_bytes(message).decode(errors="replace"), nl=False, color=True)
            return
        name = OTHERS if message.name in (None, "", "system") else message.name
        with (self.folder / f"{name}.log").open("ab") as log:
            log.write(_bytes(message))
        if self._verbose:
            super().write(message)


def _bytes(message: Message) -> bytes:
    return message.data if isinstance(message.data, bytes) else str(message.data).encode()
