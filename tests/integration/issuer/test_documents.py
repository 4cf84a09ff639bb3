"""Uploading a basis, and reading it back."""

import pytest

from services.issuer.app import MAX_BODY
from shared.documents import MAX_BYTES
from tests.integration.issuer.samples import HEAD, OFFICER, STRANGER, Api, invitation, picture, problem

PADDING = b"\n% padding"
LARGEST = invitation().ljust(MAX_BYTES, PADDING[:1])


@pytest.mark.parametrize(
    ("sent", "kind", "named"),
    [
        (("លិខិតអញ្ជើញ.pdf", invitation()), "application/pdf", "លិខិតអញ្ជើញ.pdf"),
        (("scan.PNG", picture()), "image/png", "scan.png"),
        (("wrongly-named.pdf", picture()), "image/png", "wrongly-named.png"),
        (("../../etc/passwd", invitation()), "application/pdf", "passwd.pdf"),
        (("as large as may be.pdf", LARGEST), "application/pdf", "as large as may be.pdf"),
    ],
    ids=["pdf", "png", "png named pdf", "path", "20 MB"],
)
async def test_an_uploaded_document_comes_back_byte_for_byte(
    api: Api, sent: tuple[str, bytes], kind: str, named: str
) -> None:
    answer = await api.post("/documents", HEAD, files={"file": (*sent, "text/html")})
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert (document["media_type"], document["name"], document["size"]) == (kind, named, len(sent[1]))
    back = await api.get(f"/documents/{document['sha256']}", HEAD)
    assert back.content == sent[1]
    assert back.headers["content-type"] == kind
    assert back.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in back.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "document_empty"),
        (b"Only words.", 422, "document_type"),
        (b"%PDF-1.7 and then nothing", 422, "document_damaged"),
        (invitation()[:-400], 422, "document_damaged"),
        (picture()[:50], 422, "document_damaged"),
        (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", 422, "document_type"),
        (LARGEST + b"\n", 422, "document_too_large"),
        (b"x" * (21 * 1024 * 1024), 413, "too_large"),
    ],
    ids=["empty", "text", "damaged", "cut pdf", "cut png", "gif", "a byte over", "21 MB"],
)
async def test_what_is_no_document_is_refused(api: Api, content: bytes, status: int, code: str) -> None:
    answer = await api.post("/documents", HEAD, files={"file": ("basis.pdf", content, "application/pdf")})
    assert problem(answer, status)["code"] == code


async def test_a_form_without_a_file_is_refused(api: Api) -> None:
    assert problem(await api.post("/documents", HEAD), 422)["code"] == "unreadable"
    assert problem(await api.post("/documents", HEAD, data={"file": "words"}), 422)["code"] == "unreadable"
    assert problem(await api.post("/documents", HEAD, json={"file": "words"}), 422)["code"] == "unreadable"
    two = [("file", ("a.pdf", invitation(), "application/pdf")), ("file", ("b.pdf", picture(), "image/png"))]
    assert problem(await api.post("/documents", HEAD, files=two), 400)["code"] == "form_unreadable"


HEADER = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


@pytest.mark.parametrize(
    ("kind", "content", "status", "code"),
    [
        ("multipart/form-data; boundary=x", b"no form", 400, "form_unreadable"),
        ("multipart/form-data", HEADER + picture() + b"\r\n--x--\r\n", 400, "form_unreadable"),
        ("multipart/form-data; boundary=x", HEADER + picture(), 400, "form_unreadable"),
        ("multipart/form-data; boundary=x", HEADER[:30], 400, "form_unreadable"),
        ("multipart/form-data; boundary=x", b"", 400, "form_unreadable"),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422, "unreadable"),
    ],
    ids=["no form", "no boundary", "cut in the file", "cut in the header", "nothing", "no file"],
)
async def test_a_broken_form_is_said_to_be_one(api: Api, kind: str, content: bytes, status: int, code: str) -> None:
    answer = await api.post("/documents", HEAD, content=content, headers={"Content-Type": kind})
    found = problem(answer, status)
    assert found["code"] == code
    assert "file" in found["message"]["km"]


async def test_the_same_bytes_are_one_document(api: Api) -> None:
    first = await api.post("/documents", HEAD, files={"file": ("first.pdf", invitation(), "application/pdf")})
    again = await api.post("/documents", OFFICER, files={"file": ("second.pdf", invitation(), "application/pdf")})
    assert first.json() == again.json()


async def test_a_document_of_no_mission_is_its_uploaders_alone(api: Api) -> None:
    document = await api.uploaded(person=HEAD)
    assert (await api.get(f"/documents/{document['sha256']}", HEAD)).status_code == 200
    problem(await api.get(f"/documents/{document['sha256']}", STRANGER), 404)
    problem(await api.get(f"/documents/{document['sha256']}", OFFICER), 404)
    await api.uploaded(person=OFFICER)
    assert (await api.get(f"/documents/{document['sha256']}", OFFICER)).status_code == 200


def test_a_body_may_hold_the_largest_document() -> None:
    assert MAX_BYTES < MAX_BODY < 21 * 1024 * 1024
