"""The acts' refusals as problem documents: which status each has, and what it shows beside its message."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from services.issuer.domain.access import NotAllowed
from services.issuer.domain.mission import WrongState
from services.issuer.use_cases.dependencies import NoSuchMission
from services.issuer.use_cases.issuing import CannotPrint, ReasonsNeeded
from services.issuer.use_cases.requests import RequestBlocked, RequestDiffers
from services.issuer.use_cases.returns import CannotAccept, NoSuchReturn
from shared.errors import Refused
from shared.i18n import Messages
from shared.inspection.turns import TooManyFiles
from shared.mission.findings import Finding, published
from shared.problems import RETRY_SECONDS, Problem, Responder

STATUS: dict[type[Refused], int] = {
    NotAllowed: 403,
    NoSuchMission: 404,
    NoSuchReturn: 404,
    WrongState: 409,
    RequestDiffers: 409,
    ReasonsNeeded: 409,
    RequestBlocked: 422,
    CannotAccept: 409,
    CannotPrint: 503,
    TooManyFiles: 429,
}


def install(app: FastAPI, messages: Messages) -> None:
    """Answer each of the acts' refusals with its status and findings."""
    responder = Responder(messages)

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Refused)
        findings: tuple[Finding, ...] = tuple(getattr(error, "findings", ()))
        shown = [finding.model_dump() for finding in published(findings, messages)]
        problem = Problem(STATUS[type(error)], error.code, error.message, **({"findings": shown} if shown else {}))
        response = await responder.refused(request, problem)
        if problem.status in {429, 503}:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    for kind in STATUS:
        app.add_exception_handler(kind, refused)
