"""`parse_mode` MarkdownV2: bold, italic, underline, strikethrough, spoiler, code, preformatted text and links."""

import re
from dataclasses import dataclass

from deploy.local.telegram.entities import cannot_parse, entity, utf16_length
from deploy.local.telegram.model import Json

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_MARKS = {"__": "underline", "||": "spoiler", "*": "bold", "_": "italic", "~": "strikethrough", "[": "text_link"}
_NAMES = {
    "__": "Underline",
    "||": "Spoiler",
    "*": "Bold",
    "_": "Italic",
    "~": "Strikethrough",
    "[": "TextUrl",
    "`": "Code",
    "```": "Pre",
}


def parse_markdown(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities of a MarkdownV2 text; raises 400 with Telegram's reason and byte offset."""
    return _Markdown(source).parse()


@dataclass(frozen=True)
class _Open:
    mark: str
    offset: int
    at: int


class _Markdown:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.offset = 0
        self.text: list[str] = []
        self.open: list[_Open] = []
        self.entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            self._step()
        if self.open:
            raise self._no_end(self.open[-1].mark, self.open[-1].at)
        self.entities.sort(key=lambda item: (item["offset"], -item["length"]))
        return "".join(self.text), self.entities

    def _step(self) -> None:
        char = self.source[self.at]
        following = self.source[self.at + 1 : self.at + 2]
        if char == "\\" and following and ord(following) <= 126:
            self._add(following, 2)
        elif char == "`":
            self._code()
        elif char == "]" and self.open and self.open[-1].mark == "[":
            self._link()
        elif mark := self._mark():
            self._toggle(mark)
        elif char in RESERVED:
            reason = f"Character '{char}' is reserved and must be escaped with the preceding '\\'"
            raise cannot_parse(reason)
        else:
            self._add(char, 1)

    def _mark(self) -> str:
        return next((mark for mark in _MARKS if self.source.startswith(mark, self.at)), "")

    def _toggle(self, mark: str) -> None:
        if self.open and self.open[-1].mark == mark and mark != "[":
            opened = self.open.pop()
            self._close(_MARKS[mark], opened.offset)
        else:
            self.open.append(_Open(mark, self.offset, self.at))
        self.at += len(mark)

    def _code(self) -> None:
        mark = "```" if self.source.startswith("```", self.at) else "`"
        begin, start = self.at, self.offset
        end = re.compile(rf"(?<!\\){mark}").search(self.source, begin + len(mark))
        if end is None:
            raise self._no_end(mark, begin)
        inner = self.source[begin + len(mark) : end.start()]
        extra = {}
        if mark == "```" and (language := re.match(r"([^\s`\\]*)\n", inner)):
            inner = inner[language.end() :]
            extra = {"language": language[1]} if language[1] else {}
        self._add(re.sub(r"\\([\\`])", r"\1", inner), end.end() - begin)
        self._close("pre" if mark == "```" else "code", start, **extra)

    def _link(self) -> None:
        opened = self.open.pop()
        address = re.compile(r"\]\(((?:\\.|[^)\\])*)\)", re.DOTALL).match(self.source, self.at)
        if address:
            self.at = address.end()
            self._close("text_link", opened.offset, url=re.sub(r"\\(.)", r"\1", address[1]))
        elif self.source.startswith("](", self.at):
            raise cannot_parse(f"Can't find end of a URL at byte offset {self._bytes(self.at + 2)}")
        else:
            self.at += 1

    def _add(self, text: str, consumed: int) -> None:
        self.text.append(text)
        self.offset += utf16_length(text)
        self.at += consumed

    def _close(self, kind: str, offset: int, **extra: object) -> None:
        if self.offset > offset:
            self.entities.append(entity(kind, offset, self.offset - offset, **extra))

    def _bytes(self, at: int) -> int:
        return len(self.source[:at].encode())

    def _no_end(self, mark: str, at: int) -> Exception:
        return cannot_parse(f"Can't find end of {_NAMES[mark]} entity at byte offset {self._bytes(at)}")
