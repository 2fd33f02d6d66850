"""What a board reads of the rules, and what a change to them would gain and lose."""

from __future__ import annotations

import json

import pytest

import journeys as fj
from lib.errors import RequestError, RuleError
from tests.stories.conftest import drawn

ABSENCES = """
    family  date        agency  activity
    F1      2024-04-16  school  absence_unexplained
    F1      2024-04-29  school  absence_unexplained
    F1      2024-05-14  school  absence_unexplained
    F2      2024-04-16  school  absence_unexplained
    F2      2024-04-29  school  absence_unexplained
"""


@pytest.fixture
def review(tmp_path):
    return drawn(tmp_path / "data", ABSENCES)


def proposal(tmp_path, **triggers):
    path = tmp_path / "proposed.yml"
    path.write_text(json.dumps({"version": "p1", "triggers": triggers}), encoding="utf-8")
    return path


def changes(review, path):
    return fj.rule_changes(review, path).set_index("trigger")


def test_every_rule_says_why_where_from_who_answers_and_what_they_offer(review):
    frame = fj.rules_in_force(review)
    for column in ("says", "why", "source", "mark", "answers", "offers", "version", "agreed_by", "window"):
        assert frame[column].str.len().min() > 0, column
    assert (frame["in_force"] & (frame["about"] == "family")).sum() >= 12


def test_a_threshold_that_nobody_verified_is_marked_illustrative(review):
    frame = fj.rules_in_force(review)
    ours = frame["source"].str.contains(r"\bours\b|not verified|no published", case=False)
    # Where only the counting of days is ours, or what the log cannot say, the rule is still its source's.
    assert set(frame.loc[ours & (frame["mark"] != "illustrative"), "trigger"]) <= {"re_referral"}


def test_a_service_deadline_is_looked_at_only_where_it_is_asked_for(tmp_path):
    log = """
        family  date        agency       activity
        F1      2024-05-01  social_care  csc_contact
        F1      2024-06-03  social_care  no_further_action
    """
    review = drawn(tmp_path / "data", log)
    assert set(fj.find_triggers(review).df()["trigger"]).isdisjoint({"referral_decision"})
    assert list(fj.find_triggers(review, about="service").df()["trigger"]) == ["referral_decision"]
    with pytest.raises(RequestError, match=r"Did you mean 'service'\?"):
        fj.find_triggers(review, about="servise")


def test_a_rule_that_is_not_in_force_is_looked_at_where_it_is_named(tmp_path):
    log = "family  person  date        agency  activity\nF1  P1  2024-05-01  school  exclusion_permanent"
    review = drawn(tmp_path / "data", log)
    assert not len(fj.find_triggers(review))
    assert list(fj.find_triggers(review, only=["permanent_exclusion"]).df()["trigger"]) == ["permanent_exclusion"]


def test_what_a_lower_threshold_gains(review, tmp_path):
    row = changes(review, proposal(tmp_path, unexplained_absence={"times": 2})).loc["unexplained_absence"]
    assert (row["change"], row["before"], row["after"], row["gained"], row["lost"]) == ("changed", 1, 2, 2, 1)
    assert (row["families_gained"], row["families_lost"]) == (1, 0)


def test_firings_that_both_rules_give_are_neither_gained_nor_lost(review, tmp_path):
    row = changes(review, proposal(tmp_path, unexplained_absence={"within_days": 90})).loc["unexplained_absence"]
    assert (row["change"], row["before"], row["after"], row["gained"], row["lost"]) == ("changed", 1, 1, 0, 0)


def test_what_a_rule_taken_out_of_force_loses(review, tmp_path):
    row = changes(review, proposal(tmp_path, unexplained_absence={"in_force": False})).loc["unexplained_absence"]
    assert (row["change"], row["before"], row["after"], row["lost"], row["families_lost"]) == ("removed", 1, 0, 1, 1)


def test_a_combination_changes_in_a_part(review, tmp_path):
    frame = changes(review, proposal(tmp_path, unexplained_absence={"times": 2}))
    assert frame.loc["several_signs", "change"] == "in a part"
    assert frame.loc["re_referral", "change"] == "the same"


def test_a_group_that_changes_is_a_change_of_the_rules_that_name_it(review, tmp_path):
    path = tmp_path / "proposed.yml"
    path.write_text(json.dumps({"groups": {"absence_without_leave": ["absence_unauthorised"]}}), encoding="utf-8")
    frame = changes(review, path)
    assert frame.loc["unauthorised_absence", "change"] == "changed"


def test_without_a_proposal_the_folders_own_lines_are_set_against_the_kits(tmp_path):
    lines = {"unexplained_absence": {"times": 2}}
    review = drawn(tmp_path / "data", ABSENCES, triggers=lines)
    row = fj.rule_changes(review).set_index("trigger").loc["unexplained_absence"]
    assert (row["change"], row["before"], row["after"]) == ("changed", 1, 2)


def test_a_proposal_that_cannot_be_used_says_where(review, tmp_path):
    with pytest.raises(RuleError, match=r"proposed.yml, line 1: .*'absense', which is not in activities.yml"):
        fj.rule_changes(review, proposal(tmp_path, unexplained_absence={"activity": "absense"}))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            {"of": ["unexplained_absence", "re_referal"]},
            "combines 're_referal', which is no trigger. Did you mean 're_referral'?",
        ),
        ({"of": ["unexplained_absence", "several_signs"]}, "which is a combination itself"),
        ({"of": ["unexplained_absence", "referral_decision"]}, "is no sign that a family needs help. Take it out."),
        ({"times": 9}, "so many of them at most as it names"),
    ],
)
def test_a_combination_that_cannot_be_used(review, tmp_path, rule, said):
    whole = {
        "says": "both",
        "why": "a story",
        "source": "ours",
        "mark": "illustrative",
        "pattern": "combine",
        "of": ["unexplained_absence", "re_referral"],
        "times": "all",
        "within_days": 90,
    }
    with pytest.raises(RuleError) as error:
        fj.rule_changes(review, proposal(tmp_path, both=whole | rule))
    assert said in str(error.value)
