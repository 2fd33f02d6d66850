"""Why families asked, drawn: failure and value demand to one scale, what is unknown apart, and the kinds of both."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys import demandwords
from journeys.drawing import paretowords
from journeys.drawing.limits import NAVY, SMALL, tag
from journeys.drawing.paretowords import HEADS, MOST_KINDS, Asked, Kind
from lib.engine import Table
from lib.figures import Frame, Picture, open_picture, rule
from lib.lettering import INK, SECOND_INK, balance, shorten, width, wrap, write

LIGHT, HATCH, TALLY = "#6BACE6", "#8C8C8C", "#8FA3BC"
FILLS = {"failure": NAVY, "value": LIGHT}
ROOM = SMALL.width - 2 * SMALL.margin
STRIP, GAP, BARS, TOTALS, BOX = 18.8, 13.0, 198.0, 406.0, 24.0
WORDS, STEP, LINE, BAR, HEAD = 10.0, 17.3, 12.2, 12.4, 24.0
LONGEST = 178.0
"""The longest bar, in points, where the words after it leave room."""


def draw(rows: Table, level: str, shown: bool) -> Axes:
    """Draw why somebody asked, framed or not, and return its Axes (points across and down)."""
    asked = Asked(rows)
    blocks = {label: _pooled(kinds) for label, kinds in asked.kinds.items() if kinds}
    says = [] if asked.has_bars or asked.is_table else wrap(_in_words(asked), ROOM, 10.5)
    top = _strip_height(asked) if asked.has_bars else 0.0
    height = top + sum(HEAD + 5 + sum(_height(k) for k in some) for some in blocks.values()) if not says else 0.0
    height = height + (18 if asked.is_table else 0) if not says else len(says) * 15 + 8
    words = Frame(
        paretowords.finding(asked),
        paretowords.subtitle(asked),
        tag(asked.review, level),
        [],
        paretowords.footer(asked, level),
    )
    ax, _ = open_picture(words, SMALL, height, left=SMALL.margin, right=SMALL.margin, shown=shown)
    for n, line in enumerate(says):
        write(ax, 0, 9 + 15 * n, line, 10.5)
    y = top
    if asked.has_bars:
        _strip(ax, asked)
    elif asked.is_table:
        write(ax, 0, 7, f"Failure demand {demandwords.percent(asked.counts)}; {asked.counts.unknown:,} unknown", 9.5)
        y = 18.0
    for label, some in {} if says else blocks.items():
        y = _block(ax, label, some, asked, y, _scale(blocks) if asked.has_bars else None)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = paretowords.table(asked), paretowords.alt(asked)
    return ax


def _in_words(asked: Asked) -> str:
    n = asked.counts
    if not n.asked:
        return "There is nothing to draw."
    said = f"{n.failure:,} failure demand, {n.value:,} value demand, {n.unknown:,} unknown"
    few = "too few to draw" if n.asked < paretowords.LEAST_FOR_TABLE else "with no class there is nothing to draw"
    return f"{said}: {few}."


def _pooled(kinds: Sequence[Kind]) -> list[Kind]:
    """The commonest kinds; those past the ninth are one row, last whatever its size."""
    if len(kinds) <= MOST_KINDS:
        return list(kinds)
    rest = kinds[MOST_KINDS:]
    times = sum(kind.times for kind in rest)
    name = f"{len(rest)} other {'kind' if len(rest) == 1 else 'kinds'}, {times:,} {'time' if times == 1 else 'times'}"
    return [*kinds[:MOST_KINDS], Kind(name, False, times, "", kinds[-1].so_far)]


# The strip


def _parts(asked: Asked) -> tuple[float, list[tuple[str, int, str]]]:
    """Points per ask, and what stands in the strip: words, how many, which class."""
    n = asked.counts
    parts = [("Failure demand", n.failure, "failure"), ("Value demand", n.value, "value")]
    parts += [("Unknown", n.unknown, "unknown")] if n.unknown else []
    return (ROOM - (GAP if n.unknown else 0)) / n.asked, [part for part in parts if part[1]]


def _is_roomy(asked: Asked) -> bool:
    """Whether the words of the strip fit inside their own blocks."""
    point, parts = _parts(asked)
    return all(width(f"{words} {n:,}", 10.5, "bold") + 12 <= n * point for words, n, _ in parts)


def _strip_height(asked: Asked) -> float:
    return (4 if _is_roomy(asked) else 22) + STRIP + 8 + 30


def _strip(ax: Axes, asked: Asked) -> None:
    point, parts = _parts(asked)
    roomy = _is_roomy(asked)
    y, x, key = (4.0 if roomy else 22.0), 0.0, 0.0
    for words, n, label in parts:
        x = ROOM - n * point if label == "unknown" else x
        said, ink = f"{words} {n:,}", "white" if label == "failure" else INK
        _patch(ax, x, y, n * point, STRIP, label)
        if roomy and label == "unknown":
            write(ax, x + n * point / 2, y + STRIP / 2, said, 10, ha="center", ground="white")
        elif roomy:
            write(ax, x + 4, y + STRIP / 2, said, 10.5, weight="semibold", color=ink)
        else:
            _patch(ax, key, 2, 9, 9, label)
            write(ax, key + 13, 6.5, said, 10, weight="semibold")
            key += 13 + width(said, 10, "semibold") + 18
        x += n * point
    _whisker(ax, asked, point, y + STRIP + 8)


def _patch(ax: Axes, x: float, y: float, across: float, down: float, label: str) -> None:
    # A white edge stands between dark and light, so that the join is seen in grey as well.
    inset = 0.0 if label == "unknown" else 0.4
    ax.add_patch(
        Rectangle(
            (x + inset, y),
            max(across - 2 * inset, 0.4),
            down,
            fc=FILLS.get(label, "white"),
            ec=HATCH if label == "unknown" else NAVY,
            hatch="////" if label == "unknown" else None,
            lw=0.7,
            zorder=3,
            clip_on=False,
            gid=f"strip-{label}",
        )
    )


def _whisker(ax: Axes, asked: Asked, point: float, y: float) -> None:
    n = asked.counts
    low, at, high = (float(v) * asked.classed * point for v in (n.low, n.share, n.high))
    rule(ax, [low, high], [y, y], INK, 1.2, above=4, name="interval")
    for end in (low, high):
        rule(ax, [end, end], [y - 3.6, y + 3.6], INK, 1.2, above=4)
    ax.plot([at], [y], ls="none", marker="o", ms=6, mfc=INK, mec=INK, zorder=5, clip_on=False, gid="share")
    said = demandwords.percent(n)
    room = width(said, 9.5, "semibold")
    if high + 6 + room <= ROOM:
        write(ax, high + 6, y, said, 9.5, weight="semibold")
    elif low - 6 - room >= 0:
        write(ax, low - 6, y, said, 9.5, weight="semibold", ha="right")
    else:
        write(ax, min(max(at, room / 2), ROOM - room / 2), y + 13, said, 9.5, weight="semibold", ha="center")


# The blocks


def _lines(kind: Kind) -> list[str]:
    """The kind's words in two lines at most; the table holds the whole."""
    return balance(kind.said, BARS - 12, WORDS)


def _height(kind: Kind) -> float:
    return STEP + LINE * (len(_lines(kind)) - 1)


def _scale(blocks: dict[str, list[Kind]]) -> float:
    """Points per ask for the bars of both blocks: as long as the words after each leave room for."""
    most = max(kind.times for kinds in blocks.values() for kind in kinds)
    scale = LONGEST / most
    for label, kinds in blocks.items():
        end = TOTALS - 8 if label == "failure" else ROOM
        for kind in kinds:
            scale = min(scale, (end - BARS - 4 - _after(kind)) / kind.times)
    return scale


def _after(kind: Kind) -> float:
    word = width(f" {_word(kind)}", 9.5) if kind.word else 0
    return width(f"{kind.times:,}", WORDS, "bold") + word + 6


def _word(kind: Kind) -> str:
    return shorten(kind.word, 96, 9.5)


def _block(ax: Axes, label: str, kinds: list[Kind], asked: Asked, y: float, scale: float | None) -> float:
    """One class: its heading, a row per kind, and for failure the running total. Returns where it ends."""
    y += HEAD - 12
    color = NAVY if label == "failure" else INK
    write(ax, 0, y, HEADS[label], 10.5, weight="semibold", color=color)
    if label == "failure":
        write(ax, TOTALS, y, "running total", 9.5, color=SECOND_INK)
    rule(ax, [0, ROOM], [y + 9, y + 9], color, 0.8)
    y += 12
    for kind in kinds:
        lines, tall = _lines(kind), _height(kind)
        middle = y + tall / 2
        for n, line in enumerate(lines):
            write(ax, 0, middle + LINE * (n - (len(lines) - 1) / 2), line, WORDS)
        x = BARS
        if scale is not None:
            _bar(ax, label, middle, kind.times * scale)
            x += kind.times * scale + 4
        write(ax, x, middle, f"{kind.times:,}", WORDS, weight="bold")
        if kind.word:
            x += width(f"{kind.times:,}", WORDS, "bold") + 3
            write(ax, x, middle, _word(kind), 9.5, color=SECOND_INK)
        if label == "failure":
            _total(ax, kind, asked.counts.failure, middle, scale is not None)
        y += tall
    return y + 5


def _bar(ax: Axes, label: str, middle: float, across: float) -> None:
    ax.add_patch(
        Rectangle(
            (BARS, middle - BAR / 2),
            across,
            BAR,
            fc=FILLS[label],
            ec=NAVY,
            lw=0.7,
            zorder=3,
            gid=f"bar-{label}",
            clip_on=False,
        )
    )


def _total(ax: Axes, kind: Kind, failure: int, middle: float, has_box: bool) -> None:
    said = f"{kind.so_far:,} of {failure:,}"
    write(ax, TOTALS, middle, said, 9.5)
    if not has_box:
        return
    x, part = max(TOTALS + 39, TOTALS + width(said, 9.5) + 7), kind.so_far / failure
    ax.add_patch(Rectangle((x, middle - 3.5), BOX, 7, fc="white", ec=TALLY, lw=0.6, zorder=3))
    ax.add_patch(Rectangle((x, middle - 3.5), BOX * part, 7, fc=TALLY, ec="none", zorder=3, gid="tally"))
