"""Which files are documents here, told by their first bytes, and the limits within which they are opened."""

MAX_BYTES = 20 * 1024 * 1024
"""Telegram lets a bot fetch no more than this (see docs/architecture.md), so no document may be larger."""
MAX_PIXELS = 80_000_000
"""Of one picture, or one page of a TIFF file; telephones' largest ordinary setting is 50 million."""
MAX_PAGES = 200
"""Of a TIFF file; a PDF may have more, as its pages are not decoded one by one."""
ACCEPTED = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/heic": ".heic",
    "image/tiff": ".tif",
}
SHOWN_AS_IT_IS = frozenset({"application/pdf", "image/jpeg", "image/png"})
"""What every browser shows by itself; of the others a copy is made for looking at."""
_STARTS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"II+\x00": "image/tiff",
    b"MM\x00+": "image/tiff",
}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_PDF_WITHIN = 1024
"""So far readers look for a PDF's header; what mail systems and scanners put before it is passed over."""


def media_type_of(content: bytes) -> str | None:
    """The media type of an accepted kind of file by its first bytes; None for every other."""
    for start, media_type in _STARTS.items():
        if content.startswith(start):
            return media_type
    if content[4:8] == b"ftyp" and _HEIC_BRANDS & _brands(content):
        return "image/heic"
    return "application/pdf" if b"%PDF-" in content[: _PDF_WITHIN + 4] else None


def _brands(content: bytes) -> set[bytes]:
    """The brands that a file of the ISO family says it follows: the major one, and the compatible ones."""
    listed = content[8 : min(int.from_bytes(content[:4], "big"), 512)]
    return {listed[at : at + 4] for at in range(0, len(listed), 4) if at != 4}
