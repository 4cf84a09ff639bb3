"""Whether a service answers as its description says: tried by schemathesis over a real port."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import requests
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from shared.deadlines import PromptHeaders
from tests.patience import PATIENCE

EXAMPLES = 5
"""Of each kind for each operation: about 20 seconds of one processor for a service."""
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
)


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve the application in a thread, on a free port; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http=PromptHeaders, ws="none", log_config=None))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            until = time.monotonic() + PATIENCE
            while not server.started:
                assert thread.is_alive()
                assert time.monotonic() < until
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def conforms(app: FastAPI, base: str, key: str, known: Mapping[str, str], leave: tuple[str, ...] = ()) -> int:
    """Try every operation with what its description allows and forbids, on generated and on `known` ids.

    Returns how many requests were made. Fails where an answer's status, media type, headers or body is not described,
    where it is a failure of ours, and where what is forbidden is taken. `leave` names
    paths and checks that are not tried.
    """
    load_all_checks()
    checks: list[Any] = list(CHECKS.get_by_names([name for name in WANTED if name not in leave]))
    made = 0
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"

        def tried(case: "Case[Any]") -> None:
            nonlocal made
            made += 1
            case.validate_response(_answer(case, base, session), checks=checks)

        for result in schemathesis.openapi.from_dict(app.openapi()).get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            if operation.path in leave:
                continue
            ids = {name: known[name] for name in known if f"{{{name}}}" in operation.path}
            for strategy in (
                operation.as_strategy(),
                operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
                *([operation.as_strategy(path_parameters=ids)] if ids else []),
            ):
                with suppress(Unsatisfiable):  # nothing can be wrong with a request that takes nothing
                    _bounded(given(strategy)(tried))()
    return made


def _answer(case: "Case[Any]", base: str, session: requests.Session) -> Any:
    """The service's answer; a busy machine's databases are out of reach now and then, which it says with 503."""
    until = time.monotonic() + PATIENCE
    while True:
        answer = case.call(base_url=base, session=session, timeout=PATIENCE)
        if answer.status_code != 503 or time.monotonic() > until:
            return answer
        time.sleep(0.2)


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
