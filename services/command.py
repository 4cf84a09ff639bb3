"""What the commands share: the servers' addresses, and mistakes said in one sentence."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import asyncpg
import click
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.errors import Refused
from shared.i18n import Messages
from shared.postgres import Pool, open_pool
from shared.schema import MigrationChanged
from shared.settings import read
from shared.streams import connect

SERVICES = ("issuer", "notifier", "archive")
Result = TypeVar("Result")


class CommandSettings(BaseSettings):
    """The owner's connection for `migrate`; each service's role for the rest."""

    database_url: SecretStr
    consumers: tuple[str, ...] = SERVICES
    """Who has to have done each event, as the services are told it."""


class StreamSettings(BaseSettings):
    """The name of the stream of events."""

    stream: str = "besakakam:events"


class QueueSettings(StreamSettings):
    """Where the events flow."""

    redis_url: SecretStr


class OptionalQueue(BaseSettings):
    """Redis, where something is wanted there."""

    redis_url: SecretStr | None = None


class Failed(click.ClickException):
    """A refusal as a person reads it, in Khmer and English; exit code 1."""

    def __init__(self, error: Refused, service: str) -> None:
        messages = Messages(Path(__file__).parent / service / "locale" / "km.po")
        super().__init__("\n".join(messages.both(error.message).values()))

    def show(self, file: object = None) -> None:
        click.echo(self.message, err=True)


BAD_ADDRESS = (
    "DATABASE_URL មិនមែនជាអាសយដ្ឋានមូលដ្ឋានទិន្នន័យទេ។ ឧទាហរណ៍៖ postgresql://ឈ្មោះ:ពាក្យសម្ងាត់@ម៉ាស៊ីន:5432/ឈ្មោះមូលដ្ឋាន\n"
    "DATABASE_URL is not the address of a database. Write it like postgresql://user:password@host:5432/name;"
    " percent-encode the password's special characters."
)
UNREACHABLE = "មិនអាចភ្ជាប់ទៅមូលដ្ឋានទិន្នន័យបានទេ។ / The database cannot be reached: {}"
NOT_MIGRATED = "មូលដ្ឋានទិន្នន័យមិនទាន់បានរៀបចំទេ។ / The database is not set up yet; run `besakakam migrate`. ({})"
NO_QUEUE = "មិនអាចភ្ជាប់ទៅ Redis បានទេ។ / Redis cannot be reached: {}"
DECLINED = "មូលដ្ឋានទិន្នន័យមិនព្រមទទួលទេ។ / The database declined: {}"


def database() -> str:
    """The address from the settings; a wrong one is never shown, since a part of the password may stand anywhere."""
    url = read(CommandSettings).database_url.get_secret_value()
    try:
        parts = urlsplit(url)
        well = parts.scheme in ("postgresql", "postgres") and (parts.port is None or parts.port > 0)
    except ValueError:
        well = False
    if not well:
        raise click.ClickException(BAD_ADDRESS)
    return url


def consumers() -> tuple[str, ...]:
    """The registered consumers."""
    return read(CommandSettings).consumers


@contextmanager
def explained(service: str) -> Iterator[None]:
    """What an operator can put right is said in one sentence, without a traceback."""
    try:
        yield
    except Refused as error:
        raise Failed(error, service) from None
    except RedisError as error:
        raise click.ClickException(NO_QUEUE.format(type(error).__name__)) from None
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedObjectError, asyncpg.InvalidParameterValueError) as error:
        raise click.ClickException(NOT_MIGRATED.format(error)) from None
    except (OSError, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise click.ClickException(UNREACHABLE.format(str(error) or type(error).__name__)) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, MigrationChanged) as error:
        raise click.ClickException(DECLINED.format(error)) from None


def run(service: str, work: Callable[[Pool], Awaitable[Result]]) -> Result:
    """Do the work as the service's role."""
    url = database()

    async def within_pool() -> Result:
        async with open_pool(url, service, 2) as pool:
            return await work(pool)

    with explained(service):
        return asyncio.run(within_pool())


def run_with_queue(service: str, work: Callable[[Pool, Redis, str], Awaitable[Result]]) -> Result:
    """As `run`, with the queue and the name of its stream."""
    settings = read(QueueSettings)

    async def within(pool: Pool) -> Result:
        try:
            async with connect(settings.redis_url.get_secret_value()) as redis:
                return await work(pool, redis, settings.stream)
        except ValueError as error:
            raise click.ClickException(NO_QUEUE.format(type(error).__name__)) from None

    return run(service, within)
