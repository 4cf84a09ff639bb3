"""`besakakam telegram`: accounts, and messages that did not arrive."""

import json
from collections.abc import Sequence
from uuid import UUID

import click

from services.command import Failed, run
from services.notifier.store import bots, by_hand
from services.notifier.store.accounts import TOKEN_LIFE, make_link
from services.notifier.store.by_hand import OPEN, STATES, Listed
from services.notifier.store.deliveries import Delivery
from shared.clock import PHNOM_PENH, now
from shared.errors import Refused
from shared.postgres import Pool, transaction

_STATES_KM = {
    "pending": "រង់ចាំ",
    "sending": "កំពុងផ្ញើ",
    "sent": "បានផ្ញើ",
    "uncertain": "មិនប្រាកដ",
    "failed": "បរាជ័យ",
    "cancelled": "បានលុបចោល",
}


@click.group()
def telegram() -> None:
    """Telegram accounts, and messages that did not arrive."""


@telegram.command("link")
@click.argument("person")
def link(person: str) -> None:
    """Make a one-time link for PERSON: who opens it and presses Start binds their Telegram account to PERSON."""

    async def make(pool: Pool) -> tuple[str, str | None]:
        async with transaction(pool) as connection:
            return await make_link(connection, person), await bots.username(connection)

    token, bot = run("notifier", make)
    until = f"{(now() + TOKEN_LIFE).astimezone(PHNOM_PENH):%Y-%m-%d %H:%M}"
    if bot:
        click.echo(f"https://t.me/{bot}?start={token}")
    else:
        click.echo(f"/start {token}")
        click.echo(
            "បុតមិនទាន់បានដំណើរការទេ៖ សូមផ្ញើបន្ទាត់ខាងលើទៅវា។ / The bot has not started yet: send it this line.", err=True
        )
    click.echo(f"ប្រើបានម្ដង រហូតដល់ / valid once, until {until}", err=True)


@telegram.command("deliveries")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these states.")
@click.option("--group", help="Only one chat, by its id or a part of its name.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def deliveries(states: tuple[str, ...], group: str | None, as_json: bool) -> None:
    """List what is to be said in Telegram and is not over well, or what is in the states asked for."""

    async def look(pool: Pool) -> list[Listed]:
        async with transaction(pool) as connection:
            return await by_hand.listed(connection, states or OPEN, group)

    found = run("notifier", look)
    if as_json:
        click.echo(json.dumps([each.plain() for each in found], ensure_ascii=False))
        return
    for each in found:
        click.echo(_line(each))


def _line(each: Listed) -> str:
    parts = [
        str(each.delivery_id),
        f"{_STATES_KM[each.state]} / {each.state}",
        each.kind,
        each.group if each.chat is None or each.group == str(each.chat) else f"{each.group} ({each.chat})",
        each.number or "—",
        f"{each.created_at.astimezone(PHNOM_PENH):%Y-%m-%d %H:%M}",
        each.reason or "",
    ]
    if each.possibly_copy:
        parts.append("អាចជាច្បាប់ចម្លង / possibly a copy")
    if each.again_at is not None:
        parts.append(f"ម្ដងទៀត / again {each.again_at.astimezone(PHNOM_PENH):%Y-%m-%d %H:%M:%S}")
    return "\t".join(parts)


@telegram.command("resend")
@click.argument("delivery_ids", metavar="[ID]...", nargs=-1, type=click.UUID)
@click.option("--failed", is_flag=True, help="Every failed one that has a chat to go to.")
@click.option("--group", help="With --failed: only one chat, by its id or a part of its name.")
def resend(delivery_ids: tuple[UUID, ...], failed: bool, group: str | None) -> None:
    """Send failed or uncertain deliveries again; of an uncertain one, as possibly a copy."""
    if failed == bool(delivery_ids):
        raise click.UsageError("give ids, or --failed")

    async def again(pool: Pool) -> list[Delivery | Refused]:
        ids = await _failed(pool, group) if failed else delivery_ids
        return [await _resend(pool, each) for each in dict.fromkeys(ids)]

    results = run("notifier", again)
    for each in results:
        if isinstance(each, Delivery):
            mark = "\tអាចជាច្បាប់ចម្លង / possibly a copy" if each.is_copy else ""
            click.echo(f"{each.delivery_id}\tនឹងផ្ញើម្ដងទៀត / to be sent again{mark}")
        else:
            Failed(each, "notifier").show()
    if any(isinstance(each, Refused) for each in results):
        raise SystemExit(1)


async def _failed(pool: Pool, group: str | None) -> Sequence[UUID]:
    async with transaction(pool) as connection:
        return await by_hand.failed_ids(connection, group)


async def _resend(pool: Pool, delivery_id: UUID) -> Delivery | Refused:
    try:
        async with transaction(pool) as connection:
            return await by_hand.resend(connection, delivery_id)
    except Refused as refusal:
        return refusal
