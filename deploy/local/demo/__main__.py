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

from deploy.local.demo.cast import Cast
from deploy.local.demo.plan import BOT_TOKEN, Plan, make_plan
from deploy.local.demo.prepare import prepare
from deploy.local.servers import EmbeddedServers, ServersError
from services.cli import SERVICES

FOLDER = Path("var/demo")
WATCH_SECONDS = 1.0


@click.command()
@click.option("--once", is_flag=True, help="Stop after the mission; exit 0 only if every step was seen.")
def main(once: bool) -> None:
    """Show one mission from invitation to closed file."""
    with _alone(), _servers() as (servers, plan):
        asyncio.run(prepare(plan, Cast().groups()))
        sys.exit(_run(servers, plan, once))


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


def _run(servers: EmbeddedServers, plan: Plan, once: bool) -> int:
    """Every process under one printer, until the story ends, a process dies, or Ctrl-C; returns the exit code."""
    python, folder = shlex.quote(sys.executable), shlex.quote(plan.folder)
    manager = Manager()
    manager.add_process(
        "telegram",
        f"exec {python} -m deploy.local.telegram --port {plan.telegram} --token {BOT_TOKEN}"
        f" --folder {folder}/telegram --seed {folder}/telegram.json",
    )
    for service in SERVICES:
        inherited = dict(os.environ)  # noqa: TID251 (an entry point)
        manager.add_process(service, f"exec {python} -m services.{service}", env=inherited | plan.environment(service))
    manager.add_process("story", f"exec {python} -m deploy.local.demo.story {folder} {'--once' if once else ''}")
    watcher = threading.Thread(target=_watch, args=(servers, manager), daemon=True)
    watcher.start()
    manager.loop()
    stopped_by_hand = manager.returncode in {130, 143} and not once
    return 0 if stopped_by_hand else int(manager.returncode or 0)


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
