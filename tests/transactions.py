"""Notices every call over a network that is made while a transaction of PostgreSQL is open in the same task.

PostgreSQL ends a transaction in which nothing is asked for 30 s, and whatever waits for its locks waits with it: so no
transaction may wait for Telegram, for Redis or for any other server.
"""

import asyncio
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from asyncpg.transaction import Transaction
from redis.asyncio.connection import AbstractConnection

CALLS: tuple[tuple[type[Any], str], ...] = (
    (aiohttp.ClientSession, "_request"),
    (httpx.AsyncHTTPTransport, "handle_async_request"),
    (AbstractConnection, "send_packed_command"),
)
"""Where the libraries in use begin to talk: aiogram stands on aiohttp, FastStream on redis."""


class CalledInTransaction(AssertionError):
    """A call over a network within a transaction."""


class Watch:
    """Which tasks have a transaction open, and what they called meanwhile."""

    def __init__(self) -> None:
        self._open: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self.found: list[str] = []

    def _count(self, change: int) -> None:
        if (task := asyncio.current_task()) is not None:
            self._open[task] = self._open.get(task, 0) + change

    def began(self) -> None:
        """The task at work has opened a transaction, or a savepoint in it."""
        self._count(1)

    def ended(self) -> None:
        """It has ended one."""
        self._count(-1)

    def check(self, call: str) -> None:
        """Raise `CalledInTransaction`, and remember it in case that is caught."""
        task = asyncio.current_task()
        if task is not None and self._open.get(task, 0) > 0:
            places = [line for line in traceback.format_stack() if "services/" in line or "shared/" in line]
            self.found.append(f"{call} within a transaction:\n{''.join(places[-6:])}")
            raise CalledInTransaction(self.found[-1])


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch every task until the end of the block."""
    watch = Watch()
    enter, leave = Transaction.__aenter__, Transaction.__aexit__

    async def begin(transaction: Any) -> None:
        await enter(transaction)
        watch.began()

    async def end(transaction: Any, *error: Any) -> None:
        try:
            await leave(transaction, *error)
        finally:
            watch.ended()

    def checked(kind: type[Any], name: str) -> Callable[..., Any]:
        call = getattr(kind, name)

        async def instead(*args: Any, **kwargs: Any) -> Any:
            watch.check(f"{kind.__name__}.{name}")
            return await call(*args, **kwargs)

        return instead

    patches = [patch.object(kind, name, checked(kind, name)) for kind, name in CALLS]
    patches += [patch.object(Transaction, "__aenter__", begin), patch.object(Transaction, "__aexit__", end)]
    for each in patches:
        each.start()
    try:
        yield watch
    finally:
        for each in patches:
            each.stop()
