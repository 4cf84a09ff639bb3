"""The notifier's settings, beside those that every service has."""

from typing import Literal

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class NotifierSettings(ServiceSettings):
    """The bot, where its API is, and how hard to work. Times in seconds."""

    bot_token: SecretStr
    bot_api_url: str = "https://api.telegram.org"
    pacing: Literal["on", "off"] = "on"
    """Off only against a sandbox without limits."""
    pool_size: int = Field(default=20, ge=12, le=500)
    """Three connections hold locks; each sender and each worker may need one at a time, and a download for a moment."""
    senders: int = Field(default=4, ge=1, le=16)
    workers: int = Field(default=4, ge=1, le=16)
    downloads: int = Field(default=8, ge=1, le=32)
    """Files fetched at the same time, each of up to 20 MB; two more places are for those that failed before."""
    download_seconds: float = Field(default=45, ge=1, le=600)
    """A file that takes longer counts as a failed attempt."""
    poll_timeout: int = Field(default=25, ge=0, le=50)
    request_timeout: int = Field(default=30, ge=1, le=120)
    """After this long without an answer a send is uncertain."""
    drain_seconds: float = Field(default=8, ge=0, le=600)
    """How long a send under way may take to end when the service stops."""
    album_pause: float = Field(default=1.5, ge=0, le=60)
    """An answer waits this long for the next picture of an album."""
    update_attempts: int = Field(default=8, ge=1, le=1000)
    resend_seconds: float = Field(default=120, ge=0, le=86_400)
    """An uncertain message is sent once more, marked as possibly a copy, after so long; 0: never."""
    retry_seconds: float = Field(default=1, gt=0, le=3600)
    """The first pause before a retry; each further one doubles, up to five minutes."""
