"""A reader who wants to know: what can be worked out from a table, with a constraint builder of its own.

Unknowns are the inner cells alone; every total is written out as their sum. Nothing of the kit is used but what it shows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np
from scipy.optimize import linprog

Cell = tuple[str, ...]
TOTAL = "all"


def known_of(shown: int | str, threshold: int, base: int) -> tuple[float, float]:
    """What one who knows the rule knows of a cell: at least and at most."""
    if shown == "c":
        return 1, math.inf
    if shown == 0:
        return 0, 0
    fits = [n for n in range(threshold, int(shown) + base) if base * math.floor(n / base + 0.5) == shown]
    return fits[0], fits[-1]


class Attacker:
    """`shown`: each cell of one table, or of several that share a shape, `all` standing for a margin."""

    def __init__(self, shown: Mapping[Cell, int | str], threshold: int = 10, base: int = 5) -> None:
        width = len(next(iter(shown)))
        names = [sorted({cell[n] for cell in shown} - {TOTAL}) for n in range(width)]
        self.inner = list(itertools.product(*names))
        self.rows, self.low, self.high = [], [], []
        for cell, value in shown.items():
            low, high = known_of(value, threshold, base)
            self.rows.append(self.of(cell))
            self.low.append(low)
            self.high.append(high)

    def of(self, cell: Cell) -> list[float]:
        return [float(all(c in (TOTAL, n) for c, n in zip(cell, inner, strict=True))) for inner in self.inner]

    def range_of(self, cell: Cell) -> tuple[float, float]:
        """The least and the most that a cell may be, in numbers that need not be whole."""
        lines = np.array(self.rows)
        capped = [n for n, high in enumerate(self.high) if math.isfinite(high)]
        above = np.vstack([lines[capped], -lines])
        limits = np.concatenate([np.array(self.high)[capped], -np.array(self.low)])
        ends = []
        for sign in (1, -1):
            found = linprog(sign * np.array(self.of(cell)), A_ub=above, b_ub=limits, bounds=(0, None), method="highs")
            ends.append(sign * found.fun if found.status == 0 else math.inf)
        return ends[0], ends[1]


def tables_of_two_rows(shown: Mapping[Cell, int | str], most: int = 130) -> Iterator[np.ndarray]:
    """Every table of whole numbers, of two rows, that would be shown so; hidden cells up to `most`."""
    rows = sorted({r for r, _ in shown} - {TOTAL})
    columns = sorted({c for _, c in shown} - {TOTAL})

    def span(cell: Cell) -> range:
        low, high = known_of(shown[cell], 10, 5)
        return range(int(low), int(high if math.isfinite(high) else most) + 1)

    def fits(numbers: np.ndarray, cell: Cell) -> np.ndarray:
        low, high = known_of(shown[cell], 10, 5)
        return (numbers >= low) & (numbers <= high)

    lines = []
    for row in rows:
        grid = np.array([*itertools.product(*(span((row, c)) for c in columns))]).reshape(-1, len(columns))
        lines.append(grid[fits(grid.sum(axis=1), (row, TOTAL))])
    for first in lines[0]:
        both = lines[1] + first
        good = fits(both.sum(axis=1), (TOTAL, TOTAL))
        for n, column in enumerate(columns):
            good &= fits(both[:, n], (TOTAL, column))
        if good.any():
            some = lines[1][good]
            yield np.concatenate([np.broadcast_to(first, some.shape), some], axis=1)
