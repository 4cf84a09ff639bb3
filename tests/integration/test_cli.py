"""The command line as an operator meets it: its output and its exit code."""

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from click.testing import CliRunner

from deploy.local.servers import Postgres
from services.cli import main
from shared.service import migrations_of

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "deploy" / "local" / "samples"
KHMER = re.compile("[\u1780-\u17ff]")
PASSWORD = "hush-hush"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def besakakam(*arguments: str | Path, url: str = "") -> Done:
    """Run the command in a thread of its own, since it starts an event loop."""
    environ = {"DATABASE_URL": url or None}
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(CliRunner().invoke, main, list(map(str, arguments)), env=environ).result(60)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def process(*arguments: str, url: str = "") -> Done:
    """Run the command as an operator does; nothing of the caller's surroundings comes along."""
    command = [sys.executable, "-c", "from services.cli import main; main()", *arguments]
    surroundings = {"PATH": "", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"} | ({"DATABASE_URL": url} if url else {})
    done = subprocess.run(command, env=surroundings, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def well(*arguments: str | Path, url: str = "") -> str:
    done = besakakam(*arguments, url=url)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(*arguments: str | Path, url: str = "") -> str:
    """What a refusal says."""
    return said_by(besakakam(*arguments, url=url))


def said_by(done: Done) -> str:
    """The refusal, which must be in both languages, without a traceback or a password."""
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stderr
    assert KHMER.search(done.stderr)
    assert re.search("[A-Za-z]{4}", done.stderr)
    return done.stderr


def with_parts(url: str, **parts: str) -> str:
    return urlunsplit(urlsplit(url)._replace(**parts))


@pytest.fixture
async def empty_url(postgres_server: Postgres) -> str:
    """A database in which nothing is."""
    url = postgres_server.url
    assert url is not None
    owner = await asyncpg.connect(url)
    await owner.execute("DROP DATABASE IF EXISTS cli_empty WITH (FORCE)")
    await owner.execute("CREATE DATABASE cli_empty")
    await owner.close()
    return with_parts(url, path="/cli_empty")


async def rows(url: str, sql: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval(sql)
        return found
    finally:
        await connection.close()


async def test_migrating_twice_changes_nothing_the_second_time(empty_url: str) -> None:
    first = well("migrate", url=empty_url)
    for service in ("issuer", "notifier", "archive"):
        names = [each.name for folder in migrations_of(service) for each in folder.iterdir() if each.name[0].isdigit()]
        applied = first.split(f"{service}: ")[1].splitlines()[0].split(", ")
        assert applied[0] == "0001_transport.sql"
        assert sorted(applied) == sorted(names)
    assert well("migrate", url=empty_url) == "issuer: up to date\nnotifier: up to date\narchive: up to date\n"
    well("directory", "load", SAMPLES / "dfr", url=empty_url)


async def test_before_migrating_the_command_says_so(empty_url: str) -> None:
    assert "besakakam migrate" in refused("directory", "load", SAMPLES / "dfr", url=empty_url)
    assert "besakakam migrate" in refused("keys", "add", "MCS-0001", url=empty_url)


@pytest.mark.parametrize(("sample", "units", "people", "duties"), [("mcs", 48, 105, 88), ("dfr", 9, 34, 54)])
async def test_both_samples_are_loaded_and_the_second_time_nothing_changes(
    database_url: str, sample: str, units: int, people: int, duties: int
) -> None:
    checked = well("directory", "check", SAMPLES / sample)
    assert f"{units} units, {people} people, {duties} duties" in checked
    assert well("directory", "load", SAMPLES / sample, url=database_url).startswith(f"{units} ")
    assert well("directory", "load", SAMPLES / sample, url=database_url).startswith("0 ")
    assert await rows(database_url, "SELECT count(*) FROM issuer.outbox WHERE type = 'DirectoryChanged'") == units


async def test_a_changed_name_is_one_changed_unit(database_url: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / "mcs", tmp_path / "mcs"))
    well("directory", "load", folder, url=database_url)
    units = folder / "units.csv"
    units.write_text(units.read_text("utf-8").replace("Procurement Unit", "Unit of Procurement"), "utf-8")
    assert well("directory", "load", folder, url=database_url).startswith("1 ")


async def test_what_is_wrong_with_a_directory_is_said_by_file_line_and_field_and_nothing_is_loaded(
    database_url: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(SAMPLES / "mcs", tmp_path / "mcs"))
    units = folder / "units.csv"
    units.write_text(units.read_text("utf-8").replace("Cabinet,yes", "Cabinet,maybe"), "utf-8")
    (folder / "people.csv").unlink()
    for command in (["check"], ["load"]):
        said = refused("directory", *command, folder, url=database_url)
        assert "units.csv, line 3, issues: “maybe” must be yes or no" in said
        assert "units.csv, ជួរដេកទី 3, issues៖" in said
        assert "people.csv: the file is not in the folder" in said
    assert await rows(database_url, "SELECT count(*) FROM issuer.directory") == 0
    assert await rows(database_url, "SELECT count(*) FROM issuer.outbox") == 0


async def test_what_was_loaded_cannot_be_left_out(database_url: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / "mcs", tmp_path / "mcs"))
    well("directory", "load", folder, url=database_url)
    duties = folder / "duties.csv"
    lines = duties.read_text("utf-8").splitlines()
    duties.write_text("\n".join(line for line in lines if not line.startswith("mcs.gdcs-policy.d02,")), "utf-8")
    assert "“mcs.gdcs-policy.d02” is gone" in refused("directory", "load", folder, url=database_url)
    assert await rows(database_url, "SELECT revision FROM issuer.directory") == 1


async def test_a_folder_that_is_not_there(database_url: str, tmp_path: Path) -> None:
    done = besakakam("directory", "load", tmp_path / "nowhere", url=database_url)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


async def test_keys_are_made_for_people_of_the_directory_and_ended_once(database_url: str) -> None:
    well("directory", "load", SAMPLES / "dfr", url=database_url)
    key = well("keys", "add", "DFR-0005", url=database_url).strip()
    assert re.fullmatch(r"bsk_[0-9a-f]{12}_[\w-]{43}", key)
    _, key_id, secret = key.split("_", 2)
    stored = f"SELECT count(*) FROM issuer.api_key a WHERE a::text LIKE '%{secret}%'"
    assert await rows(database_url, stored) == 0
    assert "MCS-9999" in refused("keys", "add", "MCS-9999", url=database_url)
    assert "revoked" in well("keys", "revoke", key_id, url=database_url)
    assert key_id in refused("keys", "revoke", key_id, url=database_url)
    refused("keys", "revoke", "nothing", url=database_url)


async def test_keys_are_listed_without_their_secrets(database_url: str) -> None:
    well("directory", "load", SAMPLES / "dfr", url=database_url)
    assert well("keys", "list", url=database_url) == ""
    made = [well("keys", "add", person, url=database_url).strip() for person in ("DFR-0005", "DFR-0006")]
    ids, secrets = zip(*(key.split("_", 2)[1:] for key in made), strict=True)
    well("keys", "revoke", ids[0], url=database_url)
    said = well("keys", "list", url=database_url)
    first, second = (line.split("\t") for line in said.splitlines())
    assert (first[:2], second[:2]) == ([ids[0], "DFR-0005"], [ids[1], "DFR-0006"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", first[2])
    assert re.search(r"revoked \d{4}-\d\d-\d\d \d\d:\d\d$", first[3])
    assert "in force" in second[3]
    assert KHMER.search(first[3])
    assert KHMER.search(second[3])
    assert not any(secret in said for secret in secrets)
    assert well("keys", "list", "DFR-0006", url=database_url) == said.splitlines()[1] + "\n"
    assert well("keys", "list", "DFR-9999", url=database_url) == ""


def test_a_check_names_the_units_that_stand_without_a_group() -> None:
    *without, last = well("directory", "check", SAMPLES / "mcs").splitlines()
    assert re.findall(r"no group: (\S+)", "\n".join(without)) == ["mcs.gdaf-planning", "mcs.p11"]
    assert all(KHMER.search(line) for line in without)
    assert "48 units" in last


def test_lunar_dates_and_the_event_description_need_no_database() -> None:
    assert "២៥៥៩" in well("lunar", "2016-04-18")
    described = json.loads(well("events", "asyncapi"))
    assert described["asyncapi"].startswith("3.")
    assert {"MissionRequested", "MissionIssued", "ReportReturned"} <= described["components"]["messages"].keys()


COMMANDS = [["migrate"], ["keys", "add", "DFR-0005"]]


@pytest.mark.parametrize("command", COMMANDS, ids=["migrate", "add"])
def test_a_database_out_of_reach_is_said_plainly(postgres_server: Postgres, command: list[str]) -> None:
    url = postgres_server.url
    assert url is not None
    there = urlsplit(url)
    unreachable = [
        f"postgresql://someone:{PASSWORD}@127.0.0.1:1/besakakam",
        f"postgresql://someone:{PASSWORD}@no-such-host.invalid/besakakam",
        with_parts(url, netloc=f"{there.username}:{PASSWORD}@{there.hostname}:{there.port}"),
        with_parts(url, path="/no_such_database"),
    ]
    for each in unreachable:
        assert "cannot be reached" in refused(*command, url=each)


@pytest.mark.parametrize("command", COMMANDS, ids=["migrate", "add"])
@pytest.mark.parametrize(
    "url",
    [
        f"mysql://x:{PASSWORD}@h/d",
        f"postgresql://x:a/{PASSWORD}@h:5432/d",
        f"x:{PASSWORD}",
        f"postgresql://x:{PASSWORD}#@h/d",
    ],
)
def test_a_wrong_address_is_not_shown(command: list[str], url: str) -> None:
    assert "DATABASE_URL" in refused(*command, url=url)


def test_a_missing_address_is_named() -> None:
    assert "DATABASE_URL" in said_by(process("migrate"))


def test_the_command_as_a_process(postgres_server: Postgres) -> None:
    url = with_parts(str(postgres_server.url), path="/no_such_database")
    assert "cannot be reached" in said_by(process("keys", "add", "DFR-0005", url=url))
    assert "២៥៥៩" in process("lunar", "2016-04-18").stdout
