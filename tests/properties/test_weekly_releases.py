"""Releases one after the other: a figure moves only by as many families as may be shown, and is never far from the truth.

The figure key, the anchors and the rounding are followed here by a second, obvious program.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from pathlib import Path

import pytest

from lib.disclose import Rule, protect
from lib.ledger import Figure, begin

RULE = Rule()


def released(weeks: int, figures: int, seed: int) -> list[dict[str, tuple[frozenset[str], int | str]]]:
    """Week by week: who is counted in each figure, and what is published. Families come and go one or two at a time."""
    chance = random.Random(seed)
    ledger, ids = begin(Path("unwritten")), iter(range(10**9))
    who = {f"f{n}": {str(next(ids)) for _ in range(chance.choice([0, 4, 9, 11, 30, 90]))} for n in range(figures)}
    told = []
    for week in range(weeks):
        on = dt.date(2026, 1, 5) + dt.timedelta(weeks=week)
        for families in who.values():
            for _ in range(chance.choice([0, 0, 1, 1, 2])):
                if families and chance.random() < 0.45:
                    families.remove(chance.choice(sorted(families)))
                else:
                    families.add(str(next(ids)))
        asked = [Figure("t", (name,), "d", "all", frozenset(families)) for name, families in sorted(who.items())]
        held = {cell: was for (_, cell), was in ledger.held(asked, RULE, on, 365).items()}
        shown = protect({f.cell: len(f.who) for f in asked}, (), RULE, held=held).shown
        ledger.record(f"w{week}", on, asked, {("t", f.cell): shown[f.cell] for f in asked}, [], RULE, 365)
        told.append({f.cell[0]: (f.who, shown[f.cell]) for f in asked})
    return told


def check(weeks: int, figures: int, seed: int) -> tuple[int, int]:
    """How often a figure changed by one family from week to week, and how often that was to be seen."""
    told = released(weeks, figures, seed)
    by_one = seen = 0
    for name in told[0]:
        anchor, was = told[0][name]
        for before, after in itertools.pairwise(told):
            families, shown = after[name]
            d = abs(len(families) - len(anchor))
            if d >= 10:
                anchor, was = families, ("c" if 0 < len(families) < 10 else 5 * ((len(families) + 2) // 5))
            assert shown == was, (name, d)
            if isinstance(shown, int):
                assert abs(shown - len(families)) <= 9 + 2
            if abs(len(families) - len(before[name][0])) == 1:
                by_one += 1
                seen += before[name][1] != shown
    return by_one, seen


def test_a_figure_moves_by_ten_families_or_stands():
    by_one, seen = check(30, 40, 1)
    assert by_one > 300 and seen <= by_one // 50


@pytest.mark.nightly
def test_a_year_of_weeks_and_four_hundred_figures():
    by_one, seen = check(52, 400, 7)
    assert by_one > 5_000 and seen <= by_one // 100
