"""The ecomap, drawn: the family in the middle, who held it up in ink, the agencies in colour, clockwise as they came."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from journeys.drawing import around
from journeys.drawing.around import CANNOT_TELL, ENDED, LATELY, NOT_SINCE, RECORDS, Around, Near
from journeys.drawing.limits import NAVY, tag
from lib.figures import SHEETS, Frame, KeyItem, Picture, Sheet, open_picture, room_for_picture, rule
from lib.lettering import INK, SECOND_INK, shorten, width, wrap, write

DASHES = {
    LATELY: None,
    NOT_SINCE: (7.0, 4.0),
    CANNOT_TELL: (9.0, 3.0, 2.0, 3.0),
    RECORDS: (1.2, 2.6),
    ENDED: (4.0, 3.0),
}
"""Dash and gap in points, whatever the weight of the line."""

KEYS = {
    LATELY: f"met in the last {around.LATELY_DAYS} days",
    NOT_SINCE: "none on record since",
    CANNOT_TELL: "cannot be told",
    RECORDS: "records only, no meeting on record",
}
LABEL, THICKEST, MOST_MEMBERS = 200.0, 7.0, 14


@dataclass(frozen=True)
class Place:
    """One thing on the ring: a heading, a note, or something joined to the family by a line. `lines` are its words."""

    lines: list[tuple[str, float, str, str]]
    near: Near | None

    def height(self) -> float:
        """How high its words are, with the room below them."""
        return sum(size * 1.24 for _, size, _, _ in self.lines) + self.lines[0][1] * 0.9


def draw(journey: Any, members: Any, size: str, level: str, shown: bool) -> Axes:
    """Draw the ecomap, framed or not, and return its Axes (points across and down)."""
    a, review, sheet = around.read(journey, members), journey.review, SHEETS[size]
    box = _box(a, sheet)
    places = _places(a, sheet)
    thickest = max((x.contacts or 0 for x in a.agencies), default=0)
    left_out: list[str] = []

    def framed() -> Frame:
        words = around.footer(a, review, level, left_out)
        return Frame(around.finding(a), around.subtitle(a), tag(review, level), _key(a, sheet, thickest), words)

    room = room_for_picture(framed(), sheet, shown=shown)
    right, left = _sides(places)
    while _high(right, left) > room and (last := places[-1].near) is not None:
        # The last to come give way, and are named in the footer and the table.
        places.pop()
        left_out.insert(0, last.name)
        room = room_for_picture(framed(), sheet, shown=shown)
        right, left = _sides(places)
    height = min(max(_high(right, left), len(box) * sheet.lane * 1.45 + 40 * sheet.scale, 150 * sheet.scale), room)
    ax, _ = open_picture(framed(), sheet, height, left=sheet.margin, right=sheet.margin, shown=shown)
    _ring(ax, a, sheet, right, left, box, height, thickest)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = a.table, around.alt(a, bool(review.about.invented))
    return ax


def _box(a: Around, sheet: Sheet) -> list[tuple[str, str]]:
    """The lines in the middle: each with its weight, the family first."""
    found = [(shorten(f"Family {a.family}", LABEL * sheet.scale, sheet.lane + sheet.scale, "semibold"), "semibold")]
    if not a.members:
        return [*found, ("nobody is named", "regular")]
    for m in a.members[:MOST_MEMBERS]:
        for i, line in enumerate(wrap(m.words, LABEL * sheet.scale, sheet.lane)[:3]):
            found.append((line, "more" if i else "in" if m.is_in else "out"))
    more = len(a.members) - MOST_MEMBERS
    return [*found, (f"and {more} more, in the table", "regular")] if more > 0 else found


def _places(a: Around, sheet: Sheet) -> list[Place]:
    """Everything on the ring, clockwise: who held the family up, then the agencies, each under its heading."""
    head = [("Who and what was holding it up", sheet.key, "semibold", SECOND_INK)]
    if not a.supports:
        head.append(("nobody has written it down", sheet.key, "regular", SECOND_INK))
    found = [Place(head, None)] + [_place(s, sheet) for s in a.supports]
    if a.agencies:
        found.append(Place([("Agencies, clockwise as they came", sheet.key, "semibold", SECOND_INK)], None))
    return found + [_place(x, sheet) for x in a.agencies]


def _place(near: Near, sheet: Sheet) -> Place:
    room = LABEL * sheet.scale
    names = wrap(near.name, room, sheet.lane, "semibold")
    if len(names) > 2:
        names = [names[0], shorten(" ".join(names[1:]), room, sheet.lane, "semibold")]
    lines = [(line, sheet.lane, "semibold", INK) for line in names]
    lines += [(line, sheet.key, "regular", SECOND_INK) for line in wrap(near.words, room, sheet.key)[:2]]
    return Place(lines, near)


def _sides(places: list[Place]) -> tuple[list[Place], list[Place]]:
    """What stands to the right, from the top down, and to the left, from the top down as well; clockwise they are one."""
    heads = [
        i for i, p in enumerate(places) if p.near is None and i + 1 < len(places) and places[i + 1].near is not None
    ]
    # The agencies' heading and the first of them stand to the right, where reading begins, if they have room there.
    first = heads[-1] + 2 if heads else 1
    cuts = [i for i in range(1, len(places) + 1) if i - 1 not in heads]
    if _high(places[:first], []) <= _high(places, []) * 0.6 or len(places) < 5:
        cuts = [i for i in cuts if i >= first]
    cut = min(cuts, key=lambda i: (round(_high(places[:i], places[i:]), 3), -i))
    return places[:cut], places[cut:][::-1]


def _high(right: list[Place], left: list[Place]) -> float:
    return max(sum(p.height() for p in right), sum(p.height() for p in left))


def _key(a: Around, sheet: Sheet, thickest: int) -> list[KeyItem]:
    k = sheet.scale

    def line(name: str) -> Any:
        weight = 0.9 if name == RECORDS else 2.4

        def stroke(ax: Axes, x: float, y: float) -> None:
            _line(ax, x, y, x + 28 * k, y, NAVY if name != RECORDS else SECOND_INK, weight * k, name, k)

        return stroke

    def ink(ax: Axes, x: float, y: float) -> None:
        _line(ax, x, y, x + 28 * k, y, INK, 1.3 * k, LATELY, k)

    def left(ax: Axes, x: float, y: float) -> None:
        _dot(ax, x + 4 * k, y, False, k)

    found = [KeyItem(left, 8 * k, "left the family")] if any(not m.is_in for m in a.members) else []
    found += [KeyItem(line(name), 28 * k, words) for name, words in KEYS.items() if a.lines(name)]
    if a.supports:
        ended = any(s.line == ENDED for s in a.supports)
        found.append(KeyItem(ink, 28 * k, f"held it up, not counted{'; dashed: ended' if ended else ''}"))
    if thickest > 1:
        found.append(KeyItem(lambda ax, x, y: None, 0, f"as thick as its contacts, at most {thickest}"))
    return found


def _line(
    ax: Axes, x0: float, y0: float, x1: float, y1: float, color: str, weight: float, kind: str, k: float, name: str = ""
) -> None:
    dash = DASHES.get(kind)
    style = (0, tuple(part * k / weight for part in dash)) if dash else "-"
    rule(ax, [x0, x1], [y0, y1], color, weight, above=2, dash=style, name=name or None)


def _ring(
    ax: Axes,
    a: Around,
    sheet: Sheet,
    right: list[Place],
    left: list[Place],
    box: list[tuple[str, str]],
    height: float,
    thickest: int,
) -> None:
    k, room = sheet.scale, sheet.width - 2 * sheet.margin
    cx, cy = room / 2 if left else room * 0.34, height / 2
    wide = max(width(words, sheet.lane, "semibold") for words, _ in box) + 34 * k
    outer = room / 2 - LABEL * k - 8 * k
    inner = min(wide / 2 + 26 * k, outer)
    for side, places in ((1, right), (-1, left)):
        spare = (height - sum(p.height() for p in places)) / max(len(places), 1)
        top = 0.0
        for p in places:
            high = p.height() + spare
            y = top + high / 2
            top += high
            lean = math.sqrt(max(1 - (0.96 * (y - cy) / (height / 2)) ** 2, 0))
            x = cx + side * (inner * 0.72 + (outer - inner * 0.72) * lean)
            _spoke(ax, p, sheet, (x, y), (cx, cy), side, thickest)
    _middle(ax, box, sheet, cx, cy, wide)


def _spoke(
    ax: Axes, p: Place, sheet: Sheet, at: tuple[float, float], middle: tuple[float, float], side: int, thickest: int
) -> None:
    k, (x, y) = sheet.scale, at
    if p.near is not None:
        counted = p.near.contacts is not None
        color = SECOND_INK if p.near.line == RECORDS else NAVY if counted else INK
        each = min(THICKEST / max(thickest, 1), 1.4)
        weight = max(0.9, each * (p.near.contacts or 0)) * k if counted else 1.3 * k
        _line(ax, x, y, *middle, color, weight, p.near.line, k, name=f"line {p.near.name}")
        hollow = p.near.line != LATELY and p.near.line != around.STILL
        ax.plot(
            [x], [y], marker="o" if counted else "s", ms=(7 if counted else 6) * k, mfc="white" if hollow else color,
            mec=color, mew=1.2 * k, ls="", zorder=4, clip_on=False,
        )  # fmt: skip
    total = sum(size * 1.24 for _, size, _, _ in p.lines)
    line_y = y - total / 2
    for words, size, weight_of, color_of in p.lines:
        write(
            ax,
            x + side * 8 * k,
            line_y + size * 0.62,
            words,
            size,
            weight=weight_of,
            color=color_of,
            ha="left" if side > 0 else "right",
        )
        line_y += size * 1.24


def _middle(ax: Axes, box: list[tuple[str, str]], sheet: Sheet, cx: float, cy: float, wide: float) -> None:
    """The family's own box, in ink, over the ends of the lines: a filled dot for who is in it, a hollow one for who left."""
    k, step = sheet.scale, sheet.lane * 1.45
    high = len(box) * step + 12 * k
    ax.add_patch(
        FancyBboxPatch(
            (cx - wide / 2, cy - high / 2), wide, high, boxstyle=f"round,pad=0,rounding_size={8 * k}",
            fc="white", ec=INK, lw=1.6 * k, zorder=5, clip_on=False, gid="family",
        )
    )  # fmt: skip
    for i, (words, kind) in enumerate(box):
        y = cy - high / 2 + 6 * k + (i + 0.5) * step
        if kind in ("in", "out", "more"):
            x = cx - wide / 2 + 12 * k
            if kind != "more":
                _dot(ax, x, y, kind == "in", k)
            write(ax, x + 8 * k, y, words, sheet.lane, above=9)
        else:
            size = sheet.lane + (sheet.scale if kind == "semibold" else 0)
            write(ax, cx, y, words, size, weight=kind, ha="center", above=9)


def _dot(ax: Axes, x: float, y: float, is_in: bool, k: float) -> None:
    fill = INK if is_in else "white"
    ax.plot([x], [y], marker="o", ms=5.5 * k, mfc=fill, mec=INK, mew=1.1 * k, ls="", zorder=9, clip_on=False)
