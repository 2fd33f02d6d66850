"""The plain words of rules/readers.yml: some for every activity of the kit, and none that only a professional says."""

from __future__ import annotations

import re

import pytest

from journeys.activities import read_activities
from journeys.readerwords import Record, load_reader_rules
from journeys.sources import RULES

KIT = read_activities()
OURS = load_reader_rules([RULES / "readers.yml"], KIT)
JARGON = (
    *("trigger", "failure", "demand", "case", "referral", "referred", "assessment", "threshold", "incident", "marac"),
    *(
        "intervention",
        "service user",
        "disclosure",
        "allocated",
        "nfa",
        "professional",
        "client",
        "dna",
        "engage",
        "eligible",
    ),
)
SAID = sorted(
    {words for plain in OURS.plain.values() for words in (plain.reader, plain.child)} | {*OURS.outcomes.values()}
)


def record(about: str, activity: str, agency: str) -> Record:
    known = KIT.known[activity]
    return Record(about, activity, agency, known.nature, known.asked_by, "", "", ())


def test_every_activity_and_agency_of_the_kit_has_plain_words():
    assert set(KIT.known) - set(OURS.plain) == set(OURS.left_out)
    assert set(KIT.agencies) == set(OURS.agencies)


@pytest.mark.parametrize("words", [*SAID, *OURS.said.values()])
def test_no_word_that_only_a_professional_says(words):
    assert not [word for word in JARGON if re.search(rf"\b{word}\b", words.casefold())]


CONFIDENTIAL = (
    *("domestic_abuse_incident", "domestic_abuse_call", "dash_high_risk", "marac_referral", "safety_plan"),
    *("police_notice_red", "offence", "arrest", "missing_episode", "disclosure", "concern_noted", "return_interview"),
    *("referral", "csc_contact", "csc_referral", "notification", "moved_home", "rehousing", "homelessness_approach"),
    *(
        "strategy_discussion",
        "legal_planning_meeting",
        "bereavement",
        "separation",
        "care_started",
        "placement_started",
    ),
    *("care_review", "care_ended", "missing_recorded", "temporary_accommodation", "protection_plan_ended"),
)


@pytest.mark.parametrize("about", ["reader", "child"])
@pytest.mark.parametrize("activity", CONFIDENTIAL)
def test_what_could_hurt_somebody_is_held_back_whoever_it_is_about(activity, about):
    assert OURS.why_not(record(about, activity, "school"))


@pytest.mark.parametrize("activity", sorted(OURS.plain))
def test_whatever_the_police_or_the_family_recorded_is_held_back(activity):
    for agency in ("police", "family"):
        for about in ("reader", "child"):
            assert OURS.why_not(record(about, activity, agency))


def test_every_meeting_with_a_child_is_held_back():
    touches = [name for name, activity in KIT.known.items() if activity.nature == "touch"]
    assert all(OURS.why_not(record("child", name, "school")) for name in touches)
