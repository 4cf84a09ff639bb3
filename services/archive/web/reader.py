"""What a page says, in its reader's language, with names instead of ids and the language's own digits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel

from services.archive.domain import Mission, Names, State
from services.archive.store.log import Archived
from services.archive.web import words
from shared.clock import PHNOM_PENH
from shared.filetypes import SHOWN_AS_IT_IS
from shared.i18n import Language, Message, Messages, message
from shared.khmer import day_span, hour_text, khmer_digits, solar_date
from shared.values import DocumentRef


@dataclass(frozen=True)
class Reader:
    """One reader: a language, the messages in it, and the names that the page at hand needs."""

    language: Language
    messages: Messages
    names: Names

    def say(self, what: Message) -> str:
        """The message in the reader's language."""
        return self.messages.render(what, self.language)

    def digits(self, value: int | str) -> str:
        """A number in the language's digits."""
        return khmer_digits(value) if self.language == "km" else str(value)

    def choose(self, khmer: str, english: str) -> str:
        """Whichever of two wordings the reader wants; Khmer where there is no English."""
        return khmer if self.language == "km" or not english else english

    def person(self, person: str) -> str:
        """A person's name, or staff number."""
        return self.names.person(person, self.language)

    def unit(self, unit: str) -> str:
        """A unit's name, or id."""
        return self.names.unit(unit, self.language)

    def day(self, day: date | datetime) -> str:
        """A civil date in words; a moment's date is Phnom Penh's."""
        at = day.astimezone(PHNOM_PENH).date() if isinstance(day, datetime) else day
        return solar_date(at) if self.language == "km" else f"{at.day} {at:%B %Y}"

    def moment(self, moment: datetime) -> str:
        """Date and hour in Phnom Penh."""
        at = moment.astimezone(PHNOM_PENH)
        return f"{self.day(at)} {hour_text(at.time()) if self.language == 'km' else f'at {at:%H:%M}'}"

    def span(self, first: datetime, last: datetime) -> str:
        """Both days of a journey, in Phnom Penh."""
        start, end = first.astimezone(PHNOM_PENH).date(), last.astimezone(PHNOM_PENH).date()
        if self.language == "km":
            return day_span(start, end)
        return self.day(start) if start == end else f"{self.day(start)} – {self.day(end)}"

    def state(self, mission: Mission) -> str:
        """The word for a mission's state, with the groups that it did not reach."""
        if partly_announced(mission):
            return self.say(
                message("Announced in {reached} of {groups} groups", reached=mission.reached, groups=mission.groups)
            )
        return self.say(words.STATES[mission.state])

    def copied(self, document: DocumentRef) -> bool:
        """Whether browsers show a document only as a copy."""
        return document.media_type.startswith("image/") and document.media_type not in SHOWN_AS_IT_IS

    def address(self, document: DocumentRef) -> str:
        """Where to look at a document: at itself, or at its copy."""
        return f"/documents/{document.sha256}" + ("/shown" if self.copied(document) else "")

    def badge(self, mission: Mission) -> str:
        """What the state's badge looks like."""
        return "partly" if partly_announced(mission) else mission.state

    def reason(self, told: str) -> str:
        """Why an announcement failed: in the reader's language where that is known, and as Telegram told it."""
        meaning = words.reason(told)
        return f"{self.say(meaning)} ({told})" if meaning else told

    def warning(self, code: str) -> str:
        """The warning that an officer passed over."""
        warning = words.OVERRIDES.get(code)
        return self.say(warning) if warning else code

    def size(self, size: int) -> str:
        """A document's size."""
        return self.digits(f"{size / 1024**2:.1f} MB" if size >= 1024**2 else f"{max(1, round(size / 1024))} KB")


def partly_announced(mission: Mission) -> bool:
    """Whether it is known of a group that it has not got the order, while that is what the mission waits for."""
    return mission.state in (State.ISSUED, State.ANNOUNCED) and mission.reached < mission.groups


def ids_in(missions: Iterable[Mission]) -> set[str]:
    """The ids of people and units that a list of missions shows."""
    found: set[str] = set()
    for mission in missions:
        found.update(mission.people, filter(None, (mission.unit, mission.issuer)))
    return found


def ids_told(events: Iterable[Archived]) -> set[str]:
    """Every text in the events that could be an id of the directory; which are, the directory knows."""
    found: set[str] = set()
    for archived in events:
        _collect(archived.event.data, found)
    return found


def _collect(part: object, found: set[str]) -> None:
    if isinstance(part, str) and len(part) <= 60 and part.isascii():
        found.add(part)
    elif isinstance(part, BaseModel):
        for _, value in part:
            _collect(value, found)
    elif isinstance(part, tuple):
        for value in part:
            _collect(value, found)
