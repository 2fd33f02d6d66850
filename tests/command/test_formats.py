"""A new agency's file, from its column names to its records: a draft, a person's look, one file more."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import journeys as fj
from journeys.__main__ import cli
from lib import files


def run(*words: str):
    return CliRunner().invoke(cli, list(words))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [["Case ref", "Tenant", "Date", "Action", "Officer", "Date of birth", "Comments"]]
    rows += [[f"T{n}", f"{n % 3}", f"{10 + n}-04-2024", "call", "HO1", "01-01-1990", "FJCANARY"] for n in range(9)]
    with open(tmp_path / "Northshire Housing.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    (tmp_path / "sources.yml").write_text("purpose: p\ninvented: true\nfiles: {}\n")
    return tmp_path


def test_a_draft_becomes_a_format_with_a_look_and_a_line(data):
    told = run("formats", "new", str(data / "Northshire Housing.csv"))
    assert told.exit_code == 0 and "5 of 7 columns" in told.output
    draft = data / "rules" / "formats" / "northshire_housing.yml"
    text = draft.read_text(encoding="utf-8")
    assert "FJCANARY" not in text and "1990" not in text
    assert files.load(draft).data["columns"] == {
        "person_id": "Tenant",
        "date": "Date",
        "activity": "Action",
        "contact_id": "Case ref",
        "professional_id": "Officer",
    }
    assert '["%d-%m-%Y"]   # of 9 days looked at: %d-%m-%Y reads 9.' in text
    (data / "sources.yml").write_text(
        "purpose: p\ninvented: true\nfiles:\n  Northshire Housing.csv: {format: northshire_housing, agency: housing}\n"
    )
    assert list(fj.account(data)["accepted"]) == [9]


def test_a_draft_is_never_written_over(data):
    run("formats", "new", str(data / "Northshire Housing.csv"))
    draft = data / "rules" / "formats" / "northshire_housing.yml"
    draft.write_text("mine")
    again = run("formats", "new", str(data / "Northshire Housing.csv"))
    assert again.exit_code != 0 and draft.read_text() == "mine"


def test_days_that_could_be_two_are_told_and_left_to_a_person(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("Child,When,What\n" + "".join(f"1,0{n}/0{n}/2024,visit\n" for n in range(1, 9)))
    run("formats", "new", str(file))
    assert "cannot be told from these days" in (tmp_path / "x.yml").read_text()


def test_hostile_column_names_stay_names(tmp_path):
    names = ['Date", x: "y', "Child \\ id", "#what", "a: b\u202e", "type"]
    file = tmp_path / "x.csv"
    with open(file, "w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([names, ["01/02/2024", "1", "2", "3", "4"]])
    assert run("formats", "new", str(file)).exit_code == 0
    data = files.load(tmp_path / "x.yml").data
    assert data["columns"]["date"] == 'Date", x: "y' and data["columns"]["person_id"] == "Child \\ id"
    assert set(data) == {"version", "source", "columns", "dates"}


@pytest.mark.parametrize(
    ("name", "content"), [("x.csv", b""), ("x.pdf", b"%PDF"), ("x.xlsx", b"no"), ("none.csv", None)]
)
def test_what_has_no_column_names_is_refused_in_words(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    told = run("formats", "new", str(tmp_path / name))
    assert told.exit_code != 0 and not isinstance(told.exception, (OSError, ValueError))


def test_every_format_is_listed_with_where_it_is_from():
    told = run("formats", "list").output.splitlines()
    shipped = sorted((Path(fj.__file__).parent / "rules" / "formats").glob("*.yml"))
    declared = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in shipped}
    assert {"annex_a", "attendance_sessions"} <= set(declared) and len(told) == len(declared)
    for line, (name, rules) in zip(told, declared.items(), strict=True):
        assert line == f"{name} ({rules['version']}): {' '.join(rules['source'].split())}"
