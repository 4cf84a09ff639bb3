import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.issuer.directory import (
    LEADERSHIP_CATEGORIES,
    Code,
    Directory,
    DirectoryErrors,
    FieldError,
    Language,
    read,
)
from services.issuer.directory.tables import COLUMNS, parse

Edit = Callable[[str, str, str], None]
Errors = Callable[[], list[FieldError]]


LANGUAGES: tuple[Language, ...] = ("km", "en")
EVERY_VALUE = {
    name: f"<{name}>"
    for name in (
        *("allowed", "characters", "count", "detail", "example", "first", "kind", "known", "limit"),
        *("office", "path", "prefix", "since", "table", "until", "value"),
    )
}


def shown(found: list[FieldError]) -> list[tuple[str, int | None, str, Code]]:
    return [(error.file, error.line, error.field, error.code) for error in found]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_byte_order_mark_blank_lines_and_another_separator_make_no_difference(
    folder: Path, mcs: Directory, separator: str
) -> None:
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=separator)
            writer.writerows(line for row in rows for line in ([], row, [""] * len(row)))
    assert read(folder) == mcs


def test_columns_may_stand_in_any_order_and_cells_may_be_padded(folder: Path, mcs: Directory) -> None:
    rows = [line.split(",") for line in (folder / "posts.csv").read_text(encoding="utf-8").splitlines()]
    turned = "\n".join(", ".join(f"\u200b{cell} " for cell in reversed(row)) for row in rows)
    (folder / "posts.csv").write_text(turned, encoding="utf-8")
    assert read(folder) == mcs


def found_in(folder: Path) -> tuple[FieldError, ...]:
    try:
        read(folder)
    except DirectoryErrors as caught:
        return caught.errors
    return ()


CASES = [
    ("units.csv", "mcs.gdaf,mcs.ministry", "mcs.GDAF,mcs.ministry", ("id", Code.BAD_ID)),
    ("units.csv", "mcs.school,mcs", "moi.school,mcs", ("id", Code.WRONG_PREFIX)),
    ("units.csv", "mcs.p03,", "mcs.p02,", ("id", Code.DUPLICATE)),
    ("units.csv", "mcs.p01,mcs.ministry", "mcs.p01,mcs.nowhere", ("parent", Code.UNKNOWN_REFERENCE)),
    ("units.csv", "mcs.school,mcs.ministry,school", "mcs.school,mcs.ministry,academy", ("kind", Code.BAD_CHOICE)),
    ("units.csv", "Procurement Unit,no,", "Procurement Unit,yes,ស", ("issues", Code.KIND_MAY_NOT_ISSUE)),
    ("units.csv", "មស.អរហ.បប", "", ("number_suffix", Code.SUFFIX_MISSING)),
    ("units.csv", "មស.អរហ.បប", "មស.ខទ.បប", ("number_suffix", Code.DUPLICATE)),
    ("units.csv", "Cabinet,yes", "Cabinet,maybe", ("issues", Code.BAD_YES_NO)),
    ("units.csv", ",2019-12-31", ",31/12/2019", ("until", Code.BAD_DATE)),
    ("units.csv", ",2019-12-31", ",2019-02-30", ("until", Code.BAD_DATE)),
    ("units.csv", ",2017-01-01,", ",2017-01-01,2016-12-31", ("until", Code.UNTIL_BEFORE_SINCE)),
    ("units.csv", "អង្គភាពលទ្ធកម្ម", "Procurement", ("name_km", Code.NO_KHMER)),
    ("units.csv", "Procurement Unit", "អង្គភាពលទ្ធកម្ម", ("name_en", Code.NO_LATIN)),
    ("units.csv", "Procurement Unit", "", ("name_en", Code.REQUIRED)),
    ("units.csv", "Procurement Unit", "P" * 301, ("name_en", Code.TOO_LONG)),
    ("units.csv", "Procurement Unit", '"Procurement\nUnit"', ("name_en", Code.CONTROL_CHARACTER)),
    ("units.csv", "Procurement Unit,no,,,", "Procurement Unit,no,,,,more", ("", Code.EXTRA_CELLS)),
    ("offices.csv", "Minister,yes", "Minister,no", ("leadership", Code.CATEGORY_NOT_LEADERSHIP)),
    ("offices.csv", "Minister,yes,request", "Minister,yes,request sign", ("rights", Code.BAD_CHOICE)),
    ("people.csv", "MCS-0104,", "0104,", ("staff_number", Code.BAD_ID)),
    ("people.csv", "MCS-0104,", "DFR-0104,", ("staff_number", Code.WRONG_PREFIX)),
    ("people.csv", "KUMROU Dop,លោកស្រី,f", "KUMROU Dop,លោកស្រី,x", ("sex", Code.BAD_CHOICE)),
    ("posts.csv", "MCS-0001,mcs.minister", "MCS-9999,mcs.minister", ("person", Code.UNKNOWN_REFERENCE)),
    ("posts.csv", "MCS-0001,mcs.minister", "MCS-0001,mcs.king", ("office", Code.UNKNOWN_REFERENCE)),
    ("posts.csv", "mcs.ministry,2023-08-22", "mcs.ministry,", ("since", Code.REQUIRED)),
    ("duties.csv", "mcs.gdaf.d02,mcs.gdaf,2", "mcs.gdaf.d02,mcs.gdaf,1", ("number", Code.DUPLICATE)),
    ("duties.csv", "mcs.gdaf.d02,mcs.gdaf,2", "mcs.gdaf.d02,mcs.gdaf,second", ("number", Code.BAD_NUMBER)),
    ("groups.csv", "-1001000000003", "-1.001E+12", ("chat_id", Code.BAD_CHAT_ID)),
    ("groups.csv", "-1001000000003", "1001000000003", ("chat_id", Code.BAD_CHAT_ID)),
    ("groups.csv", "-1001000000003", "", ("chat_id", Code.REQUIRED)),
    ("groups.csv", "-1001000000003", "-1001000000001", ("chat_id", Code.DUPLICATE)),
    ("groups.csv", "ក្រុមខុទ្ទកាល័យ,unit", "ក្រុមខុទ្ទកាល័យ,leadership", ("kind", Code.SECOND_LEADERSHIP_GROUP)),
    ("groups.csv", "mcs.p12,", "mcs.p13,", ("unit", Code.DUPLICATE)),
    ("institution.csv", "mcs,ministry", "mcs.x,ministry", ("id", Code.BAD_ID)),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), CASES, ids=[f"{c[0]}-{c[3][1]}-{c[2][:20]}" for c in CASES]
)
def test_each_mistake_is_named_by_file_line_and_field(
    folder: Path, edit: Edit, errors: Errors, file: str, old: str, new: str, expected: tuple[str, Code]
) -> None:
    before = (folder / file).read_text(encoding="utf-8")
    edit(file, old, new)
    named = [error for error in errors() if (error.file, error.field, error.code) == (file, *expected)]
    assert len(named) == 1
    line = named[0].line
    assert line is not None
    untouched = before.splitlines()
    assert old in untouched[line - 1] or expected[1] in (Code.DUPLICATE, Code.SECOND_LEADERSHIP_GROUP)
    assert re.search("[ក-ឳ]", named[0].message("km"))
    assert named[0].text("en").startswith(f"{file}, line {line}")


def test_every_mistake_in_every_file_is_told_at_once_and_in_order(edit: Edit, errors: Errors) -> None:
    edit("groups.csv", "-1001000000003", "cabinet")
    edit("posts.csv", "mcs.ministry,2023-08-22", "mcs.ministry,soon")
    edit("posts.csv", "mcs.ministry,2018-09-10", "mcs.ministry,2018-09-10,2017-01-01")
    edit("units.csv", "Procurement Unit,no", "Procurement Unit,perhaps")
    assert shown(errors()) == [
        ("units.csv", 24, "issues", Code.BAD_YES_NO),
        ("posts.csv", 2, "since", Code.BAD_DATE),
        ("posts.csv", 3, "until", Code.UNTIL_BEFORE_SINCE),
        ("groups.csv", 4, "chat_id", Code.BAD_CHAT_ID),
    ]


def test_units_that_stand_above_each_other_are_told_once(edit: Edit, errors: Errors) -> None:
    edit("units.csv", "mcs.gdaf,mcs.ministry", "mcs.gdaf,mcs.gdaf-missions")
    assert shown(errors()) == [("units.csv", 5, "parent", Code.PARENT_CYCLE)]
    path = "mcs.gdaf → mcs.gdaf-missions → mcs.gdaf-admin → mcs.gdaf"
    assert errors()[0].params["path"] == path


@pytest.mark.parametrize("category", LEADERSHIP_CATEGORIES)
def test_a_ministry_has_all_the_offices_of_the_leadership_group(edit: Edit, errors: Errors, category: str) -> None:
    edit("offices.csv", f"\nmcs.{category},", "\nmcs.other,")
    assert ("offices.csv", None, "id", Code.CATEGORY_MISSING) in shown(errors())


def test_part_of_a_ministry_needs_not_have_them(folder: Path, edit: Edit) -> None:
    edit("institution.csv", "mcs,ministry", "mcs,part")
    edit("offices.csv", "Head of the Procurement Unit,yes", "Head of the Procurement Unit,no")
    assert not read(folder).office("mcs.procurement-head").leadership


@pytest.mark.parametrize("file", COLUMNS)
def test_a_missing_file_is_the_only_error_about_it(folder: Path, errors: Errors, file: str) -> None:
    (folder / file).unlink()
    assert shown(errors()) == [(file, None, "", Code.MISSING_FILE)]


def test_a_folder_without_files_names_them_all(tmp_path: Path) -> None:
    with pytest.raises(DirectoryErrors) as caught:
        read(tmp_path / "nowhere")
    assert [error.file for error in caught.value.errors] == list(COLUMNS)
    assert str(caught.value).splitlines()[0] == "institution.csv: the file is not in the folder"


def test_a_file_that_cannot_be_opened_is_named(folder: Path, errors: Errors) -> None:
    (folder / "groups.csv").unlink()
    (folder / "groups.csv").mkdir()
    assert shown(errors()) == [("groups.csv", None, "", Code.UNREADABLE_FILE)]


def test_a_file_in_another_encoding_is_named_with_the_line(folder: Path, errors: Errors) -> None:
    (folder / "groups.csv").write_bytes(b"unit,technology,chat_id,name,kind\nmcs.p01,telegram,-100,caf\xe9,unit\n")
    assert shown(errors()) == [("groups.csv", 2, "", Code.NOT_UTF8)]


def test_an_unclosed_quotation_mark_is_named(edit: Edit, errors: Errors) -> None:
    edit("posts.csv", "MCS-0105,", '"MCS-0105,')
    assert [(error.file, error.code) for error in errors()] == [("posts.csv", Code.BAD_CSV)]


def test_wrong_columns_are_named(edit: Edit, errors: Errors) -> None:
    edit("posts.csv", "person,office,unit,since,until", "person,office,unit,since,end,person")
    assert shown(errors()) == [
        ("posts.csv", 1, "end", Code.UNKNOWN_COLUMN),
        ("posts.csv", 1, "person", Code.REPEATED_COLUMN),
        ("posts.csv", 1, "until", Code.MISSING_COLUMN),
    ]


@pytest.mark.parametrize("lines", [0, 2])
def test_a_folder_holds_one_institution(folder: Path, errors: Errors, lines: int) -> None:
    header, line = (folder / "institution.csv").read_text(encoding="utf-8").splitlines()
    (folder / "institution.csv").write_text("\n".join([header, *[line] * lines]), encoding="utf-8")
    assert shown(errors()) == [("institution.csv", None, "", Code.ONE_INSTITUTION)]


def test_a_mistake_in_one_cell_does_not_make_the_line_unknown_to_the_others(edit: Edit, errors: Errors) -> None:
    edit("units.csv", "មស.អរហ.បប", "")
    assert shown(errors()) == [("units.csv", 5, "number_suffix", Code.SUFFIX_MISSING)]


@pytest.mark.parametrize("code", Code)
def test_every_message_is_in_khmer_and_english_and_takes_the_same_values(code: Code) -> None:
    error = FieldError("units.csv", 2, "id", code, EVERY_VALUE)
    assert re.search("[ក-ឳ]", error.message("km"))
    assert not re.search("[ក-ឳ]", error.message("en").replace("ក.១", ""))
    assert sorted(re.findall("<.*?>", error.message("km"))) == sorted(re.findall("<.*?>", error.message("en")))


def test_a_message_shows_only_the_beginning_of_a_long_value() -> None:
    error = FieldError("units.csv", 2, "since", Code.BAD_DATE, {"value": "x" * 1000})
    assert "x" * 60 + "…" in error.text("km")
    assert "x" * 61 not in error.text("km")


@given(st.sampled_from(sorted(COLUMNS)), st.text(max_size=200))
def test_any_text_at_all_is_a_table_or_a_named_error(file: str, text: str) -> None:
    table = parse(file, ",".join(COLUMNS[file]) + "\n" + text)
    assert table.readable or table.errors


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_cell_at_all_is_read_or_refused_by_name(tmp_path: Path, data: st.DataObject) -> None:
    source = Path(__file__).parents[3] / "deploy" / "local" / "samples" / "dfr"
    folder = Path(shutil.copytree(source, tmp_path / "any", dirs_exist_ok=True))
    file = data.draw(st.sampled_from(sorted(COLUMNS)))
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    line = data.draw(st.integers(1, len(lines) - 1))
    cells = lines[line].split(",")
    cells[data.draw(st.integers(0, len(cells) - 1))] = data.draw(st.text(max_size=30))
    (folder / file).write_text(
        "\n".join([*lines[:line], ",".join(cells), *lines[line + 1 :]]), "utf-8", "surrogatepass"
    )
    texts = [error.text(language) for error in found_in(folder) for language in LANGUAGES]
    assert all(re.match("[a-z]+[.]csv.*: |[a-z]+[.]csv.*៖ ", text) for text in texts)
    assert texts or read(folder).institution.id == "dfr"
