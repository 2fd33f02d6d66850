"""Where the journey map's boxes, bands and numbers go, in points: worked out and measured before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from journeys.drawing.mapwords import Moves
from lib.layers import Edge, Stop, settle
from lib.lettering import in_figures, width

BAR = 12.0
GAP = 11.0
BEND = 0.68
"""How far across a band turns: late, so that it leaves the words over its source alone."""
RIBBON = "#B9CBE0"

Line = tuple[str, float, str, str]
"""Words with their size, weight and colour."""


@dataclass
class Box:
    """A stop as it is drawn: words above its bar, the bar's length, and where its bands join on each side."""

    lines: list[Line] = field(default_factory=list)
    bar: float = 0.0
    top: float = 0.0
    joins_in: dict[Edge, float] = field(default_factory=dict)
    joins_out: dict[Edge, float] = field(default_factory=dict)

    @property
    def words(self) -> float:
        """How high the words above the bar are."""
        return sum(size * 1.22 for _, size, _, _ in self.lines) + (2 if self.lines else 0)

    @property
    def height(self) -> float:
        """Words and bar together."""
        return self.words + self.bar

    @property
    def bar_top(self) -> float:
        """Where the bar begins."""
        return self.top + self.words


def _flow(moves: Moves, stop: Stop) -> float:
    if stop.edge:
        return moves.bands[stop.edge]
    out = sum(n for (a, _), n in moves.bands.items() if a == stop.name)
    into = sum(n for (_, b), n in moves.bands.items() if b == stop.name)
    return max(out, into)


def fit(columns: list[list[Stop]], boxes: Mapping[Stop, Box], moves: Moves, room: float) -> tuple[float, float]:
    """Points a move, one for the whole map, and the height that the fullest column then needs."""
    found = 22.0
    for column in columns:
        words = sum(boxes[s].words for s in column) + GAP * (len(column) - 1)
        flow = sum(_flow(moves, s) for s in column) or 1
        found = min(found, max(room - words, room * 0.35) / flow)
    needs = [60.0]
    for column in columns:
        words = sum(boxes[s].words for s in column) + GAP * (len(column) - 1)
        needs.append(words + found * sum(_flow(moves, s) for s in column))
    return found, max(needs) + 4


def place(columns: list[list[Stop]], boxes: dict[Stop, Box], moves: Moves, per_move: float, height: float) -> None:
    """Set each box's bar and top: level with its neighbours where there is room; then where its bands join."""
    for stop, box in boxes.items():
        box.bar = max(_flow(moves, stop) * per_move, 1.0)
    for column in columns:
        free = height - sum(boxes[s].height for s in column) - GAP * (len(column) - 1)
        y = free / 2
        for stop in column:
            boxes[stop].top = y
            y += boxes[stop].height + GAP
    near: dict[Stop, list[tuple[Stop, float]]] = {}
    for edge, n in moves.bands.items():
        stops = _path(edge, moves)
        for p, q in pairwise(stops):
            near.setdefault(p, []).append((q, n))
            near.setdefault(q, []).append((p, n))

    def middle(stop: Stop) -> float:
        return boxes[stop].bar_top + boxes[stop].bar / 2

    for sweep in range(12):
        for column in columns if sweep % 2 else reversed(columns):
            wanted = []
            for stop in column:
                pairs = near.get(stop, [])
                weight = sum(n for _, n in pairs) or 1
                pull = sum(middle(q) * n for q, n in pairs) / weight if pairs else middle(stop)
                wanted.append(pull - boxes[stop].words / 2)
            tops = settle(wanted, [boxes[s].height for s in column], GAP, height)
            for stop, top in zip(column, tops, strict=True):
                boxes[stop].top = top
    for stop, box in boxes.items():
        if stop.edge:
            box.joins_in[stop.edge] = box.joins_out[stop.edge] = box.bar_top
            continue
        for is_out, joins in ((True, box.joins_out), (False, box.joins_in)):
            ends = [e for e in moves.bands if e[0 if is_out else 1] == stop.name]
            ends.sort(key=lambda e: (middle(_path(e, moves)[1 if is_out else -2]), e))
            y = box.bar_top
            for e in ends:
                joins[e] = y
                y += moves.bands[e] * per_move


def _path(edge: Edge, moves: Moves) -> list[Stop]:
    a, b = edge
    between = range(moves.layer[a] + 1, moves.layer[b])
    return [Stop(a), *(Stop(f"{i}", edge) for i in between), Stop(b)]


def segments(
    edge: Edge, boxes: Mapping[Stop, Box], moves: Moves, pitch: float
) -> list[tuple[float, float, float, float]]:
    """The straight and bent stretches of a band's upper edge: x, y to x, y."""
    stops = _path(edge, moves)
    first = moves.layer[edge[0]]
    found = []
    for i, (p, q) in enumerate(pairwise(stops)):
        x0 = (first + i) * pitch + BAR
        x1 = (first + i + 1) * pitch
        found.append((x0, boxes[p].joins_out[edge], x1, boxes[q].joins_in[edge]))
        if q.edge:
            found.append((x1, boxes[q].joins_in[edge], x1 + BAR, boxes[q].joins_out[edge]))
    return found


def numbers(
    columns: list[list[Stop]], boxes: Mapping[Stop, Box], moves: Moves, per_move: float, pitch: float
) -> tuple[list[tuple[float, float, str, str | None]], int]:
    """Each band's number at its source, or where thin or crowded further along; and how many found no room."""
    taken: list[tuple[float, float, float, float]] = []
    for i, column in enumerate(columns):
        for stop in column:
            box = boxes[stop]
            if not stop.edge:
                taken.append((i * pitch, box.bar_top, i * pitch + BAR, box.bar_top + box.bar))
            y = box.top
            for words, size, weight, _ in box.lines:
                taken.append((i * pitch, y - 0.5, i * pitch + width(words, size, weight) + 2, y + size * 1.22 + 0.5))
                y += size * 1.22
    found, unsaid = [], 0
    for edge in sorted(moves.bands, key=lambda e: (-moves.bands[e], e)):
        said = in_figures(moves.bands[edge])
        thick, needs = moves.bands[edge] * per_move, width(said, 9, "semibold")
        bends = segments(edge, boxes, moves, pitch)
        shares = (0.0, 0.08, 0.16, 0.24, 0.32, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
        if thick < 8:
            shares = shares[::-1]
        spot = None
        for share in shares:
            stretch = bends[0] if thick >= 8 else bends[-1]
            x0, y0, x1, y1 = stretch
            x = x0 + 4 + share * (x1 - x0 - needs - 8)
            t = (x + needs / 2 - x0) / (x1 - x0)
            # Between the joins the band's middle follows the same bend as its edges.
            y = y0 + (y1 - y0) * _bend(t) + thick / 2
            box4 = (x - 1, y - 5.5, x + needs + 1, y + 5.5)
            if all(box4[2] <= a or box4[0] >= c or box4[3] <= b or box4[1] >= d for a, b, c, d in taken):
                spot = (x, y, said, RIBBON if thick >= 12 else None)
                taken.append(box4)
                break
        if spot:
            found.append(spot)
        else:
            unsaid += 1
    return found, unsaid


def _bend(share: float) -> float:
    """How far down a band has come at a share of its way across: the cubic that its edges follow."""
    low, high = 0.0, 1.0
    for _ in range(30):
        t = (low + high) / 2
        across = 3 * BEND * t * (1 - t) + t**3
        low, high = (t, high) if across < share else (low, t)
    return 3 * t * t * (1 - t) + t**3
