"""Errors that cross the border between a handler and the transport, and refusals that a person reads."""

from shared.i18n import Message


class BesakakamError(Exception):
    """Root of every error this system raises on purpose."""


class Refused(BesakakamError):
    """A person asked for something that cannot be; `message` tells them what to do. It is never logged as a bug."""

    def __init__(self, code: str, message: Message) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class NotYet(BesakakamError):
    """An event came before the one it depends on; it is tried again later."""


class PoisonError(BesakakamError):
    """An event that no retry can help; it is set aside at once, with `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MalformedEvent(PoisonError):
    """The bytes are not an event of the contract."""


class Untrusted(PoisonError):
    """An event that is not proved to come from the service that alone may publish it."""
