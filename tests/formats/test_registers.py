"""Registers, police notices, homelessness cases and tables of the safeguarding dataset: each against a sample."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import journeys as fj
from journeys.activities import read_activities
from journeys.sources import RULES
from lib.errors import DataError, RuleError
from lib.files import load


def folder(root: Path, files: dict[str, tuple[dict[str, Any], str]]) -> Path:
    for name, (_, text) in files.items():
        (root / name).write_text(text, encoding="utf-8")
    entries = {name: entry for name, (entry, _) in files.items()}
    (root / "sources.yml").write_text(json.dumps({"purpose": "p", "invented": True, "files": entries}))
    return root


def kinds() -> dict[str, str]:
    """What each code of the register becomes."""
    activities = read_activities([RULES / "activities.yml"])
    return {code: activities.find("school", code) or "" for code in CODES}


CODES = [*"/\\LKVPWBCEIMRSTGNOUQDZ#XHJY", "C1", "C2", "J1", *(f"Y{n}" for n in range(1, 8))]
IS = {
    "present": (1, 0, 1),
    "absence_authorised": (0, 1, 1),
    "absence_ill": (0, 1, 1),
    "absence_unauthorised": (0, 1, 1),
    "absence_unexplained": (0, 1, 1),
    "not_required": (0, 0, 0),
}
"""Whether an activity counts as attendance, as absence and as a possible session."""


def test_every_code_counts_as_the_department_counts_it(extra):
    with open(extra / "reference" / "attendance_codes.csv", encoding="utf-8", newline="") as file:
        table = {row["code"]: row for row in csv.DictReader(file)}
    found = kinds()
    assert set(table) == set(CODES) and len(CODES) == 37
    for code, row in table.items():
        counts = tuple(int(row[f"counts_as_{c}"]) for c in ("attendance", "absence", "possible_session"))
        assert IS[found[code]] == counts, code
        if row["authorised"]:
            is_authorised = found[code] in ("absence_authorised", "absence_ill")
            assert is_authorised == (row["authorised"] == "1"), code
        assert (found[code] == "absence_unexplained") == (row["unexplained_flag"] == "1"), code


REGISTER = """pupil_id,date,session,code,recorded_on
P1,04/03/2024,AM,N,04/03/2024
P1,04/03/2024,PM,/,04/03/2024
P1,04/03/2024,AM,I,11/03/2024
P2,04/03/2024,AM,/,04/03/2024
P2,04/03/2024,AM,/,04/03/2024
P2,31/02/2024,AM,/,04/03/2024
"""


def register(root: Path) -> Path:
    made = folder(root, {"register.csv": ({"format": "attendance_sessions"}, REGISTER)})
    (made / "members.csv").write_text("person_id,family_id\nregister:P1,F1\nregister:P2,F2\n")
    text = (made / "sources.yml").read_text()
    (made / "sources.yml").write_text(text.replace('"files"', '"members": "members.csv", "files"'))
    return made


def test_a_code_that_was_changed_is_kept_with_the_day_of_each_and_morning_is_not_afternoon(tmp_path):
    contacts = fj.read_contacts(register(tmp_path))
    account = fj.account(tmp_path).iloc[0]
    assert tuple(account[["read", "accepted", "set_aside", "collapsed"]]) == (6, 4, 1, 1)
    rows = contacts.df()
    changed = rows[rows["person_id"].eq("register:P1") & rows["reason"].eq("morning")]
    assert list(changed["activity"]) == ["absence_unexplained", "absence_ill"]
    assert changed["contact_id"].nunique() == 1


@pytest.mark.parametrize(("day", "activity"), [("2024-03-10", "absence_unexplained"), ("2024-03-11", "absence_ill")])
def test_as_at_a_day_the_code_is_the_one_known_then(tmp_path, day, activity):
    review = fj.build_journeys(fj.read_contacts(register(tmp_path)), start="2024-03-01", end="2024-03-31", as_at=day)
    steps = review.steps.df()
    assert set(steps.loc[steps["family_id"].eq("F1"), "activity"]) == {activity, "present"}


def test_police_notices_are_told_apart_by_their_grade(tmp_path):
    rows = "".join(
        f"{n},P1,0{n}/03/2024,{grade}\n" for n, grade in enumerate(("Red", "HIGH", "amber", "green", "purple"), 1)
    )
    root = folder(tmp_path, {"ppn.csv": ({"format": "police_notices"}, f"notice_id,person_id,date,grade\n{rows}")})
    frame = fj.read_contacts(root).df().sort_values("date")
    assert list(frame["activity"]) == [
        *["police_notice_red"] * 2,
        "police_notice_amber",
        "police_notice_green",
        "purple",
    ]
    assert set(frame["agency"]) == {"police"}
    faults = fj.check_contacts(fj.read_contacts(root)).df()
    assert faults.loc[faults["fault"].eq("unmapped"), "contacts"].tolist() == [1]


HOMELESS = (
    "case_id,applicant_id,approached_on,reason,prevention_from,prevention_to,prevention_outcome,relief_from,relief_to,"
    "relief_outcome,main_duty_from,main_duty_to,main_duty_outcome,temporary_from,temporary_to,closed_on,closed_because\n"
)


def test_a_homelessness_case_is_an_approach_its_duties_and_its_end(tmp_path):
    row = "H1,A1,01/03/2024,eviction,02/03/2024,26/04/2024,not prevented,27/04/2024,,,,,,01/05/2024,,,\n"
    frame = fj.read_contacts(folder(tmp_path, {"homeless.csv": ({"format": "homelessness"}, HOMELESS + row)})).df()
    told = [(r.contact_id, r.activity, f"{r.date:%d %b}", str(r.ends_on)[:10]) for r in frame.itertuples()]
    assert told == [
        ("homeless:H1#1", "homelessness_approach", "01 Mar", "NaT"),
        ("homeless:H1#2", "homelessness_duty", "02 Mar", "2024-04-26"),
        ("homeless:H1#3", "homelessness_duty", "27 Apr", "NaT"),
        ("homeless:H1#5", "temporary_accommodation", "01 May", "NaT"),
    ]


def test_tables_of_the_safeguarding_dataset_sent_one_by_one(tmp_path):
    files = {
        "contacts.csv": (
            {"format": "ssd", "only": "Contacts", "series": "ssd"},
            "cont_contact_id,cont_person_id,cont_contact_date,cont_contact_source_code,cont_contact_outcome_json\n"
            "9,C1,2024-03-01 00:00:00,6,{}\n",
        ),
        "referrals.csv": (
            {"format": "ssd", "only": "Referrals", "series": "ssd"},
            "cine_referral_id,cine_person_id,cine_referral_date,cine_referral_source_code,cine_referral_nfa,cine_close_date,"
            "cine_close_reason,cine_referral_worker_id\n9,C1,2024-03-02,6,N,2024-05-01,RC8,W1\n",
        ),
    }
    frame = fj.read_contacts(folder(tmp_path, files)).df()
    told = [(r.contact_id, r.person_id, r.activity, r.reason, r.outcome) for r in frame.itertuples()]
    assert [tuple(None if x != x else x for x in row) for row in told] == [
        ("ssd/Contacts:9#1", "ssd:C1", "csc_contact", "police", None),
        ("ssd/Referrals:9#1", "ssd:C1", "csc_referral", "police", "goes on"),
        ("ssd/Referrals:9#2", "ssd:C1", "closed", "RC8", None),
    ]


@pytest.mark.parametrize("form", sorted(p.stem for p in (RULES / "formats").glob("*.yml")))
def test_every_format_says_its_version_and_where_it_is_from(form):
    data = load(RULES / "formats" / f"{form}.yml").data
    assert data["version"] and data["source"]


def dataset(root: Path) -> Path:
    """Three tables of the dataset in one SQLite file: contacts, children in need, and who is of which family."""
    import sqlite3

    with sqlite3.connect(root / "ssd.sqlite") as made:
        made.execute(
            "CREATE TABLE ssd_contacts (cont_contact_id TEXT, cont_person_id INTEGER, cont_contact_date TEXT, "
            "cont_contact_source_code TEXT, cont_contact_outcome_json TEXT)"
        )
        made.executemany(
            "INSERT INTO ssd_contacts VALUES (?, ?, ?, ?, ?)",
            [
                ("1", 501, "2024-03-01 00:00:00", "6", "{}"),
                ("2", 502, "2024-03-02", "2A", None),
                ("3", 503, "2024-02-30", "10", None),
            ],
        )
        made.execute(
            "CREATE TABLE ssd_cin_plans (cinp_cin_plan_id TEXT, cinp_person_id INTEGER, cinp_cin_plan_start_date TEXT, "
            "cinp_cin_plan_end_date TEXT, cinp_cin_plan_worker_id TEXT)"
        )
        made.execute("INSERT INTO ssd_cin_plans VALUES ('1', 501, '2024-04-01', NULL, 'W1')")
        made.execute("CREATE TABLE ssd_family (fami_table_id TEXT, fami_family_id TEXT, fami_person_id INTEGER)")
        made.executemany(
            "INSERT INTO ssd_family VALUES (?, ?, ?)", [("1", "FAM1", 501), ("2", "FAM1", 502), ("3", "FAM2", 503)]
        )
    made.close()
    (root / "sources.yml").write_text(
        "purpose: p\ninvented: true\nmembers: ssd.sqlite\nfiles:\n  ssd.sqlite: {format: ssd, covers: [2024-01-01, 2024-06-30]}\n"
    )
    return root


def test_the_dataset_in_one_database_gives_its_contacts_and_its_own_families(tmp_path):
    root = dataset(tmp_path)
    account = fj.account(root).set_index("file")
    assert tuple(account.loc["ssd.sqlite: Contacts", ["read", "accepted", "set_aside"]]) == (3, 2, 1)
    review = fj.build_journeys(fj.read_contacts(root), start="2024-01-01", end="2024-06-30")
    told = [(r.family_id, r.person_id, r.activity) for r in review.steps.df().itertuples()]
    assert sorted(told) == [
        ("FAM1", "ssd:501", "child_in_need"),
        ("FAM1", "ssd:501", "csc_contact"),
        ("FAM1", "ssd:502", "csc_contact"),
    ]
    missing = fj.check_contacts(fj.read_contacts(root)).df().query("fault == 'list_missing'")
    declared = load(RULES / "formats" / "ssd.yml").data["lists"]
    assert len(missing) == len(declared) - 2


def test_where_numbers_are_shared_the_datasets_families_have_them_too(tmp_path):
    root = dataset(tmp_path)
    text = (root / "sources.yml").read_text()
    (root / "sources.yml").write_text(text.replace("{format: ssd,", "{format: ssd, person_ids: shared,"))
    assert set(fj.read_members(root).df()["person_id"]) == {"501", "502", "503"}
    assert len(fj.build_journeys(fj.read_contacts(root))) == 1


def who_they_are(root: Path) -> Path:
    """The same database with people and their numbers in it, beside a school's list of pupils."""
    import sqlite3

    dataset(root)
    with sqlite3.connect(root / "ssd.sqlite") as made:
        made.execute(
            "CREATE TABLE ssd_person (pers_person_id INTEGER, pers_forename TEXT, pers_surname TEXT, pers_dob TEXT, "
            "pers_sex TEXT)"
        )
        made.execute("INSERT INTO ssd_person VALUES (501, 'Ada', 'Example', '2015-02-01 00:00:00', 'F')")
        made.execute(
            "CREATE TABLE ssd_linked_identifiers (link_table_id TEXT, link_person_id INTEGER, link_identifier_type TEXT, "
            "link_identifier_value TEXT)"
        )
        made.executemany(
            "INSERT INTO ssd_linked_identifiers VALUES (?, ?, ?, ?)",
            [("1", 501, "unique pupil number", "H801200001001"), ("2", 501, "Library card", "H801200001002")],
        )
    made.close()
    (root / "pupils.csv").write_text("No,Forename,Surname,DOB,UPN\n7,Ada,Example,01/02/2015,H801200001001\n")
    (root / "sources.yml").write_text(
        "purpose: p\ninvented: true\nfiles:\n  ssd.sqlite: {format: ssd}\nlinkage:\n"
        "  ssd.sqlite: {supplier: ssd, format: ssd}\n"
        "  pupils.csv: {supplier: school, columns: {person_id: No, first_name: Forename, last_name: Surname, "
        "date_of_birth: DOB, upn: UPN}}\n"
    )
    return root


def test_the_datasets_people_families_and_linked_identifiers_are_read_for_linking(tmp_path):
    read = fj.read_linkage(who_they_are(tmp_path))
    account = read.account.set_index("file")["accepted"].to_dict()
    assert account == {
        "ssd.sqlite: People": 1,
        "ssd.sqlite: Addresses": 0,
        "ssd.sqlite: Families": 3,
        "ssd.sqlite: Mothers": 0,
        "ssd.sqlite: Linked identifiers": 2,
        "pupils.csv": 1,
    }
    records = read.records
    assert set(records["upn"].dropna()) == {"H801200001001"}, "a kind that nobody has listed is no evidence"
    assert set(records["household_id"].dropna()) == {"ssd:FAM1", "ssd:FAM2"}


def test_a_linked_identifier_makes_two_agencies_records_one_person(tmp_path):
    links = fj.link_people(fj.read_linkage(who_they_are(tmp_path)).records)
    person = links.persons.set_index("record_id")["person"]
    assert person["ssd:501"] == person["school:7"] != person["ssd:502"]
    pair = links.pairs.set_index(["record_a", "record_b"]).sort_index().loc[("school:7", "ssd:501")]
    assert pair["outcome"] == "same" and "UPN" in pair["because"]


def test_a_database_without_any_of_the_people_is_another_kind_of_file(tmp_path):
    import sqlite3

    root = who_they_are(tmp_path)
    (root / "ssd.sqlite").unlink()
    with sqlite3.connect(root / "ssd.sqlite") as made:
        made.execute("CREATE TABLE other (a TEXT)")
    made.close()
    with pytest.raises(DataError, match="ssd"):
        fj.read_linkage(root)


def test_a_format_that_tells_of_nobody_cannot_say_who_people_are(tmp_path):
    root = who_they_are(tmp_path)
    text = (
        (root / "sources.yml").read_text().replace("{supplier: ssd, format: ssd}", "{supplier: ssd, format: annex_a}")
    )
    (root / "sources.yml").write_text(text)
    with pytest.raises(RuleError, match=r"line 6.*says nothing of who its people are"):
        fj.read_linkage(root)
