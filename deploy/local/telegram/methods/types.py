"""The shape of a method, and how sends pass the limits."""

from collections.abc import Awaitable, Callable

from deploy.local.telegram.errors import too_many_requests
from deploy.local.telegram.model import Chat
from deploy.local.telegram.params import Params
from deploy.local.telegram.world import World

Method = Callable[[World, Params], Awaitable[object]]


def pay(world: World, chat: Chat, cost: int = 1) -> None:
    """Counts `cost` messages against the chat; raises 429 when that is too fast."""
    seconds = world.limits.take(chat.id, cost)
    if seconds:
        raise too_many_requests(seconds)
