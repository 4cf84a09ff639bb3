"""Uploaded files: their ids, their bytes, and the sizes that Telegram makes of a photo.

An upload is stored once and can be sent again by `file_id`; `file_unique_id` never changes, across restarts too.
"""

import base64
import hashlib
import io
import mimetypes
from pathlib import Path, PurePosixPath
from typing import Literal

from PIL import Image, ImageOps

from deploy.local.telegram.errors import ApiError, bad_request
from deploy.local.telegram.model import State, StoredFile
from deploy.local.telegram.params import Upload

UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024
PHOTO_SIDES = (90, 320, 800, 1280)
Kind = Literal["document", "photo"]
_PREFIX: dict[Kind, str] = {"document": "BQACAgUA", "photo": "AgACAgUA"}


class FileStore:
    """Keeps bytes in `folder`, or in memory when there is none; what is known about them lies in the state."""

    def __init__(self, state: State, folder: Path | None = None) -> None:
        self._state = state
        self._folder = folder
        self._memory: dict[str, bytes] = {}
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def document(self, upload: Upload) -> StoredFile:
        """Stores any file; raises 400 when it is empty and 413 when it is beyond 50 MB."""
        _check_size(upload)
        name = PurePosixPath(upload.name.replace("\\", "/")).name or "file"
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = self._file("document", upload.data, PurePosixPath(name).suffix)
        file.name, file.mime = name, mime
        return file

    def photo(self, upload: Upload) -> StoredFile:
        """Stores a picture as JPEG in several sizes and returns the largest; raises 400 for what is none."""
        _check_size(upload)
        if len(upload.data) > PHOTO_LIMIT:
            length = len(upload.data)
            reason = f"file of size {length} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes"
            raise bad_request(reason)
        image = _open_picture(upload.data)
        sizes = [self._photo_size(image, side) for side in _sides(max(image.size))]
        ids = [size.file_id for size in sizes]
        for size in sizes:
            size.sizes = ids
        return sizes[-1]

    def known(self, file_id: str, kind: Kind) -> StoredFile:
        """The file that an earlier upload got `file_id` for; raises 400 when unknown or of another kind."""
        if file_id.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        file = self._state.files.get(file_id)
        if file is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if file.kind != kind:
            raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
        return file

    def read(self, file: StoredFile) -> bytes:
        """The bytes."""
        if self._folder:
            return (self._folder / file.unique_id).read_bytes()
        return self._memory[file.unique_id]

    def by_path(self, path: str) -> StoredFile | None:
        """The file that getFile gave this `file_path` for."""
        return next((file for file in self._state.files.values() if file.path == path), None)

    def clear(self) -> None:
        """Drops the bytes of files that the state no longer knows."""
        kept = {file.unique_id for file in self._state.files.values()}
        for name in [name for name in self._memory if name not in kept]:
            del self._memory[name]
        for path in self._folder.iterdir() if self._folder else ():
            if path.name not in kept:
                path.unlink()

    def _photo_size(self, image: Image.Image, side: int) -> StoredFile:
        copy = image.copy()
        copy.thumbnail((side, side))
        buffer = io.BytesIO()
        copy.save(buffer, "JPEG", quality=85)
        file = self._file("photo", buffer.getvalue(), ".jpg")
        file.width, file.height = copy.size
        return file

    def _file(self, kind: Kind, data: bytes, suffix: str) -> StoredFile:
        serial = self._state.next("file")
        digest = hashlib.sha256(f"{self._state.bot.id}:{serial}:".encode() + data[:4096]).digest()
        unique_id = "AQAD" + base64.urlsafe_b64encode(digest[:9]).decode()
        file = StoredFile(
            file_id=_PREFIX[kind] + base64.urlsafe_b64encode(digest + serial.to_bytes(4, "big")).decode().rstrip("="),
            unique_id=unique_id,
            kind=kind,
            size=len(data),
            path=f"{kind}s/file_{serial}{suffix}",
        )
        if self._folder:
            (self._folder / unique_id).write_bytes(data)
        else:
            self._memory[unique_id] = data
        self._state.files[file.file_id] = file
        return file


def sample_jpeg(text: str, side: int = 1024) -> bytes:
    """A plain JPEG whose colour follows from `text`; it stands in for a photo taken with a phone."""
    red, green, blue = hashlib.sha256(text.encode()).digest()[:3]
    image = Image.new("RGB", (side, side * 3 // 4), (red, green, blue))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _check_size(upload: Upload) -> None:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > UPLOAD_LIMIT:
        raise ApiError(413, "Request Entity Too Large")


def _sides(longest: int) -> list[int]:
    return [*(side for side in PHOTO_SIDES[:-1] if side < longest), min(longest, PHOTO_SIDES[-1])]


def _open_picture(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data))
        width, height = image.size
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        upright = ImageOps.exif_transpose(image)
        return upright.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as exc:
        raise bad_request("IMAGE_PROCESS_FAILED") from exc
