"""What the archive needs to know to run."""

from pathlib import Path

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class ArchiveSettings(ServiceSettings):
    """The archive's own folder beside the shared one, and the key that opens its pages."""

    archive_dir: Path
    """Where the archive keeps its copies of documents; no other service writes here."""
    viewer_key: SecretStr = Field(min_length=16)
    """Opens every page and address but the health checks. Changing it ends every session."""
    pool_size: int = Field(default=10, ge=4, le=500)
    """The relay and the live feed hold one connection each."""
    max_requests: int = Field(default=100, ge=1, le=10_000)
    """So many requests are taken at a time by one process; others are sent away with 429, to come again."""

    @property
    def secure(self) -> bool:
        """Whether people reach the archive over HTTPS, so that cookies may be confined to it."""
        return self.public_url.startswith("https:")
