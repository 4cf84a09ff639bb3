"""Who is where: people, groups, memberships, blocks, and a group's upgrade."""

from deploy.local.telegram.errors import ControlError
from deploy.local.telegram.model import PRESENT, RANKED, Chat, Json, Member, Message, Status, User
from deploy.local.telegram.shapes import chat_json, user_json
from deploy.local.telegram.world import Draft, World

FIRST_USER_ID = 6_000_000_001
FIRST_GROUP = 4_500_000_001
FIRST_SUPERGROUP = 1_002_000_000_001


class Places:
    """The people and groups of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def add_user(self, user: User) -> User:
        """Adds a person (id 0: a new one) or changes the names of one; a started one gets a private chat."""
        state = self.world.state
        if user.id == 0:
            user.id = state.next("user", FIRST_USER_ID)
        if user.id == state.bot.id or user.id < 0:
            raise ControlError(f"{user.id} cannot be the id of a person")
        known = state.users.get(user.id)
        if known:
            user.started, user.blocked = known.started or user.started, known.blocked
        state.users[user.id] = user
        if user.started and user.id not in state.chats:
            state.chats[user.id] = Chat(id=user.id, type="private")
        self.world.changes.note()
        return user

    def add_chat(self, chat: Chat) -> Chat:
        """Adds a group or supergroup (id 0: a new one), or renames one; the bot becomes a member."""
        state = self.world.state
        if chat.type == "private":
            raise ControlError("a private chat comes with its person: add the user with started true")
        if chat.id == 0:
            chat.id = self._new_group_id(chat.type)
        if chat.id > 0 or (chat.type == "supergroup") != (chat.id <= -1_000_000_000_000):
            raise ControlError(f"{chat.id} cannot be the id of a {chat.type}")
        known = state.chats.get(chat.id)
        if known:
            known.title, known.username = chat.title or known.title, chat.username or known.username
        else:
            state.chats[chat.id] = chat
            self.world.set_status(chat, state.bot.id, Member(), by=self._founder(chat, state.bot.id))
        self.world.changes.note()
        return state.chats[chat.id]

    def set_member(self, chat_id: int, user_id: int, member: Member) -> Chat:
        """Puts a person or the bot into a place; coming and leaving show as messages in the group."""
        chat = self.group(chat_id)
        if user_id != self.world.state.bot.id:
            self.user(user_id)
        before = chat.status_of(user_id)
        if chat.members.get(user_id) == member:
            return chat
        self.world.set_status(chat, user_id, member, by=self._founder(chat, user_id))
        if user_id != self.world.state.bot.id and (before in PRESENT) != (member.status in PRESENT):
            self._announce(chat, user_id, came=member.status in PRESENT)
        return chat

    def block(self, user_id: int, blocked: bool) -> User:
        """The person blocks the bot, or takes that back."""
        user = self.user(user_id)
        if user.blocked == blocked or not user.started:
            raise ControlError(f"{user_id} has not started the bot, or nothing would change")
        user.blocked = blocked
        old, new = (Status.MEMBER, Status.KICKED) if blocked else (Status.KICKED, Status.MEMBER)
        bot = user_json(self.world.state.bot)
        body = {
            "chat": chat_json(self.world.state, self.world.state.chats[user_id]),
            "from": user_json(user),
            "date": self.world.now(),
            "old_chat_member": _own_place(bot, old),
            "new_chat_member": _own_place(bot, new),
        }
        self.world.updates.push("my_chat_member", body)
        self.world.changes.note()
        return user

    def upgrade(self, chat_id: int) -> Chat:
        """Turns a group into a supergroup with a new id; the old one then answers 400 with the new id."""
        old = self.group(chat_id)
        if old.type != "group":
            raise ControlError(f"{chat_id} is a supergroup already")
        state = self.world.state
        new = Chat(id=self._new_group_id("supergroup"), type="supergroup", title=old.title, members=dict(old.members))
        state.chats[new.id] = new
        sender = self._founder(old, 0)
        self.world.tell_bot(self.world.post(old, sender, Draft({"migrate_to_chat_id": new.id})))
        old.migrated_to = new.id
        self.world.tell_bot(self.world.post(new, sender, Draft({"migrate_from_chat_id": old.id})))
        return new

    def user(self, user_id: int) -> User:
        """The person; raises ControlError when unknown."""
        if user_id not in self.world.state.users:
            raise ControlError(f"no user {user_id}")
        return self.world.state.users[user_id]

    def group(self, chat_id: int) -> Chat:
        """The group or supergroup; raises ControlError when there is none."""
        chat = self.world.state.chats.get(chat_id)
        if chat is None or chat.type == "private":
            raise ControlError(f"no group {chat_id}")
        return chat

    def message(self, chat: Chat, message_id: int) -> Message:
        """The message; raises ControlError when it is not there."""
        if message_id not in chat.messages:
            raise ControlError(f"no message {message_id} in {chat.id}")
        return chat.messages[message_id]

    def _announce(self, chat: Chat, user_id: int, came: bool) -> None:
        user = user_json(self.world.state.users[user_id])
        content: Json = {"new_chat_members": [user], "new_chat_member": user} if came else {"left_chat_member": user}
        self.world.tell_bot(self.world.post(chat, user_id, Draft(content)))

    def _founder(self, chat: Chat, otherwise: int) -> int:
        people = ((user_id, member) for user_id, member in chat.members.items() if user_id in self.world.state.users)
        ranked = sorted(people, key=lambda item: item[1].status not in RANKED)
        if ranked:
            return ranked[0][0]
        return otherwise or self.world.state.bot.id

    def _new_group_id(self, kind: str) -> int:
        if kind == "group":
            return -self.world.state.next("group", FIRST_GROUP)
        return -self.world.state.next("supergroup", FIRST_SUPERGROUP)


def _own_place(bot: Json, status: Status) -> Json:
    return {"user": bot, "status": str(status)} | ({"until_date": 0} if status is Status.KICKED else {})
