"""The operator's command for lunar dates."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

import click

from services.issuer.letter.lunar import FIRST_DAY, LAST_DAY, LunarDate, LunarDateOutOfRange, lunar_date
from shared.khmer import khmer_digits, latin_digits


@click.command("lunar")
@click.argument("dates", nargs=-1, required=True, metavar="DATE...")
@click.option("--json", "as_json", is_flag=True, help="A JSON array with one object for each date.")
@click.pass_context
def lunar(context: click.Context, dates: tuple[str, ...], as_json: bool) -> None:
    """Print the Khmer lunar date line of each DATE (YYYY-MM-DD).

    បង្ហាញកាលបរិច្ឆេទចន្ទគតិនៃថ្ងៃនីមួយៗ។
    """
    try:
        found = [lunar_date(_parsed(text)) for text in dates]
    except _NotADate as error:
        click.echo(str(error), err=True)
        context.exit(2)
    except LunarDateOutOfRange as error:
        click.echo(_out_of_range(error.day), err=True)
        context.exit(2)
    click.echo(_as_json(found) if as_json else "\n".join(each.line for each in found))


class _NotADate(ValueError):
    def __init__(self, text: str) -> None:
        super().__init__(
            f"កាលបរិច្ឆេទ «{text}» មិនត្រឹមត្រូវ។ សូមសរសេរ ឆ្នាំ-ខែ-ថ្ងៃ ដូចជា 2016-04-18។\n"
            f"{text!r} is not a date. Write year-month-day, as in 2016-04-18."
        )


def _parsed(text: str) -> date:
    """The day a person typed, in digits of either script."""
    iso = latin_digits(text.strip())
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        raise _NotADate(text) from None
    if day.isoformat() != iso:
        raise _NotADate(text)
    return day


def _out_of_range(day: date) -> str:
    first, last = FIRST_DAY.year, LAST_DAY.year
    return (
        f"ថ្ងៃ {day} នៅក្រៅប្រតិទិនចន្ទគតិ ដែលមានពីឆ្នាំ{khmer_digits(first)} ដល់ឆ្នាំ{khmer_digits(last)}។\n"
        f"{day} is outside the lunar calendar, which covers {first} to {last}."
    )


def _as_json(found: Iterable[LunarDate]) -> str:
    rows = [{**asdict(each), "date": each.date.isoformat(), "line": each.line} for each in found]
    return json.dumps(rows, ensure_ascii=False, indent=2)
