"""From a letter's content to the data its template reads: every text worded, put in Khmer digits and cut.

A *text* in the data is a list of chunks between spaces, each a list of pieces that stay whole on a line, each a list
of runs: what is written, and whether the second typeface prints it.
"""

import re
from datetime import datetime
from typing import Final, assert_never

from services.issuer.letter import phrases
from services.issuer.letter.content import Basis, BasisKind, LetterContent, Transport, Traveller
from services.issuer.letter.lunar import lunar_date
from services.issuer.letter.seal import seal_svg
from services.issuer.letter.typefaces import Run, runs
from services.issuer.letter.words import UnprintableText, clean, segments, unprintable
from shared.clock import PHNOM_PENH
from shared.khmer import hour_text, khmer_digits, solar_date

Text = tuple[tuple[tuple[Run, ...], ...], ...]
Data = dict[str, object]

_CELL: Final = 14
"""Characters of one unbroken word that a column of the travellers' table holds at the largest size."""


def letter_data(content: LetterContent) -> Data:
    """The JSON-ready data of one letter. Raises UnprintableText for what the fonts cannot draw."""
    return {
        **_heading(content),
        "intro": _intro(content),
        "travellers": _table(content.travellers),
        "fields": [{"label": _text(label), "lines": lines} for label, lines in _fields(content) if lines],
        "closing": [_text(phrases.PLEASE_HELP), _text(phrases.BRING_BACK.format(unit=content.returns_to))],
        **_ending(content),
        "reverse": _reverse(content) if content.endorsements else None,
    }


def _text(text: str, longest: int = 30) -> Text:
    missing = unprintable(text)
    if missing:
        raise UnprintableText(missing)
    return tuple(runs(chunk) for chunk in segments(text, longest))


def _texts(texts: tuple[str, ...]) -> list[Text]:
    return [_text(text) for text in texts if text]


def _numerals(text: str) -> str:
    """A reference or plate in Khmer digits, unless Latin letters stand beside them (`2A-1234` stays as it is)."""
    return text if re.search("[A-Za-z]", text) else khmer_digits(text)


def _heading(content: LetterContent) -> Data:
    return {
        "kingdom": _text(phrases.KINGDOM),
        "motto": _text(phrases.MOTTO),
        "ministry": _text(content.ministry),
        "unit": _text(content.issuing_unit),
        "number": _text(phrases.NUMBER.format(number=_numerals(content.number))),
        "title": _text(phrases.TITLE),
        "plain_title": f"{phrases.TITLE} {clean(content.number)}",
        "author": clean(content.ministry),
        "footer": _text(phrases.FOOTER.format(number=_numerals(content.number))),
        "page": _text(phrases.PAGE),
    }


def _intro(content: LetterContent) -> Data:
    count = len(content.travellers)
    sent = phrases.ONE_SENT if count == 1 else phrases.MANY_SENT
    return {
        "visas": _texts((*content.visas, _basis(content.basis))),
        "sent": _text(sent.format(ministry=content.ministry, count=khmer_digits(count))),
    }


def _basis(basis: Basis) -> str:
    reference = phrases.REFERENCE.format(reference=_numerals(basis.reference)) if basis.reference else ""
    subject = phrases.SUBJECT.format(subject=basis.subject) if basis.subject else ""
    return _basis_phrase(basis.kind).format(
        reference=reference, dated=solar_date(basis.dated), sender=basis.sender, subject=subject
    )


def _basis_phrase(kind: BasisKind) -> str:
    match kind:
        case BasisKind.INVITATION:
            return phrases.INVITED
        case BasisKind.AGREEMENT:
            return phrases.AGREED
        case _:
            assert_never(kind)


def _table(travellers: tuple[Traveller, ...]) -> Data:
    """Columns that no traveller fills are left out."""
    with_sex = any(traveller.sex for traveller in travellers)
    with_unit = any(traveller.unit for traveller in travellers)
    columns = [("number", phrases.COLUMN_NUMBER), ("name", phrases.COLUMN_NAME)]
    columns += [("sex", phrases.COLUMN_SEX)] if with_sex else []
    columns += [("position", phrases.COLUMN_POSITION)]
    columns += [("unit", phrases.COLUMN_UNIT)] if with_unit else []
    columns += [("role", phrases.COLUMN_ROLE)]
    return {
        "columns": [{"key": key, "title": _text(title)} for key, title in columns],
        "rows": [_row(number, traveller) for number, traveller in enumerate(travellers, start=1)],
    }


def _cell(main: str, minor: str = "") -> Data:
    """A cell's text, and below it in smaller type what belongs to it."""
    return {"main": [_text(main, _CELL)] if main else [], "minor": [_text(minor, _CELL)] if minor else []}


def _row(number: int, traveller: Traveller) -> Data:
    return {
        "number": _cell(khmer_digits(number)),
        "name": _cell(traveller.name, _latin_and_number(traveller)),
        "sex": _cell(phrases.SEXES[traveller.sex] if traveller.sex else ""),
        "position": _cell(traveller.position, traveller.grade),
        "unit": _cell(traveller.unit),
        "role": _cell(phrases.ROLES[traveller.role]),
    }


def _latin_and_number(traveller: Traveller) -> str:
    number = f"({_numerals(traveller.staff_number)})" if traveller.staff_number else ""
    return f"{traveller.latin_name} {number}".strip()


def _fields(content: LetterContent) -> list[tuple[str, list[Text]]]:
    days = (_local(content.return_).date() - _local(content.departure).date()).days + 1
    duration = phrases.DURATION.format(days=khmer_digits(days))
    stops = tuple(f"{stop.place} ({stop.host})" if stop.host else stop.place for stop in content.stops)
    budget = phrases.BUDGET_LINE.format(line=_numerals(content.budget_line)) if content.budget_line else ""
    return [
        (phrases.STOPS, _listed(stops)),
        (phrases.PURPOSE, _texts((content.purpose,))),
        (phrases.DUTIES, _listed(content.duties)),
        (phrases.DEPARTURE, [_text(_moment(content.departure))]),
        (phrases.RETURN, [_text(f"{_moment(content.return_)} ({duration})")]),
        (phrases.TRANSPORT, _texts((_transport(content.transport),))),
        (phrases.LUGGAGE, _texts((content.luggage,))),
        (phrases.FUNDING, _texts((f"{content.funding} {budget}",))),
    ]


def _listed(texts: tuple[str, ...]) -> list[Text]:
    """Several lines get Khmer numbers, one gets none."""
    if len(texts) == 1:
        return _texts(texts)
    return [_text(f"{khmer_digits(number)}. {text}") for number, text in enumerate(texts, start=1)]


def _transport(transport: Transport) -> str:
    plate = phrases.PLATE.format(plate=_numerals(transport.plate)) if transport.plate else ""
    return " ".join(filter(None, (transport.means, transport.vehicle, plate)))


def _local(moment: datetime) -> datetime:
    return moment.astimezone(PHNOM_PENH) if moment.tzinfo else moment


def _moment(moment: datetime) -> str:
    local = _local(moment)
    return f"{solar_date(local.date())} {hour_text(local.time())}"


def _ending(content: LetterContent) -> Data:
    solar = phrases.PLACE_AND_DATE.format(place=content.place, day=solar_date(content.signed_on))
    return {
        "copies_title": _text(phrases.COPIES),
        "copies": _texts(content.copies),
        "lunar": _text(content.lunar_line or lunar_date(content.signed_on).line),
        "solar": _text(solar),
        "capacity": _texts(content.signatory.capacity),
        "signatory": _text(content.signatory.name),
        "seal": seal_svg(content.seal) if content.seal else None,
        "scan": _text(phrases.SCAN),
        "plain_scan": phrases.SCAN,
    }


def _reverse(content: LetterContent) -> Data:
    return {
        "title": _text(phrases.ENDORSEMENTS),
        "stops": [
            _text(phrases.ENDORSED_STOP.format(number=khmer_digits(number), place=stop.place))
            for number, stop in enumerate(content.stops, start=1)
        ],
        "sides": [_text(phrases.ARRIVED), _text(phrases.LEFT)],
        "date": _texts(phrases.ENDORSED_DATE),
        "place": _text(phrases.ENDORSED_PLACE),
        "sign": _text(phrases.ENDORSED_SIGN),
        "certification": _text(phrases.CERTIFICATION.format(unit=content.returns_to)),
        "certified": _text(phrases.CERTIFIED),
    }
