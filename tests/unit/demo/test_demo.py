"""What the demo shows a person, and whether its story makes sense to one."""

import stat
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from honcho.printer import Message

from deploy.local.demo.cast import INSTITUTIONS, all_groups, sample, telegram_id, telegram_seed
from deploy.local.demo.papers import Trip
from deploy.local.demo.plan import make_plan
from deploy.local.demo.terminal import STORY, Terminal
from shared.clock import PHNOM_PENH


def line(name: str, text: str) -> Message:
    return Message(type="line", data=text.encode(), time=datetime.now(PHNOM_PENH), name=name, colour=None)


@pytest.mark.parametrize("verbose", [False, True])
def test_the_story_alone_is_told_and_the_rest_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verbose: bool
) -> None:
    terminal = Terminal(tmp_path / "logs", verbose)
    terminal.write(line(STORY, "១. សេវាទាំងបីរួចរាល់\n"))
    terminal.write(line("issuer", "listening\n"))
    terminal.write(line("issuer", "ready\n"))
    terminal.write(line("system", "issuer started (pid=7)\n"))
    told = capsys.readouterr().out
    assert told.splitlines()[0] == "១. សេវាទាំងបីរួចរាល់"
    assert ("listening" in told) is verbose
    assert (tmp_path / "logs/issuer.log").read_text() == "listening\nready\n"
    assert (tmp_path / "logs/processes.log").read_text() == "issuer started (pid=7)\n"
    assert not (tmp_path / "logs/story.log").exists()


def test_a_shell_can_source_what_the_commands_need(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "redis://h/0?a=b&c='d'", "postgresql://u:p w@h/d", ports=(0, 0, 0, 0))
    plan.save_env({"OFFICER_KEY": "bsk_1"})
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600
    script = f'. {tmp_path}/env; echo "$REDIS_URL|$DATABASE_URL|$OFFICER_KEY|$ISSUER_URL"; command -v besakakam'
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert told[0] == f"{plan.redis_url}|{plan.database_url}|bsk_1|http://127.0.0.1:{plan.issuer}"
    assert told[1].endswith("/bin/besakakam")


@pytest.mark.parametrize("hour", range(24))
def test_at_any_hour_the_trip_is_nearly_over_and_the_order_in_force(hour: int) -> None:
    now = datetime(2026, 11, 25, hour, 17, 3, tzinfo=PHNOM_PENH)
    trip = Trip.of_today(now)
    assert trip.departs < trip.arrived < trip.left < now < trip.returns
    assert now - trip.departs < timedelta(hours=6)
    assert trip.returns - now < timedelta(hours=2), "the file is not closed long before its end"


def test_every_group_of_the_samples_is_in_the_sandbox_and_everybody_has_an_account() -> None:
    seed = telegram_seed()
    chats, users = seed["chats"], seed["users"]
    assert isinstance(chats, list)
    assert isinstance(users, list)
    assert {chat["id"] for chat in chats} == {group.chat_id for group in all_groups()}
    people = [person.id for institution in INSTITUTIONS for person in sample(institution).people]
    assert {user["id"] for user in users} == {telegram_id(person) for person in people}
    assert len({telegram_id(person) for person in people}) == len(people)
