"""Files that people send: as Telegram announces them, and what became of fetching one."""

from pydantic import Field

from shared.errors import Refused
from shared.i18n import Message
from shared.values import DocumentRef, Value


class File(Value):
    """A file as announced by Telegram; `size` is None where Telegram does not say.

    `unique` stays the same for the same file, `file_id` may change.
    """

    file_id: str
    unique: str = ""
    size: int | None
    name: str


class Refusal(Value):
    """Why no return can hold a file: the parts of a `Refused`."""

    code: str
    text: str
    params: dict[str, str | int] = Field(default={})

    @property
    def message(self) -> Message:
        """The sentence for the sender."""
        return Message(self.text, self.params)


class Fetched(Value):
    """A fetched file: the stored document, or why it was not stored; one of the two."""

    document: DocumentRef | None = None
    refusal: Refusal | None = None


def refusal_of(refused: Refused) -> Refusal:
    """The refusal as a value that can be kept."""
    params = {name: value if isinstance(value, int) else str(value) for name, value in refused.message.params.items()}
    return Refusal(code=refused.code, text=refused.message.text, params=params)
