"""Messages in Khmer and English: written in English in the code, translated by gettext catalogues (`*.po`)."""

import gettext
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from shared.khmer import khmer_digits


@dataclass(frozen=True)
class InBoth:
    """A name as each language has it."""

    km: str
    en: str


Param = str | int | date | InBoth
Params = Mapping[str, Param]
Language = Literal["km", "en"]
LANGUAGES: tuple[Language, ...] = ("km", "en")


@dataclass(frozen=True)
class Message:
    """A sentence for a person, not yet in any language.

    `text` is the English wording and the catalogue's key; `params` fill its `{names}`.
    """

    text: str
    params: Params = field(default_factory=dict)


def message(text: str, /, **params: Param) -> Message:
    """Mark `text` for translation (the extractor looks for this call) and bind its parameters."""
    return Message(text, params)


@cache
def _catalogue(path: Path) -> gettext.NullTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source, locale="km")
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return gettext.GNUTranslations(binary)


class Messages:
    """Renders messages in either language from the catalogues given; `shared/locale/km.po` is always among them."""

    def __init__(self, *catalogues: Path) -> None:
        shared = Path(__file__).parent / "locale" / "km.po"
        self._catalogues = [_catalogue(path) for path in (*catalogues, shared)]

    def render(self, what: Message, language: Language) -> str:
        """The sentence in `language`, with its parameters filled in."""
        text = self._khmer(what.text) if language == "km" else what.text
        return text.format(**{name: _shown(value, language) for name, value in what.params.items()})

    def both(self, what: Message) -> dict[Language, str]:
        """The sentence in every language, by language code."""
        return {language: self.render(what, language) for language in LANGUAGES}

    def _khmer(self, text: str) -> str:
        for catalogue in self._catalogues:
            if (translated := catalogue.gettext(text)) != text:
                return translated
        return text


def _shown(value: Param, language: Language) -> str:
    """A number or a date in the language's digits; a text as it is, since it may be a name or a code."""
    if isinstance(value, InBoth):
        return value.km if language == "km" else value.en
    if isinstance(value, str):
        return value
    plain = f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
    return khmer_digits(plain) if language == "km" else plain


def preferred(accept_language: str | None, default: Language = "km") -> Language:
    """The first of our languages in an `Accept-Language` header, in the header's order; Khmer when it names none."""
    wanted: Iterable[str] = (
        part.split(";")[0].split("-")[0].strip().lower() for part in (accept_language or "").split(",")
    )
    for code in wanted:
        if code == "km":
            return "km"
        if code == "en":
            return "en"
    return default
