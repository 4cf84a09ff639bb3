"""How calls come in: methods, parameters, tokens, bodies, files."""

from typing import Any

import pytest
from aiohttp import FormData
from yarl import URL

from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.errors import ControlError
from tests.integration.telegram_sandbox.conftest import SOKHA, UNIT, Hand


@pytest.mark.parametrize("method", ["getMe", "getme", "GETME", "GetMe/"])
async def test_method_names_ignore_case(hand: Hand, method: str) -> None:
    assert (await hand.result(method))["is_bot"] is True


async def test_unknown_method(hand: Hand) -> None:
    answer = await hand.api("sendPigeon")
    assert answer == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}


@pytest.mark.parametrize(
    ("token", "description"),
    [
        ("7000000001:wrong", "Unauthorized"),
        ("0:abc", "Unauthorized: invalid token specified"),
        ("abc", "Unauthorized: invalid token specified"),
    ],
)
async def test_wrong_token(hand: Hand, token: str, description: str) -> None:
    async with hand.session.get(f"/bot{token}/getMe") as response:
        assert response.status == 401
        assert await response.json() == {"ok": False, "error_code": 401, "description": description}


async def test_percent_encoded_token(hand: Hand, sandbox: Sandbox) -> None:
    address = URL(f"{sandbox.url}/bot{hand.token.replace(':', '%3A')}/getMe", encoded=True)
    async with hand.session.get(address) as response:
        assert (await response.json())["ok"] is True


async def _sent(hand: Hand, **request: Any) -> dict[str, Any]:
    async with hand.session.post(f"/bot{hand.token}/sendMessage", **request) as response:
        answer: dict[str, Any] = await response.json()
        assert answer["ok"], answer
        result: dict[str, Any] = answer["result"]
        return result


async def test_parameters_from_query_form_json_and_multipart(hand: Hand) -> None:
    form = FormData({"chat_id": str(UNIT), "text": "ក"})
    form.add_field("reply_markup", '{"inline_keyboard":[]}', content_type="application/json")
    for request in (
        {"params": {"chat_id": str(UNIT), "text": "ក"}},
        {"data": {"chat_id": str(UNIT), "text": "ក"}},
        {"json": {"chat_id": UNIT, "text": "ក", "disable_notification": True}},
        {"data": form},
        {"params": {"chat_id": str(UNIT)}, "json": {"text": "ក"}},
    ):
        assert (await _sent(hand, **request))["text"] == "ក"


async def test_broken_json_is_refused(hand: Hand) -> None:
    headers = {"Content-Type": "application/json"}
    async with hand.session.post(f"/bot{hand.token}/getMe", data=b"{", headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["description"] == "Bad Request: can't parse request as JSON object"


@pytest.mark.parametrize(
    "disposition",
    [
        'form-data; name="document"; filename="លិខិត.pdf"',
        "form-data; name=document; filename=លិខិត.pdf",
        "form-data; name=document; filename=x; filename*=UTF-8''%E1%9E%9B%E1%9E%B7%E1%9E%81%E1%9E%B7%E1%9E%8F.pdf",
        'form-data; name="document"; filename="%E1%9E%9B%E1%9E%B7%E1%9E%81%E1%9E%B7%E1%9E%8F.pdf"',
    ],
)
async def test_lenient_file_names(hand: Hand, disposition: str) -> None:
    part = f"--edge\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + b"%PDF-1.7\r\n--edg\r\n\x00"
    body = f'--edge\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n{UNIT}\r\n'.encode()
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    body += part + b"\r\n--edge--\r\n"
    async with hand.session.post(f"/bot{hand.token}/sendDocument", data=body, headers=headers) as response:
        document = (await response.json())["result"]["document"]
    assert document["file_name"] == "លិខិត.pdf"
    assert document["mime_type"] == "application/pdf"
    assert document["file_size"] == len(b"%PDF-1.7\r\n--edg\r\n\x00")


async def test_half_a_surrogate_pair_is_refused(hand: Hand) -> None:
    refused = await hand.refused("sendMessage", chat_id=UNIT, text="\ud83d")
    assert refused == "Bad Request: strings must be encoded in UTF-8"
    markup = '{"inline_keyboard":[[{"text":"\\ud83d","callback_data":"x"}]]}'
    refused = await hand.refused("sendMessage", chat_id=UNIT, text="x", reply_markup=markup)
    assert refused == "Bad Request: strings must be encoded in UTF-8"


async def test_multipart_without_boundary(hand: Hand) -> None:
    headers = {"Content-Type": "multipart/form-data"}
    async with hand.session.post(f"/bot{hand.token}/getMe", data=b"x", headers=headers) as response:
        assert response.status == 400


async def test_download_needs_token_and_path(hand: Hand) -> None:
    async with hand.session.get(f"/file/bot{hand.token}/documents/none.pdf") as response:
        assert response.status == 404
    async with hand.session.get("/file/bot1:x/documents/none.pdf") as response:
        assert response.status == 401


def test_only_loopback_is_served() -> None:
    with pytest.raises(ControlError, match="loopback only"):
        Sandbox(host="0.0.0.0")


async def test_requests_naming_another_host_or_origin_are_refused(hand: Hand) -> None:
    for headers in ({"Host": "sandbox.example"}, {"Origin": "https://elsewhere.example"}):
        async with hand.session.post(f"/control/chats/{SOKHA}/messages", json={}, headers=headers) as response:
            assert response.status == 403
