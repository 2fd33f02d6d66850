"""Lead times, drawn: how long before a crisis each rule first fired, family by family, and where nothing followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing.limits import BLUE, GRID, NAVY, QUIET, SMALL, source, tag, use
from lib.figures import Frame, KeyItem, Picture, alt_text, open_picture, rule
from lib.lettering import INK, SECOND_INK, clean, count, width, wrap, write
from lib.limits import middle_half

MOST_ROWS, MOST_DOTS, LEAST_FOR_MEDIAN = 9, 40, 3
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
        finding(whole),
        "Each dot is one family’s first firing: how long before the crisis it could be known",
        tag(review, level),
        _key({kind for row in rows for _, kind in row.marks}, rows),
        _footer(whole, len(rows), review, level),
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
    picture.data, picture.alt = _table(whole), _alt(whole, review.about.invented)
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
        median=float(row["days_median"]) if ended >= LEAST_FOR_MEDIAN else None,
        fired=f"{row['fired']} of {row['families']}",
        others=f"{row['fired_no_crisis']} of {row['no_crisis']}" if has_others else "",
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
        rule(ax, [x, x], [row.middle - reach, row.middle - 4.6], INK, 2.4, above=4)
        rule(ax, [x, x], [row.middle + 4.6, row.middle + reach], INK, 2.4, above=4)
        said = f"{row.median:g}"
        half = width(said, 9.5, "bold") / 2 + 1
        at = min(max(x, NAME_ROOM + half), right - half - 2)
        write(ax, at, row.middle - reach - 5, said, 9.5, weight="bold", ha="center", ground="white")


def _strip(ax: Axes, row: Row, right: float, point: float) -> None:
    """Over forty dots: the whole range as a line, the middle half as a bar, those still open as one mark and a count."""
    for kind, above in (("ended", -1), ("open", 1)):
        days = [d for d, k in row.marks if (k == "open") == (kind == "open")]
        half = middle_half(days)
        if half is None:
            continue
        y = row.middle + 5 * above
        rule(ax, [right - max(days) * point, right - min(days) * point], [y, y], QUIET, 1.0, above=2)
        color = NAVY if kind == "ended" else BLUE
        across = max((half[1] - half[0]) * point, 1.0)
        bar = Rectangle((right - half[1] * point, y - 3), across, 6, fc=color if kind == "ended" else "white", ec=color)
        bar.set_zorder(3)
        ax.add_patch(bar)


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


def _key(used: set[str], rows: Sequence[Row]) -> list[KeyItem]:
    def one(kind: str) -> KeyItem:
        words = {"ended": "one family", "possible": "possible", "open": "still open: at least this long"}[kind]
        shift = 12.0 if kind == "open" else 5.0
        return KeyItem(lambda ax, x, y: stamp(ax, x + shift, y, kind), 17 if kind == "open" else 10, words)

    def tick(ax: Axes, x: float, y: float) -> None:
        rule(ax, [x + 3, x + 3], [y - 5, y + 5], INK, 2.4)

    items = [one(kind) for kind in ("ended", "possible", "open") if kind in used]
    return items + ([KeyItem(tick, 6, "median")] if any(row.median is not None for row in rows) else [])


def finding(whole: pd.DataFrame) -> str:
    """The title: one rule's median with the families it rests on, and how often it fired where nothing followed.

    The rule is the one that best told families that came to crisis from those that did not; with no comparison group,
    the one that fired before the crisis for most.
    """
    if whole.empty or not whole["crises"].max():
        return "No family under review came to crisis, so there is no lead time"
    families = int(whole["crises"].max())
    told = whole[whole["days_ended"].map(len) >= LEAST_FOR_MEDIAN]
    if told.empty:
        most = int(whole["fired_before"].max())
        if not most:
            return (
                f"No rule fired before the crisis for any of {count(families, 'family', 'families')} that came to one"
            )
        return f"Rules fired before the crisis for {most} of {families} families at most: too few for a median"
    apart = told["fired_before"] / families - (told["fired_no_crisis"] / told["no_crisis"]).fillna(0).astype(float)
    best = told.loc[apart.sort_values(ascending=False, kind="stable").index[0]]
    median = f"a median of {best['days_median']:g} days before the crisis"
    fired = f"for {best['fired_before']} of {families} families"
    others = f", and for {best['fired_no_crisis']} of {best['no_crisis']} with no crisis"
    others = others if pd.notna(best["no_crisis"]) else ""
    name = clean(best["rule"])
    room = SMALL.width - 2 * SMALL.margin - 108
    for words in (f"{name}: fired {median} {fired}{others}", f"{name}: {median} {fired}", f"{name}: {median}"):
        if len(wrap(words, room, SMALL.title, "semibold")) <= 2:
            return words
    return f"One rule fired {median} {fired}{others}"


def _footer(whole: pd.DataFrame, drawn: int, review: Any, level: str) -> list[str]:
    if whole.empty:
        return [source(review), use(review, level)]
    one = whole.iloc[0]
    n = f"n = {count(int(one['families']), 'family', 'families')} under review, of whom {one['crises']} came to crisis"
    if int(one["already"]):
        n += f" ({one['already']} more were in crisis before the period, left out)"
    if pd.notna(one["comparison"]):
        n += f", and {count(int(one['comparison']), 'comparison family', 'comparison families')}"
    first = f"{n}. Crisis: first {clean(one['crisis'])}. {source(review)}"
    second = (
        "Open: no crisis yet, so at least this long. Possible: rests on a contact not known to the day. Both are counted, "
        "and outside the median, which needs three. Rules are in the order they were agreed, not rank."
    )
    if len(whole) > drawn:
        silent = int((whole["fired"] == 0).sum())
        some = f"{silent} fired for no family before a crisis" if silent else ""
        more = len(whole) - drawn - silent
        rest = f"{more} that fired for fewer families" if more else ""
        second += (
            f" Of {count(len(whole), 'rule')}, not drawn and in the table: {' and '.join(filter(None, (some, rest)))}."
        )
    third = "Families were chosen, and help may have kept some from crisis: no rate here holds for an area."
    if pd.isna(one["comparison"]):
        third = f"No comparison group: how often a rule fires where nothing follows is not known. {third}"
    return [first, second, f"{third} {use(review, level)}"]


def _table(whole: pd.DataFrame) -> pd.DataFrame:
    names = ["rule", "families", "crises", "fired", "fired_before", "late", "missed", "open", "possible", "days_median"]
    listed = ["days_ended", "days_possible", "days_open"]
    table = whole[[*names, *listed, "no_crisis", "fired_no_crisis"]].copy()
    for name in listed:
        table[name] = [", ".join(str(d) for d in days) for days in table[name]]
    return table


def _alt(whole: pd.DataFrame, invented: bool) -> str:
    if whole.empty:
        return alt_text("Dot plot of lead times with no rule in it.", invented=invented)
    parts = [
        f"Dot plot of {count(len(whole), 'trigger rule')}, {count(int(whole['families'].max()), 'family', 'families')}."
    ]
    told = whole[whole["fired"] > 0].sort_values(["fired_before", "fired"], ascending=False, kind="stable")
    for row in told.head(3).to_dict("records"):
        said = f"{shorten(clean(row['rule']), 70, placeholder='…')}: fired for {row['fired']} of {row['families']}"
        beside = [f"{row[name]} {name}" for name in ("open", "possible") if row[name]]
        said += f" ({', '.join(beside)})" if beside else ""
        if len(row["days_ended"]) >= LEAST_FOR_MEDIAN:
            said += f", median {row['days_median']:g} days before the crisis"
        if pd.notna(row["no_crisis"]):
            said += f", and for {row['fired_no_crisis']} of {row['no_crisis']} comparison families with no crisis"
        parts.append(f"{said}.")
    return alt_text(*parts, invented=invented)
