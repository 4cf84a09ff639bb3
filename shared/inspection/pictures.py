"""Opens pictures with Pillow, in a process apart, and makes of any of them one that every browser shows legibly."""

import io
from collections.abc import Iterator
from typing import Final

import pillow_heif
from PIL import Image, ImageChops, ImageOps, ImageStat

from shared.filetypes import MAX_PAGES, MAX_PIXELS
from shared.inspection.unusable import Unusable

THUMBNAIL: Final = 480
SHOWN: Final = 2560
"""Pixels of the longer side."""
_FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/tiff": "TIFF", "image/heic": "HEIF"}
_MEASURED: Final = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_SEE_THROUGH: Final = frozenset({"LA", "RGBA", "RGBa"})
_SCANS: Final = 500
"""Parts of one JPEG, each of which is decoded over the whole picture; cameras write twenty at most."""
_PALE: Final = 225
"""Ink of this brightness and more (of 255) would vanish on white."""
_WHITE, _SLATE = (255, 255, 255), (64, 64, 64)


def warm() -> None:
    """Load what opening needs: a process with bounds can open no file, so nothing more can be loaded there."""
    Image.MAX_IMAGE_PIXELS = None  # the size is looked at here, before anything is decoded
    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False)
    Image.init()


def pages_of(content: bytes, media_type: str) -> int:
    """How many pages a picture has, each decoded to its end. Raises `Unusable`."""
    pages = 0
    for page in _pages(content, media_type, longest=1):
        page.load()
        pages += 1
    return pages


def thumbnail(content: bytes, media_type: str) -> bytes:
    """The first page as a small JPEG, upright."""
    for page in _pages(content, media_type, THUMBNAIL):
        return _jpeg(_plain(page, THUMBNAIL), 80)
    raise Unusable("document_damaged")


def shown(content: bytes, media_type: str) -> tuple[str, bytes]:
    """A copy to look at, upright: a JPEG, or a PDF where there are several pages."""
    first, *others = (_plain(page, SHOWN) for page in _pages(content, media_type, SHOWN))
    if not others:
        return "image/jpeg", _jpeg(first, 88)
    out = io.BytesIO()
    first.save(out, "PDF", save_all=True, append_images=others, resolution=200)
    return "application/pdf", out.getvalue()


def _pages(content: bytes, media_type: str, longest: int) -> Iterator[Image.Image]:
    """The picture page by page, each within the bounds. A JPEG is decoded no larger than `longest` pixels need."""
    if media_type == "image/jpeg" and content.count(b"\xff\xda") > _SCANS:
        raise Unusable("document_costly")
    with Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]]) as image:
        pages = getattr(image, "n_frames", 1) if media_type == "image/tiff" else 1
        if pages > MAX_PAGES:
            raise Unusable("document_too_many_pages")
        for number in range(pages):
            image.seek(number)
            if image.width * image.height > MAX_PIXELS:
                raise Unusable("document_too_many_pixels")
            image.draft(None, (longest, longest))
            yield image


def _plain(page: Image.Image, longest: int) -> Image.Image:
    """The page in plain colours or greys, upright, its longer side `longest` at most, and nothing see-through."""
    page.load()
    small = _in_eight_bits(page)
    small = small.reduce(max(1, max(small.size) // (2 * longest)))
    small.thumbnail((longest, longest))
    return ImageOps.exif_transpose(_opaque(_grey(small)))


def _in_eight_bits(page: Image.Image) -> Image.Image:
    """A mode that can be made smaller without losing what it shows; finer greys come to it in `_grey`."""
    if page.mode in _MEASURED:
        return page.convert("F")
    if page.mode == "1":
        return page.convert("L")
    if page.mode == "CMYK" and page.format == "JPEG" and "adobe" not in page.info:
        return ImageChops.invert(page)  # Pillow takes every such JPEG for one of Adobe's, which are inverted
    if "transparency" in page.info or page.mode == "PA":
        return page.convert("RGBA")
    return page.convert("RGB") if page.mode == "P" else page


def _grey(page: Image.Image) -> Image.Image:
    """Greys finer than a screen has, spread from the darkest to the brightest that occur; else the page itself."""
    if page.mode != "F":
        return page
    low, high = (float(value) for value in page.getextrema())  # type: ignore[arg-type]
    scale = 255 / (high - low) if high > low else 0.0
    return page.point(lambda value: value * scale - low * scale).convert("L")


def _opaque(page: Image.Image) -> Image.Image:
    """See-through parts on white; on slate where what is drawn is itself too pale for white."""
    if page.mode not in _SEE_THROUGH:
        return page if page.mode == "L" else page.convert("RGB")
    page = page.convert("RGBA")
    alpha = page.getchannel("A")
    drawn = ImageStat.Stat(page.convert("L"), alpha.point(lambda value: 255 * (value > 127)))
    pale = bool(drawn.count[0]) and drawn.mean[0] >= _PALE and alpha.histogram()[0] > 0
    ground = Image.new("RGBA", page.size, _SLATE if pale else _WHITE)
    return Image.alpha_composite(ground, page).convert("RGB")


def _jpeg(page: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    page.save(out, "JPEG", quality=quality)
    return out.getvalue()
