"""The `lunar` command as an operator types it."""

import json

import pytest
from click.testing import CliRunner

from services.issuer.letter.cli import lunar

LINE = "ថ្ងៃចន្ទ ១២កើត ខែចេត្រ ឆ្នាំវក អដ្ឋស័ក ព.ស. ២៥៥៩"


def test_one_line_for_each_date_in_the_order_given() -> None:
    result = CliRunner().invoke(lunar, ["2016-04-18", "២០១៦-០៥-២១"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [LINE, "ថ្ងៃសៅរ៍ ១រោច ខែពិសាខ ឆ្នាំវក អដ្ឋស័ក ព.ស. ២៥៦០"]


def test_json_has_exactly_the_promised_keys() -> None:
    result = CliRunner().invoke(lunar, ["--json", "2016-04-18"])
    assert json.loads(result.stdout) == [
        {
            "date": "2016-04-18",
            "weekday": "ចន្ទ",
            "day": 12,
            "phase": "កើត",
            "month": "ចេត្រ",
            "buddhist_era": 2559,
            "animal": "វក",
            "era": "អដ្ឋស័ក",
            "line": LINE,
        }
    ]


@pytest.mark.parametrize("text", ["2016-02-30", "18/04/2016", "20160418", "2016-W16-1", "", "ថ្ងៃនេះ"])
def test_what_is_no_date_stops_everything_and_says_so_in_both_languages(text: str) -> None:
    result = CliRunner().invoke(lunar, ["2016-04-18", text])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "មិនត្រឹមត្រូវ" in result.stderr
    assert "is not a date" in result.stderr


def test_a_date_outside_the_calendar_is_refused() -> None:
    result = CliRunner().invoke(lunar, ["1850-01-01"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "outside the lunar calendar, which covers 1900 to 2099" in result.stderr
    assert "ដល់ឆ្នាំ២០៩៩" in result.stderr


def test_no_date_at_all_is_a_usage_error() -> None:
    assert CliRunner().invoke(lunar, []).exit_code == 2
