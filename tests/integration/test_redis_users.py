"""What each user at Redis can do, which is its work, and what it cannot, which is everything else."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from deploy.local.servers import Valkey
from services import provision
from services.command import SERVICES
from services.notifier.telegram.pacing import Pacing
from shared.events import AnyEvent
from shared.postgres import Connection, open_pool
from shared.service import runtime
from tests.integration.events.conftest import Operator
from tests.integration.transport.conftest import settings_for
from tests.integration.transport.samples import STREAM, closed, commit, eventually
from tests.logins import as_service
from tests.signatures import as_environment, signed

FORBIDDEN = (
    f"DEL {STREAM}",
    f"UNLINK {STREAM}",
    f"XDEL {STREAM} 0-1",
    f"RENAME {STREAM} other",
    f"EXPIRE {STREAM} 1",
    f"XGROUP DESTROY {STREAM} archive",
    f"SET {STREAM} 1",
    f"XADD {STREAM}:receipts:issuer:dashboard * 1 ff",
    f"DEL {STREAM}:dead",
    f"COPY {STREAM} other",
    f"RESTORE {STREAM} 0 x REPLACE",
    "XADD other * event x",
    "GET other",
    "SET other 1",
    "KEYS *",
    "SCAN 0",
    "FLUSHALL",
    "FLUSHDB",
    "SWAPDB 0 1",
    "CONFIG GET requirepass",
    "CONFIG SET appendonly no",
    "ACL LIST",
    "ACL SETUSER besakakam-dashboard allkeys allcommands",
    "CLIENT KILL TYPE normal",
    "CLIENT PAUSE 1000",
    "SCRIPT FLUSH",
    "FUNCTION FLUSH",
    "SHUTDOWN NOSAVE",
    "REPLICAOF NO ONE",
    "MONITOR",
    "SAVE",
    "MODULE LIST",
    f"EVAL return 1 1 {STREAM}:dead",
)

WRITES = (
    f"XADD {STREAM} * a b",
    f"XTRIM {STREAM} MAXLEN 0",
    f"XGROUP CREATE {STREAM} mine 0",
    f"XREADGROUP GROUP archive me STREAMS {STREAM} >",
    f"XACK {STREAM} archive 0-1",
    f"HGET {STREAM}:marks issuer",
    f"EVAL return 1 1 {STREAM}",
)


@pytest.fixture
async def folder(redis_url: str, tmp_path: Path) -> Path:
    """Secrets of users that Redis knows."""
    made = tmp_path / "secrets"
    provision.provide(made, "postgresql://owner:x@localhost/x", redis_url)
    async with Redis.from_url(redis_url) as admin:
        await provision.let_users_in(made, admin, STREAM)
    return made


@pytest.fixture
async def clients(folder: Path) -> AsyncIterator[dict[str, Redis]]:
    """A client for each user."""
    async with AsyncExitStack() as stack:
        yield {
            who: await stack.enter_async_context(Redis.from_url(provision.held(folder / who / "redis_url")))
            for who in provision.USERS
        }


async def refused(client: Redis, command: str) -> bool:
    try:
        await client.execute_command(*command.split())  # type: ignore[no-untyped-call]
    except NoPermissionError:
        return True
    return False


async def test_no_user_can_do_what_is_not_its_work(clients: dict[str, Redis], redis_url: str) -> None:
    async with Redis.from_url(redis_url) as admin:
        await admin.xadd(STREAM, {"event": "x"})
        for group in SERVICES:
            await admin.xgroup_create(STREAM, group, id="0")
    assert [(who, c) for who, client in clients.items() for c in FORBIDDEN if not await refused(client, c)] == []
    assert await refused(clients["archive"], f"XADD {STREAM} * event x")
    assert await refused(clients["issuer"], f"XADD {STREAM}:receipts:issuer:archive * 1 f")


async def test_dashboards_read_and_do_nothing_else(clients: dict[str, Redis], redis_url: str) -> None:
    async with Redis.from_url(redis_url, decode_responses=True) as admin:
        await admin.xadd(STREAM, signed(closed()))
        await admin.xgroup_create(STREAM, "archive", id="0")
    dashboard = clients["dashboard"]
    assert await dashboard.xlen(STREAM) == 1
    assert await dashboard.xrange(STREAM)
    assert await dashboard.xread({STREAM: "0"})
    assert await dashboard.xinfo_groups(STREAM)
    assert await dashboard.xpending(STREAM, "archive")
    assert await dashboard.info("server")
    for command in WRITES:
        assert await refused(dashboard, command)


async def test_services_do_all_their_work_as_their_users(
    folder: Path, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    """Publish, read, confirm, set aside, notice a loss and publish again: with no command refused."""
    seen: dict[str, set[str]] = {service: set() for service in SERVICES}

    async def note(service: str, event: AnyEvent) -> None:
        seen[service].add(str(event.event_id))

    event, later = closed(), closed()
    async with AsyncExitStack() as stack, Redis.from_url(redis_url) as admin:
        await admin.acl_log_reset()
        for service in SERVICES:
            queue = provision.held(folder / service / "redis_url")
            keys = as_environment(service)
            settings = settings_for(as_service(database_url, service), queue, tmp_path).model_copy(
                update={"consumers": SERVICES, "keep_stream_hours": 0}
            )
            settings = type(settings).model_validate(
                settings.model_dump()
                | {"event_keys": json.loads(keys["EVENT_KEYS"]), "signing_key": keys.get("SIGNING_KEY")}
            )

            async def handle(connection: Connection, told: AnyEvent, service: str = service) -> None:
                await note(service, told)

            await stack.enter_async_context(runtime(settings, service, handle))
        async with open_pool(as_service(database_url, "issuer"), "issuer", 2) as pool:

            async def confirmed() -> bool:
                return bool(await pool.fetchval("SELECT count(*) = 0 FROM unconfirmed"))

            await commit(pool, event)
            await eventually(confirmed, "the event confirmed by all")
            await admin.xadd(STREAM, {"event": "poison"})
            await eventually(lambda: _buried(admin), "the poison set aside by all")
            await admin.delete(STREAM)
            await commit(pool, later)
            await eventually(confirmed, "the later event confirmed by all")
        assert all({str(event.event_id), str(later.event_id)} <= ids for ids in seen.values())
        assert [line["reason"] for line in await admin.acl_log()] == []


async def test_the_notifier_can_pace_itself(clients: dict[str, Redis]) -> None:
    pacing = Pacing(clients["notifier"], 1)
    assert await pacing.take(-5) == 0
    assert await clients["notifier"].get("{besakakam:pacing:1}:chat:-5")


async def _buried(redis: Redis) -> bool:
    told: Any = await redis.xrange(f"{STREAM}:dead")
    return {fields[b"service"].decode() for _, fields in told} == set(SERVICES)


async def test_operators_can_look_and_replay(folder: Path, redis_url: str, database_url: str) -> None:
    async with Redis.from_url(redis_url) as admin:
        await admin.xadd(STREAM, signed(closed()))
        await admin.acl_log_reset()
        operator = Operator(database_url, provision.held(folder / "operator" / "redis_url"))
        assert json.loads(await operator.asks("lag", "--json"))["missing"] == {}
        assert await operator.asks("tail")
        await operator.asks("replay", "archive", "--all")
        assert await admin.acl_log() == []


async def test_the_embedded_server_keeps_its_users(tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey", fsync=False) as server:
        provision.provide(tmp_path / "secrets", "postgresql://owner:x@localhost/x", server.url)
        async with Redis.from_url(server.url) as admin:
            names = await provision.let_users_in(tmp_path / "secrets", admin, STREAM)
        server.kill()
        server.restart()
        async with Redis.from_url(server.url) as admin:
            assert set(names) < set(await admin.acl_users())
        async with Redis.from_url(provision.held(tmp_path / "secrets" / "issuer" / "redis_url")) as issuer:
            assert await issuer.ping()
    assert all("#" in line and ">" not in line for line in provision.acl_lines(tmp_path / "secrets", STREAM))
