"""The fixed words of a mission order, all in one place, in the register of an official letter."""

from typing import Final

from services.issuer.letter.content import Role, Sex

KINGDOM: Final = "ព្រះរាជាណាចក្រកម្ពុជា"
MOTTO: Final = "ជាតិ សាសនា ព្រះមហាក្សត្រ"
TITLE: Final = "លិខិតបញ្ជាបេសកកម្ម"
NUMBER: Final = "លេខ៖ {number}"
FOOTER: Final = "លិខិតបញ្ជាបេសកកម្ម លេខ {number}"
PAGE: Final = "ទំព័រ"

INVITED: Final = "យោងតាមលិខិតអញ្ជើញ{reference} ចុះ{dated} របស់{sender}{subject}។"
AGREED: Final = "យោងតាមគោលការណ៍ឯកភាព{reference} ចុះ{dated} របស់{sender}{subject}។"
REFERENCE: Final = "លេខ {reference}"
SUBJECT: Final = " ស្ដីពី{subject}"

ONE_SENT: Final = "{ministry} ចាត់តាំងមន្ត្រីដែលមានឈ្មោះខាងក្រោម ឱ្យបំពេញបេសកកម្មដូចតទៅ៖"
MANY_SENT: Final = "{ministry} ចាត់តាំងមន្ត្រីចំនួន {count} រូប ដែលមានឈ្មោះខាងក្រោម ឱ្យបំពេញបេសកកម្មដូចតទៅ៖"

COLUMN_NUMBER: Final = "ល.រ"
COLUMN_NAME: Final = "គោត្តនាម និងនាម"
COLUMN_SEX: Final = "ភេទ"
COLUMN_POSITION: Final = "មុខតំណែង"
COLUMN_UNIT: Final = "អង្គភាព"
COLUMN_ROLE: Final = "តួនាទី"

ROLES: Final = {Role.LEADER: "ប្រធានក្រុម", Role.MEMBER: "សមាជិក", Role.DRIVER: "អ្នកបើកបរ"}
SEXES: Final = {Sex.MALE: "ប្រុស", Sex.FEMALE: "ស្រី"}

STOPS: Final = "ទីកន្លែងបេសកកម្ម"
PURPOSE: Final = "គោលបំណង"
DUTIES: Final = "ភារកិច្ចពាក់ព័ន្ធ"
DEPARTURE: Final = "ចេញដំណើរ"
RETURN: Final = "វិលត្រឡប់"
DURATION: Final = "រយៈពេល {days} ថ្ងៃ"
TRANSPORT: Final = "មធ្យោបាយធ្វើដំណើរ"
PLATE: Final = "ផ្លាកលេខ {plate}"
LUGGAGE: Final = "សម្ភារៈនាំទៅជាមួយ"
FUNDING: Final = "ប្រភពថវិកា"
BUDGET_LINE: Final = "ខ្ទង់ចំណាយ {line}"

PLEASE_HELP: Final = (
    "សូមអាជ្ញាធរមានសមត្ថកិច្ច កងកម្លាំងប្រដាប់អាវុធ និងស្ថាប័នពាក់ព័ន្ធតាមដងផ្លូវ និងនៅគោលដៅ "
    "មេត្តាសម្រួល និងផ្ដល់កិច្ចសហការតាមការចាំបាច់ ដើម្បីឱ្យបេសកកម្មនេះសម្រេចបានជោគជ័យ។"
)
BRING_BACK: Final = "ពេលវិលមកដល់ សាមីខ្លួនត្រូវប្រគល់លិខិតនេះដែលមានទិដ្ឋាការគ្រប់ទីកន្លែង ព្រមទាំងរបាយការណ៍លទ្ធផល ជូន{unit}។"

COPIES: Final = "កន្លែងទទួល៖"
PLACE_AND_DATE: Final = "{place} {day}"
SCAN: Final = "ស្កេនដើម្បីផ្ទៀងផ្ទាត់"

ENDORSEMENTS: Final = "ទិដ្ឋាការ"
ENDORSED_STOP: Final = "គោលដៅទី{number}៖ {place}"
ARRIVED: Final = "បានមកដល់"
LEFT: Final = "បានចាកចេញ"
ENDORSED_DATE: Final = ("ថ្ងៃទី", "ខែ", "ឆ្នាំ", "ម៉ោង")
"""The words before the blanks that the endorsing authority fills in by hand."""
ENDORSED_PLACE: Final = "ធ្វើនៅ"
ENDORSED_SIGN: Final = "ហត្ថលេខា ឈ្មោះ មុខតំណែង និងត្រា"
CERTIFICATION: Final = "ការបញ្ជាក់របស់{unit}"
CERTIFIED: Final = "បានទទួលលិខិតបញ្ជាបេសកកម្មនេះ ជាមួយទិដ្ឋាការ និងរបាយការណ៍លទ្ធផល នៅ"
