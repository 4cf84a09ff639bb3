"""Reading a finished letter back, as a search engine, a copy-and-paste or an archive would."""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

import pypdfium2
import pytest

AT = datetime(2016, 4, 18, 2, 30, tzinfo=UTC)
_INVISIBLE = re.compile("[\\s\u200b\u200c\u200d\u2060\ufeff\u0002\ufffe]+")


def squeezed(text: str) -> str:
    """The text without white space and zero-width marks, the only things two readers may differ in."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def read_with_poppler(pdf: bytes) -> str:
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.fail("pdftotext is missing: install poppler-utils, as the Makefile's test targets do")
    return subprocess.run([tool, "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def read_with_pdfium(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def pages(pdf: bytes) -> int:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()


@pytest.fixture(params=[read_with_poppler, read_with_pdfium], ids=["poppler", "pdfium"])
def reader(request: pytest.FixtureRequest) -> Callable[[bytes], str]:
    read: Callable[[bytes], str] = request.param
    return read
