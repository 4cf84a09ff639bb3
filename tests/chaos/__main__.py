"""`python -m tests.chaos`: strike the running system at random, and see that nothing is lost and nothing done twice."""

import asyncio
import json
import shutil
import tempfile
from pathlib import Path

import click

from tests.chaos.harness import Mix, run, save

SHORT = ("seed", "missions", "events", "ends", "announcements", "faults", "recovery_seconds", "load_seconds", "seconds")


@click.command()
@click.option("--seed", default=1, show_default=True)
@click.option("--missions", default=60, show_default=True)
@click.option("--faults", default=15, show_default=True)
@click.option("--report", type=click.Path(path_type=Path), default=Path("var/chaos/latest.json"), show_default=True)
@click.option("--bug", default="", help="Plant a bug that the run has to find (see tests/chaos/planted.py).")
def main(seed: int, missions: int, faults: int, report: Path, bug: str) -> None:
    """Exits with 1 where an invariant is broken; the logs of such a run are kept."""
    folder = Path(tempfile.mkdtemp(prefix="besakakam-chaos-"))
    found = asyncio.run(run(folder, Mix(seed, missions, faults, bug=bug)))
    save(found, report)
    click.echo(json.dumps({name: found[name] for name in SHORT}, ensure_ascii=False, indent=2))
    for violation in found["violations"]:
        click.secho(f"✘ {violation}", fg="red")
    if found["violations"]:
        click.echo(f"logs: {folder}")
        raise SystemExit(1)
    shutil.rmtree(folder, ignore_errors=True)
    click.secho("✔ គ្មានការបាត់បង់ គ្មានការធ្វើពីរដង / nothing lost, nothing twice", fg="green")


if __name__ == "__main__":
    main()
