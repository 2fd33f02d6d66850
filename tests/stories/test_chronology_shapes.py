"""Chronologies of awkward shapes go the whole way, from the file to the chances, and say what they can."""

from __future__ import annotations

import json

import pytest

import journeys as fj
from lib.errors import RequestError

HEAD = "event_id,case_id,date,date_precision,time,agency,person,contact_type,referred_to_agency,summary\n"


def chronology(root, *rows):
    """Rows as `case date agency activity referred_to`, parted by bars."""
    root.mkdir()
    lines = []
    for n, row in enumerate(rows, start=1):
        case, date, agency, activity, to = (cell.strip() for cell in row.split("|"))
        lines.append(f"E{n},{case},{date},,,{agency},child,{activity},{to},words\n")
    (root / "case.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    files = {"case.csv": {"format": "chronology"}}
    (root / "sources.yml").write_text(json.dumps({"purpose": "a story", "invented": True, "files": files}))
    return root


def looked(root, *rows):
    """Contacts, what fired of every rule, and the chances, in short."""
    contacts = fj.read_contacts(chronology(root, *rows))
    review = fj.build_journeys(contacts)
    firings = fj.find_triggers(review)
    every = fj.find_triggers(review, only=list(firings.owner.rules.triggers))
    chances = fj.find_chances(review, firings, fj.who_knew_what(review)).df()
    told = [f"{c.kind} {' '.join(i.split(':')[-1] for i in c.evidence)}" for c in chances.itertuples()]
    assert len(every) >= len(firings)
    return contacts.df(), firings.df()["trigger"].tolist(), told


def test_a_single_row(tmp_path):
    contacts, fired, told = looked(tmp_path / "data", "C1 | 2006-03-01 | Hospital | admission |")
    assert (len(contacts), fired, told) == (1, [], [])


def test_every_date_a_year(tmp_path):
    words = ["injury", "concern", "referral", "case closed", "no reply", "referral"]
    rows = [f"C1 | {2000 + n} | Agency {n} | {word} |" for n, word in enumerate(words)]
    _, fired, told = looked(tmp_path / "data", *rows)
    # What fell in 2001 may have followed what fell at the end of 2000, and be nothing passed on.
    assert fired.count("worry_not_passed_on") == 2
    assert told == ["trigger_unanswered E1", "trigger_unanswered E2", "visit_not_followed_up E5"]


def test_a_referral_to_nobody_named(tmp_path):
    rows = ["C1 | 2006-03-01 | School | referral |", "C1 | 2006-05-01 | School | referral |"]
    _, _, told = looked(tmp_path / "data", *rows)
    assert told == ["referral_unanswered E1"]


def test_two_agencies_in_one_label_are_two_contacts_and_one_chance(tmp_path):
    rows = ["C1 | 2006-03-01 | Clinic / Ward | injury |", "C1 | 2006-12-01 | Clinic | referral |"]
    contacts, fired, told = looked(tmp_path / "data", *rows)
    assert sorted(contacts["agency"]) == ["Clinic", "Clinic", "Ward"]
    assert fired == ["worry_not_passed_on"]
    assert told == ["trigger_unanswered E1#1 E1#2"]


def test_activities_that_nobody_listed_are_counted_and_propose_nothing(tmp_path):
    rows = ["C1 | 2006-03-01 | School | pottery |", "C1 | 2006-04-01 | School | visit |"]
    contacts, fired, told = looked(tmp_path / "data", *rows)
    assert dict(zip(contacts["activity"], contacts["nature"], strict=True)) == {"pottery": "unknown", "visit": "touch"}
    assert (fired, told) == ([], [])


def test_only_what_happened_in_the_family(tmp_path):
    rows = ["C1 | 2006-03-01 | (birth) | birth |", "C1 | 2007 | (none) | household_change |"]
    contacts, fired, told = looked(tmp_path / "data", *rows)
    assert (set(contacts["nature"]), fired, told) == ({"life"}, [], [])


@pytest.mark.parametrize("rows", [(), ("C1 | about 2006 | School | visit |",), ("C1 |  | School | visit |",)])
def test_where_no_record_became_a_contact_the_message_says_so(tmp_path, rows):
    contacts = fj.read_contacts(chronology(tmp_path / "data", *rows))
    with pytest.raises(RequestError, match=r"no record of this data became a contact.*fj\.set_aside"):
        fj.build_journeys(contacts)
