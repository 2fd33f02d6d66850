"""What figures of measures in time have in common: panels under one time axis, limits, points and gaps, words kept apart.

Across is time, in days since 1970; down is points, as in every figure here.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lib.figures import rule
from lib.lettering import INK, SECOND_INK, write
from lib.timescale import number, ticks
from lib.xmr import SET, TOO_FEW, Segment

DASHED, DOTTED = (0, (6, 3)), (0, (1, 2.2))
PALE = {"#12436D": "#7F93AB", "#A33A08": "#CF9A80", "#3D3D3D": "#8A8A8A"}
"""The line between marks is thin and pale: what counts is the values, not the zigzag."""

STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Panel:
    """One panel: where it lies, in points from the top, and which values are its ends."""

    top: float
    height: float
    low: float
    high: float

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    def y(self, value: float) -> float:
        """Where a value lies."""
        return self.bottom - (value - self.low) / (self.high - self.low) * self.height


def rounded(low: float, high: float, most: int = 3) -> list[float]:
    """Round numbers from the first at or under `low` to the first at or over `high`, about as many as asked for.

    >>> rounded(0, 53), rounded(0.7, 1)
    ([0.0, 20.0, 40.0, 60.0], [0.7, 0.8, 0.9, 1.0])
    """
    room = max(high - low, 1e-9) / most
    power = 10.0 ** math.floor(math.log10(room))
    step = next(s * power for s in STEPS if s * power >= room * 0.999 and (s != 2.5 or power >= 10))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 9) for n in range(first, max(last, first + 1) + 1)]


def scale(
    ax: Axes,
    panel: Panel,
    values: Sequence[float],
    said: Callable[[float], str],
    left: float,
    skip: Sequence[float] = (),
) -> None:
    """Hairlines at round values, named in the left gutter; a name within 10 points of a place in `skip` is left out."""
    across = ax.get_xlim()
    for value in values:
        y = panel.y(value)
        rule(ax, across, [y, y], "#D9D9D9", 0.6, above=0.8)
        if all(abs(y - place) > 10 for place in skip):
            write(ax, left, y, said(value), 9, color=SECOND_INK, ha="right")


def time_axis(ax: Axes, start: dt.date, end: dt.date, panels: Sequence[Panel], room: float) -> None:
    """One time axis for all panels: a line at each January through every panel, months and years under the last."""
    bottom = panels[-1].bottom
    rule(ax, ax.get_xlim(), [bottom, bottom], "#8C8C8C", 0.6, above=3)
    for tick in ticks(start, end, room, 9):
        x = number(tick.day)
        if tick.is_january:
            for panel in panels:
                rule(ax, [x, x], [panel.top, panel.bottom], "#A9A9A9", 0.9, above=1)
        rule(ax, [x, x], [bottom, bottom + 3.5], "#8C8C8C", 0.6, above=1)
        y = bottom + 11
        if tick.label:
            write(ax, x, y, tick.label, 9)
            y += 12.5
        if tick.year:
            write(ax, x, y, tick.year, 9, weight="semibold")


def limits(ax: Axes, panel: Panel, segment: Segment, across: tuple[float, float], color: str, ground: str) -> None:
    """A segment's centre and limits: dashed, with a pale ground, where firm; dotted and bare on trial."""
    if segment.centre is None:
        return
    y = panel.y(segment.centre)
    rule(ax, across, [y, y], color, 1.2, above=2, name="mean")
    if segment.status == TOO_FEW or segment.lower is None or segment.upper is None:
        return
    upper, lower = panel.y(segment.upper), panel.y(segment.lower)
    firm = segment.status == SET
    if firm:
        box = Rectangle((across[0], upper), across[1] - across[0], lower - upper, fc=ground, ec="none", zorder=0.4)
        ax.add_patch(box)
    for place in (upper, lower):
        rule(ax, across, [place, place], color, 1.1 if firm else 1.3, dash=DASHED if firm else DOTTED, name="limit")


def joined(ax: Axes, xs: Sequence[float], ys: Sequence[float | None], color: str) -> None:
    """A thin line through neighbours; a gap breaks it."""
    for (a, one), (b, other) in itertools.pairwise(zip(xs, ys, strict=True)):
        if one is not None and other is not None:
            rule(ax, [a, b], [one, other], PALE[color], 0.9, above=3, name="join")


def dots(
    ax: Axes,
    xs: Sequence[float],
    ys: Sequence[float | None],
    color: str,
    shape: str,
    *,
    hollow: bool,
    size: float = 5.6,
) -> None:
    """A mark for each value; filled where limits are firm, hollow otherwise."""
    known = [(x, y) for x, y in zip(xs, ys, strict=True) if y is not None]
    ax.plot(
        [x for x, _ in known], [y for _, y in known], ls="none", marker=shape, ms=size, mfc="white" if hollow else color,
        mec=color if hollow else "white", mew=1.3 if hollow else 0.6, zorder=5, clip_on=False, gid="value",
    )  # fmt: skip


def still_open(ax: Axes, x: float, y: float) -> None:
    """A wait that still runs: a hollow triangle that points the way it can still grow."""
    ax.plot([x], [y], ls="none", marker=">", ms=7.4, mfc="white", mec=INK, mew=1.3, zorder=6, clip_on=False, gid="open")


def apart(wanted: Sequence[float], step: float, top: float, bottom: float) -> list[float]:
    """Places for lines of words near those wanted, in the same order, `step` apart, between top and bottom.

    >>> apart([10, 11, 50], 12, 0, 60)
    [10, 22, 50]
    >>> apart([58, 59], 12, 0, 60)
    [48, 60]
    """
    found: list[float] = []
    for place in wanted:
        found.append(max([place, top, *([found[-1] + step] if found else [])]))
    limit = bottom
    for n in range(len(found) - 1, -1, -1):
        found[n] = min(found[n], limit)
        limit = found[n] - step
    return found
