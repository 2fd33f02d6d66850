"""The system as reviewers explain it, left to right: what is taken for granted, the conditions, and what was seen.

Three layers, the same picture for the same rows: boxes are stacked so that few lines cross, ties settled by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from journeys.activities import fold
from journeys.causes import OTHER
from journeys.drawing import captions, conditionwords
from journeys.drawing.conditionwords import MIDDLE, MOST, Told
from lib.figures import Frame, open_picture, rule
from lib.layers import Edge, settle, stack
from lib.lettering import INK, SECOND_INK, clean, count, in_words, shorten, wrap, write

NAVY, GROUND, RIBBON, BAND = "#12436D", "#F3F3F1", "#DCE3EC", "#2073BC"
MOST_SEEN = 2
"""As many things seen are drawn of each condition, so that lines can be followed."""
WIDTH, GAP, LINE, PAD, MOST_LINES, TOP = 176.0, 11.0, 11.6, 5.0, 4, 24.0
HEADS = ("What is taken for granted", "Conditions in the system", "What was seen of the events")


@dataclass
class _Box:
    """A box in a layer: its lines, its small print, and where it lies."""

    lines: list[str]
    small: str
    top: float = 0.0

    @property
    def height(self) -> float:
        return (len(self.lines) + bool(self.small)) * LINE + 2 * PAD

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def draw(told: Told, level: str, shown: bool) -> Axes:
    """Draw the picture, framed or not, and return its Axes (points across and down)."""
    title = conditionwords.thinking_finding(told)
    if not told.drawn:
        return conditionwords.sentence_only(told, title, level, shown)
    weights, left_out = _edges(told)
    layer = {name: "tce".index(name[0]) for edge in weights for name in edge}
    layer |= {f"c{i}": 1 for i in range(len(told.drawn))}
    boxes = {name: _box(told, name) for name in layer}
    columns = [[stop.name for stop in column] for column in stack(layer, weights)]
    height = max(sum(boxes[n].height + GAP for n in column) for column in columns) - GAP
    _place(columns, boxes, weights, height)
    review = told.found.review
    notes = [f"Of each condition the {in_words(MOST_SEEN)} things most often seen are drawn; the table has all."]
    notes += [f"{count(left_out, 'assumption')} more in the table."] if left_out else []
    subtitle = "What reviewers say explains what was seen; a line at the right is as thick as its number of events"
    frame = Frame(title, subtitle, captions.tag(review, level), [], conditionwords.footer(told, level, notes))
    ax, _ = open_picture(frame, MIDDLE, TOP + height + 4, left=MIDDLE.margin, right=MIDDLE.margin, shown=shown)
    room = MIDDLE.width - 2 * MIDDLE.margin
    lefts = [0.0, (room - WIDTH) / 2, room - WIDTH]
    for x, head in zip(lefts, HEADS, strict=True):
        write(ax, x, 8, head, 10, weight="semibold")
    rule(ax, [0, room], [17, 17], "#8C8C8C", 0.6)
    most = max((n for (a, _), n in weights.items() if a[0] == "c"), default=1)
    joins = _joins(boxes, weights)
    for (a, b), n in sorted(weights.items()):
        x0, x1 = lefts[layer[a]] + WIDTH, lefts[layer[b]]
        thick = 0.8 + 5.2 * n / most if a[0] == "c" else 1.2
        _line(ax, (x0, TOP + joins[a, b][0]), (x1, TOP + joins[a, b][1]), thick, a)
    for name, box in boxes.items():
        _draw_box(ax, box, lefts[layer[name]], name)
    what = f"System picture, left to right: assumptions, {count(len(told.drawn), 'condition')}, what was seen."
    return conditionwords.finish(ax, told, what, title)


def _thoughts(told: Told) -> list[str]:
    """The assumptions behind the conditions drawn, those behind most events first."""
    events: dict[str, set[str]] = {}
    for one in told.drawn:
        for thought in one.thoughts:
            events.setdefault(thought, set()).update(one.events)
    return sorted(events, key=lambda t: (-len(events[t]), fold(t), t))


def _edges(told: Told) -> tuple[dict[Edge, float], int]:
    """Lines with their events, from assumption to condition and from condition to effect; assumptions left out."""
    thoughts = _thoughts(told)
    weights: dict[Edge, float] = {}
    for i, one in enumerate(told.drawn):
        for t, thought in enumerate(thoughts[:MOST]):
            if thought in one.thoughts:
                weights[f"t{t}", f"c{i}"] = len(one.events)
        seen = [e for e, name in enumerate(told.effects) if told.cells[i, name] and name != OTHER]
        for e in sorted(seen, key=lambda e: (-told.cells[i, told.effects[e]], e))[:MOST_SEEN]:
            weights[f"c{i}", f"e{e}"] = told.cells[i, told.effects[e]]
    return weights, max(len(thoughts) - MOST, 0)


def _box(told: Told, name: str) -> _Box:
    at = int(name[1:])
    if name[0] == "t":
        return _Box(_wrapped(_thoughts(told)[at]), "")
    if name[0] == "c":
        one = told.drawn[at]
        families = count(len(one.families), "family", "families")
        return _Box(_wrapped(one.words), f"{count(len(one.events), 'event')}, {families}")
    effect = told.effects[at]
    return _Box(_wrapped(told.found.says(effect)), f"{count(told.seen[effect], 'event')}, each once")


def _wrapped(words: str) -> list[str]:
    room = WIDTH - 2 * PAD - 2
    lines = wrap(clean(words), room, MIDDLE.lane)
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], shorten(" ".join(lines[MOST_LINES - 1 :]), room, MIDDLE.lane)]


def _place(columns: list[list[str]], boxes: dict[str, _Box], weights: dict[Edge, float], height: float) -> None:
    """Conditions evenly down the page; what they are joined to as near them as there is room."""
    conditions = columns[1]
    free = (height - sum(boxes[n].height for n in conditions)) / max(len(conditions), 1)
    y = free / 2
    for name in conditions:
        boxes[name].top = y
        y += boxes[name].height + free
    for column in (columns[0], *columns[2:]):
        wanted = []
        for name in column:
            joined = [(boxes[b if a == name else a].middle, n) for (a, b), n in weights.items() if name in (a, b)]
            wanted.append(sum(y * n for y, n in joined) / sum(n for _, n in joined))
        tops = settle(wanted, [boxes[n].height for n in column], GAP, height)
        for name, top in zip(column, tops, strict=True):
            boxes[name].top = top


def _joins(boxes: dict[str, _Box], weights: dict[Edge, float]) -> dict[Edge, tuple[float, float]]:
    """Where each line leaves its box and meets the next: spread down the side, in the order of where they go."""
    found: dict[Edge, list[float]] = {edge: [0.0, 0.0] for edge in weights}
    for name, box in boxes.items():
        for side in (0, 1):
            ends = sorted((e for e in weights if e[side] == name), key=lambda e: (boxes[e[1 - side]].middle, e))
            for n, edge in enumerate(ends, start=1):
                found[edge][side] = box.top + box.height * n / (len(ends) + 1)
    return {edge: (leaves, meets) for edge, (leaves, meets) in found.items()}


def _line(ax: Axes, start: tuple[float, float], end: tuple[float, float], thick: float, source: str) -> None:
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    path = Path([(x0, y0), (middle, y0), (middle, y1), (x1, y1)], [Path.MOVETO, *[Path.CURVE4] * 3])
    color, name = (BAND, "seen") if source[0] == "c" else (INK, "behind")
    # A white edge, so that lines that cross can be told apart.
    for ink, wide, gid in (("white", thick + 1.6, "casing"), (color, thick, name)):
        patch = PathPatch(path, fc="none", ec=ink, lw=wide, zorder=2, capstyle="butt", gid=gid, clip_on=False)
        ax.add_patch(patch)


def _draw_box(ax: Axes, box: _Box, x: float, name: str) -> None:
    fill, edge = {"t": (GROUND, INK), "c": ("white", INK), "e": (RIBBON, NAVY)}[name[0]]
    top = TOP + box.top
    ax.add_patch(Rectangle((x, top), WIDTH, box.height, fc=fill, ec=edge, lw=0.8, zorder=4, gid=name[0], clip_on=False))
    for n, line in enumerate(box.lines):
        write(ax, x + PAD + 1, top + PAD + (n + 0.5) * LINE, line, MIDDLE.lane)
    if box.small:
        write(ax, x + PAD + 1, top + PAD + (len(box.lines) + 0.5) * LINE, box.small, MIDDLE.small, color=SECOND_INK)
