"""Which failures prove that nothing was sent."""

from ssl import SSLError
from unittest.mock import Mock

import aiohttp
import pytest
from aiogram import exceptions
from aiogram.methods import SendMediaGroup, SendMessage
from aiogram.methods.base import TelegramMethod
from aiogram.types import InputMediaPhoto

from services.notifier.telegram.outcome import (
    Failed,
    Freeze,
    Moved,
    NotReached,
    Outcome,
    Uncertain,
    Unchanged,
    UploadAgain,
    WaitTurn,
    classify,
    describe_error,
)
from services.notifier.telegram.pacing import Paced, counted
from shared.events import AnnouncementFailedData
from tests.unit.notifier.samples import issued_data

SEND = SendMessage(chat_id=1, text="x")


def bad(text: str) -> exceptions.TelegramBadRequest:
    return exceptions.TelegramBadRequest(method=SEND, message=text)


def network(cause: BaseException) -> exceptions.TelegramNetworkError:
    """As aiogram's session wraps what aiohttp raises."""
    error = exceptions.TelegramNetworkError(method=SEND, message=repr(cause))
    error.__cause__ = cause
    return error


REFUSED = aiohttp.ClientConnectorError(Mock(), ConnectionRefusedError(111, "refused"))
DNS = aiohttp.ClientConnectorDNSError(Mock(), OSError("no such host"))


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (exceptions.TelegramRetryAfter(method=SEND, message="Too Many Requests", retry_after=7), Freeze(7.0)),
        (exceptions.TelegramAPIError(method=SEND, message="Too Many Requests: retry after 0"), Freeze(1.0)),
        (exceptions.TelegramMigrateToChat(method=SEND, message="m", migrate_to_chat_id=-100), Moved(-100)),
        (exceptions.TelegramForbiddenError(method=SEND, message="Forbidden: bot was kicked"),
         Failed("Forbidden: bot was kicked", unreachable=True)),
        (bad("Bad Request: chat not found"), Failed("Bad Request: chat not found", unreachable=True)),
        (bad("Bad Request: can't parse entities"), Failed("Bad Request: can't parse entities", unreachable=False)),
        (bad("Bad Request: message is not modified: x"), Unchanged()),
        (exceptions.TelegramEntityTooLarge(method=SEND, message="too large"), Failed("too large", unreachable=False)),
        (Paced(0.5), WaitTurn(0.5)),
    ],
)  # fmt: skip
def test_an_answer_that_says_no_is_certain(error: Exception, outcome: Outcome) -> None:
    assert classify(error) == outcome


@pytest.mark.parametrize(
    "error",
    [
        network(REFUSED),
        network(DNS),
        exceptions.TelegramUnauthorizedError(method=SEND, message="Unauthorized"),
        exceptions.TelegramNotFound(method=SEND, message="Not Found"),
    ],
)
def test_what_never_reached_telegram_is_tried_again(error: Exception) -> None:
    assert isinstance(classify(error), NotReached)


def test_a_stale_file_id_is_uploaded_again() -> None:
    assert isinstance(classify(bad("Bad Request: wrong file identifier/HTTP URL specified")), UploadAgain)


@pytest.mark.parametrize(
    "error",
    [
        network(TimeoutError()),
        network(aiohttp.ServerDisconnectedError()),
        network(aiohttp.ClientOSError(104, "reset")),
        network(aiohttp.ClientPayloadError("cut")),
        exceptions.TelegramServerError(method=SEND, message="Internal Server Error"),
        exceptions.RestartingTelegram(method=SEND, message="restart"),
        exceptions.TelegramConflictError(method=SEND, message="Conflict"),
        exceptions.ClientDecodeError("Failed to decode object", ValueError("no JSON"), "<html>502</html>"),
        aiohttp.ServerDisconnectedError(),
        TimeoutError(),
        ConnectionResetError(),
        SSLError("cut off"),
    ],
)
def test_everything_else_is_uncertain_and_its_reason_fits_the_event(error: Exception) -> None:
    outcome = classify(error)
    assert isinstance(outcome, Uncertain)
    assert 0 < len(outcome.reason) <= 300
    assert "\n" not in outcome.reason


@pytest.mark.parametrize("text", ["", " ", "Bad Request: one\nand\x00another", "x" * 500, "x" * 279 + " y"])
def test_what_telegram_says_fits_the_event(text: str) -> None:
    order = issued_data()
    for error in (bad(text), exceptions.TelegramForbiddenError(method=SEND, message=text)):
        outcome = classify(error)
        assert isinstance(outcome, Failed)
        told_of = AnnouncementFailedData(
            mission_id=order.mission_id,
            delivery_id=order.mission_id,
            number=order.number,
            chat=1,
            chat_name="x",
            audience="unit",
            unit=None,
            certain=True,
            reason=outcome.reason,
        )
        assert told_of.reason == outcome.reason


@pytest.mark.parametrize("token", ["7000000001:AAbb-Cc_dd", "7000000001%3AAAbb-Cc_dd"])
def test_the_bots_token_is_never_told(token: str) -> None:
    url = f"https://api.telegram.org/file/bot{token}/photos/1.jpg"
    for error in (aiohttp.ConnectionTimeoutError(f"Connection timeout to host {url}"), OSError(url)):
        assert "AAbb" not in describe_error(error)
        assert "photos/1.jpg" in describe_error(error)


@pytest.mark.parametrize(
    ("method", "counts"),
    [
        (SEND, True),
        (SendMediaGroup(chat_id=1, media=[InputMediaPhoto(media="a"), InputMediaPhoto(media="b")]), True),
        (Mock(__api_method__="sendChatAction"), False),
        (Mock(__api_method__="answerCallbackQuery"), False),
        (Mock(__api_method__="getFile"), False),
        (Mock(__api_method__="editMessageCaption"), True),
    ],
)
def test_what_telegram_counts(method: TelegramMethod[object], counts: bool) -> None:
    assert counted(method) is counts
