"""python -m deploy.local.servers: both servers until interrupted."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from deploy.local.servers import EmbeddedServers, ServersError

CHECK_SECONDS = 0.5


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("var/servers"),
    show_default=True,
    help="ថតទិន្នន័យ · where the data is kept",
)
@click.option("--postgres-port", type=click.IntRange(1, 65535), help="ច្រករបស់ PostgreSQL · PostgreSQL's port")
@click.option("--valkey-port", type=click.IntRange(1, 65535), help="ច្រករបស់ Valkey · Valkey's port")
def main(folder: Path, postgres_port: int | None, valkey_port: int | None) -> None:
    """ដំណើរការ PostgreSQL និង Valkey រហូតដល់មានការបញ្ឈប់ · Run PostgreSQL and Valkey until stopped.

    Prints REDIS_URL and DATABASE_URL once both answer. Ends with 0 when interrupted, with 1 when a server
    cannot start or dies.
    """
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    servers = EmbeddedServers(folder, environ=os.environ, postgres_port=postgres_port, valkey_port=valkey_port)  # noqa: TID251 (an entry point)
    try:
        endpoints = servers.start()
        click.echo(f"REDIS_URL={endpoints.redis_url}\nDATABASE_URL={endpoints.database_url}")
        while not interrupted.wait(CHECK_SECONDS):
            servers.check()
    except ServersError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    finally:
        servers.stop()


if __name__ == "__main__":
    main()
