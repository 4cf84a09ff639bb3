"""Notices every call over a network that is made while a transaction of PostgreSQL is open in the same task.

PostgreSQL ends a transaction in which nothing is asked for 30 s, and whatever waits for its locks waits with it: so no
transaction may wait for Telegram, for Redis or for any other server. Looking at a file takes seconds and its turn: for
that not even a connection may be held.
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
from asyncpg.pool import PoolAcquireContext
from asyncpg.transaction import Transaction
from redis.asyncio.connection import AbstractConnection

from shared.inspection.inspector import Inspector

CALLS: tuple[tuple[type[Any], str], ...] = (
    (aiohttp.ClientSession, "_request"),
    (httpx.AsyncHTTPTransport, "handle_async_request"),
    (AbstractConnection, "send_packed_command"),
)
"""Where the libraries in use begin to talk: aiogram stands on aiohttp, FastStream on redis."""

Holds = WeakKeyDictionary[asyncio.Task[Any], int]


class CalledInTransaction(AssertionError):
    """A call over a network within a transaction, or a look at a file while a connection is held."""


class Watch:
    """Which tasks have a transaction open, or hold a connection, and what they called meanwhile."""

    def __init__(self) -> None:
        self._open: Holds = WeakKeyDictionary()
        self._held: Holds = WeakKeyDictionary()
        self.found: list[str] = []

    def began(self) -> None:
        """The task at work has opened a transaction, or a savepoint in it."""
        _count(self._open, 1)

    def ended(self) -> None:
        """It has ended one."""
        _count(self._open, -1)

    def took(self) -> None:
        """The task at work has taken a connection from a pool."""
        _count(self._held, 1)

    def gave_back(self) -> None:
        """It has given one back."""
        _count(self._held, -1)

    def check(self, call: str) -> None:
        """No transaction is open. Raise `CalledInTransaction`, and remember it in case that is caught."""
        self._check(self._open, f"{call} within a transaction")

    def check_free(self, call: str) -> None:
        """As `check`, and no connection is held."""
        self._check(self._held, f"{call} within a connection's hold")

    def _check(self, holds: Holds, what: str) -> None:
        task = asyncio.current_task()
        if task is not None and holds.get(task, 0) > 0:
            places = [line for line in traceback.format_stack() if "services/" in line or "shared/" in line]
            self.found.append(f"{what}:\n{''.join(places[-6:])}")
            raise CalledInTransaction(self.found[-1])


def _count(holds: Holds, change: int) -> None:
    if (task := asyncio.current_task()) is not None:
        holds[task] = holds.get(task, 0) + change


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch every task until the end of the block."""
    watch = Watch()
    enter, leave = Transaction.__aenter__, Transaction.__aexit__
    acquire, release = PoolAcquireContext.__aenter__, PoolAcquireContext.__aexit__

    async def begin(transaction: Any) -> None:
        await enter(transaction)
        watch.began()

    async def end(transaction: Any, *error: Any) -> None:
        try:
            await leave(transaction, *error)
        finally:
            watch.ended()

    async def take(context: Any) -> Any:
        connection = await acquire(context)
        watch.took()
        return connection

    async def give_back(context: Any, *error: Any) -> None:
        try:
            await release(context, *error)
        finally:
            watch.gave_back()

    patches = [patch.object(kind, name, _checked(kind, name, watch.check)) for kind, name in CALLS]
    patches += [
        patch.object(Inspector, "_answer", _checked(Inspector, "_answer", watch.check_free)),
        patch.object(Transaction, "__aenter__", begin),
        patch.object(Transaction, "__aexit__", end),
        patch.object(PoolAcquireContext, "__aenter__", take),
        patch.object(PoolAcquireContext, "__aexit__", give_back),
    ]
    for each in patches:
        each.start()
    try:
        yield watch
    finally:
        for each in patches:
            each.stop()


def _checked(kind: type[Any], name: str, check: Callable[[str], None]) -> Callable[..., Any]:
    """The method, called only after the check."""
    call = getattr(kind, name)

    async def instead(*args: Any, **kwargs: Any) -> Any:
        check(f"{kind.__name__}.{name}")
        return await call(*args, **kwargs)

    return instead
