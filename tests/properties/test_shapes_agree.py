"""Spread, sequence, rate, escalate, rise, first and combine against every world that the records allow."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from journeys import patterns
from journeys.patterns import Cover, Met, Seen, Within
from journeys.patterns.rates import KEPT, MISSED
from lib.dates import school_year
from tests.properties import oracle, shapes
from tests.properties.test_patterns_agree import FIRST, a_window, contacts, plain

CASES = 300
SEEDS = pytest.mark.parametrize("seed", range(5))
WIDE = (FIRST - 999, FIRST + 999)
MONTH_ENDS = shapes.month_ends(FIRST, FIRST + 40)


def valued(rng: Random, rows: list[Seen], values: tuple[str | None, ...]) -> list[Seen]:
    return [r._replace(value=rng.choice(values)) for r in rows]


def pairs(met: list[Met]) -> list[oracle.Fired]:
    """As `plain`, with the first before the then."""
    return sorted(
        (oracle.Fired(m.fired_on, tuple(r.id for r in m.evidence), m.certain) for m in met),
        key=lambda f: (f.on, f.evidence),
    )


def tell(told: Counter, found: list[oracle.Fired]) -> None:
    told.update("certain" if f.certain else "possible" for f in found)
    told["none"] += not found


def met_often(told: Counter, least: int = 15) -> None:
    assert min(told["certain"], told["possible"], told["none"]) > least, told


@SEEDS
def test_spread(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(3 * CASES):
        within, last = a_window(rng)
        rows = valued(rng, contacts(rng, "x", 9, 3, rng.choice((6, 20, 40))), ("a", "a", "b", "c", "d", None))
        times = rng.choice((1, 2, 3, 3, 4))
        found = plain(patterns.spread(rows, times, within))
        assert found == oracle.spread(rows, times, last), (rows, times, within)
        tell(told, found)
        used = [i for f in found for i in f.evidence]
        assert len(used) == len(set(used)), "no contact is evidence twice"
    met_often(told)


@SEEDS
def test_sequence(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(CASES):
        within, last = a_window(rng)
        reach = rng.choice((2, 6, 15))
        firsts, thens = contacts(rng, "a", 3, 1, reach), contacts(rng, "b", 3, 1, reach)
        between = contacts(rng, "c", 2, 1, reach)
        kind = rng.random()
        if kind < 0.2:
            thens = list(firsts)
        elif kind < 0.4:
            thens = thens + rng.sample(firsts, min(1, len(firsts)))
        elif kind < 0.5:
            between = between + rng.sample(firsts, min(1, len(firsts)))
        found = pairs(patterns.sequence(firsts, thens, between, within))
        assert found == shapes.sequence(firsts, thens, between, last), (firsts, thens, between, within)
        tell(told, found)
    met_often(told)


def a_register(rng: Random) -> list[Seen]:
    """A pupil's marks of a hundred days from late summer on: few are missed, and some are known to a span."""
    start = oracle.number(rng.choice((dt.date(2024, 8, 20), dt.date(2024, 9, 2), dt.date(2024, 9, 25))))
    rows = []
    for n in range(rng.randint(0, rng.choice((6, 12, 25)))):
        day = start + rng.randrange(100)
        value = MISSED if rng.random() < 0.25 else KEPT
        rows.append(Seen(f"m{n:02}", day, rng.choice((None, 9 * 3600)), day, day, day, value))
    for n in range(min(len(rows), rng.choice((0, 1, 2)))):
        end = rows[n].earliest + rng.choice((1, 12, 28))
        rows[n] = rows[n]._replace(day=None, second=None, latest=end, known=end, value=rng.choice((MISSED, KEPT)))
    return rows


@SEEDS
def test_rate(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(CASES):
        rows, percent = a_register(rng), rng.choice((10, 20, 25, 40))
        covers = [
            (FIRST - rng.choice((500, 500, 80, 90, 110)), FIRST + rng.choice((-60, -20, 0, 400)))
            for _ in range(rng.choice((0, 1, 2)))
        ]
        as_at = FIRST + rng.choice((-50, -16, 0, 300))
        met = patterns.rate(rows, percent, school_year, [Cover(*c) for c in covers], as_at)
        expected = shapes.rate(rows, percent, shapes.september, covers, as_at)
        assert plain(met) == expected, (rows, percent, covers, as_at)
        tell(told, expected)
        told["twice"] += len(expected) > 1
    met_often(told, 5)
    assert told["twice"] > 5


@SEEDS
def test_escalate(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(CASES):
        within, last = a_window(rng)
        rows = valued(rng, contacts(rng, "x", 7, 2, rng.choice((3, 12, 30))), ("1", "1", "2", "2", "3", None))
        times = rng.choice((1, 2, 2, 3))
        found = plain(patterns.escalate(rows, times, within))
        assert found == shapes.escalate(rows, times, last), (rows, times, within)
        tell(told, found)
    met_often(told)


@SEEDS
def test_rise(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(CASES):
        days, times = rng.choice((0, 2, 5, 9)), rng.choice((1, 2, 3))
        rows = contacts(rng, "x", 8, 2, rng.choice((8, 20, 40)))
        covers = [(FIRST - rng.choice((0, 5, 99)), FIRST + 99) for _ in range(rng.choice((0, 1, 1, 2)))]
        found = plain(patterns.rise(rows, times, Within(days=days), [Cover(*c) for c in covers]))
        assert found == shapes.rise(rows, times, days, covers), (rows, times, days, covers)
        tell(told, found)
    met_often(told)


@SEEDS
def test_first(seed: int) -> None:
    rng, told, ever = Random(seed), Counter(), Counter()
    for _ in range(CASES):
        rows, gap = contacts(rng, "x", 6, 2, rng.choice((4, 20, 40))), rng.choice((1, 3, 10, 20))
        covers = [(FIRST - rng.choice((0, 5, 99)), FIRST + 99) for _ in range(rng.choice((0, 1, 1, 2)))]
        found = plain(patterns.first(rows, gap, [Cover(*c) for c in covers]))
        assert found == shapes.first_after(rows, gap, covers), (rows, gap, covers)
        tell(told, found)
        once = plain(patterns.first(rows, None, []))
        assert once == shapes.first_ever(rows), rows
        ever[len(once), len(once[0].evidence) > 1 if once else False] += 1
    met_often(told)
    assert min(ever[0, False], ever[1, False], ever[1, True]) > 5


@SEEDS
def test_combine(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(CASES):
        within, last = a_window(rng)
        times, reach = rng.choice((1, 2, 2, 3)), rng.choice((4, 15, 30))
        met, fired = [], []
        for n in range(rng.randint(0, 8)):
            name, day, certain = rng.choice("pqr"), FIRST + rng.randrange(reach), rng.random() < 0.6
            evidence = [Seen(f"{n}{letter}", day, None, day, day, day) for letter in "ab"[: rng.randint(1, 2)]]
            met.append((name, Met(day, tuple(evidence), certain)))
            fired.append((name, oracle.Fired(day, tuple(r.id for r in evidence), certain)))
        rng.shuffle(met)
        found = plain(patterns.combine(met, times, within))
        assert found == shapes.combine(fired, times, last), (met, times, within)
        tell(told, found)
    met_often(told)


# What fires in no world fires not at all; what is certain fires in every world


def spreads(world: shapes.World, last: shapes.Last) -> bool:
    return oracle.met_by(world, 2, last, oracle.how_many_values)


def goes_between(world: shapes.World, last: shapes.Last) -> bool:
    ids = [row.id for _, row in world]
    return any(
        a < b and not any(i.startswith("c") for i in ids[a:b]) and world[b][0] <= last(world[a][0])
        for a, b in itertools.product(range(len(ids)), repeat=2)
        if ids[a].startswith("a") and ids[b].startswith("b")
    )


def climbs(world: shapes.World, last: shapes.Last) -> bool:
    return any(
        a.value < b.value < c.value and until <= last(since)
        for (since, a), (_, b), (until, c) in itertools.combinations(world, 3)
    )


def rises(world: shapes.World, last: shapes.Last) -> bool:
    days = last(0)
    for today, _ in world:
        now = sum(shapes.in_window(day, today, days) for day, _ in world)
        if now >= max(2, 2 * sum(shapes.in_window_before(day, today, days) for day, _ in world)):
            return True
    return False


def begins_again(world: shapes.World, last: shapes.Last) -> bool:
    """Whether any but the first comes more than a window's days after the one before it."""
    return any(b > last(a) for (a, _), (b, _) in itertools.pairwise(world))


def is_over_the_line(world: shapes.World, last: shapes.Last) -> bool:
    return any(shapes.is_over(world, on, 50, shapes.september) for on in MONTH_ENDS)


FOUND: dict[str, tuple[Callable[..., bool], Callable[[list[Seen], Within], list[Met]]]] = {
    "spread": (spreads, lambda rows, within: patterns.spread(rows, 2, within)),
    "sequence": (
        goes_between,
        lambda rows, within: patterns.sequence(*([r for r in rows if r.id[0] == kind] for kind in "abc"), within),
    ),
    "escalate": (climbs, lambda rows, within: patterns.escalate(rows, 3, within)),
    "rise": (rises, lambda rows, within: patterns.rise(rows, 2, within, [Cover(*WIDE)])),
    "first": (
        begins_again,
        lambda rows, within: patterns.first(rows, within.days, [Cover(min(r.latest for r in rows), WIDE[1])]),
    ),
    "rate": (is_over_the_line, lambda rows, within: patterns.rate(rows, 50, school_year, [], WIDE[1])),
}
VALUES: dict[str, tuple[Any, ...]] = {"escalate": ("1", "2", "3"), "rate": (MISSED, KEPT, KEPT)}


@pytest.mark.parametrize("pattern", FOUND)
def test_it_fires_where_some_world_does_and_certainly_only_where_every_world_does(pattern: str) -> None:
    rng, told = Random(pattern), Counter()
    in_world, found_by = FOUND[pattern]
    for _ in range(400):
        days = rng.choice((1, 3, 7, 12))
        reach = rng.choice((4, 12, 25))
        rows = [r for kind in "abc" for r in contacts(rng, kind, 3, 1, reach)][:7]
        if pattern == "rate":
            rows = [r if r.exact else r._replace(earliest=r.earliest + 8, latest=r.latest + 12) for r in rows]
        rows = valued(rng, rows, VALUES.get(pattern, ("p", "q")))
        if not rows:
            continue
        in_worlds = {in_world(world, oracle.days_on(days)) for world in shapes.worlds(rows)}
        found = found_by(rows, Within(days=days))
        if pattern == "first":
            # The records begin with the first that had surely happened, so that it alone has nothing before it.
            assert True in in_worlds or not found, (rows, days)
            assert in_worlds == {True} or not any(m.certain for m in found), (rows, days)
        else:
            assert bool(found) == (True in in_worlds), (rows, days)
            assert in_worlds == {True} or not any(m.certain for m in found), (rows, days)
        told[shapes.judged(in_worlds), bool(found) and found[0].certain] += 1
    assert min(sum(n for (held, _), n in told.items() if held == word) for word in ("certain", "possible", "no")) > 10
    assert sum(n for (_, certain), n in told.items() if certain) > 10


@SEEDS
def test_the_order_of_rows_is_nothing_to_a_pattern(seed: int) -> None:
    rng = Random(seed)
    for _ in range(60):
        within, _ = a_window(rng)
        rows, others, more = (contacts(rng, kind, 7, 2, 25) for kind in "abc")
        rows, marks = valued(rng, rows, ("1", "2", "3", None)), a_register(rng)
        firings = [(rng.choice("pqr"), m) for m in patterns.repeat(others, 1, within)]
        before = every_pattern(rows, others, more, marks, firings, within)
        for some in (rows, others, more, marks, firings):
            rng.shuffle(some)
        assert before == every_pattern(rows, others, more, marks, firings, within)


def every_pattern(
    rows: list[Seen],
    others: list[Seen],
    more: list[Seen],
    marks: list[Seen],
    firings: list[tuple[str, Met]],
    within: Within,
) -> list[list[Met]]:
    covers = [Cover(*WIDE)]
    return [
        patterns.spread(rows, 2, within),
        patterns.sequence(rows, others, more, within),
        patterns.rate(marks, 20, school_year, covers, FIRST + 99),
        patterns.escalate(rows, 2, within),
        patterns.rise(rows, 2, Within(days=5), covers),
        patterns.first(rows, None, covers),
        patterns.first(rows, 5, covers),
        patterns.combine(firings, 2, within),
    ]
