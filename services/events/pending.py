"""Events that the archive's log may lack: those that lie unconfirmed in an outbox, or among its dead letters."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import suppress

from shared import dead_letters, outbox
from shared.dead_letters import DeadLetter
from shared.errors import PoisonError
from shared.events import AnyEvent, parse
from shared.postgres import Pool, transaction

LETTERS = 200


async def letters_of(pool: Pool, besides: Collection[int] = ()) -> AsyncIterator[list[DeadLetter]]:
    """The events that a service has set aside, page by page, oldest first; not those `besides`, by their numbers."""
    last = 0
    while True:
        async with transaction(pool) as connection:
            letters = await dead_letters.waiting(connection, LETTERS, last, besides)
        if not letters:
            return
        yield letters
        last = letters[-1].dead_id


class Noted:
    """The numbers under which events lie in one place, by what they are about: a subject or a type."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()
        self._about: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, number: int, *topics: str) -> None:
        """Note an event, so that it need not be read again to know what it is about."""
        self.numbers.add(number)
        for topic in topics:
            self._about[topic].append(number)

    def about(self, topics: Collection[str]) -> list[int]:
        """The numbers of the events about any of these."""
        return sorted({number for topic in topics for number in self._about.get(topic, ())})


class Pending:
    """Which events the log may lack, kept up to date at little cost.

    Numbers are given before a transaction commits, so a lower one may appear after a higher: what is new is told by
    the numbers that were noted, and not by the highest. Events themselves are not kept, and so a backlog of any size
    costs a few words of memory for each.
    """

    def __init__(self, services: Iterable[Pool], archive: Pool) -> None:
        self._outboxes = [(pool, Noted()) for pool in services]
        self._archive = archive
        self._letters = Noted()

    async def look(self) -> None:
        """Note what has come since the last look: the outboxes first, and then the archive's dead letters."""
        for pool, noted in self._outboxes:
            for row in await outbox.unconfirmed(pool, noted.numbers):
                noted.add(row["position"], row["subject"], row["type"])
        async for letters in letters_of(self._archive, self._letters.numbers):
            for letter in letters:
                event = None if letter.refused else _read(letter.body)
                self._letters.add(letter.dead_id, *(event.subject, event.type) if event else ())

    async def about(self, topics: Collection[str]) -> list[AnyEvent]:
        """The events noted about these subjects or of these types, in the order of their outboxes."""
        bodies: list[bytes] = []
        for pool, noted in self._outboxes:
            bodies += await outbox.bodies(pool, noted.about(topics))
        bodies += await dead_letters.bodies(self._archive, self._letters.about(topics))
        return [parse(body) for body in bodies]


def _read(body: bytes) -> AnyEvent | None:
    """The event, or None for what nobody could have read."""
    with suppress(PoisonError):
        return parse(body)
    return None
