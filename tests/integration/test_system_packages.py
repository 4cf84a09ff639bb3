"""Installing what only tests need: another apt that is at work is waited for."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy/local/system-packages"


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """An apt of this test's own: no sources, its own folders and locks, nothing of the machine's."""
    assert shutil.which("apt-get"), "apt-get is missing: the tests run on a Debian-like machine"
    for folder in ("lists/partial", "archives/partial", "etc", "commands", "trusted"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "status").touch()
    (tmp_path / "apt.conf").write_text(
        f'Dir::State::Lists "{tmp_path}/lists"; Dir::State::Status "{tmp_path}/status";'
        f' Dir::Cache::Archives "{tmp_path}/archives"; Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";'
        f' Dir::Etc::SourceList "{tmp_path}/etc/none"; Dir::Etc::SourceParts "{tmp_path}/etc";'
        f' APT::Sandbox::User "";',
        encoding="utf-8",
    )
    sudo = (
        tmp_path / "commands" / "sudo"
    )  # where the tests run as an ordinary user, apt has only its own folders to write
    sudo.write_text('#!/bin/sh\nshift\nexec "$@"\n', encoding="utf-8")
    sudo.chmod(0o755)
    path = f"{tmp_path}/commands:{os.environ['PATH']}"
    return {**os.environ, "APT_CONFIG": str(tmp_path / "apt.conf"), "PATH": path}


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """The lock, as another apt holds it."""
    with lock.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield


async def _start(machine: dict[str, str]) -> asyncio.subprocess.Process:
    command = [str(SCRIPT), "no-such-package-here:no-such-command-here"]
    return await asyncio.create_subprocess_exec(*command, env=machine, stderr=asyncio.subprocess.PIPE)


async def test_another_apt_is_waited_for(machine: dict[str, str], tmp_path: Path) -> None:
    with held(tmp_path / "lists/lock"):
        running = await _start(machine)
        assert running.stderr is not None
        first = (await running.stderr.readline()).decode()
    rest = (await running.stderr.read()).decode()
    assert "waiting for another apt" in first
    assert "Unable to locate package no-such-package-here" in rest, "it went on as soon as the lock was free"
    assert "apt-get install no-such-package-here" in rest, "and said what to do"
    assert await running.wait() == 1


async def test_waiting_has_an_end(machine: dict[str, str], tmp_path: Path) -> None:
    with held(tmp_path / "lists/lock"):
        running = await _start(machine | {"APT_WAIT_SECONDS": "2"})
        assert running.stderr is not None
        told = (await running.stderr.read()).decode()
    assert "waiting for another apt" in told
    assert "lists/lock" in told
    assert await running.wait() == 1
