"""The words for what events say in codes."""

from collections.abc import Mapping

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
