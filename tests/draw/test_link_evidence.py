"""The waterfall of one pair: its bars end where the sum is, nothing lies over anything, and no value is in it."""

from __future__ import annotations

import datetime as dt

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import journeys as fj
from lib.errors import RequestError
from tests.draw.conftest import sound

ADA = {
    "first_name": "Ada", "last_name": "Okafor", "date_of_birth": dt.date(2015, 2, 11), "postcode": "PO1 2AB", "sex": "F",
    "address": "3 Mill Road", "phone": "01632 960123", "email": "ada@b.example", "nhs_number": "943 476 5919", "upn": "A123456789012",
}  # fmt: skip
TURNED = ADA | {
    "last_name": "Okafr",
    "date_of_birth": dt.date(2015, 11, 2),
    "phone": "01632 960124",
    "upn": None,
    "sex": "M",
}


@pytest.fixture(scope="module")
def links():
    rows = [{"record_id": "school:1", **ADA}, {"record_id": "police:9", **TURNED}, {"record_id": "health:2", **ADA}]
    return fj.link_people(pd.DataFrame(rows))


@pytest.mark.parametrize("other", ["police:9", "health:2"])
@pytest.mark.parametrize("frame", [True, False])
def test_nothing_lies_over_anything_and_no_value_is_shown(links, other, frame, font):
    ax = fj.draw.link_evidence(links, "school:1", other, invented=True, frame=frame)
    picture = ax.get_figure(root=True)
    sound(picture)
    said = " ".join(t.get_text() for t in picture.findobj(plt.Text)) + fj.draw.alt(ax) + str(fj.draw.table(ax))
    for value in ("Okafor", "Ada", "2015", "PO1", "960123", "school:1", "police:9", "943"):
        assert value not in said


def test_the_bars_add_up_to_the_weight_of_the_pair(links):
    ax = fj.draw.link_evidence(links, "police:9", "school:1")
    pair = links.pairs.query("record_a == 'police:9' and record_b == 'school:1'").iloc[0]
    table = fj.draw.table(ax)
    assert table["sum_so_far"].iloc[-1] == pytest.approx(pair["match_weight"], abs=0.01)
    assert table["weight"].sum() == pytest.approx(pair["match_weight"], abs=0.06)
    bars = [p for p in ax.get_children() if p.get_gid() == "bar"]
    assert len(bars) == len(table)
    scale = {round(b.get_width() / abs(w), 2) for b, w in zip(bars, table["weight"], strict=True) if abs(w) > 2}
    assert len(scale) <= 2
    assert "telephone: different" in table["column"].tolist()


def test_what_was_not_weighed_and_a_board_are_refused(links):
    with pytest.raises(RequestError, match="not weighed"):
        fj.draw.link_evidence(links, "school:1", "nobody:1")
    with pytest.raises(RequestError, match="board"):
        fj.draw.link_evidence(links, "school:1", "police:9", level="board")
