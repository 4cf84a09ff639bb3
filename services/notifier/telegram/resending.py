"""The one resend of a message of which nobody knows whether it arrived; see docs/telegram.md."""

from typing import Final

import structlog
from prometheus_client import Counter

from services.notifier.store import sending
from shared.metrics import REGISTRY
from shared.postgres import Pool, transaction

RESENDS: Final = Counter("besakakam_resends", "Messages sent once more, marked as possibly a copy.", registry=REGISTRY)

log = structlog.get_logger()


async def take_up(pool: Pool) -> bool:
    """Have uncertain messages whose grace time is over sent as copies; whether there were any."""
    async with transaction(pool) as connection:
        due = await sending.resend_due(connection)
    for delivery_id in due:
        log.info("delivery.resend", delivery_id=str(delivery_id))
    RESENDS.inc(len(due))
    return bool(due)
