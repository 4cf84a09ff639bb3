"""Reads an hour as people in Cambodia write it, in Khmer or English, and says where it may mean two.

The text is lower-case, its digits are Latin and it has no invisible signs. An hour is certain by its part of the day,
from 13 on and at 0, and as four figures of the 24-hour clock (`09:30`, `10h15`); but four figures before six in the
morning are as likely a twelve-hour clock's (`02:30`), so they are asked about as `2:30` is.
"""

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

from services.notifier.domain.numbers import NUMBER, UNFINISHED, value

_PARTS: Final[dict[str, tuple[str, frozenset[int]]]] = {
    "noon": (r"ថ្ងៃត្រង់|ថ្ងៃ(?!\s*(?:ទី|\d|ចន្ទ|អង្គារ|ពុធ|ព្រហ|សុក្រ|សៅរ៍|អាទិត្យ))|noon|midday", frozenset(range(10, 16))),
    "midnight": (r"(?:ពាក់កណ្[ដត]ាល)?(?:អធ្រាត្រ|អាធ្រាត្រ)|midnight", frozenset({22, 23, 0, 1, 2, 3})),
    "dawn": (r"ព្រលឹម|ទៀបភ្លឺ|ភ្លឺ|dawn", frozenset(range(7))),
    "morning": (r"ព្រឹក(?:ព្រលឹម)?|a\.?\s?m\b\.?|morning", frozenset(range(12))),
    "afternoon": (r"រសៀល|afternoon", frozenset(range(12, 19))),
    "evening": (r"ល្ងាច|evening", frozenset(range(13, 22))),
    "pm": (r"p\.?\s?m\b\.?", frozenset(range(12, 24))),
    "night": (r"យប់|រាត្រី|night", frozenset({*range(18, 24), *range(6)})),
}
"""Parts of the day: how each is written, and the hours of the 24 that it can mean."""
_ALONE: Final = {"noon": time(12), "midnight": time(0)}

_GAP: Final = r"[\s,(]*"
_END: Final = rf"(?!{UNFINISHED}|[a-z])"
_PART: Final = (
    r"(?:(?:នៅ)?(?:ពេល|វេលា)\s*|in\s+the\s+|at\s+)?(?:"
    + "|".join(f"(?P<{name}>{words})" for name, (words, _) in _PARTS.items())
    + rf"){_END}\)?"
)
_LEAD: Final = rf"(?:នៅ|វេលា|ពេល|ម៉ោង|ប្រហែលជា|ប្រហែល|ប្រមាណ|at|around|about|approx\.?|time|hour){_END}:?"
_OCLOCK: Final = rf"(?:ម៉ោង|h(?:ours?|rs?)?|o['’]?\s*clock){_END}"
_MINUTES: Final = rf"(?:នាទី|minutes?|mins?|mn|m){_END}\.?"
_AND: Final = r"(?:និង|and|&)"
_HALF: Final = rf"(?:{_AND}\s*)?(?:a\s+)?(?:កន្លះ|half){_END}"


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_GAP + pattern)


_RE_PART, _RE_LEAD = _compiled(_PART), _compiled(_LEAD)
_RE_OCLOCK, _RE_MINUTES, _RE_HALF = _compiled(_OCLOCK), _compiled(_MINUTES), _compiled(_HALF)
_RE_CLOCK: Final = _compiled(r"(?P<h>\d{1,2})\s*[:.h៖ៈ]\s*(?P<m>\d{2})(?!\d)(?:\s*[:.]\s*\d{2}(?!\d))?")
_RE_FIGURES: Final = _compiled(r"(?P<h>\d{2})(?P<m>\d{2})(?!\d|\s*[/.-]\s*\d)")
_RE_PAST: Final = _compiled(
    rf"(?:(?P<half>half)|(?:a\s+)?(?P<quarter>quarter)|(?P<m>{NUMBER})(?:\s*{_MINUTES})?)[\s-]*"
    rf"(?P<way>past|after|to|before)\s+(?P<h>{NUMBER})"
)
_RE_NUMBER: Final = _compiled(rf"(?P<h>{NUMBER})")
_RE_MORE: Final = _compiled(rf"(?P<and>{_AND}\s*)?(?P<m>{NUMBER})\s*(?P<said>{_MINUTES})?")
_RE_BARE_MINUTES: Final = _compiled(r"(?P<m>[0-5]\d)(?!\d|\s*[/.:-]\s*\d)")
"""Minutes without their word, behind “o'clock”: `១៤ម៉ោង៣០`."""
_RE_LESS: Final = _compiled(rf"(?:ខ្វះ|less){_END}\s*(?P<m>{NUMBER})(?:\s*{_MINUTES})?")

_LEFT: Final = re.compile(
    rf"រសៀល|យប់|ថ្ងៃត្រង់|អធ្រាត្រ|កន្លះ|(?<!តួ)នាទី|វេលា"
    # these stand in names of places as well, behind other letters
    rf"|(?:^|(?<=[\s\d,.:;()–—-]))(?:ព្រឹក|ព្រលឹម|ម៉ោង|ល្ងាច|រាត្រី|ខ្វះ)(?!{UNFINISHED})"
    r"|\d\s*[:h៖ៈ]\s*\d{2}|\d\s*h\b|\d\s*(?:[ap]\.?m\b|o['’]?clock|hrs?\b|hours?\b|min)"
    rf"|^(?:\d|{NUMBER}(?=[\s\d,.:]|$|ព្រឹក|ព្រលឹម|ម៉ោង|ល្ងាច|រាត្រី|ខ្វះ|និង)|និង|ភ្លឺ)"
    r"|^(?:and|[ap]\.?\s?m|noon|midnight|midday|half|quarter|past|hrs?|hours?|min(?:ute)?s?|o['’]?clock|h)(?![a-z])"
    r"|^(?:in the )?(?:morning|afternoon|evening|night)(?![a-z])"
    r"|\b(?:[ap]\.?m\b\.?|noon|midnight|o['’]?clock|morning|afternoon|evening|at night|hrs|minutes?|mins?)$"
)


@dataclass(frozen=True)
class Hour:
    """An hour as read: what it can mean (two readings where morning or afternoon is not certain), and where it ends."""

    readings: tuple[time, ...]
    end: int


@dataclass(frozen=True)
class _Said:
    """The figures of an hour; `clock` where they are four, as on the 24-hour clock."""

    hour: int
    minute: int
    clock: bool = False


class _Reader:
    """Goes through the text, taking what it knows."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at
        self.part: str | None = None
        self.announced = False
        """Whether a word has said that an hour follows, or that this was one."""

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it is this."""
        if found := pattern.match(self._text, self.at):
            self.at = found.end()
        return found

    def take_part(self) -> None:
        """A part of the day, if none was named before."""
        if self.part is None and (found := self.take(_RE_PART)):
            self.part = next(name for name in _PARTS if found[name])

    def take_lead(self) -> None:
        """The words before the figures, and a part of the day among them."""
        while True:
            before = self.at
            self.take_part()
            if self.take(_RE_LEAD):
                self.announced = True
            if self.at == before:
                return

    def take_tail(self) -> None:
        """The words after the figures."""
        self.take(_RE_MINUTES)
        if self.take(_RE_OCLOCK):
            self.announced = True
        self.take_part()
        if self.take(_RE_MINUTES):
            self.take_part()


def read_hour(text: str, at: int = 0) -> Hour | None:
    """The hour that begins at this place; None where there is none. Raises ValueError for one that does not exist."""
    reader = _Reader(text, at)
    reader.take_lead()
    said = _figures(reader)
    if said is None:
        alone = _ALONE.get(reader.part or "")
        return None if alone is None else Hour((alone,), reader.at)
    reader.take_tail()
    if not (said.clock or reader.announced or reader.part):
        return None
    return Hour(_readings(said, reader.part), reader.at)


def _figures(reader: _Reader) -> _Said | None:
    if found := reader.take(_RE_CLOCK):
        return (
            _Said(int(found["h"]), int(found["m"]), clock=True) if len(found["h"]) == 2 else _announced(reader, found)
        )
    if found := reader.take(_RE_PAST):
        reader.announced = True
        return _past(found)
    if found := reader.take(_RE_FIGURES):
        return _Said(int(found["h"]), int(found["m"]), clock=True)
    if found := reader.take(_RE_NUMBER):
        return _and_minutes(reader, value(found["h"]))
    return None


def _announced(reader: _Reader, found: re.Match[str]) -> _Said:
    reader.announced = True
    return _Said(int(found["h"]), int(found["m"]))


def _past(found: re.Match[str]) -> _Said:
    minutes = 30 if found["half"] else 15 if found["quarter"] else value(found["m"])
    hour = value(found["h"])
    return _Said(hour, minutes) if found["way"] in ("past", "after") else _before(hour, minutes)


def _before(hour: int, minutes: int) -> _Said:
    if not 0 < minutes < 60:
        raise ValueError(f"{minutes} minutes before an hour")
    return _Said((hour - 2) % 12 + 1 if 0 < hour <= 12 else hour - 1, 60 - minutes)


def _and_minutes(reader: _Reader, hour: int) -> _Said:
    if reader.take(_RE_OCLOCK):
        reader.announced = True
        if found := reader.take(_RE_BARE_MINUTES):
            return _Said(hour, int(found["m"]))
    reader.take_part()
    if reader.take(_RE_HALF):
        reader.announced = True
        return _Said(hour, 30)
    if found := reader.take(_RE_LESS):
        reader.announced = True
        return _before(hour, value(found["m"]))
    return _Said(hour, _more(reader))


def _more(reader: _Reader) -> int:
    """Minutes behind the hour: with their word, or behind an “and” where an hour was announced."""
    before = reader.at
    found = reader.take(_RE_MORE)
    if found and (found["said"] or (found["and"] and reader.announced)):
        reader.announced = True
        return value(found["m"])
    reader.at = before
    return 0


def _readings(said: _Said, part: str | None) -> tuple[time, ...]:
    hour = said.hour
    if hour > 23:
        raise ValueError(f"no hour {hour}")
    hours = {hour} if not 0 < hour <= 12 else {hour % 12, hour % 12 + 12}
    if part is not None:
        hours &= _PARTS[part][1]
        if not hours:
            raise ValueError(f"{hour} is not in this part of the day")
    elif said.clock and hour > 5:
        hours = {hour}
    return tuple(time(each, said.minute) for each in sorted(hours))


def left_over(text: str) -> bool:
    """Whether a text that should be a name holds words or figures of a time."""
    return _LEFT.search(text) is not None
