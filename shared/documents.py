"""Documents by the hash of their bytes, in a folder; and the check that a file is what it says it is."""

import hashlib
import io
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path, PurePath

import filetype
import pypdf
from PIL import Image

from shared.errors import BesakakamError, Refused
from shared.i18n import message
from shared.values import DocumentRef

MAX_BYTES = 20 * 1024 * 1024
"""Telegram lets a bot fetch no more than this (see docs/architecture.md), so no document may be larger."""
MAX_PIXELS = 80_000_000
ACCEPTED = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_HEX = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff/\\]+")
"""What would break a header or a line, or turn a name's reading direction; Khmer's own invisible signs stay."""


class DocumentMissing(BesakakamError):
    """The store does not hold the document, or what it holds is no longer what was stored."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"document {sha256} is missing or damaged")
        self.sha256 = sha256


def examine(content: bytes, name: str) -> DocumentRef:
    """Describe a file from its content alone.

    Raises `Refused` where it is empty, over `MAX_BYTES`, not a PDF, JPEG or PNG, or does not open as what it says.
    """
    if not content:
        raise Refused("document_empty", message("The file is empty. Choose the file again."))
    if len(content) > MAX_BYTES:
        raise Refused(
            "document_too_large",
            message("The file is larger than {limit} MB. Scan it at a lower resolution.", limit=MAX_BYTES // 1024**2),
        )
    media_type = filetype.guess_mime(content)
    if media_type not in ACCEPTED:
        raise Refused("document_type", message("Only PDF, JPEG and PNG files are accepted."))
    try:
        _open(content, media_type)
    except Exception as error:  # the readers meet bytes from anyone, and fail in every way there is
        raise Refused(
            "document_damaged", message("The file does not open: it is damaged or protected. Send it again.")
        ) from error
    return describe(content, media_type, name)


def describe(content: bytes, media_type: str, name: str) -> DocumentRef:
    """Name bytes whose accepted type is known, because they were examined or made here."""
    return DocumentRef(
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        media_type=media_type,
        name=_plain(name, ACCEPTED[media_type]),
    )


def _open(content: bytes, media_type: str) -> None:
    if media_type == "application/pdf":
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("needs a password")
        if not reader.pages:
            raise ValueError("no pages")
        return
    with Image.open(io.BytesIO(content)) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        image.load()


def _plain(name: str, suffix: str) -> str:
    stem = _CONTROL.sub(" ", PurePath(name.replace("\\", "/")).stem).strip(" .")[:120].strip(" .")
    return f"{stem or 'document'}{suffix}"


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
