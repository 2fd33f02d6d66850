"""The capability chart: values above, moves from one to the next below, natural limits, and a question at each signal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from journeys.drawing import panels, serieswords
from journeys.drawing.limits import NAVY, SMALL, tag
from journeys.drawing.panels import Panel
from journeys.drawing.serieswords import Kind
from lib.dates import read_day
from lib.errors import RequestError
from lib.figures import Frame, Picture, open_picture, rule
from lib.lettering import INK, SECOND_INK, clean, width, wrap, write
from lib.timescale import number
from lib.xmr import SET, TOO_FEW, Segment, Xmr, xmr

LEFT, RIGHT = 92.0, 78.0
HEAD, HEIGHT, MOVES, BETWEEN = 20.0, 178.0, 68.0, 34.0
AFTER, GROUND = "#A33A08", "#E9EEF5"
MANY = 60


@dataclass
class Drawing:
    """What is drawn: the series without what is open, its chart, and where each value lies across."""

    kind: Kind
    chart: Xmr
    days: list[dt.date]
    xs: list[float]
    edges: list[float]


def charted(
    series: pd.DataFrame, splits: Mapping[Any, str], how: Mapping[str, Any] = MappingProxyType({})
) -> tuple[Kind, Xmr, list[dt.date], list[float | None]]:
    """What is drawn of a series and its limits: its kind, its chart, and the days and values of what is not open."""
    kind = serieswords.kind_of(series)
    series = series.sort_values("on", kind="stable", ignore_index=True)
    ended = series[~series["is_open"]]
    days = [on.date() for on in ended["on"]]
    places = {_place(days, day): str(reason) for day, reason in splits.items()}
    values = [None if pd.isna(v) else float(v) for v in ended["value"]]
    return kind, xmr(values, split_at=places, floor=kind.floor, ceiling=kind.ceiling, **how), days, values


def draw(
    series: pd.DataFrame, review: Any, splits: Mapping[Any, str], beforehand: bool | None, how: Mapping[str, Any],
    family: str | None, level: str, shown: bool,
) -> Axes:  # fmt: skip
    """Draw a series with its limits, framed or not, and return its Axes (time across, points down)."""
    kind, chart, days, values = charted(series, splits, how)
    series = series.sort_values("on", kind="stable", ignore_index=True)
    start, after = number(review.start), number(review.end) + 1
    at = [number(day) + (14.5 if kind.is_month else 0) for day in days]
    edges = [start, *(number(read_day(day, "a split") or review.start) for day in sorted(splits, key=_day)), after]
    drawing = Drawing(kind, chart, days, at, edges)

    known = [v for v in values if v is not None]
    words = serieswords.footer(kind, series, chart, review, level, beforehand)
    frame = Frame(
        serieswords.finding(kind, chart), serieswords.subtitle(kind, series, family), tag(review, level), [], words
    )
    height = HEAD + HEIGHT + BETWEEN + MOVES + 34 if known else 60.0
    ax, _ = open_picture(frame, SMALL, height, left=SMALL.margin + LEFT, right=SMALL.margin + RIGHT, shown=shown)
    ax.set_xlim(start, after)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = table(drawing), serieswords.alt(kind, chart, days, bool(review.about.invented))
    room = SMALL.width - 2 * SMALL.margin - LEFT - RIGHT
    if not known:
        write(ax, start, 30, "There is no value to draw.", 10.5)
        return ax
    opened = series[series["is_open"] & series["value"].notna()]
    still = [(number(on.date()), float(v)) for on, v in zip(opened["on"], opened["value"], strict=True)]
    _values(ax, drawing, still, (after - start) / room, room)
    below = _moves(ax, drawing, (after - start) / room)
    panels.time_axis(ax, review.start, review.end, [_upper(drawing, still), below], room)
    _splits(ax, drawing, below, (after - start) / room)
    return ax


def _day(day: Any) -> dt.date:
    found = read_day(day, "a split")
    if found is None:
        raise RequestError("A split has no day. Write it as {'2024-07-01': 'one point of contact begins'}.")
    return found


def _place(days: Sequence[dt.date], day: Any) -> int:
    """The place of the first value on or after a split's day."""
    return sum(on < _day(day) for on in days)


def table(drawing: Drawing) -> pd.DataFrame:
    """Every number drawn: a row a value, with its move, its limits, and its signals in words."""
    rows = []
    for n, (day, value, move) in enumerate(zip(drawing.days, drawing.chart.values, drawing.chart.ranges, strict=True)):
        s = next(s for s in drawing.chart.segments if s.first <= n < s.stop)
        said = "; ".join(
            " ".join(serieswords.question(drawing.kind, one, drawing.days, drawing.chart.values))
            for one in drawing.chart.signals if one.index == n
        )  # fmt: skip
        rows.append((day, value, move, s.reason, s.status, s.centre, s.lower, s.upper, s.range_upper, said))
    names = ["on", "value", "move", "since", "limits", "mean", "lower", "upper", "upper_move", "signals"]
    return pd.DataFrame(rows, columns=names)


def _upper(drawing: Drawing, still: Sequence[tuple[float, float]]) -> Panel:
    kind, chart = drawing.kind, drawing.chart
    drawn = [v for v in chart.values if v is not None] + [v for _, v in still]
    drawn += [v for s in chart.segments for v in (s.lower, s.upper) if v is not None]
    low = min(drawn) if kind.is_share or min(drawn) < 0 else 0.0
    marks = panels.rounded(low, max(*drawn, low + 1e-6), 4)
    high = marks[-1]
    # Room above the highest value for the words of a signal.
    return Panel(HEAD, HEIGHT, marks[0], high if kind.ceiling == high else high + (high - marks[0]) * 0.12)


def _lower(drawing: Drawing) -> Panel:
    drawn = [r for r in drawing.chart.ranges if r is not None] + [s.range_upper or 0.0 for s in drawing.chart.segments]
    marks = panels.rounded(0, max([*drawn, 0.01 if drawing.kind.is_share else 1]), 2)
    return Panel(HEAD + HEIGHT + BETWEEN, MOVES, 0, marks[-1])


def _style(segment: Segment, n: int) -> tuple[str, str, bool]:
    """Colour, shape and whether hollow: a segment that is on trial is dark orange and square."""
    young = segment.status != SET
    return (AFTER if young and n else NAVY, "s" if young and n else "o", young)


def _values(ax: Axes, drawing: Drawing, still: Sequence[tuple[float, float]], point: float, room: float) -> None:
    kind, chart = drawing.kind, drawing.chart
    panel = _upper(drawing, still)
    first, last = chart.segments[0], chart.segments[-1]
    at_left = _named(first, kind, bool(len(chart.segments) > 1 or first.status != SET))
    left = ax.get_xlim()[0] - 8 * point
    marks = [v for v in panels.rounded(panel.low, panel.high / 1.0, 4) if panel.low <= v <= panel.high]
    named_left = at_left if len(chart.segments) > 1 else _named(first, kind, True)
    panels.scale(ax, panel, marks, kind.axis, left, [panel.y(v) for v, *_ in named_left])
    _gutter(ax, panel, named_left, left, "right", _style(first, 0)[0])
    if len(chart.segments) > 1:
        _gutter(ax, panel, _named(last, kind, False), ax.get_xlim()[1] + 8 * point, "left", _style(last, 1)[0])
    _name(ax, kind.name, kind.per, panel.top, point)
    size = 3.0 if len(drawing.days) > MANY else 5.6
    for n, s in enumerate(chart.segments):
        color, shape, hollow = _style(s, n)
        panels.limits(ax, panel, s, (drawing.edges[n], drawing.edges[n + 1]), color, GROUND)
        xs = drawing.xs[s.first : s.stop]
        ys = [None if v is None else panel.y(v) for v in chart.values[s.first : s.stop]]
        panels.joined(ax, xs, ys, color)
        panels.dots(ax, xs, ys, color, shape, hollow=hollow, size=size)
    for x, value in still:
        panels.still_open(ax, min(x + (14.5 if kind.is_month else 0), ax.get_xlim()[1]), panel.y(value))
    _rings(ax, drawing, panel, point, room)


def _named(s: Segment, kind: Kind, is_long: bool) -> list[tuple[float, str, str]]:
    """A segment's lines with their words: value, words, weight; from the top down."""
    if s.centre is None:
        return []
    limit = " limit" if is_long else ""
    found = [(s.centre, f"mean {kind.said(s.centre)}", "semibold")]
    if s.upper is not None and s.lower is not None:
        found = [(s.upper, f"upper{limit} {kind.said(s.upper)}", "regular"), *found]
        found.append((s.lower, f"lower{limit} {kind.said(s.lower)}", "regular"))
    return found


def _gutter(ax: Axes, panel: Panel, named: Sequence[tuple[float, str, str]], x: float, side: str, color: str) -> None:
    places = panels.apart([panel.y(v) for v, *_ in named], 11.5, panel.top, panel.bottom)
    for (_, words, weight), y in zip(named, places, strict=True):
        write(ax, x, y, words, 9, weight=weight, color=color, ha=side)


def _name(ax: Axes, name: str, per: str, top: float, point: float) -> None:
    """A panel's name, above it at the left edge of the sheet."""
    x, y = ax.get_xlim()[0] - LEFT * point, top - 13
    write(ax, x, y, name, 10, weight="semibold")
    write(ax, x + (width(name, 10, "semibold") + 4) * point, y, per, 9, color=SECOND_INK)


def _rings(ax: Axes, drawing: Drawing, panel: Panel, point: float, room: float) -> None:
    """A ring at each signal's last value, with its question where there is room; the table has them all."""
    chart, start = drawing.chart, ax.get_xlim()[0]
    taken: list[Bbox] = [
        Bbox.from_extents((x - start) / point - 3, panel.y(v) - 3, (x - start) / point + 3, panel.y(v) + 3)
        for x, v in zip(drawing.xs, chart.values, strict=True) if v is not None
    ]  # fmt: skip
    for n, _s in enumerate(chart.segments[1:], 1):
        at = (drawing.edges[n] - start) / point
        taken.append(Bbox.from_extents(at - 3, 0, at + 92, HEAD + 50))
    ringed = set()
    for one in chart.signals:
        value = chart.values[one.index]
        assert value is not None
        x, y = (drawing.xs[one.index] - start) / point, panel.y(value)
        if one.index not in ringed:
            ax.plot(
                [drawing.xs[one.index]],
                [y],
                ls="none",
                marker="o",
                ms=12.5,
                mfc="none",
                mec=INK,
                mew=1.5,
                zorder=6,
                gid="ring",
                clip_on=False,
            )
        ringed.add(one.index)
        lines = serieswords.question(drawing.kind, one, drawing.days, chart.values)
        across, down = max(width(line, 9) for line in lines), 22.0
        tops = range(int(panel.top), int(panel.bottom - down), 5)
        places = [(left, top) for left in (x + 10, x - 10 - across, x - across / 2) for top in tops]
        for left, top in sorted(places, key=lambda at: abs(at[1] + 11 - y) + (at[0] < x - 20) + (abs(at[0] - x) > 20)):
            box = Bbox.from_extents(left, top, left + across, top + down)
            if box.x0 >= 2 and box.x1 <= room - 2 and not any(box.overlaps(other) for other in taken):
                taken.append(Bbox.from_extents(left - 3, top - 2, left + across + 3, top + down + 2))
                if abs(top + 11 - y) > 24:
                    near = top + down if top + 11 < y else top
                    foot = (
                        left + across / 2
                        if left < x - 20 and left + across > x
                        else left
                        if left > x
                        else left + across
                    )
                    away = 7 if near < y else -7
                    rule(ax, [start + foot * point, start + x * point], [near, y - away], SECOND_INK, 0.7, above=4)
                for n, line in enumerate(lines):
                    write(ax, start + left * point, top + 5.5 + 11 * n, line, 9, ground="white")
                break


def _moves(ax: Axes, drawing: Drawing, point: float) -> Panel:
    panel, chart, kind = _lower(drawing), drawing.chart, drawing.kind
    left = ax.get_xlim()[0] - 8 * point
    marks = [v for v in panels.rounded(0, panel.high, 2) if v <= panel.high]
    limit = chart.segments[0].range_upper
    panels.scale(ax, panel, marks, kind.axis, left, [] if limit is None else [panel.y(limit)])
    if limit is not None:
        write(
            ax,
            left,
            panel.y(limit),
            f"upper limit {kind.said(limit)}",
            9,
            color=_style(chart.segments[0], 0)[0],
            ha="right",
        )
    _name(ax, kind.moves, "", panel.top, point)
    for n, s in enumerate(chart.segments):
        color, shape, hollow = _style(s, n)
        if s.range_upper is not None:
            y = panel.y(s.range_upper)
            dash = panels.DASHED if s.status == SET else panels.DOTTED
            rule(ax, [drawing.edges[n], drawing.edges[n + 1]], [y, y], color, 1.1, dash=dash, name="limit")
            if n and n == len(chart.segments) - 1:
                write(ax, ax.get_xlim()[1] + 8 * point, y, f"upper {kind.said(s.range_upper)}", 9, color=color)
        xs = drawing.xs[s.first : s.stop]
        ys = [None if r is None else panel.y(r) for r in chart.ranges[s.first : s.stop]]
        panels.joined(ax, xs, ys, color)
        panels.dots(ax, xs, ys, color, shape, hollow=hollow, size=3.0 if len(drawing.days) > MANY else 4.4)
    return panel


def _splits(ax: Axes, drawing: Drawing, below: Panel, point: float) -> None:
    for n, s in enumerate(drawing.chart.segments):
        x = drawing.edges[n]
        lines: list[tuple[str, str, str]] = []
        if n:
            rule(ax, [x, x], [HEAD - 6, below.bottom], INK, 1.6, above=4, name="split")
            lines += [(line, "semibold", INK) for line in wrap(f"Split: {clean(s.reason)}", 86, 9, "semibold")[:2]]
        if s.status not in (SET, TOO_FEW):
            lines += [("TRIAL LIMITS", "bold", AFTER), (serieswords.trial_words(s), "semibold", AFTER)]
        elif s.status == TOO_FEW:
            room = 86 if len(drawing.chart.segments) > 1 else 200
            lines += [(line, "semibold", INK) for line in wrap(serieswords.trial_words(s), room, 9, "semibold")]
        for i, (words, weight, color) in enumerate(lines):
            write(ax, x + 5 * point, HEAD + 2 + 11.5 * i, words, 9, weight=weight, color=color, ground="white")
