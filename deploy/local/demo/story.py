"""One mission, told step by step as it happens, and its summary in `summary.json`."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from deploy.local.demo import papers
from deploy.local.demo import plan as cast
from deploy.local.demo.clients import Clients, StepFailed, until
from deploy.local.demo.plan import Plan, telegram_id
from services.issuer.admin import add_key
from services.notifier.store.accounts import make_link
from shared.clock import PHNOM_PENH, now
from shared.errors import Refused
from shared.postgres import open_pool, transaction

Step = tuple[str, str, Callable[[], Awaitable[str]]]


class Story:
    """Plays the people of one mission and watches what the services make of it."""

    def __init__(self, plan: Plan, clients: Clients) -> None:
        self._plan = plan
        self._at = clients
        self._began = time.monotonic()
        self._departs = now().astimezone(PHNOM_PENH) - timedelta(hours=6)
        self._document: dict[str, Any] = {}
        self._mission_id = ""
        self._number = ""
        self._announced: list[dict[str, Any]] = []
        self._letter: dict[str, str] = {}

    def steps(self) -> list[Step]:
        """The steps in order: Khmer, English, and what is done and seen."""
        return [
            ("សេវាទាំងបីរួចរាល់", "the three services are ready", self.ready),
            ("អ្នកធ្វើដំណើរភ្ជាប់គណនី Telegram", "the traveller links a Telegram account", self.link),
            ("ភ្ជាប់លិខិតអញ្ជើញ", "the invitation is attached", self.attach),
            ("ស្នើសុំបេសកកម្ម", "the mission is requested", self.request),
            ("ចេញលិខិតបញ្ជាបេសកកម្ម", "an officer of GDAF issues the order", self.issue),
            ("ផ្សព្វផ្សាយក្នុងក្រុម Telegram", "the order is announced in the groups", self.announced),
            ("ប្រគល់លិខិត និងរបាយការណ៍ត្រឡប់", "the traveller returns stamps and report", self.returned),
            ("អ.រ.ហ. ពិនិត្យ និងទទួលយក", "an officer of GDAF accepts the return", self.accepted),
            ("បិទ និងតម្កល់ទុកក្នុងបណ្ណសារ", "the mission is closed and archived", self.archived),
        ]

    async def ready(self) -> str:
        for base in (self._at.issuer, self._at.notifier, self._at.archive):
            await until(f"{base}/readyz", partial(self._at.ready, base))
        return f"issuer {self._at.issuer}  archive {self._at.archive}  Telegram {self._at.telegram}"

    async def link(self) -> str:
        chat = telegram_id(cast.LEADER)
        token = await until("the directory at the notifier", partial(_link_token, self._plan))
        await self._at.sandbox("POST", f"/chats/{chat}/messages", json={"user": chat, "text": f"/start {token}"})
        answer = await until("the bot's answer", lambda: self._bot_message(chat, after=0))
        return str(answer["text"]).splitlines()[0]

    async def attach(self) -> str:
        files = {"file": ("invitation.pdf", papers.invitation(), "application/pdf")}
        self._document = await self._at.as_person(cast.HEAD, "POST", "/documents", files=files)
        return f"sha256 {self._document['sha256'][:16]}…, {self._document['size']} bytes"

    async def request(self) -> str:
        asked = await self._at.as_person(
            cast.HEAD, "POST", "/missions", json=papers.order(self._document, self._departs)
        )
        self._mission_id = asked["mission_id"]
        return f"{self._at.archive}/missions/{self._mission_id}"

    async def issue(self) -> str:
        path = f"/missions/{self._mission_id}/issue"
        reason = {"overrides": {"departure_past": "ការធ្វើតេស្តបង្ហាញប្រព័ន្ធ"}}
        mission = await self._at.as_person(cast.OFFICER, "POST", path, json=reason)
        self._number = mission["number"]
        pdf = await self._at.letter(cast.OFFICER, self._mission_id)
        path_of_letter = self._plan.path / "letter.pdf"
        path_of_letter.write_bytes(pdf)
        self._letter = {"path": str(_from_here(path_of_letter)), "sha256": hashlib.sha256(pdf).hexdigest()}
        return f"លេខ {self._number} — {self._letter['path']} ({len(pdf)} bytes)"

    async def announced(self) -> str:
        async def both() -> list[dict[str, Any]] | None:
            events = await self._events("AnnouncementDelivered")
            audiences = {event["data"]["audience"] for event in events}
            return [event["data"] for event in events] if audiences == {"leadership", "unit"} else None

        self._announced = await until("both announcements", both)
        return ", ".join(f"{a['chat_name']} #{a['message_id']}" for a in self._announced)

    async def returned(self) -> str:
        unit = next(a for a in self._announced if a["audience"] == "unit")
        traveller, chat = telegram_id(cast.LEADER), unit["chat"]
        form = {"user": str(traveller), "text": papers.report(self._departs), "reply_to": str(unit["message_id"])}
        photos = [
            ("photo", ("arrival.jpg", papers.stamped_page("ARRIVAL", "#b02020"), "image/jpeg")),
            ("photo", ("departure.jpg", papers.stamped_page("DEPARTURE", "#2040b0"), "image/jpeg")),
        ]
        sent = await self._at.sandbox("POST", f"/chats/{chat}/messages", data=form, files=photos)
        draft = await until("the hand-in button", lambda: self._bot_message(chat, sent[-1]["message_id"], "h:"))
        press = {"user": traveller, "button": _buttons(draft, "h:")[0]}
        await self._at.sandbox("POST", f"/chats/{chat}/messages/{draft['message_id']}/press", json=press)
        await until("the return", self._return_id)
        return f"{self._at.telegram}/"

    async def accepted(self) -> str:
        path = f"/missions/{self._mission_id}/returns/{await self._return_id()}/accept"
        mission = await self._at.as_person(cast.CHECKER, "POST", path)
        return f"state {mission['state']}"

    async def archived(self) -> str:
        async def closed() -> bool | None:
            return True if await self._events("MissionClosed") else None

        await until("the closed file", closed)
        return f"{self._at.archive}/missions/{self._mission_id}"

    async def summary(self) -> dict[str, Any]:
        """What happened, as seen from outside: the archive's events and the issuer's state."""
        mission = await self._at.as_person(cast.OFFICER, "GET", f"/missions/{self._mission_id}")
        events = (await self._at.archived(self._mission_id) or {}).get("events", [])
        return {
            "mission_id": self._mission_id,
            "number": self._number,
            "letter": self._letter,
            "announced": [{"chat": a["chat"], "message_id": a["message_id"]} for a in self._announced],
            "events": [{"id": event["id"], "type": event["type"]} for event in events],
            "state": mission["state"],
            "seconds": round(time.monotonic() - self._began, 2),
        }

    async def _events(self, kind: str) -> list[dict[str, Any]]:
        found = await self._at.archived(self._mission_id) or {"events": []}
        return [event for event in found["events"] if event["type"] == kind]

    async def _return_id(self) -> str | None:
        mission = await self._at.as_person(cast.CHECKER, "GET", f"/missions/{self._mission_id}")
        waiting = [each["return_id"] for each in mission["returns"] if each["state"] == "received"]
        return waiting[0] if waiting else None

    async def _bot_message(self, chat: int, after: int, button: str = "") -> dict[str, Any] | None:
        messages = await self._at.sandbox("GET", f"/chats/{chat}/messages")
        from_bot = (m for m in messages if m["message_id"] > after and m["from"]["is_bot"])
        return next((message for message in from_bot if not button or _buttons(message, button)), None)


def _buttons(message: dict[str, Any], prefix: str) -> list[str]:
    """The data of the message's buttons that begins with `prefix`."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    found = [str(button.get("callback_data", "")) for row in rows for button in row]
    return [data for data in found if data.startswith(prefix)]


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


async def _keys(plan: Plan) -> dict[str, str]:
    """A key for each who uses the issuer, as an administrator makes them."""
    async with open_pool(plan.database_url, "issuer", 2) as pool:
        return {person: await add_key(pool, person) for person in (cast.HEAD, cast.OFFICER, cast.CHECKER)}


async def _link_token(plan: Plan) -> str | None:
    """The traveller's one-time link token, or None while the notifier has not heard of them yet."""
    async with open_pool(plan.database_url, "notifier", 2) as pool, transaction(pool) as connection:
        try:
            return await make_link(connection, cast.LEADER)
        except Refused:
            return None


async def tell(plan: Plan) -> bool:
    """Play the story; returns whether every step was seen."""
    clients = Clients(plan, await _keys(plan))
    story = Story(plan, clients)
    try:
        for number, (khmer, english, play) in enumerate(story.steps(), 1):
            seen = await play()
            click.secho(f"✔ {number}. {khmer} / {english}", fg="green", bold=True)
            click.echo(f"     {seen}")
        summary = await story.summary()
    except StepFailed as error:
        click.secho(f"✘ {error}", fg="red", bold=True)
        return False
    finally:
        await clients.close()
    (plan.path / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2), encoding="utf-8")
    click.secho(f"✔ {summary['state']}: {summary['number']}, {len(summary['events'])} events, {summary['seconds']} s")
    return bool(summary["state"] == "closed")


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--once", is_flag=True)
def main(folder: Path, once: bool) -> None:
    """Tell the story of one mission, then stay until ended (or, with --once, stop)."""
    plan = Plan.load(folder)
    if not asyncio.run(tell(plan)):
        raise SystemExit(1)
    if not once:
        click.echo(
            f"\nបណ្ណសារ / archive   http://127.0.0.1:{plan.archive}/   (key: {plan.viewer_key})\n"
            f"Telegram             http://127.0.0.1:{plan.telegram}/\n"
            f"issuer               http://127.0.0.1:{plan.issuer}/docs\n"
            "Ctrl-C ដើម្បីបញ្ឈប់ / to stop"
        )
        asyncio.run(asyncio.Event().wait())


if __name__ == "__main__":
    main()
