"""Documents over HTTP: uploading a basis, and reading what one may see."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import PurePath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.issuer.domain import access
from services.issuer.store import documents, missions
from services.issuer.web.caller import CallerDep, PartsDep
from shared.documents import ACCEPTED, examine
from shared.i18n import message
from shared.openapi import files_of, problems
from shared.problems import Problem
from shared.values import DocumentRef

router = APIRouter(tags=["documents"])

Hash = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes, in hex.")]

UNREADABLE_FORM = message(
    "The form cannot be read. Send one file, as `file`, in a whole multipart/form-data form with its boundary."
)
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
                }
            }
        },
    }
}
"""The form's schema for the OpenAPI document: it is read by hand, so that nothing is read for a caller without key."""


@router.post("/documents", status_code=201, openapi_extra=FORM, responses=problems(400))
async def upload(request: Request, parts: PartsDep, caller: CallerDep) -> DocumentRef:
    """Upload an invitation or agreement (PDF, JPEG or PNG, at most 20 MB); put the answer into `basis.document`."""
    content, name = await _file_of(request)
    document = await asyncio.to_thread(examine, content, name)
    await asyncio.to_thread(parts.documents.put, content)
    async with parts.change() as connection:
        return await documents.add(connection, document, caller.person)


async def _file_of(request: Request) -> tuple[bytes, str]:
    """The form's one file and its name."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise RequestValidationError([{"type": "missing", "loc": ("body", "file")}])
    try:
        form = await MultiPartParser(request.headers, _whole(request), max_files=1).parse()
    except MultiPartException as error:
        raise Problem(400, "form_unreadable", UNREADABLE_FORM) from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise RequestValidationError([{"type": "missing", "loc": ("body", "file")}])
        return await file.read(), PurePath(file.filename or "document").name
    finally:
        await form.close()


async def _whole(request: Request) -> AsyncGenerator[bytes, None]:
    """The body, which ends with the form's last mark: the parser takes one that was cut off for one without a file."""
    last = b""
    async for part in request.stream():
        last = (last + part)[-8:]
        yield part
    if not last.rstrip().endswith(b"--"):
        raise MultiPartException("The form was cut off.")


@router.get("/documents/{sha256}", response_class=Response, responses=files_of(*ACCEPTED))
async def download(parts: PartsDep, caller: CallerDep, sha256: Hash) -> Response:
    """A document that the caller uploaded, or that belongs to a mission they may see."""
    async with parts.pool.acquire() as connection:
        document = await documents.find(connection, sha256)
        visible = document is not None and (
            await documents.uploaded_by(connection, sha256, caller.person)
            or any(
                access.may_see(caller.directory, caller.person, mission, caller.today)
                for mission in await missions.with_document(connection, sha256)
            )
        )
    if document is None or not visible:
        raise Problem(404, "no_such_document", message("There is no such document, or it is not yours to see."))
    return await file_response(parts, document)


async def file_response(parts: PartsDep, document: DocumentRef) -> Response:
    """The document's bytes, to be shown and never run."""
    content = await asyncio.to_thread(parts.documents.get, document.sha256)
    headers = {
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(document.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{document.sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    return Response(content, media_type=document.media_type, headers=headers)
