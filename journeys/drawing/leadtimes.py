"""Lead times, drawn: how long before a crisis each rule first fired, family by family, and where nothing followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing import leadwords
from journeys.drawing.limits import GRID, NAVY, QUIET, SMALL, tag
from lib.figures import Frame, KeyItem, Picture, open_picture, rule
from lib.lettering import INK, SECOND_INK, clean, width, wrap, write
from lib.limits import middle_half

MOST_ROWS, MOST_DOTS = 9, 40
NAME_ROOM, COLUMN = 158.0, 56.0
DOT, STEP = 7.4, 8.6
MARKS = {
    "statutory": "set by statute",
    "national": "set by national guidance",
    "local": "set locally",
    "illustrative": "illustrative, not yet agreed",
}
TICKS = (30, 60, 90, 180, 365, 540, 730, 1095, 1460, 1825, 3650, 7300)

Mark = tuple[float, str]
"""Days before the crisis, and the kind of mark: ended, possible or open."""


@dataclass
class Row:
    """One rule: its words, its marks, the numbers beside it, and where its middle lies."""

    words: list[str]
    mark: str
    marks: list[Mark]
    median: float | None
    fired: str
    others: str
    up: int = 0
    middle: float = 0.0
    height: float = 0.0


def draw(frame: pd.DataFrame, review: Any, level: str, shown: bool) -> Axes:
    """Draw the lead times of a backtest, framed or not, and return its Axes (points across and down)."""
    whole = frame[frame["group"].isna()].reset_index(drop=True)
    drawn = whole[whole["fired"] > 0]
    if len(drawn) > MOST_ROWS:
        most = drawn.sort_values(["fired_before", "fired"], ascending=False, kind="stable").index[:MOST_ROWS]
        drawn = drawn.loc[sorted(most)]
    has_others = bool(whole["comparison"].notna().any())
    room = SMALL.width - 2 * SMALL.margin
    right = room - (2.35 if has_others else 1.25) * COLUMN
    rows = [_row(row, has_others) for row in drawn.to_dict("records")]
    longest = max([days for row in rows for days, _ in row.marks], default=0)
    point = (right - NAME_ROOM - 16) / (max(longest, 30) * 1.04)
    height = _place(rows, point)
    words = Frame(
        leadwords.finding(whole),
        f"{_what(rows)}: how long before the crisis it could be known",
        tag(review, level),
        _key(rows),
        leadwords.footer(whole, len(rows), any(len(r.marks) > MOST_DOTS for r in rows), review, level),
    )
    ax, _ = open_picture(words, SMALL, height, left=SMALL.margin, right=SMALL.margin, shown=shown)
    if rows:
        _axis(ax, right, point, longest, rows[-1].middle + rows[-1].height / 2, NAME_ROOM + 8)
        _heads(ax, right, has_others)
    else:
        write(ax, 0, height / 2, "No rule fired for any family before a crisis: there is no lead time to draw.", 10.5)
    for n, row in enumerate(rows):
        _draw_row(ax, row, right, point, room, has_others)
        if n:
            top = row.middle - row.height / 2
            rule(ax, [0, room], [top, top], GRID, 0.6, above=1)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = leadwords.table(whole), leadwords.alt(whole, review.about.invented)
    return ax


def _row(row: dict[str, Any], has_others: bool) -> Row:
    marks: list[Mark] = [
        (float(days), kind)
        for kind, column in (("ended", "days_ended"), ("possible", "days_possible"), ("open", "days_open"))
        for days in row[column]
    ]
    ended = len(row["days_ended"])
    return Row(
        words=wrap(clean(row["rule"]), NAME_ROOM, 9.5, "semibold")[:3],
        mark=MARKS.get(row["mark"], row["mark"]),
        marks=marks,
        median=float(row["days_median"]) if ended >= leadwords.LEAST_FOR_MEDIAN else None,
        fired=f"{row['fired']:,} of {row['families']:,}",
        others=f"{row['fired_no_crisis']:,} of {row['no_crisis']:,}" if has_others else "",
    )


def _offsets(marks: Sequence[Mark], point: float) -> list[int]:
    """How many half rows up (or, below 0, down) each mark is moved, so that no two touch; never sideways."""
    taken: dict[int, list[float]] = {}
    found = []
    for days, kind in marks:
        x, n = days * point, 0
        reach = STEP if kind != "open" else STEP + 6
        while True:
            level = (n + 1) // 2 * (1 if n % 2 else -1)
            if all(abs(x - other) >= reach for other in taken.get(level, [])):
                break
            n += 1
        taken.setdefault(level, []).append(x)
        found.append(level)
    return found


def _place(rows: list[Row], point: float) -> float:
    """Give each row its height and middle, one under the other, and say how high the picture is."""
    y = 27.0
    for row in rows:
        levels = [] if len(row.marks) > MOST_DOTS else _offsets(row.marks, point)
        row.up = max((abs(level) for level in levels), default=0)
        words = (len(row.words) + 1) * 11.8 + 10
        row.height = max(words, 38.0 + 2 * STEP * row.up)
        row.middle = y + row.height / 2
        y += row.height
    return y + 32


def _axis(ax: Axes, right: float, point: float, longest: float, bottom: float, left: float) -> None:
    placed = right
    for days in TICKS:
        x = right - days * point
        if days > longest * 1.04 or x < left:
            break
        if placed - x < (32 if placed == right else width(f"{days:,}", 9) + 14):
            continue
        placed = x
        rule(ax, [x, x], [22, bottom], GRID, 0.6, above=0.5)
        rule(ax, [x, x], [bottom, bottom + 3], "#8C8C8C", 0.6)
        write(ax, x, bottom + 10, f"{days:,}", 9, color=SECOND_INK, ha="center")
    rule(ax, [left, right + 4], [bottom, bottom], "#8C8C8C", 0.8)
    rule(ax, [right, right], [22, bottom + 3], INK, 1.8, above=3)
    write(ax, right, bottom + 10, "crisis", 9, ha="center")
    write(ax, (left + right) / 2, bottom + 23, "days before the crisis", 9.5, color=SECOND_INK, ha="center")


def _heads(ax: Axes, right: float, has_others: bool) -> None:
    heads = [("fired for", "families")] + ([("and in families", "with no crisis")] if has_others else [])
    for n, lines in enumerate(heads):
        for i, line in enumerate(lines):
            write(ax, _column(right, n), 5 + 11 * i, line, 9, color=SECOND_INK, ha="center")


def _column(right: float, n: int) -> float:
    return right + COLUMN * (0.72 + 1.08 * n)


def _draw_row(ax: Axes, row: Row, right: float, point: float, room: float, has_others: bool) -> None:
    top = row.middle - (len(row.words) + 1) * 5.9
    for i, line in enumerate(row.words):
        write(ax, 0, top + 5.9 + 11.8 * i, line, 9.5, weight="semibold")
    write(ax, 0, top + 5.9 + 11.8 * len(row.words), row.mark, 9, color=SECOND_INK)
    write(ax, _column(right, 0), row.middle, row.fired, 9.5, ha="center")
    if has_others:
        write(ax, _column(right, 1), row.middle, row.others, 9.5, ha="center")
    xs = [right - days * point for days, _ in row.marks]
    known = [right - days * point for days, kind in row.marks if kind != "open"]
    if len(row.marks) > MOST_DOTS:
        _strip(ax, row, right, point)
    else:
        if len(known) > 1:
            rule(ax, [min(known), max(known)], [row.middle, row.middle], QUIET, 1.0, above=2)
        for x, (_, kind), level in zip(xs, row.marks, _offsets(row.marks, point), strict=True):
            stamp(ax, x, row.middle + level * STEP, kind)
    if row.median is not None:
        x, reach = right - row.median * point, 10.5 + STEP * row.up
        if len(row.marks) > MOST_DOTS:
            rule(ax, [x, x], [row.middle - 10.5, row.middle - 0.5], "white", 4.4, above=3.5)
            rule(ax, [x, x], [row.middle - 10.5, row.middle - 0.5], INK, 2.4, above=4)
        else:
            rule(ax, [x, x], [row.middle - reach, row.middle - 4.6], INK, 2.4, above=4)
            rule(ax, [x, x], [row.middle + 4.6, row.middle + reach], INK, 2.4, above=4)
        said = f"{row.median:g}"
        half = width(said, 9.5, "bold") / 2 + 1
        at = min(max(x, NAME_ROOM + half), right - half - 2)
        write(ax, at, row.middle - reach - 5, said, 9.5, weight="bold", ha="center", ground="white")


def _strip(ax: Axes, row: Row, right: float, point: float) -> None:
    """Over forty dots: the whole range as a line and the middle half as a bar; those still open by themselves, hollow."""
    for kind, above in (("ended", -1), ("open", 1)):
        days = [d for d, k in row.marks if k == kind]
        half = middle_half(days)
        if half is None:
            continue
        y = row.middle + 5.5 * above
        rule(ax, [right - max(days) * point, right - min(days) * point], [y, y], QUIET, 1.0, above=2)
        _bar(ax, right - half[1] * point, y, max((half[1] - half[0]) * point, 1.0), kind)


def _bar(ax: Axes, x: float, y: float, across: float, kind: str) -> None:
    fill = NAVY if kind == "ended" else "white"
    ax.add_patch(Rectangle((x, y - 3), across, 6, fc=fill, ec=NAVY, lw=1.2, zorder=3, gid=f"strip-{kind}"))


def stamp(ax: Axes, x: float, y: float, kind: str) -> None:
    """One family's mark: a dot, a hollow diamond (possible), or a hollow triangle with a tail (at least so long)."""
    if kind == "open":
        rule(ax, [x - 12, x - 3], [y, y], NAVY, 1.6, above=5)
    shape, size = {"ended": ("o", DOT), "possible": ("D", 6.6), "open": ("<", 8.2)}[kind]
    ax.plot(
        [x],
        [y],
        ls="none",
        marker=shape,
        ms=size,
        mfc=NAVY if kind == "ended" else "white",
        mec="white" if kind == "ended" else NAVY,
        mew=0.5 if kind == "ended" else 1.4,
        zorder=6,
        clip_on=False,
        gid=kind,
    )


def _what(rows: Sequence[Row]) -> str:
    dots = any(len(row.marks) <= MOST_DOTS for row in rows)
    return "Each dot is one family’s first firing" if dots or not rows else "Families’ first firings"


def _key(rows: Sequence[Row]) -> list[KeyItem]:
    used = {kind for row in rows if len(row.marks) <= MOST_DOTS for _, kind in row.marks}
    strips = {kind for row in rows if len(row.marks) > MOST_DOTS for _, kind in row.marks}

    def one(kind: str) -> KeyItem:
        words = {"ended": "one family", "possible": "possible", "open": "still open: at least this long"}[kind]
        shift = 12.0 if kind == "open" else 5.0
        return KeyItem(lambda ax, x, y: stamp(ax, x + shift, y, kind), 17 if kind == "open" else 10, words)

    def strip(kind: str) -> KeyItem:
        words = "middle half of families" if kind == "ended" else "of those still open"
        return KeyItem(lambda ax, x, y: _bar(ax, x + 2, y, 12, kind), 16, words)

    def tick(ax: Axes, x: float, y: float) -> None:
        rule(ax, [x + 3, x + 3], [y - 5, y + 5], INK, 2.4)

    items = [one(kind) for kind in ("ended", "possible", "open") if kind in used]
    items += [strip(kind) for kind in ("ended", "open") if kind in strips]
    return items + ([KeyItem(tick, 6, "median")] if any(row.median is not None for row in rows) else [])
