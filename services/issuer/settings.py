"""The issuer's settings."""

from pydantic import Field

from shared.settings import ServiceSettings


class IssuerSettings(ServiceSettings):
    """Beside what every service reads: when a return is overdue, how letters are rendered, how much is done at once."""

    overdue_after_days: int = Field(default=7, ge=0, le=3650)
    """Days after an order's end from which its return is overdue."""
    overdue_blocks: bool = False
    """Whether a traveller who owes a return cannot be sent again at all."""
    letter_workers: int = Field(default=2, ge=1, le=64)
    letter_seconds: float = Field(default=15, gt=0, le=25)
    """How long setting a letter may take, inside a transaction that may stand idle for thirty seconds."""
    max_requests: int = Field(default=100, ge=1, le=10_000)
    """So many requests are taken at a time by one process; others are sent away with 429, to come again."""
    max_requests_per_person: int = Field(default=25, ge=1, le=10_000)
    """So many of them for one person, so that nobody is shut out by another."""
