"""The words of the page, in Khmer and in English."""

from typing import Literal

Language = Literal["km", "en"]

WORDS: dict[Language, dict[str, str]] = {
    "km": {
        "title": "Telegram សម្រាប់សាកល្បង",
        "notice": "ក្រុម និងសារទាំងអស់នៅទីនេះ សម្រាប់សាកល្បងប៉ុណ្ណោះ មិនត្រូវបានផ្ញើទៅ Telegram ពិតឡើយ។",
        "other_language": "English",
        "chats": "ក្រុម និងការសន្ទនា",
        "more": "ក្រុម ឬបុគ្គលផ្សេងទៀត",
        "open_chat": "បើក",
        "no_chats": "មិនទាន់មានក្រុមនៅឡើយទេ។",
        "no_messages": "មិនទាន់មានសារនៅឡើយទេ។",
        "private": "ការសន្ទនាផ្ទាល់",
        "group": "ក្រុម",
        "supergroup": "ក្រុមធំ",
        "members": "សមាជិក {count} នាក់",
        "act_as": "ធ្វើសកម្មភាពក្នុងនាម",
        "reply": "ឆ្លើយតប",
        "replying": "កំពុងឆ្លើយតបទៅសារលេខ",
        "cancel": "បោះបង់",
        "write": "សរសេរសារ",
        "photos": "ភ្ជាប់រូបថត",
        "send": "ផ្ញើ",
        "open": "បើកឯកសារ",
        "photo": "រូបថត",
        "edited": "បានកែ",
        "pinned": "បានខ្ទាស់",
        "bot": "ប្រព័ន្ធ",
        "like": "ចូលចិត្ត",
        "joined": "{name} បានចូលក្រុម",
        "left": "{name} បានចាកចេញពីក្រុម",
        "has_pinned": "{name} បានខ្ទាស់សារមួយ",
        "upgraded": "ក្រុមនេះបានប្ដូរទៅជាក្រុមធំ",
        "closed": "គ្មាននរណាអាចសរសេរនៅទីនេះបានទៀតទេ។",
        "unanswered": "ប្រព័ន្ធមិនទាន់ឆ្លើយតបនៅឡើយទេ។",
        "answered": "ប្រព័ន្ធបានទទួលការចុចប៊ូតុងរួចហើយ។",
        "failed": "មិនអាចធ្វើបានទេ៖",
        "offline": "ដាច់ការតភ្ជាប់ កំពុងព្យាយាមភ្ជាប់ម្ដងទៀត។",
        "bytes": "{size} បៃ",
        "kilobytes": "{size} គីឡូបៃ",
        "megabytes": "{size} មេកាបៃ",
    },
    "en": {
        "title": "Telegram for trying out",
        "notice": "The groups and messages here are for trying out only; nothing is sent to the real Telegram.",
        "other_language": "ភាសាខ្មែរ",
        "chats": "Groups and conversations",
        "more": "Another group or person",
        "open_chat": "Open",
        "no_chats": "No groups yet.",
        "no_messages": "No messages yet.",
        "private": "Private conversation",
        "group": "Group",
        "supergroup": "Supergroup",
        "members": "{count} members",
        "act_as": "Act as",
        "reply": "Reply",
        "replying": "Replying to message",
        "cancel": "Cancel",
        "write": "Write a message",
        "photos": "Attach photos",
        "send": "Send",
        "open": "Open document",
        "photo": "Photo",
        "edited": "edited",
        "pinned": "pinned",
        "bot": "system",
        "like": "Like",
        "joined": "{name} joined the group",
        "left": "{name} left the group",
        "has_pinned": "{name} pinned a message",
        "upgraded": "This group became a supergroup",
        "closed": "Nobody can write here any more.",
        "unanswered": "The system has not answered yet.",
        "answered": "The system has received the press.",
        "failed": "This could not be done:",
        "offline": "Connection lost, trying again.",
        "bytes": "{size} B",
        "kilobytes": "{size} KB",
        "megabytes": "{size} MB",
    },
}
_KHMER_DIGITS = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")


def digits(text: str, language: Language) -> str:
    """The text with Khmer digits where the language is Khmer."""
    return text.translate(_KHMER_DIGITS) if language == "km" else text


def size_words(size: int, language: Language) -> str:
    """A file's size in words; `size` in bytes."""
    words = WORDS[language]
    if size < 1024:
        return words["bytes"].format(size=digits(str(size), language))
    if size < 1024 * 1024:
        return words["kilobytes"].format(size=digits(str(round(size / 1024)), language))
    return words["megabytes"].format(size=digits(f"{size / 1024 / 1024:.1f}", language))
