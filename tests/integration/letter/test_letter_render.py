"""The printed order: its words, its standard, its pages and its bytes."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

import page as page_validation
import pypdfium2
import pytest

from services.issuer.letter import phrases
from services.issuer.letter.compose import letter_data
from services.issuer.letter.content import Basis, BasisKind, LetterContent, Role, Sex, Signatory, Stop, Traveller
from services.issuer.letter.render import render
from services.issuer.letter.words import UnprintableText, clean
from shared.khmer import khmer_digits
from tests.integration.letter.conftest import AT, pages, squeezed
from tests.letter_samples import letter, people, seal

Reader = Callable[[bytes], str]

GREAT_NAME = Traveller(
    "ឯកឧត្តមបណ្ឌិតសភាចារ្យ វរៈឧត្តមសុវណ្ណរតនៈ ពេជ្រមុនីរតនាវង្ស",
    "អនុរដ្ឋលេខាធិការទទួលបន្ទុកកិច្ចការអភិវឌ្ឍន៍ធនធានមនុស្ស",
    "អគ្គនាយកដ្ឋានគោលនយោបាយមុខងារសាធារណៈ",
    grade="ឧត្តមមន្ត្រី ឋានន្តរស័ក្តិលេខ១",
    role=Role.LEADER,
    sex=Sex.MALE,
    latin_name="OTTAMSOVANNARATANAK Pechmunirottanavong",
    staff_number="1234567",
)
LONG = letter(
    0,
    visas=("បានឃើញរដ្ឋធម្មនុញ្ញនៃព្រះរាជាណាចក្រកម្ពុជា", "បានឃើញព្រះរាជក្រមស្តីពីការបង្កើតក្រសួង"),
    purpose="ត្រួតពិនិត្យការអនុវត្តកម្មវិធីកំណែទម្រង់រដ្ឋបាលសាធារណៈនៅថ្នាក់ក្រោមជាតិ និងប្រមូលទិន្នន័យសម្រាប់ "
    "Capacity Development Plan 2016-2020 ព្រមទាំងផ្សព្វផ្សាយការគ្រប់គ្រងវត្តមានមន្ត្រីរាជការ " * 2,
    stops=tuple(
        Stop(f"ភូមិត្រពាំងធ្លឹង ឃុំទី{number} ស្រុកកំពង់ត្រឡាច ខេត្តកំពង់ឆ្នាំង", "សាលាស្រុក និងមន្ទីរជំនាញពាក់ព័ន្ធ") for number in "១២៣៤៥"
    ),
    luggage="ម៉ាស៊ីនថត Canon EOS ចំនួន ២ គ្រឿង",
    basis=Basis(BasisKind.AGREEMENT, "ឯកឧត្តមរដ្ឋមន្ត្រី", date(2016, 4, 10)),
    signatory=Signatory(("តាមបញ្ជារដ្ឋមន្ត្រី", "រដ្ឋលេខាធិការ"), "បណ្ឌិត ប្រាក់ សុខុម"),
    seal=seal(),
)
FOREIGN = letter(
    2,
    issuing_unit="នាយកដ្ឋានសហប្រតិបត្តិការ Coopération",
    stops=(
        Stop("ខេត្តសៀមរាប", "Université de Liège – « 5 • é »…"),
        Stop("រាជធានីភ្នំពេញ", "Office fédéral Büro “Łódź” — Đà Nẵng, L’Efficacité éfficace, Москва, Αθήνα"),
    ),
    purpose="សិក្សាគម្រោង “Renforcement des capacités” ឆ្នាំ២០១៦–២០២០ និង‘ការងារ’…",
    seal=seal(),
)
LETTERS = {
    "one traveller": letter(1),
    "five with a seal": letter(5, seal=seal()),
    "ten": letter(10, seal=seal()),
    "twenty-five": letter(25),
    "other languages": FOREIGN,
    "long texts": replace(LONG, travellers=(GREAT_NAME, *people(2))),
}


@pytest.fixture(params=list(LETTERS.values()), ids=list(LETTERS))
def content(request: pytest.FixtureRequest) -> LetterContent:
    found: LetterContent = request.param
    return found


def texts(value: object) -> Iterator[str]:
    """Every text an officer wrote in a letter's content."""
    if isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))
    elif type(value) is str:
        yield value


def test_every_text_can_be_read_back_as_it_was_typed(content: LetterContent, reader: Reader) -> None:
    found = squeezed(reader(render(replace(content, seal=None), at=AT)))
    numerals = {content.transport.plate, content.budget_line, *(each.staff_number for each in content.travellers)}
    for text in texts(replace(content, seal=None)):
        expected = khmer_digits(text) if text in numerals else clean(text)
        for word in expected.split():
            assert squeezed(word) in found


def test_sentences_are_read_back_whole_and_in_order(reader: Reader) -> None:
    found = squeezed(reader(render(letter(5), at=AT)))
    wanted = [
        phrases.KINGDOM,
        phrases.MOTTO,
        letter().ministry,
        letter().issuing_unit,
        "លេខ៖ ១២៤ មស.អរហ",
        phrases.TITLE,
        "យោងតាមលិខិតអញ្ជើញលេខ ១២៣ សជណ ចុះថ្ងៃទី០៤ ខែមេសា ឆ្នាំ២០១៦ របស់រដ្ឋបាលខេត្តសៀមរាប ស្ដីពីសិក្ខាសាលាអំពីការគ្រប់គ្រងឯកសារ។",
        "មន្ត្រីចំនួន ៥ រូប",
        letter().purpose,
        "ថ្ងៃទី១៨ ខែមេសា ឆ្នាំ២០១៦ ម៉ោង ៧:០០ ព្រឹក",
        "ថ្ងៃទី២២ ខែមេសា ឆ្នាំ២០១៦ ម៉ោង ៥:៣០ ល្ងាច (រយៈពេល ៥ ថ្ងៃ)",
        "រថយន្តរដ្ឋ Toyota Hilux ផ្លាកលេខ រដ្ឋ ២-១២៣៤",
        "ថវិកាក្រសួងមុខងារសាធារណៈ ខ្ទង់ចំណាយ ៦០-០៥-០២",
        phrases.PLEASE_HELP,
        phrases.BRING_BACK.format(unit=letter().returns_to),
    ]
    places = [found.find(squeezed(text)) for text in wanted]
    assert -1 not in places
    assert places == sorted(places)
    assert squeezed("ថ្ងៃចន្ទ ១២កើត ខែចេត្រ ឆ្នាំវក អដ្ឋស័ក ព.ស. ២៥៥៩") in found
    assert squeezed("រាជធានីភ្នំពេញ ថ្ងៃទី១៨ ខែមេសា ឆ្នាំ២០១៦") in found


def test_every_letter_is_archival(content: LetterContent) -> None:
    report = page_validation.validate_pdf_bytes(render(content, at=AT))
    assert str(report.profile) == str(page_validation.ValidationProfile.PDF_A_2A)
    assert [(failure.rule_id, failure.message) for failure in report.failures] == []
    assert report.is_compliant


def test_the_same_letter_and_moment_give_the_same_bytes(content: LetterContent) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=7)))
    assert render(content, at=AT) == render(content, at=elsewhere)
    assert render(content, at=AT) != render(content, at=AT + timedelta(hours=1))


@pytest.mark.parametrize(
    ("travellers", "endorsements", "expected"),
    [(1, False, 1), (5, False, 1), (10, False, 1), (10, True, 2), (25, False, 2), (60, False, 3)],
)
def test_pages(travellers: int, endorsements: bool, expected: int) -> None:
    assert pages(render(letter(travellers, seal=seal(), endorsements=endorsements), at=AT)) == expected


def test_ten_travellers_with_everything_known_about_them_still_fit_one_page() -> None:
    known = tuple(
        replace(each, grade="ឧត្តមមន្ត្រី", latin_name="SOK Sreynich", staff_number=f"40{number:02d}")
        for number, each in enumerate(people(10))
    )
    assert pages(render(letter(travellers=known, seal=seal(), endorsements=False), at=AT)) == 1


def test_the_table_repeats_its_heading_on_every_page_it_reaches(reader: Reader) -> None:
    found = squeezed(reader(render(letter(60, endorsements=False), at=AT)))
    assert found.count(squeezed(phrases.COLUMN_NAME)) == 2
    assert squeezed("ទំព័រ ៣/៣") in found


def test_the_reverse_has_both_endorsements_for_every_stop(reader: Reader) -> None:
    front = squeezed(reader(render(replace(LONG, travellers=people(1), endorsements=False), at=AT)))
    both = squeezed(reader(render(replace(LONG, travellers=people(1)), at=AT)))
    assert both.count(phrases.ARRIVED) - front.count(phrases.ARRIVED) == len(LONG.stops)
    assert both.count(phrases.LEFT) - front.count(phrases.LEFT) == len(LONG.stops)
    assert squeezed(phrases.CERTIFICATION.format(unit=LONG.returns_to)) in both


def typefaces(pdf: bytes) -> set[str]:
    document = pypdfium2.PdfDocument(pdf)
    names = {
        text.get_font().get_base_name().split("+")[-1]
        for sheet in document
        for text in sheet.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT])
    }
    document.close()
    return names


KHMER_FACES = {"Battambang-Regular", "Battambang-Bold", "Moul-Regular"}


def test_only_the_vendored_fonts_are_used_and_all_are_embedded() -> None:
    assert typefaces(render(LETTERS["long texts"], at=AT)) == KHMER_FACES


def test_other_languages_get_the_second_typeface_and_nothing_else_does() -> None:
    assert typefaces(render(FOREIGN, at=AT)) == KHMER_FACES | {"NotoSerif-Regular", "NotoSerif-Bold"}
    regular = letter(1, stops=(Stop("ខេត្តសៀមរាប", "Université de Liège – « 5 • é »…"),))
    assert typefaces(render(regular, at=AT)) == KHMER_FACES | {"NotoSerif-Regular"}


def test_text_is_never_read_as_markup(reader: Reader) -> None:
    hostile = '#read("letter.typ") *ក* _ខ_ $x^2$ \\ <label> @ref `raw` // គ "] #panic()'
    assert squeezed(hostile) in squeezed(reader(render(letter(1, purpose=hostile), at=AT)))


def test_empty_lines_and_columns_are_left_out(reader: Reader) -> None:
    bare = letter(0, copies=(), duties=("ភារកិច្ចតែមួយ",), budget_line="", stops=(Stop("ខេត្តកែប"),), endorsements=False)
    found = squeezed(reader(render(replace(bare, travellers=(Traveller("លោក ម៉ុក ដារា", "មន្ត្រី"),)), at=AT)))
    for absent in (phrases.COLUMN_SEX, phrases.COLUMN_UNIT, phrases.LUGGAGE, phrases.COPIES, phrases.SCAN, "១.", "ខ្ទង់"):
        assert squeezed(absent) not in found
    assert "ភារកិច្ចតែមួយ" in found


def test_a_corrected_lunar_line_is_printed_as_the_officer_wrote_it(reader: Reader) -> None:
    line = "ថ្ងៃចន្ទ ១១កើត ខែចេត្រ ឆ្នាំវក អដ្ឋស័ក ព.ស. ២៥៥៩"
    assert squeezed(line) in squeezed(reader(render(letter(1, lunar_line=line), at=AT)))


def test_hours_of_another_zone_are_told_in_cambodia(reader: Reader) -> None:
    content = letter(1, departure=datetime(2016, 4, 17, 23, 30, tzinfo=UTC))
    assert squeezed("ថ្ងៃទី១៨ ខែមេសា ឆ្នាំ២០១៦ ម៉ោង ៦:៣០ ព្រឹក") in squeezed(reader(render(content, at=AT)))


@pytest.mark.parametrize("field", ["purpose", "number", "lunar_line", "funding", "place", "ministry"])
def test_what_the_fonts_lack_is_refused_wherever_it_stands(field: str) -> None:
    content = letter(1, **{field: "ក 北 😀"})
    with pytest.raises(UnprintableText) as refused:
        letter_data(content)
    assert refused.value.characters == ("北", "😀")
    with pytest.raises(UnprintableText):
        render(content, at=AT)
