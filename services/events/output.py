"""How the commands about events print: lines for people, JSON for programs, and how far a long one has come."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from services.command import SERVICES

NOTHING = "គ្មានអ្វីទេ / nothing"
NO_SERVICE = "គ្មានសេវាឈ្មោះនេះទេ។ / There is no service {!r}; there are: {}."
LINE = 200
"""So many characters of a text of any length are shown where each thing has a line."""
as_json = click.option("--json", "in_json", is_flag=True, help="ជា JSON / as JSON")


class ServiceName(click.Choice[str]):
    """The name of a service; a wrong one is refused in both languages."""

    name = "service"

    def __init__(self) -> None:
        super().__init__(SERVICES)

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        """What is said of a name that no service has."""
        return NO_SERVICE.format(value, ", ".join(SERVICES))


service_name = ServiceName()


def text(value: object) -> str:
    """A value as it is shown, also within JSON: times in ISO 8601, bytes as text."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.isoformat() if isinstance(value, datetime) else str(value)


def one_line(words: str) -> str:
    """The words in one line of bounded length; an ellipsis stands for the rest."""
    joined = " ".join(words.split())
    return joined if len(joined) <= LINE else joined[: LINE - 1] + "…"


def dumps(found: object, indent: int | None = None) -> str:
    """The value as JSON, its Khmer readable."""
    return json.dumps(found, ensure_ascii=False, default=text, indent=indent)


def show(found: object, in_json: bool, lines: Iterable[str]) -> None:
    """Print what was found, or the lines that say the same."""
    click.echo(dumps(found) if in_json else "\n".join(lines))


@dataclass
class Listing:
    """A list printed one by one, as lines or as one JSON array, so that nothing has to be kept."""

    in_json: bool
    line: Callable[[dict[str, Any]], str]
    count: int = 0

    def extend(self, items: Iterable[dict[str, Any]]) -> None:
        """Print these too."""
        for item in items:
            if self.in_json:
                click.echo(f"{',' if self.count else '['}\n{dumps(item)}", nl=False)
            else:
                click.echo(self.line(item))
            self.count += 1


@contextmanager
def listing(in_json: bool, line: Callable[[dict[str, Any]], str]) -> Iterator[Listing]:
    """A list to print; where it is JSON, it ends well whatever happens."""
    listed = Listing(in_json, line)
    try:
        yield listed
    finally:
        if in_json:
            click.echo("\n]" if listed.count else "[]")


@contextmanager
def progress(length: int, in_json: bool) -> Iterator[Callable[[int], None]]:
    """Gives a function that moves a bar on the terminal on; where nobody watches, there is none."""
    hidden = in_json or not sys.stderr.isatty()
    with click.progressbar(length=length, file=sys.stderr, hidden=hidden) as bar:
        yield bar.update
