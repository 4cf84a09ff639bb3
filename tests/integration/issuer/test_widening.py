"""A migration that adds columns under the running issuer fails no request."""

from typing import TYPE_CHECKING, Any

from tests.integration.issuer.samples import HEAD, Api, order
from tests.widening import widen

if TYPE_CHECKING:
    import asyncpg


async def test_columns_are_added_under_load(
    api: Api, basis: dict[str, Any], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    request, key = order(basis), {"Idempotency-Key": "the same again"}
    asked = await api.post("/missions", HEAD, json=request, headers=key)
    path = f"/missions/{asked.json()['mission_id']}"
    assert (await api.post(f"{path}/issue", json={})).status_code == 200
    # Acts by themselves: outside of transactions asyncpg prepares anew, and for the whole pool.
    acts = [
        lambda: api.post("/missions", HEAD, json=request, headers=key),
        lambda: api.post(f"{path}/issue", json={}),
    ]
    reads = [
        lambda: api.get("/missions"),
        lambda: api.get(path),
        lambda: api.get(f"{path}/letter"),
        lambda: api.get(f"/documents/{basis['sha256']}", HEAD),
        lambda: api.post("/missions/check", HEAD, json=request),
    ]
    assert await widen(database, "issuer", acts, "first") == []
    assert await widen(database, "issuer", [*acts, *reads], "second") == []
