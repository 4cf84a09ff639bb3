"""What each mission's people put on paper: invitation, request, photographs and report, like no others."""

import hashlib
import io
from datetime import datetime, timedelta
from typing import Any

from PIL import Image

from deploy.local.demo import papers
from shared.clock import PHNOM_PENH, now
from tests.chaos import people
from tests.chaos.people import Traveller

GONE_FOR = timedelta(hours=14)
"""Everybody left so long ago, and the host stamped their orders `ARRIVED` and `LEFT` after that: all in the past."""
ARRIVED, LEFT = timedelta(hours=5), timedelta(hours=10)
AWAY = timedelta(hours=20)
"""…and is still under way: an order for a trip that is over would be refused."""


def departs() -> datetime:
    """When the missions of a run departed."""
    return now().astimezone(PHNOM_PENH).replace(microsecond=0) - GONE_FOR


def report() -> str:
    """What the traveller types under the photographs."""
    begins = departs()
    return papers.report(papers.Trip(begins, begins + ARRIVED, begins + LEFT, begins + AWAY))


def invitation(index: int) -> bytes:
    """The basis of a mission, as a PDF."""
    return _picture(f"invitation {index}", "PDF")


def photos(index: int) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Both photographs of a mission's stamped pages, as the parts of a form."""
    return [("photo", (f"{n}.jpg", _picture(f"photo {index} {n}", "JPEG"), "image/jpeg")) for n in (1, 2)]


def _picture(what: str, kind: str) -> bytes:
    digest = hashlib.sha256(what.encode()).digest()
    file = io.BytesIO()
    image = Image.frombytes("RGB", (8, 4), (digest * 3)).resize((64, 32), Image.Resampling.NEAREST)
    image.save(file, kind)
    return file.getvalue()


def order(who: Traveller, issuer: str, document: dict[str, Any]) -> dict[str, Any]:
    """The request, on an invitation that was uploaded."""
    begins = departs()
    return {
        "unit": who.unit,
        "issuer": issuer,
        "basis": {
            "kind": "invitation",
            "reference": "១២៣/២៦ សរ",
            "dated": (begins - timedelta(days=7)).date().isoformat(),
            "sender": "រដ្ឋបាលខេត្តកណ្ដាល",
            "document": document,
        },
        "travellers": [{"person": who.person, "role": "leader"}],
        "stops": [{"place": "08", "host": papers.HOST}],
        "purpose": "ចូលរួមសិក្ខាសាលាសាកល្បង",
        "duties": ["cha.whole.d01"],
        "departs_at": begins.isoformat(),
        "returns_at": (begins + AWAY).isoformat(),
        "transport": {"means": "bus"},
        "signatory": people.SIGNATORY,
    }
