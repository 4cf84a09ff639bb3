"""The archive's pages and JSON: who gets in, what is shown, and in which language."""

import io
import json
import re
from html import unescape
from typing import get_args
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from PIL import Image

from services.archive.store import search
from services.archive.web.api import EventType
from shared.documents import DocumentStore
from shared.events import EVENTS
from tests import papers
from tests.archive_many import NEVER_TOGETHER, fill_shelves
from tests.archive_samples import REPORT, Story, photograph, unit_listed
from tests.integration.archive.conftest import Queue, until

PAGE = {"Accept": "text/html,application/xhtml+xml"}
NOBODY = UUID("00000000-0000-4000-8000-000000000001")
LOCKED = [
    "/",
    "/missions.json",
    f"/missions/{NOBODY}",
    f"/missions/{NOBODY}.json",
    f"/missions/{NOBODY}/row",
    "/events",
]
ALSO_LOCKED = [
    "/live",
    f"/documents/{'0' * 64}",
    f"/documents/{'0' * 64}/thumbnail",
    "/openapi.json",
    "/docs",
    "/nowhere",
]


@pytest.mark.parametrize("path", [*LOCKED, *ALSO_LOCKED])
async def test_nothing_is_shown_without_a_key(anyone: httpx.AsyncClient, path: str) -> None:
    program = await anyone.get(path)
    assert (program.status_code, program.json()["code"]) == (401, "key_needed")
    assert program.headers["www-authenticate"] == "Bearer"
    browser = await anyone.get(path, headers=PAGE)
    assert browser.status_code == 303
    assert browser.headers["location"].startswith("/sign-in?next=%2F")


@pytest.mark.parametrize("path", ["/livez", "/sign-in", "/static/archive.css", "/static/fonts/NotoSerif-Bold.ttf"])
async def test_health_and_sign_in_are_open(anyone: httpx.AsyncClient, path: str) -> None:
    assert (await anyone.get(path)).status_code == 200


async def test_readiness_is_open_and_comes(anyone: httpx.AsyncClient) -> None:
    well = {"ready": True, "checks": {"postgres": "ok", "redis": "ok"}}
    answer = await until(lambda: anyone.get("/readyz"), lambda answer: answer.json() == well)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/../missions.json", "/static/%2e%2e/missions.json", "/livez/", "//missions.json"]
)
async def test_no_spelling_of_a_path_slips_past_the_guard(anyone: httpx.AsyncClient, path: str) -> None:
    answer = await anyone.get(path)
    assert answer.status_code in (401, 404)
    assert "missions" not in answer.text


@pytest.mark.parametrize("path", ["/", "/missions.json", "/nowhere", "/static/archive.css", "/sign-in"])
async def test_every_answer_carries_the_security_headers(viewer: httpx.AsyncClient, path: str) -> None:
    headers = (await viewer.get(path, headers=PAGE)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_an_unknown_page_is_a_page_for_people_and_a_problem_for_programs(viewer: httpx.AsyncClient) -> None:
    page = await viewer.get("/nowhere?lang=en", headers={**PAGE, "Accept-Language": "km"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Not found" in page.text
    assert 'lang="en"' in page.text
    khmer = await viewer.get(f"/missions/{NOBODY}?lang=km", headers={**PAGE, "Accept-Language": "en"})
    assert khmer.status_code == 404
    assert "បណ្ណសារគ្មានបេសកកម្មនៅអាសយដ្ឋាននេះទេ។" in khmer.text
    problem = await viewer.get("/nowhere")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["message"].keys() == {"km", "en"}


async def test_the_timeline_tells_the_whole_life(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    await queue.archived(unit_listed(1), *story.whole_life())
    page = (await viewer.get(f"/missions/{story.mission_id}", headers=PAGE)).text
    for told in (
        "សុខ មាលា បានស្នើសុំលិខិតបញ្ជាបេសកកម្មសម្រាប់នាយកដ្ឋានគោលនយោបាយ។",
        "«ថ្នាក់ដឹកនាំក្រសួង»",
        "ថ្ងៃទី០២ ខែមីនា ឆ្នាំ២០២៦ ម៉ោង ៩:៣០ ព្រឹក",
        "របាយការណ៍លទ្ធផលនៅទទេ។",
        REPORT.splitlines()[1],
        "បានបិទ",
    ):
        assert told in page, told
    assert page.count("/thumbnail") == 4


async def test_the_language_is_chosen_once_and_kept(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    await queue.archived(unit_listed(1), story.requested())
    assert 'lang="km"' in (await viewer.get("/", headers={**PAGE, "Accept-Language": "en"})).text
    assert "Submitted" in (await viewer.get("/?lang=en", headers=PAGE)).text
    again = await viewer.get(f"/missions/{story.mission_id}", headers=PAGE)
    assert "SOK Mealea asked for a mission order for Department of Policy." in again.text
    assert 'lang="km"' in (await viewer.get("/?lang=xx", headers={**PAGE, "Cookie": "lang=yy"})).text


async def test_what_people_write_stays_text(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    nasty = "<script>alert(1)</script>"
    story.purpose = nasty
    await queue.archived(story.requested(), story.returned(uuid4(), report=nasty))
    for path in ("/", f"/missions/{story.mission_id}"):
        page = (await viewer.get(path, headers=PAGE)).text
        assert nasty not in page
        assert "&lt;script&gt;" in page


async def test_pages_follow_one_another_without_gap_or_repeat(
    queue: Queue, shared_files: DocumentStore, viewer: httpx.AsyncClient
) -> None:
    stories = [Story(shared_files, number=f"N-{number:03d}") for number in range(35)]
    await queue.archived(*[story.announced() for story in stories])
    first = (await viewer.get("/?lang=en", headers=PAGE)).text
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = (await viewer.get(f"/{older}", headers=PAGE)).text
    shown = [number for number in range(35) if f"N-{number:03d}" in first]
    rest = [number for number in range(35) if f"N-{number:03d}" in second]
    assert (shown, rest) == (list(range(5, 35)), list(range(5)))


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=99999999999999999999", "?state=nonsense", "?q=%00%ff", "?lang="]
)
async def test_odd_addresses_show_a_list_all_the_same(viewer: httpx.AsyncClient, query: str) -> None:
    assert (await viewer.get(f"/{query}", headers=PAGE)).status_code == 200


async def test_a_search_that_stopped_says_so_and_goes_on(
    viewer: httpx.AsyncClient, database: "asyncpg.Connection[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "AT_ONCE", 20)
    await fill_shelves(database, 2)
    stopped = await viewer.get("/", params={"q": NEVER_TOGETHER, "lang": "en"}, headers=PAGE)
    assert "Older ones may match too." in stopped.text
    older = re.search(r'rel="next" href="([^"]+)"', stopped.text)
    assert older
    ended = await viewer.get("/" + unescape(older[1]), headers=PAGE)
    assert "Older ones may match too." not in ended.text
    assert "No mission matches." in ended.text
    assert 'rel="next"' not in ended.text


async def test_programs_read_the_log_in_parts(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    life = story.whole_life()
    await queue.archived(*life)
    seen, after = [], 0
    while True:
        part = (await viewer.get("/events", params={"after": after, "limit": 3})).json()
        if not part["events"]:
            break
        assert part["next"] > after
        seen += part["events"]
        after = part["next"]
    assert [event["id"] for event in seen] == [str(event.event_id) for event in life]
    assert seen[0]["data"]["order"]["purpose"] == story.purpose
    assert (await viewer.get("/events", params={"limit": 501})).status_code == 422


async def test_events_have_the_shape_in_which_they_were_published(
    queue: Queue, story: Story, viewer: httpx.AsyncClient
) -> None:
    life = story.whole_life()
    await queue.archived(*life)
    published = [json.loads(event.to_json()) for event in life]
    assert (await viewer.get("/events")).json()["events"] == published
    assert (await viewer.get(f"/missions/{story.mission_id}.json")).json()["events"] == published


async def test_programs_read_the_types_that_they_want(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    life = story.whole_life()
    await queue.archived(*life)
    wanted = ["MissionIssued", "MissionClosed"]
    found = (await viewer.get("/events", params={"type": wanted})).json()
    assert [event["type"] for event in found["events"]] == wanted
    part = (await viewer.get("/events", params={"type": wanted, "limit": 1})).json()
    rest = (await viewer.get("/events", params={"type": wanted, "after": part["next"]})).json()
    assert [event["type"] for event in part["events"] + rest["events"]] == wanted
    assert found["next"] == (await viewer.get("/events")).json()["next"]
    assert (await viewer.get("/events", params={"type": "Nonsense"})).status_code == 422


def test_every_type_can_be_asked_for() -> None:
    assert set(get_args(EventType)) == {kind.model_fields["type"].default for kind in EVENTS}


async def test_programs_follow_the_missions_that_changed(
    queue: Queue, shared_files: DocumentStore, viewer: httpx.AsyncClient
) -> None:
    one, two = Story(shared_files), Story(shared_files)
    await queue.archived(one.requested(), two.requested())
    before = (await viewer.get("/missions.json")).json()
    assert [mission["id"] for mission in before["missions"]] == [str(one.mission_id), str(two.mission_id)]
    await queue.archived(one.issued())
    after = (await viewer.get("/missions.json", params={"after": before["next"]})).json()
    assert [(mission["id"], mission["state"]) for mission in after["missions"]] == [(str(one.mission_id), "issued")]
    assert after["missions"][0]["places"] == {"km": "ខេត្តសៀមរាប", "en": "Siem Reap"}


async def test_one_address_serves_people_and_programs(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    await queue.archived(story.requested())
    asked = await viewer.get(f"/missions/{story.mission_id}", headers={"Accept": "application/json"})
    assert asked.json() == (await viewer.get(f"/missions/{story.mission_id}.json")).json()
    page = await viewer.get(f"/missions/{story.mission_id}", headers=PAGE)
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]


async def test_documents_are_served_as_what_they_are(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    event = story.returned(uuid4())
    await queue.archived(event, story.issued())
    photo = event.data.photos[0]
    answer = await viewer.get(f"/documents/{photo.sha256}")
    assert answer.content == photograph(40)
    assert answer.headers["content-type"] == "image/jpeg"
    assert (
        answer.headers["content-disposition"]
        == "inline; filename=\"stamp-arrival.jpg\"; filename*=UTF-8''stamp-arrival.jpg"
    )
    assert answer.headers["etag"] == f'"{photo.sha256}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "script-src" not in answer.headers["content-security-policy"]
    again = await viewer.get(f"/documents/{photo.sha256}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_khmer_file_name_survives(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    event = story.issued()
    await queue.archived(event)
    answer = await viewer.get(f"/documents/{event.data.letter.sha256}")
    assert answer.headers["content-type"] == "application/pdf"
    assert httpx.URL(f"/{answer.headers['content-disposition'].split(chr(39))[-1]}").path == "/លិខិតបញ្ជាបេសកកម្ម.pdf"


async def test_a_thumbnail_is_small_and_upright(queue: Queue, story: Story, viewer: httpx.AsyncClient) -> None:
    sideways = Image.new("RGB", (2000, 1000), "navy")
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    sideways.save(out, "JPEG", exif=exif)
    photo = story.file(out.getvalue(), "sideways.jpg")
    event = story.returned(uuid4())
    event = event.model_copy(update={"data": event.data.model_copy(update={"photos": (photo,)})})
    await queue.archived(event, story.issued())
    answer = await viewer.get(f"/documents/{photo.sha256}/thumbnail")
    with Image.open(io.BytesIO(answer.content)) as small:
        assert small.size == (240, 480)
    letter = story.issued().data.letter
    assert (await viewer.get(f"/documents/{letter.sha256}/thumbnail")).json()["code"] == "not_a_picture"


async def test_what_browsers_cannot_show_is_shown_as_a_copy(
    queue: Queue, story: Story, viewer: httpx.AsyncClient
) -> None:
    original = papers.picture("HEIF", Image.new("RGB", (640, 480), "navy"))
    photo = story.file(original, "IMG_0001.HEIC")
    event = story.returned(uuid4())
    event = event.model_copy(update={"data": event.data.model_copy(update={"photos": (photo,)})})
    await queue.archived(event, story.issued())
    page = (await viewer.get(f"/missions/{story.mission_id}", headers=PAGE)).text
    assert f'href="/documents/{photo.sha256}/shown"' in page
    answer = await viewer.get(f"/documents/{photo.sha256}/shown")
    with Image.open(io.BytesIO(answer.content)) as copy:
        assert (copy.format, copy.size) == ("JPEG", (640, 480))
    kept = await viewer.get(f"/documents/{photo.sha256}")
    assert kept.content == original
    assert kept.headers["content-disposition"].startswith("attachment")


async def test_a_damaged_document_is_reported_and_not_served(
    queue: Queue, story: Story, viewer: httpx.AsyncClient, settings: object
) -> None:
    event = story.issued()
    await queue.archived(event)
    kept = DocumentStore(queue.settings.archive_dir)
    kept.path(event.data.letter.sha256).write_bytes(b"%PDF-1.7 something else")
    answer = await viewer.get(f"/documents/{event.data.letter.sha256}")
    assert (answer.status_code, answer.json()["code"]) == (500, "document_damaged")
