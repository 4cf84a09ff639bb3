"""Documents by their hash, as files and, for pictures, as copies to look at."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.archive.store import log
from services.archive.web.dependencies import Dependencies, Deps
from services.archive.web.headers import DOCUMENT_POLICY, FOR_GOOD
from shared.documents import DocumentMissing
from shared.file_names import disposition
from shared.filetypes import ACCEPTED, SHOWN_AS_IT_IS
from shared.i18n import message
from shared.inspection.inspector import Copy
from shared.openapi import files_of, problems
from shared.problems import Problem
from shared.values import DocumentRef

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
async def document(request: Request, sha256: Hash, deps: Deps) -> Response:
    """The document's bytes, checked against their hash before they are sent."""
    reference = await _reference(deps, sha256)
    if _known(request, sha256):
        return _unchanged(sha256)
    content = await asyncio.to_thread(_content, deps, sha256)
    how = "inline" if reference.media_type in SHOWN_AS_IT_IS else "attachment"
    named = {"Content-Disposition": disposition(how, reference.name)}
    media_type = reference.media_type if reference.media_type in ACCEPTED else "application/octet-stream"
    return Response(content, media_type=media_type, headers=_for_good(sha256) | named)


@router.get("/documents/{sha256}/thumbnail", include_in_schema=False)
async def thumbnail(request: Request, sha256: Hash, deps: Deps) -> Response:
    """A picture made small, so that a page of photographs loads on a phone."""
    return await _copy(request, sha256, deps, deps.inspector.thumbnail)


@router.get("/documents/{sha256}/shown", include_in_schema=False)
async def shown(request: Request, sha256: Hash, deps: Deps) -> Response:
    """A picture of any kind, as every browser shows it; the original is what counts."""
    return await _copy(request, sha256, deps, deps.inspector.shown)


async def _copy(
    request: Request, sha256: str, deps: Dependencies, make: Callable[[bytes, str], Awaitable[Copy]]
) -> Response:
    """A copy of a picture. No connection is held while it is made, which can take its time."""
    reference = await _reference(deps, sha256)
    if not reference.media_type.startswith("image/"):
        raise Problem(404, "not_a_picture", message("This document is not a picture."))
    tag = f"{sha256}-{request.url.path.rpartition('/')[2]}"
    if _known(request, tag):
        return _unchanged(tag)
    copy = await make(await asyncio.to_thread(_content, deps, sha256), sha256)
    return Response(copy.content, media_type=copy.media_type, headers=_for_good(tag))


async def _reference(deps: Dependencies, sha256: str) -> DocumentRef:
    async with deps.pool.acquire() as connection:
        reference = await log.document(connection, sha256)
    if reference is None:
        raise Problem(404, "document_unknown", message("The archive holds no document under this hash."))
    return reference


def _content(deps: Dependencies, sha256: str) -> bytes:
    try:
        return deps.documents.get(sha256)
    except DocumentMissing as error:
        text = message("The document's file is missing or damaged. Tell the operators its hash; a backup holds it.")
        raise Problem(500, "document_damaged", text, sha256=sha256) from error


def _known(request: Request, tag: str) -> bool:
    return f'"{tag}"' in request.headers.get("if-none-match", "")


def _unchanged(tag: str) -> Response:
    return Response(status_code=304, headers=_for_good(tag))


def _for_good(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": FOR_GOOD, "Content-Security-Policy": DOCUMENT_POLICY}
