"""Costs drawn: what the bars, the panel, their words and their tables hold, and that nothing lies over anything."""

from __future__ import annotations

from decimal import Decimal

import matplotlib.pyplot as plt
import pytest

import journeys as fj
from journeys.drawing.costpanel import LEAST, ticks
from lib.errors import RequestError
from tests.conftest import table
from tests.draw.conftest import sound
from tests.stories.conftest import drawn as families_of
from tests.stories.test_costs import TEN, agree, drawn, own


@pytest.fixture(scope="module")
def review():
    contacts, members = fj.read_contacts("sample"), fj.read_members("sample")
    return fj.build_journeys(contacts, members)


@pytest.fixture(scope="module")
def costs(review):
    return fj.costs(review)


def pieces(ax, name):
    return [piece for piece in ax.get_children() if piece.get_gid() == name]


def ranged(root, text=TEN, **asked):
    row = "OWN1,GP,Per consultation,NHS,fiscal,400,440,4800,2012/13,G,our contract\n"
    return agree(drawn(root, text, **asked), {"gp_consultation": {"code": "OWN1"}}, **own(row))


def test_nothing_lies_over_anything(costs, review, font):
    for ax in (fj.draw.costs(costs), fj.draw.costs(costs, frame=False, level="board")):
        sound(ax.get_figure(root=True))
    for family in ("F0002", "F0003", "F0008"):
        for size in ("a4", "a3"):
            sound(fj.draw.timeline(review[family], costs=costs, size=size).get_figure(root=True))
            plt.close("all")


def test_a_range_is_drawn_where_the_source_gives_one_and_nowhere_else(tmp_path, font):
    spent = fj.costs(ranged(tmp_path / "a"))
    ax = fj.draw.costs(spent)
    sound(ax.get_figure(root=True))
    assert len(pieces(ax, "range")) == 1
    plain = fj.draw.costs(fj.costs(drawn(tmp_path / "b", TEN)))
    assert not pieces(plain, "range")
    assert "no range in the source" in fj.draw.alt(plain)


@pytest.mark.parametrize("years", [1, 9, 25])
def test_few_years_and_many_fit(tmp_path, years, font):
    rows = "".join(f"    {y}-05-01  gp  consult\n" for y in range(2025 - years, 2025))
    ax = fj.draw.costs(fj.costs(drawn(tmp_path / "d", f"    date  agency  activity\n{rows}")))
    sound(ax.get_figure(root=True))
    assert len(pieces(ax, "bar")) == years


def test_the_bars_and_the_table_are_the_sums_by_agency_and_year(costs):
    frame = fj.draw.table(fj.draw.costs(costs))
    assert frame.iloc[:-1]["cost"].sum() == frame["cost"].iloc[-1] == fj.measures.costs(costs)["fiscal"].iloc[-1]
    by_year = fj.measures.costs(costs, by="year").iloc[:-1]
    sums = frame.iloc[:-1].groupby("financial_year")["cost"].sum()
    assert dict(sums) == dict(zip(by_year["year"], by_year["fiscal"], strict=True))
    heights = [bar.get_height() for bar in pieces(fj.draw.costs(costs), "bar")]
    drawn_costs = [float(c) for c in frame.iloc[:-1]["cost"]]
    assert [round(h / max(heights), 6) for h in heights] == [round(c / max(drawn_costs), 6) for c in drawn_costs]


def test_the_words_say_spent_old_prices_and_how_many_have_no_cost(costs):
    picture = fj.draw.costs(costs).get_figure(root=True)
    said = " ".join(t.get_text() for t in picture.findobj(plt.Text) if t.get_text())
    assert (
        picture.finding
        == "£10,652 was spent on 127 contacts that have a unit cost; 6,989 more have none and are in no sum"
    )
    for words in ("not what could be saved", "old, likely too low", "CC BY 4.0", "order of first contact, not rank"):
        assert words in said
    assert len(fj.draw.alt(fj.draw.costs(costs))) <= 350


def test_agencies_stand_in_the_order_of_first_contact(costs):
    names = fj.draw.table(fj.draw.costs(costs))["agency"].drop_duplicates().tolist()
    assert names == ["GP", "Adult mental health", "Children's social care", "Hospital (A&E)", "All agencies"]


def test_with_nothing_costed_the_figure_says_so(tmp_path, font):
    ax = fj.draw.costs(fj.costs(drawn(tmp_path / "d", "date        agency  activity\n2024-05-01  school  meeting")))
    sound(ax.get_figure(root=True))
    assert "None of 1 contact has an agreed unit cost" in ax.get_figure(root=True).finding


def test_one_family_s_costs_are_not_for_a_board(tmp_path):
    spent = fj.costs(drawn(tmp_path / "d", TEN))
    with pytest.raises(RequestError, match="one family's"):
        fj.draw.costs(spent, level="board")
    with pytest.raises(RequestError, match=r"what fj\.costs gives"):
        fj.draw.costs(spent.df())


# The panel under the swim-lane


def test_the_panel_is_there_with_costs_and_only_then(review, costs):
    with_costs, without = fj.draw.timeline(review["F0003"], costs=costs), fj.draw.timeline(review["F0003"])
    assert len(pieces(with_costs, "cost")) == 1 and not pieces(without, "cost")
    assert "cost" in fj.draw.table(with_costs) and "cost" not in fj.draw.table(without)
    assert "Cost £1,696.62 for 19 costed contacts." in fj.draw.alt(with_costs)
    said = " ".join(t.get_text() for t in with_costs.get_figure(root=True).findobj(plt.Text))
    assert "Cost so far" in said and "£1,697" in said and "spent, not what could be saved" in said


@pytest.mark.parametrize(("contacts", "lines"), [(LEAST - 1, 0), (LEAST, 1)])
def test_under_six_contacts_there_is_no_line_and_the_sum_is_said(tmp_path, contacts, lines):
    rows = "".join(f"    2024-05-{n:02d}  gp  consult\n" for n in range(1, contacts + 1))
    review = drawn(tmp_path / "d", f"    date  agency  activity\n{rows}", start="2024-01-01")
    ax = fj.draw.timeline(review["F1"], costs=fj.costs(review))
    assert len(pieces(ax, "cost")) == lines
    assert fj.draw.table(ax)["cost"].tolist() == [contacts * Decimal("39.19")]
    said = " ".join(t.get_text() for t in ax.get_figure(root=True).findobj(plt.Text))
    assert f"so far: £{round(contacts * 39.19)}" in said


def test_the_line_is_the_sum_so_far_and_rises_on_the_day_itself(tmp_path):
    review = ranged(tmp_path / "d", start="2024-04-01")
    spent = fj.costs(review)
    ax = fj.draw.timeline(review["F1"], costs=spent)
    (line,) = pieces(ax, "cost")
    grown = fj.measures.cost_so_far(spent, "F1")
    xs, ys = line.get_data()
    bottom, most = ys[0], float(grown["high"].iloc[-1])
    # Each rise: level at the sum before, then at the sum after, on the same day.
    found = sorted(
        {(round(float(x)), round(float(bottom - y), 4)) for x, y in zip(xs[2:-1:2], ys[2:-1:2], strict=True)}
    )
    scale = max(h for _, h in found) / float(grown["value"].iloc[-1])
    days = [(d - d.__class__(1970, 1, 1)).days for d in grown["day"]]
    assert [x for x, _ in found] == days
    assert [h for _, h in found] == pytest.approx([float(v) * scale for v in grown["value"]], abs=1e-3)
    (band,) = pieces(ax, "cost-range")
    tops = [y for _, y in band.get_paths()[0].vertices]
    assert bottom - min(tops) == pytest.approx(most * scale, rel=1e-4)


def test_at_most_three_round_amounts_stand_at_the_panel_s_left():
    for most in (
        Decimal("0.01"),
        Decimal(1),
        Decimal(7),
        Decimal(999),
        Decimal(10_651),
        Decimal(51_000),
        Decimal(10**7),
    ):
        found = ticks(most)
        assert len(found) <= 3 and found[0] == 0 and max(found) <= most


def test_costs_of_another_review_do_not_fit(tmp_path, costs):
    review = families_of(tmp_path / "d", {"F9": TEN})
    with pytest.raises(RequestError, match="family 'F9' is not in this review"):
        fj.draw.timeline(review["F9"], costs=costs)


def test_the_same_data_in_another_order_give_the_same_bytes(tmp_path):
    log = table(TEN)
    shuffled = log.sample(frac=1, random_state=3)
    bytes_of = []
    for n, frame in enumerate((log, shuffled)):
        text = frame.to_string(index=False)
        review = drawn(_folder(tmp_path, n), text)
        paths = fj.draw.save(fj.draw.costs(fj.costs(review)), tmp_path / f"p{n}")
        bytes_of.append([p.read_bytes() for p in paths])
    assert bytes_of[0] == bytes_of[1]


def _folder(root, n):
    """A folder of the same name in another place: its name stands in the footer."""
    (root / f"d{n}").mkdir()
    return root / f"d{n}" / "same"
