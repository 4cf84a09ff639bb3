"""The one place that asks what time it is, and the ministry's time zone."""

from datetime import UTC, datetime, timedelta, timezone

PHNOM_PENH = timezone(timedelta(hours=7), "Asia/Phnom_Penh")
"""Cambodia keeps UTC+7 all year (since 1920, no summer time), so no zone database is needed."""


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
