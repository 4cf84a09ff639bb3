"""The description of an HTTP interface: problem documents, bodies that are read by hand, and a page that shows it."""

from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from shared.values import Finding

Json = dict[str, Any]
PAGE: Final = files("shared") / "reference"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""Of the page at /docs, which takes nothing from another host; its renderer writes style attributes."""
REF: Final = "#/components/schemas/{model}"
SENT: Final = REF + "-Input"
"""What requests carry: unlike in answers, a field that is not described is refused."""
PROBLEM: Final[Json] = {
    "type": "object",
    "description": "An error (RFC 9457). Programs go by `code`; `message` is for people, in Khmer and English.",
    "required": ["type", "status", "code", "title", "message"],
    "properties": {
        "type": {"type": "string", "description": "`urn:besakakam:problem:` and the code."},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "title": {"type": "string", "description": "The message in the language that Accept-Language prefers."},
        "message": {"$ref": REF.format(model="Sentence")},
        "errors": {"type": "array", "items": {"$ref": REF.format(model="FieldError")}},
        "errors_left_out": {"type": "integer", "description": "How many more there are than `errors` lists."},
        "findings": {"type": "array", "items": {"$ref": REF.format(model="Finding")}},
    },
    "example": {
        "type": "urn:besakakam:problem:no_such_mission",
        "status": 404,
        "code": "no_such_mission",
        "title": "គ្មានបេសកកម្មនេះទេ។",
        "message": {"km": "គ្មានបេសកកម្មនេះទេ។", "en": "There is no such mission."},
    },
}
SENTENCE: Final[Json] = {
    "type": "object",
    "required": ["km", "en"],
    "properties": {"km": {"type": "string"}, "en": {"type": "string"}},
}
FIELD_ERROR: Final[Json] = {
    "type": "object",
    "description": "What is wrong with a field of the request; `field` is a dotted path whose lists count from 0.",
    "required": ["field", "problem", "code"],
    "properties": {
        "field": {"type": "string"},
        "problem": {"$ref": REF.format(model="Sentence")},
        "code": {"type": "string"},
    },
}
MEANINGS: Final[Mapping[int, str]] = {
    400: "The form cannot be read.",
    401: "A key is needed, and this is none in force.",
    403: "The office held does not allow this, or the key's person no longer serves.",
    404: "There is no such thing, or it is not the caller's to see.",
    408: "The request came too slowly.",
    409: "It does not fit the state that the mission or the return is in; `findings` may say more.",
    413: "The request is too large.",
    422: "The request is not as described (`errors`), or the rules refuse it (`findings`).",
    429: "Too many requests at once; nothing was done. `Retry-After`: in how many seconds to retry.",
    500: "Something is wrong on our side.",
    503: "The database cannot be reached, the service is full, or it took too long; nothing was changed. Try again.",
}


def problems(*statuses: int) -> dict[int | str, Json]:
    """The declaration of error answers, for `responses` of a route."""
    content = {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}}
    return {status: {"description": MEANINGS[status], "content": content} for status in statuses}


def files_of(*media_types: str, description: str = "The file's bytes.") -> dict[int | str, Json]:
    """The declaration of an answer that is a file of one of these types."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": description, "content": dict.fromkeys(media_types, schema)}}


def body_of(model: type[BaseModel], example: Json) -> Json:
    """The description of a JSON body that is read by hand; its parts are added to the components by `describe`."""
    schema = {"$ref": SENT.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


def describe(
    app: FastAPI, *, about: str, schemes: Mapping[str, Json], needed: Json | None, models: tuple[type[BaseModel], ...]
) -> None:
    """Let `app.openapi` tell the truth.

    `schemes` are the ways to show who one is; where `needed` is given every route needs it but those tagged `health`.
    `models` are the bodies read by hand.
    """
    app.openapi = _described(app, about, schemes, needed, models)  # type: ignore[method-assign]


def _described(
    app: FastAPI, about: str, schemes: Mapping[str, Json], needed: Json | None, models: tuple[type[BaseModel], ...]
) -> Callable[[], Json]:
    def openapi() -> Json:
        if app.openapi_schema is None:
            whole = get_openapi(title=app.title, version=app.version, description=about, routes=app.routes)
            components = whole.setdefault("components", {})
            known = components.setdefault("schemas", {})
            known |= _parts((Finding,), REF)
            known |= {f"{name}-Input": _closed(part) for name, part in _parts(models, SENT).items()}
            known |= {"Problem": PROBLEM, "Sentence": SENTENCE, "FieldError": FIELD_ERROR}
            for name in ("HTTPValidationError", "ValidationError"):
                known.pop(name, None)
            components["securitySchemes"] = dict(schemes)
            for path in whole["paths"].values():
                for operation in path.values():
                    _complete(operation, needed)
            app.openapi_schema = whole
        return app.openapi_schema

    return openapi


def _parts(models: Iterable[type[BaseModel]], ref: str) -> dict[str, Json]:
    """The schemas of the models and of all that they hold, by name."""
    found: dict[str, Json] = {}
    for model in models:
        schema = model.model_json_schema(ref_template=ref)
        found |= {**schema.pop("$defs", {}), model.__name__: schema}
    return found


def _closed(schema: Json) -> Json:
    return {**schema, "additionalProperties": False} if "properties" in schema else schema


def _complete(operation: Json, needed: Json | None) -> None:
    """Add what every route of its kind can answer."""
    open_to_all = "health" in operation.get("tags", ())
    if open_to_all:
        operation["security"] = []
    elif needed is not None:
        operation["security"] = [{name: []} for name in needed]
    answers = operation["responses"]
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    statuses = [] if open_to_all else [401, 429, 503]
    statuses += [422] if places or "requestBody" in operation else []
    statuses += [404] if "path" in places else []
    statuses += [408, 413] if "requestBody" in operation else []
    for status, answer in problems(*statuses).items():
        if str(status) == "422" or str(status) not in answers:
            answers[str(status)] = answer
    operation["responses"] = dict(sorted(answers.items()))


def add_page(app: FastAPI) -> None:
    """Serve `/docs`: the description as a page, from this host alone."""

    async def page(_request: Request) -> Response:
        return FileResponse(str(PAGE / "index.html"), headers={"Content-Security-Policy": POLICY})

    app.add_route("/docs", page, include_in_schema=False)
    app.mount("/docs", StaticFiles(directory=str(PAGE)))
