"""Settings that every service reads, once, in `__main__`: from the environment or from files in a secrets folder."""

import os
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.log import LogFormat, LogLevel
from shared.signing import Keyring, Signer, key_bytes

WRONG = "ការកំណត់មិនគ្រប់ ឬមិនត្រឹមត្រូវ / settings are missing or wrong:"


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _a_key(text: str) -> str:
    key_bytes(text)
    return text


def _a_secret_key(secret: SecretStr) -> SecretStr:
    key_bytes(secret.get_secret_value())
    return secret


class ServiceSettings(BaseSettings):
    """Where the servers are and how to listen. `DATABASE_URL` may hold a password: it is never printed or logged.

    A variable `NAME` may instead be a file `name` in the folder that `SECRETS_DIR` names (see `read`).
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: SecretStr
    redis_url: SecretStr
    documents_dir: Path
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8000"
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = "INFO"
    log_format: LogFormat = "json"
    replica: str = ""
    """Names this process among its replicas; empty: host name and process id."""
    pool_size: int = Field(default=10, ge=2, le=500)
    redeliver_after_ms: int = Field(default=10_000, ge=200, le=3_600_000)
    """An entry that a consumer has held this long without finishing is taken over by another."""
    max_deliveries: int = Field(default=8, ge=1, le=1000)
    """After so many failed deliveries an event goes to the dead-letter stream."""
    stream: str = "besakakam:events"
    consumers: tuple[str, ...] = ("issuer", "notifier", "archive")
    """The registered consumers: an event is kept until each of them has done it."""
    inspection_workers: int = Field(default=2, ge=1, le=16)
    """So many files from strangers are opened at a time, each in a process of its own of at most 1 GB."""
    metrics_key: SecretStr | None = None
    """Where set, `/metrics` answers only to this bearer token."""
    keep_outbox_days: int = Field(default=30, ge=1, le=3650)
    keep_stream_hours: int = Field(default=24, ge=0, le=87_600)
    """How far back dashboards can read the stream; what services need is kept in any case."""

    signing_key: Annotated[SecretStr, AfterValidator(_a_secret_key)] | None = None
    """Signs what this service publishes (base64); see `besakakam events keygen`."""
    event_keys: dict[str, tuple[Annotated[str, AfterValidator(_a_key)], ...]] = {}
    """By producer, the public keys under which its events are believed."""
    unsigned_events: Literal["refuse", "take"] = "refuse"
    """`take` while services of a release from before signing still publish."""

    def signer(self) -> Signer | None:
        """What signs this service's events."""
        return Signer(self.signing_key.get_secret_value()) if self.signing_key else None

    def keyring(self) -> Keyring | None:
        """What others' events are checked by; None where no keys are given."""
        required = self.unsigned_events == "refuse"
        return Keyring(self.event_keys, required=required) if self.event_keys else None

    def secrets(self) -> list[str]:
        """Every text that no log may show: the secret settings, and the passwords within URLs."""
        held = [value.get_secret_value() for _, value in self if isinstance(value, SecretStr)]
        return held + [password for secret in held if (password := _password(secret))]


def _password(secret: str) -> str | None:
    try:
        return urlsplit(secret).password
    except ValueError:
        return None


Settings = TypeVar("Settings", bound=BaseSettings)


def read(kind: type[Settings]) -> Settings:
    """The settings of `kind`, from the environment and, under it, the files of the folder `SECRETS_DIR`.

    Ends the process with a plain list of what is missing or wrong; values are not shown.
    """
    folder = os.environ.get("SECRETS_DIR")  # noqa: TID251 (this is the one place that reads settings)
    if folder and not Path(folder).is_dir():
        raise SystemExit(f"{WRONG}\n  SECRETS_DIR: Input should be a folder")
    try:
        return kind(_secrets_dir=folder or None)
    except ValidationError as error:
        wrong = "\n".join(
            f"  {'.'.join(map(str, problem['loc'])).upper() or '-'}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise SystemExit(f"{WRONG}\n{wrong}") from None
