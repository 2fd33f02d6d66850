"""The Annex A workbook: every list accounted for, every dated thing a contact, and nothing else read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import journeys as fj
from tests.formats import annex

TELLS = {
    1: {"csc_contact": "Date of Contact"},
    2: {"assessment": "Assessment start date"},
    3: {"csc_referral": "Date of referral"},
    4: {
        "assessment": "Continuous Assessment Start Date",
        "assessment_authorised": "Continuous Assessment Date of Authorisation",
    },
    5: {
        "strategy_discussion": "Strategy discussion initiating Section 47 Enquiry Start Date",
        "protection_conference": "Date of Initial Child Protection Conference",
    },
    6: {"child_in_need": "CIN Start Date", "visit": "Date Child Was Last Seen", "closed": "CIN Closure Date"},
    7: {
        "child_protection_registration": "Child Protection Plan Start Date",
        "visit": "Date of the Last Statutory Visit",
        "review_conference": "Date of latest review conference",
        "protection_plan_ended": "Child Protection Plan End Date",
    },
    8: {
        "care_started": "Date Started to be Looked After",
        "placement_started": "Start Date of Most Recent Placement",
        "visit": "Date of Last Social Work Visit",
        "care_review": "Date of Latest Statutory Review",
        "care_ended": "Date Ceased to be Looked After",
        "legal_status": "Start date of current legal status",
        "reviewing_officer": "Date of Last IRO Visit / Contact to the Child",
        "health_assessment": "Date of Last Health Assessment",
        "dental_check": "Date of Last Dental Check",
    },
}
"""What each list tells, by the activity it becomes: written down a second time, apart from the format."""


def folder(root: Path, seed: int = 1) -> dict:
    told = annex.workbook(root / "annex_a.xlsx", seed)
    (root / "sources.yml").write_text(
        "purpose: p\ninvented: true\nmembers: members.csv\nfiles:\n"
        "  annex_a.xlsx: {format: annex_a, covers: [2024-01-01, 2024-06-30]}\n"
    )
    rows = "".join(f"annex_a:C{n:04d},F{n % 12}\n" for n in range(1, 31))
    (root / "members.csv").write_text(f"person_id,family_id\n{rows}")
    return told


@pytest.mark.parametrize("seed", [1, 2])
def test_every_dated_thing_of_every_list_is_a_contact_on_its_day_and_nothing_else_is(tmp_path, seed):
    told = folder(tmp_path, seed)
    expected = Counter(
        (f"annex_a:{row['Child Unique ID']}", activity, row[column])
        for number, things in TELLS.items()
        for row in told[number]
        # A record that tells nothing with a day is set aside, and counted there.
        for activity, column in things.items()
        if row[column] is not None
    )
    frame = fj.read_contacts(tmp_path).df()
    found = Counter((r.person_id, r.activity, r.date.date()) for r in frame.itertuples())
    assert found == expected and sum(found.values()) > 600
    account = fj.account(tmp_path).set_index("file")
    for number, name in enumerate(
        (
            "Contacts",
            "Early help",
            "Referrals",
            "Assessments",
            "Section 47 and conference",
            "Child in need",
            "Child protection",
            "In care",
        ),
        start=1,
    ):
        row = account.loc[f"annex_a.xlsx: {name}"]
        empty = sum(all(r[c] is None for c in TELLS[number].values()) for r in told[number])
        assert (row["read"], row["accepted"], row["set_aside"]) == (40, 40 - empty, empty)


def test_a_source_or_an_outcome_is_one_word_however_its_code_is_written(tmp_path):
    folder(tmp_path)
    frame = fj.read_contacts(tmp_path).df()
    referrals = frame[frame["activity"] == "csc_referral"]
    assert set(referrals["outcome"]) == {"no further action", "goes on", "unknown"}
    assert not referrals["reason"].str.contains(r"\d|^[a-z]\)", na=False).any()


def test_journeys_are_drawn_from_the_lists(tmp_path):
    folder(tmp_path)
    review = fj.build_journeys(fj.read_contacts(tmp_path), start="2024-01-01", end="2024-06-30")
    assert len(review) == 12
    assert fj.draw.timeline(review["F3"]) is not None


def test_no_name_of_a_worker_or_team_and_no_birth_date_is_kept(tmp_path):
    folder(tmp_path)
    frame = fj.read_contacts(tmp_path).df()
    assert set(frame["professional_id"].dropna()) <= {"a name"}  # the allocated worker, as the register has it
    assert "Date of Birth" not in frame.columns
