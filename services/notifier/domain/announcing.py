"""Which chats an order is announced in (Guideline 996, A.2 and A.3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.events import MissionIssuedData
from shared.values import GroupListed

Audience = Literal["leadership", "unit", "person"]


@dataclass(frozen=True)
class UnitCopy:
    """What announcing needs to know of a unit."""

    unit: str
    institution: str
    parent: str | None
    groups: tuple[GroupListed, ...]

    def telegram_group(self, kind: Literal["leadership", "unit"]) -> tuple[int, str] | None:
        """Chat and name of the unit's group of this kind on Telegram, if it has one there."""
        for group in self.groups:
            if group.kind == kind and group.technology == "telegram" and group.chat is not None:
                return group.chat, group.name
        return None


Units = Mapping[str, UnitCopy]


@dataclass(frozen=True)
class Target:
    """One place where the order is to be announced. Without a chat: nobody can be reached there, and it is recorded."""

    audience: Audience
    unit: str | None
    chat: int | None
    chat_name: str


def units_named(issued: MissionIssuedData) -> set[str]:
    """The issuing unit and those of the travellers."""
    return {issued.issuer, *(traveller.unit for traveller in issued.travellers)}


def unknown_units(issued: MissionIssuedData, units: Units) -> set[str]:
    """Units that the plan depends on and the directory has not told of yet: ancestors count."""
    return {unit for start in units_named(issued) for unit in _line(start, units) if unit not in units}


def plan(issued: MissionIssuedData, units: Units, moved: Mapping[int, int]) -> list[Target]:
    """The leadership group of the issuer's institution, then each traveller's unit's group; one target a chat.

    A unit without a Telegram group of its own is reached through the nearest unit above that has one. `moved` tells
    where a group went that became a supergroup.
    """
    found: list[Target] = [_leadership(units[issued.issuer].institution, units)]
    found += [_nearest(unit, units) for unit in dict.fromkeys(traveller.unit for traveller in issued.travellers)]
    taken: set[int] = set()
    targets: list[Target] = []
    for target in found:
        chat = None if target.chat is None else moved.get(target.chat, target.chat)
        if chat is None or chat not in taken:
            targets.append(Target(target.audience, target.unit, chat, target.chat_name))
        if chat is not None:
            taken.add(chat)
    return targets


def place_of(audience: Audience, unit: str, institution: str, units: Units) -> Target:
    """Where a group's announcement belongs by the directory as it is now."""
    return _leadership(institution, units) if audience == "leadership" else _nearest(unit, units)


def chat_of(unit: str, units: Units, moved: Mapping[int, int]) -> int | None:
    """The group through which the unit's people are reached; None where there is none."""
    chat = _nearest(unit, units).chat
    return None if chat is None else moved.get(chat, chat)


def _leadership(institution: str, units: Units) -> Target:
    for unit in units.values():
        if unit.institution == institution and (group := unit.telegram_group("leadership")):
            return Target("leadership", unit.unit, *group)
    return Target("leadership", None, None, institution)


def _nearest(start: str, units: Units) -> Target:
    for name in _line(start, units):
        if name in units and (group := units[name].telegram_group("unit")):
            return Target("unit", name, *group)
    return Target("unit", start, None, start)


def _line(start: str, units: Units) -> Iterator[str]:
    """The unit and those above it, nearest first; it ends at the top, at an unknown unit, or on coming round again."""
    seen: set[str] = set()
    name: str | None = start
    while name is not None and name not in seen:
        seen.add(name)
        yield name
        name = units[name].parent if name in units else None
