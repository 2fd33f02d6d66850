"""The two rows above the lanes: the family's life, and the triggers that were met. Both are drawn in ink.

Labels are measured and placed in tiers before anything is drawn; where they would not fit they become numbers, with
the words in a list under the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing.marks import BAND, triangle
from journeys.drawing.story import Story
from lib.figures import Sheet, rule
from lib.lettering import INK, SECOND_INK, count, shorten, width, wrap, write

MOST_TIERS = 4
MOST_WORDED = 3
MOST_LIST_LINES = 8


@dataclass
class LifePlan:
    """The life row: its height, each event's days, label, tier and place, and the list beneath the picture."""

    height: float
    events: list[tuple[float, float, str, int, float]]
    tiers: int
    lines: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class TriggerPlan:
    """The trigger row: its height, each firing's day, number, words, tier and place, and the list beneath."""

    height: float
    firings: list[tuple[float, str, bool, int, str, float, str]]
    lines: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _tiers(places: list[tuple[float, str]], room: float, size: float) -> list[tuple[int, float]]:
    """For labels at places along a line, the tier and the left edge of each, so that no two meet.

    Worked from the right, so that the line up to a label runs beside those to its right and never through them.
    """
    taken: list[list[tuple[float, float]]] = []
    found: list[tuple[int, float]] = [(0, 0.0)] * len(places)
    for i in sorted(range(len(places)), key=lambda i: (-places[i][0], -i)):
        x, label = places[i]
        needs = width(label, size)
        left = x + 4 if x + 4 + needs <= room else max(x - 4 - needs, 0)
        tier = 0
        while True:
            if tier == len(taken):
                taken.append([])
            if all(left + needs + 5 <= a or left - 2 >= b for a, b in taken[tier]):
                break
            tier += 1
        taken[tier].append((min(left, x - 1), max(left + needs, x + 1)))
        for lower in range(tier):
            taken[lower].append((x - 1, x + 1))
        found[i] = (tier, left)
    return found


def _by_words(pairs: list[tuple[str, str]], room: float, size: float) -> list[str]:
    """Numbers grouped by their words: `At school: 1, 4`, a line or more each."""
    groups: dict[str, list[str]] = {}
    for words, number in pairs:
        groups.setdefault(words, []).append(number)
    lines: list[str] = []
    for words, numbers in groups.items():
        tail = f": {', '.join(numbers)}"
        lines += wrap(shorten(words, max(room - width(tail, size), room / 2), size) + tail, room, size)
    return lines


def _listed(name: str, lines: list[str]) -> list[tuple[str, str]]:
    if len(lines) > MOST_LIST_LINES:
        rest = len(lines) - MOST_LIST_LINES + 1
        lines = [*lines[: MOST_LIST_LINES - 1], f"and {count(rest, 'more line')}, in the table of this family's steps"]
    return [(name if i == 0 else "", line) for i, line in enumerate(lines)]


def plan_life(story: Story, start: float, point: float, room: float, sheet: Sheet) -> LifePlan:
    """Where the family's events and their labels go."""
    k = sheet.scale
    events = [e for e in story.life if e.after > start]
    if not events:
        return LifePlan(22 * k, [], 0)
    middles = [max((e.first + e.after - 1) / 2, start) for e in events]
    xs = [(m - start) / point for m in middles]
    labels = [shorten(e.label, room * 0.4, sheet.key) for e in events]
    placed = _tiers(list(zip(xs, labels, strict=True)), room, sheet.key)
    lines: list[tuple[str, str]] = []
    if max(tier for tier, _ in placed) >= MOST_TIERS:
        pairs = [(label, str(i + 1)) for i, label in enumerate(labels)]
        lines = _listed("The family’s life", _by_words(pairs, room, sheet.key))
        labels = [str(i + 1) for i in range(len(events))]
        placed = _tiers(list(zip(xs, labels, strict=True)), room, sheet.key)
    tiers = max(tier for tier, _ in placed) + 1
    rows = [
        (e.first, e.after, label, tier, left) for e, label, (tier, left) in zip(events, labels, placed, strict=True)
    ]
    return LifePlan((15 + 13 * tiers + 4) * k, rows, tiers, lines)


def draw_life(
    ax: Axes,
    page: Axes,
    plan: LifePlan,
    sheet: Sheet,
    left: float,
    offset: float,
    start: float,
    after: float,
    point: float,
) -> None:
    """The family’s life on its pale band: a line, diamonds, and a label at each."""
    k = sheet.scale
    ax.add_patch(Rectangle((start, 0), after - start, plan.height, fc=BAND, ec="none", zorder=0.5))
    name = "The family’s life"
    write(page, left - 8 * k, offset + plan.height / 2, name, sheet.lane, weight="semibold", ha="right")
    if not plan.events:
        words = "no event in the family’s life is recorded by anyone"
        write(ax, start + 6 * point, plan.height / 2, words, sheet.key, color=SECOND_INK, ground=BAND)
        return
    line = plan.height - 8 * k
    rule(ax, [start, after], [line, line], INK, 1.2 * k, above=4)
    for first, end, label, tier, label_left in plan.events:
        is_span = end - first > 1
        if is_span:
            box = (max(first, start), min(end, after))
            rule(ax, box, [line, line], INK, 4.5 * k, above=4.5)
        x = max((first + end - 1) / 2, start)
        y = line - (12 + 13 * tier) * k
        rule(ax, [x, x], [y - 5 * k, line], INK, 0.7 * k, above=4)
        ax.plot(
            [x],
            [line],
            ls="none",
            marker="D",
            ms=5.6 * k,
            mfc="white" if is_span else INK,
            mec=INK if is_span else "white",
            mew=(1.2 if is_span else 0.5) * k,
            zorder=6,
            clip_on=False,
            gid="life",
        )
        write(ax, start + label_left * point, y, label, sheet.key, ground=BAND)


def plan_triggers(story: Story, start: float, point: float, room: float, sheet: Sheet) -> TriggerPlan:
    """Where the firings go: words beside up to three, numbers and a list for more; nothing where there is none."""
    k = sheet.scale
    firings = story.firings or []
    if not firings:
        return TriggerPlan(0, [])
    if len(firings) <= MOST_WORDED:
        rows, cut = [], []
        for tier, firing in enumerate(firings):
            x = (firing.day - start) / point
            words = f"Possibly: {firing.words}" if firing.is_possible else firing.words
            to_right, to_left = room - x - 11 * k, x - 11 * k
            is_right = width(words, sheet.key) <= to_right or to_right >= to_left
            fitted = shorten(words, max(to_right, to_left), sheet.key)
            if fitted != words:
                cut.append((words, str(firing.number)))
            place = x + 11 * k if is_right else x - 11 * k
            number = str(firing.number)
            rows.append((firing.day, number, firing.is_possible, tier, fitted, place, "left" if is_right else "right"))
        return TriggerPlan(
            (13.5 * len(firings) + 12) * k, rows, _listed(story.row_name, _by_words(cut, room, sheet.key))
        )
    taken: list[float] = []
    rows = []
    crowded = 0
    for firing in firings:
        x = (firing.day - start) / point
        needs = (8 + 1.5 * len(str(firing.number))) * k
        tier = next((i for i, end in enumerate(taken) if x - needs >= end), len(taken))
        number = str(firing.number)
        if tier >= MOST_TIERS:
            tier, number = MOST_TIERS - 1, ""
            crowded += 1
        elif tier == len(taken):
            taken.append(0.0)
        taken[tier] = x + needs
        rows.append((firing.day, number, firing.is_possible, tier, "", x, "left"))
    what = "trigger" if story.chanced is None else "chance"
    notes = [f"{count(crowded, f'{what} is', f'{what}s are')} drawn without a number for want of room."]
    height = (13.5 * len(taken) + 12) * k
    if story.chanced is not None:
        # A chance is too long for a list: its words stand in the table of chances, by its number.
        return TriggerPlan(height, rows, [], [*(notes if crowded else []), "Numbers: as in the table of chances."])
    pairs = [(f.words, f"{f.number}{' (possibly)' if f.is_possible else ''}") for f in firings]
    return TriggerPlan(
        height, rows, _listed(story.row_name, _by_words(pairs, room, sheet.key)), notes if crowded else []
    )


def draw_triggers(
    ax: Axes,
    page: Axes,
    plan: TriggerPlan,
    sheet: Sheet,
    left: float,
    offset: float,
    start: float,
    point: float,
    top: float,
    bottom: float,
    name: str = "Triggers",
) -> None:
    """The row of firings, or of chances to help, each with a dotted line down through every lane."""
    k = sheet.scale
    if not plan.height:
        return
    # Past a dozen the lines would be a curtain before the lanes, so they step back.
    color, weight = (INK, 0.9) if len(plan.firings) <= 12 else ("#8C8C8C", 0.6)
    write(page, left - 8 * k, offset + top + plan.height / 2, name, sheet.lane, weight="semibold", ha="right")
    for day, number, possible, tier, words, place, ha in plan.firings:
        y = top + (4 + 13.5 * tier) * k
        rule(ax, [day, day], [y + 10 * k, bottom], color, weight * k, above=2.5, dash=(0, (1, 2)), name="drop")
        triangle(ax, day, y, number, k, point, hollow=possible)
        if words:
            write(ax, start + place * point, y + 5.5 * k, words, sheet.key, ha=ha, ground="white")
