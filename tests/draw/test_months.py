"""A month's small charts: the same place every month, a ring only at a signal, words apart, the same bytes in any order."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from journeys import draw
from journeys.months import ASK, MEASURES, beyond_noise
from lib.errors import RequestError

STEADY = [5, 6, 5, 6, 7, 6, 5, 7, 5, 5, 6]
LONG = "A measure whose name is so long that it does not fit into one line, nor into two, a month"


def frame(last=6, months=12, **odd):
    """Every measure steady, the last month of contacts as given; `odd` gives a measure values of its own."""
    rows = []
    for name in MEASURES:
        values = odd.get(name, [*STEADY[: months - 1], last if name == "contacts" else 6])
        scale = 10 if name == "attendance" else 1
        for n, value in enumerate(values):
            on = pd.Timestamp(2024, 1, 1) + pd.DateOffset(months=n)
            told = None if value is None else value / scale
            kind = "outcome" if name in ("attendance", "crises") else "output"
            rows.append((name, LONG if name == "asked" else name, kind, on, told, 9, 9, 8, False))
    names = ["measure", "says", "kind", "on", "value", "agencies", "of_agencies", "families", "is_open"]
    return pd.DataFrame(rows, columns=names).astype({"value": "Float64", "agencies": "Int64", "families": "Int64"})


def rings(ax):
    return [one for one in ax.lines if one.get_gid() == "signal"]


@pytest.mark.parametrize("shown", [True, False])
def test_words_stand_apart_and_within(invented, font, shown):
    gaps = {"crises": [None] * 12, "firings": [0, 0, 1] * 4, "attendance": [None, 9, 8] * 4}
    invented.sound(draw.months(frame(14, **gaps), invented.Review(), frame=shown).figure)


def test_a_ring_stands_where_there_is_a_signal_and_nowhere_else(invented):
    calm, odd = frame(), frame(14)
    assert not rings(draw.months(calm, invented.Review()))
    told = beyond_noise(odd)
    assert told.loc[told["status"] == ASK, "measure"].tolist() == ["contacts"]
    ax = draw.months(odd, invented.Review())
    assert len(rings(ax)) == 1
    assert ax.figure.finding.startswith("1 signal in December 2024")


def test_rows_in_any_order_give_the_same_bytes(invented):
    once, again = (
        hashlib.sha256(draw.months(given, invented.Review()).figure.png()).hexdigest()
        for given in (
            frame(14),
            frame(14).sample(frac=1, random_state=3).sort_values("measure", key=place, kind="stable"),
        )
    )
    assert once == again


def place(names):
    return names.map(list(MEASURES).index)


def test_another_frame_and_a_month_that_is_not_over_are_refused(invented):
    with pytest.raises(RequestError, match="month_by_month gave"):
        draw.months(frame().drop(columns="agencies"), invented.Review())
    with pytest.raises(RequestError, match="is over"):
        draw.months(frame().assign(is_open=True), invented.Review())
