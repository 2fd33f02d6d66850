"""Every trigger as shipped, in force or not: a family that just meets it, and one that just does not.

The two are drawn alike but for their last lines: a contact a day late, or one too few. No rule is redefined here.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pytest

import journeys as fj
from journeys import matching
from journeys.activities import read_activities
from journeys.agreed import load_rules, read_rules
from journeys.sources import RULES
from tests.stories.conftest import drawn, firings_of

KIT = load_rules([RULES / "triggers.yml"], read_activities())


class Pair(NamedTuple):
    """What both families share, what makes the one meet the rule and on which day, and what the other has instead."""

    both: str
    just: str
    on: str
    not_quite: str = ""


def sessions(first: str, number: int, what: str, a_day: int = 2) -> str:
    """So many marks of a register, two on each weekday from a day on."""
    on, lines = dt.date.fromisoformat(first), []
    while len(lines) < number:
        if on.isoweekday() <= 5:
            lines += [f"{on} school {what}"] * a_day
        on += dt.timedelta(days=1)
    return "\n".join(lines[:number])


def days(first: str, number: int, what: str) -> str:
    """A mark on each of so many weekdays."""
    return sessions(first, number, what, a_day=1)


ABSENT, ILL, THERE = "absence_unexplained", "absence_ill", "present"
TENTH = sessions("2024-09-02", 9, THERE) + f"\n2024-09-20 school {ABSENT}"
"""One session missed of ten, judged on 30 September."""
UNDER_A_TENTH = "2024-09-23 school present"
THREE_INCIDENTS = """
    2023-03-10 police domestic_abuse_incident
    2023-11-01 police domestic_abuse_incident
"""
THREE_MISSING = """
    2024-03-01 police missing_episode
    2024-04-01 police missing_episode
"""

STORIES = {
    # School
    "unexplained_absence": Pair(
        "2024-04-16 school absence_unexplained\n2024-04-29 school absence_unexplained",
        "2024-05-14 school absence_unexplained",
        "14 May 2024",
        "2024-05-15 school absence_unexplained",
    ),
    "unauthorised_absence": Pair(
        sessions("2024-09-03", 5, ABSENT) + "\n" + sessions("2024-10-01", 4, "absence_unauthorised"),
        "2024-11-11 school absence_unauthorised",
        "11 Nov 2024",
        "2024-11-12 school absence_unauthorised",
    ),
    "persistent_absence": Pair(TENTH, "", "30 Sep 2024", UNDER_A_TENTH),
    "severe_absence": Pair(
        sessions("2024-09-02", 5, THERE) + "\n" + sessions("2024-09-09", 5, "absence_authorised"),
        "",
        "30 Sep 2024",
        "2024-09-16 school present",
    ),
    "suspensions": Pair(
        "2023-03-10 school exclusion\n2023-11-01 school exclusion",
        "2024-03-10 school exclusion",
        "10 Mar 2024",
        "2024-03-11 school exclusion",
    ),
    "absence_fifteen_days": Pair(
        days("2023-09-04", 7, ILL) + "\n" + days("2024-01-08", 7, ABSENT),
        "2024-09-04 school absence_authorised",
        "4 Sep 2024",
        "2024-09-05 school absence_authorised",
    ),
    "sickness_fifteen_days": Pair(
        days("2023-09-04", 14, ILL),
        "2024-09-04 school absence_ill",
        "4 Sep 2024",
        "2024-09-04 school absence_unexplained",
    ),
    "absence_ten_days": Pair(
        days("2024-09-04", 9, ABSENT),
        "2024-09-17 school absence_unauthorised",
        "17 Sep 2024",
        "2024-09-18 school absence_unauthorised",
    ),
    "attendance_tier_two": Pair(
        sessions("2024-09-02", 23, THERE) + "\n" + sessions("2024-09-23", 2, ILL),
        "",
        "30 Sep 2024",
        "2024-09-24 school present",
    ),
    "attendance_tier_three": Pair(
        sessions("2024-09-02", 79, THERE) + "\n" + sessions("2024-11-04", 21, ILL),
        "",
        "30 Nov 2024",
        "2024-11-25 school present",
    ),
    "permanent_exclusion": Pair(
        "", "2024-05-01 school exclusion_permanent", "1 May 2024", "2024-05-01 school exclusion"
    ),
    # Police, domestic abuse
    "domestic_abuse_three": Pair(
        THREE_INCIDENTS,
        "2024-03-10 gp domestic_abuse_call",
        "10 Mar 2024",
        "2024-03-11 gp domestic_abuse_call",
    ),
    "domestic_abuse_more_often": Pair(
        "2024-01-01 police domestic_abuse_incident\n2024-04-20 police domestic_abuse_incident",
        "2024-07-19 police domestic_abuse_incident",
        "19 Jul 2024",
        "2024-07-20 police domestic_abuse_incident",
    ),
    "domestic_abuse_high_risk": Pair(
        "2023-05-02 police dash_high_risk",
        "2024-05-02 police dash_high_risk",
        "2 May 2023, 2 May 2024",
        "2024-05-01 police dash_high_risk",
    ),
    "marac_repeat": Pair(
        "2023-05-01 police marac_referral",
        "2024-05-01 police domestic_abuse_incident",
        "1 May 2024",
        "2024-05-02 police domestic_abuse_incident",
    ),
    "police_notices_low": Pair(
        "2024-01-31 police police_notice_green\n2024-02-10 police police_notice_green",
        "2024-04-30 police police_notice_green",
        "30 Apr 2024",
        "2024-05-01 police police_notice_green",
    ),
    "police_notices_rising": Pair(
        "2023-05-01 police police_notice_green",
        "2024-05-01 police police_notice_amber",
        "1 May 2024",
        "2024-05-02 police police_notice_amber",
    ),
    "police_no_social_care": Pair(
        "2024-05-01 police domestic_abuse_incident",
        "2024-05-17 social_care visit",
        "16 May 2024",
        "2024-05-16 social_care visit",
    ),
    "missing_repeat": Pair(
        THREE_MISSING, "2024-05-30 police missing_episode", "30 May 2024", "2024-05-31 police missing_episode"
    ),
    "missing_twice": Pair(
        "2023-05-01 police missing_episode",
        "2024-05-01 police missing_episode",
        "1 May 2024",
        "2024-05-02 police missing_episode",
    ),
    # Health
    "ae_repeat": Pair(
        "2024-01-10 hospital ae_attendance\n2024-03-01 hospital ae_attendance",
        "2024-07-10 hospital ae_attendance",
        "10 Jul 2024",
        "2024-07-11 hospital ae_attendance",
    ),
    # Housing and money
    "arrears_unhelped": Pair(
        "2023-05-01 housing rent_arrears",
        "2024-05-01 housing homelessness_approach",
        "1 May 2024",
        "2024-05-02 housing homelessness_approach",
    ),
    "homelessness_duty": Pair(
        "2023-05-02 housing homelessness_duty",
        "2024-05-02 housing homelessness_duty",
        "2 May 2023, 2 May 2024",
        "2024-05-01 housing homelessness_duty",
    ),
    "first_arrears": Pair(
        "2023-05-02 housing rent_arrears",
        "2024-05-02 housing rent_arrears",
        "2 May 2023, 2 May 2024",
        "2024-05-01 housing rent_arrears",
    ),
    "out_of_work": Pair(
        "2023-05-02 benefits out_of_work_benefit",
        "2024-05-02 benefits out_of_work_benefit",
        "2 May 2023, 2 May 2024",
        "2024-05-01 benefits out_of_work_benefit",
    ),
    # Social care, several agencies
    "re_referral": Pair(
        "2023-05-01 social_care csc_referral",
        "2024-05-01 social_care csc_referral",
        "1 May 2024",
        "2024-05-02 social_care csc_referral",
    ),
    "refused_then_crisis": Pair(
        "2024-03-01 early_help not_eligible",
        "2024-05-30 hospital ae_attendance",
        "30 May 2024",
        "2024-05-31 hospital ae_attendance",
    ),
    "worry_not_passed_on": Pair(
        "2024-05-01 school concern_noted", "2024-05-17 school referral", "16 May 2024", "2024-05-16 school referral"
    ),
    "crises_in_several_places": Pair(
        "2024-03-01 police missing_episode\n2024-03-02 hospital ae_attendance",
        "2024-05-30 housing homelessness_approach",
        "30 May 2024",
        "2024-05-31 housing homelessness_approach",
    ),
    "crisis_after_quiet": Pair(
        "2023-05-02 police domestic_abuse_incident",
        "2024-05-02 hospital ae_attendance",
        "2 May 2023, 2 May 2024",
        "2024-05-01 hospital ae_attendance",
    ),
    "offence": Pair(
        "2023-05-02 police antisocial_behaviour",
        "2024-05-02 youth_justice offence",
        "2 May 2023, 2 May 2024",
        "2024-05-01 youth_justice offence",
    ),
    # Of other triggers
    "several_signs": Pair(
        THREE_MISSING + "2024-05-30 police missing_episode",
        "2024-11-30 housing rent_arrears",
        "30 Nov 2024",
        "2024-12-01 housing rent_arrears",
    ),
    "troubled_families_education": Pair(
        "2023-03-10 school exclusion\n2023-11-01 school exclusion",
        "2024-03-10 school exclusion",
        "10 Mar 2024",
        "2024-03-11 school exclusion",
    ),
    "troubled_families_two_heads": Pair(
        "2023-09-30 youth_justice offence",
        "2024-09-30 benefits out_of_work_benefit",
        "30 Sep 2024",
        "2024-10-01 benefits out_of_work_benefit",
    ),
    "supporting_families_three": Pair(
        TENTH + "\n2023-11-01 housing homelessness_duty",
        "2023-09-30 housing rent_arrears",
        "30 Sep 2024",
        "2023-09-29 housing rent_arrears",
    ),
    "local_filter": Pair(
        "2023-05-01 social_care csc_referral",
        "2024-05-01 social_care csc_referral",
        "1 May 2024",
        "2024-05-02 social_care csc_referral",
    ),
    # Services' own deadlines
    "new_pupil_return": Pair(
        "2024-09-02 school pupil_joined",
        "2024-09-08 school pupil_return",
        "7 Sep 2024",
        "2024-09-07 school pupil_return",
    ),
    "referral_decision": Pair(
        "2024-05-03 social_care csc_contact",
        "2024-05-08 social_care csc_referral",
        "7 May 2024",
        "2024-05-07 social_care csc_referral",
    ),
    "assessment_in_time": Pair(
        "2024-01-02 social_care csc_referral",
        "2024-03-06 social_care assessment_authorised",
        "5 Mar 2024",
        "2024-03-05 social_care assessment_authorised",
    ),
    "conference_in_time": Pair(
        "2024-01-02 social_care strategy_discussion",
        "2024-01-24 social_care protection_conference",
        "23 Jan 2024",
        "2024-01-23 social_care protection_conference",
    ),
    "core_group_in_time": Pair(
        "2024-01-02 social_care protection_conference",
        "2024-01-17 social_care core_group",
        "16 Jan 2024",
        "2024-01-16 social_care core_group",
    ),
    "review_in_time": Pair(
        "2024-01-02 social_care protection_conference",
        "2024-04-03 social_care review_conference",
        "2 Apr 2024",
        "2024-04-02 social_care review_conference",
    ),
    "return_interview_in_time": Pair(
        "2024-05-01 police missing_episode",
        "2024-05-05 voluntary return_interview",
        "4 May 2024",
        "2024-05-04 voluntary return_interview",
    ),
}


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    lines = ["family  person  date  agency  activity  id"]
    for name, pair in STORIES.items():
        for family, last in ((f"{name}: just", pair.just), (f"{name}: not quite", pair.not_quite)):
            told = [line.split() for line in f"{pair.both}\n{last}".splitlines() if line.strip()]
            lines += ["  ".join([family, f"child of {family}", *row, f"c{n}"]) for n, row in enumerate(told)]
    return drawn(tmp_path_factory.mktemp("rules") / "data", "\n".join(lines))


def fired_on(review, trigger, family):
    return ", ".join(told.split(" (")[0] for told in firings_of(review, trigger)[f"{trigger}: {family}"])


def test_no_rule_is_without_its_pair():
    assert set(STORIES) == set(KIT.triggers)


def test_the_rules_are_those_of_the_file_as_shipped(review):
    rules = read_rules(review)
    assert (rules.version, rules.triggers, rules.groups) == (KIT.version, KIT.triggers, KIT.groups)


@pytest.mark.parametrize("trigger", STORIES)
def test_a_family_that_just_meets_it(review, trigger):
    assert fired_on(review, trigger, "just") == STORIES[trigger].on


@pytest.mark.parametrize("trigger", STORIES)
def test_a_family_that_just_does_not(review, trigger):
    """What came before may have met the rule; the last line does not meet it again."""
    *before, _ = STORIES[trigger].on.split(", ")
    assert fired_on(review, trigger, "not quite") == ", ".join(before)


def test_contacts_looked_at_a_few_at_a_time_fire_alike(review, monkeypatch):
    every = [*KIT.triggers]
    whole = fj.find_triggers(review, only=every).df()
    monkeypatch.setattr(matching, "AT_A_TIME", 3)
    assert fj.find_triggers(review, only=every).df().equals(whole)
    assert set(whole["trigger"]) == set(every)
