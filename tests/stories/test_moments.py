"""Moments: what cannot be told apart in time is one; touches and referrals alone make them."""

import pandas as pd
import pytest

import journeys as fj
from tests.stories.conftest import drawn, moments_of, supplied

FAMILIES = {
    "each second of a day is a moment where all are timed": (
        """
        date              activity  by
        2024-03-04 09:00  visit     A
        2024-03-04 09:00  call      B
        2024-03-04 14:00  visit     C
        """,
        "{A B} {C}",
    ),
    "one touch without a time makes its day one moment": (
        """
        date              activity  by
        2024-03-04 09:00  visit     A
        2024-03-04 14:00  visit     C
        2024-03-04        visit     B
        """,
        "{A B C}",
    ),
    "one referral without a time makes its day one moment": (
        """
        date              activity  by
        2024-03-04 09:00  visit     A
        2024-03-04 14:00  visit     C
        2024-03-04        referral  B
        """,
        "{A B C}",
    ),
    "a signal without a time undoes no order": (
        """
        date              activity  by
        2024-03-04 09:00  visit     A
        2024-03-04 14:00  visit     C
        2024-03-04        N         S
        """,
        "{A} {C} and no moment: S",
    ),
    "a decision or a record without a time undoes no order": (
        """
        date              activity  by
        2024-03-04 09:00  visit     A
        2024-03-04        closed    D
        2024-03-04        case_note  R
        2024-03-04 14:00  visit     C
        """,
        "{A} {C} and no moment: D R",
    ),
    "an untimed day leaves the days beside it in order": (
        """
        date              activity  by
        2024-03-03 09:00  visit     A
        2024-03-03 14:00  visit     B
        2024-03-04        visit     C
        2024-03-04 14:00  visit     D
        2024-03-05 09:00  visit     E
        2024-03-05 10:00  visit     F
        """,
        "{A} {B} {C D} {E} {F}",
    ),
    "a month gives way to a dated touch in it": (
        """
        date        activity  by
        2024-03-04  visit     A
        2024-03     visit     M
        """,
        "{A} and no moment: M",
    ),
    "a month gives way to a dated referral in it": (
        """
        date        activity  by
        2024-03-31  referral  A
        2024-03     visit     M
        """,
        "{A} and no moment: M",
    ),
    "all that is known to one month is one moment": (
        """
        date        activity  by
        2024-03-04  visit     A
        2024-04     visit     M
        2024-04     call      N
        2024-05-02  visit     B
        """,
        "{A} {M N} {B}",
    ),
    "a month does not give way to a signal": (
        """
        date        activity  by
        2024-03-20  N         S
        2024-03     visit     M
        """,
        "{M} and no moment: S",
    ),
    "a month does not give way to the first day of the next": (
        """
        date        activity  by
        2024-02     visit     M
        2024-03-01  visit     A
        """,
        "{M} {A}",
    ),
    "a month gives way to its last day": (
        """
        date        activity  by
        2024-02     visit     M
        2024-02-29  visit     A
        """,
        "{A} and no moment: M",
    ),
    "two months beside one another are two moments": (
        """
        date        activity  by
        2024-04     visit     N
        2024-03     visit     M
        """,
        "{M} {N}",
    ),
    "months of one name in two years are two moments": (
        """
        date        activity  by
        2023-04     visit     M
        2024-04     visit     N
        """,
        "{M} {N}",
    ),
    "a year has no moment": (
        """
        date        activity  by
        2023        visit     Y
        2024-05-02  visit     B
        """,
        "{B} and no moment: Y",
    ),
    "a year has no moment even in a family that has no other": (
        """
        date        activity  by
        2023        visit     Y
        2023        call      Z
        2024        N         S
        """,
        "and no moment: S Y Z",
    ),
    "about a day has no moment": (
        """
        date        activity  by  about
        2024-03-04  visit     A   approximate
        2024-03-09  visit     B   –
        """,
        "{B} and no moment: A",
    ),
    "about a day is no dated touch, so the month has its moment": (
        """
        date        activity  by  about
        2024-03-04  visit     A   approximate
        2024-03     visit     M   –
        """,
        "{M} and no moment: A",
    ),
    "a span has no moment": (
        """
        date        activity  by  earliest    latest
        –           visit     A   2024-05-08  2024-05-10
        2024-05-09  visit     B   –           –
        """,
        "{B} and no moment: A",
    ),
    "a month of a signal makes no moment": (
        """
        date        activity  by
        2024-03     N         S
        2024-04-02  visit     A
        """,
        "{A} and no moment: S",
    ),
    "a life event makes no moment": (
        """
        date        activity  by
        2024-03-03  birth     L
        2024-04-02  visit     A
        """,
        "{A} and no moment: L",
    ),
    "an activity that nobody listed makes no moment beside listed ones": (
        """
        date        activity      by
        2024-03-03  xyzzy         U
        2024-04-02  visit         A
        """,
        "{A} and no moment: U",
    ),
}


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("moments") / "data", {name: text for name, (text, _) in FAMILIES.items()})


@pytest.mark.parametrize("rule", FAMILIES)
def test_moments(review, rule):
    assert moments_of(review, rule) == FAMILIES[rule][1]


def steps_of(review, family):
    frame = review[family].steps
    return {
        r.professional_id: tuple(None if pd.isna(v) else int(v) for v in (r.step, r.moment, r.days_since_last))
        for r in frame.itertuples()
    }


def test_contacts_of_one_moment_share_a_step_and_the_next_counts_them_all(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date              activity  by
        F1      2024-03-04 09:00  visit     A
        F1      2024-03-04 09:00  call      B
        F1      2024-03-04 14:00  visit     C
        F1      2024-03-05        N         S
        F1      2024-03-11        visit     D
        F1      2024-03-11        visit     E
        F1      2024-03-12 08:00  visit     F
        """,
    )
    assert steps_of(review, "F1") == {
        "A": (1, 1, None),
        "B": (1, 1, None),
        "C": (3, 2, 0),
        "S": (None, None, None),
        "D": (4, 3, 7),
        "E": (4, 3, 7),
        "F": (6, 4, 1),
    }


def test_days_are_empty_into_and_out_of_a_months_moment_and_the_moves_stand(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity    by
        F1      2024-03-04  visit       A
        F1      2024-04     call        M
        F1      2024-04     call        N
        F1      2024-05-02  meeting     B
        F1      2024-05-09  assessment  C
        """,
    )
    assert {k: v[2] for k, v in steps_of(review, "F1").items()} == {"A": None, "M": None, "N": None, "B": None, "C": 7}
    graph = review.map()
    assert graph.graph["moves"] == 3
    assert {(a, b): (e["moves"], e["days_median"]) for a, b, e in graph.edges(data=True)} == {
        ("visit", "call"): (1.0, None),
        ("call", "meeting"): (1.0, None),
        ("meeting", "assessment"): (1.0, 7.0),
    }


def test_another_familys_dated_touch_takes_no_months_moment_away(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity  by
        F1      2024-03     visit     M
        F2      2024-03-04  visit     A
        """,
    )
    assert (moments_of(review, "F1"), moments_of(review, "F2")) == ("{M}", "{A}")


def test_another_familys_untimed_touch_makes_no_day_one_moment(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date              activity  by
        F1      2024-03-04 09:00  visit     A
        F1      2024-03-04 10:00  visit     B
        F2      2024-03-04        visit     C
        """,
    )
    assert moments_of(review, "F1") == "{A} {B}"


def test_an_untimed_touch_of_another_agency_makes_the_familys_day_one_moment(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date              agency  activity  by
        F1      2024-03-04 09:00  school  visit     A
        F1      2024-03-04 10:00  school  visit     B
        F1      2024-03-04        gp      consult   C
        """,
    )
    assert moments_of(review, "F1") == "{A B C}"


def test_a_version_that_moves_a_contact_to_another_day_moves_it_between_moments(tmp_path):
    text = """
        family  date        activity  by  id  recorded
        F1      2024-03-04  visit     A   1   2024-03-04
        F1      2024-03-05  visit     B   2   2024-03-05
        F1      2024-03-05  visit     A   1   2024-03-20
        """
    assert moments_of(drawn(tmp_path / "now", text)) == "{A B}"
    assert moments_of(drawn(tmp_path / "then", text, as_at="2024-03-19")) == "{A} {B}"


def test_steps_hold_everything_that_fits_a_family_moment_or_none(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity   by
        F1      2023        visit      Y
        F1      2024-03-04  present    P
        F1      2024-03-04  birth      L
        F1      2024-03-05  visit      A
        F1      2024-03-05  closed     D
        """,
    )
    assert len(review.steps) == 5
    assert review.steps.df()["moment"].notna().sum() == 1


def test_where_a_log_maps_to_no_activity_at_all_every_row_is_a_touch(tmp_path):
    log = "Ref,Person,When,What,Outcome,Recorded\n1,P1,01/05/2024,frobnicate,,\n2,P1,02/05/2024,twiddle,,\n"
    members = pd.DataFrame({"person_id": ["police:P1"], "family_id": ["F1"]})
    review = fj.build_journeys(fj.read_contacts(supplied(tmp_path / "data", {"police.csv": log})), members)
    assert review["F1"].steps["nature"].tolist() == ["touch", "touch"]
    assert review.map().edges["frobnicate", "twiddle"]["moves"] == 1.0


def test_contacts_before_the_period_stay_in_the_journey_marked(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity  by
        F1      2024-03-31  visit     A
        F1      2024-04-01  visit     B
        F1      2024-04     call      M
        """,
        start="2024-04-01",
    )
    steps = review["F1"].steps.set_index("professional_id")["before_period"]
    assert {k: bool(v) for k, v in steps.items()} == {"A": True, "B": False, "M": False}
    assert moments_of(review).startswith("{A} {B}")
