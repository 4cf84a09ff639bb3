"""The Khmer lunisolar date (chhankitek) of a civil day, in integers only.

Source: the arithmetic Roath Kim Soeun published for 1900 to 2099, as set out at khmer-calendar.tovnah.com.
Every year has a count of days (aharkun) up to its Lerng Sak, and from that count follow the remainder of the solar
year (kromathupul), the lunar excess (avoman) and the moon's age (bodithey), which decide between a plain year of
354 days, one with a leap day (355) and one with a leap month (384).

Three year changes fall on three dates: the animal on Moha Songkran, the era year (sak) on Lerng Sak, and the
Buddhist Era on the day after Visak Bochea.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final, Literal

from services.issuer.letter import songkran
from services.issuer.letter.songkran import signs
from shared.errors import BesakakamError
from shared.khmer import khmer_digits, weekday_name

Phase = Literal["កើត", "រោច"]

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)

_ANIMALS: Final = ("ជូត", "ឆ្លូវ", "ខាល", "ថោះ", "រោង", "ម្សាញ់", "មមី", "មមែ", "វក", "រកា", "ច", "កុរ")
_ERAS: Final = (
    "សំរឹទ្ធិស័ក",
    "ឯកស័ក",
    "ទោស័ក",
    "ត្រីស័ក",
    "ចត្វាស័ក",
    "បញ្ចស័ក",
    "ឆស័ក",
    "សប្តស័ក",
    "អដ្ឋស័ក",
    "នព្វស័ក",
)
_BEFORE_LEAP: Final = (("មិគសិរ", 29), ("បុស្ស", 30), ("មាឃ", 29), ("ផល្គុន", 30), ("ចេត្រ", 29), ("ពិសាខ", 30))
_AFTER_LEAP: Final = (("ស្រាពណ៍", 29), ("ភទ្របទ", 30), ("អស្សុជ", 29), ("កត្តិក", 30))
_JESTHA: Final = "ជេស្ឋ"
_VISAK_BOCHEA: Final = 29 + 30 + 29 + 30 + 29 + 15
"""Days from the first of Migasir up to and including the full moon of Pisakh; the months before it never vary."""

_EPOCH: Final = date(1899, 12, 3)
"""The first of Migasir of lunar year 1900: 1 January 1900 is the first waxing day of Bos."""


class LunarDateOutOfRange(BesakakamError):
    """The day lies outside the years the published arithmetic covers."""

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self.day = day

    def __str__(self) -> str:
        return f"no lunar date for {self.day}: the calendar covers {FIRST_DAY} to {LAST_DAY}"


@dataclass(frozen=True, slots=True)
class LunarDate:
    """One day of the lunar calendar.

    `weekday`, `month`, `animal` and `era` are Khmer names without ថ្ងៃ, ខែ or ឆ្នាំ before them; `day` counts 1 to 15
    within its `phase`, waxing (កើត) or waning (រោច); `buddhist_era` is the year ព.ស.
    """

    date: date
    weekday: str
    day: int
    phase: Phase
    month: str
    buddhist_era: int
    animal: str
    era: str

    @property
    def line(self) -> str:
        """The first date line of an official letter, in Khmer digits."""
        return khmer_digits(
            f"ថ្ងៃ{self.weekday} {self.day}{self.phase} ខែ{self.month} "
            f"ឆ្នាំ{self.animal} {self.era} ព.ស. {self.buddhist_era}"
        )


def lunar_date(day: date) -> LunarDate:
    """The lunar date of a civil day; a year change counts for the whole of its day.

    Raises LunarDateOutOfRange before 1900 and after 2099.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise LunarDateOutOfRange(day)
    year = day.year if day < _first_of_migasir(day.year + 1) else day.year + 1
    elapsed = (day - _first_of_migasir(year)).days
    month, age = _month_and_age(year, elapsed)
    new_year = songkran.new_year(day.year)
    return LunarDate(
        date=day,
        weekday=weekday_name(day),
        day=age % 15 + 1,
        phase="កើត" if age < 15 else "រោច",
        month=month,
        buddhist_era=year + (544 if elapsed >= _VISAK_BOCHEA else 543),
        animal=_ANIMALS[(day.year - (day < new_year.moha_songkran) - 4) % 12],
        era=_ERAS[(day.year - (day < new_year.lerng_sak) - songkran.JOLAK_SAKARAJ) % 10],
    )


def _month_and_age(year: int, elapsed: int) -> tuple[str, int]:
    """The month in which the day `elapsed` days after the first of Migasir lies, and the days elapsed within it."""
    for month, length in _months(year):
        if elapsed < length:
            return month, elapsed
        elapsed -= length
    raise AssertionError(f"lunar year {year} is shorter than its own days")


@cache
def _first_of_migasir(year: int) -> date:
    """The first day of the lunar year whose Asadh falls in the civil `year`."""
    start = _EPOCH
    for earlier in range(1900, year):
        start += timedelta(days=sum(length for _, length in _months(earlier)))
    return start


@cache
def _months(year: int) -> tuple[tuple[str, int], ...]:
    """The months of a lunar year in order, each with its days."""
    leap_month = _has_leap_month(year)
    asadh = (("បឋមាសាឍ", 30), ("ទុតិយាសាឍ", 30)) if leap_month else (("អាសាឍ", 30),)
    jestha = 30 if not leap_month and _has_leap_day(year) else 29
    return (*_BEFORE_LEAP, (_JESTHA, jestha), *asadh, *_AFTER_LEAP)


def _has_leap_day(year: int) -> bool:
    """A year that earns both a leap month and a leap day takes the month and hands the day to the next year."""
    handed_on = _has_leap_month(year - 1) and _earns_leap_day(year - 1)
    return _earns_leap_day(year) or handed_on


def _has_leap_month(year: int) -> bool:
    """Whether the moon is too old or too young at Lerng Sak for twelve months to keep step with the sun."""
    age, next_age = (signs(y).bodithey for y in (year, year + 1))
    if (age, next_age) == (24, 6):
        return True
    return (age >= 25 or age <= 5) and (age, next_age) != (25, 5)


def _earns_leap_day(year: int) -> bool:
    """Whether the lunar excess at Lerng Sak is small enough for Jestha to get a thirtieth day."""
    this, following = signs(year), signs(year + 1)
    if this.has_366_days:
        return this.avoman <= 126
    return this.avoman <= 137 and (this.avoman, following.avoman) != (137, 0)
