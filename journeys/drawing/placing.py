"""Where things go inside a lane: periods in rows, marks up or down so that they do not cover each other, months."""

from __future__ import annotations

from journeys.drawing.story import Lane, Mark, Period
from lib.figures import Sheet
from lib.lettering import width
from lib.timescale import day_of

MOST_ROWS = 3

Placed = tuple[Period, int, str, float, str]
"""A period, its row, its label (empty where none fits), where the label goes in points, and from which side."""


def _merged(periods: list[Period]) -> list[Period]:
    """Periods of one label that overlap, as one."""
    found: list[Period] = []
    for period in sorted(periods, key=lambda p: (p.label, p.first, p.after)):
        last = found[-1] if found else None
        if last and last.label == period.label and period.first < last.after:
            found[-1] = Period(last.first, max(last.after, period.after), last.label, last.is_waiting)
        else:
            found.append(period)
    return sorted(found, key=lambda p: (p.first, p.label))


def stack(lane: Lane, start: float, point: float, room: float, sheet: Sheet) -> tuple[list[Placed], int, list[str]]:
    """Each period's row, label and where the label goes; how many rows; and the words that found no room."""
    rows: list[list[tuple[float, float]]] = []
    placed, left_out = [], []
    size = sheet.small + 0.5 * sheet.scale
    for period in _merged(lane.periods):
        x0, x1 = (period.first - start) / point, (period.after - start) / point
        needs = width(period.label, size)
        places: list[tuple[float, float, float, str]] = []
        if needs + 8 <= x1 - x0:
            places = [(x0, x1, x0 + 4, "left")]
        else:
            if x1 + 4 + needs <= room:
                places.append((x0, x1 + 8 + needs, x1 + 4, "left"))
            if x0 - 4 - needs >= 0:
                places.append((x0 - 8 - needs, x1, x0 - 4, "right"))
        choice = None
        for index in range(MOST_ROWS):
            taken = rows[index] if index < len(rows) else []
            for a, b, x, ha in places:
                if all(b <= c or a >= d for c, d in taken):
                    choice = (index, a, b, x, ha, period.label)
                    break
            if choice:
                break
        if choice is None:
            bare = [i for i in range(MOST_ROWS) if i >= len(rows) or all(x1 <= c or x0 >= d for c, d in rows[i])]
            left_out.append(
                f"{period.label} ({day_of(period.first):%-d %b %Y} to {day_of(period.after - 1):%-d %b %Y})"
            )
            if not bare:
                continue
            choice = (bare[0], x0, x1, x0, "left", "")
        index, a, b, x, ha, label = choice
        while len(rows) <= index:
            rows.append([])
        rows[index].append((a, b))
        placed.append((period, index, label, x, ha))
    return placed, len(rows), left_out


def offsets(marks: list[Mark], start: float, point: float, steps: tuple[float, ...]) -> list[float]:
    """How far each mark is moved up or down, in points, so that marks do not cover each other; never sideways."""
    order = sorted(range(len(marks)), key=lambda i: (not marks[i].is_crisis, not marks[i].is_evidence, i))
    taken: dict[float, list[tuple[float, float]]] = {step: [] for step in steps}
    found = [0.0] * len(marks)
    for i in order:
        mark = marks[i]
        x = (mark.middle - start) / point
        radius = 5.6 if mark.is_crisis or mark.is_evidence else 3.6
        free = {row: min((abs(x - a) - radius - r for a, r in others), default=1e9) for row, others in taken.items()}
        row = next((row for row in taken if free[row] >= 0), None)
        if row is None:
            row = max(taken, key=lambda r: free[r])
        taken[row].append((x, radius))
        found[i] = row
    return found


def monthly(lane: Lane) -> dict[tuple[int, int], list[Mark]]:
    """The marks of each month; those whose span crosses a month's end belong to none."""
    found: dict[tuple[int, int], list[Mark]] = {}
    for mark in lane.marks:
        first, last = day_of(mark.first), day_of(mark.after - 1)
        if (first.year, first.month) == (last.year, last.month):
            found.setdefault((first.year, first.month), []).append(mark)
    return found
