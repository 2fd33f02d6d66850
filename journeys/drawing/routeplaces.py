"""Where the referral map's bars, bands and words go, in points: worked out and measured before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from journeys.drawing.routes import Node, Routes
from lib.layers import Edge, Stop, settle, stack
from lib.lettering import balance, width

BAR, GAP, BEND, LINE = 12.0, 12.0, 0.5, 11.5
NAME, NUMBER = 9.5, 9.0
MOST_POINTS = 13.0
"""A referral is at most so thick: a map of few is no wall of colour."""


@dataclass
class Place:
    """A stop of a band: a service's bar with its words, or the lane in which a band passes a layer."""

    node: Node | None
    bar: float = 0.0
    top: float = 0.0
    above: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    tail: float = 0.0
    lead: float = 0.0
    joins_in: dict[Edge, float] = field(default_factory=dict)
    joins_out: dict[Edge, float] = field(default_factory=dict)

    @property
    def head(self) -> float:
        """How high what stands over the bar is."""
        return self.lead + len(self.above) * LINE

    @property
    def height(self) -> float:
        """Words, bar and what hangs below it."""
        return self.head + self.bar + self.tail

    @property
    def bar_top(self) -> float:
        """Where the bar begins."""
        return self.top + self.head


@dataclass
class Layout:
    """The whole map in points."""

    columns: list[list[Stop]]
    places: dict[Stop, Place]
    xs: list[float]
    each: float
    height: float

    @property
    def pitch(self) -> float:
        """How far one layer is from the next."""
        return self.xs[1] - self.xs[0] if len(self.xs) > 1 else 1e9

    def path(self, edge: Edge, r: Routes) -> list[Stop]:
        """The stops of a band, from left to right."""
        a, b = edge
        between = range(r.layer[a] + 1, r.layer[b])
        return [Stop(a), *(Stop(f"{i}", edge) for i in between), Stop(b)]

    def bends(self, edge: Edge, r: Routes) -> list[tuple[float, float, float, float]]:
        """The stretches of a band's upper edge: x, y to x, y."""
        first, found = r.layer[edge[0]], []
        for i, (p, q) in enumerate(pairwise(self.path(edge, r))):
            a, b = self.places[p], self.places[q]
            x0, x1 = self.xs[first + i] + BAR, self.xs[first + i + 1]
            found.append((x0, a.joins_out[edge], x1, b.joins_in[edge]))
            if q.edge:
                found.append((x1, b.joins_in[edge], x1 + BAR, b.joins_out[edge]))
        return found


def parts(node: Node, room: float = 1e9) -> list[tuple[str, int, str]]:
    """What a stop's bar is made of, from the top: kind, how many, and its words, in few where `room` is narrow."""
    whole = f"{node.none} no recorded answer"
    none = whole if width(whole, NAME) <= room else f"{node.none} no answer"
    found = [("on", node.on, ""), ("back", node.back, f"{node.back} sent back"), ("none", node.none, none)]
    return [(kind, n, words) for kind, n, words in found if n]


def lay_out(r: Routes, room: float, high: float) -> Layout:
    """Columns, bars and joins for a picture `room` points wide and at most `high` points high."""
    columns = stack(r.layer, r.bands)
    last = len(columns) - 1
    has_end = r.heads[-1].startswith("Took")
    longest = max((width(r.nodes[n].label, NAME) for n, k in r.layer.items() if k == 0), default=0)
    left = min(max(longest, width("Who noticed", NAME, "semibold"), 64.0), 118.0) + 6
    right = 104.0 if has_end else 122.0
    inside = room - left - right - BAR
    pitch = inside / max(last, 1)
    xs = [left + pitch * i for i in range(last + 1)]
    places: dict[Stop, Place] = {}
    for k, column in enumerate(columns):
        for stop in column:
            places[stop] = Place(None if stop.edge else r.nodes[stop.name])
            if not stop.edge:
                _words(places[stop], k == 0, has_end and k == last, left - 8 if k == 0 else right - 6 - BAR, pitch)
    each = MOST_POINTS
    for column in columns:
        words = sum(places[s].head for s in column) + GAP * (len(column) - 1)
        flow = sum(_flow(s, r) for s in column) or 1
        each = min(each, max(high - words, high * 0.4) / flow)
    for k, column in enumerate(columns):
        for stop in column:
            _measure(places[stop], stop, r, each, k == 0 or (has_end and k == last))
    tallest = max(sum(places[s].height for s in c) + GAP * (len(c) - 1) for c in columns)
    layout = Layout(columns, places, xs, each, max(tallest, 60.0) + 4)
    _settle(layout, r)
    _join(layout, r)
    return layout


def _words(place: Place, is_first: bool, is_last: bool, room: float, pitch: float) -> None:
    node = place.node
    assert node is not None
    if is_first or is_last:
        place.beside = balance(node.label, room, NAME)
        return
    place.above = balance(f"{node.label}  {node.into} in", min(pitch - 8, 150.0), NAME, "semibold")
    if node.came_back:
        place.above.append(f"{node.came_back} came back")


def _flow(stop: Stop, r: Routes) -> int:
    if stop.edge:
        return r.bands[stop.edge]
    node = r.nodes[stop.name]
    return max(node.into, node.on)


def _measure(place: Place, stop: Stop, r: Routes, each: float, is_outer: bool) -> None:
    place.bar = max(_flow(stop, r) * each, 1.0)
    node = place.node
    if node is None:
        return
    if is_outer:
        lines = len(place.beside) + (1 if node.came_back or node.into else 0)
        spare = max(lines * LINE - place.bar, 0.0)
        place.lead, place.tail = spare / 2, spare / 2
        return
    # Words beside the parts need a line each, and so may reach below a short bar.
    y = 0.0
    for kind, n, _ in parts(node):
        y = max(y, 0.0) + max(n * each, LINE if kind != "on" or n * each < LINE else 0.0)
    place.tail = max(y - place.bar, 0.0)


def _middle(place: Place) -> float:
    return place.bar_top + place.bar / 2


def _settle(layout: Layout, r: Routes) -> None:
    places = layout.places
    for column in layout.columns:
        free = layout.height - sum(places[s].height for s in column) - GAP * (len(column) - 1)
        y, step = 0.0, free / max(len(column), 1)
        for stop in column:
            places[stop].top = y + step / 2
            y += places[stop].height + GAP + step
    near: dict[Stop, list[tuple[Stop, float]]] = {}
    for edge, n in r.bands.items():
        for p, q in pairwise(layout.path(edge, r)):
            near.setdefault(p, []).append((q, n))
            near.setdefault(q, []).append((p, n))
    for sweep in range(6):
        for column in layout.columns if sweep % 2 else list(reversed(layout.columns))[1:]:
            wanted = []
            for stop in column:
                pairs = near.get(stop, [])
                pull = sum(_middle(places[q]) * n for q, n in pairs) / (sum(n for _, n in pairs) or 1)
                place = places[stop]
                wanted.append((pull if pairs else _middle(place)) - place.head - place.bar / 2 + place.height / 2)
            tops = settle(wanted, [places[s].height for s in column], GAP, layout.height)
            for stop, top in zip(column, tops, strict=True):
                places[stop].top = top


def _join(layout: Layout, r: Routes) -> None:
    for stop, place in layout.places.items():
        if stop.edge:
            place.joins_in[stop.edge] = place.joins_out[stop.edge] = place.bar_top
            continue
        for is_out, joins in ((True, place.joins_out), (False, place.joins_in)):
            ends = [e for e in r.bands if e[0 if is_out else 1] == stop.name]
            ends.sort(key=lambda e: (_middle(layout.places[layout.path(e, r)[1 if is_out else -2]]), e))
            y = place.bar_top
            for e in ends:
                joins[e] = y
                y += r.bands[e] * layout.each


def along(bend: tuple[float, float, float, float], x: float) -> float:
    """How far down the upper edge of a stretch is at a place across: the cubic that it follows."""
    x0, y0, x1, y1 = bend
    share = (x - x0) / (x1 - x0) if x1 > x0 else 0.0
    low, high = 0.0, 1.0
    for _ in range(30):
        t = (low + high) / 2
        across = 3 * BEND * t * (1 - t) + t**3
        low, high = (t, high) if across < share else (low, t)
    t = (low + high) / 2
    return y0 + (y1 - y0) * (3 * t * t * (1 - t) + t**3)


def numbers(
    layout: Layout, r: Routes, taken: list[tuple[float, float, float, float]]
) -> tuple[Mapping[Edge, tuple[float, float]], int]:
    """Where each band's number stands: at its source, or where the band is thin at its far end; and how many found no room."""
    found: dict[Edge, tuple[float, float]] = {}
    unsaid = 0
    for edge in sorted(r.bands, key=lambda e: (-r.bands[e], e)):
        thick, needs = r.bands[edge] * layout.each, width(f"{r.bands[edge]}", NUMBER, "semibold")
        bends = layout.bends(edge, r)
        shares = [s / 20 for s in range(21)]
        for share in shares if thick >= 8 else shares[::-1]:
            bend = bends[0] if thick >= 8 else bends[-1]
            x = bend[0] + 5 + share * (bend[2] - bend[0] - needs - 10)
            y = along(bend, x + needs / 2) + thick / 2
            box = (x - 1, y - 5.5, x + needs + 1, y + 5.5)
            if all(box[2] <= a or box[0] >= c or box[3] <= b or box[1] >= d for a, b, c, d in taken):
                found[edge] = (x, y)
                taken.append(box)
                break
        else:
            unsaid += 1
    return found, unsaid
