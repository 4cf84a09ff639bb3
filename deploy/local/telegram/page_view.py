"""What the page shows of a chat: bubbles, in words of one language."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from markupsafe import Markup

from deploy.local.telegram.model import PRESENT, Chat, Json, Message, State
from deploy.local.telegram.richtext import rich
from deploy.local.telegram.shapes import person
from deploy.local.telegram.words import WORDS, Language, digits, size_words

SHOWN = 200
ROOM = 12
"""Up to so many chats each have a column, also without a message."""
PHNOM_PENH = timezone(timedelta(hours=7))


@dataclass
class Bubble:
    """One message, or one album. `buttons` are rows of (label, number or None, address)."""

    id: int
    author: str
    own: bool
    time: str
    text: Markup
    service: str = ""
    quote: str = ""
    edited: bool = False
    pinned: bool = False
    group: str = ""
    photos: list[str] = field(default_factory=list)
    documents: list[Json] = field(default_factory=list)
    buttons: list[list[Json]] = field(default_factory=list)
    reactions: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """One chat."""

    id: int
    title: str
    kind: str
    members: str
    people: list[tuple[int, str]]
    bubbles: list[Bubble]
    closed: bool


def shown_chats(state: State, opened: list[int]) -> list[Chat]:
    """The chats that have a column: those opened, and either all or, where they are many, those with messages.

    A person's private chat can be opened before its first message.
    """
    places = dict(state.chats)
    for user_id in opened:
        if user_id in state.users and user_id not in places:
            places[user_id] = Chat(id=user_id, type="private")
    few = len(state.chats) <= ROOM
    shown = [chat for chat in places.values() if few or chat.messages or chat.id in opened]
    return sorted(shown, key=lambda chat: chat.type == "private")


def other_chats(state: State, shown: list[Chat]) -> list[tuple[int, str]]:
    """Id and title of each group, and of each person's private chat, that has no column."""
    seen = {chat.id for chat in shown}
    groups = [(chat.id, chat.title or "") for chat in state.chats.values() if chat.type != "private"]
    people = [(user.id, full_name(state, user.id)) for user in state.users.values() if not user.is_bot]
    return [(chat_id, title) for chat_id, title in (*groups, *people) if chat_id not in seen]


def column(state: State, chat: Chat, language: Language) -> Column:
    """The chat with its latest messages, oldest first."""
    words = WORDS[language]
    present = [user_id for user_id, member in chat.members.items() if member.status in PRESENT]
    people = [user_id for user_id in present if user_id in state.users]
    if chat.type == "private":
        people = [chat.id]
    count = digits(str(len(present)), language)
    return Column(
        id=chat.id,
        title=chat.title or full_name(state, chat.id),
        kind=words[chat.type],
        members="" if chat.type == "private" else words["members"].format(count=count),
        people=[(user_id, full_name(state, user_id)) for user_id in people],
        bubbles=_bubbles(state, chat, language),
        closed=chat.migrated_to is not None,
    )


def full_name(state: State, user_id: int) -> str:
    """First and last name."""
    user = person(state, user_id)
    return " ".join(name for name in (user.first_name, user.last_name) if name)


def _bubbles(state: State, chat: Chat, language: Language) -> list[Bubble]:
    bubbles: list[Bubble] = []
    for message in list(chat.messages.values())[-SHOWN:]:
        fresh = _bubble(state, chat, message, language)
        if fresh.group and bubbles and bubbles[-1].group == fresh.group:
            bubbles[-1].photos += fresh.photos
            bubbles[-1].documents += fresh.documents
        else:
            bubbles.append(fresh)
    return bubbles


def _bubble(state: State, chat: Chat, message: Message, language: Language) -> Bubble:
    content = message.content
    text = content.get("text") or content.get("caption") or ""
    original = chat.messages.get(message.reply_to or 0)
    return Bubble(
        id=message.id,
        author=full_name(state, message.sender),
        own=message.sender == state.bot.id,
        time=digits(datetime.fromtimestamp(message.date, UTC).astimezone(PHNOM_PENH).strftime("%H:%M"), language),
        text=rich(text, content.get("entities") or content.get("caption_entities") or []),
        service=_service(state, message, language),
        quote=_quote(original, language) if original else "",
        edited=message.edit_date is not None,
        pinned=message.id in chat.pinned,
        group=content.get("media_group_id", ""),
        photos=[content["photo"][-1]["file_unique_id"]] if "photo" in content else [],
        documents=[_card(content["document"], language)] if "document" in content else [],
        buttons=_buttons(message),
        reactions=_reactions(message, language),
    )


def _service(state: State, message: Message, language: Language) -> str:
    words, name = WORDS[language], full_name(state, message.sender)
    for key, word in (("new_chat_members", "joined"), ("left_chat_member", "left"), ("pinned_message", "has_pinned")):
        if key in message.content:
            return words[word].format(name=name)
    return words["upgraded"] if {"migrate_to_chat_id", "migrate_from_chat_id"} & message.content.keys() else ""


def _quote(original: Message, language: Language) -> str:
    content = original.content
    text: str = content.get("text") or content.get("caption") or content.get("document", {}).get("file_name", "")
    return text[:80] or WORDS[language]["photo"]


def _card(document: Json, language: Language) -> Json:
    size = size_words(document["file_size"], language)
    name: str = document.get("file_name", "")
    mark = name.rpartition(".")[2].upper()[:4]
    return {"name": name, "size": size, "key": document["file_unique_id"], "mark": mark}


def _buttons(message: Message) -> list[list[Json]]:
    rows: list[list[Json]] = []
    number = 0
    for row in (message.markup or {}).get("inline_keyboard", []):
        rows.append([])
        for button in row:
            url = str(button.get("url", ""))
            safe = url if url.startswith(("http://", "https://")) else ""
            rows[-1].append({"text": button["text"], "number": number, "url": safe})
            number += 1
    return rows


def _reactions(message: Message, language: Language) -> list[tuple[str, str]]:
    counts: dict[str, int] = {}
    for emoji in (item for items in message.reactions.values() for item in items):
        counts[emoji] = counts.get(emoji, 0) + 1
    return [(emoji, digits(str(count), language)) for emoji, count in counts.items()]
