"""Who plays: people of the sample ministry, and the groups in which they meet."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from services.issuer.directory import Directory, Group, GroupKind, Person, read
from shared.clock import PHNOM_PENH, now

SAMPLES = Path(__file__).parents[1] / "samples"


@dataclass(frozen=True)
class Cast:
    """The people of one mission by staff number; the first of `travellers` leads it and hands in the return."""

    head: str = "MCS-0042"
    officer: str = "MCS-0021"
    checker: str = "MCS-0022"
    signatory: str = "MCS-0015"
    travellers: tuple[tuple[str, str], ...] = (("MCS-0043", "leader"), ("MCS-0044", "member"), ("MCS-0026", "driver"))
    unit: str = "mcs.gdcs-policy"
    issuer: str = "mcs.gdaf"
    duty: str = "mcs.gdcs-policy.d01"
    transport: dict[str, str] = field(default_factory=lambda: {"means": "ministry_car", "plate": "រដ្ឋ ២-១២៣៤"})

    @property
    def leader(self) -> str:
        """Who replies in Telegram."""
        return self.travellers[0][0]

    def groups(self) -> list[Group]:
        """Where the order has to be announced: the leadership's group and those of the travellers' units."""
        directory = ministry()
        units = {directory.person(person).unit for person, _ in self.travellers}
        return [g for g in directory.groups if g.chat_id and (g.kind is GroupKind.LEADERSHIP or g.unit in units)]

    def unit_chat(self) -> int:
        """The group of the leader's unit."""
        unit = ministry().person(self.leader).unit
        return next(group.chat_id for group in self.groups() if group.unit == unit and group.chat_id)


INSTITUTIONS = ("mcs", "dfr")


def all_groups() -> list[Group]:
    """Every Telegram group of both sample institutions."""
    return [group for institution in INSTITUTIONS for group in sample(institution).groups if group.chat_id]


@cache
def sample(institution: str) -> Directory:
    """A sample institution."""
    return read(SAMPLES / institution)


def ministry() -> Directory:
    """The institution in which the story plays."""
    return sample("mcs")


def telegram_id(person: str) -> int:
    """The Telegram account that the sandbox gives a sample person."""
    institution, number = person.rsplit("-", 1)
    return 7_000_000_000 + 1_000_000 * INSTITUTIONS.index(institution.lower()) + int(number)


def telegram_seed() -> dict[str, object]:
    """The sandbox's first state: everybody's account, and the groups with who belongs there, known to the bot."""
    return {
        "users": [_user(person) for institution in INSTITUTIONS for person in sample(institution).people],
        "chats": [
            {
                "id": group.chat_id,
                "title": group.name,
                "members": [{"user": "bot", "status": "administrator"}]
                + [{"user": telegram_id(person.id)} for person in _members(group)],
            }
            for group in all_groups()
        ],
    }


def _members(group: Group) -> list[Person]:
    institution = sample(group.unit.split(".", 1)[0])
    if group.kind is GroupKind.LEADERSHIP:
        today = now().astimezone(PHNOM_PENH).date()
        return [person for person in institution.people if institution.is_leader(person.id, today)]
    return [person for person in institution.people if person.unit == group.unit]


def _user(person: Person) -> dict[str, object]:
    return {"id": telegram_id(person.id), "first_name": person.name_km, "last_name": f"({person.id})"}
