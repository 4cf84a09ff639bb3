"""The place of the seal: a QR code drawn as SVG for the template."""

from itertools import groupby

from services.issuer.letter.content import SealModules


def seal_svg(modules: SealModules) -> str:
    """A QR code as one SVG path, a unit to a module, within the quiet zone of four that readers expect."""
    size = len(modules) + 8
    path = "".join(_row_path(row, y) for y, row in enumerate(modules, start=4))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path d="{path}"/></svg>'
    )


def _row_path(row: tuple[int, ...], y: int) -> str:
    """A rectangle for each run of dark modules."""
    x, path = 4, ""
    for dark, run in groupby(row):
        width = len(list(run))
        path += f"M{x} {y}h{width}v1h-{width}z" if dark else ""
        x += width
    return path
