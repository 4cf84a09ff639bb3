"""Opens PDF files with PDFium, as browsers do, in a process apart: whatever opens there without a password will do."""

import re

import pypdfium2
from pypdfium2 import PdfDocument, PdfiumError

from shared.inspection.unusable import Unusable

_MEANING = {0: "document_without_pages", 4: "document_protected", 5: "document_protected"}
"""PDFium's last error (FPDF_ERR_… of its public header). It is set where a file cannot be read or opened, and not where
it was read and has no pages; so it tells only in a process that has opened nothing before.
"""
_OBJECT_ENDS = re.compile(rb"\bendobj\b")


def warm() -> None:
    """Load what opening needs."""
    pypdfium2.PdfDocument.new().close()


def pages_of(content: bytes) -> int:
    """How many pages a PDF has. Raises `Unusable` for a password, for no pages, and for damage."""
    if _cut_off(content):
        raise Unusable("document_damaged")
    document = _opened(content)
    pages = len(document)
    try:
        for number in range(pages):
            document[number].close()
    except PdfiumError as error:
        raise Unusable("document_damaged") from error
    return pages


def _opened(content: bytes) -> PdfDocument:
    try:
        return PdfDocument(content)
    except PdfiumError as error:
        raise Unusable(_MEANING.get(error.err_code or 0, "document_damaged")) from error


def _cut_off(content: bytes) -> bool:
    """Whether objects follow the last mark of an end, or no mark is there: the rest was lost on the way.

    PDFium would show what is left of such a file, and nobody would see that pages are missing.
    """
    end = content.rfind(b"%%EOF")
    return end < 0 or _OBJECT_ENDS.search(content, end) is not None
