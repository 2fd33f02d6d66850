"""The children in need census as XML: each of its lists against a count that shares no code with the kit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

import journeys as fj

TELLS = {
    "CINdetails": {
        "CINreferralDate": "csc_referral",
        "DateOfInitialCPC": "protection_conference",
        "CINclosureDate": "closed",
    },
    "Assessments": {"AssessmentActualStartDate": "assessment", "AssessmentAuthorisationDate": "assessment_authorised"},
    "Section47": {"S47ActualStartDate": "strategy_discussion", "DateOfInitialCPC": "protection_conference"},
    "CINPlanDates": {"CINPlanStartDate": "child_in_need"},
    "ChildProtectionPlans": {"CPPstartDate": "child_protection_registration", "CPPendDate": "protection_plan_ended"},
    "Reviews": {"CPPreviewDate": "review_conference"},
}
"""What each element tells, written down a second time, apart from the format."""

SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<Message><Header/><Children>
<Child><ChildIdentifiers><LAchildID>C1</LAchildID></ChildIdentifiers>
  <CINdetails><CINreferralDate>2024-03-01</CINreferralDate><ReferralSource>6</ReferralSource>
    <CINclosureDate>2024-09-01</CINclosureDate><ReasonForClosure>RC8</ReasonForClosure><ReferralNFA>false</ReferralNFA>
    <Assessments><AssessmentActualStartDate>2024-03-04</AssessmentActualStartDate>
      <AssessmentAuthorisationDate>2024-04-12</AssessmentAuthorisationDate></Assessments>
    <Assessments><AssessmentActualStartDate>2024-07-01</AssessmentActualStartDate></Assessments>
  </CINdetails></Child>
<Child><ChildIdentifiers><LAchildID>C2</LAchildID></ChildIdentifiers>
  <CINdetails><CINreferralDate>2024-05-01</CINreferralDate><ReferralSource>1A</ReferralSource>
    <ReferralNFA>true</ReferralNFA></CINdetails></Child>
</Children></Message>
"""


def folder(root: Path, xml: bytes) -> Path:
    (root / "cin.xml").write_bytes(xml)
    (root / "sources.yml").write_text(
        "purpose: p\ninvented: true\nmembers: members.csv\nfiles:\n  cin.xml: {format: cin_census}\n"
    )
    children = dict.fromkeys(e.text.strip() for e in ElementTree.fromstring(xml).iter("LAchildID"))
    rows = "".join(f"cin:{child},F{n}\n" for n, child in enumerate(children))
    (root / "members.csv").write_text(f"person_id,family_id\n{rows}")
    return root


def counted(xml: bytes) -> Counter[tuple[str, str, dt.date]]:
    """Every day that the census tells, gone through element by element."""
    found: Counter[tuple[str, str, dt.date]] = Counter()
    for child in ElementTree.fromstring(xml).iter("Child"):
        who = f"cin:{child.find('ChildIdentifiers/LAchildID').text.strip()}"
        for element in child.iter():
            for part in element:
                if activity := TELLS.get(element.tag, {}).get(part.tag):
                    found[who, activity, dt.date.fromisoformat(part.text.strip())] += 1
    return found


def read(root: Path) -> Counter[tuple[str, str, dt.date]]:
    frame = fj.read_contacts(root).df()
    return Counter((r.person_id, r.activity, r.date.date()) for r in frame.itertuples())


def test_every_list_of_a_census_is_read(tmp_path):
    root = folder(tmp_path, SMALL.encode())
    assert read(root) == counted(SMALL.encode()) and sum(read(root).values()) == 6
    account = fj.account(root).set_index("file")
    assert account.loc["cin.xml: Referrals", "accepted"] == 2 and account.loc["cin.xml: Assessments", "accepted"] == 2
    frame = fj.read_contacts(root).df()
    referrals = frame[frame["activity"] == "csc_referral"]
    assert set(referrals["reason"]) == {"police", "family or household member"}
    assert set(referrals["outcome"]) == {"goes on", "no further action"}


@pytest.mark.parametrize(("name", "children"), [("cin-2022.xml", 1), ("fake_CIN_data.xml", 332)])
def test_the_sectors_own_files_become_contacts_and_journeys(extra, tmp_path, name, children):
    xml = (extra / "real" / "formats" / name).read_bytes()
    root = folder(tmp_path, xml)
    assert read(root) == counted(xml)
    review = fj.build_journeys(fj.read_contacts(root), start="1970-01-01", end="2031-12-31")
    assert len(review) == children
    account = fj.account(root)
    elements = Counter(e.tag for e in ElementTree.fromstring(xml).iter())
    assert account["read"].sum() == sum(elements[tag] for tag in TELLS)
    first = review[next(iter(review))]
    assert fj.draw.timeline(first) is not None
