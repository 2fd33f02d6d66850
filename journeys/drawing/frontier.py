"""Warning against alarms, drawn: which rules buy more warning for their alarms than any other, and which are not worth it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing import frontierwords
from journeys.drawing.limits import BLUE, GREY, GRID, NAVY, PALE, QUIET, SMALL, tag
from lib.figures import Frame, KeyItem, Picture, open_picture, rule
from lib.lettering import INK, SECOND_INK, balance, clean, width, wrap, write

HEIGHT, LEFT, BOTTOM = 262.0, 36.0, 34.0
MOST_LABELS, MOST_FOUND = 8, 5
BEYOND_CAPACITY = 2.4
"""So many times the stated load the axis runs at most; what lies beyond is counted in the footer."""

STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000)

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Dot:
    """One rule: where it lies in days and alarms, what kind it is, and its words."""

    alarms: float
    days: float
    low: float
    high: float
    kind: str
    words: str
    is_sure: bool
    rank: float


@dataclass
class Plot:
    """The picture in hand: how days and alarms become points, and what already stands where."""

    ax: Axes
    across: float
    point_x: float
    point_y: float
    base: float
    taken: list[Box]

    def x(self, alarms: float) -> float:
        """Where so many alarms lie."""
        return LEFT + alarms * self.point_x

    def y(self, days: float) -> float:
        """Where so many days lie; what is below chance lies on the line of chance."""
        return self.base - max(days, 0.0) * self.point_y


def dots(frame: pd.DataFrame) -> list[Dot]:
    """The rules of a search as they are drawn: those that fired at all."""
    found = []
    for row in frame.to_dict("records"):
        fired = row["alarms_per_100"] > 0
        rank = float(row["rank"]) if pd.notna(row["rank"]) else float("inf")
        kind = "found" if row["kind"] == "tried" and rank <= MOST_FOUND else row["kind"]
        sure = bool(row["beyond_low"] > 0) and kind != "noise"
        days, low, high = (float(row[n]) for n in ("beyond_chance", "beyond_low", "beyond_high"))
        if fired:
            found.append(Dot(float(row["alarms_per_100"]), days, low, high, kind, clean(row["rule"]), sure, rank))
    return sorted(found, key=lambda d: (d.rank, d.kind, d.alarms, -d.days, d.words))


def unbeaten(some: Sequence[Dot]) -> list[Dot]:
    """Of the rules that surely warn beyond chance, those that no other beats: fewest alarms first.

    >>> def dot(alarms, days):
    ...     return Dot(alarms, days, 1, 1, "tried", "", True, 1)
    >>> [d.days for d in unbeaten([dot(5, 10), dot(3, 10), dot(9, 40), dot(20, 30)])]
    [10, 40]
    """
    front: list[Dot] = []
    for one in sorted((d for d in some if d.is_sure), key=lambda d: (d.alarms, -d.days, d.rank, d.words)):
        if not front or one.days > front[-1].days:
            front.append(one)
    return front


def draw(search: Any, level: str, shown: bool) -> Axes:
    """Draw a search's frontier, framed or not, and return its Axes (points across and down)."""
    review, load = search.review, search.alarms_per_100
    every = dots(search.frame)
    named = [d for d in every if d.kind != "tried"]
    furthest = min(max([d.alarms for d in named] + [1.6 * load]) * 1.06, BEYOND_CAPACITY * load)
    seen = [d for d in every if d.alarms <= furthest and (d.kind != "tried" or d.days > 0)]
    highest = max([d.days for d in seen] + [d.high for d in seen if d.kind == "agreed"] + [30.0]) * 1.1
    front = unbeaten(seen)
    words = Frame(
        frontierwords.finding(search),
        "Each mark is a rule: how long it warns beyond chance, against how many alarms it would raise",
        tag(review, level),
        _key(seen),
        frontierwords.footer(search, len(every) - len(seen), level),
    )
    ax, _ = open_picture(words, SMALL, HEIGHT + BOTTOM, left=SMALL.margin, right=SMALL.margin, shown=shown)
    across = SMALL.width - 2 * SMALL.margin
    plot = Plot(ax, across, (across - LEFT) / furthest, (HEIGHT - 22) / highest, HEIGHT, [])
    write(ax, 0, 6, "Days of warning beyond chance", 9.5, weight="semibold")
    _ground(plot, load, furthest)
    _axes(plot, furthest, highest)
    _front(plot, front)
    for one in sorted(seen, key=lambda d: ("tried", "noise", "found", "agreed").index(d.kind)):
        _dot(plot, one)
    _labels(plot, seen, front)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = frontierwords.table(search.frame), frontierwords.alt(search, review.about.invented)
    return ax


def _ground(plot: Plot, load: float, furthest: float) -> None:
    """The stated load as an ink line, and beyond it a pale ground with words inside."""
    x, right = plot.x(load), plot.x(furthest)
    ground = Rectangle((x, 16), right - x, HEIGHT - 16, fc=PALE, ec="none", zorder=0.2)
    plot.ax.add_patch(ground)
    rule(plot.ax, [x, x], [16, HEIGHT], INK, 1.6, above=3, name="load")
    plot.taken.append((x - 2, 16, x + 2, HEIGHT))
    said = ("More than the stated load", f"({load:g} alarms per 100 families a year)")
    lines = [part for line in said for part in wrap(line, right - x - 10, 9, "semibold")]
    for n, line in enumerate(lines):
        write(plot.ax, x + 6, 24 + 12 * n, line, 9, weight="semibold")
    wide = max(width(line, 9, "semibold") for line in lines)
    plot.taken.append((x + 4, 16, x + 8 + wide, 24 + 12 * len(lines)))


def _step(highest: float, most: int) -> int:
    return next((step for step in STEPS if highest / step <= most), STEPS[-1])


def _axes(plot: Plot, furthest: float, highest: float) -> None:
    ax, step = plot.ax, _step(highest, 5)
    for days in range(0, int(highest) + 1, step):
        y = plot.y(days)
        if y < 20:
            break
        if days:
            rule(ax, [LEFT, plot.across], [y, y], GRID, 0.6, above=0.5)
        write(ax, LEFT - 5, y, f"{days:,}", 9, color=SECOND_INK, ha="right")
    rule(ax, [LEFT, plot.across], [HEIGHT, HEIGHT], "#8C8C8C", 0.8, above=1)
    for alarms in range(0, int(furthest) + 1, _step(furthest, 7)):
        x = plot.x(alarms)
        rule(ax, [x, x], [HEIGHT, HEIGHT + 3], "#8C8C8C", 0.6)
        write(ax, x, HEIGHT + 10, f"{alarms:,}", 9, color=SECOND_INK, ha="center")
    write(ax, (LEFT + plot.across) / 2, HEIGHT + 25, "Alarms per 100 families a year", 9.5, ha="center")


def _front(plot: Plot, front: Sequence[Dot]) -> None:
    """Steps, not a curve: between two rules there is nothing to be had."""
    if not front:
        return
    places = [(plot.x(d.alarms), plot.y(d.days)) for d in front]
    corners = [(LEFT, plot.base), (places[0][0], plot.base), places[0]]
    for (_, y0), (x1, y1) in pairwise(places):
        corners += [(x1, y0), (x1, y1)]
    corners.append((plot.across, places[-1][1]))
    rule(plot.ax, [x for x, _ in corners], [y for _, y in corners], BLUE, 2.6, above=2.5, name="frontier")
    for (x0, y0), (x1, y1) in pairwise(corners):
        plot.taken.append((min(x0, x1) - 1.5, min(y0, y1) - 1.5, max(x0, x1) + 1.5, max(y0, y1) + 1.5))
    words = "the frontier"
    x, y = plot.across - 4, places[-1][1] - 9
    write(plot.ax, x, y, words, 9.5, color="#175A96", ha="right", weight="semibold")
    plot.taken.append((x - width(words, 9.5, "semibold"), y - 6, x, y + 5))


def _dot(plot: Plot, one: Dot) -> None:
    x, y = plot.x(one.alarms), plot.y(one.days)
    if one.kind in ("agreed", "noise") and one.high > 0:
        ends = [plot.y(one.low), plot.y(one.high)]
        color = NAVY if one.kind == "agreed" else GREY
        rule(plot.ax, [x, x], ends, "white", 3.6, above=3.4)
        rule(plot.ax, [x, x], ends, color, 1.4, above=3.5, name="interval")
        plot.taken.append((x - 2, ends[1], x + 2, ends[0]))
    stamp(plot.ax, x, y, one.kind)
    reach = 3.0 if one.kind == "tried" else 6.5
    plot.taken.append((x - reach, y - reach, x + reach, y + reach))


def stamp(ax: Axes, x: float, y: float, kind: str) -> None:
    """A rule's mark: filled (agreed), hollow diamond (found), cross (noise), pale dot (the rest)."""
    shapes: dict[str, tuple[str, float, str, str, float, float]] = {
        "tried": ("o", 4.6, QUIET, "white", 0.5, 2.2),
        "noise": ("X", 7.4, GREY, "white", 0.7, 5.0),
        "found": ("D", 9.4, "white", NAVY, 1.5, 5.5),
        "agreed": ("o", 8.0, NAVY, "white", 0.8, 6.0),
    }
    shape, size, fill, edge, edge_width, above = shapes[kind]
    ax.plot(
        [x], [y], ls="none", marker=shape, ms=size, mfc=fill, mec=edge, mew=edge_width, zorder=above, clip_on=False,
        gid=kind,
    )  # fmt: skip


def _labels(plot: Plot, seen: Sequence[Dot], front: Sequence[Dot]) -> None:
    """At most eight: what the search put first, the agreed rules that warn, the frontier, the first noise."""
    sure = [d for d in seen if d.kind == "agreed" and d.days > 0]
    noise = [d for d in seen if d.kind == "noise"][:1]
    found = sorted((d for d in seen if d.kind == "found"), key=lambda d: d.rank)
    wanted = [*found[:1], *sorted(sure, key=lambda d: -d.days), *noise, *found[1:], *front]
    done: set[tuple[float, float]] = set()
    for one in wanted:
        place = (round(one.alarms, 6), round(one.days, 6))
        if len(done) < MOST_LABELS and place not in done and _label(plot, one):
            done.add(place)


def _label(plot: Plot, one: Dot) -> bool:
    """Put a rule's words beside its mark where nothing else stands; without room they stand in the table alone."""
    size = 9.0
    weight, color = ("semibold", INK) if one.kind in ("agreed", "noise") or one.rank == 1 else ("regular", SECOND_INK)
    x, y = plot.x(one.alarms), plot.y(one.days)
    for most, room in ((1, 400), (2, 130), (3, 95), (4, 74)):
        lines = wrap(one.words, room, size, weight)
        if len(lines) > most:
            continue
        if len(lines) == 2:
            lines = balance(one.words, room, size, weight)
        wide, high = max(width(line, size, weight) for line in lines), 11.2 * len(lines)
        for dx in (9.0, -9.0 - wide, -wide / 2):
            for dy in (0.0, -9.0 - high / 2, 9.0 + high / 2, -22.0, 22.0, -34.0, 34.0):
                if dx == -wide / 2 and abs(dy) < 9:
                    continue
                left, top = x + dx, y + dy - high / 2
                box = (left - 2, top, left + wide + 2, top + high)
                inside = box[0] >= LEFT and box[2] <= plot.across and box[1] >= 16 and box[3] <= HEIGHT - 1
                if inside and not any(_meet(box, other) for other in plot.taken):
                    for n, line in enumerate(lines):
                        write(plot.ax, left, top + 11.2 * (n + 0.5), line, size, weight=weight, color=color)
                    plot.taken.append(box)
                    return True
    return False


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _key(seen: Sequence[Dot]) -> list[KeyItem]:
    words = {
        "agreed": "rule in force",
        "found": "found by search, not yet agreed",
        "noise": "noise: alarms dealt by chance",
        "tried": "other rules tried",
    }
    used = {d.kind for d in seen}

    def one(kind: str) -> KeyItem:
        return KeyItem(lambda ax, x, y: stamp(ax, x + 7, y, kind), 14, words[kind])

    return [one(kind) for kind in words if kind in used]
