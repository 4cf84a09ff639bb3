"""Why a file cannot be used: raised by what opens it, within the process apart."""


class Unusable(Exception):
    """The file will not do, for the reason that `code` names."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
