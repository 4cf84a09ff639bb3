"""Files for the tests, made there: good ones of every kind, and hostile ones."""

import io
import struct
import zlib
from typing import Any

import pillow_heif
import pypdf
from PIL import Image

pillow_heif.register_heif_opener()


def pdf(pages: int = 1, password: str | None = None, algorithm: str = "RC4-128") -> bytes:
    """A PDF; with a password (which may be empty) it is encrypted."""
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if password is not None:
        writer.encrypt(password, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def picture(kind: str, image: Image.Image | None = None, **how: Any) -> bytes:
    """A picture of a format, a grey ramp unless another is given."""
    out = io.BytesIO()
    (image or Image.linear_gradient("L")).save(out, kind, **how)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it is `side` pixels square."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")


def with_chunk(kind: bytes, data: bytes) -> bytes:
    """A good PNG with one more chunk, before its pixels."""
    png = picture("PNG")
    at = png.index(b"IDAT") - 4
    return png[:at] + chunk(kind, data) + png[at:]


def rescanned(times: int, side: int = 4000) -> bytes:
    """A progressive JPEG whose last scan is there again and again: small to send, and long to decode."""
    jpeg = picture("JPEG", Image.new("RGB", (side, side)), progressive=True)
    last = jpeg.rfind(b"\xff\xda")
    return jpeg[:-2] + jpeg[last:-2] * times + jpeg[-2:]
