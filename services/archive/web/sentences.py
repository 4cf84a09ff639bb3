"""Each kind of event as one plain sentence: who did what."""

from typing import assert_never

from services.archive.web.reader import Reader
from shared.events import (
    AnnouncementDelivered,
    AnnouncementFailed,
    AnyEvent,
    DirectoryChanged,
    MissionClosed,
    MissionIssued,
    MissionRefused,
    MissionRequested,
    OtherEvent,
    ReportReturned,
    ReturnSentBack,
)
from shared.i18n import Message, message


def sentence(event: AnyEvent, reader: Reader) -> Message:
    """Who did what, with people and units named as the reader knows them."""
    match event:
        case MissionRequested() | MissionIssued() | MissionRefused():
            return _of_order(event, reader)
        case AnnouncementDelivered() | AnnouncementFailed():
            return _of_announcement(event, reader)
        case ReportReturned() | ReturnSentBack() | MissionClosed():
            return _of_return(event, reader)
        case DirectoryChanged(data=data):
            return message("The directory of {unit} was renewed.", unit=reader.choose(data.name_km, data.name_en))
        case OtherEvent():
            return message("This release cannot read it; it is filed as it came.")
        case _:
            assert_never(event)


def _of_order(event: MissionRequested | MissionIssued | MissionRefused, reader: Reader) -> Message:
    match event:
        case MissionRequested(data=data):
            return message(
                "{who} asked for a mission order for {unit}.",
                who=reader.person(data.requester),
                unit=reader.unit(data.order.unit),
            )
        case MissionIssued(data=data):
            return message(
                "{who} issued order {number} in the name of {issuer}.",
                who=reader.person(data.issued_by),
                number=data.number,
                issuer=reader.unit(data.issuer),
            )
        case MissionRefused(data=data):
            if data.refused_by is None:
                return message("The rules do not allow this request; no order was issued.")
            return message("{who} refused the request.", who=reader.person(data.refused_by))


def _of_announcement(event: AnnouncementDelivered | AnnouncementFailed, reader: Reader) -> Message:
    group = reader.say(group_of(event, reader))
    if isinstance(event, AnnouncementDelivered):
        return message("The order was announced in {group}.", group=group)
    if event.data.certain:
        return message("The order could not be announced in {group}.", group=group)
    if event.data.copy_follows:
        return message("Whether the order reached {group} is not known; one copy follows, marked as such.", group=group)
    return message("Whether the order reached {group} is not known; nothing more is tried.", group=group)


def group_of(event: AnnouncementDelivered | AnnouncementFailed, reader: Reader) -> Message:
    """The group by its name and whose it is: the leadership's also belongs to a unit of the directory."""
    chat = event.data.chat_name
    if event.data.audience == "leadership":
        return message("the leadership group “{chat}”", chat=chat)
    if event.data.unit is None:
        return message("the group “{chat}”", chat=chat)
    return message("the group “{chat}” of {unit}", chat=chat, unit=reader.unit(event.data.unit))


def _of_return(event: ReportReturned | ReturnSentBack | MissionClosed, reader: Reader) -> Message:
    match event:
        case ReportReturned(data=data):
            return message(
                "{who} returned the order with a report. Endorsements: {endorsements}; photographs: {photos}.",
                who=reader.person(data.returned_by),
                endorsements=len(data.endorsements),
                photos=len(data.photos),
            )
        case ReturnSentBack(data=data):
            if data.sent_back_by is None:
                return message("The rules do not accept this return; it goes back to the traveller.")
            return message("{who} sent the return back to the traveller.", who=reader.person(data.sent_back_by))
        case MissionClosed(data=data):
            return message(
                "{who} accepted the return; the mission is settled and filed.", who=reader.person(data.accepted_by)
            )
