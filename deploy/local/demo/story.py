"""One mission, told step by step as it happens, and its summary in `summary.json`."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import click

from deploy.local.demo import papers
from deploy.local.demo.cast import Cast, ministry, telegram_id
from deploy.local.demo.clients import Clients, StepFailed, insist, until
from deploy.local.demo.plan import Plan
from services.issuer.admin import add_key
from services.notifier.store.accounts import make_link
from shared.clock import now
from shared.errors import Refused
from shared.khmer import khmer_digits
from shared.postgres import open_pool, transaction

Step = tuple[str, str, Callable[[], Awaitable[str]]]


class Called(NamedTuple):
    """How the story calls a person: name, and what they are."""

    km: str
    en: str


def _called(person_id: str) -> Called:
    person = ministry().person(person_id)
    return Called(
        f"{person.honorific_km} {person.name_km} ({person.position_km})", f"{person.name_latin} ({person.position_en})"
    )


class Story:
    """Plays the people of one mission and watches what the services make of it."""

    def __init__(self, plan: Plan, clients: Clients, cast: Cast) -> None:
        self._plan = plan
        self._at = clients
        self._cast = cast
        self._began = time.monotonic()
        self._trip = papers.Trip.of_today(now())
        self._key = str(uuid4())
        self._document: dict[str, Any] = {}
        self._mission_id = ""
        self._number = ""
        self._announced: list[dict[str, Any]] = []
        self._letter: dict[str, str] = {}

    def steps(self) -> list[Step]:
        """The steps in order: Khmer, English, and what is done and seen."""
        leader, head, officer, checker = map(
            _called, (self._cast.leader, self._cast.head, self._cast.officer, self._cast.checker)
        )
        return [
            ("សេវាទាំងបីរួចរាល់", "The three services are ready", self.ready),
            (f"{leader.km} ភ្ជាប់គណនី Telegram", f"{leader.en} links a Telegram account", self.link),
            (f"{head.km} ភ្ជាប់លិខិតអញ្ជើញ", f"{head.en} attaches the invitation", self.attach),
            (f"{head.km} ស្នើសុំលិខិតបញ្ជាបេសកកម្ម", f"{head.en} asks for the mission order", self.request),
            (f"{officer.km} ចេញលិខិតបញ្ជាបេសកកម្ម", f"{officer.en} issues the order", self.issue),
            ("លិខិតត្រូវបានផ្សព្វផ្សាយក្នុងក្រុម Telegram", "The order is announced in the groups", self.announced),
            (f"{leader.km} ប្រគល់ទិដ្ឋាការ និងរបាយការណ៍", f"{leader.en} hands in stamps and report", self.returned),
            (f"{checker.km} ពិនិត្យ និងទទួលយក", f"{checker.en} checks and accepts the return", self.accepted),
            ("បេសកកម្មត្រូវបានបញ្ចប់ និងតម្កល់ឯកសារ", "The mission is closed and filed", self.archived),
        ]

    async def ready(self) -> str:
        for base in (self._at.issuer, self._at.notifier, self._at.archive):
            await until(f"{base}/readyz", partial(self._at.ready, base))
        return f"issuer {self._at.issuer}  archive {self._at.archive}  Telegram {self._at.telegram}"

    async def link(self) -> str:
        chat = telegram_id(self._cast.leader)
        token = await until("the directory at the notifier", partial(_link_token, self._plan, self._cast.leader))
        start = {"user": chat, "text": f"/start {token}"}
        answer = await insist(
            "the bot's answer",
            lambda: self._at.sandbox("POST", f"/chats/{chat}/messages", json=start),
            partial(self._bot_message, chat, lambda _: True),
        )
        return str(answer["text"]).splitlines()[0]

    async def attach(self) -> str:
        files = {"file": ("invitation.pdf", papers.invitation(), "application/pdf")}
        self._document = await self._at.as_person(self._cast.head, "POST", "/documents", files=files)
        return f"sha256 {self._document['sha256'][:16]}…, {self._document['size']} bytes"

    async def request(self) -> str:
        order = papers.order(self._cast, self._document, self._trip)
        once = {"Idempotency-Key": self._key}
        asked = await self._at.as_person(self._cast.head, "POST", "/missions", json=order, headers=once)
        self._mission_id = asked["mission_id"]
        return f"{self._at.archive}/missions/{self._mission_id}"

    async def issue(self) -> str:
        path = f"/missions/{self._mission_id}/issue"
        reason = {"overrides": {"departure_past": "ការអញ្ជើញបន្ទាន់ ថ្នាក់ដឹកនាំបានឯកភាពតាមទូរសព្ទមុនពេលចេញដំណើរ"}}
        mission = await self._at.as_person(self._cast.officer, "POST", path, json=reason)
        self._number = mission["number"]
        pdf = await self._at.letter(self._cast.officer, self._mission_id)
        path_of_letter = self._plan.path / "letter.pdf"
        path_of_letter.write_bytes(pdf)
        self._letter = {"path": str(_from_here(path_of_letter)), "sha256": hashlib.sha256(pdf).hexdigest()}
        return f"លេខ {self._number} — {self._letter['path']} ({len(pdf)} bytes)"

    async def announced(self) -> str:
        expected = {group.chat_id for group in self._cast.groups()}

        async def everywhere() -> list[dict[str, Any]] | None:
            delivered = await self._events("AnnouncementDelivered")
            failed = await self._events("AnnouncementFailed")
            ends = {event["data"]["chat"]: event["data"] for event in (*failed, *delivered)}
            return list(ends.values()) if set(ends) >= expected else None

        self._announced = await until("an announcement in each group", everywhere)
        return ", ".join(f"{a['chat_name']} #{a.get('message_id', '?')}" for a in self._announced)

    async def returned(self) -> str:
        chat, post = await self._where_to_reply()
        traveller = telegram_id(self._cast.leader)
        last = max((message["message_id"] for message in await self._messages(chat)), default=0)
        offered = partial(self._bot_message, chat, lambda m: m["message_id"] > last and bool(_buttons(m, "h:")))
        draft = await insist("the hand-in button", post, offered)
        press = {"user": traveller, "button": _buttons(draft, "h:")[0]}
        path = f"/chats/{chat}/messages/{draft['message_id']}/press"
        await insist("the return", lambda: self._at.sandbox("POST", path, json=press), self._return_id)
        return f"{self._at.telegram}/"

    async def _where_to_reply(self) -> tuple[int, Callable[[], Awaitable[object]]]:
        """The chat and the act of replying: to the announcement in the unit's group, or else in the private chat."""
        traveller, group = telegram_id(self._cast.leader), self._cast.unit_chat()
        form = {"user": str(traveller), "text": papers.report(self._trip)}
        announcement = await self._bot_message(group, lambda m: "document" in m and self._number in m["caption"])
        if announcement is not None:
            reply = form | {"reply_to": str(announcement["message_id"])}
            return group, lambda: self._at.say(group, reply, papers.photos())
        choose = {"user": traveller, "text": f"/return {self._number}"}

        async def privately() -> None:
            await self._at.sandbox("POST", f"/chats/{traveller}/messages", json=choose)
            await self._at.say(traveller, form, papers.photos())

        return traveller, privately

    async def accepted(self) -> str:
        path = f"/missions/{self._mission_id}/returns/{await self._return_id()}/accept"
        mission = await self._at.as_person(self._cast.checker, "POST", path)
        return f"state {mission['state']}"

    async def archived(self) -> str:
        async def closed() -> bool | None:
            return True if await self._events("MissionClosed") else None

        await until("the closed file", closed)
        return f"{self._at.archive}/missions/{self._mission_id}"

    async def summary(self) -> dict[str, Any]:
        """What happened, as seen from outside: the archive's events and the issuer's state."""
        mission = await self._at.as_person(self._cast.officer, "GET", f"/missions/{self._mission_id}")
        events = (await self._at.archived(self._mission_id) or {}).get("events", [])
        return {
            "mission_id": self._mission_id,
            "number": self._number,
            "letter": self._letter,
            "announced": [{"chat": a["chat"], "message_id": a.get("message_id")} for a in self._announced],
            "events": [{"id": event["id"], "type": event["type"]} for event in events],
            "state": mission["state"],
            "seconds": round(time.monotonic() - self._began, 2),
        }

    async def _events(self, kind: str) -> list[dict[str, Any]]:
        found = await self._at.archived(self._mission_id) or {"events": []}
        return [event for event in found["events"] if event["type"] == kind]

    async def _return_id(self) -> str | None:
        mission = await self._at.as_person(self._cast.checker, "GET", f"/missions/{self._mission_id}")
        waiting = [each["return_id"] for each in mission["returns"] if each["state"] == "received"]
        return waiting[0] if waiting else None

    async def _messages(self, chat: int) -> list[dict[str, Any]]:
        return list(await self._at.sandbox("GET", f"/chats/{chat}/messages"))

    async def _bot_message(self, chat: int, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        messages = await self._messages(chat)
        return next((message for message in messages if message["from"]["is_bot"] and fits(message)), None)


def _buttons(message: dict[str, Any], prefix: str) -> list[str]:
    """The data of the message's buttons that begins with `prefix`."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    found = [str(button.get("callback_data", "")) for row in rows for button in row]
    return [data for data in found if data.startswith(prefix)]


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


async def make_keys(plan: Plan, cast: Cast) -> dict[str, str]:
    """A key for each who uses the issuer, as an administrator makes them."""
    async with open_pool(plan.database_url, "issuer", 2) as pool:
        return {person: await add_key(pool, person) for person in (cast.head, cast.officer, cast.checker)}


async def _link_token(plan: Plan, person: str) -> str | None:
    """The traveller's one-time link token, or None while the notifier has not heard of them yet."""
    async with open_pool(plan.database_url, "notifier", 2) as pool, transaction(pool) as connection:
        try:
            return await make_link(connection, person)
        except Refused:
            return None


async def tell(plan: Plan, keys: dict[str, str], cast: Cast) -> bool:
    """Play the story; returns whether every step was seen."""
    clients = Clients(plan, keys)
    story = Story(plan, clients, cast)
    try:
        for number, (khmer, english, play) in enumerate(story.steps(), 1):
            seen = await play()
            click.secho(f"{khmer_digits(number)}. {khmer}", fg="green", bold=True)
            click.secho(f"   {english}", fg="green")
            click.echo(f"   {seen}")
        summary = await story.summary()
    except StepFailed as error:
        click.secho(f"បរាជ័យ / failed: {error}", fg="red", bold=True)
        return False
    finally:
        await clients.close()
    (plan.path / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2), encoding="utf-8")
    count, seconds = len(summary["events"]), summary["seconds"]
    click.secho(f"\n{summary['number']}: {summary['state']}, {count} events, {seconds} s", bold=True)
    return bool(summary["state"] == "closed")


def farewell(plan: Plan, keys: dict[str, str], cast: Cast) -> str:
    """Where to look and with which key, for whoever stays."""
    home = "http://127.0.0.1"
    folder = _from_here(plan.path)
    roles = (
        ("អ្នកស្នើសុំ / who asks", cast.head),
        ("អ្នកចេញលិខិត / who issues", cast.officer),
        ("អ្នកពិនិត្យ / who checks", cast.checker),
    )
    return "\n".join(
        (
            "",
            f"បណ្ណសារ / archive:  {home}:{plan.archive}/  (key: {plan.viewer_key})",
            f"Telegram:           {home}:{plan.telegram}/",
            f"issuer:             {home}:{plan.issuer}/  (Authorization: Bearer KEY)",
            *(f"  {role}, {_called(person).en}: {keys[person]}" for role, person in roles),
            f"បញ្ជា / commands:    . {folder}/env && besakakam events tail",
            f"កំណត់ហេតុ / logs:    {folder}/logs/",
            "Ctrl-C ដើម្បីបញ្ឈប់ / to stop",
        )
    )


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--once", is_flag=True)
@click.option("--colour", is_flag=True, help="The reader is a terminal, though this process writes to a pipe.")
@click.pass_context
def main(context: click.Context, folder: Path, once: bool, colour: bool) -> None:
    """Tell the story of one mission, then stay until ended (or, with --once, stop)."""
    context.color = colour
    plan, cast = Plan.load(folder), Cast()
    keys = asyncio.run(make_keys(plan, cast))
    plan.save_env({f"{role}_KEY": keys[getattr(cast, role.lower())] for role in ("HEAD", "OFFICER", "CHECKER")})
    if not asyncio.run(tell(plan, keys, cast)):
        raise SystemExit(1)
    if not once:
        click.echo(farewell(plan, keys, cast))
        asyncio.run(asyncio.Event().wait())


if __name__ == "__main__":
    main()
