"""What a directory is made of.

Every value is frozen. ``since`` is the first day and ``until`` the last day something holds, both included;
an absent ``until`` means that it still does. Nothing is ever taken out of a directory: it ends.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class UnitKind(StrEnum):
    MINISTRY = "ministry"
    CABINET = "cabinet"
    GDAF = "gdaf"
    GENERAL_DEPARTMENT = "general_department"
    INSPECTORATE = "inspectorate"
    SCHOOL = "school"
    DEPARTMENT = "department"
    CENTRE = "centre"
    PROCUREMENT = "procurement"
    PROVINCIAL_DEPARTMENT = "provincial_department"
    OFFICE = "office"


ISSUING_KINDS = frozenset({UnitKind.CABINET, UnitKind.GDAF})
"""The only kinds of unit that may give out mission orders (001_173225edbef2614a.txt, article ខ.១)."""


class InstitutionKind(StrEnum):
    """Whether the folder describes a whole ministry, or only the part of one that uses the system."""

    MINISTRY = "ministry"
    PART = "part"


class Right(StrEnum):
    """What an office lets its holder do: ask for a mission, issue orders, check returns."""

    REQUEST = "request"
    ISSUE = "issue"
    CHECK = "check"


class Sex(StrEnum):
    FEMALE = "f"
    MALE = "m"


class Technology(StrEnum):
    """What a unit's group runs on; only a Telegram group can be written to by the system."""

    TELEGRAM = "telegram"
    OTHER = "other"


class GroupKind(StrEnum):
    LEADERSHIP = "leadership"
    UNIT = "unit"


def holds(since: date | None, until: date | None, on: date) -> bool:
    """Whether ``on`` falls within the two days, both included."""
    return (since is None or since <= on) and (until is None or on <= until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """``place_km`` and ``place_en`` are where its letters are dated from."""

    id: str
    kind: InstitutionKind
    name_km: str
    name_en: str
    place_km: str
    place_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """``number_suffix`` follows the serial number on the orders of an issuing unit, and is empty elsewhere."""

    id: str
    parent: str | None
    kind: UnitKind
    name_km: str
    name_en: str
    issues: bool
    number_suffix: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A kind of office that people hold; ``leadership`` makes its holders members of the leadership group."""

    id: str
    name_km: str
    name_en: str
    leadership: bool
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """``id`` is the staff number; ``unit`` is where the person works, whatever offices are held elsewhere."""

    id: str
    name_km: str
    name_latin: str
    honorific_km: str
    sex: Sex
    grade: str
    position_km: str
    position_en: str
    unit: str
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One office held by one person in one unit."""

    person: str
    office: str
    unit: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """``document`` is the file name of the text that gives the duty; the two articles say where in it."""

    id: str
    unit: str
    number: int
    title_km: str
    title_en: str
    document: str
    article_km: str
    article_en: str
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """``chat_id`` is Telegram's number of the group, and absent for another technology."""

    unit: str
    technology: Technology
    chat_id: int | None
    name: str
    kind: GroupKind
