"""A made-up institution, large enough that no two missions of a run want the same person."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.issuer.directory.tables import COLUMNS

UNIT_SIZE = 10
LEADERSHIP_CHAT = -1_003_000_000_000
FIRST_GROUP = -5_000_000
FIRST_USER = 8_000_000_000
OFFICERS = {"cha.cabinet": "CHA-0001", "cha.gdaf": "CHA-0002"}
CHECKER = "CHA-0002"
SIGNATORY = "CHA-0003"
_FIRST_TRAVELLER = 101


@dataclass(frozen=True)
class Traveller:
    """Who goes on the mission of this index (from 0), alone."""

    index: int

    @property
    def person(self) -> str:
        """The staff number."""
        return f"CHA-{_FIRST_TRAVELLER + self.index:04d}"

    @property
    def unit(self) -> str:
        """Where the person works."""
        return f"cha.office-{self.index // UNIT_SIZE + 1:04d}"

    @property
    def chat(self) -> int:
        """The Telegram group of the unit, as long as it is not upgraded."""
        return FIRST_GROUP - self.index // UNIT_SIZE

    @property
    def user(self) -> int:
        """The person's Telegram account."""
        return FIRST_USER + self.index


def write_directory(folder: Path, missions: int) -> Path:
    """The institution `cha` as CSV files in `folder`; every person is made up."""
    folder.mkdir(parents=True, exist_ok=True)
    travellers = [Traveller(index) for index in range(missions)]
    units = list(dict.fromkeys((each.unit, each.chat) for each in travellers))
    tables: dict[str, list[Sequence[object]]] = {
        "institution.csv": [("cha", "part", "ក្រសួងសាកល្បង", "Ministry of Trials", "រាជធានីភ្នំពេញ", "Phnom Penh Capital")],
        "units.csv": [
            ("cha.whole", "", "ministry", "ក្រសួងសាកល្បង", "Ministry of Trials", "no", "", "", ""),
            ("cha.cabinet", "cha.whole", "cabinet", "ខុទ្ទកាល័យ", "Cabinet", "yes", "សក.ខទ.បប", "", ""),
            ("cha.gdaf", "cha.whole", "gdaf", "អគ្គនាយកដ្ឋានរដ្ឋបាល", "General Department", "yes", "សក.អរហ.បប", "", ""),
            *((unit, "cha.gdaf", "office", "ការិយាល័យ", "Office", "no", "", "", "") for unit, _ in units),
        ],
        "offices.csv": [
            ("cha.secretary-of-state", "រដ្ឋលេខាធិការ", "Secretary of State", "yes", "request"),
            ("cha.officer", "មន្ត្រីចេញលិខិត", "Officer", "no", "request issue check"),
        ],
        "people.csv": [
            *(_person(person, unit) for unit, person in OFFICERS.items()),
            _person(SIGNATORY, "cha.whole"),
            *(_person(each.person, each.unit) for each in travellers),
        ],
        "posts.csv": [
            *((person, "cha.officer", unit, "2020-01-01", "") for unit, person in OFFICERS.items()),
            (SIGNATORY, "cha.secretary-of-state", "cha.whole", "2020-01-01", ""),
        ],
        "duties.csv": [
            ("cha.whole.d01", "cha.whole", 1, "កិច្ចប្រជុំ", "Meetings", "trial.txt", "ចំណុច ក", "article A", ""),
        ],
        "groups.csv": [
            ("cha.whole", "telegram", LEADERSHIP_CHAT, "ក្រុមថ្នាក់ដឹកនាំ", "leadership"),
            *((unit, "telegram", chat, f"ក្រុម {unit}", "unit") for unit, chat in units),
        ],
    }
    for name, rows in tables.items():
        _write(folder / name, COLUMNS[name], rows)
    return folder


def _person(person: str, unit: str) -> Sequence[object]:
    return (person, "សាកល្បង មួយ", "SAKLBANG Muoy", "លោក", "m", "", "មន្ត្រី", "Official", unit, "")


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def telegram_seed(missions: int) -> dict[str, object]:
    """The sandbox's first state: each group with its people, each of whom has opened the private chat."""
    travellers = [Traveller(index) for index in range(missions)]
    bot: dict[str, object] = {"user": "bot", "status": "administrator"}
    chats: dict[int, list[dict[str, object]]] = {LEADERSHIP_CHAT: [bot]}
    for each in travellers:
        chats.setdefault(each.chat, [dict(bot)]).append({"user": each.user})
    return {
        "users": [{"id": each.user, "first_name": each.person, "started": True} for each in travellers],
        "chats": [
            {
                "id": chat,
                "type": "supergroup" if chat == LEADERSHIP_CHAT else "group",
                "title": f"group {chat}",
                "members": members,
            }
            for chat, members in chats.items()
        ],
    }
