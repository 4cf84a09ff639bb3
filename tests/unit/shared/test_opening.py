"""What becomes of files of every kind when they are opened: taken, or refused for what is wrong with them."""

import io
import warnings
import zlib
from collections.abc import Iterator

import pymupdf
import pytest
from PIL import Image

from shared.filetypes import MAX_BYTES, MAX_PAGES
from shared.inspection import opening
from tests.papers import bomb, pdf, picture, rescanned, with_chunk

PILLOW = Image.MAX_IMAGE_PIXELS
SMALL = Image.linear_gradient("L").resize((64, 48))
opening.warm()
Image.MAX_IMAGE_PIXELS = PILLOW


@pytest.fixture(autouse=True)
def as_apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The readers as the process apart has them."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def outcome(content: bytes) -> str:
    found, _ = opening.answer("look", content)
    return str(found.get("refused") or found["media_type"])


def shown(content: bytes, task: str = "shown") -> Image.Image:
    found, made = opening.answer(task, content)
    assert found == {"media_type": "image/jpeg"}
    return Image.open(io.BytesIO(made)).convert("L")


@pytest.mark.parametrize("kind", ["RC4_40", "RC4_128", "AES_128", "AES_256"])
def test_an_encrypted_pdf_is_taken_where_it_opens_without_a_password(kind: str) -> None:
    def encrypted(password: str) -> bytes:
        document = pymupdf.open()  # type: ignore[no-untyped-call]
        document.new_page()
        how = getattr(pymupdf, f"PDF_ENCRYPT_{kind}")
        content: bytes = document.tobytes(encryption=how, owner_pw="owner", user_pw=password, permissions=0)  # type: ignore[no-untyped-call]
        return content

    assert outcome(encrypted("")) == "application/pdf"
    assert outcome(encrypted("secret")) == "document_protected"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf(3), "application/pdf"),
        (b"\xef\xbb\xbf" + pdf(), "application/pdf"),
        (b"\r\n" * 500 + pdf(), "application/pdf"),
        (b"x" * 1023 + pdf(), "application/pdf"),
        (b"x" * 1024 + pdf(), "document_type"),
        (pdf() + bytes(5000), "application/pdf"),
        (pdf() + pdf(2), "application/pdf"),
        (pdf()[:200], "document_damaged"),
        (pdf(20)[:-300], "document_damaged"),
        (b"%PDF-1.7\n", "document_damaged"),
        (b"%PDF-1.7\n" + b"[" * 50_000 + b"\n%%EOF", "document_damaged"),
        (b"%PDF-1.7\n" + b"1 0 obj << /A " * 20_000 + b"\n%%EOF", "document_damaged"),
        (b"%PDF-1.7\n" + bytes(MAX_BYTES), "document_too_large"),
        (b"", "document_empty"),
        (b"hello", "document_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "document_type"),
        (b"PK\x03\x04" + bytes(100), "document_type"),
        (picture("GIF"), "document_type"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00avifmif1", "document_type"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1", "document_damaged"),
        (picture("JPEG")[:300], "document_damaged"),
        (picture("PNG")[:60], "document_damaged"),
        (picture("PNG").replace(b"IDAT", b"IDAX", 1), "document_damaged"),
        (picture("TIFF")[:-3000], "document_damaged"),
        (picture("HEIF", SMALL.convert("RGB"))[:-60], "document_damaged"),
        (b"\xff\xd8\xff\xe0", "document_damaged"),
        (bomb(8_000), "document_damaged"),
        (bomb(10_000), "document_too_many_pixels"),
        (bomb(60_000), "document_too_many_pixels"),
        (with_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(5_000_000))), "document_costly"),
        (with_chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(5_000_000))), "document_costly"),
        (rescanned(600, side=100), "document_costly"),
        (
            picture("TIFF", Image.new("1", (1, 1)), save_all=True, append_images=[Image.new("1", (1, 1))] * MAX_PAGES),
            "document_too_many_pages",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:8]),
)
def test_a_file_is_taken_or_named_for_what_it_is(content: bytes, expected: str) -> None:
    assert outcome(content) == expected


COLOURS = SMALL.convert("RGB")
PICTURES = {
    "grey": picture("PNG", SMALL),
    "sixteen bits": picture("PNG", SMALL.convert("I;16").point(lambda value: value * 16)),
    "palette": picture("PNG", COLOURS.quantize(64)),
    "see-through grey": picture("PNG", SMALL.convert("LA")),
    "see-through colours": picture("PNG", SMALL.convert("RGBA")),
    "jpeg": picture("JPEG", SMALL),
    "jpeg colours": picture("JPEG", COLOURS, progressive=True),
    "jpeg cmyk": picture("JPEG", COLOURS.convert("CMYK"), quality=95),
    "heic": picture("HEIF", COLOURS, quality=95),
    "tiff": picture("TIFF", SMALL),
    "tiff lzw": picture("TIFF", COLOURS.convert("CMYK"), compression="tiff_lzw"),
    "tiff floating": picture("TIFF", SMALL.convert("F")),
    "tiff whole numbers": picture("TIFF", SMALL.convert("I")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_any_mode_is_shown_as_it_is(name: str) -> None:
    """Dark above, bright below, and grey between, whatever the numbers in the file."""
    for task in ("thumbnail", "shown"):
        image = shown(PICTURES[name], task)
        column = [image.getpixel((32, row)) for row in (2, 24, 45)]
        for seen, meant in zip(column, (10, 128, 240), strict=True):
            assert isinstance(seen, int)
            assert abs(seen - meant) < 40, column


def drawn(mode: str, ink: object, ground: object) -> Image.Image:
    image = Image.new(mode, (64, 48), ground)  # type: ignore[arg-type]
    image.paste(ink, (20, 10, 40, 40))  # type: ignore[arg-type]
    return image


@pytest.mark.parametrize(
    "image",
    [
        drawn("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)),
        drawn("RGBA", (255, 255, 255, 255), (255, 255, 255, 0)),
        drawn("LA", (0, 255), (0, 0)),
        drawn("LA", (250, 255), (250, 0)),
        drawn("1", 0, 1),
        drawn("I;16", 65_535, 40_000),
        drawn("I;16", 100, 4_000),
    ],
    ids=["black", "white", "grey", "pale grey", "one bit", "bright sixteen bits", "dark sixteen bits"],
)
def test_what_is_drawn_can_be_told_from_its_ground(image: Image.Image) -> None:
    seen = shown(picture("PNG", image))
    ink, ground = seen.getpixel((30, 25)), seen.getpixel((5, 5))
    assert isinstance(ink, int)
    assert isinstance(ground, int)
    assert abs(ink - ground) > 100


def test_a_see_through_palette_is_seen_through() -> None:
    image = drawn("P", 1, 0)
    image.putpalette([0, 0, 0, 20, 20, 20])
    seen = shown(picture("PNG", image, transparency=0))
    assert seen.getpixel((5, 5)) == 255
    assert seen.getpixel((30, 25)) != 255


def test_cmyk_without_adobe_is_not_turned_over() -> None:
    """Adobe's numbers mean the opposite of everybody else's."""
    adobe = picture("JPEG", Image.new("CMYK", (32, 32)))
    plain = adobe.replace(b"Adobe", b"Other", 1)
    assert shown(adobe).getpixel((9, 9)) == 255
    assert shown(plain).getpixel((9, 9)) == 0


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_turned_photograph_stands_upright(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    image = shown(picture("JPEG", SMALL, exif=exif))
    assert image.size == ((64, 48) if turn < 5 else (48, 64))


def test_every_page_of_a_tiff_is_shown() -> None:
    found, made = opening.answer("shown", picture("TIFF", SMALL, save_all=True, append_images=[SMALL, SMALL]))
    assert found == {"media_type": "application/pdf"}
    document = pymupdf.open(stream=made)  # type: ignore[no-untyped-call]
    assert len(document) == 3


def test_a_large_picture_is_shown_small() -> None:
    big = picture("PNG", Image.new("L", (6000, 30)))
    assert max(shown(big).size) == 2560
    assert max(shown(big, "thumbnail").size) == 480


@pytest.mark.parametrize("content", [pdf(), picture("JPEG"), picture("PNG"), picture("TIFF", SMALL), PICTURES["heic"]])
def test_damage_anywhere_is_at_worst_a_refusal(content: bytes) -> None:
    """Whatever the readers trip over must not become an error of ours."""
    step = max(1, len(content) // 100)
    for position in range(0, len(content), step):
        for damaged in (content[:position], content[:position] + bytes(8) + content[position + 8 :]):
            for task in ("look", "shown") if content[:1] != b"%" else ("look",):
                found, _ = opening.answer(task, damaged)
                assert set(found) & {"refused", "media_type"}
