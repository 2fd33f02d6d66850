"""The triggers against a list of published definitions: each has its rule, or a reason why a log cannot show it.

The list is not kept here: the tests are skipped where it is not at hand.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from journeys.activities import read_activities
from journeys.agreed import load_rules
from journeys.sources import RULES

KIT = load_rules([RULES / "triggers.yml"], read_activities()).triggers
RULES_FOR = {
    "ATT_UNEXPLAINED": ["unexplained_absence"],
    "ATT_PA": ["persistent_absence"],
    "ATT_SA": ["severe_absence"],
    "ATT_PN": ["unauthorised_absence"],
    "ATT_10DAY": ["absence_ten_days"],
    "ATT_SICK15": ["sickness_fifteen_days"],
    "ATT_S19": ["absence_fifteen_days"],
    "ATT_NEWPUPIL": ["new_pupil_return"],
    "ATT_TIER": ["attendance_tier_two", "attendance_tier_three"],
    "TF1_EDU": ["suspensions"],
    "TF1_CRIME": ["offence"],
    "TF1_WORK": ["out_of_work"],
    "TF1_ELIG": ["troubled_families_two_heads"],
    "TF2_EDU": ["troubled_families_education", "permanent_exclusion"],
    "TF2_CRIME": ["offence"],
    "SF_ELIG": ["supporting_families_three"],
    "CSC_REREF": ["re_referral"],
    "CSC_DEC1": ["referral_decision"],
    "CSC_CFA45": ["assessment_in_time"],
    "CSC_ICPC15": ["conference_in_time"],
    "CSC_CORE10": ["core_group_in_time"],
    "CSC_RCPC": ["review_in_time"],
    "DA_3IN12": ["domestic_abuse_three"],
    "DA_DASH14": ["domestic_abuse_high_risk"],
    "DA_REPEAT": ["marac_repeat"],
    "PPN_3GREEN": ["police_notices_low"],
    "MISS_RHI": ["return_interview_in_time"],
    "MISS_REPEAT": ["missing_twice"],
    "MISS_3IN90": ["missing_repeat"],
    "ED_REPEAT": ["ae_repeat"],
    "HOUS_DUTY": ["homelessness_duty"],
    "DEVON_LOCAL": ["local_filter"],
}
NO_RULE = {
    "SF_SUSTAIN": "a need met",
    "ATT_TIER": "a tier for all",
    "TF1_EDU": "three terms",
    "ATT_NEWPUPIL": "a place",
    "CSC_RCPC": "each review after",
    "DA_DASH14": "a score",
    "MISS_REPEAT": "over 24 hours",
    "DEVON_LOCAL": "a plan in being",
}
"""Definitions of which the whole, or a part, has no rule, and the words of the reason at the end of triggers.yml."""


@pytest.fixture
def definitions(extra: Path) -> list[dict[str, str]]:
    """The published definitions, a row each."""
    with open(extra / "reference" / "trigger_definitions.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_definition_has_a_rule_or_a_reason(definitions: list[dict[str, str]]) -> None:
    text = (RULES / "triggers.yml").read_text(encoding="utf-8").split("has no rule here")[1]
    names = {row["trigger_id"] for row in definitions}
    assert names == {*RULES_FOR, *NO_RULE}
    assert {rule for rules in RULES_FOR.values() for rule in rules} <= set(KIT)
    assert [words for words in NO_RULE.values() if f"# {words} " not in text] == []


def test_what_nobody_verified_is_illustrative(definitions: list[dict[str, str]]) -> None:
    doubtful = [
        row["trigger_id"]
        for row in definitions
        if "memory" in " ".join(row.values()) or "unverif" in row["verification"]
    ]
    assert len(doubtful) >= 6
    marks = {rule: KIT[rule].mark for name in doubtful for rule in RULES_FOR[name]}
    assert {rule: mark for rule, mark in marks.items() if mark != "illustrative"} == {}
