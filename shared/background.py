"""The tasks that run beside a service's requests: one owner starts them, watches them and ends them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger()


def raise_if_cancelled() -> None:
    """Raise `CancelledError` where this task was cancelled and a library lost it; to be called in endless loops.

    `asyncio.wait_for` of Python 3.11 loses a cancellation that comes as its awaitable ends, and redis-py sends by it.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class Background:
    """Owns a service's long-running tasks. `dead()` names those that ended by themselves, which is never right."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self.when_dead: Callable[[], None] | None = None
        """Called when a task has ended by itself; a process that nobody probes had better end as well."""

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until `stop`; its failure is logged once and makes the service unhealthy."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(self._report)
        self._tasks[name] = task

    def dead(self) -> list[str]:
        """Names of tasks that are no longer running."""
        return [name for name, task in self._tasks.items() if task.done()]

    async def stop(self, seconds: float = 10) -> None:
        """Cancel every task and wait for them, at most `seconds`."""
        self._stopping = True
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=seconds)

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task.died", task=task.get_name(), exc_info=error)
        if not self._stopping and self.when_dead is not None:
            self.when_dead()
