"""The measures of a month over random families, gone through step by step: whose month each thing fell in."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter, defaultdict
from fractions import Fraction

import pandas as pd
import pytest

import journeys as fj
from tests.properties.test_series_agrees import COVERS, CRISIS, covered, months, review, whole  # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def told(review):  # noqa: F811
    frame = fj.measures.month_by_month(review)
    return {name: some.set_index("on")["value"] for name, some in frame.groupby("measure")}


def values(told, name):
    return [
        None if pd.isna(told[name][pd.Timestamp(month)]) else float(told[name][pd.Timestamp(month)])
        for month in months()
    ]


def counted(things):
    """How many of these (day or month) fall in each month that any agency's records cover."""
    n = Counter((day.year, day.month) for day in things)
    return [float(n[m.year, m.month]) if any(covered(a, m) for a in COVERS) else None for m in months()]


def test_professionals_that_met_each_family(review, told):  # noqa: F811
    steps = review.steps.df()
    met = steps[steps["nature"].isin(["touch", "referral"]) & steps["professional_id"].notna()]
    who = {
        (row.family_id, row.agency, row.professional_id, month)
        for row in met.itertuples()
        for month in [row.earliest.date().replace(day=1)]
        if whole(row, month)
    }
    expected = counted(month for *_, month in who)
    assert values(told, "professionals_met") == expected and max(filter(None, expected)) > 10


def test_crises_by_day_and_only_as_far_as_all_who_could_record_one(review, told):  # noqa: F811
    steps = review.steps.df()
    days = {
        (row.family_id, row.earliest)
        for row in steps[steps["activity"] == CRISIS].itertuples()
        if row.earliest == row.latest
    }
    until = min(dt.date.fromisoformat(COVERS[a][1]) for a in set(steps.loc[steps["activity"] == CRISIS, "agency"]))
    expected = counted(day for _, day in days)
    for n, month in enumerate(months()):
        if (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1) > until:
            expected[n] = None
    assert values(told, "crises") == expected and any(expected)


def test_switches_by_the_moment_switched_to(review, told):  # noqa: F811
    sums: dict[dt.date, Fraction] = defaultdict(Fraction)
    for _, rows in review.steps.df().dropna(subset=["moment"]).groupby("family_id"):
        moments = [some for _, some in rows.groupby("moment")]
        for before, after in itertools.pairwise(moments):
            same = sum(
                int((before["agency"] == a).sum()) * int((after["agency"] == a).sum()) for a in set(before["agency"])
            )
            first, last = after["earliest"].min().date(), after["latest"].max().date()
            if first.replace(day=1) == last.replace(day=1):
                sums[first.replace(day=1)] += 1 - Fraction(same, len(before) * len(after))
    expected = [round(float(sums[m]), 6) if any(covered(a, m) for a in COVERS) else None for m in months()]
    assert [v if v is None else round(v, 6) for v in values(told, "switches")] == expected and any(expected)


def test_what_was_asked_handed_over_and_known(review, told):  # noqa: F811
    asked = [row for row in fj.demand(review).df().drop_duplicates("contact_id").itertuples() if not pd.isna(row.on)]
    assert values(told, "asked") == counted(row.on for row in asked)
    assert values(told, "handovers") == counted(fj.handovers(review).df()["referred_on"].dropna())
    assert values(told, "firings") == counted(fj.measures.once(fj.find_triggers(review))["known_on"])
