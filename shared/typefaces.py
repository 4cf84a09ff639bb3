"""Where the typefaces of letters and pages lie, each family's licence beside it."""

from pathlib import Path
from typing import Final

TYPEFACES: Final = Path(__file__).parent / "fonts"
