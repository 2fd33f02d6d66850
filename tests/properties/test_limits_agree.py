"""Natural process limits against a slow second way of reckoning them, and what must hold of any series."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.xmr import xmr

WHOLE = st.lists(st.integers(0, 60), min_size=6, max_size=40)


def slow(values, exclude, preset):
    """Limits and signals, looked for at every place by itself, in plain floats with whole numbers under them."""

    def ranges(series):
        return [abs(series[i] - series[i - 1]) for i in range(1, len(series)) if None not in (series[i], series[i - 1])]

    kept = [v for v in values if v is not None]
    moved = ranges(values)
    if len(kept) < 6 or not moved:
        return None, set()
    centre, typical = sum(kept) / len(kept), sum(moved) / len(moved)
    if exclude == "screened":
        moved = [r for r in moved if r <= 3.267 * typical]
        typical = sum(moved) / len(moved)
    if exclude == "capchart":
        fair = [v for v in values if v is None or abs(v - centre) <= 2.66 * typical]
        kept, moved = [v for v in fair if v is not None], ranges(fair)
        centre, typical = sum(kept) / len(kept), sum(moved) / len(moved)
    reach = 2.66 * typical
    run, some, of, share, trend = {"wheeler": (8, 3, 4, 1 / 2, None), "nhs": (7, 2, 3, 2 / 3, 7)}[preset]
    # Which places stand in any signal of a kind: asked of every window of every length.
    said = set()
    for side in (1, -1):
        off = [None if v is None else (v - centre) * side for v in values]
        for a in range(len(values)):
            if off[a] is not None and off[a] > reach:
                said.add(("outside", side, a))
            if a + run <= len(values) and all(o is not None and o > 0 for o in off[a : a + run]):
                said |= {("run", side, i) for i in range(a, a + run)}
            for b in range(a + 1, min(a + of, len(values)) + 1):
                inside = off[a:b]
                if None in inside:
                    continue
                far = [o > reach * share for o in inside]
                if far[0] and far[-1] and sum(far) >= some:
                    said |= {("far", side, i) for i in range(a, b)}
            if trend and a + trend <= len(values):
                some_values = values[a : a + trend]
                if None not in some_values and all((y - x) * side > 0 for x, y in itertools.pairwise(some_values)):
                    said |= {("trend", side, i) for i in range(a, a + trend)}
    return (centre - reach, centre, centre + reach), said


def places(chart):
    return {(s.rule, s.side, i) for s in chart.signals for i in range(s.first, s.index + 1)}


def near_a_line(values, limits):
    """Whether a value lies on a line: floats cannot say which side of it, and the slow way uses floats."""
    _low, centre, high = limits
    lines = [centre + (high - centre) * share for share in (-1, -2 / 3, -1 / 2, 0, 1 / 2, 2 / 3, 1)]
    return any(v is not None and abs(v - line) < 1e-9 for v in values for line in lines)


@pytest.mark.parametrize("exclude", ["none", "screened", "capchart"])
@pytest.mark.parametrize("preset", ["wheeler", "nhs"])
def test_limits_and_signals_are_those_of_the_slow_way(exclude, preset):
    rng, told, met = Random(7), 0, set()
    for _ in range(700):
        level = [rng.choice((20, 20, 20, 45))] * rng.randint(1, 20) + [20] * rng.randint(1, 20)
        values = [None if rng.random() < 0.04 else max(0, round(rng.gauss(at, 8))) for at in level]
        chart = xmr(values, exclude=exclude, signals=preset)
        limits, said = slow(values, exclude, preset)
        segment = chart.segments[0]
        if limits is None:
            assert segment.status == "too few"
            assert segment.lower is None
            assert not chart.signals
            continue
        assert (segment.lower, segment.centre, segment.upper) == pytest.approx(limits), values
        if not near_a_line(values, limits):
            assert places(chart) == said, values
            told += 1
            met |= {rule for rule, *_ in said}
    assert told > 400
    assert met == {"outside", "run", "far"} | ({"trend"} if preset == "nhs" else set())


@settings(max_examples=150, deadline=None)
@given(WHOLE, st.integers(-50, 50), st.sampled_from([0.5, 2, 3]), st.sampled_from(["none", "screened", "capchart"]))
def test_shifting_and_stretching_values_shifts_and_stretches_limits_and_changes_no_signal(values, by, times, exclude):
    before = xmr(values, exclude=exclude)
    after = xmr([v * times + by for v in values], exclude=exclude)
    one, other = before.segments[0], after.segments[0]
    for name in ("lower", "centre", "upper"):
        assert getattr(other, name) == pytest.approx(getattr(one, name) * times + by)
    assert other.range_upper == pytest.approx(one.range_upper * times)
    assert after.signals == before.signals


@settings(max_examples=150, deadline=None)
@given(WHOLE)
def test_upside_down_the_signals_are_the_same_on_the_other_side(values):
    up, down = xmr(values, signals="nhs"), xmr([-v for v in values], signals="nhs")
    assert {(s.rule, s.first, s.index, s.side) for s in up.signals} == {
        (s.rule, s.first, s.index, -s.side) for s in down.signals
    }


@settings(max_examples=100, deadline=None)
@given(WHOLE, WHOLE)
def test_each_part_of_a_split_is_as_if_alone(first, second):
    both = xmr([*first, *second], split_at={len(first): "a trial begins"}, signals="nhs")
    for segment, alone, at in zip(both.segments, (first, second), (0, len(first)), strict=True):
        chart = xmr(alone, signals="nhs")
        own = chart.segments[0]
        assert (segment.lower, segment.centre, segment.upper) == (own.lower, own.centre, own.upper)
        assert both.ranges[at : at + len(alone)] == chart.ranges
        found = {
            (s.rule, s.side, s.first - at, s.index - at)
            for s in both.signals
            if segment.first <= s.first < segment.stop
        }
        assert found == {(s.rule, s.side, s.first, s.index) for s in chart.signals}


def test_order_is_the_evidence():
    calm, wild = [1, 1, 1, 9, 9, 9], [1, 9, 1, 9, 1, 9]
    assert sorted(calm) == sorted(wild)
    assert xmr(calm).segments[0].upper < xmr(wild).segments[0].upper
