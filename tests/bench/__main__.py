"""`python -m tests.bench`: measure, show a table, and write `var/bench/latest.json`."""

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

import click

from tests.bench.figures import GOALS, table
from tests.bench.run import Sizes, bench

OUT = Path("var/bench/latest.json")


@click.command()
@click.option("--rounds", default=Sizes.rounds, show_default=True, help="Rounds whose medians are taken.")
@click.option("--only", multiple=True, type=click.Choice(list(GOALS)), help="Only this figure; may be repeated.")
@click.option("--out", default=OUT, show_default=True, type=click.Path(dir_okay=False, path_type=Path))
def main(rounds: int, only: tuple[str, ...], out: Path) -> None:
    """Measures the transport and the services, each against a floor of the same run."""
    folder = out.parent.absolute() / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def tell(line: str) -> None:
        click.echo(line, err=True)

    found = asyncio.run(bench(folder, replace(Sizes(), rounds=rounds), only or tuple(GOALS), tell=tell))
    out.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    click.echo(table(found))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
