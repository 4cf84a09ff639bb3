"""Files from strangers, and the store that keeps them."""

import hashlib
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from shared.documents import MAX_BYTES, DocumentMissing, DocumentStore, examine
from shared.errors import Refused

ROOT = Path(__file__).parents[3]


def pdf(pages: int = 1, password: str | None = None) -> bytes:
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if password is not None:
        writer.encrypt(password, "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").save(out, kind)
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it is `side` pixels square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
    )


def refusal(content: bytes, name: str = "scan.pdf") -> str:
    with pytest.raises(Refused) as refused:
        examine(content, name)
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "media_type", "suffix"),
    [
        (pdf(), "application/pdf", ".pdf"),
        (picture("JPEG"), "image/jpeg", ".jpg"),
        (picture("PNG"), "image/png", ".png"),
    ],
    ids=["pdf", "jpeg", "png"],
)
def test_a_document_is_described_by_its_content(content: bytes, media_type: str, suffix: str) -> None:
    found = examine(content, "លិខិតអញ្ជើញ.exe")
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert (found.size, found.media_type, found.name) == (len(content), media_type, f"លិខិតអញ្ជើញ{suffix}")


def test_a_pdf_that_opens_without_a_password_is_taken() -> None:
    assert examine(pdf(password=""), "a.pdf").media_type == "application/pdf"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "document_empty"),
        (b"%PDF-1.7\n" + bytes(MAX_BYTES), "document_too_large"),
        (b"hello", "document_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "document_type"),
        (b"PK\x03\x04" + bytes(100), "document_type"),
        (picture("GIF"), "document_type"),
        (b"%PDF-1.7\n", "document_damaged"),
        (pdf()[:200], "document_damaged"),
        (pdf(pages=0), "document_damaged"),
        (pdf(password="secret"), "document_damaged"),
        (b"%PDF-1.7\n" + b"[" * 50_000, "document_damaged"),
        (picture("JPEG")[:300], "document_damaged"),
        (picture("PNG")[:60], "document_damaged"),
        (picture("PNG").replace(b"IDAT", b"IDAX", 1), "document_damaged"),
        (b"\xff\xd8\xff\xe0", "document_damaged"),
        (bomb(10_000), "document_damaged"),
        (bomb(60_000), "document_damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:12]),
)
def test_a_file_that_will_not_do_is_refused(content: bytes, code: str) -> None:
    assert refusal(content) == code


@pytest.mark.parametrize("content", [pdf(), picture("JPEG"), picture("PNG")], ids=["pdf", "jpeg", "png"])
def test_damage_anywhere_is_at_worst_a_refusal(content: bytes) -> None:
    """Whatever the readers trip over must not become an error of ours."""
    outcomes = set()
    step = max(1, len(content) // 150)
    for position in range(0, len(content), step):
        for damaged in (content[:position], content[:position] + bytes(8) + content[position + 8 :]):
            try:
                examine(damaged, "x")
                outcomes.add("taken")
            except Refused as refused:
                outcomes.add(refused.code)
    assert "document_damaged" in outcomes
    assert outcomes <= {"taken", "document_damaged", "document_empty", "document_type"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ខ្ញុំ\\របាយការណ៍.pdf", "របាយការណ៍.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie: x=1.pdf"),
        ("\x00\x1f\x7f\x85", "document.pdf"),
        ("", "document.pdf"),
        ("..", "document.pdf"),
        (".pdf", "pdf.pdf"),
        ("gnp.\u202efdp.exe", "gnp. fdp.pdf"),
        ("ជម្រាប\u200bជូន.pdf", "ជម្រាប\u200bជូន.pdf"),
        ("half \ud83d.pdf", "half.pdf"),
        ("ក" * 400 + ".pdf", "ក" * 120 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert examine(pdf(), given).name == kept


def test_a_document_is_kept_under_its_hash(tmp_path: Path) -> None:
    store, content = DocumentStore(tmp_path / "not" / "there"), pdf()
    key = hashlib.sha256(content).hexdigest()
    assert not store.holds(key)
    assert store.put(content) == store.put(content) == key
    assert store.holds(key)
    assert store.get(key) == content
    assert [path.name for path in (tmp_path / "not" / "there").rglob("*") if path.is_file()] == [key]


def test_what_is_not_there_or_not_whole_is_missing(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path)
    key = store.put(b"as signed")
    with pytest.raises(DocumentMissing) as missing:
        store.get("0" * 64)
    assert missing.value.sha256 == "0" * 64
    store.path(key).write_bytes(b"as forged")
    with pytest.raises(DocumentMissing):
        store.get(key)
    assert store.put(b"as signed") == key
    assert store.get(key) == b"as signed"


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_leads_to_a_path(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        DocumentStore(tmp_path).path(key)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_failure_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store, content = DocumentStore(tmp_path), b"content"
    with monkeypatch.context() as patch:
        patch.setattr(os, moment, full)
        with pytest.raises(OSError, match="No space left"):
            store.put(content)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert store.get(store.put(content)) == content


def test_a_crash_while_writing_leaves_no_half_document(tmp_path: Path) -> None:
    store, content = DocumentStore(tmp_path), b"content" * 1000
    key = hashlib.sha256(content).hexdigest()
    dies = "import os, pathlib, sys; from shared.documents import DocumentStore; os.fsync = lambda _: os._exit(9);"
    dies += "DocumentStore(pathlib.Path(sys.argv[1])).put(b'content' * 1000)"
    died = subprocess.run([sys.executable, "-c", dies, str(tmp_path)], cwd=ROOT, check=False)
    assert died.returncode == 9
    assert not store.holds(key)
    assert store.get(store.put(content)) == content
