"""`python -m deploy.local.demo [--once]`: servers, sandbox, services and the story under one terminal."""

import asyncio
import fcntl
import os
import shlex
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from honcho.manager import Manager

from deploy.local.demo.plan import Plan, make_plan
from deploy.local.demo.prepare import NotEmpty, prepare
from deploy.local.demo.terminal import STORY, Terminal
from deploy.local.servers import EmbeddedServers, ServersError
from services.command import SERVICES

FOLDER = Path("var/demo")
WATCH_SECONDS = 1.0
ENDED = (
    "ការបង្ហាញមិនបានចប់សព្វគ្រប់ទេ។ សូមមើលកំណត់ហេតុក្នុង {folder} ។\n"
    "The demo did not come to its end; what happened stands in the logs in {folder}."
)


@click.command()
@click.option("--once", is_flag=True, help="Stop after the mission; exit 0 only if every step was seen.")
@click.option("--verbose", is_flag=True, help="Show what the services write as well, not only the story.")
def main(once: bool, verbose: bool) -> None:
    """Show one mission from invitation to closed file."""
    with _alone(), _servers() as (servers, plan):
        try:
            asyncio.run(prepare(plan))
        except NotEmpty as error:
            raise click.ClickException(str(error)) from None
        sys.exit(_run(servers, plan, once, Terminal(FOLDER / "logs", verbose)))


@contextmanager
def _alone() -> Iterator[None]:
    """One demo at a time in this folder; each starts from nothing."""
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with (FOLDER.parent / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException("មានការបង្ហាញមួយកំពុងដំណើរការរួចហើយ។ / A demo is already running here.") from None
        yield


@contextmanager
def _servers() -> Iterator[tuple[EmbeddedServers, Plan]]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        servers = EmbeddedServers(FOLDER / "servers", environ=os.environ)  # noqa: TID251 (an entry point)
        endpoints = servers.start()
    except ServersError as error:
        raise click.ClickException(str(error)) from None
    try:
        yield servers, make_plan(FOLDER, endpoints.redis_url, endpoints.database_url)
    finally:
        servers.stop()


def _run(servers: EmbeddedServers, plan: Plan, once: bool, terminal: Terminal) -> int:
    """Every process under one printer, until the story ends, a process dies, or Ctrl-C; returns the exit code."""
    child = f"exec {shlex.quote(sys.executable)} -m deploy.local.demo.child {os.getpid()}"
    folder = shlex.quote(plan.folder)
    options = " ".join(f"--{name}" for name, chosen in (("once", once), ("colour", sys.stdout.isatty())) if chosen)
    manager = Manager(terminal)
    manager.add_process(
        "telegram",
        f"{child} deploy.local.telegram --port {plan.telegram} --token {plan.bot_token}"
        f" --folder {folder}/telegram --seed {folder}/telegram.json",
    )
    for service in SERVICES:
        inherited = dict(os.environ)  # noqa: TID251 (an entry point)
        manager.add_process(service, f"{child} services.{service}", env=inherited | plan.environment(service))
    manager.add_process(STORY, f"{child} deploy.local.demo.story {folder} {options}")
    watcher = threading.Thread(target=_watch, args=(servers, manager), daemon=True)
    watcher.start()
    manager.loop()
    if manager.returncode in {130, 143}:
        return manager.returncode if once else 0
    if manager.returncode:
        click.echo(ENDED.format(folder=terminal.folder), err=True)
    return 1 if manager.returncode else 0


def _watch(servers: EmbeddedServers, manager: Manager) -> None:
    """End the demo with a plain message when a server dies under way."""
    pause = threading.Event()
    while not pause.wait(WATCH_SECONDS):
        try:
            servers.check()
        except ServersError as error:
            click.echo(str(error), err=True)
            manager.returncode = 1
            manager.terminate()
            return


if __name__ == "__main__":
    main()
