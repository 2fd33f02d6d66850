"""Effort and life before anything is drawn: which panels, where each lies, which words stand beside it, and the table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from journeys.drawing import effortwords, panels
from journeys.drawing.panels import Panel
from journeys.life import Verdict
from lib.lettering import clean, wrap
from lib.timescale import number
from lib.xmr import TOO_FEW, TRIAL

LEFT, RIGHT, UNIT = 124.0, 112.0, 60.0
HEAD, GAP, BLOCK = 26.0, 12.0, 24.0
CLOSE_UNIT, CLOSE_GAP, CLOSE_BLOCK = 36.0, 12.0, 14.0
"""The same where the figure shares a page with much else."""
MOST_LINES, MOST_MONTHS = 6, 60


@dataclass
class Plan:
    """What is drawn, and where each panel lies."""

    monthly: pd.DataFrame
    costs: pd.DataFrame | None
    verdicts: list[Verdict]
    is_close: bool = False
    contacts: Panel | None = None
    cost: Panel | None = None
    life: list[Panel] = field(default_factory=list)
    life_top: float = 0.0
    height: float = 0.0

    @property
    def is_few(self) -> bool:
        """Too few contacts for a series, and so for any verdict."""
        return effortwords.contacts_in(self.monthly) < effortwords.FEW

    @property
    def panels(self) -> list[Panel]:
        """All panels from the top down."""
        return [p for p in (self.contacts, self.cost, *self.life) if p is not None]


def place(plan: Plan) -> None:
    """Give each panel its place and its scale, from the top down."""
    unit, gap, block = (CLOSE_UNIT, CLOSE_GAP, CLOSE_BLOCK) if plan.is_close else (UNIT, GAP, BLOCK)
    y = HEAD
    if plan.is_few:
        y += 18
    else:
        values = [v for _, _, v, _ in bars(plan.monthly) if v is not None]
        marks = panels.rounded(0, max([*values, 1]), 2)
        plan.contacts = Panel(y + (6 if plan.is_close else 12), unit, 0, max(marks[-1], max(values) * 1.05))
        y = plan.contacts.bottom
    if plan.costs is not None:
        highest = float(plan.costs[["value", "high"]].max().max())
        plan.cost = Panel(y + gap, unit * 0.8, 0, panels.rounded(0, max(highest, 1.0), 2)[-1])
        y = plan.cost.bottom
    plan.life_top = y + block
    y = plan.life_top + HEAD
    for n, verdict in enumerate(plan.verdicts):
        needs = max(
            11.4 * len(readings(verdict, plan.is_few)) + 2, 12.5 * len(gutter_words(verdict, plan.is_close)) + 4
        )
        low, high = _ends(verdict)
        panel = Panel(y + (gap if n else 0), max(unit * (1.05 if not n else 0.95), needs), low, high)
        plan.life.append(panel)
        y = panel.bottom
    if not plan.verdicts:
        plan.life.append(Panel(y, unit, 0, 1))
        y = plan.life[0].bottom
    plan.height = y + 34


def bars(monthly: pd.DataFrame) -> list[tuple[float, float, float | None, bool]]:
    """The bars: first day, the day after the last, contacts (None: a gap) and whether open; past five years, quarters."""
    months = [
        (
            number(on.date()),
            number((on + pd.offsets.MonthBegin(1)).date()),
            None if pd.isna(v) else float(v),
            bool(still),
        )
        for on, v, still in zip(monthly["on"], monthly["value"], monthly["is_open"], strict=True)
    ]
    if len(months) <= MOST_MONTHS:
        return months
    quarters = []
    for n in range(0, len(months), 3):
        some = months[n : n + 3]
        values = [v for *_, v, _ in some]
        known = None if any(v is None for v in values) else sum(v for v in values if v is not None)
        quarters.append((some[0][0], some[-1][1], known, len(some) < 3 or any(still for *_, still in some)))
    return quarters


def _ends(verdict: Verdict) -> tuple[float, float]:
    """The ends of a line's panel: of its scale where it has both and they are near, else round what is drawn."""
    s, line = verdict.chart.segments[0], verdict.line
    drawn = [v for v in line.values if v is not None] + [
        v for v in (s.lower, s.upper, s.centre, line.open_value) if v is not None
    ]
    low, high = line.measure.scale
    if low == 0 and high == 1:
        marks = panels.rounded(min([*drawn, 1.0]), 1.0, 3)
        return max(marks[0], 0.0), 1.0
    if low is not None and high is not None:
        return low, high
    marks = panels.rounded(min([*drawn, 0.0]), max([*drawn, 1.0]), 3)
    return marks[0], marks[-1]


def gutter_words(verdict: Verdict, is_close: bool = False) -> list[tuple[str, bool]]:
    """The words at the left of a line, from the top down, and which of them are its name."""
    line = verdict.line
    names = [(words, True) for words in wrap(clean(line.name), LEFT - 30, 10, "semibold")[:2]]
    way = f"{line.measure.better} is better"
    lines = wrap(f"{clean(line.about)}; {way}", LEFT - 34, 9)
    cut = [*lines[:3], lines[3].rstrip() + "…"] if len(lines) > 4 else lines
    if is_close and len(cut) > 2:
        first, *more = wrap(clean(line.about), LEFT - 40, 9)
        cut = [f"{first.rstrip(',;')} …" if more else first, way]
    return names + [(words, False) for words in cut]


def readings(verdict: Verdict, is_few: bool) -> list[tuple[float | None, str, str]]:
    """The words at the right, from the top down: value they stand beside (None: anywhere), words, weight."""
    s, line = verdict.chart.segments[0], verdict.line
    found: list[tuple[float | None, str, str]] = []
    if s.status == TRIAL and s.upper is not None:
        found.append((s.upper, "TRIAL limits", "semibold"))
    if s.centre is not None:
        unit = " days" if line.what == "wait" else ""
        found.append((s.centre, f"mean {effortwords.said(verdict, s.centre)}{unit}", "regular"))
    if line.open_value is not None:
        found.append((line.open_value, f"{line.open_value:,.0f} days so far, open", "regular"))
        found.sort(key=lambda one: -(one[0] or 0))
    says = "No verdict: too few contacts" if is_few else verdict.says
    return found + [(None, words, "bold") for words in wrap(says, RIGHT - 10, 9, "bold")]


def table(
    monthly: pd.DataFrame, costs: pd.DataFrame | None, verdicts: Sequence[Verdict], first_help: dt.date | None
) -> pd.DataFrame:
    """Every number drawn, a row each: which panel, what it is, its day and its value; and each line's verdict."""
    rows: list[tuple[Any, ...]] = [
        ("Contacts", "open" if o else "a month", d.date(), v)
        for d, v, o in zip(monthly["on"], monthly["value"], monthly["is_open"], strict=True)
    ]
    for row in [] if costs is None else costs.itertuples():
        rows += [
            ("Cost so far", what, pd.Timestamp(row.day).date(), getattr(row, what)) for what in ("low", "value", "high")
        ]
    for v in verdicts:
        s, name = v.chart.segments[0], f"{v.line.name}: {v.line.about}"
        rows += [(name, "value", day, value) for day, value in zip(v.line.days, v.line.values, strict=True)]
        if v.line.open_value is not None:
            rows.append((name, "open", v.line.open_on, v.line.open_value))
        named = (("mean", s.centre), ("lower limit", s.lower), ("upper limit", s.upper))
        rows += [(name, what, None, value) for what, value in named if value is not None]
        rows.append((name, f"{v.says} ({s.status})" if s.status != TOO_FEW else v.says, None, None))
    if first_help is not None:
        rows.append(("First help", "day", first_help, None))
    return pd.DataFrame(rows, columns=["panel", "what", "on", "value"])
