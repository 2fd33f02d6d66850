"""The words for a long series, made by rule from the same numbers that are drawn: names, units, title, footer, alt text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from journeys.columns import TABLES
from journeys.drawing.limits import source
from lib.errors import RequestError
from lib.figures import alt_text
from lib.lettering import clean, count, in_figures
from lib.xmr import FIRM, LEAST, SET, TOO_FEW, Segment, Signal, Xmr


@dataclass(frozen=True)
class Kind:
    """What a series is of: its names, what its values are counted in, and the ends of its scale."""

    name: str
    per: str
    moves: str
    unit: str
    each: str
    floor: float | None
    ceiling: float | None
    is_share: bool = False
    is_month: bool = True

    def said(self, value: float) -> str:
        """A value as it is read: 88%, 31, 30.8."""
        return f"{value * 100:.0f}%" if self.is_share else in_figures(round(value, 1))

    def axis(self, value: float) -> str:
        """A value as the axis has it."""
        return f"{value * 100:.0f}%" if self.is_share else f"{value:,.10g}"

    def with_unit(self, value: float) -> str:
        """A value with its unit, as in 31 contacts."""
        return self.said(value) if self.is_share else count(round(value, 1), self.unit)


KINDS = {
    "contacts_a_month": Kind("Contacts", "a month", "Change from the month before", "contact", "month", 0, None),
    "attendance_a_month": Kind(
        "Attendance", "of possible sessions, a month", "Change from the month before", "%", "month", 0, 1, is_share=True
    ),
    "days_between_crises": Kind(
        "Days between crises",
        "from each to the next",
        "Change from the wait before",
        "day",
        "wait",
        0,
        None,
        is_month=False,
    ),
}


def kind_of(series: Any) -> Kind:
    """Which series a frame is, by its columns. Raises RequestError where it is none, or has two values on a day."""
    if isinstance(series, pd.DataFrame):
        for name, kind in KINDS.items():
            if {c.name for c in TABLES[name]} <= set(series.columns):
                if series["on"].duplicated().any():
                    raise RequestError(
                        "Two values stand on one day. A series has one value at a time; a dot for each family is none. "
                        "Give the months of all families together: fj.measures.monthly(review)."
                    )
                return kind
    raise RequestError(
        "This is no series of the kit. Give what fj.measures.monthly, fj.measures.attendance or fj.measures.between_crises gave."
    )


def month(day: dt.date) -> str:
    """A month in words.

    >>> month(dt.date(2023, 6, 1))
    'June 2023'
    """
    return f"{day:%B} {day.year}"


def when(kind: Kind, day: dt.date) -> str:
    """When a value was, as exactly as it is known."""
    return month(day) if kind.is_month else f"{day.day} {month(day)}"


RULES = {"run": "in a row {side} the mean", "far": "values far {side} the mean", "trend": "in a row {way}"}


def question(kind: Kind, signal: Signal, days: Sequence[dt.date], values: Sequence[float | None]) -> list[str]:
    """What a signal is, and the question it puts: two lines."""
    value = values[signal.index]
    assert value is not None
    if signal.rule == "outside":
        return [f"{when(kind, days[signal.index])}: {kind.with_unit(value)}.", "Ask: what happened?"]
    side, way = ("above", "rising") if signal.side > 0 else ("below", "falling")
    n = "Several" if signal.rule == "far" else signal.index - signal.first + 1
    words = RULES[signal.rule].format(side=side, way=way)
    return [f"{n} {words},", f"to {when(kind, days[signal.index])}. Ask: what changed?"]


def finding(kind: Kind, chart: Xmr) -> str:
    """The title: what is predictable, and what has changed, by rule."""
    first, last = chart.segments[0], chart.segments[-1]
    n = count(sum(s.points for s in chart.segments), kind.each)
    if first.centre is None:
        return f"No {kind.each} has a value: there is nothing to chart"
    if len(chart.segments) > 1 and last.centre is not None:
        trial = "" if last.status == SET else ", on trial" if last.status != TOO_FEW else ", too few for limits"
        since = clean(last.reason)
        return f"{kind.with_unit(first.centre)} {_mean_of(kind)} at first; since “{since}”, {kind.said(last.centre)}{trial}"
    if first.status == TOO_FEW or first.lower is None or first.upper is None:
        return f"{n}, mean {kind.with_unit(first.centre)}: too few for limits"
    predictable = f"predictably {kind.said(first.lower)} to {kind.with_unit(first.upper)}"
    per = " a month" if kind.is_month else ""
    if not chart.signals:
        return f"No signal in {n}: {predictable}{per}"
    return f"{count(len(chart.signals), 'signal')} in {n}: ask what changed. Otherwise {predictable}{per}"


def _mean_of(kind: Kind) -> str:
    return "a month" if kind.is_month else "from crisis to crisis"


def subtitle(kind: Kind, series: pd.DataFrame, family: str | None) -> str:
    """Whose it is."""
    n = int(series["families"].max()) if len(series) else 0
    whose = f"family {family}" if family else f"{count(n, 'family', 'families')} together" if n != 1 else "one family"
    agencies = ", all agencies pooled" if "agencies" in series.columns else ""
    return f"{kind.name} {kind.per}: {whose}{agencies}"


def trial_words(segment: Segment) -> str:
    """How sure limits on trial, or too few values, are."""
    if segment.status == TOO_FEW:
        return f"too few for limits: {segment.points} of {LEAST}"
    return f"{count(segment.points, 'point')}, firm at {FIRM}"


def footer(kind: Kind, series: pd.DataFrame, chart: Xmr, review: Any, level: str, beforehand: bool | None) -> list[str]:
    """Counts and source; convention; limits of use."""
    points = sum(s.points for s in chart.segments)
    n = count(points, kind.each)
    ended = series[~series["is_open"]]
    if "agencies" in series.columns:
        families = count(int(series["families"].max()), "family", "families")
        n = f"{count(float(ended['value'].sum()), 'contact')}, {families}, {n}"
    if "possible" in series.columns:
        n = f"{count(int(ended['possible'].sum()), 'possible session')} in {n}"
    gaps = sum(v is None for v in chart.values)
    said = [f"n = {n}. {source(review)}"]
    if gaps:
        each = f"{kind.each} is a gap", f"{kind.each}s are gaps"
        said.append(f"{count(gaps, *each)}: not recorded, not possible or not known, and not 0.")
    if len(series) and series["is_open"].any():
        said.append(f"The last {kind.each} has not ended: hollow, and outside the limits.")
    if "agencies" in series.columns:
        fewer = int((series["agencies"].gt(0) & series["agencies"].lt(series["of_agencies"])).sum())
        said.append(
            f"{count(fewer, 'month rests', 'months rest')} on the records of fewer agencies than the others."
            if fewer
            else ""
        )
    said.append(series.attrs.get("says", ""))
    convention = [f"Convention: {chart.convention}."]
    if kind.floor is not None and any(s.lower is not None for s in chart.segments):
        convention.append(f"Limits stop at the end{'s' if kind.ceiling is not None else ''} of the scale.")
    if chart.signals and "unscreened" in chart.convention:
        convention.append("Signals are kept in the limits.")
    if any(s.status not in (SET, TOO_FEW) for s in chart.segments):
        convention.append(f"TRIAL: under {FIRM} values.")
    if len(chart.segments) > 1:
        how: dict[bool | None, str] = {True: "decided beforehand", False: "not decided beforehand"}
        told = how.get(beforehand, "nobody said whether it was decided beforehand")
        convention.append(f"Split where something changed, not where it looks better; {told}.")
    if not kind.is_month:
        convention.append("Days between crises are skewed, so limits are rough.")
    if chart.signals:
        convention.append("Each signal and its question are in the table.")
    use = ["No comparison families: no word on impact."]
    if "agencies" in series.columns:
        use.append("Fewer contacts are not in themselves a better life: read it with effort and life.")
    use.append(f"Level: {level.upper()}, named readers only.")
    if review.about.marking:
        use.append(f"Marking: {clean(review.about.marking)}.")
    return [" ".join(filter(None, part)) for part in (said, convention, use)]


def alt(kind: Kind, chart: Xmr, days: Sequence[dt.date], invented: bool) -> str:
    """The alt text: each segment with its mean, limits and signals."""
    parts = [f"Capability chart: {kind.name.lower()} {kind.per}.", f"{finding(kind, chart)}."]
    for s in chart.segments:
        if s.centre is None or not days:
            continue
        span = f"{when(kind, days[s.first])} to {when(kind, days[s.stop - 1])}, {count(s.points, kind.each)}"
        words = f"{span}: mean {kind.said(s.centre)}"
        if s.lower is not None and s.upper is not None:
            trial = "trial limits" if s.status != SET else "limits"
            words += f", {trial} {kind.said(s.lower)} to {kind.said(s.upper)}"
        signals = sum(s.first <= one.index < s.stop for one in chart.signals)
        told = f", {count(signals, 'signal')}" if signals else ""
        parts.append(f"{words}{told}.")
    return alt_text(*parts, invented=invented)
