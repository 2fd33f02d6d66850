"""Flow: both clocks, what came of referrals, the story told again, assessments, professionals at once, value steps."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import journeys as fj
from journeys import staffing, story
from journeys.columns import TABLES
from lib.errors import RequestError, RuleError
from tests.stories.conftest import drawn

WHOLE = """
    family  date        agency       activity              to           need  outcome  id
    F1      2024-01-10  housing      intake                –            N1    –        a1
    F1      2024-02-01  school       referral              early_help   N1    –        r1
    F1      2024-02-20  early_help   not_eligible          –            N1    –        a2
    F1      2024-03-01  school       referral              social_care  N1    –        r2
    F1      2024-03-08  social_care  intake                –            N1    –        a3
    F1      2024-03-08  social_care  assessment            –            N1    –        a4
    F1      2024-03-15  social_care  referral              early_help   N1    –        r3
    F1      2024-03-20  social_care  assessment            –            N1    –        a5
    F1      2024-03-21  police       safety_check          –            –     –        a6
    F1      2024-03-29  early_help   referral              social_care  N1    –        r4
    F1      2024-04-12  social_care  visit                 –            N1    –        a7
    F1      2024-04-15  social_care  feedback_to_referrer  early_help   N1    –        b1
    F1      2024-04-30  social_care  closed                –            N1    –        c1
    F1      2024-05-19  early_help   help_started          –            N1    –        h1
    F1      2024-04-01  gp           consult               –            N2    –        a8
    F1      2024-04-02  gp           referral              camhs        N2    –        r5
    F1      2024-06-01  housing      call                  –            N3    –        a9
    F1      2024-07-01  camhs        case_note             –            N2    –        n1
    """
"""One family, three needs, five referrals."""

MET = [
    {
        "need_id": "N1",
        "family_id": "F1",
        "words": "a dry flat",
        "met_on": dt.date(2024, 5, 19),
        "met_by_whose_view": "the family",
    },
    {"need_id": "N3", "family_id": "F1", "words": "", "met_on": dt.date(2024, 6, 21), "met_by_whose_view": "mother"},
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("flow") / "data", WHOLE)


def own(contact):
    return None if pd.isna(contact) else str(contact).split(":")[-1].split(".")[-1]


def clocks(review, needs=()):
    """need, whose clock, days, open, how."""
    rows = fj.two_clocks(review, needs).df().itertuples()
    return [(r.need_id, "family" if pd.isna(r.agency) else r.agency, int(r.days), bool(r.is_open), r.how) for r in rows]


def came(review):
    """The referral, what came of it, bounce, in a loop, feedback, what it follows."""
    rows = fj.passed(review).df().itertuples()
    return {
        own(r.contact_id): (r.came, None if pd.isna(r.bounce) else r.bounce, None if pd.isna(r.in_loop) else bool(r.in_loop),
                            own(r.feedback_by), own(r.follows))
        for r in rows
    }  # fmt: skip


def measured(review, **more):
    """measure -> n, of, possible, open, not told, median."""
    rows = fj.measures.referral_flow(review, **more).itertuples()
    return {
        r.measure: tuple(None if pd.isna(v) else int(v) for v in (r.n, r.of, r.possible, r.open, r.not_told, r.median))
        for r in rows
    }


# Clocks


def test_the_familys_clock_runs_from_first_asked_to_met_and_an_agencys_from_referral_to_closure(whole):
    assert clocks(whole, MET) == [
        ("N1", "family", 130, False, "book"),
        ("N1", "early_help", 19, False, "book"),
        ("N1", "social_care", 60, False, "book"),
        ("N2", "family", 274, True, "log"),
        ("N2", "camhs", 273, True, "log"),
        ("N3", "family", 20, False, "book"),
    ]


def test_the_median_counts_the_open_ones(whole):
    row = fj.measures.needs(whole, MET).iloc[0]
    assert (row.needs, row.ended, row.open, row.days_median, row.days_longest_open) == (3, 2, 1, 130, 274)
    assert (row.named_by_people, row.named_in_rows, row.inferred, row.families_not_told) == (2, 1, 0, 0)


def test_the_median_is_not_reached_where_half_have_not_ended(whole):
    row = fj.measures.needs(whole, MET[1:]).iloc[0]
    assert (row.ended, row.open) == (1, 2) and pd.isna(row.days_median)
    assert "the median is not reached: half have not ended" in fj.findings.flow(whole, MET[1:])


@pytest.mark.parametrize(
    ("view", "is_open"), [("the family", False), ("grandmother", False), ("", True), ("Early help", True)]
)
def test_met_is_met_in_the_familys_view_alone(whole, view, is_open):
    rows = clocks(whole, [MET[0] | {"met_by_whose_view": view}])
    assert rows[0][3] is is_open


def test_a_need_met_after_the_day_as_at_which_is_open_still(tmp_path):
    review = drawn(tmp_path / "data", WHOLE, as_at="2024-05-18")
    assert clocks(review, MET[:1])[0] == ("N1", "family", 129, True, "book")


def test_a_need_first_asked_for_after_the_period_is_not_there_yet(tmp_path):
    review = drawn(tmp_path / "data", WHOLE, as_at="2024-05-18")
    later = {"need_id": "N9", "family_id": "F1", "first_asked_on": dt.date(2024, 5, 19)}
    assert [r[0] for r in clocks(review, [later])] == [r[0] for r in clocks(review)]


def test_the_day_people_give_wins_over_the_rows(whole):
    told = MET[0] | {"first_asked_on": dt.date(2024, 1, 1)}
    assert clocks(whole, [told])[0][2] == 139


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([MET[0]], "given twice"),
        ([MET[1] | {"first_asked_on": dt.date(2024, 7, 1)}], "met before it was first asked for"),
        ([MET[1] | {"met_on": dt.date(2024, 5, 31)}], "met before its first row"),
        ([MET[1] | {"need_id": ""}], "lacks its family_id or its need_id"),
    ],
)
def test_needs_that_cannot_be_are_refused(whole, more, words):
    with pytest.raises(RequestError, match=words):
        fj.two_clocks(whole, [MET[0], *more])


def test_where_no_row_names_a_need_it_is_what_the_contact_is_plainly_about_and_the_figure_says_so(family):
    review = family("""
        date        agency   activity               id
        2024-03-01  housing  homelessness_approach  1
        2024-04-01  housing  homelessness_approach  2
    """)
    assert clocks(review) == [("housing", "family", 305, True, "inferred")]
    assert "1 need is inferred from what the contacts were plainly about" in fj.findings.flow(review)


def test_a_row_that_names_a_need_leaves_nothing_to_infer(family):
    review = family("""
        date        agency   activity               need  id
        2024-03-01  housing  homelessness_approach  –     1
        2024-04-01  housing  call                   N1    2
    """)
    assert [(r[0], r[4]) for r in clocks(review)] == [("N1", "log")]


def test_where_nothing_names_a_need_the_clock_is_refused_in_words(family):
    review = family("""
        date        agency  activity  to           id
        2024-03-01  school  referral  social_care  1
    """)
    assert clocks(review) == []
    row = fj.measures.needs(review).iloc[0]
    assert row.needs == 0 and row.families_not_told == 1 and pd.isna(row.days_median)
    assert "the family's clock is not told, and no agency's clock stands in for it" in fj.findings.flow(review)


def test_a_month_counts_from_its_last_day_and_is_said_to_be_inexact(family):
    review = family("""
        date     agency  activity  need  id
        2024-03  gp      consult   N1    1
    """)
    row = fj.two_clocks(review).df().iloc[0]
    assert row.days == 275 and not row.is_exact


# Referrals


def test_what_came_of_each_referral(whole):
    assert came(whole) == {
        "r1": ("sent back", None, False, None, None),
        "r2": ("passed on", None, False, None, None),
        "r3": ("sent back", "certain", True, None, "r2"),
        "r4": ("taken on", None, True, "b1", "r3"),
        "r5": ("no recorded answer", None, False, None, None),
    }


def test_bounces_dead_ends_rejections_loops_feedback_and_chains(whole):
    found = measured(whole, needs=MET)
    assert found["bounces"][:3] == (1, 5, 0)
    assert found["dead ends"][:2] == (1, 5)
    assert found["rejections"][:2] == (1, 5)
    assert found["loops"][:2] == (2, 5)
    assert found["feedback"][:2] == (1, 5)
    chains = {c.need: (c.referrals, c.value_on is None) for c in fj.passed(whole, MET).owner.chains}
    assert chains == {"N1": (4, False), "N2": (1, True), "N3": (0, True)}


@pytest.mark.parametrize(("as_at", "dead", "still"), [("2024-04-29", 0, 1), ("2024-04-30", 1, 0)])
def test_a_referral_is_a_dead_end_once_its_days_have_run(tmp_path, as_at, dead, still):
    found = measured(drawn(tmp_path / "data", WHOLE, as_at=as_at))
    assert (found["dead ends"][0], found["dead ends"][3]) == (dead, still)


ROUND = """
    date        agency      activity  to          need  id
    {0}  school      referral  early_help  N1    1
    {1}  early_help  referral  {3}  {2}  2
    """
BOUNCES = {
    "there and back": (("2024-05-01", "2024-05-08", "N1", "school"), "certain"),
    "on another need is no bounce": (("2024-05-01", "2024-05-08", "N2", "school"), None),
    "on no need is no bounce": (("2024-05-01", "2024-05-08", "–", "school"), None),
    "to a third is no bounce": (("2024-05-01", "2024-05-08", "N1", "gp"), None),
    "on one day either may have come first": (("2024-05-01", "2024-05-01", "N1", "school"), "possible"),
    "a month that may lie after": (("2024-05-08", "2024-05", "N1", "school"), "possible"),
}


@pytest.mark.parametrize("name", BOUNCES)
def test_bounces(family, name):
    cells, expected = BOUNCES[name]
    assert came(family(ROUND.format(*cells)))["1"][1] == expected


def test_a_referral_between_the_two_makes_it_no_bounce(family):
    text = ROUND.format("2024-05-01", "2024-05-08", "N1", "school") + "2024-05-04  school  referral  gp  N1  3\n"
    assert came(family(text))["1"][1] is None


def test_a_referral_between_the_two_on_another_need_changes_nothing(family):
    text = ROUND.format("2024-05-01", "2024-05-08", "N1", "school") + "2024-05-04  school  referral  gp  N2  3\n"
    assert came(family(text))["1"][1] == "certain"


def test_a_graph_without_a_ring_has_no_loop(family):
    review = family("""
        date        agency       activity  to           need  id
        2024-05-01  school       referral  early_help   N1    1
        2024-05-08  early_help   referral  social_care  N1    2
        2024-05-15  school       referral  social_care  N1    3
        2024-05-22  early_help   referral  school       N2    4
    """)
    assert measured(review)["loops"][:2] == (0, 4)


def test_a_ring_of_three_is_a_loop_with_no_bounce(family):
    review = family("""
        date        agency       activity  to           need  id
        2024-05-01  school       referral  early_help   N1    1
        2024-05-08  early_help   referral  social_care  N1    2
        2024-05-15  social_care  referral  school       N1    3
        2024-05-22  school       referral  gp           N1    4
    """)
    found = measured(review)
    assert found["loops"][:2] == (3, 4) and found["bounces"][0] == 0


def test_a_referral_without_a_need_is_counted_apart(family):
    review = family("""
        date        agency  activity  to          need  id
        2024-05-01  school  referral  early_help  –     1
        2024-05-02  school  referral  early_help  N1    2
    """)
    found = measured(review)
    assert found["bounces"][1] == found["loops"][1] == 1 and found["bounces"][4] == found["loops"][4] == 1
    assert found["dead ends"][1] == 2


def test_an_outcome_in_the_agencys_words_rejects_as_the_activity_does(family):
    review = family("""
        date        agency      activity  to          need  outcome  id
        2024-05-01  school      referral  early_help  N1    –        1
        2024-05-08  early_help  visit     –           N1    NFA      2
    """)
    assert measured(review)["rejections"][0] == 1


def test_an_answer_is_not_yet_feedback(family):
    review = family("""
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-05-08  early_help  visit     –           N1    2
    """)
    assert measured(review)["feedback"][:2] == (0, 1)


@pytest.mark.parametrize(
    ("line", "n"),
    [
        ("2024-05-10  early_help  feedback_to_referrer  school  N1  3", 1),
        ("2024-05-10  early_help  feedback_to_referrer  –  –  3", 1),
        ("2024-05-10  early_help  feedback_to_referrer  gp  N1  3", 0),
        ("2024-05-10  gp  feedback_to_referrer  school  N1  3", 0),
        ("2024-04-30  early_help  feedback_to_referrer  school  N1  3", 0),
        ("2024-05-10  early_help  feedback_to_referrer  school  N2  3", 0),
    ],
)
def test_feedback_is_from_the_receiver_to_the_referrer_about_the_need(family, line, n):
    text = "date  agency  activity  to  need  id\n2024-05-01  school  referral  early_help  N1  1\n" + line
    assert measured(family(text))["feedback"][0] == n


def test_one_row_of_feedback_is_for_one_referral(family):
    review = family("""
        date        agency      activity              to          need  id
        2024-05-01  school      referral              early_help  N1    1
        2024-05-02  school      referral              early_help  N1    2
        2024-05-10  early_help  feedback_to_referrer  school      N1    3
    """)
    assert {k: v[3] for k, v in came(review).items()} == {"1": "3", "2": None}


def test_a_referral_sent_there_and_back_again_starts_afresh(family):
    review = family("""
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-05-08  early_help  referral  school      N1    2
        2024-05-15  school      referral  early_help  N1    3
    """)
    found = came(review)
    assert [(found[i][0], found[i][4]) for i in "123"] == [
        ("sent back", None),
        ("taken on", "1"),
        ("no recorded answer", None),
    ]
    assert measured(review)["bounces"][0] == 2


# The story, and assessments


def test_the_story_is_told_by_agency_and_moment_and_a_safety_check_is_no_telling(whole):
    row = fj.measures.story(whole).iloc[0]
    assert (row.told, row.agencies, row.again) == (3, 2, 2)


def test_two_agencies_in_one_moment_are_two_tellings(family):
    review = family("""
        date        agency       activity    id
        2024-05-01  social_care  assessment  1
        2024-05-01  housing      intake      2
    """)
    assert story.told(review).iloc[0].tolist() == ["F1", 2, 2, 1]


def test_nobody_who_was_never_asked_was_asked_again(family):
    review = family("date  agency  activity  id\n2024-05-01  police  safety_check  1")
    assert fj.measures.story(review).iloc[0].tolist() == ["F1", 0, 0, 0, 0]


def test_a_question_of_safety_can_be_no_telling(tmp_path):
    with pytest.raises(RuleError, match="a question of safety is neither the story told again nor help"):
        drawn(tmp_path / "data", WHOLE, activities={"safety_check": {"tells_story": True}})


@pytest.mark.parametrize(("day", "n"), [("2024-03-01", 0), ("2024-03-02", 1)])
def test_a_fact_is_asked_again_where_an_agency_surely_knew_it_before(tmp_path, day, n):
    from tests.stories.conftest import fact

    text = f"""
        family  date        agency         activity    id
        F1      2024-03-01  gp             visit       1
        F1      {day}  mental_health  assessment  2
    """
    review = drawn(tmp_path / "data", text, facts={"low": fact("visit", "assessment")})
    again = story.asked_again(review)
    assert list(again[again["fact"] == "low"]["is_own"]) == [False] * n


ASSESSED = """
    date        agency       activity    need  id
    2024-03-01  social_care  assessment  N1    1
    {0}  early_help   assessment  {1}  2
    """


@pytest.mark.parametrize(
    ("day", "need", "duplicates"),
    [
        ("2024-05-30", "N1", 1),
        ("2024-05-31", "N1", 0),
        ("2024-03-02", "N2", 0),
        ("2024-03-02", "–", 0),
        ("2024-03", "N1", 0),
    ],
)
def test_a_second_assessment_of_the_same_within_90_days_is_a_duplicate(family, day, need, duplicates):
    assert story.counts(family(ASSESSED.format(day, need)))["duplicates"] == duplicates


def test_what_assessments_are_about_may_be_declared(family):
    marks = {"assessment": {"domain": "housing"}}
    assert story.counts(family(ASSESSED.format("2024-03-02", "–"), activities=marks))["duplicates"] == 1


def test_one_agencys_assessments_in_one_moment_are_one(family):
    review = family("""
        date        agency       activity    need  id
        2024-03-01  social_care  assessment  N1    1
        2024-03-01  social_care  assessment  N1    2
    """)
    assert story.counts(review)["assessments"] == 1 and story.counts(review)["duplicates"] == 0


@pytest.mark.parametrize(
    ("day", "need", "counted"),
    [
        ("2024-05-30", "N1", (1, 0, 0)),
        ("2024-05-31", "N1", (0, 1, 0)),
        ("2024-03-01", "–", (1, 0, 0)),
        ("2024-02-29", "N1", (0, 1, 0)),
        ("2024-03-02", "N2", (0, 1, 0)),
    ],
)
def test_help_follows_an_assessment_within_90_days_or_does_not(family, day, need, counted):
    text = f"""
        date        agency       activity      need  id
        2024-03-01  social_care  assessment    N1    1
        {day}  early_help   help_started  {need}  2
    """
    n = story.counts(family(text))
    assert (n["helped"], n["no_help"], n["open"]) == counted


@pytest.mark.parametrize(("as_at", "still"), [("2024-05-29", 1), ("2024-05-30", 0)])
def test_help_may_still_follow_until_the_days_have_run(family, as_at, still):
    text = "date  agency  activity  id\n2024-03-01  social_care  assessment  1\n"
    assert story.counts(family(text, as_at=as_at))["open"] == still


# Professionals


PEOPLE = """
    date        agency          activity  by   id
    2024-03-08  social_care     visit     SW1  1
    {0}  social_care     visit     SW1  2
    2024-03-20  early_help      visit     EH7  3
    2024-04-12  early_help      visit     EH7  4
    2024-05-10  health_visitor  visit     HV2  5
    2024-07-01  health_visitor  visit     HV2  6
    2024-07-02  gp              visit     –    7
    """


@pytest.mark.parametrize(
    ("last", "days", "span"),
    [("2024-05-10", 25, ("2024-03-20", "2024-04-12")), ("2024-05-09", 24, ("2024-03-20", "2024-04-12"))],
)
def test_professionals_are_there_from_their_first_to_their_last_contact_both_included(family, last, days, span):
    row = fj.measures.professionals(family(PEOPLE.format(last))).iloc[0]
    assert (row.professionals, row.unknown, row.at_once, row.at_once_days) == (3, 1, 2, days)
    assert (f"{row.at_once_from}", f"{row.at_once_to}") == span


def test_two_who_meet_on_one_day_are_there_at_once(family):
    text = "\n".join(line for line in PEOPLE.format("2024-05-10").splitlines() if "EH7" not in line)
    row = fj.measures.professionals(family(text)).iloc[0]
    assert (row.at_once, f"{row.at_once_from}", f"{row.at_once_to}", row.at_once_days) == (
        2,
        "2024-05-10",
        "2024-05-10",
        1,
    )


def test_a_change_of_key_worker_is_counted_and_one_that_cannot_be_told_apart(family):
    review = family(
        """
        date        agency       activity         need  by   id
        2024-01-01  social_care  first_key_visit  N1    SW1  1
        2024-03-01  social_care  first_key_visit  N1    SW2  2
        2024-05-01  social_care  first_key_visit  N1    –    3
        """,
        start="2023-01-01",
    )
    row = fj.measures.professionals(review).iloc[0]
    assert (row.key_workers, row.key_worker_changes, row.cannot_be_told, row.years, row.changes_a_year) == (
        2,
        1,
        1,
        2.0,
        0.5,
    )


# Value


def test_value_steps_and_value_days_stand_side_by_side(whole):
    row = fj.measures.value(whole).iloc[0]
    assert (row.steps, row.value_steps, row.safety) == (13, 1, 1)
    assert (row.days, row.value_days) == (144, 1)
    assert row.share_steps == pytest.approx(1 / 13) and row.share_days == pytest.approx(1 / 144)


def test_reviewers_say_which_steps_were_of_value(whole):
    ids = {own(c): c for c in whole.steps.df()["contact_id"]}
    said = [{"contact_id": ids["h1"], "is_value": "no"}, {"contact_id": ids["a7"], "is_value": "yes"}]
    row = fj.measures.value(whole, said).iloc[0]
    assert (row.value_steps, row.judged) == (1, 2)
    assert next(c for c in fj.passed(whole, MET, said).owner.chains if c.need == "N1").value_on is not None
    with pytest.raises(RequestError, match="is_value is yes, no or empty"):
        fj.measures.value(whole, [{"contact_id": ids["h1"], "is_value": "perhaps"}])


# All together


PLANTED = """
    family  date        agency       activity         to           need  by   id
    F1      2024-01-08  school       referral         early_help   N1    –    1
    F1      2024-01-15  early_help   assessment       –            N1    E1   2
    F1      2024-01-22  early_help   referral         school       N1    –    3
    F1      2024-01-29  school       call             –            N1    –    4
    F1      2024-02-05  school       referral         social_care  N1    –    5
    F1      2024-02-12  social_care  first_key_visit  –            N1    S1   6
    F1      2024-02-12  social_care  assessment       –            N1    S1   7
    F1      2024-03-04  early_help   first_key_visit  –            N1    E1   8
    F1      2024-03-11  early_help   assessment       –            N1    E1   9
    """


def test_a_planted_log_gives_exactly_what_was_planted(tmp_path):
    review = drawn(tmp_path / "data", PLANTED)
    assert len(fj.handovers(review)) == 4
    assert measured(review)["bounces"][:3] == (1, 3, 0)
    assert story.counts(review)["duplicates"] == 2


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_is_no_evidence(tmp_path, seed):
    lines = [line for line in WHOLE.splitlines() if line.strip()]
    shuffled = "\n".join([lines[0], *pd.Series(lines[1:]).sample(frac=1, random_state=seed)])
    one, other = drawn(tmp_path / "a", WHOLE), drawn(tmp_path / "b", shuffled)
    assert came(one) == came(other) and clocks(one, MET) == clocks(other, MET)
    assert fj.findings.flow(one, MET) == fj.findings.flow(other, MET)
    assert staffing.at_once(one).equals(staffing.at_once(other))


@pytest.mark.parametrize(
    ("measure", "table"),
    [("needs", "needs"), ("referral_flow", "referral_flow"), ("story", "told"), ("assessments", "assessments"),
     ("professionals", "professionals"), ("value", "value")],
)  # fmt: skip
def test_each_measure_has_the_columns_it_declares(whole, measure, table):
    frame = getattr(fj.measures, measure)(whole)
    assert list(frame.columns) == [c.name for c in TABLES[table]]


def test_a_table_has_the_columns_it_declares(whole):
    assert fj.two_clocks(whole).columns == [c.name for c in TABLES["clocks"]]
    assert fj.passed(whole).columns == [c.name for c in TABLES["passed"]]
