"""File names from everywhere, made into names that are only names."""

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.file_names import LONGEST, decoded, disposition, in_one_way, safe_name
from shared.values import DocumentRef

KHMER = "លិខិតអញ្ជើញ.pdf"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ខ្ញុំ\\របាយការណ៍.pdf", "របាយការណ៍.pdf"),
        ("C:\\fakepath\\x.pdf", "x.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie: x=1.pdf"),
        ("\x00\x1f\x7f\x85", "document.pdf"),
        ("", "document.pdf"),
        ("..", "document.pdf"),
        (". . .", "document.pdf"),
        (".pdf", "pdf.pdf"),
        ("gnp.\u202efdp.exe", "gnp. fdp.pdf"),
        ("\u2066a\u2069.pdf", "a.pdf"),
        ("ជម្រាប\u200bជូន.pdf", "ជម្រាប\u200bជូន.pdf"),
        ("half \ud83d.pdf", "half.pdf"),
        ("ក" * 400 + ".pdf", "ក" * 120 + ".pdf"),
        ("ក" * 119 + "\u17d2ក.pdf", "ក" * 119 + ".pdf"),
        ("Report 2026.10", "Report 2026.10.pdf"),
        ("scan.final.JPG", "scan.final.pdf"),
        ('a "quoted" name.pdf', 'a "quoted" name.pdf'),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert safe_name(given, ".pdf") == kept


@given(st.text(st.characters(), max_size=400))
@example("\u200f.\u202e/..\\" * 20)
def test_whatever_comes_the_name_is_short_and_in_one_line(name: str) -> None:
    for safe in (safe_name(name, ".pdf"), safe_name(decoded(name), ".pdf"), safe_name(name)):
        assert 0 < len(safe) <= LONGEST + 9
        assert "/" not in safe
        assert "\\" not in safe
        assert safe.strip(" .") != ""
        assert all(unicodedata.category(sign) not in {"Cc", "Zl", "Zp", "Cs"} for sign in safe)
        assert not set(safe) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
        assert safe_name(safe, safe[safe.rfind(".") :] if "." in safe else "").startswith(safe[:1])
        disposition("inline", safe).encode("ascii")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("=?utf-8?B?4Z6b4Z634Z6B4Z634Z6P4Z6i4Z6J4Z+S4Z6H4Z6+4Z6JLnBkZg==?=", KHMER),
        ("=?utf-8?Q?caf=C3=A9?= =?utf-8?Q?_two.pdf?=", "café two.pdf"),
        ("=?none-such?B?xx?=.pdf", "=?none-such?B?xx?=.pdf"),
        (quote(KHMER), KHMER),
        ("100%.pdf", "100%.pdf"),
        ("half%E1.pdf", "half%E1.pdf"),
        (KHMER.encode().decode("latin-1"), KHMER),
        ("café.pdf", "café.pdf"),
        ("&#6027;&#6074;.pdf", "ឋឺ.pdf"),
        (KHMER, KHMER),
    ],
)
def test_a_name_is_read_back_from_whatever_encoding(sent: str, name: str) -> None:
    assert decoded(sent) == name


@pytest.mark.parametrize(
    "sent",
    [
        f"form-data; name=file; filename*=UTF-8''{quote(KHMER)}",
        f'form-data; name=file; filename="fallback; \\"x\\".pdf"; filename*=UTF-8\'\'{quote(KHMER)}',
        f"form-data; filename*=utf-8'km'{quote(KHMER)}; filename=fallback.pdf; name=file",
        f"form-data; name=file; filename*0*=UTF-8''{quote(KHMER[:4])}; filename*1*={quote(KHMER[4:])}",
    ],
)
def test_an_extended_name_goes_before_the_plain_one(sent: str) -> None:
    one = in_one_way(sent.encode()).decode()
    assert f'filename="{KHMER}"' in one
    assert "fallback" not in one
    assert "name=file" in one


@given(st.binary(max_size=80))
def test_a_header_of_any_bytes_is_taken(sent: bytes) -> None:
    in_one_way(b"form-data; name=file; filename*=" + sent)


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=80))
def test_a_download_carries_the_whole_name(name: str) -> None:
    header = disposition("attachment", safe_name(name))
    assert header.endswith(f"filename*=UTF-8''{quote(safe_name(name), safe='')}")
    assert header.count('"') == 2


def test_a_document_named_in_an_event_is_named_as_safely() -> None:
    told = DocumentRef(sha256="0" * 64, size=1, media_type="image/png", name="..\\a b .exe")
    assert told.name == "a b.exe"
