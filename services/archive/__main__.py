"""Entry point: `python -m services.archive`."""

from services.archive.app import build
from services.archive.settings import ArchiveSettings
from shared.service import serve
from shared.settings import read


def main() -> None:
    """Read the settings and serve until told to stop."""
    settings = read(ArchiveSettings)
    serve(build(settings), "archive", settings)


if __name__ == "__main__":
    main()
