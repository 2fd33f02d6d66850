"""How many professionals a family had at once, and how many so far: a step chart over the whole period. Nobody is named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from journeys.drawing.limits import GRID, NAVY, SMALL, source, tag, use
from journeys.staffing import at_once, professionals
from lib.dates import say
from lib.figures import RULE, Frame, Picture, alt_text, open_picture, rule
from lib.lettering import INK, SECOND_INK, clean, count, in_words, sentence, width, write
from lib.timescale import number, ticks

PLOT, HEADROOM, AXIS, LEFT, RIGHT = 190.0, 20.0, 32.0, 26.0, 118.0
GREY = "#3D3D3D"


@dataclass(frozen=True)
class Staff:
    """One family's stretches in the period, clipped to it, and what is known of them."""

    family: str
    table: pd.DataFrame
    row: Any

    @cached_property
    def most(self) -> int:
        """The most at once in the period."""
        return int(self.table["at_once"].max()) if len(self.table) else 0

    @cached_property
    def ever(self) -> int:
        """How many so far at the period's end."""
        return int(self.table["so_far"].max()) if len(self.table) else 0

    @property
    def peak(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first days on which there were so many."""
        some = self.table[self.table["at_once"] == self.most]
        first, last = some.iloc[0]["from_on"], some.iloc[0]["to_on"]
        for row in some.iloc[1:].itertuples():
            if row.from_on != last + pd.Timedelta(days=1):
                break
            last = row.to_on
        return first, last


def read(journey: Any) -> Staff:
    """What the chart shows of a journey."""
    review = journey.review
    frame = at_once(journey.alone)
    for column in ("from_on", "to_on"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    start, end = pd.Timestamp(review.start), pd.Timestamp(review.end)
    frame = frame[(frame["to_on"] >= start) & (frame["from_on"] <= end)].copy()
    frame["from_on"], frame["to_on"] = frame["from_on"].clip(lower=start), frame["to_on"].clip(upper=end)
    table = frame.drop(columns="family_id").reset_index(drop=True)
    return Staff(clean(journey.family_id), table, professionals(journey.alone).iloc[0])


def finding(s: Staff) -> str:
    """The title: how many, and how many at once, when."""
    if not s.ever:
        return "No contact in this period names a professional"
    if s.ever == 1:
        return "One professional is named"
    first, last = s.peak
    when = f"on {say(first.date())}" if first == last else f"from {say(first.date())} to {say(last.date())}"
    who = "all" if s.most == s.ever else f"{in_words(s.most)} of them"
    most = "never two at once" if s.most == 1 else f"{who} at once {when}"
    return f"{sentence(in_words(s.ever))} professionals, {most}"


def footer(s: Staff, review: Any, level: str) -> list[str]:
    """Counts and source; convention; limits of use."""
    row = s.row
    n = count(int(row.touches_and_referrals), "touch or referral", "touches and referrals")
    first = f"n = {n} of 1 family, {count(int(row.professionals), 'professional')}; {int(row.unknown)} name nobody. {source(review)}"
    second = (
        "Each professional counts from the first to the last touch or referral that names them, both days included."
    )
    if row.undated:
        second += f" {count(int(row.undated), 'professional is', 'professionals are')} known to no day, and not drawn."
    second += (
        " Contacts that name nobody are in neither line, so both are at least so many; near the period's ends fewer are at "
        "once because what came before or comes after is not in the records."
    )
    return [first, second, f"Every number is about the system, not about an agency or a person. {use(review, level)}"]


def draw(journey: Any, level: str, shown: bool) -> Axes:
    """Draw the chart, framed or not, and return its Axes (points across and down)."""
    s, review = read(journey), journey.review
    words = f"Family {s.family}: professionals who met the family or asked for it, at once and so far"
    frame = Frame(finding(s), words, tag(review, level), [], footer(s, review, level))
    height = HEADROOM + PLOT + AXIS if s.ever else 30.0
    ax, _ = open_picture(frame, SMALL, height, left=SMALL.margin, right=SMALL.margin, shown=shown)
    if s.ever:
        _chart(ax, s, review)
    else:
        write(
            ax, 0, 12, f"{int(s.row.touches_and_referrals)} touches and referrals, and none names a professional.", 10.5
        )
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data = s.table
    parts = [f"Step chart of professionals with family {s.family[:40]}.", f"{finding(s)}."]
    parts.append(f"{int(s.row.unknown)} of {int(s.row.touches_and_referrals)} touches and referrals name nobody.")
    picture.alt = alt_text(*parts, invented=bool(review.about.invented))
    return ax


def _stairs(s: Staff, review: Any, which: str, x: Any, y: Any) -> tuple[list[float], list[float]]:
    """A line of steps over the whole period: 0 before the first stretch; after the last, none at once and all so far."""
    level = 0.0
    xs, ys = [x(number(review.start))], [y(0)]
    for row in s.table.itertuples():
        at = x(number(row.from_on.date()))
        value = float(getattr(row, which))
        xs, ys = [*xs, at, at], [*ys, y(level), y(value)]
        level = value
    end = x(number(review.end) + 1)
    if len(s.table) and which == "at_once":
        at = x(number(s.table.iloc[-1]["to_on"].date()) + 1)
        if at < end:
            xs, ys, level = [*xs, at, at], [*ys, y(level), y(0)], 0.0
    return [*xs, end], [*ys, y(level)]


def _chart(ax: Axes, s: Staff, review: Any) -> None:
    room = SMALL.width - 2 * SMALL.margin
    right, bottom = room - RIGHT, HEADROOM + PLOT
    start, after = number(review.start), number(review.end) + 1

    def x(day: float) -> float:
        return LEFT + (min(max(day, start), after) - start) / (after - start) * (right - LEFT)

    def y(n: float) -> float:
        return bottom - n / s.ever * PLOT

    every = max(-(-s.ever // 5), 1)
    for n in range(0, s.ever + 1, every):
        rule(ax, [LEFT, right], [y(n), y(n)], GRID if n else RULE, 0.6, above=1)
        write(ax, LEFT - 5, y(n), f"{n}", SMALL.key, color=SECOND_INK, ha="right")
    for tick in ticks(review.start, review.end, right - LEFT, SMALL.key):
        at = x(number(tick.day))
        rule(ax, [at, at], [bottom, bottom + 3.5], RULE, 0.6, above=1)
        if tick.label:
            write(ax, at, bottom + 11, tick.label, SMALL.key)
        if tick.year:
            write(ax, at, bottom + (23.5 if tick.label else 11), tick.year, SMALL.key, weight="semibold")
    xs, now = _stairs(s, review, "at_once", x, y)
    across, ever = _stairs(s, review, "so_far", x, y)
    ax.fill([*xs, xs[-1], xs[0]], [*now, bottom, bottom], fc="#DCE3EC", ec="none", zorder=0.8, gid="ground")
    rule(ax, xs, now, NAVY, 2.0, above=5, name="at once")
    rule(ax, across, ever, GREY, 1.6, above=4, dash=(0, (4, 2)), name="so far")
    write(ax, right + 6, y(s.ever), f"so far: {s.ever}", SMALL.lane, weight="semibold", color=GREY)
    last = (bottom - now[-1]) / PLOT * s.ever
    level = min(max(now[-1], y(s.ever) + 14), bottom)
    write(ax, right + 6, level, f"at once: {round(last)} at the end", SMALL.lane, weight="semibold", color=NAVY)
    _peak(ax, s, x, y, right)


def _peak(ax: Axes, s: Staff, x: Any, y: Any, right: float) -> None:
    """The first days of most at once, in ink: a line over them and its number."""
    if s.most < 2:
        return
    first, last = s.peak
    a, b = x(number(first.date())), x(number(last.date()) + 1)
    top = y(s.most)
    rule(ax, [a, max(b, a + 1.5)], [top - 3, top - 3], INK, 1.6, above=6, name="most")
    words = f"most at once: {s.most}"
    wide = width(words, SMALL.key, "semibold")
    middle = min(max((a + b) / 2, LEFT + wide / 2), right - wide / 2)
    write(
        ax,
        middle,
        top - 10,
        words,
        SMALL.key,
        weight="semibold",
        ha="center",
        ground="white",
    )
