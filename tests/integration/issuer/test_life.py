"""A mission's life over HTTP and the stream."""

from typing import Any

from tests.integration.issuer.samples import Api


async def test_a_request_is_issued_with_number_and_letter(api: Api, basis: dict[str, Any]) -> None:
    mission = await api.issued(basis)
    assert mission["state"] == "issued"
    assert mission["number"] == "០០១ មស.អរហ.បប"
    letter = await api.get(f"/missions/{mission['mission_id']}/letter")
    assert letter.status_code == 200
    assert letter.content.startswith(b"%PDF-")
