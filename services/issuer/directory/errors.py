"""What can be wrong with a directory, said in Khmer and English by file, line and field."""

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal

Language = Literal["km", "en"]


class Code(StrEnum):
    MISSING_FILE = "missing_file"
    UNREADABLE_FILE = "unreadable_file"
    NOT_UTF8 = "not_utf8"
    BAD_CSV = "bad_csv"
    MISSING_COLUMN = "missing_column"
    UNKNOWN_COLUMN = "unknown_column"
    REPEATED_COLUMN = "repeated_column"
    EXTRA_CELLS = "extra_cells"
    ONE_INSTITUTION = "one_institution"
    REQUIRED = "required"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    UNPRINTABLE = "unprintable"
    NO_KHMER = "no_khmer"
    BROKEN_KHMER = "broken_khmer"
    NO_LATIN = "no_latin"
    BAD_ID = "bad_id"
    WRONG_PREFIX = "wrong_prefix"
    BAD_DATE = "bad_date"
    BAD_YES_NO = "bad_yes_no"
    BAD_NUMBER = "bad_number"
    BAD_CHOICE = "bad_choice"
    BAD_CHAT_ID = "bad_chat_id"
    DUPLICATE = "duplicate"
    UNKNOWN_REFERENCE = "unknown_reference"
    UNTIL_BEFORE_SINCE = "until_before_since"
    PARENT_CYCLE = "parent_cycle"
    KIND_MAY_NOT_ISSUE = "kind_may_not_issue"
    SUFFIX_MISSING = "suffix_missing"
    CATEGORY_MISSING = "category_missing"
    CATEGORY_NOT_LEADERSHIP = "category_not_leadership"
    SECOND_LEADERSHIP_GROUP = "second_leadership_group"
    INSTITUTION_CHANGED = "institution_changed"
    REMOVED = "removed"
    REMOVED_OFFICE = "removed_office"


_MESSAGES: dict[Code, tuple[str, str]] = {
    Code.MISSING_FILE: ("រកមិនឃើញឯកសារនេះនៅក្នុងថតទេ", "the file is not in the folder"),
    Code.UNREADABLE_FILE: ("មិនអាចបើកអានឯកសារនេះបានទេ", "the file cannot be opened"),
    Code.NOT_UTF8: ("ឯកសារនេះមិនមែនជា UTF-8 ទេ សូមរក្សាទុកជា CSV UTF-8", "the file is not UTF-8; save it as CSV UTF-8"),
    Code.BAD_CSV: ("ឯកសារនេះមិនត្រូវតាមទម្រង់ CSV ទេ៖ {detail}", "the file is not well-formed CSV: {detail}"),
    Code.MISSING_COLUMN: ("ខ្វះជួរឈរនេះ", "the column is missing"),
    Code.UNKNOWN_COLUMN: ("មិនស្គាល់ជួរឈរនេះទេ", "the column is not known"),
    Code.REPEATED_COLUMN: ("ជួរឈរនេះមានលើសពីមួយ", "the column stands there more than once"),
    Code.EXTRA_CELLS: (
        "ជួរដេកនេះមានក្រឡាច្រើនជាងជួរដេកចំណងជើង",
        "the line has more cells than the header",
    ),
    Code.ONE_INSTITUTION: (
        "ឯកសារនេះត្រូវមានស្ថាប័នតែមួយគត់ ប៉ុន្តែមាន {count}",
        "the file must hold exactly one institution, and holds {count}",
    ),
    Code.REQUIRED: ("ត្រូវតែបំពេញក្រឡានេះ", "the cell must not be empty"),
    Code.TOO_LONG: ("អត្ថបទវែងលើសពី {limit} តួអក្សរ", "the text is longer than {limit} characters"),
    Code.CONTROL_CHARACTER: (
        "អត្ថបទមានការចុះបន្ទាត់ ឬតួអក្សរដែលមើលមិនឃើញ",
        "the text holds a line break or an invisible control character",
    ),
    Code.UNPRINTABLE: (
        "លិខិតមិនអាចបោះពុម្ពតួអក្សរទាំងនេះបានទេ៖ {characters}",
        "these characters cannot be printed on the letter: {characters}",
    ),
    Code.NO_KHMER: ("«{value}» គ្មានអក្សរខ្មែរទេ", "“{value}” has no Khmer letter"),
    Code.BROKEN_KHMER: (
        "«{value}» មានសញ្ញាខ្មែរដែលគ្មានព្យញ្ជនៈ ឬមានសញ្ញាលើស សូមវាយឡើងវិញ",
        "“{value}” has a Khmer sign without its letter, or one too many; type it anew",
    ),
    Code.NO_LATIN: ("«{value}» គ្មានអក្សរឡាតាំងទេ", "“{value}” has no Latin letter"),
    Code.BAD_ID: (
        "លេខសម្គាល់ «{value}» មិនត្រឹមត្រូវទេ សូមសរសេរតាមគំរូ {example}",
        "“{value}” is not a valid id; write it like {example}",
    ),
    Code.WRONG_PREFIX: (
        "លេខសម្គាល់ «{value}» ត្រូវផ្ដើមដោយ «{prefix}»",
        "the id “{value}” must begin with “{prefix}”",
    ),
    Code.BAD_DATE: (
        "កាលបរិច្ឆេទ «{value}» មិនត្រឹមត្រូវទេ សូមសរសេរ ឆ្នាំ-ខែ-ថ្ងៃ ដូចជា 2026-01-31",
        "“{value}” is not a date; write year-month-day, such as 2026-01-31",
    ),
    Code.BAD_YES_NO: ("«{value}» ត្រូវជា yes ឬ no", "“{value}” must be yes or no"),
    Code.BAD_NUMBER: ("«{value}» ត្រូវជាចំនួនគត់ចាប់ពី 1 ឡើង", "“{value}” must be a whole number from 1"),
    Code.BAD_CHOICE: ("«{value}» ត្រូវជាពាក្យណាមួយក្នុងចំណោម៖ {allowed}", "“{value}” must be one of: {allowed}"),
    Code.BAD_CHAT_ID: (
        "«{value}» មិនមែនជាលេខក្រុម Telegram ទេ ត្រូវជាចំនួនគត់អវិជ្ជមាន ដូចជា -1001234567890 (សូមកំណត់ជួរឈរនេះជាអត្ថបទ)",
        "“{value}” is not the number of a Telegram group: a negative whole number such as -1001234567890"
        " (format the column as text)",
    ),
    Code.DUPLICATE: ("«{value}» មានរួចហើយនៅជួរដេកទី {first}", "“{value}” already stands on line {first}"),
    Code.UNKNOWN_REFERENCE: ("គ្មាន «{value}» នៅក្នុង {table} ទេ", "there is no “{value}” in {table}"),
    Code.UNTIL_BEFORE_SINCE: (
        "ថ្ងៃបញ្ចប់ {until} មកមុនថ្ងៃចាប់ផ្ដើម {since}",
        "the last day {until} comes before the first day {since}",
    ),
    Code.PARENT_CYCLE: (
        "អង្គភាពទាំងនេះឡើងទៅរកគ្នាជារង្វង់៖ {path}",
        "these units stand above each other in a circle: {path}",
    ),
    Code.KIND_MAY_NOT_ISSUE: (
        "មានតែខុទ្ទកាល័យ (cabinet) ឬអគ្គនាយកដ្ឋានរដ្ឋបាលនិងហិរញ្ញវត្ថុ (gdaf) ប៉ុណ្ណោះ ដែលអាចចេញលិខិតបញ្ជាបេសកកម្ម មិនមែន {kind} ទេ",
        "only a cabinet or a gdaf may issue mission orders, not a {kind}",
    ),
    Code.SUFFIX_MISSING: (
        "អង្គភាពដែលចេញលិខិតបញ្ជាបេសកកម្មត្រូវមានអក្សរកាត់បន្ទាប់ពីលេខលិខិត",
        "a unit that issues mission orders needs the letters that follow their number",
    ),
    Code.CATEGORY_MISSING: (
        "ខ្វះតំណែង «{office}» ដែលត្រូវជាសមាជិកក្រុមថ្នាក់ដឹកនាំ (សេចក្ដីណែនាំលេខ ៩៩៦ ចំណុច ក.១)",
        "the office “{office}”, whose holders belong to the leadership group, is missing (Guideline 996, ក.១)",
    ),
    Code.CATEGORY_NOT_LEADERSHIP: (
        "អ្នកកាន់តំណែង «{office}» ជាសមាជិកក្រុមថ្នាក់ដឹកនាំ ដូច្នេះត្រូវសរសេរ yes (សេចក្ដីណែនាំលេខ ៩៩៦ ចំណុច ក.១)",
        "the holders of “{office}” belong to the leadership group: write yes (Guideline 996, ក.១)",
    ),
    Code.SECOND_LEADERSHIP_GROUP: (
        "ក្រុមថ្នាក់ដឹកនាំមានរួចហើយនៅជួរដេកទី {first} ហើយមានបានតែមួយ",
        "the one leadership group already stands on line {first}",
    ),
    Code.INSTITUTION_CHANGED: (
        "បញ្ជីនេះជារបស់ស្ថាប័ន «{value}» មិនមែនរបស់ «{known}» ដែលមានរួចហើយទេ",
        "this directory is of “{value}”, and not of “{known}” which is already there",
    ),
    Code.REMOVED: (
        "«{value}» លែងមានទៀតហើយ សូមដាក់ជួរដេកនោះវិញ ហើយបំពេញ until ជំនួសការលុប",
        "“{value}” is gone; put the line back and set until instead of removing the line",
    ),
    Code.REMOVED_OFFICE: (
        "តំណែង «{value}» លែងមានទៀតហើយ សូមដាក់ជួរដេកនោះវិញ ព្រោះតំណែងមិនត្រូវលុបចោលទេ",
        "the office “{value}” is gone; put the line back, an office is never removed",
    ),
}
_AS_KNOWN = 60  # characters of a wrong value that a message shows


@dataclasses.dataclass(frozen=True, slots=True)
class FieldError:
    """``line`` counts from 1 with the header; it is absent where a line or the whole file is missing.

    ``field`` names the column, and is empty where no single one is at fault. ``params`` fill the message.
    """

    file: str
    line: int | None
    field: str
    code: Code
    params: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)

    def place(self, language: Language) -> str:
        word = "ជួរដេកទី" if language == "km" else "line"
        line = "" if self.line is None else f"{word} {self.line}"
        return ", ".join(part for part in (self.file, line, self.field) if part)

    def message(self, language: Language) -> str:
        shown = {
            name: value if len(value) <= _AS_KNOWN else value[:_AS_KNOWN] + "…" for name, value in self.params.items()
        }
        return _MESSAGES[self.code][0 if language == "km" else 1].format_map(shown)

    def text(self, language: Language) -> str:
        """One full line: where, then what is wrong and how to put it right."""
        mark = "៖ " if language == "km" else ": "
        return self.place(language) + mark + self.message(language)


class DirectoryErrors(Exception):
    """Everything found wrong with a directory, in the order of its files and lines."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} error(s) in the directory")
        self.errors = tuple(errors)

    def text(self, language: Language) -> str:
        return "\n".join(error.text(language) for error in self.errors)

    def __str__(self) -> str:
        return self.text("en")
