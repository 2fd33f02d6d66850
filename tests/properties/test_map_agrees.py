"""Every map of random families against loops over pairs of contacts, in exact fractions; to the last digit."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys import measures
from tests.properties import oracle
from tests.properties.conftest import PERIODS, WHOLE, Many

BY = ("activity", "agency", "professional")
TOGETHER = 8
"""Families in one map: few enough that a wrong number is soon traced to its family."""


def agree(graph: Any, expected: oracle.Map) -> None:
    assert dict(graph.nodes(data=True)) == expected.nodes()
    assert {(a, b): d for a, b, d in graph.edges(data=True)} == expected.edges()
    about = graph.graph
    assert about["moves"] == expected.moves
    assert about["imprecise"] == expected.imprecise
    if about["order"] == "moments":
        assert about["tied_share"] == (expected.tied / expected.moves if expected.moves else None)
    assert sum(expected.weights.values()) == expected.moves


@PERIODS
@pytest.mark.parametrize("order", ["moments", "file"])
@pytest.mark.parametrize("by", BY)
def test_the_map_of_all_families(many: Many, by: str, order: str, period: tuple[str, str]) -> None:
    expected = oracle.journey_map(many.families(period), by, order)
    agree(many.review(period).map(by, order=order), expected)
    assert expected.moves > 300
    assert order == "file" or expected.tied > 50


@pytest.mark.parametrize("order", ["moments", "file"])
def test_the_maps_of_a_few_families_at_a_time(many: Many, order: str) -> None:
    families = many.families(WHOLE)
    names = list(families)
    for n, start in enumerate(range(0, len(names), TOGETHER)):
        some = names[start : start + TOGETHER]
        review = many.review(WHOLE, some)
        by = BY[n % 3]
        agree(review.map(by, order=order), oracle.journey_map({f: families[f] for f in some}, by, order))


def test_the_map_of_one_family_alone(many: Many) -> None:
    review, families = many.review(WHOLE), many.families(WHOLE)
    for family in list(families)[:30]:
        graph = review[family].graph
        agree(graph, oracle.journey_map({family: families[family]}, "activity"))


@PERIODS
def test_every_switch(many: Many, period: tuple[str, str]) -> None:
    review = many.review(period)
    found: dict[str, Counter] = {}
    for row in fj.switches(review).df().itertuples():
        days = None if pd.isna(row.days) else int(row.days)
        line = (row.moment, row.from_agency, row.to_agency, row.weight, days, bool(row.rests_on_tie))
        found.setdefault(row.family_id, Counter())[line] += 1
    expected = {f: s for f, rows in many.families(period).items() if (s := oracle.switches(rows))}
    assert found == expected
    if period == WHOLE:
        counted = measures.switches(review).set_index("family_id")["switches"]
        for family, lines in expected.items():
            assert counted[family] == pytest.approx(sum(line[3] * n for line, n in lines.items()), abs=1e-6)
