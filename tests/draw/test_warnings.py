"""Lead times and the frontier: every number in the table, titles true of what is drawn, nothing hidden in silence."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pandas as pd
import pytest

import journeys as fj
from journeys import draw
from journeys.columns import TABLES
from lib.errors import RequestError


def one_rule(rule: str, ended=(), possible=(), still=(), **more):
    """A row of a backtest, whose counts follow from its lead times."""
    before = len(ended) + len(possible)
    row = dict.fromkeys(c.name for c in TABLES["backtest"]) | {
        "trigger": rule, "rule": rule, "mark": "illustrative", "crisis": "A&E attendance or Homelessness approach",
        "families": 8, "already": 0, "crises": 6, "fired": before + len(still), "fired_before": before, "late": 0,
        "missed": max(6 - before, 0), "open": len(still), "possible": len(possible),
        "days_median": pd.Series(list(ended), dtype=float).median() if ended else None,
        "days_ended": list(ended), "days_possible": list(possible), "days_open": list(still),
        "comparison": 40, "no_crisis": 36, "fired_no_crisis": 3, "alarms": 9, "fairness": "", "says": "",
    }  # fmt: skip
    return row | more


def table_of(*rows):
    frame = pd.DataFrame(list(rows), columns=[c.name for c in TABLES["backtest"]])
    kinds = {"whole number": "Int64", "number": "Float64", "share": "Float64"}
    return frame.astype({c.name: kinds[c.type] for c in TABLES["backtest"] if c.type in kinds})


def board(**more):
    """The rules of the picture that this figure was drawn after."""
    rules = [
        one_rule("3 unexplained absences in 28 days", [510, 397, 365, 288, 190], [240], [80]),
        one_rule("2 police calls to the home in 90 days", [204, 117, 96, 62], [], [25], fired_no_crisis=5),
        one_rule("Arrears and a baby under 1", [453, 410, 335], [281], fired_no_crisis=4),
        one_rule("A&E twice in 6 months", [232, 178, 150, 88, 45], [], [120], fired_no_crisis=9),
        one_rule("Never seen here", fired_no_crisis=0),
    ]
    return table_of(*(rule | more for rule in rules))


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def marks(ax, kind):
    return [line for line in ax.lines if line.get_gid() == kind]


@pytest.fixture(scope="module")
def searched() -> SimpleNamespace:
    review = fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"))
    search = fj.search_triggers(review, alarms_per_100=30)
    return SimpleNamespace(review=review, search=search, backtest=fj.backtest(review))


def test_a_mark_for_each_family_and_a_median_only_of_three_or_more(invented):
    ax = draw.lead_times(board(), invented.Review())
    assert [len(marks(ax, kind)) for kind in ("ended", "possible", "open")] == [17, 2, 3]
    said = words(invented, ax)
    assert {"365", "106.5", "410", "150"} <= set(said)
    few = draw.lead_times(table_of(one_rule("Two", [100, 50])), invented.Review())
    assert "75" not in words(invented, few)


def test_time_runs_to_the_crisis_and_marks_stand_where_their_days_are(invented):
    ax = draw.lead_times(board(), invented.Review())
    first = [line.get_xdata()[0] for line in marks(ax, "ended")][:5]
    days = [510, 397, 365, 288, 190]
    points = {round((b - a) / (x - y), 4) for a, b, x, y in zip(first, first[1:], days, days[1:], strict=False)}
    assert len(points) == 1 and points.pop() > 0


def test_marks_that_would_touch_are_moved_up_or_down_and_never_in_time(invented):
    ax = draw.lead_times(table_of(one_rule("Same day", [100, 100, 100, 101])), invented.Review())
    xs, ys = zip(*[(m.get_xdata()[0], m.get_ydata()[0]) for m in marks(ax, "ended")], strict=True)
    assert xs[0] == xs[1] == xs[2] and len(set(ys)) == 4


def test_where_nothing_followed_stands_beside_every_lead_time(invented):
    said = words(invented, draw.lead_times(board(), invented.Review()))
    assert {"7 of 8", "3 of 36", "5 of 36", "4 of 36", "9 of 36"} <= set(said)
    footer = " ".join(said)
    for part in ("n = 8 families under review, of whom 6 came to crisis, and 40 comparison families",
                 "Crisis: first A&E attendance or Homelessness approach", "not rank", "no rate here holds for an area",
                 "Of 5 rules, not drawn and in the table: 1 fired for no family", "This is not an alert system"):  # fmt: skip
        assert part in footer


def test_without_a_comparison_group_the_figure_says_so(invented):
    frame = board(comparison=None, no_crisis=None, fired_no_crisis=None)
    said = " ".join(words(invented, draw.lead_times(frame, invented.Review())))
    assert "with no crisis" not in said
    assert "No comparison group: how often a rule fires where nothing follows is not known" in said


def test_the_title_is_of_the_rule_that_best_tells_crisis_from_none(invented):
    assert draw.lead_times(board(), invented.Review()).figure.finding == (
        "3 unexplained absences in 28 days: fired for 6 of 6 families before the crisis, a median of 365 days; and for 3 of "
        "36 with no crisis"
    )
    long = table_of(one_rule("For everybody alike", [900, 800, 700], fired_no_crisis=36), one_rule("Some", [9, 8, 7]))
    assert draw.lead_times(long, invented.Review()).figure.finding.startswith("Some: fired for 3 of 6 families")


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], "No family under review came to crisis, so there is no lead time"),
        ([one_rule("A", crises=0)], "No family under review came to crisis, so there is no lead time"),
        ([one_rule("A")], "No rule fired before the crisis for any of 6 families that came to one"),
        ([one_rule("A", [9, 8])], "Rules fired before the crisis for 2 of 6 families at most: too few for a median"),
    ],
)
def test_what_cannot_be_found_is_the_title(invented, font, rows, title):
    ax = draw.lead_times(table_of(*rows), invented.Review())
    assert ax.figure.finding == title
    invented.sound(ax.figure)


def test_the_table_holds_every_number_drawn_and_the_rules_not_drawn(invented):
    table = draw.table(draw.lead_times(board(), invented.Review()))
    assert table["days_ended"][0] == "510, 397, 365, 288, 190" and table["days_open"][0] == "80"
    assert len(table) == 5


def test_over_forty_families_are_a_strip(invented):
    many = table_of(one_rule("Many", range(10, 70), [], range(100, 110), families=90, crises=60))
    ax = draw.lead_times(many, invented.Review())
    said = " ".join(words(invented, ax))
    assert not marks(ax, "ended") and "39.5" in said
    assert "Over 40 families a rule is a strip" in said and "middle half of families" in said
    bars = {patch.get_gid(): patch for patch in ax.patches if str(patch.get_gid()).startswith("strip")}
    one_day = bars["strip-ended"].get_width() / 29.5
    assert bars["strip-open"].get_width() == pytest.approx(4.5 * one_day)
    invented.sound(ax.figure)


@pytest.mark.parametrize("shown", [True, False])
def test_no_text_meets_another_or_the_edge(invented, font, searched, shown):
    crowd = table_of(
        *[one_rule(f"Rule {n} of a partnership with long words in it " * 2, range(20, 700, 90)) for n in range(14)]
    )
    for ax in (
        draw.lead_times(board(), invented.Review(), frame=shown),
        draw.lead_times(crowd, invented.Review(), frame=shown),
        draw.lead_times(searched.backtest, searched.review, frame=shown),
        draw.frontier(searched.search, frame=shown),
    ):
        invented.sound(ax.figure)


@pytest.mark.parametrize("load", [3, 12, 90, 400])
def test_a_frontier_at_any_load_stays_legible(invented, font, searched, load):
    search = fj.search_triggers(searched.review, alarms_per_100=load)
    ax = draw.frontier(search)
    invented.sound(ax.figure)
    assert f"({load} alarms per 100 families a year)" in " ".join(words(invented, ax))


def test_hostile_words_are_shown_and_never_obeyed(invented, font, tmp_path):
    rules = [one_rule(text, [30 + n, 20 + n, 10]) for n, text in enumerate(invented.hostile_words()[:12])]
    ax = draw.lead_times(table_of(*rules), invented.Review())
    invented.sound(ax.figure)
    vector, _ = draw.save(ax, tmp_path / "hostile")
    seen = "".join(words(invented, ax)) + draw.alt(ax)
    assert "\u202e" not in seen and "\u0000" not in seen
    assert "<script" not in vector.read_text(encoding="utf-8")


def test_the_frontier_prints_what_it_must(invented, searched):
    ax = draw.frontier(searched.search, level="board")
    said = " ".join(words(invented, ax))
    for part in (f"{searched.search.tried} rules tried", "not yet tried on later ones", "do not hold for an area",
                 "INVENTED DATA", "Level: BOARD", "63 families held out, of whom 27 came to crisis",
                 "a candidate: nothing runs it until a person adopts it", "Absent, no reason yet"):  # fmt: skip
        assert part in said
    assert len(draw.table(ax)) == len(searched.search.frame)
    assert draw.alt(ax).endswith("Table below. Invented data.") and len(draw.alt(ax)) <= 350


def test_the_frontier_is_steps_that_no_sure_rule_lies_above(invented, searched):
    ax = draw.frontier(searched.search)
    (steps,) = [line for line in ax.lines if line.get_gid() == "frontier"]
    xs, ys = steps.get_xdata(), steps.get_ydata()
    assert all(a == b or c == d for a, b, c, d in zip(xs, xs[1:], ys, ys[1:], strict=False))
    assert list(xs) == sorted(xs) and list(ys) == sorted(ys, reverse=True)
    best = marks(ax, "found")[0]
    assert (best.get_xdata()[0], best.get_ydata()[0]) in list(zip(xs, ys, strict=True))


def test_each_kind_of_rule_has_its_own_mark(invented, searched):
    ax = draw.frontier(searched.search)
    shapes = {kind: {line.get_marker() for line in marks(ax, kind)} for kind in ("agreed", "found", "noise", "tried")}
    assert shapes == {"agreed": {"o"}, "found": {"D"}, "noise": {"X"}, "tried": {"o"}}
    assert marks(ax, "agreed")[0].get_markerfacecolor() != marks(ax, "tried")[0].get_markerfacecolor()


def test_at_most_eight_rules_are_named(invented, searched):
    said = " ".join(words(invented, draw.frontier(searched.search)))
    rules = [re.sub(r"\s+", " ", rule) for rule in searched.search.frame["rule"]]
    assert 0 < sum(rule in said for rule in rules) <= 9


def test_rows_in_any_order_give_the_same_frontier(invented, searched, tmp_path):
    from dataclasses import replace

    ranked = searched.search.frame["rank"].notna()
    rest = searched.search.frame[~ranked].sample(frac=1, random_state=3)
    other = replace(searched.search, frame=pd.concat([searched.search.frame[ranked], rest], ignore_index=True))
    for name, search in (("a", searched.search), ("b", other)):
        draw.save(draw.frontier(search), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").stat().st_size < 250_000


def test_what_is_not_theirs_to_draw_is_refused(invented, searched):
    with pytest.raises(RequestError, match="This is not what backtest gives"):
        draw.lead_times(pd.DataFrame({"rule": []}), invented.Review())
    with pytest.raises(RequestError, match="This is not what search_triggers gives"):
        draw.frontier(searched.search.frame)
    for figure in (lambda: draw.lead_times(board(), invented.Review(), level="public"),
                   lambda: draw.frontier(searched.search, level="public")):  # fmt: skip
        with pytest.raises(RequestError, match="There is no level 'public'"):
            figure()
