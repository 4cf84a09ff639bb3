"""Requests as the description of the interface shows them."""

from typing import Any, Final

ORDER: Final[dict[str, Any]] = {
    "unit": "mcs.gdcs-policy",
    "issuer": "mcs.gdaf",
    "basis": {
        "kind": "invitation",
        "reference": "១២៣/២៦ សរ",
        "dated": "2026-11-02",
        "sender": "រដ្ឋបាលខេត្តសៀមរាប",
        "document": {"sha256": "0" * 64, "size": 48211, "media_type": "application/pdf", "name": "invitation.pdf"},
    },
    "travellers": [{"person": "MCS-0043", "role": "leader"}, {"person": "MCS-0044", "role": "member"}],
    "stops": [{"place": "17", "host": "សាលាខេត្តសៀមរាប"}],
    "purpose": "ចូលរួមសិក្ខាសាលាស្ដីពីការគ្រប់គ្រងលិខិតបញ្ជាបេសកកម្ម",
    "duties": ["mcs.gdcs-policy.d01"],
    "departs_at": "2026-11-26T07:30:00+07:00",
    "returns_at": "2026-11-28T17:00:00+07:00",
    "transport": {"means": "ministry_car", "plate": "រដ្ឋ ២-១២៣៤"},
    "signatory": "MCS-0015",
}
ISSUE: Final[dict[str, Any]] = {"overrides": {"departure_past": "ការធ្វើដំណើរបន្ទាន់"}}
REASON: Final[dict[str, Any]] = {"reason": "សូមថតត្រាសាលាខេត្តឱ្យច្បាស់។"}
