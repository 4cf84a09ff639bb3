"""A letter's content to PDF/A bytes, in this process.

Typst sets the page: its data comes as JSON beside the template and never as part of it, its fonts only from the
vendored folder, each run in the one that is named for it, and its files only from the template's own folder. The
same content and moment give the same bytes.
"""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import typst

from services.issuer.letter.compose import letter_data
from services.issuer.letter.content import LetterContent
from services.issuer.letter.phrases import TITLE
from services.issuer.letter.words import segments, unprintable
from shared.errors import BesakakamError
from shared.typefaces import TYPEFACES

PDF_STANDARD: Final = "a-2a"
"""Archival and tagged; nothing is attached, so PDF/A-3 would allow more than a letter needs."""

_TEMPLATE: Final = Path(__file__).parent / "template" / "letter.typ"


class LetterNotSet(BesakakamError):
    """Typst refused to set the page; `hints` are its own."""

    def __init__(self, reason: str, hints: list[str]) -> None:
        super().__init__(reason, hints)
        self.reason = reason
        self.hints = hints

    def __str__(self) -> str:
        return "; ".join((self.reason, *self.hints))


def render(content: LetterContent, *, at: datetime) -> bytes:
    """The finished letter as PDF/A-2a.

    `at` (aware) becomes the document's date. Raises UnprintableText for characters the fonts lack and LetterNotSet
    when the page cannot be set at all.
    """
    data = json.dumps(letter_data(content), ensure_ascii=False)
    try:
        pdf = _compiler().compile(
            format="pdf", sys_inputs={"letter": data}, pdf_standards=[PDF_STANDARD], timestamp=int(at.timestamp())
        )
    except typst.TypstError as error:
        raise LetterNotSet(error.message, error.hints) from error
    if not isinstance(pdf, bytes):
        raise LetterNotSet("the template gave no PDF", [])
    return pdf


def warm() -> None:
    """Load the fonts, the template and the word model now rather than with the first letter."""
    segments(TITLE)
    unprintable(TITLE)
    _compiler()


@cache
def _compiler() -> typst.Compiler:
    """One compiler for the process: it keeps the fonts and the parsed template. Not to be shared between threads."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(TYPEFACES)])
    return typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts, ignore_system_fonts=True)
