"""A month beside the months before it: what is a signal, what is noise, what cannot be told; what is open; what is late."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import journeys as fj
from journeys.months import MEASURES, beyond_noise, month_by_month, month_of
from lib.errors import RequestError
from tests.stories.conftest import drawn, rule, supplied

FIVE = ["F1", "F2", "F3", "F4", "F5"]


def visits(numbers, first=(2024, 1), agency="school"):
    """A log with so many visits in each month from the first, spread over families and days."""
    lines, made = ["family  date        agency  activity  id"], 0
    for n, number in enumerate(numbers):
        year, month = first[0] + (first[1] - 1 + n) // 12, (first[1] - 1 + n) % 12 + 1
        for k in range(number):
            made += 1
            lines.append(f"{FIVE[k % 5]}  {year}-{month:02d}-{1 + k:02d}  {agency}  visit  v{made}")
    return "\n".join(lines)


def told(root, numbers, cover_to=None, **more):
    """What is said of the contacts of the last month."""
    end = pd.Timestamp(2024, 1, 1) + pd.DateOffset(months=len(numbers)) - pd.Timedelta(days=1)
    drawn(root, visits(numbers), cover_to=cover_to or f"{end:%Y-%m-%d}", **more)
    review = fj.build_journeys(fj.read_contacts(root), start="2024-01-01", end=end.date())
    frame = month_by_month(review)
    return beyond_noise(frame).set_index("measure").loc["contacts"], frame


STEADY = [4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4]


def test_a_month_within_its_limits_is_left_alone(tmp_path):
    row, _ = told(tmp_path / "data", [*STEADY, 5])
    assert (row["value"], row["before"], row["status"]) == (5, 4, "no signal: leave it alone")


@pytest.mark.parametrize(("last", "status"), [(7, "no signal: leave it alone"), (12, "signal")])
def test_a_month_beyond_its_limits_is_a_signal_and_one_more_than_the_last_is_none(tmp_path, last, status):
    row, _ = told(tmp_path / "data", [*STEADY, last])
    assert row["status"] == status


def test_a_signal_of_an_earlier_month_is_not_one_of_this(tmp_path):
    row, _ = told(tmp_path / "data", [5, 6, 5, 6, 12, 6, 5, 7, 7, 5, 6, 7])
    assert row["status"] == "no signal: leave it alone"


def test_eight_months_on_one_side_are_a_signal_that_the_eighth_shows(tmp_path):
    shift = [3, 4, 3, 4, 3, 4, 3, 4, 6, 7, 6, 7, 6, 7, 6, 7]
    seventh, _ = told(tmp_path / "seven", shift[:-1])
    eighth, _ = told(tmp_path / "eight", shift)
    assert eighth["reads"].startswith("signal: 8 months in a row above its mean")
    assert "8 months in a row" not in seventh["reads"]


@pytest.mark.parametrize(("months", "status"), [(5, "cannot be told"), (6, "no signal: leave it alone")])
def test_under_six_months_nothing_is_told(tmp_path, months, status):
    row, _ = told(tmp_path / "data", STEADY[:months])
    assert row["status"] == status
    assert pd.isna(row["upper"]) == (months < 6)


@pytest.mark.parametrize(("numbers", "is_rare"), [([1, 0] * 6, True), ([1, 1] * 6, False)])
def test_what_is_rarer_than_one_a_month_has_no_limits_by_the_month(tmp_path, numbers, is_rare):
    row, _ = told(tmp_path / "data", numbers)
    assert row["reads"].startswith("too rare") == is_rare
    assert pd.isna(row["upper"]) == is_rare


def test_less_than_usual_is_not_told_while_records_are_not_in_and_more_than_usual_is(tmp_path):
    def late(root, last):
        end, more = "2024-12-31", "\nF1  2024-02-02  gp  visit  g1"
        drawn(root, visits([*STEADY, last]) + more, covers={"gp": ("2024-01-01", "2024-11-30")}, cover_to=end)
        review = fj.build_journeys(fj.read_contacts(root), start="2024-01-01", end=end)
        return beyond_noise(month_by_month(review)).set_index("measure").loc["contacts"]

    less, more, same = late(tmp_path / "less", 0), late(tmp_path / "more", 14), late(tmp_path / "same", 4)
    assert (less["status"], more["status"]) == ("cannot be told", "signal")
    assert same["reads"] == "no signal: leave it alone (the records of 1 agency are not in: it may be more)"


def test_the_measures_stand_in_the_same_order_outcomes_first(tmp_path):
    _, frame = told(tmp_path / "data", STEADY)
    assert tuple(frame["measure"].unique()) == MEASURES
    kinds = list(dict.fromkeys(frame["kind"]))
    assert kinds == ["outcome", "output"]


def test_a_month_is_given_whole_or_is_the_last_whole_one(tmp_path):
    drawn(tmp_path / "data", visits([3, 3, 3]), cover_to="2024-03-30")
    contacts = fj.read_contacts(tmp_path / "data")
    assert month_of(contacts).says == "February 2024"
    assert month_of(contacts, end="2024-03-31").says == "March 2024"
    assert month_of(contacts, "2024-02-01", "2024-02-29").last == dt.date(2024, 2, 29)
    for start, end in (("2024-02-02", "2024-02-29"), ("2024-01-01", "2024-02-29")):
        with pytest.raises(RequestError, match="is not one whole month"):
            month_of(contacts, start, end)
    with pytest.raises(RequestError, match="too few"):
        month_of(contacts).history(5)


PAIR = {"pair": rule("follow", "visit", then="call", within_days=90)}


def test_what_was_known_this_month_and_what_of_before_is_still_open(tmp_path):
    text = """
        family  date        agency    activity  id
        F1      2024-01-10  school    visit     a
        F1      2024-02-20  school    call      b
        F2      2024-02-01  school    visit     a
        F2      2024-03-05  school    call      b
        F3      2024-02-03  school    visit     a
        F3      2024-03-06  school    call      b
        F3      2024-03-08  early_help  support  h
    """
    drawn(tmp_path / "data", text, cover_to="2024-03-31", triggers=PAIR)
    review = fj.build_journeys(fj.read_contacts(tmp_path / "data"), end="2024-03-31")
    firings = fj.find_triggers(review)
    month = month_of(fj.read_contacts(tmp_path / "data"))
    frame = fj.measures.opened(firings, month.first, month.last)
    row = frame.set_index("trigger").loc["pair"]
    by_hand = firings.df().query("trigger == 'pair'")
    now = by_hand[by_hand["known_on"] >= "2024-03-01"]
    assert row["known"] == len(now) == 2
    assert row["answered"] + row["open"] + row["not_answered"] == row["known"]
    assert row["answered"] == now["answered_on"].notna().sum()
    earlier = by_hand[by_hand["known_on"] < "2024-03-01"]
    assert row["open_from_before"] == int((earlier["is_open"].astype(bool) & earlier["answered_on"].isna()).sum())
    assert fj.findings.opened(firings, month).startswith("2 firings could be known in March 2024")


def test_an_agency_whose_records_end_early_and_one_silent_for_a_month_are_told(tmp_path):
    text = visits([2, 2, 2, 2]) + "\nF1  2024-01-05  gp  visit  g1\nF1  2024-03-05  gp  visit  g2"
    drawn(tmp_path / "data", text, covers={"gp": ("2024-01-01", "2024-04-20")}, cover_to="2024-04-30")
    review = fj.build_journeys(fj.read_contacts(tmp_path / "data"), start="2024-01-01", end="2024-04-30")
    late = fj.measures.supplied(review).set_index("agency")
    gp = late.loc["GP"]
    assert (gp["days_late"], gp["empty_months"]) == (10, 1)
    assert late["days_late"].sum() == 10
    assert "end before 30 April 2024" in fj.findings.supplied(
        late.reset_index(), month_of(fj.read_contacts(tmp_path / "data"))
    )


def test_an_agency_that_declares_nothing_is_neither_late_nor_in_time(tmp_path):
    rows = "".join(f"{n},F1,0{n}/03/2024,school,visit\n" for n in range(1, 6))
    log = f"contact_id,family_id,date,agency,contact_type\n{rows}"
    supplied(tmp_path / "data", {"log.csv": log}, {"log.csv": {"format": "contact_log"}})
    review = fj.build_journeys(fj.read_contacts(tmp_path / "data"), start="2024-01-01", end="2024-04-30")
    late = fj.measures.supplied(review)
    assert late["days_late"].isna().all() and not late["is_declared"].any()
    words = fj.findings.supplied(late, month_of(fj.read_contacts(tmp_path / "data"), end="2024-04-30"))
    assert words.startswith("No agency says how far its records reach")


def test_stories_that_are_over_have_no_month_to_come_back_to():
    with pytest.raises(RequestError, match="stories that are over"):
        month_of(fj.read_contacts("published"))


@pytest.mark.parametrize(("end", "is_refused"), [("2024-01-30", True), ("2024-01-31", False)])
def test_where_no_month_is_over_nothing_is_told(tmp_path, end, is_refused):
    drawn(tmp_path / "data", visits([3]), cover_to="2024-01-31")
    review = fj.build_journeys(fj.read_contacts(tmp_path / "data"), start="2024-01-01", end=end)
    if is_refused:
        with pytest.raises(RequestError, match="no month of this period is over"):
            beyond_noise(month_by_month(review))
    else:
        assert set(beyond_noise(month_by_month(review))["status"]) == {"cannot be told"}
