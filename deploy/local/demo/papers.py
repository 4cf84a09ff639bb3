"""The papers of the demo: an invitation, the request, photographs of a stamped order, and the report."""

import io
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from deploy.local.demo.cast import Cast


def invitation() -> bytes:
    """A one-page PDF that stands for the scanned invitation letter."""
    page = Image.new("RGB", (1240, 1754), "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((90, 90, 1150, 1664), outline="#203060", width=4)
    pen.text((140, 140), "SAMPLE INVITATION LETTER (fictitious)", fill="#203060", font_size=36)
    pen.text((140, 220), "Siemreap Provincial Administration\nNo. 123/26", fill="black", font_size=30)
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


def order(cast: Cast, document: dict[str, Any], departs: datetime) -> dict[str, Any]:
    """The request: the cast to Siem Reap for three days from `departs`, on the uploaded invitation."""
    return {
        "unit": cast.unit,
        "issuer": cast.issuer,
        "basis": {
            "kind": "invitation",
            "reference": "១២៣/២៦ សរ",
            "dated": (departs - timedelta(days=7)).date().isoformat(),
            "sender": "រដ្ឋបាលខេត្តសៀមរាប",
            "document": document,
        },
        "travellers": [{"person": person, "role": role} for person, role in cast.travellers],
        "stops": [{"place": "17", "host": "សាលាខេត្តសៀមរាប"}],
        "purpose": "ចូលរួមសិក្ខាសាលាស្តីពីការគ្រប់គ្រងលិខិតបញ្ជាបេសកកម្ម និងការប្រមូលរបាយការណ៍លទ្ធផល",
        "duties": [cast.duty],
        "departs_at": departs.isoformat(),
        "returns_at": (departs + timedelta(days=2, hours=10)).isoformat(),
        "transport": cast.transport,
        "signatory": cast.signatory,
    }


def report(departs: datetime) -> str:
    """What the traveller types under the photographs: two endorsements and the results."""
    return (
        f"១ ដល់ {_moment(departs + timedelta(hours=5, minutes=30))} សាលាខេត្តសៀមរាប\n"
        f"១ ចេញ {_moment(departs + timedelta(hours=9, minutes=30))} សាលាខេត្តសៀមរាប\n"
        "របាយការណ៍៖ បានចូលរួមសិក្ខាសាលា និងឯកភាពលើផែនការប្រគល់លិខិតបញ្ជាបេសកកម្មតាមប្រព័ន្ធថ្មី។"
    )


def _moment(at: datetime) -> str:
    return f"{at:%d/%m/%Y %H:%M}"
