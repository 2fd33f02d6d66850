"""The picture of a month: a small chart for each measure, in the same place every month, and a question at each signal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing import panels
from journeys.drawing.limits import NAVY, SMALL, source, tag, use
from journeys.drawing.panels import Panel
from journeys.months import ASK, LEAVE, beyond_noise, chart_of, is_rare
from lib.figures import Frame, KeyItem, Picture, alt_text, open_picture, rule
from lib.lettering import INK, SECOND_INK, clean, count, in_figures, wrap, write
from lib.xmr import SET

ACROSS, GAP = 3, 18.0
WORDS, CHART, BELOW = 43.0, 46.0, 29.0
GROUND, AFTER = "#E9EEF5", "#A33A08"
HEIGHT = WORDS + CHART + BELOW


def draw(frame: pd.DataFrame, review: Any, level: str, shown: bool) -> Axes:
    """Draw every measure of a month in a chart of its own, framed or not, and return the Axes (both ways in points)."""
    told = beyond_noise(frame)
    names = told["measure"].tolist()
    rows = -(-len(names) // ACROSS)
    signals, calm = (int((told["status"] == status).sum()) for status in (ASK, LEAVE))
    untold = len(told) - signals - calm
    month = frame.loc[~frame["is_open"], "on"].max().date()
    finding = _finding(month, signals, calm, untold)
    sheet = Frame(finding, _subtitle(frame), tag(review, level), _key(), _footer(frame, review, level))
    room = SMALL.width - 2 * SMALL.margin
    ax, _ = open_picture(sheet, SMALL, rows * HEIGHT + 6, left=SMALL.margin, right=SMALL.margin, shown=shown)
    across = (room - (ACROSS - 1) * GAP) / ACROSS
    for n, name in enumerate(names):
        left, top = (n % ACROSS) * (across + GAP), (n // ACROSS) * HEIGHT
        some = frame[(frame["measure"] == name) & ~frame["is_open"]].sort_values("on", ignore_index=True)
        _panel(ax, some, told.iloc[n], left, top, across)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data = frame.drop(columns=["kind"]).reset_index(drop=True)
    asked = told.loc[told["status"] == ASK, "says"].tolist()
    picture.alt = alt_text(
        f"{len(names)} small charts of {count(len(frame['on'].unique()), 'month')}, one for each measure.",
        f"{finding}.",
        f"Signal in: {'; '.join(map(clean, asked))}." if asked else "",
        invented=bool(review.about.invented),
    )
    return ax


def _finding(month: dt.date, signals: int, calm: int, untold: int) -> str:
    said = (
        f"{count(signals, 'signal')} in {month:%B} {month.year}" if signals else f"No signal in {month:%B} {month.year}"
    )
    rest = f"{calm} of {signals + calm + untold} measures went up and down by themselves" if calm else ""
    cannot = f"{untold} cannot be told" if untold else ""
    return ": ".join(filter(None, (said, "; ".join(filter(None, (rest, cannot))))))


def _subtitle(frame: pd.DataFrame) -> str:
    families = count(int(frame["families"].max()), "family", "families")
    first, last = frame["on"].min(), frame.loc[~frame["is_open"], "on"].max()
    months = f"{first:%B} {first.year} to {last:%B} {last.year}"
    return f"Month by month, {months}: {families} together, all agencies pooled"


def _key() -> list[KeyItem]:
    def dot(filled: bool) -> Any:
        def draw_it(ax: Axes, x: float, y: float) -> None:
            panels.dots(ax, [x + 5], [y], NAVY, "o", hollow=not filled, size=5.2)

        return draw_it

    def ground(ax: Axes, x: float, y: float) -> None:
        ax.add_patch(Rectangle((x, y - 5), 16, 10, fc=GROUND, ec="none"))
        rule(ax, [x, x + 16], [y, y], NAVY, 1.2)

    def ring(ax: Axes, x: float, y: float) -> None:
        _ring(ax, x + 6, y)

    return [
        KeyItem(dot(True), 11, "this month"),
        KeyItem(dot(False), 11, "a month before"),
        KeyItem(ground, 17, "the mean, and what the measure predictably does"),
        KeyItem(ring, 13, "signal: ask what happened"),
    ]


def _ring(ax: Axes, x: float, y: float) -> None:
    ax.plot(
        [x], [y], ls="none", marker="o", ms=11, mfc="none", mec=AFTER, mew=1.5, zorder=6, clip_on=False, gid="signal"
    )


def _panel(ax: Axes, some: pd.DataFrame, told: Any, left: float, top: float, across: float) -> None:
    """One measure: its name, its months between its limits, and the number of the last month with what it says."""
    is_share = told.measure == "attendance"
    for n, line in enumerate(wrap(clean(told.says), across, 9)[:3]):
        write(ax, left, top + 6 + n * 11, line, 9, weight="semibold")
    chart = chart_of(some)
    known = [v for v in chart.values if v is not None]
    if not known:
        write(ax, left, top + WORDS + 20, "not known: no record could show it", 9, color=SECOND_INK)
        return
    part, rare = chart.segments[-1], is_rare(some, chart)
    ends = [n for n in (part.lower, part.upper) if n is not None and not rare]
    low, high = (min([*known, *ends]), max([*known, *ends])) if is_share else (0.0, max([*known, *ends, 1.0]))
    gutter = 26.0
    panel = Panel(top + WORDS, CHART, low, high if high > low else low + (0.1 if is_share else 1.0))
    first, width = left + gutter, across - gutter - 6
    step = width / max(len(chart.values) - 1, 1)
    xs = [first + n * step for n in range(len(chart.values))]
    ys = [None if v is None else panel.y(v) for v in chart.values]
    for value in (panel.low, panel.high):
        y = panel.y(value)
        rule(ax, [first, first + width], [y, y], "#D9D9D9", 0.6, above=0.8)
        write(ax, first - 4, y, _number(value, is_share), 8, color=SECOND_INK, ha="right")
    if rare or part.upper is None:
        rule(ax, [first, first + width], [panel.y(part.centre or 0)] * 2, NAVY, 1.2, above=2, name="mean")
    else:
        panels.limits(ax, panel, part, (first, first + width), NAVY, GROUND)
    panels.joined(ax, xs, ys, NAVY)
    panels.dots(ax, xs[:-1], ys[:-1], NAVY, "o", hollow=True, size=3.6)
    if ys[-1] is not None:
        panels.dots(ax, xs[-1:], ys[-1:], NAVY, "o", hollow=False, size=6)
        if told.status == ASK:
            _ring(ax, xs[-1], ys[-1])
    weight = "semibold" if told.status == ASK else "normal"
    reads = told.reads.split(" (")[0]
    words = reads if pd.isna(told.value) else f"{_number(float(told.value), is_share)}: {reads}"
    trial = "" if part.status == SET or rare or part.upper is None else " (limits on trial)"
    for n, line in enumerate(wrap(words + trial, across, 8.5)[:2]):
        write(
            ax,
            left,
            panel.bottom + 10 + n * 10,
            line,
            8.5,
            weight=weight,
            color=INK if weight == "semibold" else SECOND_INK,
        )


def _number(value: float, is_share: bool) -> str:
    return f"{value * 100:.0f}%" if is_share else in_figures(round(value, 1))


def _footer(frame: pd.DataFrame, review: Any, level: str) -> Sequence[str]:
    months = frame["on"].nunique()
    return [
        f"n = {count(int(frame['families'].max()), 'family', 'families')}, {count(months, 'month')}. {source(review)}",
        "Natural process limits: XmR, mean moving range × 2.66; from 12 months firm, from 6 on trial; none for counts under 1 "
        "a month on average. A gap is a month that no record could show.",
        use(review, level),
    ]
