"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import asyncio
import re
import secrets
from urllib.parse import quote

from aiohttp import web

from deploy.local.telegram.dispatch import Answer, execute, refusal
from deploy.local.telegram.errors import ApiError
from deploy.local.telegram.multipart import read_body
from deploy.local.telegram.params import Params
from deploy.local.telegram.world import World

_TOKEN = re.compile(r"[1-9]\d{0,15}:[^/]{1,78}")


class Transport:
    """Serves one world under one token; `closing` ends calls that hang."""

    def __init__(self, world: World, token: str, closing: asyncio.Event) -> None:
        self._world = world
        self._token = token
        self._closing = closing

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.route("*", "/bot{token}/{method}", self.call),
            web.route("*", "/bot{token}/{method}/", self.call),
            web.get("/file/bot{token}/{path:.+}", self.download),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """One method call."""
        try:
            self._check(request.match_info["token"])
            params = await _params(request)
        except ApiError as error:
            return _response(refusal(error))
        answer = await execute(self._world, request.match_info["method"], params)
        if answer.closing:
            return await self._close(request, answer)
        return _response(answer)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The bytes behind a `file_path`."""
        try:
            self._check(request.match_info["token"])
        except ApiError as error:
            return _response(refusal(error))
        file = self._world.files.by_path(request.match_info["path"])
        if file is None:
            return _response(refusal(ApiError(404, "Not Found")))
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.path.rsplit('/', 1)[-1])}"}
        return web.Response(body=self._world.files.read(file), content_type="application/octet-stream", headers=headers)

    def _check(self, token: str) -> None:
        if not _TOKEN.fullmatch(token):
            raise ApiError(401, "Unauthorized: invalid token specified")
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            raise ApiError(401, "Unauthorized")

    async def _close(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.closing == "later":
            try:
                await asyncio.wait_for(self._closing.wait(), answer.hang)
            except TimeoutError:
                answer = Answer(closing="now")
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


async def _params(request: web.Request) -> Params:
    params = Params(values=dict(request.query))
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge as exc:
        raise ApiError(413, "Request Entity Too Large") from exc
    read_body(request.headers.get("Content-Type", ""), body, params)
    return params


def _response(answer: Answer) -> web.Response:
    if answer.html:
        return web.Response(status=answer.status, text=answer.html, content_type="text/html")
    headers = {}
    retry_after = answer.body.get("parameters", {}).get("retry_after")
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return web.json_response(answer.body, status=answer.status, headers=headers)
