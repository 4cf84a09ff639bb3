"""The words for what events say in codes."""

from collections.abc import Mapping, Sequence

from services.archive.domain import State
from shared.i18n import Message, message

STATES: Mapping[State, Message] = {
    State.SUBMITTED: message("Submitted"),
    State.REFUSED: message("Refused"),
    State.ISSUED: message("Issued"),
    State.ANNOUNCED: message("Announced"),
    State.RETURNED: message("Returned, to be checked"),
    State.SENT_BACK: message("Sent back"),
    State.CLOSED: message("Closed"),
}
BASES: Mapping[str, Message] = {
    "invitation": message("Invitation letter"),
    "agreement": message("Agreement in principle of the leadership"),
}
ROLES: Mapping[str, Message] = {
    "leader": message("leader of the mission"),
    "member": message("member"),
    "driver": message("driver"),
}
TRANSPORTS: Mapping[str, Message] = {
    "ministry_car": message("Ministry car"),
    "private_car": message("Private car"),
    "motorcycle": message("Motorcycle"),
    "bus": message("Bus"),
    "train": message("Train"),
    "boat": message("Boat"),
    "plane": message("Plane"),
}
MOMENTS: Mapping[str, Message] = {
    "arrival": message("Arrival"),
    "departure": message("Leaving"),
}
EVENTS: Mapping[str, Message] = {
    "MissionRequested": message("Mission requested"),
    "MissionIssued": message("Order issued"),
    "MissionRefused": message("Request refused"),
    "AnnouncementDelivered": message("Order announced"),
    "AnnouncementFailed": message("Announcement failed"),
    "ReportReturned": message("Order and report returned"),
    "ReturnSentBack": message("Return sent back"),
    "MissionClosed": message("Mission closed"),
    "DirectoryChanged": message("Directory changed"),
}
REASONS: Sequence[tuple[str, Message]] = (
    ("kicked", message("The bot was removed from the group.")),
    ("not a member", message("The bot is not a member of the group.")),
    ("chat not found", message("Telegram does not know this group.")),
    ("deactivated", message("The group no longer exists in Telegram.")),
    ("not enough rights", message("The bot may not write in the group.")),
    ("have no rights", message("The bot may not write in the group.")),
    ("need administrator", message("The bot may not write in the group.")),
    ("chat_write_forbidden", message("The bot may not write in the group.")),
    ("upgraded to a supergroup", message("The group became a supergroup and has a new address in Telegram.")),
    ("flood", message("Telegram asked to send more slowly.")),
    ("too many requests", message("Telegram asked to send more slowly.")),
    ("blocked by the user", message("The person has blocked the bot.")),
    ("timed out", message("Telegram did not answer in time.")),
    ("timeout", message("Telegram did not answer in time.")),
)
"""What Telegram's own words mean, by a part of them."""
OVERRIDES: Mapping[str, Message] = {
    "departure_past": message("The departure had passed already"),
    "traveller_requested": message("Another request asked for the same person in that time"),
    "vehicle_requested": message("Another request asked for the same vehicle in that time"),
    "return_overdue": message("A traveller's earlier return was overdue"),
}
"""The warnings that officers pass over with a reason, by their codes."""


def reason(text: str) -> Message | None:
    """Why an announcement failed, in words of our own; None where only Telegram's are known."""
    return next((meaning for part, meaning in REASONS if part in text.casefold()), None)


def event_named(type_: str) -> Message:
    """What happened, in a word or two; of an event of a newer release only its type is known."""
    return EVENTS.get(type_) or message("Event of a newer release: {type}", type=type_)
