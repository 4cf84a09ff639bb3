"""The solar side of the Khmer calendar: the signs of a year, Moha Songkran and Lerng Sak, in integers only.

Source: the same published arithmetic as the lunar date (Roath Kim Soeun; khmer-calendar.tovnah.com, "April New
Year"), its steps checked against ThyrithSor/momentkh (MIT). Angles are counted in
libda: 60 to a degree (angsar), 1800 to a sign of the zodiac (reasey).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

JOLAK_SAKARAJ: Final = 638
"""Civil year less this is the year of the lesser era, whose last digit names the era year (sak)."""

_SIGN: Final = 30 * 60
_CIRCLE: Final = 12 * _SIGN
_APOGEE: Final = 2 * _SIGN + 20 * 60
_CORRECTIONS: Final = ((35, 0), (32, 35), (27, 67), (22, 94), (13, 116), (5, 129))
"""Per 15 degrees of anomaly: libda of correction gained over the step, and gained before it."""

_LERNG_SAK_ORDINAL: Final = 232_742
"""Added to a year's aharkun gives the proleptic ordinal of its Lerng Sak (16 April 2016, for one)."""


@dataclass(frozen=True, slots=True)
class YearSigns:
    """What the almanac derives from the days counted up to a year's Lerng Sak."""

    aharkun: int
    kromathupul: int
    avoman: int
    bodithey: int

    @property
    def has_366_days(self) -> bool:
        """Whether the solar year that begins is a long one."""
        return self.kromathupul <= 207


@dataclass(frozen=True, slots=True)
class NewYear:
    """The first day of the New Year, when the animal changes, and the last, when the era year does."""

    moha_songkran: date
    lerng_sak: date


_BY_ALMANAC: Final = {2012: NewYear(date(2012, 4, 14), date(2012, 4, 16))}
"""Years whose official almanac set the New Year on other days than the arithmetic (13 and 15 April for 2012).

Source: momentkh's table of New Year moments that differ from its arithmetic (14 April 2012, 19:11). For 2011,
2013 to 2015 and 2024 that table differs from the arithmetic in the hour alone, which no date shows.
"""


@cache
def signs(year: int) -> YearSigns:
    """The signs of the civil year in which the Lerng Sak falls."""
    parts = 292_207 * (year - JOLAK_SAKARAJ) + 373
    aharkun = parts // 800 + 1
    excess = 11 * aharkun + 650
    return YearSigns(aharkun, 800 - parts % 800, excess % 692, (aharkun + excess // 692) % 30)


@cache
def new_year(year: int) -> NewYear:
    """Both days of the New Year of a civil year, by the almanac where it departs from the arithmetic."""
    if year in _BY_ALMANAC:
        return _BY_ALMANAC[year]
    lerng_sak = date.fromordinal(signs(year).aharkun + _LERNG_SAK_ORDINAL)
    third_day_before = 363 if signs(year - 1).has_366_days else 362
    early = _true_sun(year, third_day_before) % _SIGN < 60
    return NewYear(lerng_sak - timedelta(days=3 if early else 2), lerng_sak)


def _true_sun(year: int, sotin: int) -> int:
    """The sun's true longitude, in libda, `sotin` days after the Lerng Sak of the year before."""
    sign, rest = divmod(800 * sotin + signs(year - 1).kromathupul, 24_350)
    degree, rest = divmod(rest, 811)
    mean = sign * _SIGN + degree * 60 + rest // 14 - 3
    anomaly = (mean - _APOGEE) % _CIRCLE
    correction = _correction(anomaly)
    return mean - correction if anomaly < _CIRCLE // 2 else mean + correction


def _correction(anomaly: int) -> int:
    """Libda between the mean and the true sun, from the angle to the nearer end of the line of apsides."""
    half_turn = anomaly % (_CIRCLE // 2)
    nearer = min(half_turn, _CIRCLE // 2 - half_turn)
    step, within = divmod(nearer, _SIGN // 2)
    if step >= len(_CORRECTIONS):
        return 134
    gained, before = _CORRECTIONS[step]
    return within * gained // (_SIGN // 2) + before
