"""What the notifier tells about its deliveries and groups at `/metrics`."""

from shared.gauges import GaugeSample
from shared.postgres import Pool

WATCHED = ("pending", "sending", "resend", "uncertain", "failed")
"""Told even while there are none. `resend`: uncertain, and to be sent once more; `uncertain`: for good.

What was sent is not counted: it grows for ever, and with it the time to look.
"""
STATES = (
    "SELECT CASE WHEN state = 'uncertain' AND resend_at IS NOT NULL THEN 'resend' ELSE state END AS state,"
    " count(*) AS n FROM delivery WHERE state IN ('pending', 'sending', 'uncertain', 'failed') GROUP BY 1"
)


async def states(pool: Pool) -> dict[str, int]:
    """How many deliveries are in each of the states watched."""
    rows = await pool.fetch(STATES)
    return dict.fromkeys(WATCHED, 0) | {row["state"]: row["n"] for row in rows}


async def figures(pool: Pool) -> list[GaugeSample]:
    """Deliveries by state, the longest wait of one that is due, and units that have no group of their own."""
    row = await pool.fetchrow(
        "SELECT (SELECT extract(epoch FROM now() - min(due_at)) FROM delivery WHERE state = 'pending'"
        "  AND due_at <= now()) AS late,"
        " (SELECT count(*) FROM unit WHERE NOT EXISTS (SELECT 1 FROM jsonb_array_elements(groups) AS listed"
        "  WHERE listed->>'kind' = 'unit')) AS without"
    )
    assert row is not None
    return [
        *(
            GaugeSample("deliveries", "Messages to Telegram by state.", count, ("state", state))
            for state, count in (await states(pool)).items()
        ),
        GaugeSample("deliveries_late_seconds", "How long the longest due message has waited.", float(row["late"] or 0)),
        GaugeSample("units_without_group", "Units that no group passes announcements on to.", row["without"]),
    ]
