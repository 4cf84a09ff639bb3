"""The events that the services exchange: frozen, versioned, in the past tense, as CloudEvents in JSON.

Contracts only grow: a field may be added with a default; anything else is a new version beside the old one. Unknown
fields and types are passed on as they came, so an older consumer understands a newer producer and loses nothing of it.
Each producer's types have a module; a new one is a class there, in the union at its end.
"""

from shared.events.envelope import (
    AboutMission,
    Event,
    OtherEvent,
)
from shared.events.issuer import (
    Code,
    DirectoryChanged,
    DirectoryChangedData,
    MissionClosed,
    MissionClosedData,
    MissionIssued,
    MissionIssuedData,
    MissionRefused,
    MissionRefusedData,
    MissionRequested,
    MissionRequestedData,
    ReturnSentBack,
    ReturnSentBackData,
)
from shared.events.notifier import (
    AnnouncementData,
    AnnouncementDelivered,
    AnnouncementDeliveredData,
    AnnouncementFailed,
    AnnouncementFailedData,
    ReportReturned,
    ReportReturnedData,
)
from shared.events.reading import (
    EVENTS,
    OWNERS,
    PRODUCERS,
    AnyEvent,
    KnownEvent,
    parse,
    read,
    type_of,
)

__all__ = [
    "EVENTS",
    "OWNERS",
    "PRODUCERS",
    "AboutMission",
    "AnnouncementData",
    "AnnouncementDelivered",
    "AnnouncementDeliveredData",
    "AnnouncementFailed",
    "AnnouncementFailedData",
    "AnyEvent",
    "Code",
    "DirectoryChanged",
    "DirectoryChangedData",
    "Event",
    "KnownEvent",
    "MissionClosed",
    "MissionClosedData",
    "MissionIssued",
    "MissionIssuedData",
    "MissionRefused",
    "MissionRefusedData",
    "MissionRequested",
    "MissionRequestedData",
    "OtherEvent",
    "ReportReturned",
    "ReportReturnedData",
    "ReturnSentBack",
    "ReturnSentBackData",
    "parse",
    "read",
    "type_of",
]
