"""No small count comes back: a reader who knows the rule works at random tables, by programme and by trying everything."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from lib.disclose import HIDDEN, Relation, Rule, protect
from lib.linked import ALL, crossed
from tests.properties.attacker import Attacker, tables_of_two_rows

SIZES = [0, 0, 1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 13, 17, 19, 25, 34, 41, 57, 80]


def table(seed: int, shape: tuple[int, ...]) -> dict[tuple[str, ...], int]:
    """A random table and all its margins, counted here and not by the kit."""
    chance = random.Random(seed)
    names = [[f"{'abc'[n]}{i}" for i in range(size)] for n, size in enumerate(shape)]
    inner = {cell: chance.choice(SIZES) for cell in itertools.product(*names)}
    cells: dict[tuple[str, ...], int] = {}
    for cell, true in inner.items():
        for key in itertools.product(*((name, ALL) for name in cell)):
            cells[key] = cells.get(key, 0) + true
    return cells


def rows_of(cells: dict[tuple[str, ...], int]) -> list[tuple[str, ...]]:
    inner = {cell: true for cell, true in cells.items() if ALL not in cell}
    return [(f"{'/'.join(cell)}{n}", *cell) for cell, true in inner.items() for n in range(true)]


def sums(cells: dict[tuple[str, ...], int]) -> list[Relation]:
    found = []
    for key in cells:
        for n, name in enumerate(key):
            if name == ALL:
                parts = [k for k in cells if k[n] != ALL and k[:n] == key[:n] and k[n + 1 :] == key[n + 1 :]]
                found.append(Relation(key, tuple(parts)))
    return found


def not_nought(cells: dict[tuple[str, ...], int], key: tuple[str, ...]) -> int:
    return sum(
        true > 0 and ALL not in cell and all(k in (ALL, c) for k, c in zip(key, cell, strict=True))
        for cell, true in cells.items()
    )


def attack(cells: dict[tuple[str, ...], int], shown: dict[tuple[str, ...], int | str], threshold: int = 10) -> int:
    """How many small counts were attacked, each in vain."""
    reader = Attacker(shown, threshold)
    tried = 0
    for key, true in cells.items():
        if key in shown and 0 < true < threshold:
            assert shown[key] == HIDDEN
            low, high = reader.range_of(key)
            assert low <= max(1, not_nought(cells, key)) + 1e-6, (key, true, low)
            assert high >= threshold - 1 - 1e-6, (key, true, high)
            tried += 1
    return tried


SHAPES = [(6,), (3, 3), (2, 5), (4, 4), (2, 3, 2), (3, 2, 3)]


def run(seeds: range, threshold: int = 10) -> tuple[int, int]:
    tried = extra = 0
    for seed in seeds:
        cells = table(seed, SHAPES[seed % len(SHAPES)])
        got = protect(cells, sums(cells), Rule(threshold))
        tried += attack(cells, dict(got.shown), threshold)
        extra += len(got.extra)
    return tried, extra


def test_no_small_count_is_narrowed_in_one_two_or_three_dimensions():
    tried, extra = run(range(36))
    assert tried > 120 and extra > 0


def test_a_higher_threshold_protects_up_to_itself():
    assert run(range(1000, 1012), 12)[0] > 20


@pytest.mark.nightly
def test_no_small_count_is_narrowed_in_two_thousand_tables():
    assert run(range(5000, 7000))[0] > 5000


def linked(seed: int) -> tuple[dict[tuple[str, ...], int], list[Relation]]:
    """Two tables over the same people, by area and class and by area and age, which share each area and the whole."""
    whole = table(seed, (3, 3, 2))
    cells = {key: true for key, true in whole.items() if key[1] == ALL or key[2] == ALL}
    return cells, [r for r in sums(whole) if {r.whole, *r.parts} <= set(cells)]


def test_two_tables_that_share_a_margin_do_not_tell_on_each_other():
    tried = 0
    for seed in range(30):
        cells, relations = linked(seed)
        tried += attack(cells, dict(protect(cells, relations).shown))
    assert tried > 25


def test_hidden_alone_each_of_two_linked_tables_would_be_safe_and_both_would_not():
    told = 0
    for seed in range(20):
        cells, relations = linked(seed)
        apart = {}
        for place in (1, 2):
            half = {k: v for k, v in cells.items() if k[place] == ALL}
            within = [r for r in relations if {r.whole, *r.parts} <= set(half)]
            for key, value in protect(half, within).shown.items():
                apart[key] = value if apart.get(key) != HIDDEN else HIDDEN
        try:
            attack(cells, apart)
        except AssertionError:
            told += 1
    assert told > 0, "the attacker finds nothing to tell apart: it is no test of the tables above"


def test_rounding_and_hiding_alone_are_found_out():
    told = 0
    for seed in range(60):
        cells = table(seed, (3, 3))
        shown = {key: HIDDEN if 0 < true < 10 else Rule().round(true) for key, true in cells.items()}
        try:
            attack(cells, shown)
        except AssertionError:
            told += 1
    assert told > 5


def test_every_value_from_one_to_nine_is_that_of_some_table_shown_the_same():
    tried = 0
    for seed in range(90):
        cells = table(seed + 70, (2, 3))
        shown = dict(protect(cells, sums(cells)).shown)
        inner = [cell for cell in sorted(cells) if ALL not in cell]
        small = [n for n, cell in enumerate(inner) if 0 < cells[cell] < 10]
        if not small or len([c for c in inner if shown[c] == HIDDEN]) > 3:
            continue
        seen: dict[int, set[int]] = {n: set() for n in small}
        for found in tables_of_two_rows(shown):
            for n in small:
                seen[n] |= set(np.unique(found[:, n]).tolist())
            if all(set(range(1, 10)) <= values for values in seen.values()):
                break
        assert all(set(range(1, 10)) <= values for values in seen.values())
        tried += len(small)
    assert tried > 15


def test_a_union_is_no_less_than_a_part_and_no_more_than_all_and_that_tells_nothing():
    tried = 0
    for seed in range(40):
        chance = random.Random(seed)
        people = [f"p{n}" for n in range(chance.choice([12, 20, 40]))]
        sets = {
            (f"s{n}",): frozenset(p for p in people if chance.random() < chance.choice([0.1, 0.4])) for n in range(3)
        }
        cells = sets | {(ALL,): frozenset().union(*sets.values())}
        counts = {key: len(who) for key, who in cells.items()}
        shown = protect(counts, [Relation((ALL,), tuple(sets), "union")]).shown
        ways = []
        for key in cells:
            value = shown[key]
            ways.append(
                list(range(1, 36))
                if value == HIDDEN
                else [n for n in range(46) if n not in range(1, 10) and 5 * ((n + 2) // 5) == value]
            )
        keys = list(cells)
        grid = np.stack(np.meshgrid(*ways, indexing="ij"), axis=-1).reshape(-1, len(keys))
        whole, parts = grid[:, keys.index((ALL,))], np.delete(grid, keys.index((ALL,)), axis=1)
        grid = grid[(whole >= parts.max(axis=1)) & (whole <= parts.sum(axis=1))]
        for n, key in enumerate(keys):
            if 0 < counts[key] < 10:
                assert set(range(1, 10)) <= set(grid[:, n].tolist()), (seed, key)
                tried += 1
    assert tried > 20


def test_those_who_did_not_are_as_safe_as_those_who_did():
    everybody, did, did_not = (ALL,), ("did",), ("did not",)
    for whole, part in itertools.product((20, 58, 61, 128, 131), range(1, 10)):
        counts = {everybody: whole, did: whole - part, did_not: part}
        shown = protect(counts, [Relation(everybody, (did, did_not))], unseen={did_not}).shown
        assert did_not not in shown
        if HIDDEN in shown.values():
            continue
        most, least = Rule().reach(shown[everybody]), Rule().reach(shown[did])
        assert most[1] - least[0] >= 9 and most[0] - least[1] <= 1


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_rows_and_new_names_in_the_same_order_change_nothing(seed):
    cells = table(seed, (3, 4))
    rows = rows_of(cells)
    counted, relations = crossed(rows)
    first = protect({k: len(v) for k, v in counted.items()}, relations).shown
    random.Random(seed).shuffle(rows)
    again, related = crossed(rows)
    assert protect({k: len(v) for k, v in again.items()}, reversed(related)).shown == first
    names = {name: f"{name}x" for key in counted for name in key if name != ALL} | {ALL: ALL}
    renamed, named = crossed([(unit, *(names[c] for c in rest)) for unit, *rest in rows])
    shown = protect({k: len(v) for k, v in renamed.items()}, named).shown
    assert {tuple(names[c] for c in key): value for key, value in first.items()} == shown
