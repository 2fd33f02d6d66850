"""Facts known day by day: all agencies together, and whichever single agency knew most, unnamed; enough, help, the gap.

Words are measured and settled one after another, each where it meets no other words and the fewest lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Polygon

from journeys.drawing.marks import NAVY, ORANGE
from journeys.drawing.puzzle import Puzzle
from lib.dates import say_short
from lib.figures import Sheet, rule
from lib.lettering import INK, SECOND_INK, count, width, wrap, write
from lib.timescale import number, ticks

GROUND, GRID, DARK_ORANGE = "#E3E9F1", "#D9D9D9", "#A33A08"
HEADROOM, PLOT, AXIS = 16.0, 118.0, 30.0
LEADING = 1.22

Box = tuple[float, float, float, float]
Try = tuple[list[str], float, float, str]
"""Lines of words, and where they may stand: x, the top, and which side of x they are on."""


def chart_height(sheet: Sheet) -> float:
    """How high the chart is, in points, with its axis."""
    return (HEADROOM + PLOT + AXIS) * sheet.scale


@dataclass
class _Plot:
    """Where days and counts lie, in points; the words settled so far, and the lines that words had better not cross."""

    p: Puzzle
    sheet: Sheet
    top: float
    left: float
    right: float
    taken: list[Box] = field(default_factory=list)
    lines: list[Box] = field(default_factory=list)
    listed: int = 0

    @property
    def bottom(self) -> float:
        return self.top + PLOT * self.sheet.scale

    def x(self, day: float) -> float:
        start, after = number(self.p.start), number(self.p.end) + 1
        return self.left + (min(max(day, start), after) - start) / (after - start) * (self.right - self.left)

    def y(self, facts: float) -> float:
        return self.bottom - facts / max(self.p.facts, self.p.enough) * PLOT * self.sheet.scale

    def stairs(self, which: int) -> tuple[list[float], list[float]]:
        """A line of steps: `which` is 1 for all together, 2 for the best informed."""
        start, end = number(self.p.start), number(self.p.end)
        before = max((step[which] for step in self.p.steps if step[0] <= start), default=0)
        inside = [(self.x(step[0]), int(step[which])) for step in self.p.steps if start < step[0] <= end]
        xs = [self.left]
        ys = [self.y(before)]
        for x, level in inside:
            xs += [x, x]
            ys += [ys[-1], self.y(level)]
        return [*xs, self.right], [*ys, ys[-1]]

    def settle(self, ax: Axes, tries: list[Try], size: float, weight: str, color: str) -> float | None:
        """Write words at the place, of those tried, that meets no words and the fewest lines; and say how high it is."""
        k = self.sheet.scale
        best: tuple[int, int, Box, Try] | None = None
        for n, one in enumerate(tries):
            words, x, y, side = one
            wide = max(width(line, size, weight) for line in words)
            left = {"left": x, "right": x - wide, "center": x - wide / 2}[side]
            box = (left - 2, y, left + wide + 2, y + len(words) * size * LEADING)
            inside = box[0] >= 0 and box[2] <= self.sheet.width - 2 * self.sheet.margin + 2
            inside = inside and box[1] >= self.top - HEADROOM * k and box[3] <= self.bottom
            if not inside or any(_meet(box, other) for other in self.taken):
                continue
            crossed = sum(_meet(box, line) for line in self.lines)
            if best is None or crossed < best[0]:
                best = (crossed, n, box, one)
        if best is None:
            return None
        crossed, _, box, (words, x, y, side) = best
        self.taken.append(box)
        ground = None if not crossed else GROUND if self.is_in_gap(box) else "white"
        for n, line in enumerate(words):
            write(ax, x, y + (n + 0.5) * size * LEADING, line, size, weight=weight, color=color, ha=side, ground=ground)
        return y

    def is_in_gap(self, box: Box) -> bool:
        """Whether the middle of a box lies on the pale ground between the two lines."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        (xs, together), (_, alone) = self.stairs(1), self.stairs(2)
        here = max((i for i, at in enumerate(xs) if at <= x), default=0)
        return together[here] <= y <= alone[here]


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def draw_chart(ax: Axes, p: Puzzle, sheet: Sheet, top: float, left: float, right: float) -> None:
    """Draw the chart of days: `top` is its upper edge, `left` and `right` those of the matrix above."""
    k = sheet.scale
    plot = _Plot(p, sheet, top + HEADROOM * k, left, right)
    write(ax, 0, plot.top, "Facts known", sheet.key + 1 * k, weight="semibold")
    write(ax, 0, plot.top + 14 * k, f"of {p.facts}, day by day", sheet.key, color=SECOND_INK)
    # The margin at the left is the chart's name, its scale and what finds no room in it.
    plot.taken.append((-1, plot.top - HEADROOM * k, left - 2 * k, plot.bottom))
    every = max(-(-p.facts // 3), 1)
    for level in range(0, p.facts + 1, every):
        y = plot.y(level)
        rule(ax, [left, right], [y, y], GRID if level else "#8C8C8C", 0.6 * k, above=1)
        write(ax, left - 5 * k, y, f"{level}", sheet.key, color=SECOND_INK, ha="right")
    _days(ax, plot)
    xs, together = plot.stairs(1)
    _, alone = plot.stairs(2)
    ax.fill(xs + xs[::-1], together + alone[::-1], fc=GROUND, ec="none", zorder=0.8)
    rule(ax, xs, together, NAVY, 2.4 * k, above=5, name="together")
    rule(ax, xs, alone, ORANGE, 2.0 * k, above=5.2, dash=(0, (4, 2)), name="alone")
    enough = plot.y(p.enough)
    rule(ax, [left, right], [enough, enough], INK, 1.0 * k, above=4, dash=(0, (1, 2)), name="enough")
    for ys in (together, alone):
        for i in range(len(xs) - 1):
            a, b = sorted((ys[i], ys[i + 1]))
            plot.lines.append((xs[i] - 1, a - 1.5, xs[i + 1] + 1, b + 1.5))
    plot.lines.append((left, enough - 1, right, enough + 1))
    _moments(ax, plot)
    _names(ax, plot, together[-1], alone[-1], enough)


def _days(ax: Axes, plot: _Plot) -> None:
    k, sheet = plot.sheet.scale, plot.sheet
    for tick in ticks(plot.p.start, plot.p.end, plot.right - plot.left, sheet.key):
        x = plot.x(number(tick.day))
        rule(ax, [x, x], [plot.bottom, plot.bottom + 3.5 * k], "#8C8C8C", 0.6 * k, above=1)
        y = plot.bottom + 11 * k
        if tick.label:
            write(ax, x, y, tick.label, sheet.key)
            y += 12.5 * k
        if tick.year:
            write(ax, x, y, tick.year, sheet.key, weight="semibold")


def _moments(ax: Axes, plot: _Plot) -> None:
    """The day they together knew enough, the day help began, and the days between; all in ink."""
    p, k = plot.p, plot.sheet.scale
    if p.enough_on is None:
        return
    known = plot.x(number(p.enough_on))
    helped = plot.x(number(p.help_on)) if p.help_on is not None and not p.helped_before else None
    for x in (known, helped):
        if x is not None:
            rule(ax, [x, x], [plot.top - 8 * k, plot.bottom], INK, 1.6 * k, above=6)
            plot.lines.append((x - 1.5, plot.top - 8 * k, x + 1.5, plot.bottom))
    _said(ax, plot, known, ["Together they", "knew enough", say_short(p.enough_on)], "right")
    if helped is not None and p.help_on is not None:
        _said(ax, plot, helped, ["Help began", say_short(p.help_on)], "left")
    end = helped if helped is not None else plot.right if p.is_open else None
    if end is not None and p.days:
        _between(ax, plot, known, end, helped is None)


def _said(ax: Axes, plot: _Plot, x: float, words: list[str], side: str) -> None:
    """Words beside an upright line: on the side asked for where there is room, else on the other."""
    k = plot.sheet.scale
    heights = [plot.top + n * 6 * k for n in range(int(PLOT // 6))]
    sides = ("right", "left") if side == "right" else ("left", "right")
    tries = [(words, x - 4 * k if s == "right" else x + 4 * k, y, s) for s in sides for y in heights]
    _settle_or_list(ax, plot, tries, plot.sheet.key + 0.5 * k, "semibold", INK)


def _between(ax: Axes, plot: _Plot, known: float, end: float, is_open: bool) -> None:
    """The days from one line to the other, with a double arrow; so far, with an open one, where no help has begun."""
    p, k = plot.p, plot.sheet.scale
    words, size = [count(p.days or 0, "day") + (" so far" if is_open else "")], 11 * k
    heights = [plot.bottom - n * 6 * k for n in range(4, int(PLOT // 6))]
    # The arrow runs 17 points below the top of its words: along no other line and through no words, where it can.
    clear = [y for y in heights if not any(_meet((known + 2, y + 13 * k, end - 2, y + 21 * k), a) for a in plot.taken)]
    free = [y for y in clear if not any(_meet((known + 2, y + 14 * k, end - 2, y + 20 * k), a) for a in plot.lines)]
    heights = free or clear or heights
    fits = width(words[0], size, "bold") + 10 * k < end - known
    tries: list[Try] = [(words, (known + end) / 2, y, "center") for y in heights] if fits else []
    tries += [(words, end + 5 * k, y, "left") for y in heights] + [(words, known - 5 * k, y, "right") for y in heights]
    y = _settle_or_list(ax, plot, tries, size, "bold", INK)
    if end - known < 14 * k:
        return
    y = plot.bottom - 8 * k if y is None else y + 17 * k
    style = "-|>" if is_open else "<|-|>"
    arrow = FancyArrowPatch(
        (known + 1, y),
        (end - (1 if not is_open else 7 * k), y),
        arrowstyle=f"{style},head_length={4 * k},head_width={2 * k}" if not is_open else "-",
        mutation_scale=1,
        lw=1.3 * k,
        color=INK,
        shrinkA=0,
        shrinkB=0,
        zorder=6,
        gid="days",
    )
    ax.add_patch(arrow)
    if is_open:
        tip = [(end - 7 * k, y - 3.5 * k), (end - 7 * k, y + 3.5 * k), (end, y)]
        ax.add_patch(Polygon(tip, fc="white", ec=INK, lw=1.2 * k, zorder=6, clip_on=False, gid="open"))
    plot.taken.append((known, y - 5 * k, end, y + 5 * k))


def _names(ax: Axes, plot: _Plot, together: float, alone: float, enough: float) -> None:
    """What the lines are, at their right ends where there is room."""
    p, sheet, k = plot.p, plot.sheet, plot.sheet.scale
    size = sheet.key + 0.5 * k
    high, off = size * LEADING, 3 * k
    across = [plot.right - n * (plot.right - plot.left) / 12 for n in range(12)]
    words = [f"All agencies together: {p.known} of {p.facts}"]
    tries: list[Try] = [(words, x, y, "right") for x in across for y in (together - high - off, together + off)]
    _settle_or_list(ax, plot, tries, size, "semibold", NAVY)
    two = ["The best-informed", f"single agency: {p.best} of {p.facts}"]
    one = [" ".join(two)]
    tries = [(w, x, y, "right") for x in across for w in (two, one) for y in (alone + off, alone - len(w) * high - off)]
    _settle_or_list(ax, plot, tries, size, "semibold", DARK_ORANGE)
    words, high = [f"enough: {p.enough} of {p.facts}"], sheet.key * LEADING
    tries = [(words, x, y, "right") for x in across for y in (enough - high - 1 * k, enough + 2 * k)]
    _settle_or_list(ax, plot, tries, sheet.key, "regular", SECOND_INK)


def _settle_or_list(ax: Axes, plot: _Plot, tries: list[Try], size: float, weight: str, color: str) -> float | None:
    """Settle words in the chart, and say how high; where they fit nowhere, list them at its left, under its name."""
    if (y := plot.settle(ax, tries, size, weight, color)) is not None:
        return y
    k = plot.sheet.scale
    for line in wrap(" ".join(tries[0][0]), plot.left - 24 * k, plot.sheet.key, weight):
        write(ax, 0, plot.top + (28 + 12 * plot.listed) * k, line, plot.sheet.key, weight=weight, color=color)
        plot.listed += 1
    return None
