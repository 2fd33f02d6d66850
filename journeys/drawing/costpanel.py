"""The panel under a swim-lane: what the family's contacts had cost so far, day by day, on a scale of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from journeys.costing import coverage
from journeys.drawing.marks import NAVY
from journeys.spending import read, so_far
from lib.engine import Table
from lib.figures import Sheet, rule
from lib.lettering import SECOND_INK, clean, count, write
from lib.prices import pounds, short_pounds, whole_pounds
from lib.timescale import number

LEAST = 6
"""Under so many contacts there is no line: the sum is in the table."""

GAP, LOWEST, HIGHEST = 11.0, 40.0, 62.0
BAND = "#D0D9E3"


@dataclass(frozen=True)
class Spent:
    """One family's spending: day by day, by agency, and the words that go with it."""

    grown: pd.DataFrame
    by_agency: dict[str, tuple[Decimal, ...]]
    note: str
    is_drawn: bool
    until: float

    @property
    def last(self) -> tuple[Decimal, ...]:
        """Low, value and high of the whole."""
        if self.grown.empty:
            return (Decimal(0),) * 3
        low, value, high = self.grown.iloc[-1][["low", "value", "high"]]
        return low, value, high

    @property
    def words(self) -> str:
        """The sum for the alt text."""
        low, value, high = self.last
        costed = count(self.grown.attrs["contacts"], "costed contact")
        between = f" ({pounds(low)} to {pounds(high)})" if low != high else ""
        return (
            f"Cost {pounds(value)}{between} for {costed}." if len(self.grown) else "No contact has an agreed unit cost."
        )


def of_family(costs: Table, journey: Any, contacts: int) -> Spent:
    """What a family's swim-lane shows of its costs; `contacts` is how many contacts the lanes stand for."""
    family, owner = journey.family_id, costs.owner
    grown = so_far(costs, family)
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    costed = set()
    for line in read(costs):
        if family in line.families and line.kind == "fiscal":
            costed.add(line.contact_id)
            held = sums[line.agency]
            sums[line.agency] = [a + b for a, b in zip(held, line.amounts, strict=True)]
    shared = grown.attrs["shared"]
    also = f" {count(shared, 'is', 'are')} another family’s too." if shared else ""
    ranged = "shaded from low to high" if grown.attrs["has_range"] else "no range in the source"
    drawn = contacts >= LEAST and not grown.empty
    steps = journey.steps
    inside = (steps["nature"] != "life") & (steps["agency"] != "family") & ~steps["before_period"].astype(bool)
    every = len(costed | set(steps.loc[inside, "contact_id"]))
    value = whole_pounds(grown["value"].iloc[-1]) if len(grown) else "none"
    note = (
        f"Cost to public purses so far: {value}, {ranged}; spent, not what could be saved; {owner.at_prices}. "
        f"{coverage(len(costed), every)}{also} Unit costs: {owner.attribution}."
    )
    names = {clean(owner.review.activities.agency(a)): tuple(v) for a, v in sums.items()}
    return Spent(grown, names, clean(note), drawn, number(owner.review.over_by) + 1)


def with_costs(table: pd.DataFrame, spent: Spent) -> pd.DataFrame:
    """The swim-lane's table with what each agency's contacts cost; empty where none has an agreed unit cost."""
    found = table.copy()
    for n, name in enumerate(("cost_low", "cost", "cost_high")):
        found[name] = [spent.by_agency[a][n] if a in spent.by_agency else None for a in found["agency"]]
    return found


def ticks(most: Decimal) -> list[Decimal]:
    """At most three round amounts from £0 up, none past the most.

    >>> [int(t) for t in ticks(Decimal(51_000))], [int(t) for t in ticks(Decimal(1696))]
    ([0, 20000, 40000], [0, 500, 1000])
    """
    steps = (Decimal(s).scaleb(power) for power in range(8, -3, -1) for s in (5, 2, 1))
    step = next((s for s in steps if 2 * s <= most), most)
    return [Decimal(0), step, 2 * step] if step < most else [Decimal(0), most]


def height(spent: Spent | None, k: float, room: float) -> float:
    """How high the panel is with the gap above it, in points, where there is so much room; nothing where there is none."""
    return min(max(room, (GAP + LOWEST) * k), (GAP + HIGHEST) * k) if spent is not None and spent.is_drawn else 0.0


def draw(
    ax: Axes,
    page: Axes,
    spent: Spent,
    sheet: Sheet,
    sides: tuple[float, float],
    offset: float,
    ends: tuple[float, float],
) -> None:
    """Draw the panel between two heights, a gap below the upper: line and band, amounts at the left, the sum at the end."""
    k = sheet.scale
    (left, right), (top, bottom) = sides, (ends[0] + GAP * sheet.scale, ends[1])
    room = bottom - top - 3 * k
    start, _ = ax.get_xlim()
    low, value, high = spent.last
    most = max(high, Decimal("0.01"))

    def y(amount: Decimal) -> float:
        return bottom - float(amount / most) * room

    for tick in ticks(most):
        write(page, left - 8 * k, offset + y(tick), short_pounds(tick), sheet.small, color=SECOND_INK, ha="right")
        if tick:
            rule(ax, ax.get_xlim(), [y(tick)] * 2, "#E1E1E1", 0.5 * k, above=1)
    xs = [start, *(number(d.date()) for d in spent.grown["day"]), spent.until]
    columns = {
        c: [bottom, *(y(v) for v in spent.grown[c]), y(spent.grown[c].iloc[-1])] for c in ("low", "value", "high")
    }
    if low != high:
        ax.fill_between(xs, columns["low"], columns["high"], step="post", color=BAND, lw=0, zorder=3, gid="cost-range")
    rule(ax, *_steps(xs, columns["value"]), NAVY, 1.9 * k, above=4, name="cost")
    middle = (top + bottom) / 2
    write(page, sheet.margin, offset + middle, "Cost so far", sheet.lane, weight="semibold")
    edge = sheet.width - right + 7 * k
    at = min(max(y(value), top + 6 * k), bottom - 20 * k)
    write(
        page,
        edge,
        offset + at,
        whole_pounds(value) if value < 100_000 else short_pounds(value),
        11 * k,
        weight="bold",
        color=NAVY,
    )
    under = f"{short_pounds(low)} to {short_pounds(high)}" if low != high else "no range"
    write(page, edge, offset + at + 13 * k, under, sheet.small, color=SECOND_INK)


def _steps(xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    """A line that stays level until the next day and then rises at once: nothing is smoothed."""
    across = [xs[0], *(x for x in xs[1:] for _ in range(2))]
    down = [*(y for y in ys[:-1] for _ in range(2)), ys[-1]]
    return across, down
