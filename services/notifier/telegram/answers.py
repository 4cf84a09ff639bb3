"""Answers to people, fewer the faster they ask, so that no flood of messages holds an announcement up."""

from dataclasses import replace
from typing import Final

from services.notifier.domain.answering import MINUTE, where
from services.notifier.domain.message_payloads import Answer
from services.notifier.store import answers, deliveries
from services.notifier.store.deliveries import Notice
from services.notifier.telegram import formatting
from shared.clock import now
from shared.i18n import message
from shared.postgres import Connection

TOO_FAST: Final = message(
    "Some of your messages were not answered one by one, because they came too fast. Send again what you do not see"
    " taken."
)


async def give(connection: Connection, notice: Notice, user: int) -> None:
    """Answer the user where the notice says, or privately, or once for many; see `domain.answering`."""
    notice = replace(notice, asker=user)
    match where(await answers.asked(connection, notice.chat, user)):
        case "here":
            await deliveries.notify(connection, notice)
        case "privately":
            ref = f"{notice.ref}@{notice.chat}"
            await deliveries.notify(connection, replace(notice, chat=user, ref=ref, reply_to=None))
        case "once":
            await _once(connection, user)
        case "nowhere":
            return


async def _once(connection: Connection, user: int) -> None:
    """One message a minute, at its end, for all that were not answered in it."""
    minute = int(now().timestamp() // MINUTE.total_seconds())
    said = Answer(html=formatting.both(TOO_FAST))
    await deliveries.notify(
        connection, Notice(None, user, f"too_fast:{minute}", said, pause=MINUTE.total_seconds(), asker=user)
    )
