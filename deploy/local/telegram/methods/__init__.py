"""The table of methods; each takes the world and the parameters and returns the JSON of `result`.

A new method is one function in the module of its kind and one entry in that module's METHODS.
"""

from deploy.local.telegram.methods import bot, callbacks, chats, edit, media, receive, send
from deploy.local.telegram.methods.types import Method

METHODS: dict[str, Method] = {
    name.lower(): method
    for module in (bot, callbacks, chats, edit, media, receive, send)
    for name, method in module.METHODS.items()
}

__all__ = ["METHODS", "Method"]
