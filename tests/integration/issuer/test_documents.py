"""Uploading a basis, and reading it back."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from PIL import Image

from services.issuer.app import MAX_BODY
from shared.filetypes import MAX_BYTES
from tests import papers
from tests.integration.issuer.samples import (
    HEAD,
    OFFICER,
    STRANGER,
    Api,
    codes,
    invitation,
    moment,
    order,
    picture,
    problem,
)
from tests.integration.issuer.wire import Wire, requested

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


async def test_the_same_bytes_are_one_document_under_each_person_s_own_name(api: Api) -> None:
    for person, name in ((HEAD, "first.pdf"), (OFFICER, "second.pdf"), (HEAD, "third.pdf")):
        sent = await api.post("/documents", person, files={"file": (name, invitation(), "application/pdf")})
        assert sent.json()["name"] == name
        back = await api.get(f"/documents/{sent.json()['sha256']}", person)
        assert back.headers["content-disposition"] == f"inline; filename=\"{name}\"; filename*=UTF-8''{name}"


NAME = "លិខិតអញ្ជើញ.pdf"


@pytest.mark.parametrize(
    "said",
    [
        f'filename="{NAME}"',
        f"filename*=UTF-8''{quote(NAME)}",
        f"filename=\"invitation.pdf\"; filename*=UTF-8''{quote(NAME)}",
        f"filename=\"=?utf-8?B?{b64encode(NAME.encode()).decode()}?=\"; filename*=utf-8''{quote(NAME)}",
        f'filename="=?utf-8?B?{b64encode(NAME.encode()).decode()}?="',
        f'filename="{quote(NAME)}"',
        f'filename="C:\\fakepath\\{NAME}"',
    ],
    ids=["raw", "rfc 5987 alone", "rfc 5987 too", "as .NET", "rfc 2047", "percent", "path"],
)
async def test_a_file_has_its_name_however_the_client_sends_it(api: Api, said: str) -> None:
    start = b'--x\r\nContent-Disposition: form-data; name="file"; ' + said.encode() + b"\r\n\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await api.post("/documents", HEAD, content=start + invitation() + b"\r\n--x--\r\n", headers=kind)
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == NAME


async def test_heic_and_tiff_are_kept_as_they_came(api: Api) -> None:
    for kind, media_type in (("HEIF", "image/heic"), ("TIFF", "image/tiff")):
        content = papers.picture(kind, Image.new("RGB", (64, 48)))
        document = (await api.post("/documents", HEAD, files={"file": ("a.bin", content, "x/y")})).json()
        assert document["media_type"] == media_type
        back = await api.get(f"/documents/{document['sha256']}", HEAD)
        assert back.content == content
        assert back.headers["content-disposition"].startswith("attachment")


async def test_a_document_of_no_mission_is_its_uploaders_alone(api: Api) -> None:
    document = await api.uploaded(person=HEAD)
    assert (await api.get(f"/documents/{document['sha256']}", HEAD)).status_code == 200
    problem(await api.get(f"/documents/{document['sha256']}", STRANGER), 404)
    problem(await api.get(f"/documents/{document['sha256']}", OFFICER), 404)
    await api.uploaded(person=OFFICER)
    assert (await api.get(f"/documents/{document['sha256']}", OFFICER)).status_code == 200


async def test_naming_a_document_is_no_right_to_it(api: Api) -> None:
    """Somebody else's document is answered for as one that does not exist, and naming it does not make it readable."""
    theirs = await api.uploaded(person=STRANGER)
    absent = {**theirs, "sha256": "0" * 64}
    for path in ("/missions/check", "/missions"):
        told, nothing = [await api.post(path, HEAD, json=order(one)) for one in (theirs, absent)]
        assert told.status_code == nothing.status_code
        assert told.json()["findings"] == nothing.json()["findings"]
        assert "basis_missing" in codes(told.json())
    problem(await api.get(f"/documents/{theirs['sha256']}", HEAD), 404)


async def test_a_request_from_the_stream_gives_no_right_to_a_document_either(api: Api, wire: Wire) -> None:
    theirs = await api.uploaded(person=STRANGER)
    event = requested(order(theirs))
    await wire.send(event)
    assert await wire.state(event.data.mission_id) == "refused"
    problem(await api.get(f"/documents/{theirs['sha256']}", HEAD), 404)


async def test_the_basis_of_a_mission_that_one_may_see_can_be_named_again(api: Api, basis: dict[str, Any]) -> None:
    problem(await api.post("/missions", OFFICER, json=order(basis)), 422)
    await api.submitted(basis)
    answer = await api.post("/missions", OFFICER, json=order(basis, departs_at=moment(20), returns_at=moment(21)))
    assert answer.status_code == 201, answer.text


async def test_a_basis_that_breaks_the_bounds_is_a_failure_of_that_request_alone(
    api: Api, wire: Wire, issuer: FastAPI
) -> None:
    content = papers.rescanned(600, side=200)
    sha256 = issuer.state.deps.documents.put(content)
    hostile = {"sha256": sha256, "size": len(content), "media_type": "image/jpeg", "name": "basis.jpg"}
    costly, next_one = requested(order(hostile)), requested(order(await api.uploaded()))
    await wire.send(costly)
    await wire.send(next_one)
    assert await wire.state(costly.data.mission_id) == "refused"
    assert await wire.state(next_one.data.mission_id) == "submitted"


def test_a_body_may_hold_the_largest_document() -> None:
    assert MAX_BYTES < MAX_BODY < 21 * 1024 * 1024
