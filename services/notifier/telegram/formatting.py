"""How the bot words things: Khmer first and English below it, in Telegram's HTML, counted as Telegram counts."""

import unicodedata
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Final

from shared.i18n import Message, Messages
from shared.khmer import khmer_digits

ANSWER_LETTERS: Final = 200
COPY_LINE: Final = "🔁 ផ្ញើម្ដងទៀត៖ អាចជាច្បាប់ចម្លងនៃសារមុន / Sent again: possibly a copy"
MESSAGES: Final = Messages(Path(__file__).parents[1] / "locale" / "km.po")


@dataclass(frozen=True)
class Outgoing:
    """A text in Telegram's HTML and the rows of buttons under it, as (label, callback data)."""

    html: str
    buttons: tuple[tuple[str, str], ...] = ()


def as_copy(outgoing: Outgoing) -> Outgoing:
    """The same, with the line above it that tells of a possible copy."""
    return replace(outgoing, html=f"{COPY_LINE}\n\n{outgoing.html}")


def utf16(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, units: int) -> str:
    """The text on one line within `units` UTF-16 units, cut between words or at least between Khmer clusters."""
    text = " ".join(text.split())
    if utf16(text) <= units:
        return text
    while utf16(text) > units - 1:
        text = text[:-1]
    space = text.rfind(" ")
    if space > len(text) * 2 // 3:
        return text[:space].rstrip(" ,.;:-") + "…"
    return _whole_clusters(text).rstrip() + "…"


def _whole_clusters(text: str) -> str:
    """Without the last letter and its signs, which may have been cut apart."""
    while len(text) > 1 and unicodedata.category(text[-1]).startswith("M"):
        text = text[:-1]
    text = text[:-1]
    return _whole_clusters(text) if text.endswith("\u17d2") else text


def both(what: Message) -> str:
    """The sentence in Khmer, and below it in English, as HTML."""
    return f"{escape(_khmer(what), quote=False)}\n<i>{escape(MESSAGES.render(what, 'en'), quote=False)}</i>"


def brief(what: Message) -> str:
    """The sentence in both languages for the answer to a button, within Telegram's 200 letters."""
    khmer = _khmer(what)
    whole = f"{khmer}\n{MESSAGES.render(what, 'en')}"
    return whole if utf16(whole) <= ANSWER_LETTERS else shorten(khmer, ANSWER_LETTERS)


def _khmer(what: Message) -> str:
    """The Khmer sentence, its counts in Khmer digits; staff numbers and the like stay as they are written."""
    counts = {name: khmer_digits(value) for name, value in what.params.items() if isinstance(value, int)}
    return MESSAGES.render(Message(what.text, {**what.params, **counts}), "km")


def code(text: str) -> str:
    """A text that a touch copies."""
    return f"<code>{escape(text, quote=False)}</code>"
