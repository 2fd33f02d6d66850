"""Repeat, follow and silence against every day and every order that the records allow, on thousands of small cases."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from journeys import patterns
from journeys.patterns import Cover, Met, Seen, Within
from tests.properties import oracle

FIRST = oracle.number(oracle.dt.date(2024, 12, 16))
"""A Monday before Christmas, so that working days meet bank holidays."""

CASES = 5000


def a_window(rng: Random) -> tuple[Within, object]:
    kind = rng.random()
    if kind < 0.6:
        days = rng.choice((0, 1, 3, 7, 10, 14))
        return Within(days=days), oracle.days_on(days)
    if kind < 0.8:
        return Within(months=1), oracle.months_on(1)
    days = rng.choice((1, 2, 5))
    return Within(working_days=days), oracle.working_days_on(days)


def a_contact(rng: Random, name: str, reach: int, vague: float) -> Seen:
    first = FIRST + rng.randrange(reach)
    if rng.random() < vague:
        last = first + rng.choice((0, 1, 2, 4, 6))
        return Seen(name, None, None, first, last, last)
    second = rng.choice((None, None, 9 * 3600, 9 * 3600, 15 * 3600))
    return Seen(name, first, second, first, first, first)


def contacts(rng: Random, letter: str, most: int, most_vague: int, reach: int) -> list[Seen]:
    """A few contacts, of which so many at most are imprecise, so that every way may be gone through."""
    rows = [a_contact(rng, f"{letter}{n}", reach, 0.0) for n in range(rng.randint(0, most))]
    for n in rng.sample(range(len(rows)), min(len(rows), rng.randint(0, most_vague))):
        rows[n] = a_contact(rng, f"{letter}{n}", reach, 1.0)
    rng.shuffle(rows)
    return rows


def plain(met: list[Met]) -> list[oracle.Fired]:
    fired = [oracle.Fired(m.fired_on, tuple(sorted(r.id for r in m.evidence)), m.certain) for m in met]
    return sorted(fired, key=lambda f: (f.on, f.evidence))


@pytest.mark.parametrize("seed", range(5))
def test_repeat(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(CASES // 5):
        within, last = a_window(rng)
        times, rows = rng.choice((1, 2, 3, 3, 4)), contacts(rng, "x", 9, 3, rng.choice((6, 20, 40)))
        found, expected = plain(patterns.repeat(rows, times, within)), oracle.repeat(rows, times, last)
        assert found == expected, (rows, times, within)
        told.update("certain" if f.certain else "possible" for f in found)
        used = [i for f in found for i in f.evidence]
        assert len(used) == len(set(used)), "no contact is evidence twice"
    assert told["certain"] > 100
    assert told["possible"] > 20


@pytest.mark.parametrize("seed", range(3))
def test_repeat_with_one_imprecise_contact_fires_where_some_day_of_it_would(seed: int) -> None:
    """The definition itself: the one contact is put on each of its days in turn, and the rule tried on dated ones alone."""
    rng, told = Random(100 + seed), Counter()
    for _ in range(400):
        within, last = a_window(rng)
        times = rng.choice((2, 3))
        dated = contacts(rng, "x", 5, 0, 25)
        if oracle.repeat(dated, times, last):
            continue
        first = FIRST + rng.randrange(20)
        vague = Seen("m", None, None, first, first + rng.choice((0, 3, 9, 20)), first)
        placed = [oracle.repeat([*dated, Seen("m", d, None, d, d, d)], times, last) for d in oracle.span(vague)]
        found = patterns.repeat([*dated, vague], times, within)
        assert bool(found) == any(placed), (dated, vague, times, within)
        if found and found[0].certain:
            assert all(placed), (dated, vague, times, within)
        told[bool(found), bool(found) and found[0].certain] += 1
    assert min(told[True, True], told[True, False], told[False, False]) > 10


@pytest.mark.parametrize("seed", range(5))
def test_follow(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(CASES // 5):
        within, last = a_window(rng)
        reach = rng.choice((3, 12, 40))
        firsts, thens = contacts(rng, "a", 5, 2, reach), contacts(rng, "b", 5, 2, reach)
        kind = rng.random()
        if kind < 0.4:
            thens = list(firsts)
        elif kind < 0.6:
            thens = thens + rng.sample(firsts, min(2, len(firsts)))
        found = sorted(
            (m.fired_on, tuple(r.id for r in m.evidence), m.certain) for m in patterns.follow(firsts, thens, within)
        )
        expected = sorted((f.on, f.evidence, f.certain) for f in oracle.follow(firsts, thens, last))
        assert found == expected, (firsts, thens, within)
        told.update(certain for _, _, certain in found)
    assert min(told[True], told[False]) > 50


@pytest.mark.parametrize("seed", range(5))
def test_silence(seed: int) -> None:
    rng, told = Random(seed), Counter()
    for _ in range(CASES // 5):
        within, last = a_window(rng)
        reach = rng.choice((3, 15, 30))
        rows, answers = contacts(rng, "a", 4, 1, reach), contacts(rng, "c", 4, 2, reach + 8)
        covers = [
            (FIRST - 5 + rng.choice((0, 0, 0, 8)), FIRST + rng.choice((20, 40, 80)))
            for _ in range(rng.choice((1, 1, 2)))
        ]
        as_at = FIRST + rng.choice((18, 35, 90))
        met, waiting = patterns.silence(rows, answers, within, [Cover(*c) for c in covers], as_at)
        fired, open_ones = oracle.silence(rows, answers, last, covers, as_at)
        assert plain(met) == fired, (rows, answers, within, covers, as_at)
        assert sorted((w.due_on, tuple(sorted(r.id for r in w.evidence))) for w in waiting) == open_ones
        told.update(f.certain for f in fired)
        told["open"] += len(open_ones)
    assert min(told[True], told[False], told["open"]) > 20


def test_a_month_of_days_is_gone_through_as_well() -> None:
    """Whole months, three at once, are too many ways for the kit to try: what it then says must still be true."""
    rng = Random(9)
    for _ in range(60):
        start = FIRST + rng.randrange(5)
        rows = [Seen(f"m{n}", None, None, start, start + 30, start + 30) for n in range(rng.choice((2, 3, 4)))]
        rows += [Seen(f"d{n}", start + k, None, start + k, start + k, start + k) for n, k in enumerate((0, 30))]
        days = rng.choice((15, 28, 30, 60))
        for met in patterns.repeat(rows, 3, Within(days=days)):
            worst = all(
                oracle.met_by(zip(way, met.evidence, strict=True), 3, oracle.days_on(days))
                for way in oracle.itertools.product(
                    *([r.earliest, (r.earliest + r.latest) // 2, r.latest] for r in met.evidence)
                )
            )
            assert worst or not met.certain


@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_rows_is_nothing_to_a_pattern(seed: int) -> None:
    rng = Random(seed)
    for _ in range(200):
        within, _ = a_window(rng)
        rows, others = contacts(rng, "a", 8, 3, 25), contacts(rng, "c", 6, 2, 25)
        before = patterns.repeat(rows, 3, within), patterns.follow(rows, others, within)
        silent = patterns.silence(rows, others, within, [Cover(0, FIRST + 99)], FIRST + 99)
        rng.shuffle(rows), rng.shuffle(others)
        assert before == (patterns.repeat(rows, 3, within), patterns.follow(rows, others, within))
        assert silent == patterns.silence(rows, others, within, [Cover(0, FIRST + 99)], FIRST + 99)


def test_windows_of_the_calendar() -> None:
    for start in range(oracle.number(oracle.dt.date(2023, 12, 1)), oracle.number(oracle.dt.date(2025, 6, 1))):
        for n in (1, 6, 12):
            assert Within(months=n).last(start) == oracle.months_on(n)(start)
        assert Within(working_days=10).last(start) == oracle.working_days_on(10)(start)
