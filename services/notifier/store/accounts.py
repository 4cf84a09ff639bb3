"""Which person a Telegram user is, and the one-time tokens that prove it."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared.errors import Refused
from shared.i18n import message
from shared.postgres import Connection

TOKEN_LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Account:
    """A linked Telegram user; `current_mission` is the order chosen by /return in the private chat."""

    telegram_user: int
    person: str
    current_mission: UUID | None


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def make_link(connection: Connection, person: str) -> str:
    """A new one-time token for the deep link `https://t.me/BOT?start=TOKEN` that links an account to `person`.

    Valid for `TOKEN_LIFE`; only its hash is stored. Raises `Refused` for a person whom the directory does not list.
    """
    if not await connection.fetchval("SELECT 1 FROM person WHERE person = $1", person):
        raise Refused(
            "unknown_person", message("The directory lists nobody with the staff number {person}.", person=person)
        )
    token = secrets.token_urlsafe(24)
    await connection.execute(
        "INSERT INTO link_token (token_sha256, person, expires_at) VALUES ($1, $2, now() + $3)",
        _sha256(token),
        person,
        TOKEN_LIFE,
    )
    return token


async def use_link(connection: Connection, token: str) -> str | None:
    """Spend the token and return its person; None where it is unknown, spent or too old."""
    person: str | None = await connection.fetchval(
        "UPDATE link_token SET used_at = now() WHERE token_sha256 = $1 AND used_at IS NULL AND expires_at > now()"
        " RETURNING person",
        _sha256(token),
    )
    return person


async def spent_on(connection: Connection, token: str) -> str | None:
    """The person whose link this token was, also after it was used."""
    person: str | None = await connection.fetchval(
        "SELECT person FROM link_token WHERE token_sha256 = $1 AND used_at IS NOT NULL", _sha256(token)
    )
    return person


async def link(connection: Connection, telegram_user: int, person: str) -> None:
    """Make the Telegram user this person; earlier links of either end."""
    await connection.execute(
        "UPDATE telegram_account SET unlinked_at = now()"
        " WHERE unlinked_at IS NULL AND (telegram_user = $1 OR person = $2)",
        telegram_user,
        person,
    )
    await connection.execute(
        "INSERT INTO telegram_account (telegram_user, person) VALUES ($1, $2)", telegram_user, person
    )


async def account_of(connection: Connection, telegram_user: int) -> Account | None:
    """Who the Telegram user is."""
    row = await connection.fetchrow(
        "SELECT telegram_user, person, current_mission FROM telegram_account"
        " WHERE telegram_user = $1 AND unlinked_at IS NULL",
        telegram_user,
    )
    return None if row is None else Account(row["telegram_user"], row["person"], row["current_mission"])


async def private_chat_of(connection: Connection, person: str) -> int | None:
    """The person's private chat with the bot: its id is the Telegram user's."""
    chat: int | None = await connection.fetchval(
        "SELECT telegram_user FROM telegram_account WHERE person = $1 AND unlinked_at IS NULL", person
    )
    return chat


async def choose_mission(connection: Connection, telegram_user: int, mission_id: UUID) -> None:
    """Plain messages in the private chat are about this order from now on."""
    await connection.execute(
        "UPDATE telegram_account SET current_mission = $2 WHERE telegram_user = $1 AND unlinked_at IS NULL",
        telegram_user,
        mission_id,
    )
