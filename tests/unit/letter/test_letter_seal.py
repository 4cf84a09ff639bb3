"""The QR code's drawing has every dark module and no other."""

import re

from services.issuer.letter.seal import seal_svg
from tests.letter_samples import seal


def test_runs_cover_exactly_the_dark_modules_inside_a_quiet_zone() -> None:
    modules = seal(25)
    svg = seal_svg(modules)
    drawn = {
        (int(x) + step, int(y))
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg)
        for step in range(int(width))
    }
    dark = {(x + 4, y + 4) for y, row in enumerate(modules) for x, module in enumerate(row) if module}
    assert drawn == dark
    assert 'viewBox="0 0 33 33"' in svg
