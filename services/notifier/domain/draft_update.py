"""What a message gives to a draft, and what the check will say of the draft that comes of it."""

from dataclasses import dataclass
from datetime import datetime

from services.notifier.domain.drafts import Draft, Part, gaps
from services.notifier.domain.files import File
from services.notifier.domain.returns import Parsed, Problem
from shared.errors import Refused
from shared.events import MissionIssuedData, ReportReturnedData
from shared.i18n import Message, message
from shared.mission import returns
from shared.mission.findings import Finding
from shared.values import DocumentRef, ReturnId

LETTER_ITSELF = message("This is the order's letter itself. Send photographs of the page with the stamps.")


@dataclass(frozen=True)
class Given:
    """What one message gives: `source` names it among all chats. Its file is there with the document, or with why not.

    Without either, the file of an edited message is the one that it had before.
    """

    source: str
    parsed: Parsed
    file: File | None = None
    photo: DocumentRef | None = None
    refused: Message | None = None
    album: str | None = None


def fill(draft: Draft, issued: MissionIssuedData, given: Given) -> tuple[Draft, tuple[Problem, ...]]:
    """The draft with what the message gives, in the place of all that it gave before, and what was not taken.

    Plain text without the report's heading is the report once nothing else is missing: then it can be nothing else.
    """
    draft = draft.in_album(given.album)
    bare, problems = _add(draft, _part(draft, issued, given), given)
    parsed = given.parsed
    report = parsed.report
    if report is None and parsed.plain and _lacks_only_the_report(bare, issued, draft.part_of(given.source)):
        report = parsed.plain
        parsed = Parsed(problems=tuple(problem for problem in parsed.problems if not problem.plain))
    if report is not None:
        part = bare.part_of(given.source) or Part(message=given.source)
        bare, more = _add(bare, part.model_copy(update={"report": report}), given)
        problems += more
    return bare, (*parsed.problems, *_file_problems(issued, given), *problems)


def _part(draft: Draft, issued: MissionIssuedData, given: Given) -> Part:
    """The message's part but for the report; a file that is refused, or is the order's own letter, is not in it."""
    entries = draft.said(given.source, given.parsed.endorsements)
    part = Part(message=given.source, entries=entries)
    if given.file is None or _file_problems(issued, given):
        return part
    if given.photo is not None:
        return part.model_copy(update={"file": given.file.unique, "photos": (given.photo,)})
    before = draft.part_of(given.source) or part
    return part.model_copy(update={"file": before.file, "photos": before.photos})


def _add(draft: Draft, part: Part, given: Given) -> tuple[Draft, tuple[Problem, ...]]:
    """The draft with the part, or without what would go past the draft's limits."""
    try:
        return draft.with_part(part), ()
    except Refused as refused:
        less = part.model_copy(update={"photos": (), "file": ""} if part.photos else {"report": ""})
        typed = given.file.name if given.file and part.photos else "…"
        return draft.with_part(less), (Problem(0, typed, refused.message),)


def _file_problems(issued: MissionIssuedData, given: Given) -> tuple[Problem, ...]:
    if given.file is None:
        return ()
    if given.refused is not None:
        return (Problem(0, given.file.name, given.refused),)
    if given.photo is not None and given.photo.sha256 == issued.letter.sha256:
        return (Problem(0, given.file.name, LETTER_ITSELF),)
    return ()


def _lacks_only_the_report(draft: Draft, issued: MissionIssuedData, before: Part | None) -> bool:
    lacking = gaps(draft, issued.stops)
    edited = before is not None and bool(before.report)
    return not lacking.entries and not lacking.photo and (lacking.report or edited)


def as_returned(draft: Draft, issued: MissionIssuedData) -> ReportReturnedData:
    """The draft as the return that it becomes."""
    return ReportReturnedData(
        mission_id=issued.mission_id,
        return_id=ReturnId(draft.draft_id),
        returned_by=draft.person,
        endorsements=draft.endorsements,
        photos=draft.photos,
        report=draft.report_text,
    )


def findings(draft: Draft, issued: MissionIssuedData, missing_photos: int, now: datetime) -> list[Finding]:
    """What the issuer's check will say of the return: none of it may remain when it is handed in."""
    return returns.check(
        returns.Return(
            data=as_returned(draft, issued),
            order=issued.order,
            stops=issued.stops,
            missing_photos=missing_photos,
            now=now,
        )
    )
