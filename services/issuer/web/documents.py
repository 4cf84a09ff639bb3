"""Documents over HTTP: uploading a basis, and reading what one may see."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.issuer.store import documents
from services.issuer.use_cases.dependencies import may_read
from services.issuer.web.caller import CallerDep, Deps
from shared.file_names import decoded, disposition, in_one_way
from shared.filetypes import ACCEPTED, SHOWN_AS_IT_IS
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
async def upload(request: Request, deps: Deps, caller: CallerDep) -> DocumentRef:
    """Upload an invitation or agreement, at most 20 MB; put the answer into `basis.document`.

    PDF, JPEG, PNG, HEIC and TIFF are taken.
    """
    content, name = await _file_of(request)
    document = await deps.inspector.inspect(content, name, caller.person)
    await asyncio.to_thread(deps.documents.put, content)
    async with deps.change() as connection:
        await documents.add(connection, document, caller.person)
    return document


async def _file_of(request: Request) -> tuple[bytes, str]:
    """The form's one file and its name."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise RequestValidationError([{"type": "missing", "loc": ("body", "file")}])
    try:
        form = await _Form(request.headers, _whole(request), max_files=1).parse()
    except MultiPartException as error:
        raise Problem(400, "form_unreadable", UNREADABLE_FORM) from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise RequestValidationError([{"type": "missing", "loc": ("body", "file")}])
        return await file.read(), decoded(file.filename or "")
    finally:
        await form.close()


class _Form(MultiPartParser):
    """The parser, which knows of a file's name only what stands in `filename`."""

    def on_headers_finished(self) -> None:
        part = self._current_part
        part.content_disposition = in_one_way(part.content_disposition or b"")
        super().on_headers_finished()


async def _whole(request: Request) -> AsyncGenerator[bytes, None]:
    """The body, which ends with the form's last mark: the parser takes one that was cut off for one without a file."""
    last = b""
    async for part in request.stream():
        last = (last + part)[-8:]
        yield part
    if not last.rstrip().endswith(b"--"):
        raise MultiPartException("The form was cut off.")


@router.get("/documents/{sha256}", response_class=Response, responses=files_of(*ACCEPTED))
async def download(deps: Deps, caller: CallerDep, sha256: Hash) -> Response:
    """A document that the caller uploaded, or that belongs to a mission they may see."""
    async with deps.pool.acquire() as connection:
        known = await documents.find(connection, sha256, caller.person)
        visible = known is not None and await may_read(connection, known, caller.person, caller.directory)
    if known is None or not visible:
        raise Problem(404, "no_such_document", message("There is no such document, or it is not yours to see."))
    return await file_response(deps, known.document)


async def file_response(deps: Deps, document: DocumentRef) -> Response:
    """The document's bytes, to be shown (or saved, where browsers cannot show them) and never run."""
    content = await asyncio.to_thread(deps.documents.get, document.sha256)
    how = "inline" if document.media_type in SHOWN_AS_IT_IS else "attachment"
    headers = {
        "Content-Disposition": disposition(how, document.name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{document.sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    return Response(content, media_type=document.media_type, headers=headers)
