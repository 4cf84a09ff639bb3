"""`python -m tests.chaos`: strike the running system at random, and see that nothing is lost and nothing done twice."""

import asyncio
import json
import shutil
import signal
import tempfile
from pathlib import Path

import click

from tests.chaos.harness import Mix, run
from tests.chaos.report import Report


@click.command()
@click.option("--seed", default=1, show_default=True)
@click.option("--missions", default=60, show_default=True)
@click.option("--faults", default=25, show_default=True)
@click.option("--limits/--no-limits", help="Keep Telegram's limits and our pacing; a group takes twenty a minute.")
@click.option("--report", type=click.Path(path_type=Path), default=Path("var/chaos/latest.json"), show_default=True)
@click.option("--bug", default="", help="Plant a bug that the run has to find (see tests/chaos/planted.py).")
def main(seed: int, missions: int, faults: int, limits: bool, report: Path, bug: str) -> None:
    """Exits with 1 where an invariant is broken; the logs of such a run are kept."""
    folder = Path(tempfile.mkdtemp(prefix="besakakam-chaos-"))
    made = asyncio.run(_run(folder, Mix(seed, missions, faults, limits=limits, bug=bug)))
    made.save(report)
    click.echo(json.dumps(made.figures, ensure_ascii=False, indent=2))
    for violation in made.violations:
        click.secho(f"✘ {violation}", fg="red")
    click.echo(f"{report} · {report.with_suffix('.html')}")
    if made.violations:
        click.echo(f"logs: {folder}")
        raise SystemExit(1)
    shutil.rmtree(folder, ignore_errors=True)
    click.secho("✔ គ្មានការបាត់បង់ គ្មានការធ្វើពីរដង / nothing lost, nothing twice", fg="green")


async def _run(folder: Path, mix: Mix) -> Report:
    """The run, which a SIGTERM ends in order."""
    running = asyncio.ensure_future(run(folder, mix))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await running


if __name__ == "__main__":
    main()
