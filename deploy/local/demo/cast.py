"""Who plays: people of the sample ministry, and the groups in which they meet."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from services.issuer.directory import Directory, Group, GroupKind, read

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


@cache
def ministry() -> Directory:
    """The sample ministry."""
    return read(SAMPLES / "mcs")


def telegram_id(person: str) -> int:
    """The Telegram account that the sandbox gives a sample person."""
    return 7_000_000_000 + int(person.rsplit("-", 1)[1])


def telegram_seed(groups: list[Group]) -> dict[str, object]:
    """The sandbox's first state: the groups with the people who belong there, each known to the bot."""
    directory = ministry()
    members = {
        group.chat_id: [p.id for p in directory.people if group.kind is GroupKind.LEADERSHIP or p.unit == group.unit]
        for group in groups
    }
    people = sorted({person for group in members.values() for person in group})
    return {
        "users": [_user(directory, person) for person in people],
        "chats": [
            {
                "id": group.chat_id,
                "title": group.name,
                "members": [{"user": "bot", "status": "administrator"}]
                + [{"user": telegram_id(person)} for person in members[group.chat_id]],
            }
            for group in groups
        ],
    }


def _user(directory: Directory, person_id: str) -> dict[str, object]:
    person = directory.person(person_id)
    return {"id": telegram_id(person_id), "first_name": person.name_km, "last_name": f"({person_id})"}
