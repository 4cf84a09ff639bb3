"""What every strike needs at hand."""

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from tests.chaos.faults.kinds import Strike
from tests.chaos.load import Load
from tests.chaos.place import Place, Replica


@dataclass
class Scene:
    """The processes, the load that is under way, and a client."""

    place: Place
    load: Load
    http: httpx.AsyncClient

    def replica(self, strike: Strike, service: str = "") -> Replica:
        """The strike's replica; of this service where one is named."""
        among = self.place.of(service) if service else self.place.replicas
        return among[strike.replica % len(among)]

    async def control(self, path: str, body: dict[str, object]) -> None:
        """Tell the sandbox."""
        (await self.http.post(f"{self.place.sandbox_url}/control{path}", json=body)).raise_for_status()


def struck(strike: Strike) -> None:
    """From now on it is wrong."""
    strike.struck_at = datetime.now(UTC)
