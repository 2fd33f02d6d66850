"""The swim-lane: one family's contacts by agency, its life on top; between, triggers that were met or chances to help.

Lanes stand in the order in which agencies first met the family, never by volume. Heights are in points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing import captions, chancerow, costpanel
from journeys.drawing.bands import draw_life, draw_triggers, plan_life, plan_triggers
from journeys.drawing.marks import BAR, NAVY, hatch, key_items, ring, span, stamp
from journeys.drawing.placing import Placed, monthly, offsets, stack
from journeys.drawing.story import Lane, Mark, Story
from lib.figures import Frame, Picture, Sheet, open_picture, room_for_picture, rule
from lib.lettering import INK, SECOND_INK, shorten, width, write
from lib.timescale import number, ticks

CROWDED = 40
"""Above so many marks a lane is higher, and has five rows for them instead of three."""

LEAST_UNIT = 19.5
"""The least height of a lane at A4, for its name and a note beneath: so low only where the whole would not fit the paper."""

NO_ROOM = "The cost so far has no room on this paper, and is in the table."

TOP = (5.0, 5.9, 6.6)
"""How far up plain marks, crises and evidence are drawn."""


@dataclass
class Row:
    """Where one lane lies: its top and height, where its marks are centred, and its periods with their rows."""

    lane: Lane
    top: float
    height: float
    middle: float
    periods: list[Placed]


def _height(lane: Lane, rows: int, unit: float, has_bars: bool) -> float:
    if not has_bars and not rows and len(lane.marks) > CROWDED:
        return 1.62 * unit
    return unit * (1 if not rows else 1.62 + 0.5 * (rows - 1))


def _used(story: Story, tallest: int) -> set[str]:
    marks = [m for lane in story.lanes for m in lane.marks]
    used: set[str] = {"gap"} if any(lane.gaps for lane in story.lanes) else set()
    if any(f.is_possible for f in story.firings or []):
        used.add("possible")
    if tallest:
        used |= {"bar"} | ({"crisis-top"} if story.crises else set())
        return used | ({"evidence-top"} if any(m.is_evidence for m in marks) else set())
    used |= {m.nature for m in marks}
    used |= {"crisis"} if any(m.is_crisis for m in marks) else set()
    used |= {"evidence"} if any(m.is_evidence for m in marks) else set()
    used |= {"status"} if story.statuses_open else set()
    return used | ({"span"} if any(m.is_span for m in marks) else set())


def draw(
    story: Story, review: Any, sheet: Sheet, level: str, shown: bool, spent: costpanel.Spent | None = None
) -> Axes:
    """Draw the story on a sheet, framed or not, and return its Axes (time across, points down)."""
    k = sheet.scale
    start, after = number(story.start), number(story.end) + 1
    names = [lane.name for lane in story.lanes]
    widest = max(
        [width(name, sheet.lane, "semibold") for name in ("The family’s life", story.row_name)]
        + [width(n, sheet.lane) for n in names]
        + [width(lane.note, sheet.small) for lane in story.lanes]
    )
    gutter = min(widest + 2, 175 * k)
    left = sheet.margin + gutter + 8 * k
    heads = ("contacts", "staff")
    staff_right = sheet.margin
    contacts_right = staff_right + width(heads[1], sheet.key) + 14 * k
    right = contacts_right + width(heads[0], sheet.key) + 12 * k
    room = sheet.width - left - right
    point = (after - start) / room

    stacks = [stack(lane, start, point, room, sheet) for lane in story.lanes]
    months = [monthly(lane) for lane in story.lanes] if story.has_bars else []
    tallest = max((len(m) for lane in months for m in lane.values()), default=0)
    notes = [f"{story.lanes[i].name}, no room to label: {'; '.join(s[2])}." for i, s in enumerate(stacks) if s[2]]
    loose = sum(len(lane.marks) for lane in story.lanes) - sum(len(m) for lane in months for m in lane.values())
    if months and loose:
        notes.append(f"{loose} of the spans cross a month's end: in the counts, not in a bar.")
    life = plan_life(story, start, point, room, sheet)
    triggers = plan_triggers(story, start, point, room, sheet)
    help_plan = chancerow.plan_help(story, triggers, start, point, room, sheet)

    notes += triggers.notes + ([spent.note] if spent else [])
    used = key_items(_used(story, tallest), k, tallest, "trigger" if story.chanced is None else "chance")

    def framed(more: list[str]) -> Frame:
        words = captions.footer(story, review, level, notes + more)
        return Frame(captions.finding(story), captions.subtitle(story), captions.tag(review, level), used, words)

    axis_height = (30 if any(t.label for t in ticks(story.start, story.end, room, sheet.key)) else 18) * k
    head = life.height + triggers.height + (0 if triggers.height else 14 * k)
    shares = sum(_height(lane, s[1], 1, bool(months)) for lane, s in zip(story.lanes, stacks, strict=True)) or 1
    # Where the whole would not fit the paper, lists stand two to a row, lanes get lower, and the cost is in the table alone.
    for columns, least, with_cost in ((1, 22.0, True), (2, LEAST_UNIT, True), (2, LEAST_UNIT, False)):
        lists = _in_columns(life.lines + triggers.lines, room + right - sheet.margin, sheet.key, columns)
        frame = framed([] if with_cost or not spent or not spent.is_drawn else [NO_ROOM])
        fixed = head + axis_height + (len(lists) * sheet.key * 1.4 + 6 * k if lists else 0)
        room_down = room_for_picture(frame, sheet, shown=shown) - fixed
        below = costpanel.height(spent if with_cost else None, k, room_down - 22 * k * shares)
        if below + least * k * shares <= room_down:
            break
    lists, given = _that_fit(lists, LEAST_UNIT * k * shares - room_down, sheet.key * 1.4)
    fixed, room_down = fixed - given, room_down + given
    unit = min(max((room_down - below) / shares, LEAST_UNIT * k), 28 * k)
    lanes_bottom = head + unit * shares
    ax, page = open_picture(frame, sheet, fixed + below + unit * shares, left=left, right=right, shown=shown)
    ax.set_xlim(start, after)
    offset = page.get_ylim()[0] - _bottom(ax, page)

    _time_axis(ax, story, lanes_bottom + below, room, sheet, 0.0)
    if spent and below:
        costpanel.draw(ax, page, spent, sheet, (left, right), offset, (lanes_bottom, lanes_bottom + below))
    if not story.lanes:
        write(ax, start + 8 * point, (head + lanes_bottom) / 2, "No contact to draw", sheet.lane, color=SECOND_INK)
    draw_life(ax, page, life, sheet, left, offset, start, after, point)
    draw_triggers(ax, page, triggers, sheet, left, offset, start, point, life.height, lanes_bottom, story.row_name)
    chancerow.draw_help(ax, help_plan, story, sheet, start, point, (life.height, head, lanes_bottom))
    rule(ax, [start, after], [head, head], "#8C8C8C", 0.9 * k)
    for x, words in ((contacts_right, heads[0]), (staff_right, heads[1])):
        write(page, sheet.width - x, offset + head - 8 * k, words, sheet.key, color=SECOND_INK, ha="right")

    top = head
    for i, lane in enumerate(story.lanes):
        height = _height(lane, stacks[i][1], unit, bool(months))
        row = Row(lane, top, height, top + (unit / 2 if stacks[i][1] else height / 2), stacks[i][0])
        _lane(ax, row, unit, start, after, point, sheet, months[i] if months else None, tallest)
        _lane_words(page, row, sheet, left, offset, (contacts_right, staff_right))
        top += height
    y = lanes_bottom + below + axis_height + 6 * k
    for name, some in lists:
        y += sheet.key * 1.4
        if name:
            write(page, left - 8 * k, offset + y - sheet.key * 0.7, name, sheet.key, weight="semibold", ha="right")
        for x, line in some:
            write(page, left + x, offset + y - sheet.key * 0.7, line, sheet.key)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data = story.table if spent is None else costpanel.with_costs(story.table, spent)
    picture.alt = captions.alt(story, bool(review.about.invented), spent.words if spent else "")
    return ax


ListRow = tuple[str, list[tuple[float, str]]]
"""A row of a list beneath the picture: its name at the left, and its lines with how far to the right each begins."""


def _in_columns(lines: list[tuple[str, str]], room: float, size: float, columns: int) -> list[ListRow]:
    """The lists beneath the picture, a row a line; or two lines a row where they fit: down the first, then the second."""
    heads = [i for i, (name, _) in enumerate(lines) if name]
    rows: list[ListRow] = []
    for first, after in zip(heads, [*heads[1:], len(lines)], strict=True) if heads else ():
        some = [line for _, line in lines[first:after]]
        half = -(-len(some) // columns)
        second = max(width(line, size) for line in some[:half]) + 2 * size
        if max((second + width(line, size) for line in some[half:]), default=0) > room:
            half = len(some)
        rows += [
            (lines[first][0] if i == 0 else "", [(n * second, line) for n, line in enumerate(some[i::half])])
            for i in range(half)
        ]
    return rows


def _that_fit(lists: list[ListRow], over: float, step: float) -> tuple[list[ListRow], float]:
    """As many rows of the lists as leave room for the lanes, and the room that the others gave; those are counted."""
    if over <= 0 or not lists:
        return lists, 0.0
    left = max(len(lists) - math.ceil(over / step) - 1, 0)
    lines = sum(len(some) for _, some in lists[left:])
    name = lists[left][0] if not left else ""
    return [*lists[:left], (name, [(0.0, f"and {lines} more lines: see the tables")])], (len(lists) - left - 1) * step


def _bottom(ax: Axes, page: Axes) -> float:
    """How many points the picture's top lies above the foot of the sheet."""
    return float(ax.get_position().y1 * page.get_ylim()[0])


def _time_axis(ax: Axes, story: Story, bottom: float, room: float, sheet: Sheet, top: float) -> None:
    k = sheet.scale
    found = ticks(story.start, story.end, room, sheet.key)
    for tick in found:
        x = number(tick.day)
        strong = tick.is_january
        color, lw = ("#A9A9A9", 0.9) if strong else ("#E1E1E1", 0.5)
        rule(ax, [x, x], [top, bottom], color, lw * k, above=1)
        rule(ax, [x, x], [bottom, bottom + 3.5 * k], "#8C8C8C", 0.6 * k, above=1)
        y = bottom + 10 * k
        if tick.label:
            write(ax, x, y, tick.label, sheet.key, color=INK)
            y += 12.5 * k
        if tick.year:
            write(ax, x, y, tick.year, sheet.key, weight="semibold")
    rule(ax, ax.get_xlim(), [bottom, bottom], "#8C8C8C", 0.6 * k)


def _lane_words(page: Axes, row: Row, sheet: Sheet, left: float, offset: float, columns: tuple[float, float]) -> None:
    k = sheet.scale
    lane, x = row.lane, left - 8 * k
    room = left - 8 * k - sheet.margin
    middle = offset + row.top + row.height / 2
    name = shorten(lane.name, room, sheet.lane)
    write(page, x, middle - (5 * k if lane.note else 0), name, sheet.lane, ha="right")
    if lane.note:
        note = shorten(lane.note, room, sheet.small)
        write(page, x, middle + 5.8 * k, note, sheet.small, color=SECOND_INK, ha="right")
    staff = "–" if lane.staff is None else f"{lane.staff:,}"
    for right, words in zip(columns, (f"{lane.contacts:,}", staff), strict=True):
        write(page, sheet.width - right - 5 * k, middle, words, sheet.lane, ha="right")


def _lane(
    ax: Axes,
    row: Row,
    unit: float,
    start: float,
    after: float,
    point: float,
    sheet: Sheet,
    months: dict[tuple[int, int], list[Mark]] | None,
    tallest: int,
) -> None:
    k = sheet.scale
    bottom = row.top + row.height
    rule(ax, [start, after], [bottom, bottom], "#CFCFCF", 0.6 * k, above=1.2)
    for a, b in row.lane.gaps:
        hatch(ax, a, row.top + 0.5, b - a, row.height - 1)
    bar = 0.46 * unit
    for period, index, label, x, ha in row.periods:
        y = row.top + unit * (1.06 + 0.5 * index)
        w = period.after - period.first
        if period.is_waiting:
            hatch(ax, period.first, y, w, bar, edge=NAVY, above=3)
        else:
            ax.add_patch(Rectangle((period.first, y), w, bar, fc=BAR, ec=NAVY, lw=0.8 * k, zorder=3, gid="period"))
        if label:
            inside = period.first < start + x * point < period.after
            size = sheet.small + 0.5 * k
            write(ax, start + x * point, y + bar / 2, label, size, ha=ha, ground=None if inside else "white")
            if inside and period.is_waiting:
                needs = (width(label, size) + 2) * point
                box = Rectangle((start + (x - 1) * point, y + 0.7), needs, bar - 1.4, fc="white", ec="none", zorder=3.5)
                ax.add_patch(box)
    if months is not None:
        _bars(ax, row, unit, months, tallest, k)
        return
    _marks(ax, row, start, point, sheet)


def _marks(ax: Axes, row: Row, start: float, point: float, sheet: Sheet) -> None:
    k = sheet.scale
    marks = row.lane.marks
    step = 3.6 if row.periods else 4.6
    steps: tuple[float, ...] = (0.0, -step, step)
    if not row.periods and len(marks) > CROWDED:
        steps = (0.0, -6.0, 6.0, -12.0, 12.0)
    ys = [row.middle + offset * k for offset in offsets(marks, start, point * k, steps)]
    # Where marks still touch, evidence lies on top, then crises, so that neither can hide.
    for nature, hollow, rank in sorted({(m.nature, m.is_span, m.rank) for m in marks}):
        chosen = [
            (m.middle, y)
            for m, y in zip(marks, ys, strict=True)
            if (m.nature, m.is_span, m.rank) == (nature, hollow, rank)
        ]
        stamp(ax, [x for x, _ in chosen], [y for _, y in chosen], nature, k, hollow=hollow, above=TOP[rank])
    for mark, y in zip(marks, ys, strict=True):
        if mark.is_span:
            span(ax, mark.first, mark.after, y, mark.nature, 3 * k, k)
    rings: dict[str, list[tuple[float, float]]] = {}
    for mark, y in zip(marks, ys, strict=True):
        if mark.is_crisis:
            rings.setdefault("crisis-evidence" if mark.is_evidence else "crisis", []).append((mark.middle, y))
        if mark.is_evidence:
            rings.setdefault("evidence-crisis" if mark.is_crisis else "evidence", []).append((mark.middle, y))
    for name, places in sorted(rings.items()):
        kind = "crisis" if name == "crisis-evidence" else name
        ring(ax, [x for x, _ in places], [y for _, y in places], kind, k, on_evidence=kind != name)


def _bars(ax: Axes, row: Row, unit: float, months: dict[tuple[int, int], list[Mark]], tallest: int, k: float) -> None:
    base = row.top + (unit if row.periods else row.height) - 2
    for (year, month), marks in sorted(months.items()):
        first = np.datetime64(f"{year:04d}-{month:02d}")
        a = float(first.astype("datetime64[D]").astype(int))
        days = float((first + 1).astype("datetime64[D]").astype(int)) - a
        height = len(marks) / tallest * unit * 0.58
        ax.add_patch(
            Rectangle((a + 0.09 * days, base - height), 0.82 * days, height, fc=NAVY, ec="none", zorder=4, gid="bar")
        )
        x, y = a + days / 2, base - height - 5 * k
        if any(m.is_evidence for m in marks):
            ring(ax, [x], [y], "evidence", k, 9)
        if any(m.is_crisis for m in marks):
            ring(ax, [x], [y], "crisis", k, 5.2, on_evidence=True)
