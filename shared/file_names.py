"""File names as they come from anywhere, made into names that are only names."""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from typing import Final
from urllib.parse import quote, unquote

LONGEST: Final = 120
"""Characters before the suffix: with it, a name is below 255 bytes in no script but fits every screen and field."""
_UNSAFE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
)
"""What would break a header, a line or a disk, or turn the reading direction; Khmer's own invisible signs stay."""
_COENG: Final = "\u17d2"
"""Joins the letter after it below the one before; a name that is cut short must not end with one."""
_ENCODED_WORD: Final = re.compile(r"=\?[\w-]+\?[bqBQ]\?[^?\s]*\?=")
_EXTENDED: Final = re.compile(rb"(?i);\s*filename\*[^=;]*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)")
_PLAIN: Final = re.compile(rb"(?i);\s*filename\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)")
_OF_HTML: Final = re.compile(r"&#([0-9]{2,6});")
_PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def safe_name(name: str, suffix: str | None = None) -> str:
    """A name of one line, without folders and without anything that a screen, header or disk would take amiss.

    It ends with `suffix`, whatever it ended with before (None: with what it had); `document` where nothing is left.
    """
    last = re.split(r"[/\\]", name.strip())[-1]
    plain = " ".join(_UNSAFE.sub(" ", unicodedata.normalize("NFC", last)).split())
    stem, ending = _apart(plain)
    stem = stem.strip(" .")[:LONGEST].rstrip(f" .{_COENG}")
    return f"{stem or 'document'}{ending if suffix is None else suffix}"


def in_one_way(disposition: bytes) -> bytes:
    """A part's `Content-Disposition` with the name that `filename*` gives (RFC 5987, in any charset) as `filename`.

    Forms should not carry `filename*`, but .NET and others send it, beside the other or alone.
    """
    if not _EXTENDED.search(disposition):
        return disposition
    rest = _PLAIN.sub(b"", disposition).decode("latin-1")
    message = Message()
    message["Content-Disposition"] = rest
    name = message.get_filename()
    if not name:
        return disposition
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", "replace")
    return _EXTENDED.sub(b"", rest.encode("latin-1")).rstrip(b"; ") + b'; filename="' + escaped + b'"'


def decoded(name: str) -> str:
    """A form's file name as the person has it: some clients encode it by RFC 2047, by percent signs or for HTML."""
    if _ENCODED_WORD.search(name):
        return _of_words(name)
    return _of_percents(_OF_HTML.sub(lambda match: chr(int(match[1])), _of_latin(name)))


def disposition(how: str, name: str) -> str:
    """A `Content-Disposition` that old and new clients understand, in any script."""
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _of_words(name: str) -> str:
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return name


def _of_latin(name: str) -> str:
    """UTF-8 that a server took for Latin-1, as HTTP's old rule has it."""
    try:
        return name.encode("latin-1").decode()
    except UnicodeError:
        return name


def _of_percents(name: str) -> str:
    """Percent-encoded UTF-8; a name that only has a percent sign in it stays (`100%.pdf`)."""
    try:
        return _PERCENT.sub(lambda match: unquote(match[0], errors="strict"), name)
    except UnicodeDecodeError:
        return name


def _apart(name: str) -> tuple[str, str]:
    """The name before, and what seems to be a file's kind: a short word after the last point."""
    stem, _, kind = name.rpartition(".")
    if stem.strip(" .") and re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,8}", kind):
        return stem, f".{kind}"
    return name, ""
