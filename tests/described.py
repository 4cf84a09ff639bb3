"""Whether a service answers as its description says: tried by schemathesis over a real port."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import requests
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from shared.deadlines import PromptHeaders

EXAMPLES = 6
"""Of each kind for each operation: about 20 seconds of one processor for a service."""
PATIENCE = 100
"""Tries, half a second apart."""
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
)


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """Serve the application, whose lifespan somebody else runs, on a free port; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http=PromptHeaders, ws="none", lifespan="off", log_config=None))
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(server.serve([listener]))
            while not server.started:
                assert not running.done()
                await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.force_exit = server.should_exit = True


async def conforms(app: FastAPI, key: str, known: Mapping[str, str], apart: tuple[str, ...] = ()) -> int:
    """Try every operation with what its description allows and forbids, on generated and on `known` ids.

    Returns how many requests were made. Fails where an answer's status, media type, headers or body is not described,
    where it is a failure of ours, and where what is forbidden is taken.
    """
    async with listening(app) as base:
        return await asyncio.to_thread(_conforms, app.openapi(), base, key, known, apart)


def _conforms(described: dict[str, Any], base: str, key: str, known: Mapping[str, str], apart: tuple[str, ...]) -> int:
    load_all_checks()
    checks: list[Any] = list(CHECKS.get_by_names(WANTED))
    made = 0
    with requests.Session() as session:

        def tried(case: "Case[Any]") -> None:
            nonlocal made
            made += 1
            how: dict[str, Any] = {"base_url": base, "session": session, "timeout": 60}
            answer = case.call(**how, headers={"Authorization": f"Bearer {key}"})
            for _ in range(PATIENCE):
                if answer.status_code != 503:  # the databases of a busy machine are out of reach now and then
                    break
                time.sleep(0.5)
                answer = case.call(**how, headers={"Authorization": f"Bearer {key}"})
            case.validate_response(answer, checks=checks)

        schema = schemathesis.openapi.from_dict(described)
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            if operation.path in apart:
                continue
            ids = {name: known[name] for name in known if f"{{{name}}}" in operation.path}
            for strategy in (
                operation.as_strategy(),
                operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
                *([operation.as_strategy(path_parameters=ids)] if ids else []),
            ):
                _bounded(given(strategy)(tried))()
    return made


def _bounded(test: Any) -> Any:
    """Few examples, the same on every run."""
    return settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(test)
