"""Before and after on one split: how few points it rests on, and when the word impact may be said."""

from __future__ import annotations

import datetime as dt
import random

import pandas as pd
import pytest

import journeys as fj
from lib.errors import RequestError
from tests.stories.conftest import drawn
from tests.stories.test_conditions import TEXT, write

START = "2024-09-01"


def months(values, first="2024-01-01", families=8, **more):
    on = pd.date_range(first, periods=len(values), freq="MS")
    return pd.DataFrame({"on": on, "value": values, "families": families} | more)


BEFORE, AFTER = [10, 12, 11, 9, 10, 12, 11, 9], [6, 5, 7, 6, 5, 7]
SERIES = months(BEFORE + AFTER)


def test_before_and_after_with_few_points_and_families_and_no_impact():
    tried = fj.trial(SERIES, START, "one point of contact")
    assert tried.says.startswith(
        "8 points before 1 September 2024 and 6 points from then on of 8 families: the mean went from 10.5 to 6, a change "
        "of -4.5 (95% interval -5.72 to -3.28)."
    )
    assert "impact" not in tried.says.casefold()
    assert fj.findings.tried(tried) == tried.says
    assert "no comparison families" in tried.says
    assert tried.split_at == {8: "one point of contact"}
    assert tried.values == [float(v) for v in BEFORE + AFTER]
    with pytest.raises(RequestError, match="the word impact needs comparison families and an interval"):
        _ = tried.impact


@pytest.mark.parametrize(("after", "interval"), [(AFTER, True), (AFTER[:5], False)], ids=["six", "five"])
def test_under_six_points_on_a_side_there_is_no_interval(after, interval):
    said = fj.trial(months(BEFORE + after), START, "a trial").says
    assert ("95% interval" in said) is interval
    assert ("too few points for an interval" in said) is not interval


@pytest.mark.parametrize(
    ("start", "before", "after", "left_out"),
    [("2024-09-01", 8, 6, 0), ("2024-09-02", 8, 5, 1), ("2024-08-31", 7, 6, 1), ("2024-08-01", 7, 7, 0)],
)
def test_the_month_within_which_it_began_is_in_neither_part(start, before, after, left_out):
    tried = fj.trial(SERIES, start, "a trial")
    assert (len(tried.side("before")), len(tried.side("after")), tried.left_out) == (before, after, left_out)
    assert tried.values.count(None) == left_out
    (split,) = tried.split_at
    assert SERIES["on"].iloc[split].date() >= dt.date.fromisoformat(start) > SERIES["on"].iloc[split - 1].date()


def test_points_that_are_no_months_are_before_up_to_the_day(tmp_path):
    days = pd.DataFrame({"on": pd.to_datetime(["2024-08-03", "2024-08-20", "2024-09-14"]), "value": [20, 30, 60]})
    tried = fj.trial(days, "2024-09-10", "a trial")
    assert (tried.side("before"), tried.side("after")) == ([20, 30], [60])


def test_what_is_open_or_not_known_is_left_out_and_said():
    values = [*BEFORE[:7], None, *AFTER]
    series = months(values, is_open=[False] * 13 + [True])
    tried = fj.trial(series, START, "a trial")
    assert (len(tried.side("before")), len(tried.side("after")), tried.left_out) == (7, 5, 2)
    assert "2 points in neither" in tried.says


OTHERS = [20, 22, 21, 19, 20, 22, 21, 19, 18, 17, 19, 18, 17, 19]


def test_with_comparison_families_the_impact_is_the_difference_in_differences():
    tried = fj.trial(SERIES, START, "a trial", comparison=months(OTHERS, families=32))
    # Own: 10.5 to 6; theirs: 20.5 to 18. Month by month they move together: no spread is left.
    assert tried.impact == pytest.approx((-2.0, -2.0, -2.0))
    uneven = months([*OTHERS[:-1], 30], families=32)
    moved, low, high = fj.trial(SERIES, START, "a trial", comparison=uneven).impact
    assert moved == pytest.approx(-2 - 11 / 6) and low < moved < high and low <= 0 <= high
    said = fj.trial(SERIES, START, "a trial", comparison=uneven).says
    assert "Over the same days 32 comparison families changed by -0.67" in said
    assert "Impact, as far as these families would have gone the same way: -3.83 (95% interval" in said
    assert "it could be none" in said and "it is not none" in tried.says


def test_comparison_families_without_an_interval_give_no_impact():
    tried = fj.trial(months(BEFORE + AFTER[:4]), START, "a trial", comparison=months(OTHERS))
    assert "no impact is claimed" in tried.says and "Impact" not in tried.says
    with pytest.raises(RequestError, match="fewer than 6 points"):
        _ = tried.impact


def test_counts_of_groups_unlike_in_size_are_compared_by_family():
    more = months([v * 4 for v in OTHERS], families=32)
    tried = fj.trial(SERIES, START, "a trial", comparison=more, per_family=True)
    assert tried.change()[0] == pytest.approx(-4.5 / 8)
    assert tried.change("comparison")[0] == pytest.approx(-2.5 * 4 / 32)


@pytest.mark.parametrize("seed", range(20))
def test_the_interval_is_welchs(seed):
    from scipy.stats import ttest_ind

    dice = random.Random(seed)
    a = [dice.gauss(9, 2) for _ in range(dice.randint(6, 12))]
    b = [dice.gauss(7, 1) for _ in range(dice.randint(6, 12))]
    start = months(a + b)["on"].iloc[len(a)]
    moved, interval = fj.trial(months(a + b), f"{start:%Y-%m-%d}", "a trial").change()
    told = ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert interval == pytest.approx((told.low, told.high)) and moved == pytest.approx((told.low + told.high) / 2)


def test_points_in_any_order_are_one_series():
    mixed = SERIES.sample(frac=1, random_state=3)
    assert fj.trial(mixed, START, "a trial").points.equals(fj.trial(SERIES, START, "a trial").points)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((SERIES.drop(columns="value"), START, "x"), "series has no column 'value'"),
        ((pd.concat([SERIES, SERIES]), START, "x"), "two points on one day"),
        ((SERIES, "2024-01-01", "x"), "no point before 1 January 2024"),
        ((SERIES, "2025-03-01", "x"), "no point after 1 March 2025"),
        ((SERIES, START, " "), "a reason"),
        ((SERIES, "", "x"), "the day on which it started"),
    ],
)
def test_a_series_that_is_none_is_refused(given, says):
    with pytest.raises(RequestError, match=says):
        fj.trial(*given)


def test_the_plans_of_the_book_and_whether_the_prediction_came_first(tmp_path):
    tmp_path.mkdir(exist_ok=True)
    review = drawn(tmp_path / "data", TEXT)
    plan = {"prediction": "fewer visits", "measure": "contacts_a_month", "decided_by": "board"}
    rows = [
        plan | {"plan": "b", "start": "2024-06-01", "decided_on": "2024-06-02"},
        plan | {"plan": "a", "start": "2024-06-01", "decided_on": "2024-06-01", "stop": "2024-12-31"},
        plan | {"plan": "c", "start": "2025-01-01"},
        plan | {"plan": "d", "start": "2024-07-01", "stop": "2024-08-01", "what_happened": "no signal"},
    ]
    write(fj.write_book(review), "plans", *rows)
    told = [
        (r.plan, r.status, None if pd.isna(r.beforehand) else bool(r.beforehand)) for r in fj.plans(review).itertuples()
    ]
    assert told == [
        ("a", "to be looked at", True),
        ("b", "running", False),
        ("d", "looked at", None),
        ("c", "not begun", None),
    ]
    assert fj.plans(review).columns.tolist() == [c.name for c in fj.columns.TABLES["plans"]]


def test_no_plan_is_shown_while_a_step_of_check_is_empty(tmp_path):
    review = drawn(tmp_path / "data", TEXT)
    plan = {"plan": "a", "prediction": "fewer", "measure": "contacts_a_month", "start": "2024-06-01"}
    write(fj.write_book(review), "plans", plan | {"decided_by": "board"})
    steps = fj.six_steps(review)
    assert fj.findings.plan(steps).startswith("Plan is not shown")
    refused = fj.plans(review, steps)
    assert refused.empty and refused.columns.equals(fj.plans(review).columns)
    steps["is_empty"] = False
    assert fj.plans(review, steps)["plan"].tolist() == fj.plans(review)["plan"].tolist() == ["a"]
