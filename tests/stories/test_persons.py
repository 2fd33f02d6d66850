"""The person behind suppliers' numbers: in contacts, in members, and for whoever asks to be told or to be forgotten."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import journeys as fj
from journeys import rights
from journeys.pseudonymous import identify, pseudonymised
from journeys.subject import subject
from lib.errors import DataError
from tests.stories.conftest import supplied

REASON = "asked by letter of 3 May"
HEAD = "Ref,Person,When,What,Outcome,Recorded\n"
POLICE = HEAD + "1,A,01/05/2024,visit,,\n2,B,02/05/2024,visit,,\n"
SCHOOL = HEAD + "1,7,03/05/2024,visit,,\n2,8,04/05/2024,visit,,\n"
PERSONS = "record_id,person_id\npolice:A,person-00001\nschool:7,person-00001\nschool:8,person-00002\n"
MEMBERS = "person_id,family_id,from,to,because\nperson-00001,F1,,,x\npolice:B,F2,,,x\nschool:8,F1,,,x\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    entries = {"school.csv": {"agency": "school"}}
    root = supplied(
        tmp_path / "review",
        {"police.csv": POLICE, "school.csv": SCHOOL, "members.csv": MEMBERS},
        entries,
        members="members.csv",
        persons="persons.csv",
    )
    (root / "persons.csv").write_text(PERSONS)
    return root


def people(data: Path) -> dict[str, str]:
    frame = fj.read_contacts(data).df()
    return dict(zip(frame["contact_id"], frame["person_id"], strict=True))


def test_a_contacts_person_is_the_person_where_one_is_known_and_the_suppliers_number_elsewhere(data: Path) -> None:
    assert people(data) == {
        "police:1": "person-00001",
        "police:2": "police:B",
        "school:1": "person-00001",
        "school:2": "person-00002",
    }


def test_a_members_file_may_name_persons_and_suppliers_numbers(data: Path) -> None:
    assert set(fj.read_members(data).df()["person_id"]) == {"person-00001", "person-00002", "police:B"}
    journeys = fj.build_journeys(fj.read_contacts(data), fj.read_members(data))
    assert {name: sorted(j.steps["agency"]) for name, j in journeys.items()} == {
        "F1": ["police", "school", "school"],
        "F2": ["police"],
    }


def test_when_the_persons_change_the_contacts_do(data: Path) -> None:
    assert people(data)["police:1"] == "person-00001"
    (data / "persons.csv").write_text(PERSONS.replace("police:A,person-00001", "police:A,person-00009"))
    assert people(data)["police:1"] == "person-00009"


def test_a_store_without_persons_has_no_table_of_them(data: Path) -> None:
    text = (data / "sources.yml").read_text()
    (data / "sources.yml").write_text(text.replace('"persons": "persons.csv"', '"owner": "x"'))
    assert people(data)["police:1"] == "police:A"
    assert not fj.read_contacts(data).engine.has("own_ids")


WRONG = {
    "record_id,person_id\npolice:A,p1\npolice:A,p2\n": "line 3: this record has a person already",
    "record_id,person_id\npolice:A,\n": "line 2: a record_id and a person_id are needed",
    "record_id\npolice:A\n": "the column 'person_id' is not there",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_persons_file_that_cannot_be_used_is_told_with_its_line(data: Path, text: str) -> None:
    (data / "persons.csv").write_text(text)
    with pytest.raises(DataError) as told:
        fj.read_contacts(data)
    assert WRONG[text] in str(told.value) and "police:A" not in str(told.value)


def test_a_persons_file_that_is_not_there_is_told_with_what_makes_it(data: Path) -> None:
    (data / "persons.csv").unlink()
    with pytest.raises(DataError, match=r"persons.csv is not there.*journeys link review"):
        fj.read_contacts(data)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("asked", ["police:A", "school:7", "person-00001"])
def test_whoever_is_forgotten_by_one_number_is_forgotten_by_all(data: Path, tmp_path: Path, asked: str) -> None:
    done = rights.forget(data, [asked], REASON, tmp_path / "reports")
    assert done.held.lines == {"police.csv": [2], "school.csv": [2]}
    assert people(data) == {"police:2": "police:B", "school:2": "person-00002"}
    assert set(fj.read_members(data).df()["person_id"]) == {"person-00002", "police:B"}
    session = fj.read_contacts(data).owner
    for (name,) in session.engine.rows("SELECT DISTINCT table_name FROM duckdb_tables() WHERE database_name = 'store'"):
        assert "person-00001" not in str(session.engine.rows(f"SELECT * FROM store.{name}"))
    assert any("journeys link review" in line for line in done.by_hand)
    rights.forget_no_more(data, [asked], "it was the wrong person")
    assert len(people(data)) == 4


@pytest.mark.usefixtures("key")
def test_forgotten_by_a_supplier_before_anybody_was_joined_they_stay_out_by_that_number(
    data: Path, tmp_path: Path
) -> None:
    (data / "persons.csv").write_text("record_id,person_id\nschool:8,person-00002\n")
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    (data / "persons.csv").write_text(PERSONS)
    assert "police:1" not in people(data)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("asked", ["police:A", "person-00001"])
def test_whoever_asks_what_is_held_is_told_of_every_number(data: Path, tmp_path: Path, asked: str) -> None:
    pseudonymised(fj.read_contacts(data), project="housing")
    bundle = subject(data, [asked], tmp_path / "reports")
    assert bundle.rows["records"] == 2
    assert bundle.rows["memberships"] == 1
    assert bundle.rows["family"] == 1
    book = openpyxl.load_workbook(bundle.folder / "held.xlsx")
    assert {row[0] for row in book["records"].iter_rows(min_row=2, values_only=True)} == {"police.csv", "school.csv"}
    (extract,) = [
        dict(zip([c.value for c in book["extracts"][1]], r, strict=True))
        for r in book["extracts"].iter_rows(min_row=2, values_only=True)
    ]
    told = extract["pseudonym"].split(", ")
    given = set(pseudonymised(fj.read_contacts(data), project="housing")["person_id"])
    assert given & set(told)


@pytest.mark.usefixtures("key")
def test_behind_a_pseudonym_is_the_person(data: Path) -> None:
    given = pseudonymised(fj.read_contacts(data), project="housing")
    found = {identify(p, data, "housing", REASON, "another", "me") for p in set(given["person_id"])}
    assert found == {"person-00001", "person-00002", "police:B"}


@pytest.mark.usefixtures("key")
def test_prune_takes_no_run_for_resting_on_the_persons_file(data: Path, tmp_path: Path) -> None:
    from tests.stories.test_rights import run

    run(tmp_path / "reports", "1", "review", "police.csv", "persons.csv", "members.csv")
    assert not list(rights.due(data, tmp_path / "reports"))
