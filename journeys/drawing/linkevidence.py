"""Why two records may be one person: the weight of each column, one after the other, to the sum of them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.drawing.limits import GRID, NAVY, QUIET, SMALL
from journeys.linkrules import COLUMNS
from lib.figures import Frame, KeyItem, Picture, alt_text, open_picture, rule
from lib.lettering import INK, SECOND_INK, shorten, write

AGAINST = "#801650"
NAMES, VALUES, ROW = 238.0, 46.0, 24.0
TITLES = {"same": "One person", "not": "Two people", "ask": "People are asked"}
BEFORE = "any two records"


@dataclass(frozen=True)
class _Bar:
    """One line: what is said, what it weighs, and the sum before and after it."""

    says: str
    weight: float
    before: float
    after: float


def draw(pair: pd.Series, model: dict[str, Any], level: str, shown: bool, invented: bool) -> Axes:
    """Draw the weights of one pair, framed or not, and return the Axes (points across and down)."""
    bars = _bars(pair)
    total, chance = float(pair["match_weight"]), float(pair["probability"])
    words = Frame(
        _finding(pair, bars),
        "What each column that both records hold weighs: each point doubles the odds that they are of one person",
        "INVENTED DATA" if invented else f"{level.upper()}",
        _key(),
        [
            f"n = {len(bars) - 1} columns compared of {len(COLUMNS)}. Rules {model['rules_version']}; {model['made_by']}.",
            f"Automatic from a probability of {model['thresholds']['same']:g}, asked of people from {model['thresholds']['ask']:g}; "
            f"here {_share(chance)}. Weights are added as if columns were independent; rules beside them see to households.",
            f"No value of either record is shown. Level: {level.upper()}, named readers only.",
        ],
    )
    height = ROW * (len(bars) + 1) + 34
    ax, _ = open_picture(words, SMALL, height, left=SMALL.margin, right=SMALL.margin, shown=shown)
    low = min(0.0, *(min(b.before, b.after) for b in bars), total)
    high = max(0.0, *(max(b.before, b.after) for b in bars), total)
    room = SMALL.width - 2 * SMALL.margin - NAMES - VALUES - 14

    def x(weight: float) -> float:
        return NAMES + 14 + (weight - low) / (high - low or 1.0) * room

    bottom = ROW * (len(bars) + 1) + 4
    rule(ax, [x(0), x(0)], [0, bottom], INK, 0.9, above=1)
    write(ax, x(0), bottom + 9, "even odds", 9, color=SECOND_INK, ha="center")
    for n, bar in enumerate(bars):
        _line(ax, bar, x, ROW * n + 12)
    _whole(ax, total, x, ROW * len(bars) + 12)
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data = pd.DataFrame(
        [(b.says, round(b.weight, 2), round(b.after, 2)) for b in bars], columns=["column", "weight", "sum_so_far"]
    )
    picture.alt = alt_text(
        f"Waterfall of match weights: {words.finding}.",
        f"{len(bars) - 1} columns; the sum is {_signed(total)}, a probability of {_share(chance)}.",
        f"Most for it: {_most(bars, 1)}. Most against it: {_most(bars, -1)}.",
        invented=invented,
    )
    return ax


def _bars(pair: pd.Series) -> list[_Bar]:
    """The lines: first the odds of any two records, then each column that says anything, in the order of the rules."""
    given = [(str(pair[c]), float(pair[f"{c}_weight"])) for c in COLUMNS if pair[c]]
    start = float(pair["match_weight"]) - sum(weight for _, weight in given)
    bars, so_far = [], 0.0
    for says, weight in [(BEFORE, start), *given]:
        bars.append(_Bar(says, weight, so_far, so_far + weight))
        so_far += weight
    return bars


def _finding(pair: pd.Series, bars: list[_Bar]) -> str:
    share = _share(float(pair["probability"]))
    if pair["outcome"] == "same":
        return f"One person: {pair['because']} ({share})"
    return f"{TITLES[str(pair['outcome'])]}: {pair['because']} (by weight alone {share})"


def _share(probability: float) -> str:
    if probability > 0.9999:
        return "over 99.99%"
    return f"{probability:.2%}" if probability >= 0.0001 else "under 0.01%"


def _line(ax: Axes, bar: _Bar, x: Any, y: float) -> None:
    left, right = sorted((x(bar.before), x(bar.after)))
    colour = QUIET if bar.says == BEFORE else NAVY if bar.weight >= 0 else AGAINST
    write(ax, NAMES, y, shorten(bar.says, NAMES, 10), 10, ha="right")
    ax.add_patch(Rectangle((left, y - 7), max(right - left, 0.8), 14, fc=colour, ec="none", zorder=2, gid="bar"))
    rule(ax, [x(bar.after), x(bar.after)], [y + 7, y + ROW - 7], GRID, 0.8, above=1)
    write(ax, SMALL.width - 2 * SMALL.margin, y, _signed(bar.weight), 10, ha="right")


def _whole(ax: Axes, total: float, x: Any, y: float) -> None:
    left, right = sorted((x(0), x(total)))
    write(ax, NAMES, y, "all together", 10, weight="semibold", ha="right")
    ax.add_patch(Rectangle((left, y - 7), max(right - left, 0.8), 14, fc="white", ec=INK, lw=1.4, zorder=2, gid="sum"))
    write(ax, SMALL.width - 2 * SMALL.margin, y, _signed(total), 10, weight="semibold", ha="right")


def _signed(weight: float) -> str:
    return f"{weight:+.1f}".replace("-", "−")


def _key() -> list[KeyItem]:
    def box(colour: str, edge: str = "none") -> Any:
        return lambda ax, x, y: ax.add_patch(Rectangle((x + 1, y - 5), 10, 10, fc=colour, ec=edge, lw=1.2))

    return [
        KeyItem(box(NAVY), 12, "speaks for one person"),
        KeyItem(box(AGAINST), 12, "speaks against"),
        KeyItem(box("white", INK), 12, "the sum"),
    ]


def _most(bars: list[_Bar], sign: int) -> str:
    some = [b for b in bars[1:] if b.weight * sign > 0]
    if not some:
        return "nothing"
    best = max(some, key=lambda b: abs(b.weight))
    return f"{best.says} ({_signed(best.weight)})"
