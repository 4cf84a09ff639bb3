"""Documents by the hash of their bytes, in a folder; and why a file cannot be one."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from shared.errors import BesakakamError, Refused
from shared.file_names import safe_name
from shared.filetypes import ACCEPTED, MAX_BYTES, MAX_PAGES, MAX_PIXELS
from shared.i18n import Message, message
from shared.values import DocumentRef

_HEX = re.compile(r"[0-9a-f]{64}")
REASONS: dict[str, Message] = {
    "document_empty": message("The file is empty. Choose the file again."),
    "document_too_large": message(
        "The file is larger than {limit} MB. Scan it at a lower resolution.", limit=MAX_BYTES // 1024**2
    ),
    "document_type": message("Only PDF, JPEG, PNG, HEIC and TIFF files are accepted."),
    "document_damaged": message("The file does not open: it is damaged or was cut off on its way. Send it again."),
    "document_protected": message("The file opens only with a password. Save it without one and send it again."),
    "document_without_pages": message("The PDF has no pages. Choose the file again."),
    "document_too_many_pixels": message(
        "The picture has more than {limit} million pixels. Make it smaller, or scan it at a lower resolution.",
        limit=MAX_PIXELS // 1_000_000,
    ),
    "document_too_many_pages": message("The file has more than {limit} pages. Send it as a PDF.", limit=MAX_PAGES),
    "document_costly": message(
        "The file takes too much time or memory to open. Print or scan it anew, and send that file."
    ),
}
"""What each code tells the person, and what to do."""


class DocumentMissing(BesakakamError):
    """The store does not hold the document, or what it holds is no longer what was stored."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"document {sha256} is missing or damaged")
        self.sha256 = sha256


class UnusableFile(Refused):
    """A file that no document can be made of, for the reason that `code` names."""

    def __init__(self, code: str) -> None:
        super().__init__(code, REASONS[code])


def describe(content: bytes, media_type: str, name: str) -> DocumentRef:
    """Name bytes whose accepted type is known, because they were examined or made here."""
    return DocumentRef(
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        media_type=media_type,
        name=safe_name(name, ACCEPTED[media_type]),
    )


class DocumentStore:
    """A folder of documents, each under its SHA-256. Nothing in it is changed or deleted, only a damaged one mended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._durable: set[str] = set()
        """Folders within it that are known to outlast a crash."""

    def path(self, sha256: str) -> Path:
        """Where the document lies or would lie. Raises `ValueError` for what is not a SHA-256 in hex."""
        if not _HEX.fullmatch(sha256):
            raise ValueError("not a SHA-256 in lower-case hex")
        return self._folder / sha256[:2] / sha256

    def holds(self, sha256: str) -> bool:
        """Whether a document of this hash is there."""
        return self.path(sha256).is_file()

    def size(self, sha256: str) -> int | None:
        """The number of the document's bytes; None where it is not there."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def missing(self, hashes: Iterable[str]) -> int:
        """How many of these documents are not there."""
        return sum(not self.holds(sha256) for sha256 in hashes)

    def put(self, content: bytes) -> str:
        """Store the bytes durably and return their SHA-256; storing the same bytes again changes nothing."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        with suppress(DocumentMissing):
            self.get(sha256)
            return sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync(target.parent)
        if target.parent.name not in self._durable:  # it may be new
            _sync(self._folder)
            self._durable.add(target.parent.name)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The document's bytes, checked against their hash. Raises `DocumentMissing`."""
        try:
            content = self.path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise DocumentMissing(sha256) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DocumentMissing(sha256)
        return content


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
