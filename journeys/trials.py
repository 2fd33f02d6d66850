"""What a trial changed: before and after on one series, split once, with how few points and families it rests on.

Before and after alone says that something changed, not what changed it: weather, staff and chance do so too. The word
impact needs comparison families and an interval.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lib.dates import read_day, say
from lib.errors import RequestError, count, listed
from lib.limits import difference

if TYPE_CHECKING:
    import pandas as pd


LEAST = 6
"""Under so many points on either side there is no interval."""

BEFORE, AFTER, BETWEEN = "before", "after", "the month it began"
NO_IMPACT = "the word impact needs comparison families and an interval"


@dataclass(frozen=True)
class Trial:
    """A series split where something was tried. `points`: on, value, part, and beside it what the comparison did."""

    points: pd.DataFrame
    start: dt.date
    reason: str
    families: int | None
    comparison_families: int | None
    left_out: int
    has_comparison: bool = field(default=False)

    @property
    def split_at(self) -> dict[int, str]:
        """The place of the first point after, and the reason: for natural process limits that are split there."""
        return {int((self.points["part"] != AFTER).sum()): self.reason}

    @property
    def values(self) -> list[float | None]:
        """The values in time order; None where there is none, and for the month in which it began."""
        given = zip(self.points["value"], self.points["part"], strict=True)
        return [None if math.isnan(v) or part == BETWEEN else float(v) for v, part in given]

    def side(self, part: str, column: str = "value") -> list[float]:
        """The values of one part: before or after."""
        return [float(v) for v in self.points.loc[self.points["part"] == part, column].dropna()]

    def change(self, column: str = "value") -> tuple[float, tuple[float, float] | None]:
        """The mean after less the mean before, and its 95% interval (Welch), none under six points on a side."""
        before, after = self.side(BEFORE, column), self.side(AFTER, column)
        moved = sum(after) / len(after) - sum(before) / len(before)
        enough = min(len(before), len(after)) >= LEAST
        return moved, difference(before, after) if enough else None

    @property
    def impact(self) -> tuple[float, float, float]:
        """The change beyond that of the comparison families, with its 95% interval: difference in differences.

        Of each month, the value less that of the comparison families; then the mean after less the mean before. It holds
        as far as the comparison families would have gone the same way, and months are alike but for the trial.

        Raises `RequestError` without comparison families, or with too few points for an interval.
        """
        if not self.has_comparison:
            raise RequestError(f"{NO_IMPACT}: there are no comparison families here. Give comparison= as a series.")
        moved, interval = self.change("beyond")
        if interval is None:
            raise RequestError(f"{NO_IMPACT}: there are fewer than {LEAST} points with a comparison on a side. Wait.")
        return moved, *interval

    @property
    def says(self) -> str:
        """What can be said of it: how few points and families, the change, and what it does not show."""
        before, after = self.side(BEFORE), self.side(AFTER)
        whose = f" of {count(self.families, 'family', 'families')}" if self.families is not None else ""
        said = [
            f"{count(len(before), 'point')} before {say(self.start)} and {count(len(after), 'point')} from then on"
            f"{whose}: the mean went from {_n(sum(before) / len(before))} to {_n(sum(after) / len(after))}, a change of "
            f"{_change(*self.change())}."
        ]
        if self.left_out:
            said.append(f"{count(self.left_out, 'point')} in neither: begun within it, not over, or not known.")
        if not self.has_comparison:
            return " ".join(
                [*said, "Before and after alone does not say what changed it: there are no comparison families."]
            )
        others = f"{count(self.comparison_families or 0, 'comparison family', 'comparison families')}"
        moved, interval = self.change("comparison")
        said.append(f"Over the same days {others} changed by {_change(moved, interval)}.")
        beyond, interval = self.change("beyond")
        if interval is None:
            said.append(f"That is {_n(beyond)} beyond them, with too few points for an interval: no impact is claimed.")
        else:
            low, high = interval
            found = "could be none" if low <= 0 <= high else "is not none"
            said.append(
                f"Impact, as far as these families would have gone the same way: {_change(beyond, interval)}; it {found}."
            )
        return " ".join(said)


def trial(
    series: pd.DataFrame,
    start: str | dt.date,
    reason: str,
    *,
    comparison: pd.DataFrame | None = None,
    per_family: bool = False,
) -> Trial:
    """Before and after on one series, split on the day on which something was tried.

    `series` has a row per point, with `on` (its day; of a month, the first) and `value`, and may have `families` (over
    which it is counted) and `is_open` (not over yet, left out). `start` and `reason` say what was tried: see `fj.plans`.
    `comparison` is the same series of families for whom nothing was tried; `per_family=True` divides both by `families`,
    for counts. In a series of months, the month in which it began, if not on its first day, is in neither part.

    Returns a `Trial`: `says`, `points`, `values` and `split_at` for limits, and `impact`, which it refuses without
    comparison families. Raises `RequestError` for a series that is none, and where nothing lies on one side.

    Source: means with B. L. Welch's interval (Biometrika 34, 1947), as if points were independent of each other; for
    difference in differences, of the pairs. Months that follow on each other are seldom quite so: read it as the least
    doubt there is.

    >>> import pandas as pd
    >>> months = pd.date_range("2024-01-01", periods=14, freq="MS")
    >>> tried = trial(pd.DataFrame({"on": months, "value": [9, 8] * 4 + [5, 6] * 3}), "2024-09-01", "one point of contact")
    >>> tried.says.split(":")[0], tried.split_at
    ('8 points before 1 September 2024 and 6 points from then on', {8: 'one point of contact'})
    """
    began = read_day(start, "start")
    if began is None or not str(reason).strip():
        raise RequestError("a trial has the day on which it started, and a reason. Give both.")
    points, families = _points(series, "series", per_family)
    others: int | None = None
    if comparison is not None:
        theirs, others = _points(comparison, "comparison", per_family)
        points = points.merge(
            theirs.rename(columns={"value": "comparison", "is_open": "theirs_open"}), on="on", how="left"
        )
        points.loc[points["theirs_open"].fillna(True).astype(bool), "comparison"] = math.nan
        points["beyond"] = points["value"] - points["comparison"]
        points = points.drop(columns="theirs_open")
    days = [day.date() for day in points["on"]]
    points["part"] = [_part(day, began, is_monthly=all(d.day == 1 for d in days)) for day in days]
    out = points["is_open"] | points["value"].isna() | (points["part"] == BETWEEN)
    points.loc[points["is_open"], ["value", *(c for c in ("comparison", "beyond") if c in points)]] = math.nan
    found = Trial(
        points.drop(columns="is_open"),
        began,
        str(reason).strip(),
        families,
        others,
        int(out.sum()),
        comparison is not None,
    )
    for part in (BEFORE, AFTER):
        for column in ("value", *(("beyond",) if comparison is not None else ())):
            if not found.side(part, column):
                both = " of both" if column == "beyond" else ""
                raise RequestError(f"there is no point{both} {part} {say(began)}. Choose a longer series, or wait.")
    return found


def _points(series: pd.DataFrame, name: str, per_family: bool) -> tuple[pd.DataFrame, int | None]:
    """The points in time order, and over how many families they are at most."""
    import pandas as pd

    needed = ("on", "value", *(("families",) if per_family else ()))
    missing = [column for column in needed if column not in getattr(series, "columns", ())]
    if missing:
        raise RequestError(f"{name} has no column {listed(missing)}. A series has a row per point: {listed(needed)}.")
    if series["on"].duplicated().any():
        raise RequestError(f"{name} has two points on one day. Give one series at a time.")
    found = pd.DataFrame({"on": pd.to_datetime(series["on"]), "value": series["value"].astype("Float64")})
    if per_family:
        found["value"] = found["value"] / series["families"].where(series["families"] > 0).astype("Float64")
    found["value"] = found["value"].astype("float64")
    found["is_open"] = series["is_open"].fillna(False).astype(bool) if "is_open" in series else False
    families = int(series["families"].max()) if "families" in series and len(series) else None
    return found.sort_values("on").reset_index(drop=True), families


def _part(day: dt.date, began: dt.date, *, is_monthly: bool) -> str:
    if day >= began:
        return AFTER
    return BETWEEN if is_monthly and (day.year, day.month) == (began.year, began.month) else BEFORE


def _n(number: float) -> str:
    return f"{round(number, 2) + 0:,.2f}".rstrip("0").rstrip(".")


def _change(moved: float, interval: Sequence[float] | None) -> str:
    if interval is None:
        return f"{_n(moved)}, with too few points for an interval"
    return f"{_n(moved)} (95% interval {_n(interval[0])} to {_n(interval[1])})"
