"""The journey map, drawn: boxes in layers, bands from left to right, moves back as thin dashed lines and words."""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle
from matplotlib.path import Path

from journeys.drawing import mapwords
from journeys.drawing.mapplaces import BAR, BEND, RIBBON, Box, Line, fit, numbers, place, segments
from journeys.drawing.mapwords import Moves
from lib.figures import Frame, Picture, Sheet, open_picture, rule
from lib.layers import Edge, Stop, stack
from lib.lettering import INK, SECOND_INK, balance, clean, count, in_figures, write

NAVY, BACK = "#12436D", "#A33A08"
MOST_BACK_LINES = 8
NARROW = Sheet(691.2, 504, 28.8, 1.0, 14.5, 10.5, 9.5, 9, 8, 8)
WIDE = Sheet(842, 595.4, 32.4, 1.0, 15, 10.5, 9.5, 9, 8, 8)


def _lines(moves: Moves, node: str, room: float) -> list[Line]:
    found: list[Line] = [(t, 9.5, "semibold", INK) for t in balance(moves.labels[node], room, 9.5, "semibold")]
    met = count(moves.contacts[node], "contact")
    first = moves.starts[node]
    plain = [met] + ([count(first, "journey starts", "journeys start") + " here"] if first else [])
    repeats = moves.repeats.get(node, 0)
    if repeats:
        plain.append(count(repeats, "repeat"))
    found += [(t, 8.5, "regular", SECOND_INK) for words in plain for t in balance(words, room, 8.5)]
    back = sorted((e for e in moves.back if e[0] == node), key=lambda e: (-moves.back[e], e))
    named = back if len(back) <= 3 else back[:2]
    said = [f"{in_figures(moves.back[e])} back to {moves.labels[e[1]]}" for e in named]
    if len(back) > len(named):
        rest = back[len(named) :]
        said.append(f"{in_figures(sum(moves.back[e] for e in rest))} back to {len(rest)} others")
    found += [(t, 8.5, "regular", BACK) for words in said for t in balance(words, room, 8.5)]
    return found


def draw(graph: nx.DiGraph, level: str, shown: bool) -> Axes:
    """Draw a map of moves, framed or not, and return its Axes (points across and down)."""
    moves = mapwords.read(graph)
    review = graph.graph.get("review")
    invented = bool(review is not None and review.about.invented)
    columns = stack(moves.layer, moves.bands) if moves.bands else []
    sheet = NARROW if len(columns) <= 5 else WIDE
    room = sheet.width - 2 * sheet.margin
    last_room = min(room * 0.2, 120.0)
    pitch = (room - last_room - BAR) / max(len(columns) - 1, 1)

    boxes: dict[Stop, Box] = {}
    for i, column in enumerate(columns):
        for stop in column:
            space = (last_room + BAR if i == len(columns) - 1 else pitch - 10) - 4
            boxes[stop] = Box() if stop.edge else Box(_lines(moves, stop.name, space))
    per_move, height = fit(columns, boxes, moves, sheet.height - 150)
    place(columns, boxes, moves, per_move, height)
    printed, unsaid = numbers(columns, boxes, moves, per_move, pitch)

    tag = "INVENTED DATA" if invented else level.upper()
    if not invented and review is not None and review.about.marking:
        tag = f"{tag} · {clean(review.about.marking)[:40]}"
    by = mapwords.NOUNS.get(moves.by, (moves.by, f"{moves.by}s"))[0]
    words = f"Which {by} follows which; a band is as thick as its moves, which run from left to right"
    if moves.back:
        words += "; dashed: back"
    notes = [f"{count(unsaid, 'number')} found no room beside a band and stands in the table."] if unsaid else []
    if len(moves.back) > MOST_BACK_LINES:
        notes.append(
            f"Of {len(moves.back)} links back the {MOST_BACK_LINES} with most moves are drawn, all are counted."
        )
    frame = Frame(mapwords.finding(moves), words, tag, [], mapwords.footer(moves, graph, level, notes))
    ax, _ = open_picture(frame, sheet, height, left=sheet.margin, right=sheet.margin, shown=shown)
    for edge in moves.bands:
        _band(ax, edge, columns, boxes, moves, per_move, pitch)
    for edge in sorted(moves.back, key=lambda e: (-moves.back[e], e))[:MOST_BACK_LINES]:
        if edge[0] in moves.layer and edge[1] in moves.layer:
            _back_line(ax, edge, boxes, moves, pitch)
    for i, column in enumerate(columns):
        for stop in column:
            if not stop.edge:
                _box(ax, boxes[stop], i * pitch)
    for x, y, said, ground in printed:
        write(ax, x, y, said, 9, weight="semibold", ground=ground)
    if not columns:
        write(ax, 0, height / 2, _alone(moves), 10.5)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = moves.table, mapwords.alt(moves, graph, invented)
    return ax


def _alone(moves: Moves) -> str:
    if not moves.labels:
        return "There is no contact to draw."
    if moves.repeats:
        return (
            f"{moves.labels[next(iter(moves.repeats))]}: {count(sum(moves.repeats.values()), 'repeat')}, no other move."
        )
    return "No contact follows another, so there is no move to draw."


def _band(
    ax: Axes,
    edge: Edge,
    columns: list[list[Stop]],
    boxes: Mapping[Stop, Box],
    moves: Moves,
    per_move: float,
    pitch: float,
) -> None:
    thick = moves.bands[edge] * per_move
    bends = segments(edge, boxes, moves, pitch)
    points = [(bends[0][0], bends[0][1])]
    codes = [Path.MOVETO]
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
    ax.add_patch(PathPatch(Path(points, codes), fc=RIBBON, ec="white", lw=0.7, zorder=2, gid="band"))


def _back_line(ax: Axes, edge: Edge, boxes: Mapping[Stop, Box], moves: Moves, pitch: float) -> None:
    a, b = (boxes[Stop(node)] for node in edge)
    x0, x1 = moves.layer[edge[0]] * pitch, moves.layer[edge[1]] * pitch + BAR
    y0, y1 = a.bar_top + a.bar * 0.85, b.bar_top + b.bar * 0.9
    if moves.layer[edge[0]] == moves.layer[edge[1]]:
        x0, bend = x1, 0.35 if y1 < y0 else -0.35
    # The line sags, but never below the picture.
    across = max(abs(x1 - x0), 1.0)
    bend = -min(0.16, max(2 * (ax.get_ylim()[0] - 4 - (y0 + y1) / 2) / across, 0.0))
    arrow = FancyArrowPatch(
        (x0, y0),
        (x1 + 1, y1),
        connectionstyle=f"arc3,rad={bend}",
        arrowstyle="-|>,head_length=4,head_width=2",
        mutation_scale=1,
        lw=1.1,
        ls=(0, (4, 2.2)),
        color=BACK,
        zorder=4,
        shrinkA=0,
        shrinkB=0,
        gid="back",
    )
    ax.add_patch(arrow)


def _box(ax: Axes, box: Box, x: float) -> None:
    y = box.top
    for words, size, weight, color in box.lines:
        text = write(ax, x, y + size * 0.61, words, size, weight=weight, color=color)
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85})
        y += size * 1.22
    ax.add_patch(Rectangle((x, box.bar_top), BAR, box.bar, fc=NAVY, ec="none", zorder=5, gid="node"))
    rule(ax, [x, x + BAR], [box.bar_top, box.bar_top], NAVY, 0.6, above=5)
