"""`parse_mode` HTML: the tags that Telegram knows, read byte by byte as Telegram does."""

import re
from dataclasses import dataclass, field

from deploy.local.telegram.entities import cannot_parse, entity, utf16_length
from deploy.local.telegram.model import Json

PLAIN_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
}
TAGS = frozenset(PLAIN_TAGS) | {"a", "pre", "blockquote", "tg-emoji"}
_REFERENCE = re.compile(rb"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot)(?![a-zA-Z]));?")
_NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
_BARE_VALUE = re.compile(rb"[A-Za-z0-9.\-]*")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities of an HTML-marked text; raises 400 with Telegram's reason and byte offset."""
    return _Html(source.encode()).parse()


@dataclass
class _Open:
    tag: str
    offset: int
    at: int
    attributes: dict[str, str] = field(default_factory=dict)


class _Html:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.text: list[str] = []
        self.offset = 0
        self.open: list[_Open] = []
        self.entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        while self.at < len(self.data):
            if self.data[self.at] == ord("<"):
                self._end_tag() if self.data[self.at + 1 : self.at + 2] == b"/" else self._start_tag()
            else:
                self._plain()
        if self.open:
            raise cannot_parse(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        self.entities.sort(key=lambda item: (item["offset"], -item["length"]))
        return "".join(self.text), self.entities

    def _plain(self) -> None:
        end = self.data.find(b"<", self.at)
        end = len(self.data) if end < 0 else end
        text = unescape(self.data[self.at : end])
        self.text.append(text)
        self.offset += utf16_length(text)
        self.at = end

    def _start_tag(self) -> None:
        begin = self.at
        self.at += 1
        name = self._until(b">").lower()
        if self._done():
            raise cannot_parse(f"Unclosed start tag at byte offset {begin}")
        if name not in TAGS:
            raise cannot_parse(f'Unsupported start tag "{name}" at byte offset {begin}')
        opened = _Open(name, self.offset, begin)
        while not self._skip_space(b">"):
            self._attribute(opened)
        self.at += 1
        if name == "span" and opened.attributes.get("class") != "tg-spoiler":
            raise cannot_parse(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        self.open.append(opened)

    def _attribute(self, tag: _Open) -> None:
        name = self._until(b"=>")
        where = f'the tag "{tag.tag}" at byte offset {tag.at}'
        if not name:
            raise cannot_parse(f"Empty attribute name in {where}")
        if tag.tag == "blockquote" and name == "expandable" and not self._skip_space(b"="):
            tag.attributes[name] = ""
            return
        if not self._skip_space(b"="):
            raise cannot_parse(f"Expected equal sign in declaration of an attribute of {where}")
        self.at += 1
        self._skip_space(b"")
        if self._done():
            raise cannot_parse(f'Unclosed start tag "{tag.tag}" at byte offset {tag.at}')
        tag.attributes[name] = self._value()
        if self._done():
            raise cannot_parse(f"Unclosed start tag at byte offset {tag.at}")

    def _value(self) -> str:
        quote = self.data[self.at : self.at + 1]
        if quote in (b'"', b"'"):
            end = self.data.find(quote, self.at + 1)
            end = len(self.data) if end < 0 else end
            value = unescape(self.data[self.at + 1 : end])
            self.at = end + 1
            return value
        begin = self.at
        match = _BARE_VALUE.match(self.data, begin)
        self.at = match.end() if match else begin
        if not self._done() and self.data[self.at : self.at + 1] not in (b" ", b"\t", b"\n", b"\r", b">"):
            raise cannot_parse(f"Unexpected end of name token at byte offset {begin}")
        return self.data[begin : self.at].decode().lower()

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise cannot_parse(f"Unexpected end tag at byte offset {begin}")
        self.at += 2
        name = self._until(b">").lower()
        if not self._skip_space(b">"):
            raise cannot_parse(f"Unclosed end tag at byte offset {begin}")
        self.at += 1
        opened = self.open.pop()
        if name and name != opened.tag:
            expected = f'expected "</{opened.tag}>", found "</{name}>"'
            raise cannot_parse(f"Unmatched end tag at byte offset {begin}, {expected}")
        if self.offset > opened.offset:
            self._close(opened)

    def _close(self, tag: _Open) -> None:
        length = self.offset - tag.offset
        if tag.tag == "a":
            marked = "".join(self.text).encode("utf-16-le")[2 * tag.offset :].decode("utf-16-le")
            self._link(tag, tag.attributes.get("href") or marked)
        elif tag.tag == "pre":
            self._pre(tag.offset, length)
        elif tag.tag == "blockquote":
            kind = "expandable_blockquote" if "expandable" in tag.attributes else "blockquote"
            self.entities.append(entity(kind, tag.offset, length))
        elif tag.tag == "tg-emoji":
            extra = {"custom_emoji_id": tag.attributes.get("emoji-id", "")}
            self.entities.append(entity("custom_emoji", tag.offset, length, **extra))
        else:
            language = tag.attributes.get("class", "").removeprefix("language-") if tag.tag == "code" else ""
            extra = {"language": language} if language else {}
            self.entities.append(entity(PLAIN_TAGS[tag.tag], tag.offset, length, **extra))

    def _link(self, tag: _Open, url: str) -> None:
        length = self.offset - tag.offset
        if mention := re.fullmatch(r"tg://user\?id=(\d+)", url):
            self.entities.append(entity("text_mention", tag.offset, length, user_id=int(mention[1])))
        elif re.match(r"(?i)(https?|tg|ton|tonsite)://", url) or re.fullmatch(r"[^\s/]+\.[^\s]+", url):
            self.entities.append(entity("text_link", tag.offset, length, url=url if ":" in url else f"http://{url}/"))

    def _pre(self, offset: int, length: int) -> None:
        inner = self.entities[-1] if self.entities else None
        if inner and inner["type"] == "code" and (inner["offset"], inner["length"]) == (offset, length):
            self.entities.pop()
            extra = {"language": inner["language"]} if "language" in inner else {}
            self.entities.append(entity("pre", offset, length, **extra))
        else:
            self.entities.append(entity("pre", offset, length))

    def _done(self) -> bool:
        return self.at >= len(self.data)

    def _until(self, stops: bytes) -> str:
        begin = self.at
        while not self._done() and self.data[self.at] not in stops and not self.data[self.at : self.at + 1].isspace():
            self.at += 1
        return self.data[begin : self.at].decode(errors="replace")

    def _skip_space(self, expected: bytes) -> bool:
        while self.data[self.at : self.at + 1].isspace():
            self.at += 1
        return bool(expected) and self.data[self.at : self.at + 1] == expected


def unescape(data: bytes) -> str:
    """Text with the character references that Telegram knows replaced; others stay as they are."""
    parts: list[str] = []
    last = 0
    for match in _REFERENCE.finditer(data):
        char = _referred(match)
        if char:
            parts += [data[last : match.start()].decode(errors="replace"), char]
            last = match.end()
    return "".join(parts) + data[last:].decode(errors="replace")


def _referred(match: re.Match[bytes]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""
