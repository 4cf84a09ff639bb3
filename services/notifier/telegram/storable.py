"""Text as PostgreSQL can hold it: without NUL and without halves of surrogate pairs, which JSON can spell."""

import re
from typing import Any, Final

_NEVER: Final = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """The JSON value with each impossible letter, in any text or name of a field, replaced by U+FFFD."""
    match value:
        case str():
            return _NEVER.sub("\ufffd", value)
        case list():
            return [storable(each) for each in value]
        case dict():
            return {storable(name): storable(each) for name, each in value.items()}
        case _:
            return value
