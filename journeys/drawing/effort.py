"""Effort and life: what was done and what changed, as two different things on one time axis, with a verdict a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing import effortwords, panels
from journeys.drawing.effortplan import (
    HEAD,
    LEFT,
    MOST_LINES,
    MOST_MONTHS,
    RIGHT,
    Plan,
    bars,
    gutter_words,
    place,
    readings,
    table,
)
from journeys.drawing.limits import GREY, NAVY, SMALL, tag
from journeys.drawing.marks import hatch
from journeys.drawing.panels import Panel
from journeys.life import Line, Verdict, judge
from lib.figures import Frame, Picture, open_picture, rule
from lib.lettering import INK, SECOND_INK, clean, width, write
from lib.timescale import number
from lib.xmr import SET

LIGHT = "#EEEEEE"


def draw(
    whose: str, monthly: pd.DataFrame, lines: Sequence[Line], costs: pd.DataFrame | None, first_help: dt.date | None,
    review: Any, level: str, shown: bool, is_close: bool = False,
) -> Axes:  # fmt: skip
    """Draw one family's effort and life, framed or not, and return its Axes (time across, points down)."""
    every = [judge(line) for line in lines]
    costs = None if costs is None or costs.empty else costs.sort_values("day", kind="stable", ignore_index=True)
    plan = Plan(monthly, costs, every[:MOST_LINES], is_close)
    place(plan)
    spent = None if costs is None else float(costs["value"].iloc[-1])
    title = effortwords.finding(effortwords.contacts_in(monthly), spent, every)
    left_out = len(every) - len(plan.verdicts)
    footer = effortwords.footer(monthly, costs, plan.verdicts, left_out, review, level, is_close)
    months = f"{review.start:%B %Y} to {review.end:%B %Y}"
    by = "quarter by quarter" if len(monthly) > MOST_MONTHS else "month by month"
    frame = Frame(title, f"{clean(whose)}, {months}, {by}", tag(review, level), [], footer)
    ax, _page = open_picture(
        frame, SMALL, plan.height, left=SMALL.margin + LEFT, right=SMALL.margin + RIGHT, shown=shown
    )
    start, after = number(review.start), number(review.end) + 1
    ax.set_xlim(start, after)
    room = SMALL.width - 2 * SMALL.margin - LEFT - RIGHT
    point = (after - start) / room
    _block(ax, "EFFORT: what was done", 0, NAVY, point)
    _block(ax, "LIFE: what changed for the family", plan.life_top, GREY, point)
    if plan.contacts is None:
        few = effortwords.contacts_in(monthly)
        write(ax, start - LEFT * point, HEAD + 8, f"{few} touches and referrals: too few for a series.", 9.5)
    else:
        _bars(ax, plan, point)
    _cost(ax, plan, after, point)
    _first_help(ax, plan, first_help, start, after, point)
    for panel, verdict in zip(plan.life, plan.verdicts, strict=False):
        _line(ax, plan, panel, verdict, start, after, point)
    if not plan.verdicts:
        panel = plan.life[0]
        hatch(ax, start, panel.top, after - start, panel.height, edge="#8C8C8C")
        write(
            ax,
            (start + after) / 2,
            panel.top + panel.height / 2,
            "not recorded by anyone",
            10,
            weight="semibold",
            ha="center",
            ground="white",
        )
    panels.time_axis(ax, review.start, review.end, plan.panels, room)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data = table(monthly, costs, every, first_help)
    picture.alt = effortwords.alt(whose, monthly, spent, every, title, review)
    return ax


def _block(ax: Axes, words: str, top: float, color: str, point: float) -> None:
    x = ax.get_xlim()[0] - LEFT * point
    across = width(words, 10, "bold") + 8
    edge = ax.get_xlim()[1] + RIGHT * point
    rule(ax, [x, edge], [top + 8, top + 8], color, 0.9)
    ax.add_patch(Rectangle((x, top), across * point, 16, fc=color, ec="none", zorder=3, clip_on=False))
    write(ax, x + 4 * point, top + 8, words, 10, weight="bold", color="white")


def _names(ax: Axes, panel: Panel, lines: Sequence[tuple[str, bool]], point: float) -> None:
    x, y = ax.get_xlim()[0] - LEFT * point, panel.top + 5
    for words, is_name in lines:
        write(
            ax,
            x,
            y,
            words,
            10 if is_name else 9,
            weight="semibold" if is_name else "regular",
            color=INK if is_name else SECOND_INK,
        )
        y += 12.5


def _bars(ax: Axes, plan: Plan, point: float) -> None:
    panel = plan.contacts
    assert panel is not None
    per = "a quarter, all agencies" if len(plan.monthly) > MOST_MONTHS else "a month, all agencies"
    _names(ax, panel, [("Contacts", True), (per, False)], point)
    marks = [v for v in panels.rounded(0, panel.high, 2) if v <= panel.high]
    panels.scale(ax, panel, marks, lambda v: f"{v:,.10g}", ax.get_xlim()[0] - 6 * point)
    for first, after, value, still in bars(plan.monthly):
        across = after - first
        if value is None:
            hatch(ax, first, panel.top, across, panel.height)
            continue
        box = Rectangle(
            (first + across * 0.14, panel.y(value)), across * 0.72, panel.bottom - panel.y(value),
            fc="white" if still else NAVY, ec=NAVY, lw=1.0 if still else 0, zorder=3, gid="bar",
        )  # fmt: skip
        ax.add_patch(box)
    for n, words in enumerate(effortwords.years(plan.monthly)):
        write(ax, ax.get_xlim()[1] + 9 * point, panel.top + panel.height / 2 - 6 + 12 * n, words, 9)


def _cost(ax: Axes, plan: Plan, after: float, point: float) -> None:
    panel, costs = plan.cost, plan.costs
    if panel is None or costs is None:
        return
    _names(ax, panel, [("Cost so far", True), ("spent, not saveable", False)], point)
    panels.scale(ax, panel, panels.rounded(0, panel.high, 2), effortwords.money, ax.get_xlim()[0] - 6 * point)
    start = ax.get_xlim()[0]
    xs = [min(max(number(pd.Timestamp(day).date()), start), after) for day in costs["day"]]
    xs, low, value, high = (
        [*xs, after],
        *([*map(float, costs[c]), float(costs[c].iloc[-1])] for c in ("low", "value", "high")),
    )
    if xs[0] > start:
        xs, low, value, high = [start, xs[0], *xs], [0, 0, *low], [0, 0, *value], [0, 0, *high]
    ax.fill_between(
        xs, [panel.y(v) for v in low], [panel.y(v) for v in high], step="post", color="#D3DBE5", lw=0, zorder=2
    )
    ax.step(xs, [panel.y(v) for v in value], where="post", color=NAVY, lw=1.9, marker="", zorder=3, gid="cost")
    x, y = after + 9 * point, panel.top + panel.height / 2 - 8
    write(ax, x, y, effortwords.money(value[-1]), 11, weight="bold", color=NAVY)
    ends = f"{effortwords.money(low[-1])} to {effortwords.money(high[-1])}"
    write(ax, x, y + 14, ends if low[-1] != high[-1] else "no range in the source", 9, color=SECOND_INK)


def _first_help(ax: Axes, plan: Plan, day: dt.date | None, start: float, after: float, point: float) -> None:
    if day is None or not start <= number(day) < after:
        return
    x = number(day)
    for panel in plan.panels:
        rule(ax, [x, x], [panel.top, panel.bottom], INK, 1.6, above=2.5, name="first help")
    top = plan.panels[0].top
    across = width("First help", 9, "semibold") * point
    right = x + across + 8 * point < after
    write(
        ax,
        x + (4 if right else -4) * point,
        top - 6,
        "First help",
        9,
        weight="semibold",
        ha="left" if right else "right",
    )


def _line(ax: Axes, plan: Plan, panel: Panel, verdict: Verdict, start: float, after: float, point: float) -> None:
    line, s = verdict.line, verdict.chart.segments[0]
    _names(ax, panel, gutter_words(verdict, plan.is_close), point)
    is_share = line.measure.scale == (0, 1)
    marks = [v for v in panels.rounded(panel.low, panel.high, 3) if panel.low <= v <= panel.high]
    panels.scale(ax, panel, marks, lambda v: f"{v * 100:.0f}%" if is_share else f"{v:,.10g}", start - 6 * point)
    panels.limits(ax, panel, s, (start, after), GREY, LIGHT)
    xs = [number(day) + (14.5 if line.what == "month" else 0) for day in line.days]
    ys = [None if v is None else panel.y(v) for v in line.values]
    panels.joined(ax, xs, ys, GREY)
    panels.dots(ax, xs, ys, GREY, "o", hollow=s.status != SET, size=5.0 if len(xs) <= 60 else 3.0)
    if line.open_value is not None and line.open_on is not None:
        panels.still_open(ax, min(number(line.open_on), after), panel.y(line.open_value))
    words = readings(verdict, plan.is_few)
    wanted = [panel.bottom if v is None else panel.y(v) for v, *_ in words]
    for (_, said, weight), y in zip(words, panels.apart(wanted, 11.4, panel.top + 3, panel.bottom - 3), strict=True):
        write(ax, after + 9 * point, y, said, 9, weight=weight)
