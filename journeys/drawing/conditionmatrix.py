"""Conditions by what was seen of the events that they explain: a matrix of counts, most families first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing import captions, conditionwords
from journeys.drawing.conditionwords import MIDDLE, NARROW, WIDE, Told
from lib.figures import Frame, KeyItem, Sheet, open_picture
from lib.lettering import INK, SECOND_INK, clean, count, shorten, width, wrap, write

NAVY, PALE, EMPTY = "#12436D", "#B9CBE0", "#F3F3F3"
LINE, GAP, HEAD, MOST_LINES = 11.4, 2.2, 12.0, 3


def draw(told: Told, level: str, shown: bool) -> Axes:
    """Draw the matrix, framed or not, and return its Axes (points across and down)."""
    title = conditionwords.finding(told)
    if not told.drawn:
        return conditionwords.sentence_only(told, title, level, shown)
    sheet, edges = _grid(told)
    left, right = edges[0], edges[-1]
    words = [_lines(clean(one.words), left - 10, sheet) for one in told.drawn]
    heights = [max(len(lines) * LINE + LINE + 5, 26.0) for lines in words]
    most = max(told.cells.values())
    review = told.found.review
    subtitle = "What was seen of the events that each condition explains; most families first, then by name"
    frame = Frame(
        title, subtitle, captions.tag(review, level), _key(told, most), conditionwords.footer(told, level, [])
    )
    top = 2 * HEAD + 5
    ax, _ = open_picture(frame, sheet, top + sum(heights), left=sheet.margin, right=sheet.margin, shown=shown)
    for j, name in enumerate(told.effects):
        _head(ax, told.head(name), (edges[j] + edges[j + 1]) / 2, top, sheet)
    _head(ax, ["events in", "families"], right + 26, top, sheet, weight="regular", color=SECOND_INK)
    y = top
    for i, (one, lines, height) in enumerate(zip(told.drawn, words, heights, strict=True)):
        first = y + (height - (len(lines) + 1) * LINE) / 2 + LINE / 2
        for n, line in enumerate(lines):
            write(ax, left - 8, first + n * LINE, line, sheet.lane, ha="right")
        kind = one.category or "no kind chosen yet"
        write(ax, left - 8, first + len(lines) * LINE, kind, sheet.small, color=SECOND_INK, ha="right")
        for j, name in enumerate(told.effects):
            _cell(ax, told.cells[i, name], most, (edges[j], y, edges[j + 1] - edges[j], height), sheet)
        said = f"{len(one.events)} in {len(one.families)}"
        write(ax, right + 26, y + height / 2, said, sheet.key, ha="center")
        y += height
    kinds = f"{count(len(told.drawn), 'condition')} by {count(len(told.effects), 'thing')} seen"
    return conditionwords.finish(ax, told, f"Matrix of {kinds}.", title)


def _grid(told: Told) -> tuple[Sheet, list[float]]:
    """The narrowest sheet that leaves the conditions' words a third of it, and the edges of its columns.

    Columns are of one width, but where not even the widest sheet has room for that.
    """
    for sheet, is_even in ((NARROW, True), (MIDDLE, True), (WIDE, True), (WIDE, False)):
        own = [max(width(line, sheet.key, "semibold") for line in told.head(name)) + 7 for name in told.effects]
        least = [max(own)] * len(own) if is_even else own
        room = sheet.width - 2 * sheet.margin - 56
        left = min(room - sum(least), room * 0.55)
        if left >= room * 0.34:
            break
    spare = (room - left - sum(least)) / len(own)
    return sheet, [*accumulate((min(wide + spare, 110.0) for wide in least), initial=left)]


def _lines(words: str, room: float, sheet: Sheet) -> list[str]:
    lines = wrap(words, room, sheet.lane)
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], shorten(" ".join(lines[MOST_LINES - 1 :]), room, sheet.lane)]


def _head(
    ax: Axes, lines: list[str], x: float, foot: float, sheet: Sheet, *, weight: str = "semibold", color: str = INK
) -> None:
    for n, line in enumerate(lines):
        write(ax, x, foot - 5 - (len(lines) - n - 0.5) * HEAD, line, sheet.key, weight=weight, color=color, ha="center")


def _cell(ax: Axes, events: int, most: int, box: tuple[float, float, float, float], sheet: Sheet) -> None:
    x, y, w, h = box
    fill = EMPTY if not events else NAVY if events * 2 > most else PALE
    ax.add_patch(
        Rectangle(
            (x + GAP / 2, y + GAP / 2),
            w - GAP,
            h - GAP,
            fc=fill,
            ec="none",
            zorder=3,
            gid="seen" if events else "empty",
        )
    )
    if events:
        ink = "white" if fill == NAVY else INK
        write(ax, x + w / 2, y + h / 2, f"{events:,}", sheet.key, weight="semibold", color=ink, ha="center")


def _key(told: Told, most: int) -> list[KeyItem]:
    def box(fill: str) -> Callable[[Axes, float, float], None]:
        def put(ax: Axes, x: float, y: float) -> None:
            ax.add_patch(Rectangle((x, y - 5), 14, 10, fc=fill, ec="#C9C9C9", lw=0.6))

        return put

    counts = set(told.cells.values())
    every = [
        (NAVY, f"events: more than half of the most, {most}", True),
        (PALE, "fewer", any(0 < n * 2 <= most for n in counts)),
        (EMPTY, "none", 0 in counts),
    ]
    return [KeyItem(box(fill), 15, words) for fill, words, is_used in every if is_used]
