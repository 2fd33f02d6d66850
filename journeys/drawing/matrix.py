"""Who knew what, drawn: agencies by facts, the month in each cell, and the chart of days beneath it on the same edges.

Agencies stand in the order in which they first met the family, facts in the order in which anybody first knew them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing import captions, puzzle
from journeys.drawing.daychart import chart_height, draw_chart
from journeys.drawing.marks import NAVY, hatch
from journeys.drawing.puzzle import FEWEST, Cell, Puzzle
from lib.figures import A3, A4, Frame, Picture, Sheet, open_picture, rule
from lib.lettering import INK, SECOND_INK, shorten, width, wrap, write
from lib.timescale import said

NARROW = Sheet(576, 600, 28.8, 1.0, 14.5, 10.5, 9.5, 9, 8, 8)
MIDDLE = Sheet(691.2, 600, 28.8, 1.0, 14.5, 10.5, 9.5, 9, 8, 8)
SIZES = {"a4": (NARROW, MIDDLE, A4), "a3": (A3,)}

FILLS = {"first": NAVY, "soon": "#2073BC", "later": "#6BACE6"}
SHADES = {"first": "knew first", "soon": f"within {puzzle.SOON_DAYS} days", "later": "later"}
EMPTY, EDGE = "#F3F3F3", "#C9C9C9"
CELL, GAP, HEAD = 21.0, 2.2, 12.0
COUNTED = ("facts", "ever held")


@dataclass(frozen=True)
class Grid:
    """Where the matrix lies, in points: its edges, and in each block of facts where every column begins and how wide it is."""

    sheet: Sheet
    left: float
    right: float
    blocks: list[dict[int, tuple[float, float]]]


def _grid(p: Puzzle, size: str) -> Grid:
    """The narrowest sheet on which all facts stand side by side; on the widest, blocks one above the other."""
    for sheet in SIZES[size]:
        k = sheet.scale
        names = [0.0, *(width(n, sheet.lane) for n in p.rows)] + [width(n, sheet.small) for n in p.notes]
        chart = max(width("of 99, day by day", sheet.key), width("Facts known", sheet.key + k, "semibold"))
        left = max(min(max(names), 150 * k), chart + width("99", sheet.key)) + 7 * k
        counts = max(width(line, sheet.key) for line in COUNTED) + 8 * k
        right = sheet.width - 2 * sheet.margin - counts
        least = width("Nov 22", sheet.key, "bold") + 8 * k
        needs = [max([least, *(width(line, sheet.key, "semibold") + 5 * k for line in head)]) for head in p.heads]
        blocks = _share_out(needs, right - left)
        if len(blocks) == 1:
            break
    return Grid(sheet, left, right, [_columns(block, needs, left, right) for block in blocks])


def _share_out(needs: list[float], room: float) -> list[range]:
    """Facts in as few blocks as fit the room, each of about as many facts."""
    for number in range(1, len(needs) + 1):
        each = -(-len(needs) // number)
        blocks = [range(a, min(a + each, len(needs))) for a in range(0, len(needs), each)]
        if all(sum(needs[j] for j in block) <= room for block in blocks):
            break
    return blocks


def _columns(block: range, needs: list[float], left: float, right: float) -> dict[int, tuple[float, float]]:
    """Where each column of a block begins, and its width: what its head needs, and an equal share of what is left."""
    spare = (right - left - sum(needs[j] for j in block)) / len(block)
    even = (right - left) / len(block)
    same = max(needs[j] for j in block) <= even
    found, x = {}, left
    for j in block:
        wide = even if same else needs[j] + spare
        found[j] = (x, wide)
        x += wide
    return found


def draw(p: Puzzle, review: Any, size: str, level: str, shown: bool) -> Axes:
    """Draw the figure, framed or not, and return its Axes (points across and down)."""
    frame = Frame(
        puzzle.finding(p), puzzle.subtitle(p), captions.tag(review, level), [], puzzle.footer(p, review, level)
    )
    ax = _sentence(p, frame, size, shown) if p.facts < FEWEST else _matrix(p, frame, size, shown)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = p.table, puzzle.alt(p, bool(review.about.invented))
    return ax


def _sentence(p: Puzzle, frame: Frame, size: str, shown: bool) -> Axes:
    """Too few facts for a matrix: what there is, in words."""
    sheet = SIZES[size][0]
    k, room = sheet.scale, sheet.width - 2 * sheet.margin
    lines = [
        line
        for r in p.table.itertuples()
        for line in wrap(f"{r.fact}: {r.agency}, {said(r.first_known_on.date())}", room, sheet.subtitle)
    ]
    if not lines:
        words = "No contact here is of a kind that the rules read as a fact. What agencies wrote in words is not read."
        lines = wrap(words, room, sheet.subtitle)
    step = sheet.subtitle * 1.45
    ax, _ = open_picture(frame, sheet, len(lines) * step + 10 * k, left=sheet.margin, right=sheet.margin, shown=shown)
    for n, line in enumerate(lines):
        write(ax, 0, (n + 0.5) * step + 5 * k, line, sheet.subtitle)
    return ax


def _matrix(p: Puzzle, frame: Frame, size: str, shown: bool) -> Axes:
    grid = _grid(p, size)
    sheet, k = grid.sheet, grid.sheet.scale
    entries = _key(p, sheet)
    lines = _key_lines(entries, sheet)
    block = 2 * HEAD * k + 3 * k + len(p.rows) * CELL * k
    top_of_key = len(grid.blocks) * block + (len(grid.blocks) - 1) * 12 * k + 11 * k
    top_of_chart = top_of_key + len(lines) * 16 * k + 12 * k
    height = top_of_chart + chart_height(sheet)
    ax, _ = open_picture(frame, sheet, height, left=sheet.margin, right=sheet.margin, shown=shown)
    for n, columns in enumerate(grid.blocks):
        _block(ax, p, grid, columns, n * (block + 12 * k), is_last=n == len(grid.blocks) - 1)
    for n, line in enumerate(lines):
        x = 0.0
        for item, room, words in line:
            item(ax, x, top_of_key + (n + 0.5) * 16 * k)
            write(ax, x + room + 5 * k, top_of_key + (n + 0.5) * 16 * k, words, sheet.key)
            x += room + 5 * k + width(words, sheet.key) + 15 * k
    draw_chart(ax, p, sheet, top_of_chart, grid.left, grid.right)
    return ax


def _block(
    ax: Axes, p: Puzzle, grid: Grid, columns: dict[int, tuple[float, float]], top: float, *, is_last: bool
) -> None:
    """Some facts, every agency: heads, names, cells, and the counts beside the last block."""
    sheet, k = grid.sheet, grid.sheet.scale
    first_row = top + 2 * HEAD * k + 3 * k
    for j, (left, wide) in columns.items():
        head = p.heads[j]
        for line, words in enumerate(head):
            y = first_row - 4 * k - (len(head) - line - 0.5) * HEAD * k
            write(ax, left + wide / 2, y, words, sheet.key, weight="semibold", ha="center")
    count_x = grid.right + 5 * k
    if is_last:
        for line, words in enumerate(COUNTED):
            y = first_row - 4 * k - (1.5 - line) * HEAD * k
            write(ax, count_x, y, words, sheet.key, color=SECOND_INK)
    for i, name in enumerate(p.rows):
        y = first_row + (i + 0.5) * CELL * k
        room = grid.left - 7 * k
        note = p.notes[i]
        x = grid.left - 6 * k
        write(ax, x, y - (4.6 * k if note else 0), shorten(name, room, sheet.lane), sheet.lane, ha="right")
        if note:
            write(ax, x, y + 5.6 * k, shorten(note, room, sheet.small), sheet.small, color=SECOND_INK, ha="right")
        for j, (left, wide) in columns.items():
            _cell(ax, p, (i, j), left, y - CELL * k / 2, wide, sheet)
        if is_last:
            silent = all((i, j) in p.not_supplied for j in range(p.facts))
            write(ax, count_x, y, "–" if silent else f"{p.counts[i]} of {p.facts}", sheet.key)


def _cell(ax: Axes, p: Puzzle, at: tuple[int, int], x: float, y: float, across: float, sheet: Sheet) -> None:
    k = sheet.scale
    x, y, w, h = x + GAP * k / 2, y + GAP * k / 2, across - GAP * k, (CELL - GAP) * k
    if at in p.not_supplied:
        return hatch(ax, x, y, w, h, edge=EDGE, above=3)
    cell = p.cells.get(at)
    fill = EMPTY if cell is None else FILLS[cell.shade]
    ax.add_patch(Rectangle((x, y), w, h, fc=fill, ec="none", zorder=3, gid="empty" if cell is None else cell.shade))
    if cell is not None:
        _date(ax, cell, x + w / 2, y + h / 2, sheet)


def _date(ax: Axes, cell: Cell, x: float, y: float, sheet: Sheet) -> None:
    """The month in its cell; bold where it was known first, italic where it was told, underlined where in time."""
    k = sheet.scale
    ink = INK if cell.shade == "later" else "white"
    weight = "italic" if cell.is_told else "bold" if cell.shade == "first" else "regular"
    up = 1.6 * k if cell.by_enough else 0.0
    write(ax, x, y - up, cell.words, sheet.key, weight=weight, color=ink, ha="center")
    if cell.by_enough:
        half = width(cell.words, sheet.key, weight) / 2
        rule(ax, [x - half, x + half], [y + 5.6 * k, y + 5.6 * k], ink, 1.8 * k, above=7, name="in time")


Entry = tuple[Callable[[Axes, float, float], None], float, str]


def _key(p: Puzzle, sheet: Sheet) -> list[Entry]:
    """The key's entries for what the picture uses, in reading order."""
    k = sheet.scale
    w, h = 15 * k, 11 * k

    def box(fill: str, edge: str = "none", told: bool = False, dash: bool = False) -> Callable[..., None]:
        def put(ax: Axes, x: float, y: float) -> None:
            ax.add_patch(Rectangle((x, y - h / 2), w, h, fc=fill, ec=edge, lw=0.6, zorder=3))
            if dash:
                rule(ax, [x + 3.5 * k, x + w - 3.5 * k], [y + 2 * k, y + 2 * k], "white", 1.8 * k, above=7)
            if told:
                write(ax, x + w / 2, y, "a", sheet.key, weight="italic", color="white", ha="center")

        return put

    def away(ax: Axes, x: float, y: float) -> None:
        hatch(ax, x, y - h / 2, w, h, edge=EDGE, above=3)

    used = {cell.shade for cell in p.cells.values()}
    empty = len(p.cells) + len(p.not_supplied) < len(p.rows) * p.facts
    found: list[Entry] = [(box(FILLS[shade]), w, words) for shade, words in SHADES.items() if shade in used]
    if empty:
        found.append((box(EMPTY, EDGE), w, "never recorded"))
    if p.not_supplied:
        found.append((away, w, "not supplied"))
    if any(cell.is_told for cell in p.cells.values()):
        found.append((box(FILLS["soon"], told=True), w, "italic: told by a referral"))
    if p.enough_on is not None:
        found.append((box(FILLS["first"], dash=True), w, "known by the day they together knew enough"))
    return found


def _key_lines(entries: list[Entry], sheet: Sheet) -> list[list[Entry]]:
    """The entries in as many lines as they need."""
    k, room = sheet.scale, sheet.width - 2 * sheet.margin
    lines: list[list[Entry]] = [[]]
    x = 0.0
    for entry in entries:
        needs = entry[1] + 5 * k + width(entry[2], sheet.key)
        if lines[-1] and x + needs > room:
            lines.append([])
            x = 0.0
        lines[-1].append(entry)
        x += needs + 15 * k
    return lines
