"""A column that a supplier calls by another name is read where that name is declared, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import journeys as fj
from lib.errors import DataError, RuleError

COLUMNS = {"contact_id": "Ref", "person_id": "Person No", "date": "When", "activity": "What"}
ROWS = "1,P1,01/05/2024,visit\n2,P2,02/05/2024,visit\n"


def log(root: Path, header: str, rows: str = ROWS, **entry: Any) -> Path:
    (root / "police.csv").write_text(f"{header}\n{rows}", encoding="utf-8")
    form = {"columns": COLUMNS, "dates": ["%d/%m/%Y"]} | entry.pop("form", {})
    files = {"police.csv": {"agency": "police", "format": form} | entry}
    (root / "sources.yml").write_text(json.dumps({"purpose": "a story", "invented": True, "files": files}))
    return root


def people(folder: Path) -> list[str]:
    return sorted(fj.read_contacts(folder).df()["person_id"])


def test_a_name_that_nobody_declared_is_refused_with_the_nearest_and_how_to_declare_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column 'Person No'.*Did you mean 'Person'.*also: \{Person No: \["):
        fj.read_contacts(log(tmp_path, "Ref,Person,When,What"))


@pytest.mark.parametrize("header", ["Ref,Person,When,What", "Ref,PERSON,When,What", "Ref,client  id,When,What"])
def test_another_name_is_read_as_the_formats_own(tmp_path: Path, header: str) -> None:
    assert people(log(tmp_path, header, also={"Person No": ["Person", "Client ID"]})) == ["police:P1", "police:P2"]


def test_it_may_stand_in_the_format(tmp_path: Path) -> None:
    assert people(log(tmp_path, "Ref,Person,When,What", form={"also": {"person no": ["Person"]}})) == [
        "police:P1",
        "police:P2",
    ]


def test_where_the_formats_own_name_is_there_the_other_is_another_column(tmp_path: Path) -> None:
    rows = "1,X,P1,01/05/2024,visit\n"
    folder = log(tmp_path, "Ref,Person,Person No,When,What", rows, also={"Person No": ["Person"]})
    assert people(folder) == ["police:P1"]


def test_two_other_names_of_one_column_are_refused(tmp_path: Path) -> None:
    rows = "1,X,P1,01/05/2024,visit\n"
    with pytest.raises(DataError, match="has the column 'Person No' twice, at positions 2 and 3"):
        fj.read_contacts(log(tmp_path, "Ref,Person,Client,When,What", rows, also={"Person No": ["Person", "Client"]}))


@pytest.mark.parametrize(
    ("also", "said"),
    [
        ({"Persn No": ["Person"]}, "`also` names 'Persn No', which is no column.*Did you mean 'Person No'"),
        ({"Person No": ["It"], "When": ["It"]}, "gives 'It' to two columns"),
        ({"Person No": ["When"]}, "gives 'When' to two columns"),
    ],
)
def test_what_names_no_column_or_two_is_refused(tmp_path: Path, also: dict[str, list[str]], said: str) -> None:
    with pytest.raises(RuleError, match=said):
        fj.read_contacts(log(tmp_path, "Ref,Person No,When,What", also=also))


def test_lines_above_the_names_are_passed_over_as_ever(tmp_path: Path) -> None:
    folder = log(
        tmp_path, "Contacts of May\n\nRef;Person;When;What", ROWS.replace(",", ";"), also={"Person No": ["Person"]}
    )
    assert people(folder) == ["police:P1", "police:P2"]


@pytest.mark.parametrize("name", ["Child Unique ID", "Child ID", "Child id"])
def test_the_lists_of_annex_a_may_call_a_child_by_the_names_that_councils_use(tmp_path: Path, name: str) -> None:
    book = openpyxl.Workbook()
    book.active.title = "List 7"
    book.active.append(["Child protection at 31 March"])
    heads = ["Child Protection Plan Start Date", "Date of the Last Statutory Visit", "Date of latest review conference"]
    book.active.append([name, *heads, "Child Protection Plan End Date", "Allocated Worker"])
    book.active.append(["C1", "01/05/2024", "02/05/2024", None, None, "W1"])
    book.save(tmp_path / "annex.xlsx")
    files = {"annex.xlsx": {"format": "annex_a"}}
    (tmp_path / "sources.yml").write_text(json.dumps({"purpose": "a story", "invented": True, "files": files}))
    found = fj.read_contacts(tmp_path).df()
    assert sorted(found["activity"]) == ["child_protection_registration", "visit"]
    assert found["person_id"].str.endswith(":C1").all()
