"""The verdict on a life line: how often a flat one is called improved, and that a line that improves is."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest

from journeys.life import Line, judge
from journeys.register import Measure

START = dt.date(2022, 4, 1)


def line(values, better="higher"):
    measure = Measure(says="", kind="outcome", better=better, whose_view="family", source="ours")
    days = tuple(START + dt.timedelta(days=30 * n) for n in range(len(values)))
    return Line("a line", "", "month", measure, days, tuple(values))


def flat(rng: Random, shape: str, n: int) -> list[float]:
    if shape == "bell":
        return [round(rng.gauss(50, 10), 2) for _ in range(n)]
    return [max(1, round(rng.expovariate(1 / 60))) for _ in range(n)]


def shares(shape: str, n: int, times: int) -> dict[str, float]:
    """How often each verdict falls on flat series."""
    rng = Random(n)
    said = [judge(line(flat(rng, shape, n))).verdict for _ in range(times)]
    return {verdict: said.count(verdict) / times for verdict in set(said)}


@pytest.mark.parametrize(("shape", "n", "improved", "worsened"), [
    ("bell", 12, 0.02, 0.02), ("bell", 24, 0.03, 0.03), ("skewed", 12, 0.02, 0.05), ("skewed", 24, 0.03, 0.09),
])  # fmt: skip
def test_a_flat_line_is_seldom_called_improved(shape, n, improved, worsened):
    found = shares(shape, n, 500)
    assert found.get("improved", 0) <= improved
    assert found.get("worsened", 0) <= worsened
    assert found["no signal of change"] >= 0.9


@pytest.mark.parametrize("seed", range(20))
def test_a_line_that_rises_far_and_stays_is_called_improved(seed):
    rng = Random(seed)
    up = [rng.gauss(50, 5) for _ in range(18)] + [rng.gauss(70, 5) for _ in range(18)]
    assert judge(line(up)).verdict == "improved"
    assert judge(line(up[::-1])).verdict == "worsened"


@pytest.mark.parametrize("seed", range(60))
def test_where_lower_is_better_the_line_turned_over_has_the_same_verdict(seed):
    rng = Random(seed)
    values = [round(rng.gauss(50 + (20 if n > 15 and seed % 2 else 0), 10), 1) for n in range(rng.randint(4, 30))]
    assert judge(line(values)).verdict == judge(line([100 - v for v in values], "lower")).verdict
