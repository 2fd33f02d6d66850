"""The marks of the swim-lane: a shape and a colour for each nature of contact, rings, spans, and the key's entries.

Each nature has its own shape, so that a grey copy still tells them apart. Colour is what agencies recorded; ink is what
the family lived and what the review says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Polygon, Rectangle
from matplotlib.path import Path

from journeys.columns import UNMAPPED
from lib.figures import KeyItem, rule
from lib.lettering import INK, width, write

NAVY, TEAL, PLUM, ORANGE, GREY, LAVENDER = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D", "#A285D1"
PALE_ORANGE, BAR, BAND = "#FDE3D5", "#DCE3EC", "#F3F3F1"

_BROKEN_BAR = Path([(0, -1), (0, -0.25), (0, 0.25), (0, 1)], [Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO])


@dataclass(frozen=True)
class Shape:
    """How a nature of contact is drawn: marker, size in points, colours, width of its edge, and its word."""

    marker: Any
    size: float
    fill: str
    edge: str
    edge_width: float
    word: str


SHAPES = {
    "touch": Shape("o", 7.0, NAVY, "white", 0.6, "seen or spoken to"),
    "referral": Shape(">", 7.4, TEAL, "#0B5C55", 0.6, "referral"),
    "decision": Shape("s", 6.2, PLUM, "white", 0.6, "decision"),
    "signal": Shape("D", 4.8, LAVENDER, "#4E3A78", 0.6, "signal, such as an absence"),
    "record": Shape("|", 8.0, GREY, GREY, 1.8, "record only"),
    UNMAPPED: Shape(_BROKEN_BAR, 8.0, GREY, GREY, 1.8, "record not yet classed"),
}
"""The shape of each nature. A status without an end is drawn as a record; one with an end is a period."""

_OPEN = ("record", UNMAPPED)


def stamp(
    ax: Axes,
    xs: Sequence[float],
    ys: Sequence[float],
    nature: str,
    scale: float,
    *,
    hollow: bool = False,
    above: float = 6,
) -> None:
    """Draw marks of one nature at places in the data's own coordinates; hollow ones are known to a span only."""
    shape = SHAPES[nature]
    line_like = nature in _OPEN
    edge, edge_width, fill = shape.edge, shape.edge_width, shape.fill
    if hollow and not line_like:
        edge, edge_width, fill = shape.fill, 1.3, "white"
    ax.plot(
        xs,
        ys,
        ls="none",
        marker=MarkerStyle(shape.marker),
        ms=shape.size * scale * (0.95 if hollow else 1),
        mfc="none" if line_like else fill,
        mec=edge,
        mew=edge_width * scale,
        zorder=above,
        clip_on=False,
        gid=f"{nature}-span" if hollow else nature,
    )


def ring(
    ax: Axes,
    xs: Sequence[float],
    ys: Sequence[float],
    kind: str,
    scale: float,
    size: float = 0,
    *,
    on_evidence: bool = False,
) -> None:
    """Rings round marks: `crisis` in orange with a pale ground, `evidence` in ink on white."""
    sizes = {"crisis": 11.2, "evidence": 11.8, "evidence-crisis": 14.5}
    # A ring lies under its own mark, and over plain marks beside it.
    edge, fill, above = (ORANGE, PALE_ORANGE, 5.8) if kind == "crisis" else (INK, "white", 6.2)
    above = 6.4 if on_evidence else above
    ax.plot(
        xs,
        ys,
        ls="none",
        marker="o",
        ms=(size or sizes[kind]) * scale,
        mfc=fill,
        mec=edge,
        mew=1.3 * scale,
        zorder=above,
        clip_on=False,
        gid=kind,
    )


def span(ax: Axes, first: float, after: float, y: float, nature: str, cap: float, scale: float) -> None:
    """A line with end caps from the first to the last possible day."""
    color = SHAPES[nature].fill
    rule(ax, [first, after], [y, y], color, 1.3 * scale, above=4.8, name="span")
    for x in (first, after):
        rule(ax, [x, x], [y - cap, y + cap], color, 1.3 * scale, above=4.8)


def triangle(ax: Axes, x: float, top: float, label: str, scale: float, point: float, *, hollow: bool) -> float:
    """A numbered triangle pointing down, `point` data units to a point; returns half its width in points."""
    size = 8 * scale
    half = max(6.5 * scale, (width(label, size, "semibold") + 6.5 * scale) / 2 + (len(label) - 1) * 1.5 * scale)
    height = 12 * scale
    ax.add_patch(
        Polygon(
            [(x - half * point, top), (x + half * point, top), (x, top + height)],
            fc="white" if hollow else INK,
            ec=INK,
            lw=1.2 * scale if hollow else 0.6,
            zorder=7,
            clip_on=False,
            gid="firing",
        )
    )
    if label:
        write(ax, x, top + 4.2 * scale, label, size, weight="semibold", color=INK if hollow else "white", ha="center")
    return half


def hatch(ax: Axes, x: float, y: float, w: float, h: float, *, edge: str = "none", above: float = 0.6) -> None:
    """A white box with diagonal hatch: no records supplied, or waiting."""
    box = Rectangle((x, y), w, h, fc="white", ec=edge, lw=0.8 if edge != "none" else 0, zorder=above, hatch="////")
    box.set_hatchcolor("#B4B4B4")
    ax.add_patch(box)


def key_items(used: set[str], scale: float, tallest: int, what: str = "trigger") -> list[KeyItem]:
    """The key's entries for what the picture uses, in reading order."""

    def plain(nature: str) -> Callable[[Axes, float, float], None]:
        return lambda ax, x, y: stamp(ax, [x + 5 * scale], [y], nature, scale)

    def bar(ax: Axes, x: float, y: float) -> None:
        ax.add_patch(Rectangle((x + 1, y - 4 * scale), 7 * scale, 8 * scale, fc=NAVY, ec="none"))

    def crisis(ax: Axes, x: float, y: float) -> None:
        ring(ax, [x + 7 * scale], [y], "crisis", scale)
        stamp(ax, [x + 7 * scale], [y], "touch", scale, above=7)

    def small_ring(kind: str) -> Callable[[Axes, float, float], None]:
        return lambda ax, x, y: ring(ax, [x + 5 * scale], [y], kind, scale, 5.2 if kind == "crisis" else 9)

    def spread(ax: Axes, x: float, y: float) -> None:
        span(ax, x + 1, x + 19 * scale, y, "touch", 3 * scale, scale)
        stamp(ax, [x + 10 * scale], [y], "touch", scale, hollow=True)

    def evidence(ax: Axes, x: float, y: float) -> None:
        ring(ax, [x + 7 * scale], [y], "evidence", scale)
        stamp(ax, [x + 7 * scale], [y], "signal" if "signal" in used else "touch", scale, above=7)

    def maybe(ax: Axes, x: float, y: float) -> None:
        triangle(ax, x + 7 * scale, y - 6 * scale, "", scale, 1.0, hollow=True)

    def no_records(ax: Axes, x: float, y: float) -> None:
        hatch(ax, x + 1, y - 4.5 * scale, 16 * scale, 9 * scale, edge="#B4B4B4")

    open_status = "record, or status with no end" if "status" in used else SHAPES["record"].word
    every = [
        ("bar", bar, 9, f"contacts that month (tallest bar {tallest})"),
        ("crisis-top", small_ring("crisis"), 10, "at least one was a crisis"),
        ("evidence-top", small_ring("evidence"), 10, f"ringed: evidence for a {what}"),
        *[(n, plain(n), 10, open_status if n == "record" else s.word) for n, s in SHAPES.items()],
        ("crisis", crisis, 14, "orange ring: crisis"),
        ("span", spread, 21, "hollow: some time in that span"),
        ("evidence", evidence, 14, f"ringed: evidence for a {what}"),
        ("possible", maybe, 14, f"hollow: a {what} possibly {'met' if what == 'trigger' else 'there'}"),
        ("gap", no_records, 18, "no records supplied"),
    ]
    return [KeyItem(draw, room * scale, words) for name, draw, room, words in every if name in used]
