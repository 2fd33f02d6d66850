"""Linkage files: declared, permitted, read strictly, accounted for; and what of them goes nowhere."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys.linkage import Linkage, take_linkage
from journeys.sources import from_frames, open_folder
from lib.errors import DataError, PermissionRefused, RuleError

COLUMNS = "person_id: No, first_name: Forename, last_name: Surname, date_of_birth: DOB, from: Since, to: Until, parent_ids: Parents, "
COLUMNS += "household_id: HH, confidential: Protected, nhs_number: NHS"
HEAD = "No,Forename,Surname,DOB,Since,Until,Parents,HH,Protected,NHS\n"
PERMISSION = "controller: Northshire, agreement: ISA-1, lawful_basis: public task, keep_until: 2999-01-01, "


def folder(root: Path, rows: str, more: str = "", invented: bool = True, others: str = "") -> Path:
    root.mkdir(exist_ok=True)
    (root / "pupils.csv").write_text(HEAD + rows, encoding="utf-8")
    (root / "sources.yml").write_text(
        f"purpose: A test\ninvented: {str(invented).lower()}\nfiles: {{}}\nlinkage:\n"
        f"  pupils.csv: {{supplier: school, columns: {{{COLUMNS}}}, {more}}}\n{others}",
        encoding="utf-8",
    )
    return root


def read(root: Path, rows: str, **more: Any) -> Linkage:
    return fj.read_linkage(folder(root, rows, **more))


def test_a_row_becomes_a_record_with_its_suppliers_name_before_every_id(tmp_path: Path):
    rows = "007,Null,O'Brien,05/04/2015,01/09/2020,01/09/2021,12; 13 ,HH1,no,943 476 5919\n"
    record = read(tmp_path, rows).records.iloc[0].to_dict()
    assert record | {"source_row": 1} == record
    assert record["record_id"] == "school:007" and record["first_name"] == "Null"
    assert record["date_of_birth"] == dt.date(2015, 4, 5)
    assert record["parent_ids"] == ("school:12", "school:13") and record["household_id"] == "school:HH1"
    assert (record["from_date"], record["to_date"]) == (dt.date(2020, 9, 1), dt.date(2021, 9, 1))
    assert not record["confidential"] and record["address"] is None


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        (",Ada,Okafor,05/04/2015,,,,,,", "no person id", "No"),
        ("unknown,Ada,Okafor,05/04/2015,,,,,,", "a word for nothing in place of a person id", "No"),
        ("0000,Ada,Okafor,05/04/2015,,,,,,", "a word for nothing in place of a person id", "No"),
        ("No fixed abode,Ada,Okafor,05/04/2015,,,,,,", "a word for nothing in place of a person id", "No"),
        ("7,Ada,Okafor,2015-04-05,,,,,,", "bad date", "DOB"),
        ("7,Ada,Okafor,31/02/2015,,,,,,", "bad date", "DOB"),
        ("7,Ada,Okafor,05/04/1815,,,,,,", "year out of range", "DOB"),
        ("7,Ada,Okafor,05/04/2015,01/09/2021,01/09/2021,,,,", "ends before it begins", "Until"),
        (",,,,,,,,,", "empty row", ""),
    ],
)
def test_a_row_that_cannot_be_used_is_set_aside_with_its_reason_and_no_value(
    tmp_path: Path, row: str, reason: str, column: str
):
    linkage = read(tmp_path, f"1,Ben,Okafor,05/04/2011,,,,,,\n{row}\n")
    assert linkage.set_aside[["source_row", "source_line", "reason", "column"]].values.tolist() == [
        [2, 3, reason, column]
    ]
    assert linkage.account.iloc[0].tolist() == ["pupils.csv", 2, 1, 1, 0, ""]
    assert "Ada" not in linkage.set_aside.to_csv()


@pytest.mark.parametrize("word", ["unknown", "N/A", "not known"])
def test_a_word_for_nothing_where_a_day_belongs_is_no_day_and_no_fault(tmp_path: Path, word: str):
    assert read(tmp_path, f"7,Ada,Okafor,{word},,,,,,\n").records.iloc[0]["date_of_birth"] is None


def test_the_same_row_twice_and_the_same_file_twice_are_collapsed(tmp_path: Path):
    more = f"  again.csv: {{supplier: school, columns: {{{COLUMNS}}}}}\n"
    root = folder(tmp_path, "7,Ada,Okafor,05/04/2015,,,,,,\n7,Ada,Okafor,05/04/2015,,,,,,\n", others=more)
    (root / "again.csv").write_bytes((root / "pupils.csv").read_bytes())
    account = fj.read_linkage(root).account
    assert account[["read", "accepted", "set_aside", "collapsed"]].values.tolist() == [[2, 1, 0, 1], [2, 0, 0, 2]]


@pytest.mark.parametrize(
    ("mark", "is_confidential"), [("", False), ("No", False), ("yes", True), ("Y", True), ("ask first", True)]
)
def test_what_is_not_plainly_a_no_marks_every_row_of_the_record_confidential(
    tmp_path: Path, mark: str, is_confidential: bool
):
    rows = f"7,Ada,Okafor,05/04/2015,,,,,,\n7,Ada,Okafor,no day at all,,,,,{mark},\n"
    linkage = read(tmp_path, rows)
    assert len(linkage.set_aside) == 1
    assert linkage.records["confidential"].tolist() == [is_confidential]


@pytest.mark.parametrize("slipped", ["7,Ada,Okafor, the younger,05/04/2015,,,,,yes,", "7,Ada,Okafor,05/04/2015,,,yes"])
def test_where_fields_have_slipped_nobody_is_taken_for_not_confidential(tmp_path: Path, slipped: str):
    linkage = read(tmp_path, f"7,Ada,Okafor,05/04/2015,,,,,no,\n{slipped}\n8,Ben,Okafor,05/04/2014,,,,,no,\n")
    assert linkage.set_aside["reason"].str.startswith("too ").tolist() == [True]
    assert linkage.records["confidential"].tolist() == [True, False]


def test_linkage_needs_its_own_permission(tmp_path: Path):
    with pytest.raises(PermissionRefused, match="no 'controller'"):
        read(tmp_path, "", invented=False)
    with pytest.raises(PermissionRefused, match=r"sources.yml, line 5.*not for 'linkage'"):
        read(tmp_path, "", invented=False, more=PERMISSION + "allowed_uses: [review]")
    row = "7,Ada,Okafor,05/04/2015,,,,,,\n"
    assert len(read(tmp_path, row, invented=False, more=PERMISSION + "allowed_uses: [linkage]").records) == 1
    with pytest.raises(PermissionRefused, match="was to be kept until"):
        read(tmp_path, row, invented=False, more=PERMISSION.replace("2999", "2020") + "allowed_uses: [linkage]")


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("{supplier: school, columns: {first_name: A}}", "person_id"),
        ("{supplier: school, columns: {person_id: A, forename: B}}", "forename"),
        ("{supplier: 'a:b', columns: {person_id: A}}", "plain name"),
        ("{supplier: school, columns: {person_id: A}, dates: ['%m/%Y']}", "tells no day"),
        ("{supplier: school, columns: {person_id: A}, colour: red}", "colour"),
        ("[1]", "holds a list"),
    ],
)
def test_a_block_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, block: str, says: str):
    (tmp_path / "sources.yml").write_text(
        f"purpose: A test\ninvented: true\nfiles: {{}}\nlinkage:\n  a.csv: {block}\n", "utf-8"
    )
    with pytest.raises(RuleError, match=says) as refused:
        open_folder(tmp_path)
    assert "sources.yml, line" in str(refused.value)


def test_a_file_that_cannot_be_read_stops_the_verb_and_stands_in_the_account(tmp_path: Path):
    root = folder(tmp_path, "")
    (root / "pupils.csv").write_text("Number,Name\n1,Ada\n", encoding="utf-8")
    with pytest.raises(DataError, match="pupils"):
        fj.read_linkage(root)
    account = take_linkage(open_folder(root)).account.iloc[0]
    assert "pupils" in account["rejected_because"] and account["read"] == 0


def test_nothing_of_a_linkage_file_is_in_the_store_or_shown(tmp_path: Path):
    root = folder(tmp_path, "7,FJCANARY,Okafor,05/04/2015,,,,,,\n")
    (root / "log.csv").write_text("date,agency,contact_type,person_id\n01/02/2024,school,visit,7\n", encoding="utf-8")
    text = (root / "sources.yml").read_text("utf-8").replace("files: {}", "files: {log.csv: {format: contact_log}}")
    (root / "sources.yml").write_text(text, encoding="utf-8")
    assert len(fj.read_contacts(root)) == 1
    assert "FJCANARY" not in repr(fj.read_linkage(root))
    assert not any(b"FJCANARY" in p.read_bytes() for p in (root / ".store").rglob("*") if p.is_file())


def test_frames_are_read_as_files_are():
    frame = pd.DataFrame({"No": ["1"], "Born": [dt.date(2015, 4, 5)]})
    entry = {"supplier": "school", "columns": {"person_id": "No", "date_of_birth": "Born"}}
    about = {"purpose": "A test", "invented": True, "files": {}, "linkage": {"p": entry}}
    assert fj.read_linkage(from_frames({"p": frame}, about)).records["date_of_birth"].tolist() == [dt.date(2015, 4, 5)]
