"""How the state looks in the Bot API's JSON."""

from deploy.local.telegram.model import RANKED, Chat, Json, Message, State, Status, StoredFile, User

ADMIN_RIGHTS = (
    "can_be_edited",
    "can_manage_chat",
    "can_change_info",
    "can_delete_messages",
    "can_invite_users",
    "can_restrict_members",
    "can_pin_messages",
    "can_promote_members",
    "can_manage_video_chats",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
    "can_manage_topics",
    "can_manage_tags",
)
SPEECH_RIGHTS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


def _given(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def user_json(user: User) -> Json:
    """A User."""
    return {"id": user.id, "is_bot": user.is_bot} | _given(
        first_name=user.first_name,
        last_name=user.last_name,
        username=user.username,
        language_code=user.language_code,
    )


def bot_json(state: State) -> Json:
    """The User that getMe returns, with the bot's abilities."""
    return user_json(state.bot) | {
        "can_join_groups": True,
        "can_read_all_group_messages": not state.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def person(state: State, user_id: int) -> User:
    """The bot or the person with this id."""
    return state.bot if user_id == state.bot.id else state.users[user_id]


def chat_json(state: State, chat: Chat) -> Json:
    """The short Chat that messages carry."""
    if chat.type == "private":
        user = state.users[chat.id]
        names = _given(first_name=user.first_name, last_name=user.last_name, username=user.username)
        return {"id": chat.id, **names, "type": "private"}
    extra = {"all_members_are_administrators": False} if chat.type == "group" else {}
    return {"id": chat.id} | _given(title=chat.title, username=chat.username) | {"type": chat.type} | extra


def full_chat_json(state: State, chat: Chat) -> Json:
    """The ChatFullInfo that getChat returns."""
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    full = chat_json(state, chat) | {
        "accent_color_id": chat.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }
    if chat.type != "private":
        full["permissions"] = dict.fromkeys(SPEECH_RIGHTS, True)
    if chat.pinned:
        full["pinned_message"] = message_json(state, chat.messages[chat.pinned[-1]])
    return full


def message_json(state: State, message: Message, *, nested: bool = False) -> Json:
    """A Message; a reply carries the message replied to, one level deep."""
    chat = state.chats[message.chat_id]
    shape: Json = {
        "message_id": message.id,
        "from": user_json(person(state, message.sender)),
        "chat": chat_json(state, chat),
        "date": message.date,
    }
    if message.edit_date is not None:
        shape["edit_date"] = message.edit_date
    original = chat.messages.get(message.reply_to) if message.reply_to else None
    if original and not nested:
        shape["reply_to_message"] = message_json(state, original, nested=True)
    shape |= message.content
    for key in ("entities", "caption_entities"):
        if key in shape:
            shape[key] = [_entity_json(state, item) for item in shape[key]]
    if message.markup is not None:
        shape["reply_markup"] = message.markup
    return shape


def _entity_json(state: State, item: Json) -> Json:
    user = state.users.get(item.get("user_id", 0))
    if user is None:
        return item
    return {key: value for key, value in item.items() if key != "user_id"} | {"user": user_json(user)}


def member_json(state: State, chat: Chat, user_id: int) -> Json:
    """A ChatMember in the shape that its status asks for."""
    status = chat.status_of(user_id)
    shape: Json = {"user": user_json(person(state, user_id)), "status": str(status)}
    member = chat.members.get(user_id)
    if status in RANKED:
        shape["is_anonymous"] = False
        if member and member.title:
            shape["custom_title"] = member.title
    if status is Status.ADMINISTRATOR:
        shape |= dict.fromkeys(ADMIN_RIGHTS, True)
    if status is Status.RESTRICTED:
        shape |= dict.fromkeys(SPEECH_RIGHTS, False) | {"is_member": True, "until_date": 0}
    if status is Status.KICKED:
        shape["until_date"] = 0
    return shape


def file_json(file: StoredFile) -> Json:
    """The fields that every file object shares."""
    return {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": file.size}


def document_json(file: StoredFile) -> Json:
    """A Document."""
    return _given(file_name=file.name, mime_type=file.mime) | file_json(file)


def photo_json(state: State, file: StoredFile) -> list[Json]:
    """The array of PhotoSize, smallest first; `file` may be any one of the sizes."""
    sizes = (state.files[file_id] for file_id in file.sizes)
    return [file_json(size) | {"width": size.width, "height": size.height} for size in sizes]
