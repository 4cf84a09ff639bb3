"""What is done with a file in a process apart: looked at, or copied for looking at. Pure: bytes in, bytes out."""

from typing import Final

from shared.filetypes import MAX_BYTES, media_type_of
from shared.inspection import pdfs, pictures
from shared.inspection.unusable import Unusable

Answer = tuple[dict[str, str | int], bytes]
"""What was found, and the bytes that were made."""


def warm() -> None:
    """Load all that opening may need."""
    pictures.warm()
    pdfs.warm()


def answer(task: str, content: bytes) -> Answer:
    """Do a task of `TASKS`; that a file will not do is an answer too: `refused`, with its code."""
    try:
        return TASKS[task](content)
    except Unusable as unusable:
        return {"refused": unusable.code}, b""
    except Exception as error:  # the readers meet bytes from anyone, and fail in every way there is
        return {"refused": "document_costly" if _too_much(error) else "document_damaged"}, b""


def look(content: bytes) -> Answer:
    """What a file is: its media type and number of pages. Raises `Unusable`, and whatever a reader does."""
    media_type = _media_type(content)
    pages = pdfs.pages_of(content) if media_type == "application/pdf" else pictures.pages_of(content, media_type)
    return {"media_type": media_type, "pages": pages}, b""


def thumbnail(content: bytes) -> Answer:
    """A small JPEG of a picture."""
    return {"media_type": "image/jpeg"}, pictures.thumbnail(content, _media_type(content))


def shown(content: bytes) -> Answer:
    """A copy of a picture that every browser shows."""
    media_type, copy = pictures.shown(content, _media_type(content))
    return {"media_type": media_type}, copy


TASKS: Final = {"look": look, "thumbnail": thumbnail, "shown": shown}


def _media_type(content: bytes) -> str:
    if not content:
        raise Unusable("document_empty")
    if len(content) > MAX_BYTES:
        raise Unusable("document_too_large")
    media_type = media_type_of(content)
    if media_type is None:
        raise Unusable("document_type")
    return media_type


def _too_much(error: Exception) -> bool:
    """Whether a bound stopped the reader: ours on memory, or its own on what it unpacks."""
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in ("memory", "max_text_"))
