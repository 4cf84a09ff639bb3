"""What requests carry, read strictly: an unknown field is an error, so that a typing mistake is not passed over."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.i18n import message
from shared.problems import Problem
from shared.texts import unambiguous
from shared.values import Paragraph

MAX_JSON = 256 * 1024
"""Bytes of a JSON body; the largest order that the contract allows is well below."""

Model = TypeVar("Model", bound=BaseModel)


class Issue(BaseModel):
    """`overrides`: for each warning's code, why the officer goes on all the same."""

    model_config = ConfigDict(frozen=True)
    overrides: dict[Annotated[str, Field(max_length=60)], Paragraph] = Field(default={}, max_length=20)


class Reason(BaseModel):
    """Why a request is refused or a return sent back; whoever is concerned reads it."""

    model_config = ConfigDict(frozen=True)
    reason: Paragraph


def body(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that reads the request's JSON body as `model`."""

    async def read(request: Request) -> Model:
        raw = await _read_within(MAX_JSON, request)
        try:
            value = model.model_validate_json(raw or b"{}", extra="forbid")
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_url=False)) from error
        if raw and not unambiguous(raw):
            raise RequestValidationError([{"type": "ambiguous", "loc": ()}])
        return value

    return read


async def _read_within(limit: int, request: Request) -> bytes:
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > limit:
            raise Problem(413, "too_large", message("The request is larger than {limit} KB.", limit=limit // 1024))
    return bytes(raw)
