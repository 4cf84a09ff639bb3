"""The page of a run: its figures, and a picture of load, faults and lag over time."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.typefaces import TYPEFACES
from tests.chaos.faults.kinds import Strike
from tests.chaos.watch import Lag

WIDTH, HEIGHT, ROW, GUTTER = 1000, 160, 16, 180
"""In the picture's own units: a panel's width and height, one kind of fault's line, and the room for its name."""
FONT = TYPEFACES / "Battambang-Regular.ttf"
RATE_SECONDS = 5.0
TICKS = 6


class Scale:
    """Moments as places from left to right."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first = first
        self.seconds = max(1.0, (last - first).total_seconds())

    def x(self, at: datetime) -> float:
        """Where a moment lies."""
        return round(min(1.0, max(0.0, (at - self.first).total_seconds() / self.seconds)) * WIDTH, 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Places with minutes and seconds since the start."""
        step = self.seconds / TICKS
        return [
            (round(n * WIDTH / TICKS, 1), f"{int(n * step) // 60}:{int(n * step) % 60:02}") for n in range(TICKS + 1)
        ]


def page(figures: dict[str, Any], plan: Sequence[Strike], lags: Sequence[Lag]) -> str:
    """The page, whole in itself."""
    struck = [strike for strike in plan if strike.struck_at is not None]
    moments = [lag.at for lag in lags] + [at for strike in struck if (at := strike.struck_at) is not None]
    if not moments:
        moments = [datetime.fromtimestamp(0).astimezone()]
    scale = Scale(min(moments), max(moments))
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("timeline.html.j2").render(
        figures=figures,
        font=b64encode(FONT.read_bytes()).decode(),
        width=WIDTH,
        gutter=GUTTER,
        height=HEIGHT,
        ticks=scale.ticks(),
        load=panel(scale, lags, {"under_way": lambda lag: lag.begun - lag.ended}) | _rate(scale, lags),
        lag=panel(
            scale,
            lags,
            {
                "unarchived": lambda lag: lag.unarchived,
                "undelivered": lambda lag: lag.undelivered,
                "unpublished": lambda lag: lag.unpublished,
            },
        ),
        faults=_faults(scale, struck),
        row=ROW,
    )


def panel(scale: Scale, lags: Sequence[Lag], lines: dict[str, Callable[[Lag], float]]) -> dict[str, Any]:
    """Lines of one panel, as points for an SVG polyline, on one scale; and that scale's top."""
    values = {name: [(scale.x(lag.at), value(lag)) for lag in lags] for name, value in lines.items()}
    top = max((value for line in values.values() for _, value in line), default=0) or 1
    return {"top": top} | {name: _points(line, top) for name, line in values.items()}


def _rate(scale: Scale, lags: Sequence[Lag]) -> dict[str, Any]:
    """Missions that ended in a second, over a few seconds each."""
    line, before = [], None
    for lag in lags:
        if before is None or lag.at - before.at >= timedelta(seconds=RATE_SECONDS):
            if before is not None:
                line.append((scale.x(lag.at), (lag.ended - before.ended) / (lag.at - before.at).total_seconds()))
            before = lag
    top = max((value for _, value in line), default=0) or 1
    return {"rate": _points(line, top), "rate_top": round(top, 1)}


def _points(line: Sequence[tuple[float, float]], top: float) -> str:
    return " ".join(f"{x},{round(HEIGHT - value / top * HEIGHT, 1)}" for x, value in line)


def _faults(scale: Scale, struck: Sequence[Strike]) -> list[dict[str, Any]]:
    """One line for each kind, with its marks: from when it struck until it was mended."""
    kinds: dict[str, list[dict[str, float]]] = {}
    for strike in struck:
        assert strike.struck_at is not None
        start, end = scale.x(strike.struck_at), scale.x(strike.mended_at or strike.struck_at)
        kinds.setdefault(strike.kind.value, []).append({"x": start, "width": round(max(3.0, end - start), 1)})
    return [
        {"kind": kind, "y": place * ROW, "marks": marks} for place, (kind, marks) in enumerate(sorted(kinds.items()))
    ]
