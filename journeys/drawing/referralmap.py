"""The referral map, drawn: bars in layers, bands from left to right, and what came back as thin dashed lines and words."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle
from matplotlib.path import Path

from journeys.drawing import routes
from journeys.drawing.limits import tag
from journeys.drawing.routeplaces import BAR, BEND, LINE, NAME, NUMBER, Layout, Place, lay_out, numbers, parts
from journeys.drawing.routes import FEWEST, Routes
from lib.figures import RULE, Frame, Picture, Sheet, open_picture, rule
from lib.layers import Edge, Stop
from lib.lettering import INK, SECOND_INK, width, write

NAVY, ORANGE, BACK, RIBBON = "#12436D", "#F46A25", "#A33A08", "#B9CBE0"
SHEET = Sheet(691.2, 504, 28.8, 1.0, 14.5, 10.5, 9.5, 9, 8, 8)
WIDE = Sheet(842, 595.4, 32.4, 1.0, 15, 10.5, 9.5, 9, 8, 8)
HEAD, MOST_RETURNS = 26.0, 8

Box = tuple[float, float, float, float]


def draw(frame: pd.DataFrame, review: Any, level: str, shown: bool) -> Axes:
    """Draw the map of what `passed` gave, framed or not, and return its Axes (points across and down)."""
    r = routes.read(frame, review)
    ax = _sentences(r, level, shown) if r.n < FEWEST else _map(r, level, shown)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = r.table, routes.alt(r, bool(review.about.invented))
    return ax


def _sentences(r: Routes, level: str, shown: bool) -> Axes:
    said = routes.sentences(r) or ["There is no referral to draw."]
    frame = Frame(
        routes.finding(r), routes.subtitle(r).split(";")[0], tag(r.review, level), [], routes.footer(r, level, [])
    )
    height = 14.0 * len(said) + 12
    ax, _ = open_picture(frame, SHEET, height, left=SHEET.margin, right=SHEET.margin, shown=shown)
    for i, words in enumerate(said):
        write(ax, 0, 12 + 14 * i, words, 10.5)
    return ax


def _map(r: Routes, level: str, shown: bool) -> Axes:
    sheet = SHEET if len(r.heads) <= 4 else WIDE
    room = sheet.width - 2 * sheet.margin
    layout = lay_out(r, room, 305.0)
    said, taken = _labels(r, layout)
    places, unsaid = numbers(layout, r, taken)
    notes = []
    if any(words.endswith("no answer") for _, _, words, *_ in said):
        notes.append("No answer: none is recorded.")
    if unsaid:
        notes.append(f"{unsaid} band{'s have' if unsaid > 1 else ' has'} no room for a number, which is in the table.")
    if len(r.returns) > MOST_RETURNS:
        notes.append(
            f"Of {len(r.returns)} links back the {MOST_RETURNS} with most referrals are drawn, all are counted."
        )
    words = routes.subtitle(r) + ("; dashed: sent back" if r.returns else "")
    frame = Frame(routes.finding(r), words, tag(r.review, level), [], routes.footer(r, level, notes))
    height = layout.height + HEAD + 10
    ax, _ = open_picture(frame, sheet, height, left=sheet.margin, right=sheet.margin, shown=shown)
    _heads(ax, r, layout, room)
    for edge in r.bands:
        _band(ax, edge, r, layout)
    for edge in sorted(r.returns, key=lambda e: (-r.returns[e], e))[:MOST_RETURNS]:
        _return(ax, edge, r, layout)
    for k, column in enumerate(layout.columns):
        for stop in column:
            if not stop.edge:
                _bar(ax, layout.places[stop], layout.xs[k], layout.each)
    for x, y, text, size, weight, color, ha in said:
        label = write(ax, x, y + HEAD, text, size, weight=weight, color=color, ha=ha)
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85})
    for edge, (x, y) in places.items():
        write(ax, x, y + HEAD, f"{r.bands[edge]:,}", NUMBER, weight="semibold")
    return ax


def _heads(ax: Axes, r: Routes, layout: Layout, room: float) -> None:
    for k, words in enumerate(r.heads):
        x = 0.0 if k == 0 else layout.xs[k]
        write(ax, x, 8, words, 10.5, weight="semibold")
    rule(ax, [0, room], [17, 17], RULE, 0.8)


Said = tuple[float, float, str, float, str, str, str]


def _labels(r: Routes, layout: Layout) -> tuple[list[Said], list[Box]]:
    """Every name and what stands beside a bar, with the boxes that they and the bars take."""
    said: list[Said] = []
    taken: list[Box] = []
    last = len(layout.columns) - 1
    for k, column in enumerate(layout.columns):
        for stop in column:
            place, x = layout.places[stop], layout.xs[k]
            if place.node is None:
                continue
            taken.append((x, place.bar_top, x + BAR, place.bar_top + place.bar))
            if k == 0:
                said += _outside(
                    place, x - 7, "right", f"{place.node.came_back} came back" if place.node.came_back else ""
                )
            elif k == last and r.heads[-1].startswith("Took"):
                said += _outside(place, x + BAR + 7, "left", f"{place.node.into}")
            else:
                said += _stop(place, x, layout)
    for x, y, words, size, weight, _, ha in said:
        wide = width(words, size, weight)
        left = x if ha == "left" else x - wide
        taken.append((left - 1, y - size * 0.62, left + wide + 1, y + size * 0.62))
    return said, taken


def _outside(place: Place, x: float, ha: str, more: str) -> list[Said]:
    """A service's name beside its bar, and beneath it what came back to it or how many it took on."""
    lines: list[tuple[str, str, str]] = [(words, "regular", INK) for words in place.beside]
    if more:
        is_back = ha == "right"
        lines.append((more, "semibold" if is_back else "regular", BACK if is_back else INK))
    y = place.bar_top + place.bar / 2 - (len(lines) - 1) * LINE / 2
    return [(x, y + i * LINE, words, NAME, weight, color, ha) for i, (words, weight, color) in enumerate(lines)]


def _stop(place: Place, x: float, layout: Layout) -> list[Said]:
    """A stop's name and how many came in, over its bar; beside it what came of them."""
    node = place.node
    assert node is not None
    said: list[Said] = []
    for i, words in enumerate(place.above):
        color = BACK if node.came_back and i == len(place.above) - 1 else INK
        said.append((x, place.top + (i + 0.5) * LINE, words, NAME, "semibold", color, "left"))
    y, free, each = place.bar_top, place.bar_top, layout.each
    for kind, n, words in parts(node, layout.pitch - BAR - 9):
        middle = max(y + n * each / 2, free + LINE / 2)
        if words:
            color, weight = (BACK, "semibold") if kind == "back" else (SECOND_INK, "regular")
            said.append((x + BAR + 5, middle, words, NAME, weight, color, "left"))
            free = middle + LINE / 2
        else:
            free = y + max(n * each, LINE)
        y += n * each
    return said


def _band(ax: Axes, edge: Edge, r: Routes, layout: Layout) -> None:
    thick = r.bands[edge] * layout.each
    bends = [(a, b + HEAD, c, d + HEAD) for a, b, c, d in layout.bends(edge, r)]
    points = [(bends[0][0], bends[0][1])]
    codes: list[Any] = [Path.MOVETO]
    for x0, y0, x1, y1 in bends:
        middle = x0 + BEND * (x1 - x0)
        points += [(middle, y0), (middle, y1), (x1, y1)]
        codes += [Path.CURVE4] * 3
    points.append((bends[-1][2], bends[-1][3] + thick))
    codes.append(Path.LINETO)
    for x0, y0, x1, y1 in reversed(bends):
        middle = x0 + BEND * (x1 - x0)
        points += [(middle, y1 + thick), (middle, y0 + thick), (x0, y0 + thick)]
        codes += [Path.CURVE4] * 3
    points.append(points[0])
    codes.append(Path.CLOSEPOLY)
    ax.add_patch(PathPatch(Path(points, codes), fc=RIBBON, ec="white", lw=1.0, zorder=2, gid="band"))


def _bar(ax: Axes, place: Place, x: float, each: float) -> None:
    node = place.node
    assert node is not None
    top = place.bar_top + HEAD
    if not node.back and not node.none:
        ax.add_patch(Rectangle((x, top), BAR, place.bar, fc=NAVY, ec="none", zorder=5, gid="on"))
        return
    y = top
    for kind, n, _ in parts(node):
        high = n * each
        if kind == "none":
            box = Rectangle((x + 0.5, y), BAR - 1, high, fc="white", ec=INK, lw=0.9, hatch="////", zorder=5, gid=kind)
            box.set_hatch_linewidth(0.5)
            ax.add_patch(box)
        else:
            ax.add_patch(
                Rectangle(
                    (x, y), BAR, high, fc=NAVY if kind == "on" else ORANGE, ec="white", lw=0.6, zorder=5, gid=kind
                )
            )
        y += high


def _return(ax: Axes, edge: Edge, r: Routes, layout: Layout) -> None:
    """A thin dashed line from the part that was sent back to the foot of whoever had referred."""
    if edge[0] not in r.layer or edge[1] not in r.layer:
        return
    a, b = layout.places[Stop(edge[0])], layout.places[Stop(edge[1])]
    assert a.node is not None
    x0, x1 = layout.xs[r.layer[edge[0]]], layout.xs[r.layer[edge[1]]] + BAR
    y0 = a.bar_top + (a.node.on + a.node.back / 2) * layout.each + HEAD
    y1 = b.bar_top + b.bar + HEAD + 2
    across = max(x0 - x1, 1.0)
    sag = max(min(0.16, 2 * (layout.height + HEAD + 8 - (y0 + y1) / 2) / across), 0.0)
    arrow = FancyArrowPatch(
        (x0, y0),
        (x1 + 1, y1),
        connectionstyle=f"arc3,rad={-sag}",
        arrowstyle="-|>,head_length=4.5,head_width=2.3",
        mutation_scale=1,
        lw=1.4,
        ls=(0, (4, 2.2)),
        color=BACK,
        zorder=4,
        shrinkA=0,
        shrinkB=0,
        gid="return",
    )
    ax.add_patch(arrow)
