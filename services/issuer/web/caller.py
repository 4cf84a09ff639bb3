"""Who is calling: a key bound to a person, and the directory that lists them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.issuer.directory.model import Directory
from services.issuer.store import keys
from services.issuer.use_cases.dependencies import Dependencies
from shared.clock import PHNOM_PENH, now
from shared.i18n import message
from shared.problems import STATUS_TEXTS, Problem
from shared.shedding import known

_bearer = HTTPBearer(auto_error=False, description="A key made by `besakakam keys add PERSON`.")


@dataclass(frozen=True)
class Caller:
    """The person behind a request, with the directory in force that lists them."""

    person: str
    directory: Directory
    today: date


async def dependencies_of(request: Request) -> Dependencies:
    """The parts that `app` wired. Asynchronous, since FastAPI would run a plain function in a thread."""
    deps: Dependencies = request.app.state.deps
    return deps


Deps: TypeAlias = Annotated[Dependencies, Depends(dependencies_of)]


async def identify(
    request: Request, deps: Deps, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """The caller. Raises 401 for a missing or unknown key, 403 for a person who no longer serves, 429 for too many."""
    person = await keys.person_of(deps.pool, credentials.credentials) if credentials else None
    if person is None:
        raise Problem(401, *STATUS_TEXTS[401])
    known(request.scope, person)
    directory = await deps.directories.of_person(person)
    today = now().astimezone(PHNOM_PENH).date()
    if directory is None or not directory.active(person, today):
        raise Problem(403, "not_serving", message("The key's person no longer serves; ask the administrator."))
    return Caller(person, directory, today)


CallerDep: TypeAlias = Annotated[Caller, Depends(identify)]
