"""The papers of the demo: an invitation, the request, photographs of a stamped order, and the report."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from deploy.local.demo.cast import Cast
from shared.clock import PHNOM_PENH
from shared.khmer import hour_text

HOST = "សាលាខេត្តកណ្ដាល"
_HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Trip:
    """When the travellers leave, are at the host's, leave the host, and have to be back."""

    departs: datetime
    arrived: datetime
    left: datetime
    returns: datetime

    @classmethod
    def of_today(cls, now: datetime) -> "Trip":
        """A trip next door, nearly over: by the clock the stamps lie in the past, and the order is in force."""
        local = now.astimezone(PHNOM_PENH).replace(second=0, microsecond=0)
        lately = local - timedelta(minutes=local.minute % 30) - _HALF_HOUR
        departs = lately - timedelta(hours=4)
        return cls(departs, departs + _HALF_HOUR, lately, lately + 3 * _HALF_HOUR)


def invitation() -> bytes:
    """A one-page PDF that stands for the scanned invitation letter."""
    page = Image.new("RGB", (1240, 1754), "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((90, 90, 1150, 1664), outline="#203060", width=4)
    pen.text((140, 140), "SAMPLE INVITATION LETTER (fictitious)", fill="#203060", font_size=36)
    pen.text((140, 220), "Kandal Provincial Administration\nNo. 123/26", fill="black", font_size=30)
    file = io.BytesIO()
    page.save(file, "PDF", resolution=150)
    return file.getvalue()


def stamped_page(caption: str, colour: str) -> bytes:
    """A JPEG that stands for a phone's photograph of an endorsement on the back of the order."""
    page = Image.new("RGB", (960, 1280), "#f4f0e6")
    pen = ImageDraw.Draw(page)
    pen.rectangle((60, 60, 900, 1220), outline="#b0a890", width=3)
    pen.ellipse((330, 480, 630, 780), outline=colour, width=14)
    pen.text((400, 610), "SAMPLE", fill=colour, font_size=44)
    pen.text((120, 120), caption, fill="#303030", font_size=36)
    file = io.BytesIO()
    page.save(file, "JPEG", quality=80)
    return file.getvalue()


def photos() -> list[tuple[str, tuple[str, bytes, str]]]:
    """Both photographs as the parts of a form."""
    return [
        ("photo", ("arrival.jpg", stamped_page("ARRIVAL", "#b02020"), "image/jpeg")),
        ("photo", ("departure.jpg", stamped_page("DEPARTURE", "#2040b0"), "image/jpeg")),
    ]


def order(cast: Cast, document: dict[str, Any], trip: Trip) -> dict[str, Any]:
    """The request: the cast to the province next door, on the uploaded invitation."""
    return {
        "unit": cast.unit,
        "issuer": cast.issuer,
        "basis": {
            "kind": "invitation",
            "reference": "១២៣/២៦ សរ",
            "dated": (trip.departs - timedelta(days=7)).date().isoformat(),
            "sender": "រដ្ឋបាលខេត្តកណ្ដាល",
            "document": document,
        },
        "travellers": [{"person": person, "role": role} for person, role in cast.travellers],
        "stops": [{"place": "08", "host": HOST}],
        "purpose": "ចូលរួមសិក្ខាសាលាស្ដីពីការគ្រប់គ្រងលិខិតបញ្ជាបេសកកម្ម និងការប្រមូលរបាយការណ៍លទ្ធផល",
        "duties": [cast.duty],
        "departs_at": trip.departs.isoformat(),
        "returns_at": trip.returns.isoformat(),
        "transport": cast.transport,
        "signatory": cast.signatory,
    }


def report(trip: Trip) -> str:
    """What the traveller types under the photographs: two endorsements and the results."""
    return (
        f"១ ដល់ {_moment(trip.arrived)} {HOST}\n"
        f"១ ចេញ {_moment(trip.left)} {HOST}\n"
        "របាយការណ៍៖ បានចូលរួមសិក្ខាសាលា និងឯកភាពលើផែនការប្រគល់លិខិតបញ្ជាបេសកកម្មតាមប្រព័ន្ធថ្មី។"
    )


def _moment(at: datetime) -> str:
    """The date, and the hour with its part of the day."""
    return f"{at:%d/%m/%Y} {hour_text(at.time())}"
