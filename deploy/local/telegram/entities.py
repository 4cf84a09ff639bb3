"""Text with its entities, as the Bot API stores it: offsets and lengths count UTF-16 units.

`parse_mode` HTML is read in `html.py` and MarkdownV2 in `markdown.py`; what neither marks is found in `detect.py`.
"""

from deploy.local.telegram.errors import ApiError, bad_request
from deploy.local.telegram.model import Json


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, the measure of all of Telegram's limits and offsets."""
    return len(text) + sum(char > "\uffff" for char in text)


def entity(kind: str, offset: int, length: int, **extra: object) -> Json:
    """One MessageEntity."""
    return {"offset": offset, "length": length, "type": kind, **extra}


def cannot_parse(reason: str) -> ApiError:
    """The refusal of a text whose marks do not add up."""
    return bad_request(f"can't parse entities: {reason}")


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without white space at either end; entities moved along, and dropped when nothing of them is left."""
    lead = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    total = utf16_length(text)
    kept = []
    for item in entities:
        start = max(item["offset"] - lead, 0)
        end = min(item["offset"] - lead + item["length"], total)
        if end > start:
            kept.append(item | {"offset": start, "length": end - start})
    return text, kept
