"""The picture of a pattern: two lines of invented contacts in time, the window under each, and what fires."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing.examples import EXAMPLES, Example, Placed, met, seen
from journeys.drawing.marks import BAR, NAVY, ring, stamp, triangle
from journeys.patterns import Met
from lib.figures import Chart, Frame, KeyItem, Picture, Sheet, alt_text, open_picture, rule
from lib.lettering import SECOND_INK, sentence, width, write

SHEET = Sheet(576, 400, 28.8, 1.0, 14, 10.5, 9.5, 9, 9, 8)
LINE, STEP, GAP = 96, 11, 18
"""How high a line is, in points; how much higher a worse grade stands; how far apart the two lines are."""

NOTE = "Invented contacts, drawn to explain the rule; each line is put through the rule itself."
DAY_0 = "Day 0 is the first contact’s day."
LIMITS = "A trigger is a question to ask a family: no risk score, and no alert."


def draw(name: str, frame: bool) -> Axes:
    """One pattern's two lines, with its words round them."""
    example = EXAMPLES[name]
    lines = [("Fires", example.fires, example.why_it_fires), ("Does not fire", example.does_not, example.why_not)]
    found = [met(example, placed) for _, placed, _ in lines]
    note = " ".join([NOTE, *([DAY_0] if example.is_labelled else []), LIMITS])
    words = Frame(_finding(name, example, found), example.rule.rstrip("."), "INVENTED DATA", _key(example), [note])
    lift = STEP * max(kind.height for kind in example.kinds.values())
    height = 2 * (LINE + lift) + GAP
    chart, _ = open_picture(words, SHEET, height, left=SHEET.margin, right=SHEET.margin, shown=frame)
    last = max(max(example.window(placed)[1], *(day for day, _ in placed)) for _, placed, _ in lines)
    first = min(min(example.window(placed)[0], 0) for _, placed, _ in lines)
    room = SHEET.width - 2 * SHEET.margin
    point = (room - 60) / (last - first)
    for n, ((verdict, placed, why), one) in enumerate(zip(lines, found, strict=True)):
        _line(chart, example, placed, one, (verdict, why), n * (LINE + lift + GAP), lift, 24 - first * point, point)
    picture = chart.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.alt = _alt(name, example, found)
    picture.data = _table(example, found)
    return chart


def _line(
    ax: Chart,
    example: Example,
    placed: Sequence[Placed],
    one: Met | None,
    said: tuple[str, str],
    top: float,
    lift: float,
    zero: float,
    point: float,
) -> None:
    """A verdict with its reason, the contacts with their days, the window beneath, and the firing above."""
    verdict, why = said
    if one is not None:
        why = f"on {example.on(one.fired_on)}: {why}"
    write(ax, 0, top + 7, verdict, SHEET.lane, weight="semibold")
    write(ax, width(verdict, SHEET.lane, "semibold") + 6, top + 7, why, SHEET.lane, color=SECOND_INK)
    base = top + 48 + lift
    begins, ends = (zero + day * point for day in example.window(placed))
    ax.add_patch(Rectangle((begins - 5, base + 25), ends - begins + 10, 15, fc=BAR, ec=NAVY, lw=0.8, gid="window"))
    write(ax, (begins + ends) / 2, base + 32.5, example.window_word, SHEET.small, ha="center")
    rule(ax, [zero - 8, max(zero + placed[-1][0] * point, ends) + 8], [base, base], SECOND_INK, 0.6)
    evidence = {r.id for r in one.evidence} if one else set()
    for row, (day, kind) in zip(seen(placed), placed, strict=True):
        what = example.kinds[kind]
        x, y = zero + day * point, base - STEP * what.height
        if row.id in evidence:
            ring(ax, [x], [y], "evidence", 1.0)
        stamp(ax, [x], [y], what.nature, 1.0, above=7)
        if example.is_labelled:
            write(ax, x, y - 13, what.word, SHEET.small, ha="center")
            write(ax, x, base + 15, example.on(day), SHEET.small, ha="center", color=SECOND_INK)
    if one is not None:
        x = zero + one.fired_on * point
        on = [example.kinds[kind].height for day, kind in placed if day == one.fired_on]
        above = base - STEP * max(on, default=0) - (31 if on and example.is_labelled else 21)
        triangle(ax, x, above, "", 1.0, 1.0, hollow=False)
        if not on:
            rule(ax, [x, x], [above + 12, base + 40], SECOND_INK, 0.8, dash=(0, (2, 2)))
            write(ax, x, base + 49, example.on(one.fired_on), SHEET.small, ha="center", color=SECOND_INK)


def _key(example: Example) -> list[KeyItem]:
    def fires(ax: Axes, x: float, y: float) -> None:
        triangle(ax, x + 7, y - 6, "", 1.0, 1.0, hollow=False)

    def ringed(ax: Axes, x: float, y: float) -> None:
        ring(ax, [x + 7], [y], "evidence", 1.0)

    def window(ax: Axes, x: float, y: float) -> None:
        ax.add_patch(Rectangle((x + 1, y - 4.5), 16, 9, fc=BAR, ec=NAVY, lw=0.8))

    def mark(nature: str) -> KeyItem:
        words = ", ".join(dict.fromkeys(k.word for k in example.kinds.values() if k.nature == nature))
        return KeyItem(lambda ax, x, y: stamp(ax, [x + 5], [y], nature, 1.0), 10, words)

    natures = dict.fromkeys(kind.nature for kind in example.kinds.values())
    return [
        *map(mark, natures),
        KeyItem(fires, 14, "the rule fires"),
        KeyItem(ringed, 14, "ringed: its evidence"),
        KeyItem(window, 18, "its window"),
    ]


def _finding(name: str, example: Example, found: Sequence[Met | None]) -> str:
    fired = found[0]
    assert fired is not None and found[1] is None
    return f"{sentence(name)} fires on {example.on(fired.fired_on)}; {example.otherwise}"


def _days(example: Example, placed: Sequence[Placed]) -> str:
    if not example.is_labelled:
        counts = {k.word: sum(example.kinds[kind] is k for _, kind in placed) for k in example.kinds.values()}
        return ", ".join(f"{word} {n}" for word, n in counts.items())
    return ", ".join(f"{example.kinds[kind].word} {example.on(day)}" for day, kind in placed)


def _alt(name: str, example: Example, found: Sequence[Met | None]) -> str:
    fired = found[0]
    assert fired is not None
    return alt_text(
        f"The pattern {name}: {example.rule}",
        f"Fires on {example.on(fired.fired_on)}: {_days(example, example.fires)}.",
        f"Does not fire: {_days(example, example.does_not)}; {example.why_not}.",
        invented=True,
    )


def _table(example: Example, found: Sequence[Met | None]) -> pd.DataFrame:
    rows = []
    for placed, one in zip((example.fires, example.does_not), found, strict=True):
        evidence = {r.id for r in one.evidence} if one else set()
        for row, (day, kind) in zip(seen(placed), placed, strict=True):
            line = "fires" if one else "does not fire"
            rows.append((line, day, example.kinds[kind].word, row.id in evidence, one.fired_on if one else None))
    frame = pd.DataFrame(rows, columns=["line", "day", "contact", "is_evidence", "fired_on_day"])
    return frame.astype({"fired_on_day": "Int64"})
