"""The cells of one line as values. What is wrong goes to the log, and a harmless value stands in for it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from services.issuer.directory.errors import Code, FieldError
from services.issuer.directory.tables import Line
from services.issuer.letter.words import unprintable
from shared.khmer import broken_words, normalise
from shared.texts import (
    HONORIFIC_LENGTH,
    ID_LENGTH,
    LINE_LENGTH,
    NAME_LENGTH,
    ONE_LINE,
    SOURCE_LENGTH,
    STAFF_NUMBER_LENGTH,
    SUFFIX_LENGTH,
    visible,
)
from shared.values import EARLIEST, LATEST

_LONGEST = {
    "id": ID_LENGTH,
    "staff_number": STAFF_NUMBER_LENGTH,
    "number_suffix": SUFFIX_LENGTH,
    "honorific_km": HONORIFIC_LENGTH,
    "name_km": NAME_LENGTH,
    "document": SOURCE_LENGTH,
    "article_km": SOURCE_LENGTH,
}
"""Characters of a cell, where it must be shorter than a line of the events: most of these are put together in one."""
_KHMER = re.compile("[\u1780-\u17b3]")
_LATIN = re.compile("[A-Za-z]")
_ONE_LINE = re.compile(ONE_LINE)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*")
_STAFF_NUMBER = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_CHAT_ID = re.compile(r"-[1-9][0-9]{0,17}")

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(slots=True)
class Cells:
    """``clean`` is false once something was wrong with the line, and its value must then not be kept."""

    file: str
    line: Line
    log: list[FieldError]
    clean: bool = True

    def fail(self, field: str, code: Code, **params: str) -> None:
        self.clean = False
        self.log.append(FieldError(self.file, self.line.number, field, code, params))

    def text(self, field: str, *, required: bool = True) -> str:
        typed = self.line.cells[field]
        value = normalise(typed)
        if required and not typed:
            self.fail(field, Code.REQUIRED)
        if len(value) > (longest := _LONGEST.get(field, LINE_LENGTH)):
            self.fail(field, Code.TOO_LONG, limit=str(longest))
        if not _ONE_LINE.fullmatch(typed) or (typed and not visible(typed)):
            self.fail(field, Code.CONTROL_CHARACTER)
        if broken := broken_words(value):
            self.fail(field, Code.BROKEN_KHMER, value=" ".join(broken))
        return value

    def khmer(self, field: str, *, required: bool = True) -> str:
        return self._matching(field, self.text(field, required=required), (_KHMER, Code.NO_KHMER))

    def latin(self, field: str) -> str:
        return self._matching(field, self.text(field), (_LATIN, Code.NO_LATIN))

    def printed(self, field: str) -> None:
        """What the letter prints must be within its typefaces."""
        if missing := unprintable(self.line.cells[field]):
            self.fail(field, Code.UNPRINTABLE, characters=" ".join(missing))

    def id(self, field: str, prefix: str, example: str) -> str:
        return self._identifier(field, (_ID, prefix, example))

    def staff_number(self, field: str, prefix: str) -> str:
        return self._identifier(field, (_STAFF_NUMBER, prefix, f"{prefix or 'MCS-'}0001"))

    def day(self, field: str, *, required: bool = False) -> date | None:
        value = self.text(field, required=required)
        if not value:
            return None
        try:
            if _DATE.fullmatch(value) and EARLIEST <= (day := date.fromisoformat(value)) < LATEST:
                return day
        except ValueError:
            pass
        self.fail(field, Code.BAD_DATE, value=value)
        return None

    def last_day(self, field: str, since: date | None) -> date | None:
        until = self.day(field)
        if since is not None and until is not None and until < since:
            self.fail(field, Code.UNTIL_BEFORE_SINCE, since=since.isoformat(), until=until.isoformat())
        return until

    def yes(self, field: str) -> bool:
        value = self.text(field).casefold()
        if value and value not in ("yes", "no"):
            self.fail(field, Code.BAD_YES_NO, value=value)
        return value == "yes"

    def number(self, field: str) -> int:
        value = self.text(field)
        if _NUMBER.fullmatch(value):
            return int(value)
        if value:
            self.fail(field, Code.BAD_NUMBER, value=value)
        return 0

    def chat_id(self, field: str, *, required: bool) -> int | None:
        value = self.text(field, required=required)
        if _CHAT_ID.fullmatch(value):
            return int(value)
        if value:
            self.fail(field, Code.BAD_CHAT_ID, value=value)
        return None

    def choice(self, field: str, choices: type[_Choice]) -> _Choice:
        value = self.text(field)
        chosen = self._chosen(field, choices, value) if value else None
        return chosen if chosen is not None else next(iter(choices))

    def choices(self, field: str, choices: type[_Choice]) -> tuple[_Choice, ...]:
        """The words of a cell, parted by spaces, in the order in which the choices are declared."""
        chosen = {self._chosen(field, choices, word) for word in self.text(field, required=False).split()}
        return tuple(choice for choice in choices if choice in chosen)

    def reference(self, field: str, table: str, known: Collection[str] | None) -> str:
        """The id of an entry of another table; any will do while that table cannot be read (``known`` absent)."""
        value = self.text(field)
        if value and known is not None and value not in known:
            self.fail(field, Code.UNKNOWN_REFERENCE, value=value, table=table)
        return value

    def _matching(self, field: str, value: str, wanted: tuple[re.Pattern[str], Code]) -> str:
        pattern, code = wanted
        if value and not pattern.search(value):
            self.fail(field, code, value=value)
        return value

    def _identifier(self, field: str, wanted: tuple[re.Pattern[str], str, str]) -> str:
        pattern, prefix, example = wanted
        value = self.text(field)
        if value and not pattern.fullmatch(value):
            self.fail(field, Code.BAD_ID, value=value, example=example)
        elif value and not value.startswith(prefix):
            self.fail(field, Code.WRONG_PREFIX, value=value, prefix=prefix)
        return value

    def _chosen(self, field: str, choices: type[_Choice], word: str) -> _Choice | None:
        try:
            return choices(word)
        except ValueError:
            self.fail(field, Code.BAD_CHOICE, value=word, allowed=", ".join(choices))
            return None
