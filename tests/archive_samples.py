"""A mission's life as events, with real documents, for the archive's tests."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from PIL import Image, ImageDraw

from shared.documents import DocumentStore, describe
from shared.events import (
    AnnouncementDelivered,
    AnnouncementDeliveredData,
    AnnouncementFailed,
    AnnouncementFailedData,
    AnyEvent,
    DirectoryChanged,
    DirectoryChangedData,
    MissionClosed,
    MissionClosedData,
    MissionIssued,
    MissionIssuedData,
    MissionRefused,
    MissionRefusedData,
    MissionRequested,
    MissionRequestedData,
    ReportReturned,
    ReportReturnedData,
    ReturnSentBack,
    ReturnSentBackData,
)
from shared.filetypes import media_type_of
from shared.values import (
    Basis,
    DocumentRef,
    DutyListed,
    Endorsement,
    Finding,
    MissionId,
    NamedDuty,
    NamedStop,
    NamedTraveller,
    Order,
    PersonListed,
    ReturnId,
    Stop,
    Transport,
    Traveller,
)

BEGAN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
NUMBER = "០១២ មស.អរហ"
REPORT = "កិច្ចប្រជុំបានប្រព្រឹត្តទៅដោយរលូន។\nមន្ត្រី ៤៥ រូបបានទទួលការណែនាំ។"


def page(text: str) -> bytes:
    """A one-page PDF that differs with its text."""
    picture = Image.new("RGB", (300, 420), "white")
    ImageDraw.Draw(picture).text((20, 20), text, fill="black")
    out = io.BytesIO()
    picture.save(out, "PDF", title=text, creationDate=None, modDate=None)
    return out.getvalue()


def photograph(shade: int) -> bytes:
    """A JPEG that differs with its shade."""
    picture = Image.new("RGB", (800, 600), (shade, 120, 90))
    ImageDraw.Draw(picture).ellipse((250, 150, 550, 450), outline=(160, 20, 30), width=14)
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


@dataclass
class Story:
    """Events of one mission, an hour apart, and the files they refer to."""

    files: DocumentStore
    mission_id: MissionId = field(default_factory=lambda: MissionId(uuid4()))
    purpose: str = "ចុះណែនាំការគ្រប់គ្រងមន្ត្រីរាជការនៅរដ្ឋបាលខេត្ត"
    number: str = NUMBER
    hours: int = 0

    def _common(self, service: str) -> dict[str, object]:
        self.hours += 1
        return {
            "source": f"/besakakam/{service}",
            "subject": str(self.mission_id),
            "correlation_id": self.mission_id,
            "occurred_at": BEGAN + timedelta(hours=self.hours),
        }

    def file(self, content: bytes, name: str) -> DocumentRef:
        """Put a file into the shared store."""
        self.files.put(content)
        return describe(content, media_type_of(content) or "", name)

    @property
    def order(self) -> Order:
        return Order(
            unit="mcs.policy",
            issuer="mcs.gdaf",
            basis=Basis(
                kind="invitation",
                reference="១២៣/២៦ សជណ",
                dated=date(2026, 2, 20),
                sender="រដ្ឋបាលខេត្តសៀមរាប",
                document=self.file(page(f"invitation {self.mission_id}"), "លិខិតអញ្ជើញ.pdf"),
            ),
            travellers=(Traveller(person="MCS-0002", role="leader"), Traveller(person="MCS-0003", role="driver")),
            stops=(Stop(place="17", host="សាលាខេត្តសៀមរាប"),),
            purpose=self.purpose,
            duties=("mcs.policy.d01",),
            departs_at=BEGAN + timedelta(days=5),
            returns_at=BEGAN + timedelta(days=8),
            transport=Transport(means="ministry_car", plate="រដ្ឋ ២-១២៣៤"),
            signatory="MCS-0009",
        )

    def requested(self) -> MissionRequested:
        data = MissionRequestedData(mission_id=self.mission_id, requester="MCS-0001", order=self.order)
        return MissionRequested.model_validate({**self._common("issuer"), "data": data})

    def issued(self) -> MissionIssued:
        common = self._common("issuer")
        data = MissionIssuedData(
            mission_id=self.mission_id,
            number=self.number,
            serial=12,
            year=2026,
            issuer="mcs.gdaf",
            issued_by="MCS-0008",
            issued_at=common["occurred_at"],
            requester="MCS-0001",
            order=self.order,
            travellers=(
                NamedTraveller(
                    person="MCS-0002",
                    role="leader",
                    name_km="ចាន់ ដារ៉ា",
                    name_latin="CHAN Dara",
                    position_km="ប្រធានការិយាល័យ",
                    unit="mcs.policy",
                ),
                NamedTraveller(
                    person="MCS-0003", role="driver", name_km="គឹម សុភា", name_latin="KIM Sophea", unit="mcs.policy"
                ),
            ),
            stops=(NamedStop(place="17", host="សាលាខេត្តសៀមរាប", index=1, name_km="ខេត្តសៀមរាប", name_en="Siem Reap"),),
            duties=(NamedDuty(duty="mcs.policy.d01", title_km="ណែនាំការអនុវត្តគោលនយោបាយ", title_en="Guide policy"),),
            letter=self.file(page(f"letter {self.mission_id}"), "លិខិតបញ្ជាបេសកកម្ម.pdf"),
        )
        return MissionIssued.model_validate({**common, "data": data})

    def refused(self, by: str | None = None) -> MissionRefused:
        finding = Finding(
            code="basis.missing",
            level="blocks",
            message={"km": "គ្មានលិខិតអញ្ជើញក្នុងសំណុំឯកសារទេ។", "en": "The invitation is not on file."},
        )
        data = MissionRefusedData(
            mission_id=self.mission_id,
            requester="MCS-0001",
            findings=() if by else (finding,),
            reason="ផែនការត្រូវបានលើកពេល។" if by else "",
            refused_by=by,
        )
        return MissionRefused.model_validate({**self._common("issuer"), "data": data})

    def announced(self, chat: str = "ថ្នាក់ដឹកនាំក្រសួង", unit: str | None = None) -> AnnouncementDelivered:
        data = AnnouncementDeliveredData(
            mission_id=self.mission_id,
            delivery_id=uuid4(),
            number=self.number,
            chat=-100200300,
            chat_name=chat,
            audience="unit" if unit else "leadership",
            unit=unit,
            message_id=7,
        )
        return AnnouncementDelivered.model_validate({**self._common("notifier"), "data": data})

    def not_announced(
        self, *, certain: bool, copy_follows: bool = False, unit: str = "mcs.policy", audience: str = "unit"
    ) -> AnnouncementFailed:
        data = AnnouncementFailedData(
            mission_id=self.mission_id,
            delivery_id=uuid4(),
            number=self.number,
            chat=-100200301,
            chat_name="នាយកដ្ឋានគោលនយោបាយ",
            audience=audience,
            unit=unit,
            certain=certain,
            reason="bot was kicked from the group",
            copy_follows=copy_follows,
        )
        return AnnouncementFailed.model_validate({**self._common("notifier"), "data": data})

    def returned(self, return_id: UUID, *, report: str = REPORT, shade: int = 40) -> ReportReturned:
        arrival = BEGAN + timedelta(days=5, hours=7)
        data = ReportReturnedData(
            mission_id=self.mission_id,
            return_id=ReturnId(return_id),
            returned_by="MCS-0002",
            endorsements=(
                Endorsement(stop=1, moment="arrival", at=arrival, authority="សាលាខេត្តសៀមរាប"),
                Endorsement(stop=1, moment="departure", at=arrival + timedelta(days=2), authority="សាលាខេត្តសៀមរាប"),
            ),
            photos=(
                self.file(photograph(shade), "stamp-arrival.jpg"),
                self.file(photograph(shade + 60), "stamp-departure.jpg"),
            ),
            report=report,
        )
        return ReportReturned.model_validate({**self._common("notifier"), "data": data})

    def sent_back(self, return_id: UUID) -> ReturnSentBack:
        finding = Finding(
            code="report.empty",
            level="blocks",
            message={"km": "របាយការណ៍លទ្ធផលនៅទទេ។", "en": "The report of results is empty."},
        )
        data = ReturnSentBackData(
            mission_id=self.mission_id,
            return_id=ReturnId(return_id),
            returned_by="MCS-0002",
            sent_back_by="MCS-0009",
            reason="សូមបំពេញរបាយការណ៍ឱ្យបានលម្អិត។",
            findings=(finding,),
        )
        return ReturnSentBack.model_validate({**self._common("issuer"), "data": data})

    def closed(self, return_id: UUID) -> MissionClosed:
        data = MissionClosedData(
            mission_id=self.mission_id, number=self.number, return_id=ReturnId(return_id), accepted_by="MCS-0009"
        )
        return MissionClosed.model_validate({**self._common("issuer"), "data": data})

    def whole_life(self) -> list[AnyEvent]:
        """Asked for, issued, announced, returned twice, closed."""
        first, second = uuid4(), uuid4()
        return [
            self.requested(),
            self.issued(),
            self.announced(),
            self.announced("នាយកដ្ឋានគោលនយោបាយ", "mcs.policy"),
            self.returned(first, report=""),
            self.sent_back(first),
            self.returned(second),
            self.closed(second),
        ]


def unit_listed(
    revision: int, *, name_km: str = "នាយកដ្ឋានគោលនយោបាយ", people: Sequence[PersonListed] | None = None
) -> DirectoryChanged:
    """The directory tells of a unit; a later revision happens a day later."""
    known = (
        PersonListed(person="MCS-0001", name_km="សុខ មាលា", name_latin="SOK Mealea", position_km="ប្រធាននាយកដ្ឋាន"),
        PersonListed(person="MCS-0002", name_km="ចាន់ ដារ៉ា", name_latin="CHAN Dara"),
        PersonListed(person="MCS-0003", name_km="គឹម សុភា", name_latin="KIM Sophea"),
        PersonListed(person="MCS-0008", name_km="លី វិបុល", name_latin="LY Vibol"),
        PersonListed(person="MCS-0009", name_km="ហេង បុប្ផា", name_latin="HENG Bopha"),
    )
    data = DirectoryChangedData(
        unit="mcs.policy",
        revision=revision,
        institution="mcs",
        kind="department",
        name_km=name_km,
        name_en="Department of Policy",
        people=tuple(known if people is None else people),
        duties=(
            DutyListed(
                duty="mcs.policy.d01",
                number=1,
                title_km="ណែនាំការអនុវត្តគោលនយោបាយ",
                title_en="Guide policy",
                article="3",
            ),
        ),
    )
    return DirectoryChanged.model_validate(
        {
            "source": "/besakakam/issuer",
            "subject": "mcs.policy",
            "correlation_id": uuid4(),
            "occurred_at": BEGAN + timedelta(days=revision),
            "data": data,
        }
    )
