"""Tables of the Safeguarding Dataset that hold visits, reviews and care: what each record tells, and what it does not."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import journeys as fj
from journeys.__main__ import cli
from lib.errors import RuleError

EPISODES = "clae_cla_episode_id, clae_person_id, clae_cla_episode_start_date, clae_cla_episode_start_reason, "
EPISODES += "clae_cla_episode_ceased_date, clae_cla_episode_ceased_reason"


def dataset(root: Path, **tables: tuple[str, list[tuple]]) -> Path:
    with sqlite3.connect(root / "ssd.sqlite") as made:
        for table, (columns, rows) in tables.items():
            made.execute(f"CREATE TABLE {table} ({columns})")
            made.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * (columns.count(',') + 1))})", rows)
    made.close()
    (root / "sources.yml").write_text(
        "purpose: p\ninvented: true\nfiles:\n  ssd.sqlite: {format: ssd, covers: [2024-01-01, 2024-12-31]}\n"
    )
    return root


def told(root: Path) -> list[tuple]:
    frame = fj.read_contacts(root).df().astype(object)
    frame = frame.where(frame.notna(), None)
    return sorted((r.person_id, f"{r.date:%d %b}", r.activity, r.reason, r.outcome) for r in frame.itertuples())


def account(root: Path, of: str) -> tuple:
    return tuple(fj.account(root).set_index("file").loc[f"ssd.sqlite: {of}", ["read", "accepted", "set_aside"]])


def test_a_child_comes_into_care_once_and_leaves_once_however_many_episodes_that_is(tmp_path):
    rows = [
        ("1", "A", "2024-01-10", "S", "2024-03-01", "X1"),
        ("2", "A", "2024-03-01", "P", "2024-04-15", "X1"),
        ("3", "A", "2024-04-15", "L - Change of legal status only", "2024-06-01", "E4A"),
        ("4", "A", "2024-11-01", "S", None, None),
    ]
    root = dataset(tmp_path, ssd_cla_episodes=(EPISODES, rows))
    assert told(root) == [
        ("ssd:A", "01 Jun", "care_ended", "returned home, as planned", None),
        ("ssd:A", "01 Mar", "care_changed", "the placement and the carers changed", None),
        ("ssd:A", "01 Nov", "care_started", "started to be looked after", None),
        ("ssd:A", "10 Jan", "care_started", "started to be looked after", None),
        ("ssd:A", "15 Apr", "care_changed", "the legal status changed", None),
    ]
    assert account(root, "In care") == (4, 4, 0)


def test_where_nothing_says_why_an_episode_began_it_is_the_beginning_of_care_as_the_format_says(tmp_path):
    root = dataset(tmp_path, ssd_cla_episodes=(EPISODES, [("1", "A", "2024-01-10", None, None, None)]))
    assert told(root) == [("ssd:A", "10 Jan", "care_started", None, None)]


def test_a_code_that_nobody_has_listed_is_no_coming_into_care_and_is_told(tmp_path):
    rows = [("1", "A", "2024-01-10", "Q9", None, None), ("2", "B", "2024-01-11", "S", None, None)]
    root = dataset(tmp_path, ssd_cla_episodes=(EPISODES, rows))
    assert told(root)[0] == ("ssd:A", "10 Jan", "Q9", "Q9", None)
    faults = fj.check_contacts(fj.read_contacts(root)).df()
    assert faults.loc[faults["fault"].eq("unmapped"), "contacts"].tolist() == [1]


def test_a_record_of_which_nothing_is_told_is_set_aside_with_that_reason(tmp_path):
    root = dataset(tmp_path, ssd_cla_episodes=(EPISODES, [("1", "A", None, None, "2024-03-01", "X1")]))
    assert told(root) == [] and account(root, "In care") == (1, 0, 1)
    assert fj.set_aside(root).df()["reason"].tolist() == ["not told, as its format says"]


def test_visits_say_whether_the_child_was_seen_and_reviews_whether_the_plan_goes_on(tmp_path):
    root = dataset(
        tmp_path,
        ssd_cin_visits=(
            "cinv_cin_visit_id, cinv_person_id, cinv_cin_visit_date, cinv_cin_visit_seen",
            [("1", "A", "2024-02-01", "Y"), ("2", "A", "2024-02-15", "N")],
        ),
        ssd_cp_visits=(
            "cppv_cp_visit_id, cppv_person_id, cppv_cp_visit_date, cppv_cp_visit_seen",
            [("1", "A", "2024-03-01", None)],
        ),
        ssd_cla_visits=(
            "clav_cla_visit_id, clav_person_id, clav_cla_visit_date, clav_cla_visit_seen",
            [("1", "A", "2024-04-01", "Y"), ("2", "A", None, "Y")],
        ),
        ssd_cp_reviews=(
            "cppr_cp_review_id, cppr_person_id, cppr_cp_review_date, cppr_cp_review_outcome_continue_cp",
            [("1", "A", "2024-05-01", "Y"), ("2", "A", "2024-08-01", "N")],
        ),
    )
    assert told(root) == [
        ("ssd:A", "01 Apr", "visit", None, "the child was seen"),
        ("ssd:A", "01 Aug", "review_conference", None, "the plan ends"),
        ("ssd:A", "01 Feb", "visit", None, "the child was seen"),
        ("ssd:A", "01 Mar", "visit", None, None),
        ("ssd:A", "01 May", "review_conference", None, "the plan goes on"),
        ("ssd:A", "15 Feb", "visit", None, "the child was not seen"),
    ]
    assert account(root, "Visits in care") == (2, 1, 1)


def test_a_health_check_that_is_only_planned_has_not_happened(tmp_path):
    columns = (
        "clah_health_check_id, clah_person_id, clah_health_check_type, clah_health_check_date, clah_health_check_status"
    )
    rows = [
        ("1", "A", "Dental Check", "2024-05-01", "Completed"),
        ("2", "A", "Health Assessment", "2024-09-01", "Planned"),
        ("3", "A", "Health Assessment", "2024-06-01", "Refused"),
    ]
    root = dataset(tmp_path, ssd_cla_health=(columns, rows))
    assert told(root) == [
        ("ssd:A", "01 Jun", "health_assessment", None, "Refused"),
        ("ssd:A", "01 May", "dental_check", None, "Completed"),
    ]
    assert account(root, "Health in care") == (3, 2, 1)


def test_placements_legal_statuses_and_workers_stand_from_a_day_to_a_day(tmp_path):
    root = dataset(
        tmp_path,
        ssd_cla_placement=(
            "clap_cla_placement_id, clap_person_id, clap_cla_placement_start_date, clap_cla_placement_end_date",
            [("1", "A", "2024-01-10", "2024-03-01")],
        ),
        ssd_legal_status=(
            "lega_legal_status_id, lega_person_id, lega_legal_status, lega_legal_status_start_date, lega_legal_status_end_date",
            [("1", "A", "C2", "2024-01-10", None)],
        ),
        ssd_involvements=(
            "invo_involvements_id, invo_person_id, invo_professional_id, invo_involvement_start_date, invo_involvement_end_date",
            [("1", "A", "W7", "2024-01-05", "2024-02-05")],
        ),
    )
    frame = fj.read_contacts(root).df().sort_values("activity")
    found = [(r.activity, f"{r.date:%d %b}", str(r.ends_on)[:10], r.nature) for r in frame.itertuples()]
    assert found == [
        ("allocation", "05 Jan", "2024-02-05", "record"),
        ("legal_status", "10 Jan", "NaT", "status"),
        ("placement_started", "10 Jan", "2024-03-01", "record"),
    ]
    assert frame["professional_id"].dropna().tolist() == ["W7"] and frame["reason"].dropna().tolist() == [
        "full care order"
    ]


def test_a_mother_whom_the_dataset_names_is_of_her_childs_family(tmp_path):
    root = dataset(
        tmp_path,
        ssd_person=(
            "pers_person_id, pers_forename, pers_surname, pers_dob, pers_sex",
            [
                ("M", "Ada", "One", "1990-01-01", "F"),
                ("C", "Bea", "Two", "2018-01-01", "F"),
                ("X", "Cy", "Two", "2017-01-01", "M"),
            ],
        ),
        ssd_mother=("moth_table_id, moth_person_id, moth_childs_person_id", [("1", "M", "C")]),
    )
    with open(root / "sources.yml", "a") as file:
        file.write("linkage:\n  ssd.sqlite: {supplier: ssd, format: ssd}\n")
    result = CliRunner().invoke(cli, ["link", str(root)])
    assert result.exit_code == 0, result.output
    person = pd.read_csv(root / "persons.csv").set_index("record_id")["person_id"]
    families = pd.read_csv(root / "members.csv").groupby("person_id")["family_id"].unique().map(set)
    mother, child, other = (families[person[record]] for record in ("ssd:M", "ssd:C", "ssd:X"))
    assert child < mother and not other & child, "they are one family until the child is eighteen"


PLAIN = (
    "purpose: p\ninvented: true\nfiles:\n  log.csv:\n    format:\n"
    "      columns: {person_id: who, date: when, activity: what}\n      always: {agency: school}\n"
    "      dates: [iso]\n      words: {activity: {not told: [cancelled]}}\n"
)


def test_a_row_of_a_plain_log_can_be_declared_not_to_be_told(tmp_path):
    (tmp_path / "sources.yml").write_text(PLAIN)
    (tmp_path / "log.csv").write_text("who,when,what\nA,2024-01-01,visit\nA,2024-01-02,Cancelled\n")
    assert [row[2] for row in told(tmp_path)] == ["visit"]
    assert fj.set_aside(tmp_path).df()["reason"].tolist() == ["not told, as its format says"]


def test_a_column_for_what_it_was_that_is_not_there_is_named_with_its_line(tmp_path):
    (tmp_path / "sources.yml").write_text(
        "purpose: p\ninvented: true\nfiles:\n  log.csv:\n    agency: school\n    format:\n"
        "      columns: {person_id: who}\n      dates: [iso]\n      tells:\n        - date: began\n"
        "          activity_in: kind\n"
    )
    (tmp_path / "log.csv").write_text("who,began,kin\nA,2024-01-01,visit\n")
    told = fj.account(tmp_path)["rejected_because"].iloc[0]
    at = (tmp_path / "sources.yml").read_text().splitlines().index("          activity_in: kind") + 1
    assert f"no column 'kind', which {tmp_path / 'sources.yml'}, line {at} reads as the activity" in told


def test_activity_in_belongs_to_one_of_several_things_only(tmp_path):
    (tmp_path / "sources.yml").write_text(PLAIN.replace("activity: what}", "activity_in: what}"))
    (tmp_path / "log.csv").write_text("who,when,what\nA,2024-01-01,visit\n")
    with pytest.raises(RuleError, match=r"line 6: unknown key 'activity_in'\. Did you mean 'activity'"):
        fj.read_contacts(tmp_path)


def test_a_doubt_about_one_thing_of_a_record_names_that_thing_alone(tmp_path):
    columns = "cinv_cin_visit_id, cinv_person_id, cinv_cin_visit_date, cinv_cin_visit_seen"
    row = (None, "A", "2024-02-01", "Y")
    plans = (
        "cinp_cin_plan_id, cinp_person_id, cinp_cin_plan_start_date, cinp_cin_plan_end_date, cinp_cin_plan_worker_id"
    )
    cared = [(None, "A", "2024-01-10", "S", "2024-03-01", "E4A"), (None, "A", "2024-01-10", "S", "2024-06-01", "E4A")]
    root = dataset(
        tmp_path,
        ssd_cin_visits=(columns, [row, row, row]),
        ssd_cin_plans=(plans, []),
        ssd_cla_episodes=(EPISODES, cared),
    )
    contacts = fj.read_contacts(root)
    doubts = fj.check_contacts(contacts).df().query("fault == 'identical_no_id'")
    read = contacts.df().set_index("contact_id")["activity"]
    assert sorted((read[r.contact_id], r.contacts) for r in doubts.itertuples()) == [("care_started", 2), ("visit", 3)]
