"""The issuer's settings."""

from pydantic import Field

from shared.settings import ServiceSettings


class IssuerSettings(ServiceSettings):
    """Beside what every service reads: when a return is overdue, and how many processes render letters."""

    overdue_after_days: int = Field(default=7, ge=0)
    """Days after an order's end from which its return is overdue."""
    overdue_blocks: bool = False
    """Whether a traveller who owes a return cannot be sent again at all."""
    letter_workers: int = Field(default=2, ge=1)
