"""Published chronologies: what the rules propose, beside what the inquiries named.

The children and adults were real people. A proposal is a question for a reviewer, and blames nobody. The chronologies
are parts of what happened, put together from public reports; they are not kept here, and the tests are skipped where
they are not at hand. What is asserted is what is found today, so that a change of the rules shows what it does to these
cases; no rule is made to fit one.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import journeys as fj

CASES = ("daniel_pelka", "iopc_adult_welfare_cases", "khyra_ishaq", "peter_connelly")


class Looked(NamedTuple):
    """One chronology, from its file to its chances."""

    contacts: pd.DataFrame
    firings: pd.DataFrame
    known: pd.DataFrame
    chances: pd.DataFrame


def look(root: Path, extra: Path, case: str, agencies: dict[str, str] | None = None) -> Looked:
    """A chronology in a data folder of its own; `agencies` are its labels for the kit's agencies, if any are given."""
    root.mkdir()
    (root / f"{case}.csv").write_bytes((extra / "real" / "chronologies" / f"{case}.csv").read_bytes())
    entry = {"format": "chronology"} | ({"family": case} if "iopc" not in case else {})
    published = {"source": "published reviews", "licence": "facts from public sources", "subset": True}
    sources = {"purpose": "to test the kit", "published": published, "files": {f"{case}.csv": entry}}
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    if agencies:
        (root / "rules").mkdir()
        (root / "rules" / "activities.yml").write_text(json.dumps({"agencies": agencies}), encoding="utf-8")
    contacts = fj.read_contacts(root)
    review = fj.build_journeys(contacts)
    firings, known = fj.find_triggers(review), fj.who_knew_what(review)
    return Looked(contacts.df(), firings.df(), known.df(), fj.find_chances(review, firings, known).df())


def own(ids: Any) -> set[str]:
    """The rows of a chronology that contacts come from; one that names two agencies is two contacts."""
    return {i.split(":")[-1].split("#")[0] for i in ids}


def proposed(looked: Looked) -> list[str]:
    """Each chance: its day, its kinds and the rows it rests on."""
    return [f"{c.on:%-d %b %Y} {c.kind}: {' '.join(sorted(own(c.evidence)))}" for c in looked.chances.itertuples()]


def flagged(extra: Path, case: str) -> set[str]:
    """The rows that carry an inquiry's finding."""
    with open(extra / "real" / "chronologies" / f"{case}.csv", encoding="utf-8") as file:
        return {row["event_id"] for row in csv.DictReader(file) if row["published_missed_opportunity"]}


def compared(extra: Path, case: str, looked: Looked) -> tuple[list[str], list[str], list[str]]:
    """The rows that an inquiry named and a chance rests on; that it named and none rests on; that it did not name."""
    named, found = flagged(extra, case), {i for ids in looked.chances["evidence"] for i in own(ids)}
    return sorted(named & found), sorted(named - found), sorted(found - named)


@pytest.mark.parametrize("case", CASES)
def test_proposals_are_in_order_rest_on_evidence_and_are_few(tmp_path: Path, extra: Path, case: str) -> None:
    looked = look(tmp_path / "data", extra, case)
    chances, rows = looked.chances, {i for c in looked.contacts["contact_id"] for i in own([c])}
    assert len(chances)
    for _, of_family in chances.groupby("family_id"):
        assert of_family["on"].is_monotonic_increasing
    known = looked.contacts.set_index("contact_id")["earliest"]
    for chance in chances.itertuples():
        assert len(chance.evidence)
        assert pd.Timestamp(chance.on) >= known[list(chance.evidence)].min()
        assert set(chance.status) and chance.says
    rests_on = {i for ids in chances["evidence"] for i in own(ids)}
    assert rests_on < rows
    assert len(chances) <= len(rows) / 3
    assert len(rests_on) <= len(rows) / 2


@pytest.mark.parametrize("case", CASES)
def test_every_word_of_a_chronology_is_known_and_every_row_is_accepted(tmp_path: Path, extra: Path, case: str) -> None:
    looked = look(tmp_path / "data", extra, case)
    assert list(looked.contacts.loc[looked.contacts["nature"] == "unknown", "activity"]) == []
    (row,) = fj.account(tmp_path / "data").itertuples()
    assert (row.accepted, row.set_aside) == (row.read, 0)


def test_khyra_ishaq_the_three_concerns_of_march_2006(tmp_path: Path, extra: Path) -> None:
    looked = look(tmp_path / "data", extra, "khyra_ishaq")
    assert proposed(looked) == [
        "31 Mar 2006 referral_unanswered: KI001",
        "31 Mar 2006 referral_unanswered: KI002",
        "31 Mar 2006 referral_unanswered: KI003",
        # Named by no inquiry. The school rang four times that month, which the log has as calls of social care.
        "15 Jan 2008 trigger_unanswered: KI005",
    ]
    assert compared(extra, "khyra_ishaq", looked) == (["KI001", "KI002", "KI003"], [], ["KI005"])


def test_daniel_pelka_january_2011_and_the_school_in_december_2011(tmp_path: Path, extra: Path) -> None:
    looked = look(tmp_path / "data", extra, "daniel_pelka")
    assert proposed(looked) == [
        "31 Mar 2008 trigger_unanswered: DP003",
        "13 Aug 2010 trigger_unanswered: DP005",
        "31 Jan 2011 trigger_unanswered: DP006",
        "30 Jun 2011 closed_then_back + referral_unanswered: DP009 DP011",
        "16 Jan 2012 trigger_unanswered: DP012",
    ]
    found, missed, besides = compared(extra, "daniel_pelka", looked)
    assert found == ["DP006", "DP012"]
    # Of January 2011 a chance rests on the admission, not on the call and the discussion of the same month. That a
    # clinic in February 2012 saw the child is there; what was seen is in the report's words only.
    assert missed == ["DP007", "DP008", "DP013"]
    assert besides == ["DP003", "DP005", "DP009", "DP011"]


def test_peter_connelly_two_requests_for_an_appointment(tmp_path: Path, extra: Path) -> None:
    looked = look(tmp_path / "data", extra, "peter_connelly")
    assert proposed(looked) == [
        "10 Apr 2007 referral_unanswered: PC030",
        "30 Jun 2007 referral_unanswered: PC036",
    ]
    # Three surgery visits of the regulator's findings are visits in the log: what was seen there is in words only.
    assert compared(extra, "peter_connelly", looked) == ([], [], ["PC030", "PC036"])


def test_eight_adults_requests_that_went_between_services(tmp_path: Path, extra: Path) -> None:
    looked = look(tmp_path / "data", extra, "iopc_adult_welfare_cases")
    assert sorted(proposed(looked)) == [
        "13 Mar 2016 referral_unanswered: IO033",
        "14 Feb 2017 referral_unanswered: IO026",
        "29 Jan 2019 referral_unanswered: IO003",
        "3 Jan 2019 trigger_unanswered: IO041",
        "30 Sep 2017 referral_unanswered + refused_then_again: IO021 IO022",
    ]
    assert looked.chances["family_id"].is_unique


def test_with_its_agencies_named_a_closure_is_seen_beside_what_others_knew(tmp_path: Path, extra: Path) -> None:
    """A council says which of the kit's agencies a label is; who needed to know a fact then counts as well."""
    agencies = {
        "social_care": "Coventry children's social care",
        "police": "West Midlands Police",
        "school": "Primary school, Coventry",
    }
    looked = look(tmp_path / "data", extra, "daniel_pelka", agencies)
    (chance,) = (c for c in looked.chances.itertuples() if "decided_unaware" in c.kind)
    assert {"DP001", "DP009"} <= own(chance.evidence)
    assert "There is violence at home (West Midlands Police)" in chance.what_was_known
    assert {"DP006", "DP012"} <= {i for ids in looked.chances["evidence"] for i in own(ids)}
