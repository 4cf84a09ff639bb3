"""What each service's own login at PostgreSQL cannot do, tried as one who has got hold of its password."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from deploy.local.servers import Postgres
from services import provision
from services.command import SERVICES
from shared.errors import Untrusted
from shared.logins import password_of
from shared.postgres import Owner, is_stronger, open_pool
from shared.signing import Keyring, Signer
from tests.integration.test_cli import besakakam, with_parts
from tests.integration.transport.conftest import settings_for
from tests.logins import as_service

ENTRY = (
    "INSERT INTO archive.event (event_id, type, version, correlation_id, source, occurred_at, body)"
    " VALUES (gen_random_uuid(), 'MissionClosed', 1, gen_random_uuid(), '/besakakam/issuer', now(), '{}')"
)
KEPT = (
    "INSERT INTO archive.document (sha256, size, media_type, name, first_event)"
    " VALUES ('0', 1, 'application/pdf', 'x', gen_random_uuid())"
)
AGAINST = (
    "DELETE FROM archive.{0}",
    "DELETE FROM archive.{0} WHERE false",
    "TRUNCATE archive.{0}",
    "TRUNCATE archive.{0} CASCADE",
    "UPDATE archive.{0} SET archived_at = now()",
    "INSERT INTO archive.{0} SELECT * FROM archive.{0} ON CONFLICT ({1}) DO UPDATE SET archived_at = now()",
    "MERGE INTO archive.{0} USING archive.{0} AS same ON false WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM archive.{0} RETURNING 1) SELECT count(*) FROM gone",
    "SELECT * FROM archive.{0} FOR UPDATE",
    "DROP TABLE archive.{0}",
    "DROP TABLE archive.{0} CASCADE",
    "DROP SCHEMA archive CASCADE",
    "ALTER TABLE archive.{0} RENAME TO other",
    "ALTER TABLE archive.{0} SET SCHEMA public",
    "ALTER TABLE archive.{0} DISABLE TRIGGER ALL",
    "ALTER TABLE archive.{0} DISABLE TRIGGER {0}_only_grows",
    "ALTER TABLE archive.{0} DROP COLUMN archived_at",
    "ALTER TABLE archive.{0} ADD COLUMN more text",
    "ALTER TABLE archive.{0} OWNER TO {2}",
    "ALTER TABLE archive.{0} ENABLE ROW LEVEL SECURITY",
    "ALTER SCHEMA archive RENAME TO other",
    "DROP TRIGGER {0}_only_grows ON archive.{0}",
    "CREATE TRIGGER mine BEFORE INSERT ON archive.{0} FOR EACH ROW EXECUTE FUNCTION archive.forbid_change()",
    "CREATE RULE mine AS ON INSERT TO archive.{0} DO INSTEAD NOTHING",
    "CREATE POLICY mine ON archive.{0} USING (false)",
    "CREATE INDEX mine ON archive.{0} (archived_at)",
    "CREATE TABLE archive.child () INHERITS (archive.{0})",
    "CREATE OR REPLACE FUNCTION archive.forbid_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION archive.forbid_change() CASCADE",
    "ALTER FUNCTION archive.forbid_change() RENAME TO other",
    "CREATE FUNCTION archive.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE archive.mine ()",
    "CREATE TABLE public.mine ()",
    "CREATE SCHEMA mine",
    "CREATE EXTENSION pg_trgm SCHEMA archive",
    "CREATE LANGUAGE plperlu",
    "CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION archive.forbid_change()",
    "CLUSTER archive.{0} USING {0}_pkey",
    "GRANT DELETE ON archive.{0} TO {2}",
    "GRANT {3} TO {2}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {3} GRANT DELETE ON TABLES TO {2}",
    "ALTER ROLE {2} SUPERUSER",
    "ALTER ROLE {2} BYPASSRLS",
    "ALTER ROLE {3} PASSWORD 'mine'",
    "CREATE ROLE mine LOGIN",
    "SET ROLE {3}",
    "SET LOCAL ROLE {3}",
    "SELECT set_config('role', '{3}', false)",
    "SET SESSION AUTHORIZATION {3}",
    "SELECT set_config('session_authorization', '{3}', false)",
    "REASSIGN OWNED BY {3} TO {2}",
    "DROP OWNED BY {3}",
    "SET session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', false)",
    "ALTER DATABASE {4} SET session_replication_role = replica",
    "ALTER SYSTEM SET fsync = off",
    "UPDATE pg_catalog.pg_class SET relowner = 0",
    "DELETE FROM pg_catalog.pg_class WHERE relname = '{0}'",
    "COPY archive.{0} FROM PROGRAM 'true'",
    "COPY archive.{0} TO '/tmp/never'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT lo_export(lo_create(0), '/tmp/never')",
    "SELECT * FROM pg_catalog.pg_authid",
)


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[Owner]:
    """The owner, with something in the archive that can be lost."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"{ENTRY}; {KEPT}")
    yield connection
    await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_no_login_of_a_service_can_harm_the_log(database_url: str, owner: Owner, service: str) -> None:
    who, database = await owner.fetchrow("SELECT current_user, current_database()") or ("", "")
    intruder = await asyncpg.connect(as_service(database_url, service))
    before = await _state(owner)
    for table, key in (("event", "event_id"), ("document", "sha256")):
        for statement in AGAINST:
            attempt = statement.format(table, key, f"besakakam_{service}", who, database)
            with suppress(asyncpg.PostgresError):
                for back in ("SET ROLE NONE", "RESET ROLE", "RESET SESSION AUTHORIZATION", "DISCARD ALL"):
                    await intruder.execute(back)
                await intruder.execute(attempt)
                if not attempt.startswith("GRANT DELETE"):  # which gives nothing, with a warning
                    pytest.fail(f"{service} may: {attempt}")
    assert await _state(owner) == before
    await intruder.close()


async def _state(owner: Owner) -> list[list[asyncpg.Record]]:
    return [
        await owner.fetch(question)
        for question in (
            "SELECT * FROM archive.event",
            "SELECT * FROM archive.document",
            "SELECT * FROM pg_trigger WHERE NOT tgisinternal ORDER BY oid",
            "SELECT relname, relowner, relacl FROM pg_class WHERE relnamespace = 'archive'::regnamespace ORDER BY 1",
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles ORDER BY 1",
            "SELECT * FROM pg_auth_members ORDER BY oid",
            "SELECT proname, proowner, prosrc FROM pg_proc WHERE pronamespace = 'archive'::regnamespace ORDER BY 1",
        )
    ]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_login_sees_only_its_own_schema(database_url: str, service: str) -> None:
    intruder = await asyncpg.connect(as_service(database_url, service))
    tables = await intruder.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY ($1) AND schemaname <> $2",
        SERVICES,
        service,
    )
    assert {row["schemaname"] for row in tables} == set(SERVICES) - {service}
    for schema, table in tables:
        for attempt in ("SELECT 1 FROM {0}.{1}", "INSERT INTO {0}.{1} DEFAULT VALUES", "COPY {0}.{1} TO STDOUT"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await intruder.execute(attempt.format(schema, table))
    await intruder.close()


async def test_a_login_is_its_role_and_no_other(database_url: str) -> None:
    for service in SERVICES:
        async with open_pool(as_service(database_url, service), service, 1) as pool:
            assert await pool.fetchval("SELECT session_user = current_user")
            assert not await is_stronger(pool, service)
            for other in set(SERVICES) - {service}:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await pool.execute(f"SET ROLE besakakam_{other}")
        async with open_pool(database_url, service, 1) as pool:
            assert await is_stronger(pool, service)


async def test_a_service_with_the_owners_login_says_so(database_url: str, redis_url: str, tmp_path: Path) -> None:
    from shared.service import open_runtime

    for url, warned in ((database_url, True), (as_service(database_url, "issuer"), False)):
        with capture_logs() as logs:
            async with open_runtime(settings_for(url, redis_url, tmp_path), "issuer") as parts:
                async with asyncio.timeout(10):
                    while not parts.relay.leads:  # noqa: ASYNC110 (another task's state)
                        await asyncio.sleep(0.01)
        assert any(line["event"] == "service.login_too_strong" for line in logs) == warned


def test_secrets_are_made_once_and_give_logins(postgres_server: Postgres, template: str, tmp_path: Path) -> None:
    folder, url = tmp_path / "secrets", with_parts(postgres_server.url, path=f"/{template}")
    assert besakakam("secrets", folder, url=url).returncode == 0
    made = {service: (folder / service / "database_url").read_text() for service in SERVICES}
    assert len({password_of(each) for each in made.values()}) == len(SERVICES)
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.rglob("*"))

    moved = url.replace("127.0.0.1", "db.example")
    assert besakakam("secrets", folder, url=moved).returncode == 0
    assert provision.login_password(folder, "issuer") == password_of(made["issuer"])
    assert "@db.example:" in provision.held(folder / "issuer" / "database_url")


def test_a_key_is_renewed_without_a_moment_in_which_its_events_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    provision.provide(folder, "postgresql://owner:x@localhost/x")

    def checks() -> tuple[Keyring, Signer]:
        keys = json.loads(provision.held(folder / "archive" / "event_keys"))
        return Keyring(keys), Signer(provision.held(folder / "issuer" / "signing_key"))

    assert besakakam("events", "keygen", folder, "issuer", "use").returncode == 1
    rings, signers = [], []
    for step in ("next", "use", "forget"):
        ring, signer = checks()
        rings.append(ring)
        signers.append(signer)
        assert besakakam("events", "keygen", folder, "issuer", step).returncode == 0
    ring, signer = checks()
    assert signer.public != signers[0].public
    for earlier, later in zip([*signers, signer], [*rings[1:], rings[-1], ring], strict=False):
        assert later.producer(earlier.sign(b"{}")) == "issuer"
    with pytest.raises(Untrusted):
        ring.producer(signers[0].sign(b"{}"))
    assert Signer(provision.held(folder / "notifier" / "signing_key")).public != signer.public
