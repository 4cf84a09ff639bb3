"""Entry point: `python -m services.notifier`."""

from services.notifier.app import build
from services.notifier.settings import NotifierSettings
from shared.service import serve
from shared.settings import read


def main() -> None:
    """Read the settings and serve until stopped."""
    settings = read(NotifierSettings)
    serve(build(settings), "notifier", settings)


if __name__ == "__main__":
    main()
