"""Entities that nobody marked: commands, mentions, hashtags, addresses."""

import re

from deploy.local.telegram.entities import entity, utf16_length
from deploy.local.telegram.model import Json

_WORD = "[\\w\u17b4-\u17d3\u17dd]"  # Khmer vowel signs and the subscript sign are no \\w
_PATTERNS = (
    ("bot_command", re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z][A-Za-z0-9_]{3,31})?(?![\w/<>])")),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")),
    ("url", re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")),
    ("mention", re.compile(r"(?<![\w`/@])@[A-Za-z][A-Za-z0-9_]{3,31}(?!\w)")),
    ("hashtag", re.compile(rf"(?<![\w#])#(?={_WORD}*[^\W\d_]){_WORD}{{1,256}}")),
)
_SEALED = frozenset({"code", "pre", "text_link", "text_mention"})


def with_detected(text: str, entities: list[Json]) -> list[Json]:
    """The given entities and those found in `text`, in order; nothing is looked for inside code and links."""
    taken = [(item["offset"], item["offset"] + item["length"]) for item in entities if item["type"] in _SEALED]
    found: list[Json] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, length = utf16_length(text[: match.start()]), utf16_length(match[0])
            if all(start >= end or start + length <= begin for begin, end in taken):
                taken.append((start, start + length))
                found.append(entity(kind, start, length))
    return sorted([*entities, *found], key=lambda item: (item["offset"], -item["length"]))
