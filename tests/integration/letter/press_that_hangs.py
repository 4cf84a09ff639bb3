"""A process for a test to kill: it prints one letter, says so, and waits with its press open."""

import asyncio

import click

from services.issuer.letter.pdf_renderer import PdfRenderer
from tests.integration.letter.conftest import AT
from tests.letter_samples import letter


async def main() -> None:
    async with PdfRenderer(workers=1) as press:
        await press.render(letter(1), AT)
        click.echo("printed")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
