"""Long series of a family: what falls in a month, what is a gap, what is open, and days between crises."""

import pandas as pd
import pytest

import journeys as fj
from journeys import series
from lib.errors import RequestError


def shown(frame, *columns):
    """A series' rows as text: the day, the value, and `open`."""
    rows = []
    for row in frame.itertuples():
        value = "gap" if pd.isna(row.value) else f"{row.value:g}"
        rows.append(f"{row.on:%-d %b} {value}{' open' if row.is_open else ''}")
    return rows


TWO = """
date        agency  activity  nature
2024-02-05  school  meeting   touch
2024-02-29  gp      consult   touch
2024-04-01  gp      consult   touch
2024-04-02  school  absence_ill  signal
"""


def test_a_month_with_no_contact_is_nought_and_one_that_nobody_covers_is_a_gap(family):
    review = family(TWO, covers={"school": ("2024-02-01", "2024-04-30"), "gp": ("2024-02-01", "2024-05-31")},
                    start="2024-01-01", end="2024-06-30")  # fmt: skip
    frame = fj.measures.monthly(review)
    assert shown(frame) == ["1 Jan gap", "1 Feb 2", "1 Mar 0", "1 Apr 1", "1 May 0", "1 Jun gap"]
    assert frame["agencies"].tolist() == [0, 2, 2, 2, 1, 0]
    assert set(frame["of_agencies"]) == {2}


def test_a_month_covered_less_its_last_day_is_a_gap(family):
    for last, value in (("2024-02-28", "gap"), ("2024-02-29", "2")):
        review = family(TWO, covers={"school": ("2024-02-01", last), "gp": ("2024-02-01", last)},
                        start="2024-02-01", end="2024-03-31")  # fmt: skip
        assert shown(fj.measures.monthly(review))[0] == f"1 Feb {value}"


def test_the_month_that_is_not_over_is_open_and_one_begun_before_the_period_is_left_out(family):
    review = family(TWO, start="2024-01-02", end="2024-04-29")
    assert shown(fj.measures.monthly(review)) == ["1 Feb 2", "1 Mar 0", "1 Apr 1 open"]
    assert shown(fj.measures.monthly(family(TWO, start="2024-02-01", end="2024-04-30")))[-1] == "1 Apr 1"


VAGUE = """
date        activity
2024-02     meeting
2024        meeting
2024-03-01  meeting
"""


def test_a_contact_known_to_the_month_is_in_it_and_one_known_to_the_year_is_in_none(family):
    frame = fj.measures.monthly(family(VAGUE, start="2024-02-01", end="2024-12-31"))
    assert shown(frame)[:2] == ["1 Feb 1", "1 Mar 1"]
    assert frame["value"].sum() == 2
    assert frame.attrs["says"] == "1 contact is not known to the month, and in none of them."


def test_a_contact_of_a_child_in_two_families_counts_once(family):
    members = pd.DataFrame([("log:P1", f, None, None, "separated parents") for f in ("F1", "F2")],
                           columns=["person_id", "family_id", "from_date", "to_date", "because"])  # fmt: skip
    review = family(
        "date  person  activity\n2024-02-05  P1  meeting", members=members, start="2024-02-01", end="2024-02-29"
    )
    assert shown(fj.measures.monthly(review)) == ["1 Feb 1"]
    assert fj.measures.monthly(review)["families"].tolist() == [2]
    assert shown(fj.measures.monthly(review["F2"])) == ["1 Feb 1"]


MARKS = """
date        agency  person  activity
2024-06-03  school  P1      present
2024-06-04  school  P1      present
2024-06-05  school  P1      absence_ill
2024-06-06  school  P2      absence_unexplained
2024-06-06  school  P1      not_required
2024-07-01  school  P1      late
2024-09-02  school  P1      absence_authorised
2024-09-03  school  P1      exclusion
2024-09-03  gp      P1      absence_ill
2024-09-04  school  –       absence_ill
"""


def test_attendance_counts_possible_sessions_and_a_month_without_one_is_a_gap(family):
    journey = family(MARKS, start="2024-06-01", end="2024-09-30")["F1"]
    frame = fj.measures.attendance(journey)
    assert shown(frame) == ["1 Jun 0.5", "1 Jul gap", "1 Aug gap", "1 Sep 0"]
    assert frame["possible"].tolist() == [4, 0, 0, 1]
    assert frame["missed"].tolist() == [2, 0, 0, 1]
    assert frame["people"].tolist() == [2, 0, 0, 1]


def test_each_child_has_a_line_of_its_own(family):
    journey = family(MARKS, start="2024-06-01", end="2024-09-30")["F1"]
    first, second = series.pupils(journey)
    assert shown(series.attendance(journey, person=first)) == ["1 Jun 0.666667", "1 Jul gap", "1 Aug gap", "1 Sep 0"]
    assert shown(series.attendance(journey, person=second)) == ["1 Jun 0", "1 Jul gap", "1 Aug gap", "1 Sep gap"]


def test_absences_alone_are_no_share_of_anything(family):
    journey = family("date  person  activity\n2024-06-03  P1  absence_ill", start="2024-06-01", end="2024-06-30")["F1"]
    assert shown(fj.measures.attendance(journey)) == ["1 Jun gap"]
    assert series.pupils(journey) == []


CRISES = """
date        agency    activity
2024-01-10  police    domestic_abuse_incident
2024-01-10  hospital  ae_attendance
2024-01-20  hospital  ae_attendance
2024-02-05  gp        consult
2024-03-20  police    domestic_abuse_incident
"""


def waits(family, text, **how):
    return shown(fj.measures.between_crises(family(text, start="2024-01-01", **how)["F1"]))


def test_days_from_crisis_to_crisis_and_the_wait_that_still_runs(family):
    assert waits(family, CRISES, end="2024-04-30") == ["20 Jan 10", "20 Mar 60", "30 Apr 41 open"]


def test_a_wait_runs_no_further_than_the_records_of_those_who_could_end_it(family):
    covers = {"police": ("2024-01-01", "2024-04-01"), "hospital": ("2024-01-01", "2024-04-30")}
    assert waits(family, CRISES, covers=covers, end="2024-04-30")[-1] == "1 Apr 12 open"


@pytest.mark.parametrize(
    ("vague", "found"),
    [
        ("2024-02", ["20 Jan 10", "20 Mar gap", "30 Apr 41 open"]),
        ("2024-03", ["20 Jan 10", "20 Mar gap", "30 Apr gap open"]),
        ("2024-01", ["20 Jan gap", "20 Mar gap", "30 Apr 41 open"]),
        ("2023-12", ["20 Jan 10", "20 Mar 60", "30 Apr 41 open"]),
    ],
)
def test_a_crisis_known_only_to_the_month_gives_no_gap_and_spoils_those_it_may_lie_in(family, vague, found):
    assert waits(family, CRISES + f"{vague}  police  domestic_abuse_incident", end="2024-04-30") == found


def test_one_crisis_gives_the_open_wait_alone_and_none_gives_nothing(family):
    assert waits(family, "date  activity\n2024-01-10  ae_attendance", end="2024-01-31") == ["31 Jan 21 open"]
    assert waits(family, "date  activity\n2024-01-10  meeting", end="2024-01-31") == []


def test_what_is_no_review_and_no_journey_is_refused(family):
    review = family(TWO, end="2024-04-30")
    with pytest.raises(RequestError, match="not what build_journeys gives"):
        fj.measures.monthly(review.steps)
    with pytest.raises(RequestError, match="not one family's journey"):
        fj.measures.between_crises(review)
    with pytest.raises(RequestError, match="not what build_journeys gives"):
        fj.measures.attendance(review.steps)
