"""The issuer answers as its description says."""

from typing import Any

import httpx
from fastapi import FastAPI

from services.issuer.app import build
from services.issuer.settings import IssuerSettings
from tests.described import conforms, listening
from tests.integration.issuer.samples import OFFICER, Api
from tests.patience import PATIENCE


async def test_every_answer_is_described(issuer_settings: IssuerSettings, keys: dict[str, str]) -> None:
    app = build(issuer_settings)
    with listening(app) as base:
        async with httpx.AsyncClient(base_url=base, timeout=PATIENCE) as client:
            api = Api(client, keys)
            mission = await api.issued(await api.uploaded())
        known = {"mission_id": mission["mission_id"], "sha256": mission["issued"]["letter"]["sha256"]}
        assert conforms(app, base, keys[OFFICER], known) > 100


async def test_the_description_is_whole(issuer: FastAPI, api: Api) -> None:
    described = (await api.client.get("/openapi.json")).json()
    schemas = described["components"]["schemas"]
    assert "ValidationError" not in str(described)
    for reference in set(_references(described)):
        assert reference.removeprefix("#/components/schemas/") in schemas
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), (method, path)
            if "health" not in operation["tags"]:
                assert operation["security"] == [{"key": []}]
                assert {"401", "403", "429", "503"} <= set(operation["responses"])
    letter = described["paths"]["/missions/{mission_id}/letter"]["get"]["responses"]
    assert list(letter["200"]["content"]) == ["application/pdf"]
    asked = described["paths"]["/missions"]["post"]["requestBody"]["content"]["application/json"]
    assert asked["example"]["unit"]


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for value in part for found in _references(value)] if isinstance(part, list) else []


async def test_the_reference_takes_nothing_from_another_host(api: Api) -> None:
    page = await api.client.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "//" not in page.text.replace("<!doctype", "")
    for file in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js", "LICENSE"):
        assert f"docs/{file}" in page.text or file == "LICENSE"
        assert (await api.client.get(f"/docs/{file}")).status_code == 200
