"""`besakakam events` as an operator meets it, with real servers and a real service."""

import json
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from deploy.local.servers import Postgres
from services.events import pending
from shared import dead_letters, outbox
from shared.clock import now
from shared.dead_letters import Death
from shared.events import AnyEvent
from shared.outbox import EntryId
from shared.postgres import Connection, Pool, transaction
from shared.service import runtime
from tests.integration.events.conftest import Operator, Owner
from tests.integration.test_cli import KHMER
from tests.integration.transport.conftest import settings_for
from tests.integration.transport.samples import STREAM, add, closed, commit, entries, eventually


async def set_aside(pool: Pool, event: AnyEvent, reason: str) -> None:
    async with transaction(pool) as connection:
        await dead_letters.add(connection, event.wire, event.event_id, Death(reason, 8, now()))


async def test_lag_says_what_waits_and_who_is_behind(operator: Operator, pool: Pool, redis: Redis) -> None:
    empty: dict[str, Any] = json.loads(await operator.asks("lag", "--json"))
    assert empty["groups"] == []
    assert empty["outboxes"]["archive"] == {
        "waiting": 0,
        "unconfirmed": 0,
        "oldest": None,
        "missing": {"issuer": 0, "notifier": 0, "archive": 0},
    }
    await commit(pool, closed())
    await commit(pool, closed())
    async with pool.acquire() as connection:
        await outbox.record(connection, 1, (await outbox.waiting(connection))[:1], EntryId(1, 0))
    await add(redis, closed(), closed(), closed())
    await redis.xgroup_create(STREAM, "archive", id="0")
    await redis.xreadgroup("archive", "one", {STREAM: ">"}, count=2)
    found = json.loads(await operator.asks("lag", "--json"))
    assert (found["outboxes"]["archive"]["waiting"], found["outboxes"]["archive"]["unconfirmed"]) == (1, 2)
    first = (await pool.fetchval("SELECT min(created_at) FROM outbox")).isoformat()
    assert found["outboxes"]["archive"]["oldest"] == first
    (group,) = found["groups"]
    assert group.pop("oldest_pending")
    assert group == {"group": "archive", "pending": 2, "lag": 1, "consumers": 1}
    async with pool.acquire() as connection:
        await outbox.record(connection, 2, await outbox.waiting(connection), EntryId(2, 0))
        await outbox.note_receipts(connection, {(1, "issuer"): 1, (2, "issuer"): 1, (2, "notifier"): 1})
    found = json.loads(await operator.asks("lag", "--json"))
    assert found["outboxes"]["archive"] == {
        "waiting": 0,
        "unconfirmed": 2,
        "oldest": first,
        "missing": {"issuer": 0, "notifier": 1, "archive": 2},
    }
    said = await operator.asks("lag")
    assert f"waiting 0, មិនទាន់បញ្ជាក់ / unconfirmed 2, ចាស់ជាងគេ / oldest {first}" in said
    assert "not yet with notifier 1, archive 2\n" in said
    assert KHMER.search(said)


async def test_tail_shows_the_latest_events(operator: Operator, redis: Redis) -> None:
    events = [closed(f"{number} មស.លបក") for number in range(4)]
    await add(redis, *events)
    await redis.xadd(STREAM, {"event": b"\xffnonsense", "for": "archive"})
    lines = [json.loads(line) for line in (await operator.asks("tail", "--count", "3")).splitlines()]
    assert [line["event"]["id"] for line in lines[:2]] == [str(event.event_id) for event in events[2:]]
    assert (lines[2]["for"], "nonsense" in lines[2]["event"]) == ("archive", True)


async def test_the_dead_are_listed_shown_and_replayed_for_one_service(
    operator: Operator, pool: Pool, redis: Redis
) -> None:
    first, second = closed("ទី១"), closed("ទី២")
    await set_aside(pool, first, "no such unit: ក")
    await set_aside(pool, second, "choked")
    listed = json.loads(await operator.asks("dead", "--json"))
    assert [(each["service"], each["event_id"]) for each in listed] == [
        ("archive", str(first.event_id)),
        ("archive", str(second.event_id)),
    ]
    assert json.loads(await operator.asks("dead", "--json", "issuer")) == []
    assert "no such unit: ក" in await operator.asks("dead", "archive")
    number = str(listed[0]["dead_id"])
    assert json.loads(await operator.asks("show", number, "archive"))["body"] == first.to_json().decode()

    assert "would be sent" in await operator.asks("replay", "archive", number, "--dry-run")
    assert await redis.exists(STREAM) == 0
    assert "1 បានផ្ញើម្ដងទៀត" in await operator.asks("replay", "archive", number)
    assert [fields for _, fields in await entries(redis)] == [{b"event": first.to_json(), b"for": b"archive"}]
    assert "2 បានផ្ញើម្ដងទៀត" in await operator.asks("replay", "archive", "--all")
    assert await redis.xlen(STREAM) == 3


async def test_a_reason_of_many_lines_takes_one_in_the_list_and_is_whole_elsewhere(
    operator: Operator, pool: Pool
) -> None:
    reason = "1 validation error\n  data.number\r\n" + "ក" * 300
    await set_aside(pool, closed(), reason)
    (line,) = (await operator.asks("dead")).splitlines()
    assert line.endswith("reason: 1 validation error data.number " + "ក" * 168 + "…")
    assert json.loads(await operator.asks("dead", "--json"))[0]["reason"] == reason
    assert json.loads(await operator.asks("show", "1", "archive"))["reason"] == reason


async def test_a_replayed_event_is_done_by_its_service_alone_and_its_letter_closes(
    operator: Operator, pool: Pool, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    event, done = closed(), {"issuer": 0, "archive": 0}
    await set_aside(pool, event, "a mistake since mended")
    await operator.asks("replay", "archive", "--all")
    settings = settings_for(database_url, redis_url, tmp_path)

    async def issuer(_connection: Connection, _event: AnyEvent) -> None:
        done["issuer"] += 1

    async def archive(_connection: Connection, _event: AnyEvent) -> None:
        done["archive"] += 1

    async with runtime(settings, "issuer", issuer) as other, runtime(settings, "archive", archive):

        async def read_by_both() -> bool:
            groups = await other.redis.xinfo_groups(STREAM)
            return len(groups) == 2 and all((each["lag"], each["pending"]) == (0, 0) for each in groups)

        await eventually(read_by_both, "both have read it")
    assert done == {"issuer": 0, "archive": 1}
    assert json.loads(await operator.asks("dead", "--json")) == []


async def test_a_replay_into_a_lost_stream_does_not_hide_the_loss(operator: Operator, pool: Pool, redis: Redis) -> None:
    await set_aside(pool, closed(), "choked")
    await redis.hset(f"{STREAM}:marks", "issuer", "7")
    await operator.asks("replay", "archive", "--all")
    assert await redis.exists(f"{STREAM}:marks") == 0


async def test_lag_counts_dead_letters_and_what_waits_for_telegram(
    operator: Operator, pool: Pool, owner: Owner
) -> None:
    await set_aside(pool, closed(), "choked")
    for number, state in enumerate(("pending", "pending", "uncertain", "sent")):
        await owner.execute(
            "INSERT INTO notifier.delivery (delivery_id, chat, chat_name, audience, kind, ref, content, state)"
            " VALUES (gen_random_uuid(), 1, 'x', 'person', 'notice', $1, '{}', $2)",
            str(number),
            state,
        )
    found = json.loads(await operator.asks("lag", "--json"))
    assert found["dead_letters"] == {"issuer": 0, "notifier": 0, "archive": 1}
    assert found["deliveries"] == {"pending": 2, "sending": 0, "resend": 0, "uncertain": 1}
    assert found["missing"] == {}
    said = await operator.asks("lag")
    assert "dead letters 1" in said
    assert "Telegram: រង់ចាំ / pending 2" in said


async def test_lag_tells_what_it_can_while_redis_or_the_database_is_away(operator: Operator, redis: Redis) -> None:
    await redis.xgroup_create(STREAM, "archive", id="0", mkstream=True)
    well = dict(operator.environ)
    operator.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    result = await operator.runs("lag", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["groups"], list(found["missing"])) == (0, None, ["redis"])
    assert set(found["outboxes"]) == {"issuer", "notifier", "archive"}
    assert "Redis cannot be reached" in result.stderr

    operator.environ = {**well, "DATABASE_URL": "postgresql://someone@127.0.0.1:1/besakakam"}
    result = await operator.runs("lag", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["outboxes"], found["deliveries"]) == (0, {}, None)
    assert [group["group"] for group in found["groups"]] == ["archive"]
    assert result.stderr.count("cannot be reached") == 1

    operator.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    result = await operator.runs("lag", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Redis" in result.stderr


async def test_many_letters_are_listed_and_replayed_page_by_page(
    operator: Operator, pool: Pool, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "LETTERS", 2)
    events = [closed(f"{number} មស.លបក") for number in range(5)]
    for event in events:
        await set_aside(pool, event, "choked")
    ids = [str(event.event_id) for event in events]
    assert [each["event_id"] for each in json.loads(await operator.asks("dead", "--json"))] == ids
    assert len((await operator.asks("dead")).splitlines()) == 5
    rehearsed = json.loads(await operator.asks("replay", "archive", "--all", "--dry-run", "--json"))
    assert [each["event_id"] for each in rehearsed] == ids
    assert await redis.exists(STREAM) == 0
    sent = json.loads(await operator.asks("replay", "archive", "--all", "--json"))
    assert [each["event_id"] for each in sent] == ids
    assert [fields[b"event"] for _, fields in await entries(redis)] == [event.to_json() for event in events]


async def test_a_replay_that_fails_keeps_the_letters_and_ends_its_json(operator: Operator, pool: Pool) -> None:
    await set_aside(pool, closed(), "choked")
    operator.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    result = await operator.runs("replay", "archive", "--all", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])
    assert "Redis cannot be reached" in result.stderr
    assert len(json.loads(await operator.asks("dead", "--json"))) == 1


async def test_nothing_set_aside_is_said(operator: Operator) -> None:
    assert await operator.asks("dead") == "គ្មានអ្វីទេ / nothing\n"
    assert json.loads(await operator.asks("dead", "--json")) == []
    assert "0 នឹងផ្ញើ / would be sent" in await operator.asks("replay", "notifier", "--all", "--dry-run")


async def test_mistakes_are_said_plainly(operator: Operator) -> None:
    assert "404" in await operator.refused("show", "404", "archive")
    assert "404" in await operator.refused("replay", "archive", "404")
    assert "--all" in await operator.refused("replay", "archive")
    assert "--all" in await operator.refused("replay", "archive", "404", "--all")
    operator.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    assert "Redis" in await operator.refused("tail")
    operator.environ["REDIS_URL"] = "nonsense"
    assert "Redis" in await operator.refused("tail")


NEEDS_DATABASE = ["dead", "show 1 archive", "replay archive --all", "rebuild archive", "rebuild notifier --dry-run"]


@pytest.mark.parametrize("command", NEEDS_DATABASE)
async def test_a_database_out_of_reach_or_not_set_up_is_said_plainly(
    operator: Operator, postgres_server: Postgres, command: str
) -> None:
    operator.environ["DATABASE_URL"] = "postgresql://someone@127.0.0.1:1/besakakam"
    assert "cannot be reached" in await operator.refused(*command.split())
    operator.environ["DATABASE_URL"] = str(postgres_server.url)
    assert "besakakam migrate" in await operator.refused(*command.split())


@pytest.mark.parametrize("command", ["dead bursar", "show 1 bursar", "replay bursar --all", "rebuild bursar"])
async def test_a_service_that_there_is_not(operator: Operator, command: str) -> None:
    said = await operator.refused(*command.split())
    assert "no service 'bursar'; there are: issuer, notifier, archive" in said
