"""Reading bodies as leniently as Telegram does: file names may be unquoted, raw UTF-8 or percent-encoded."""

import json
import re
from urllib.parse import parse_qsl, unquote

from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.params import NOT_UTF8, Params, Upload, as_text, broken

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name=(?:"([^"]*)"|([^;\r\n]*))', re.IGNORECASE)
_FILE = re.compile(r'filename=(?:"((?:[^"\\]|\\.)*)"|([^;\r\n]*))', re.IGNORECASE)
_FILE_STAR = re.compile(r"filename\*=(?:UTF-8)?''([^;\r\n]*)", re.IGNORECASE)


def read_body(content_type: str, body: bytes, params: Params) -> None:
    """Adds the values and uploads of a body to `params`; raises 400 when it is not what it says it is."""
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind == "multipart/form-data":
        _read_multipart(content_type, body, params)
    elif kind == "application/json" and body.strip():
        _read_json(body, params)
    elif kind == "application/x-www-form-urlencoded":
        params.values.update(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    if any(broken(value) for value in params.values.values()):
        raise bad_request(NOT_UTF8)


def _read_json(body: bytes, params: Params) -> None:
    try:
        values = json.loads(body)
    except ValueError as exc:
        raise bad_request("can't parse request as JSON object") from exc
    if not isinstance(values, dict):
        raise bad_request("request must be a JSON object")
    params.values.update({key: as_text(value) for key, value in values.items() if value is not None})


def _read_multipart(content_type: str, body: bytes, params: Params) -> None:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise bad_request("boundary parameter not found in multipart Content-Type header")
    delimiter = b"\r\n--" + (found[1] or found[2]).encode()
    parts = (b"\r\n" + body).split(delimiter)
    for part in parts[1:]:
        if part.startswith(b"--"):
            return
        head, _, data = part.partition(b"\r\n\r\n")
        _read_part(head.decode(errors="replace"), data, params)


def _read_part(head: str, data: bytes, params: Params) -> None:
    name = _first(_NAME, head)
    if name is None:
        return
    star = _FILE_STAR.search(head)
    file_name = unquote(star[1].strip()) if star else _first(_FILE, head)
    if file_name is None:
        params.values[name] = data.decode(errors="replace")
    else:
        plain = re.sub(r"\\(.)", r"\1", file_name)
        params.uploads[name] = Upload(unquote(plain) if "%" in plain else plain, data)


def _first(pattern: re.Pattern[str], head: str) -> str | None:
    match = pattern.search(head)
    if match is None:
        return None
    value = match[1] if match[1] is not None else match[2]
    return value.strip()
