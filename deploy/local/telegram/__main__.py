"""`python -m deploy.local.telegram`: the sandbox until it is told to stop."""

import asyncio
import signal
from pathlib import Path

import click

from deploy.local.telegram.app import DEFAULT_TOKEN, Sandbox
from deploy.local.telegram.errors import ControlError
from deploy.local.telegram.limits import Pace
from deploy.local.telegram.seed import Seed


@click.command()
@click.option("--port", default=8081, show_default=True, help="Port on loopback; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address; any other is refused.")
@click.option("--token", default=DEFAULT_TOKEN, show_default=True, help="The bot's token.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Keeps state and files here.")
@click.option("--seed", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Chats and people to add.")
@click.option("--limits", type=click.Choice([str(pace) for pace in Pace]), default="off", show_default=True)
def main(port: int, host: str, token: str, folder: Path | None, seed: Path | None, limits: str) -> None:
    """Runs a stand-in for Telegram's Bot API, with a page for the people in its chats."""
    planted = Seed.model_validate_json(seed.read_bytes()) if seed else Seed()
    asyncio.run(_serve(port, host, token, folder, planted, limits))


async def _serve(port: int, host: str, token: str, folder: Path | None, seed: Seed, limits: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        sandbox = Sandbox(port=port, host=host, token=token, folder=folder, seed=seed, limits=Pace(limits))
    except ControlError as error:
        raise click.ClickException(error.reason) from error
    try:
        await sandbox.start()
    except OSError as error:
        raise click.ClickException(f"port {port} cannot be taken: {error.strerror}") from error
    click.echo(f"{sandbox.url}/")
    await stopped.wait()
    await sandbox.stop()


if __name__ == "__main__":
    main()
