"""Documents by their hash, as files and, for pictures, as thumbnails."""

import asyncio
import io
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from PIL import Image, ImageOps

from services.archive.store import log
from services.archive.web.headers import DOCUMENT_POLICY, FOR_GOOD
from services.archive.web.shelf import AShelf, ASnapshot, Shelf
from shared.documents import ACCEPTED, DocumentMissing
from shared.i18n import message
from shared.openapi import files_of, problems
from shared.postgres import Connection
from shared.problems import Problem
from shared.values import DocumentRef

THUMBNAIL = (480, 480)
Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the document's bytes, in hex.")]

router = APIRouter(tags=["documents"], default_response_class=Response)


@router.head("/documents/{sha256}", include_in_schema=False)
@router.get(
    "/documents/{sha256}",
    response_class=Response,
    responses={
        **files_of(*ACCEPTED, "application/octet-stream"),
        **problems(500),
        304: {"description": "It is as `If-None-Match` knows it."},
    },
)
async def document(request: Request, sha256: Hash, shelf: AShelf, snapshot: ASnapshot) -> Response:
    """The document's bytes, checked against their hash before they are sent."""
    reference = await _reference(snapshot, sha256)
    if _known(request, sha256):
        return _unchanged(sha256)
    content = await asyncio.to_thread(_content, shelf, sha256)
    shown = reference.media_type in ACCEPTED
    how = "inline" if shown else "attachment"
    named = {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(reference.name, safe='')}"}
    media_type = reference.media_type if shown else "application/octet-stream"
    return Response(content, media_type=media_type, headers=_for_good(sha256) | named)


@router.get("/documents/{sha256}/thumbnail", include_in_schema=False)
async def thumbnail(request: Request, sha256: Hash, shelf: AShelf, snapshot: ASnapshot) -> Response:
    """A picture made small, so that a page of photographs loads on a phone."""
    reference = await _reference(snapshot, sha256)
    if not reference.media_type.startswith("image/"):
        raise Problem(404, "not_a_picture", message("This document is not a picture."))
    tag = f"{sha256}-small"
    if _known(request, tag):
        return _unchanged(tag)
    small = await asyncio.to_thread(_small, shelf, sha256)
    return Response(small, media_type="image/jpeg", headers=_for_good(tag))


async def _reference(connection: Connection, sha256: str) -> DocumentRef:
    reference = await log.document(connection, sha256)
    if reference is None:
        raise Problem(404, "document_unknown", message("The archive holds no document under this hash."))
    return reference


def _content(shelf: Shelf, sha256: str) -> bytes:
    try:
        return shelf.documents.get(sha256)
    except DocumentMissing as error:
        text = message("The document's file is missing or damaged. Tell the operators its hash; a backup holds it.")
        raise Problem(500, "document_damaged", text, sha256=sha256) from error


def _known(request: Request, tag: str) -> bool:
    return f'"{tag}"' in request.headers.get("if-none-match", "")


def _unchanged(tag: str) -> Response:
    return Response(status_code=304, headers=_for_good(tag))


def _for_good(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": FOR_GOOD, "Content-Security-Policy": DOCUMENT_POLICY}


def _small(shelf: Shelf, sha256: str) -> bytes:
    with Image.open(io.BytesIO(_content(shelf, sha256))) as image:
        image.draft("RGB", THUMBNAIL)
        upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail(THUMBNAIL)
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=80)
        return out.getvalue()
