"""Why families asked: the share with its interval, unknowns apart, kinds by how often, and nothing hidden in silence."""

from __future__ import annotations

import datetime as dt

import pytest

import journeys as fj
from journeys import draw
from journeys.activities import read_activities
from journeys.asked import Demand
from journeys.columns import TABLES, as_arrow
from journeys.reasons import load_reasons
from journeys.sources import RULES
from lib.engine import Engine, Table
from lib.errors import RequestError

FAILURE = {
    "I rang to find out what was happening": ("chase", 22), "I had to explain it all again": ("told_before", 16),
    "They said we weren’t bad enough": ("turned_away", 13), "They sent us to the wrong place": (None, 10),
    "The house was still not mended": ("still_waiting", 8), "The letter was wrong": ("correction", 5),
    "Nobody came": (None, 3),
}  # fmt: skip
VALUE = {
    "I can’t manage the children on my own": ("first_asked", 34), "We need somewhere safe to live": ("first_asked", 28),
    "Money has run out": ("first_asked", 23), "I feel low all the time": ("first_asked", 19),
}  # fmt: skip


def rows_of(invented, failure=FAILURE, value=VALUE, unknown=30, asked_by="family", pairs=(), by="reviewer"):
    """A table as `fj.demand` gives it, from how often each kind was asked."""
    given = [("failure", kind, *some) for kind, some in failure.items()]
    given += [("value", kind, *some) for kind, some in value.items()] + [("unknown", "Consultation", None, unknown)]
    rows = []
    for label, kind, rule, times in given:
        for n in range(times):
            day, who = dt.date(2023, 1, 1 + n % 28), None if label == "unknown" else by
            cells = {"contact_id": f"log:{len(rows)}", "family_id": f"F{len(rows) % 8}", "on": day, "until": day}
            cells |= {
                "activity": "consult",
                "asked_by": asked_by,
                "class": label,
                "rule": rule,
                "says": "",
                "kind": kind,
            }
            rows.append(cells | {"labelled_by": who, "evidence": [f"log:{len(rows)}"]})
    engine = Engine()
    engine.load("demand", as_arrow("demand", [[r.get(c.name) for c in TABLES["demand"]] for r in rows]))
    review, activities = invented.Review(), read_activities()
    review.activities = activities
    rules = load_reasons([RULES / "demand.yml"], activities)
    return Table(engine, "demand", "SELECT * FROM demand", (), Demand(review, rules, pairs))


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def boxes(ax, kind):
    return [p for p in ax.patches if p.get_gid() == kind]


def test_title_counts_interval_and_alt_text_are_those_of_the_rows(invented):
    ax = draw.demand(rows_of(invented), level="board")
    assert ax.figure.finding == (
        "77 of 181 times that a family asked, it was because something had not been done, or not done right"
    )
    said = words(invented, ax)
    assert "77 of 181 = 43% (95% interval 36% to 50%)" in said
    assert "Why a family asked, in their own words" not in said
    assert "Why the families asked, in their own words; three reasons make up 51 of the 77" in said
    assert draw.alt(ax) == (
        "Bar chart of 211 times a family asked: 77 failure demand, 104 value demand, 30 unknown. Failure 77 of 181, 43%, "
        "interval 36% to 50%. The three commonest kinds, I rang to find out what was happening, I had to explain it all "
        "again, They said we weren’t bad enough, make 51 of 77. Table below. Invented data."
    )


def test_bars_and_strip_stand_to_one_scale_and_unknown_is_apart(invented):
    ax = draw.demand(rows_of(invented))
    failure, value, unknown = (boxes(ax, f"strip-{k}")[0] for k in ("failure", "value", "unknown"))
    per_ask = [(b.get_width() + edge) / n for b, n, edge in ((failure, 77, 0.8), (value, 104, 0.8), (unknown, 30, 0))]
    assert max(per_ask) - min(per_ask) < 1e-6
    assert unknown.get_x() - (value.get_x() + value.get_width()) > 10
    assert unknown.get_hatch()
    bars = [b.get_width() for k in ("failure", "value") for b in boxes(ax, f"bar-{k}")]
    counts = [22, 16, 13, 10, 8, 5, 3, 34, 28, 23, 19]
    assert [round(b / bars[0] * 22) for b in bars] == counts
    (whisker,) = (line for line in ax.lines if line.get_gid() == "interval")
    (dot,) = (line for line in ax.lines if line.get_gid() == "share")
    assert whisker.get_xdata()[0] < dot.get_xdata()[0] < whisker.get_xdata()[1]
    assert dot.get_xdata()[0] == pytest.approx(value.get_x(), abs=0.5)


def test_the_running_total_is_a_column_of_counts(invented):
    said = words(invented, draw.demand(rows_of(invented)))
    assert [w for w in said if w.endswith(" of 77")] == [f"{n} of 77" for n in (22, 38, 51, 61, 69, 74, 77)]


def test_only_a_familys_own_words_stand_in_quotation_marks(invented):
    said = words(invented, draw.demand(rows_of(invented, {"finding out what was happening": ("chase", 20)}, by="rule")))
    assert "finding out what was happening" in said
    assert "“Money has run out”" in said
    assert "Why the families asked" in said


def test_the_same_words_in_quotation_marks_or_not_are_one_kind(invented):
    ax = draw.demand(
        rows_of(invented, {"“Nobody came”": (None, 9), "Nobody came": (None, 8), '"Nobody came" ': (None, 3)})
    )
    assert [b for b in words(invented, ax) if "Nobody" in b] == ["“Nobody came”"]
    assert "20 of 20" in words(invented, ax)


def test_past_nine_kinds_the_rest_are_one_row_and_the_table_holds_them_all(invented):
    failure = {f"reason {n:02}": (None, 20 - n) for n in range(15)}
    ax = draw.demand(rows_of(invented, failure))
    assert "6 other kinds, 51 times" in words(invented, ax)
    assert len(boxes(ax, "bar-failure")) == 10
    table = draw.table(ax)
    kinds = table[(table["class"] == "failure") & (table["kind"] != "all")]
    assert len(kinds) == 15 and kinds["times"].sum() == kinds["running_total"].iloc[-1] == 195
    invented.sound(ax.figure)


def test_the_table_holds_every_number_drawn(invented):
    table = draw.table(draw.demand(rows_of(invented))).set_index(["class", "kind"])
    assert table.loc[("unknown", "all"), "times"] == 30
    assert table.loc[("value", "all"), "times"] == 104
    total = table.loc[("failure", "all")]
    assert [round(total[c], 4) for c in ("share", "low", "high")] == [0.4254, 0.3557, 0.4983]
    assert table.loc[("failure", "“The letter was wrong”"), "running_total"] == 74


@pytest.mark.parametrize(("unknown", "bars", "what"), [(12, True, "Bar chart"), (11, False, "Table")])
def test_under_twenty_asks_there_are_no_bars_but_a_table(invented, unknown, bars, what):
    ax = draw.demand(rows_of(invented, {"chasing": (None, 3)}, {"asking": (None, 5)}, unknown))
    assert bool(boxes(ax, "bar-failure")) == bool(boxes(ax, "strip-failure")) == bars
    assert {"“chasing”", "3", "“asking”", "5"} <= set(words(invented, ax))
    assert draw.alt(ax).startswith(f"{what} of {8 + unknown} times")
    invented.sound(ax.figure)


@pytest.mark.parametrize(("unknown", "is_table"), [(2, True), (1, False)])
def test_under_five_there_are_words(invented, unknown, is_table):
    ax = draw.demand(rows_of(invented, {"chasing": (None, 1)}, {"asking": (None, 2)}, unknown))
    said = words(invented, ax)
    assert ("“chasing”" in said) == is_table
    assert ("1 failure demand, 2 value demand, 1 unknown: too few to draw." in said) != is_table


def test_nothing_classed_and_nothing_asked_are_said_so(invented):
    none = draw.demand(rows_of(invented, {}, {}, 40))
    assert none.figure.finding == "Why a family asked is not known for any of 40 times"
    assert not boxes(none, "strip-unknown")
    empty = draw.demand(rows_of(invented, {}, {}, 0))
    assert empty.figure.finding == "No time that a family asked is in these records"
    for ax in (none, empty):
        invented.sound(ax.figure)


def test_where_most_is_unknown_the_title_leads_with_it_and_the_footer_says_how_that_leans(invented):
    ax = draw.demand(rows_of(invented, unknown=182, asked_by="other agency"))
    assert ax.figure.finding.startswith(
        "For 182 of 363 times that somebody asked, nobody has said why; 77 of the other 181"
    )
    assert "the share can be too high" in " ".join(words(invented, ax))
    assert "the share can be too high" not in " ".join(words(invented, draw.demand(rows_of(invented, unknown=181))))


def test_the_agreement_of_two_reviewers_is_in_the_footer(invented):
    pairs = [("value", "value")] * 20 + [("value", "failure")] * 5 + [("failure", "value")] * 10
    pairs += [("failure", "failure")] * 15
    said = " ".join(words(invented, draw.demand(rows_of(invented, pairs=pairs))))
    assert "50 read by two (agreement: kappa 0.40)" in said
    alike = " ".join(words(invented, draw.demand(rows_of(invented, pairs=[("value", "value")] * 3))))
    assert "too alike for a kappa" in alike


@pytest.mark.parametrize("frame", [True, False])
def test_words_of_any_length_and_shape_stand_apart(invented, font, frame):
    hostile = {text: (None, n + 1) for n, text in enumerate(invented.HOSTILE)}
    longest = {"W" * 80: (None, 1), "a very long story " * 12: ("chase", 1), "short": (None, 1000)}
    for failure, value, unknown in (
        (FAILURE, VALUE, 30), (hostile, longest, 3), (longest, hostile, 4000), ({}, VALUE, 1), (FAILURE, {}, 0),
        ({"one": (None, 1)}, {"many": (None, 40)}, 0), ({"many": (None, 40)}, {"one": (None, 1)}, 2000),
    ):  # fmt: skip
        ax = draw.demand(rows_of(invented, failure, value, unknown), frame=frame)
        invented.sound(ax.figure)
        assert len(draw.alt(ax)) <= 350
        table = draw.table(ax)
        for label in ("failure", "value"):
            times = table[table["class"] == label].groupby(table["kind"] == "all")["times"].sum()
            assert times.get(False, 0) == times[True]


def test_the_same_rows_in_another_order_give_the_same_bytes(invented, tmp_path):
    rows = rows_of(invented)
    turned = Table(rows.engine, "demand", "SELECT * FROM demand ORDER BY contact_id DESC", (), rows.owner)
    one = draw.save(draw.demand(rows), tmp_path / "one")
    two = draw.save(draw.demand(turned), tmp_path / "two")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    assert one[1].stat().st_size < 250_000


def test_no_agency_stands_in_it_and_other_rows_are_refused(invented):
    said = " ".join(words(invented, draw.demand(rows_of(invented))))
    assert not [a for a in read_activities().agencies.values() if a in said]
    with pytest.raises(RequestError, match="no level 'public'"):
        draw.demand(rows_of(invented), level="public")
    review = fj.build_journeys(fj.read_contacts("sample"))
    with pytest.raises(RequestError, match=r"fj\.demand\(review\)"):
        draw.demand(fj.switches(review))
