"""`besakakam events`: what waits, what flows, what could not be handled, and read models made again."""

import click

from services.events.lag import lag
from services.events.letters import dead, replay, show
from services.events.rebuild import rebuild
from services.events.republish import republish
from services.events.tail import tail


@click.group()
def events() -> None:
    """The events that the services exchange."""


for command in (lag, tail, dead, show, replay, republish, rebuild):
    events.add_command(command)
