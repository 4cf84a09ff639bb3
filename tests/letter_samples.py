"""Mission orders to print in tests: invented people, real institutions' names."""

from datetime import date, datetime
from typing import Any

from services.issuer.letter.content import (
    Basis,
    BasisKind,
    LetterContent,
    Role,
    SealModules,
    Sex,
    Signatory,
    Stop,
    Transport,
    Traveller,
)

PEOPLE = (
    Traveller("ឯកឧត្តម កែវ វិបុល", "អគ្គនាយក", "អគ្គនាយកដ្ឋានរដ្ឋបាល និងហិរញ្ញវត្ថុ", role=Role.LEADER, sex=Sex.MALE),
    Traveller("លោកស្រី ម៉ៅ ស្រីណុច", "ប្រធាននាយកដ្ឋាន", "នាយកដ្ឋានបុគ្គលិក", sex=Sex.FEMALE),
    Traveller("លោក ហេង ក្សត្រា", "អនុប្រធាននាយកដ្ឋាន", "នាយកដ្ឋានហិរញ្ញវត្ថុ", sex=Sex.MALE),
    Traveller("កញ្ញា អ៊ុំ សុផាត", "មន្ត្រីបច្ចេកទេស", "នាយកដ្ឋានបច្ចេកវិទ្យាព័ត៌មាន", sex=Sex.FEMALE),
    Traveller("លោក ញឹក ប៊ុនថន", "អ្នកបើកបរ", "ការិយាល័យយានយន្ត", role=Role.DRIVER, sex=Sex.MALE),
)


def people(count: int) -> tuple[Traveller, ...]:
    """As many travellers as wanted, the five above again and again."""
    return tuple(PEOPLE[index % len(PEOPLE)] for index in range(count))


def seal(size: int = 61) -> SealModules:
    """Modules as dense as those of a real code."""
    return tuple(tuple((x * x + 3 * x * y + y * y) // 3 % 2 for x in range(size)) for y in range(size))


def letter(count: int = 5, **changes: Any) -> LetterContent:
    """A usual order; any field may be given."""
    fields: dict[str, Any] = {
        "ministry": "ក្រសួងមុខងារសាធារណៈ",
        "issuing_unit": "អគ្គនាយកដ្ឋានរដ្ឋបាល និងហិរញ្ញវត្ថុ",
        "number": "១២៤ មស.អរហ",
        "basis": Basis(
            BasisKind.INVITATION, "រដ្ឋបាលខេត្តសៀមរាប", date(2016, 4, 4), "១២៣ សជណ", "សិក្ខាសាលាអំពីការគ្រប់គ្រងឯកសារ"
        ),
        "travellers": people(count),
        "stops": (
            Stop("ខេត្តសៀមរាប", "សាលាខេត្តសៀមរាប"),
            Stop("ខេត្តបាត់ដំបង", "មន្ទីរមុខងារសាធារណៈខេត្តបាត់ដំបង"),
        ),
        "purpose": "ចូលរួមសិក្ខាសាលា និងពិនិត្យវឌ្ឍនភាពនៃការប្រើប្រាស់ប្រព័ន្ធ HRMIS តាមមន្ទីរជំនាញ",
        "duties": ("តាមដាន និងវាយតម្លៃការអនុវត្តផែនការ", "រៀបចំបញ្ជីសារពើភណ្ឌសម្ភារៈ"),
        "departure": datetime(2016, 4, 18, 7, 0),
        "return_": datetime(2016, 4, 22, 17, 30),
        "transport": Transport("រថយន្តរដ្ឋ", "Toyota Hilux", "រដ្ឋ 2-1234"),
        "funding": "ថវិកាក្រសួងមុខងារសាធារណៈ",
        "budget_line": "60-05-02",
        "returns_to": "អគ្គនាយកដ្ឋានរដ្ឋបាល និងហិរញ្ញវត្ថុ",
        "place": "រាជធានីភ្នំពេញ",
        "signed_on": date(2016, 4, 18),
        "signatory": Signatory(("អគ្គនាយក",), "ស៊ុន វណ្ណៈ"),
        "copies": ("ខុទ្ទកាល័យរដ្ឋមន្ត្រី", "អង្គភាពពាក់ព័ន្ធ", "សាមីខ្លួន «ដើម្បីអនុវត្ត»", "ឯកសារ-កាលប្បវត្តិ"),
    }
    return LetterContent(**{**fields, **changes})
