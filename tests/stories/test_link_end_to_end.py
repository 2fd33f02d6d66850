"""From two suppliers' linkage files to families' journeys, a year apart, by the command that a lead types."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

import journeys as fj
from journeys import rights
from journeys.__main__ import main
from journeys.subject import subject

FORM = {
    "columns": {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What"},
    "dates": ["%d/%m/%Y"],
}
PUPILS = {
    "supplier": "school",
    "columns": {
        "person_id": "No",
        "first_name": "Forename",
        "last_name": "Surname",
        "date_of_birth": "DOB",
        "postcode": "Postcode",
        "address": "Address",
        "nhs_number": "NHS",
        "household_id": "House",
        "from": "Since",
        "confidential": "Protected",
    },
}
NOMINALS = {
    "supplier": "police",
    "columns": {
        "person_id": "Nom",
        "first_name": "First",
        "last_name": "Last",
        "date_of_birth": "Born",
        "nhs_number": "NHS",
    },
}
FIRST = """No,Forename,Surname,DOB,Postcode,Address,NHS,House,Since,Protected
1,Ada,Okafor,01/02/2012,PO1 2AB,12 High Street,9434765919,H1,01/01/2020,
2,Ben,Okafor,03/04/2014,PO1 2AB,12 High Street,,H1,01/01/2020,
3,Cleo,Novak,05/06/2013,PO4 8RA,3 Elm Road,,H2,01/01/2020,
4,Dev,Novak,07/08/2015,PO4 8RA,3 Elm Road,,H2,01/01/2020,
5,Ewa,Hughes,09/10/2011,PO6 3AA,9 Zzcanary Way,,H3,01/01/2020,yes
6,Fay,Hughes,11/12/2010,PO6 3AA,9 Zzcanary Way,,H3,01/01/2020,
"""
LATER = """3,Cleo,Novak,05/06/2013,PO1 2AB,12 High Street,,H1,01/03/2025,
4,Dev,Novak,07/08/2015,PO1 2AB,12 High Street,,H1,01/03/2025,
"""
POLICE = "Nom,First,Last,Born,NHS\n90,Ada,Okafor,01/02/2012,943 476 5919\n91,Gil,Stone,02/02/1990,\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "review"
    root.mkdir()
    days = "".join(f"s{n},{n},1{n}/05/2024,visit\n" for n in range(1, 7))
    (root / "school.csv").write_text("Ref,Person,When,What\n" + days)
    (root / "police.csv").write_text("Ref,Person,When,What\np1,90,20/05/2024,visit\np2,90,20/05/2025,visit\n")
    (root / "pupils.csv").write_text(FIRST)
    (root / "nominals.csv").write_text(POLICE)
    sources = {
        "purpose": "a story",
        "invented": True,
        "files": {name: {"agency": name[:6], "format": FORM} for name in ("school.csv", "police.csv")},
        "linkage": {"pupils.csv": PUPILS, "nominals.csv": NOMINALS},
        "members": "members.csv",
        "persons": "persons.csv",
    }
    (root / "sources.yml").write_text(json.dumps(sources))
    return root


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_from_linkage_files_to_journeys_and_on_a_year_later(data: Path, capsys) -> None:
    main(["link", str(data)])
    said = capsys.readouterr().out
    own = {r["record_id"]: r["person_id"] for r in rows(data / "persons.csv")}
    assert own["police:90"] == own["school:1"]
    assert len(set(own.values())) == 7
    home = {r["person_id"]: r["family_id"] for r in rows(data / "members.csv")}
    assert home[own["school:1"]] == home[own["school:2"]] != home[own["school:3"]] == home[own["school:4"]]
    assert home[own["school:5"]] != home[own["school:6"]], "a protected home joins nobody"
    journeys = fj.build_journeys(fj.read_contacts(data), fj.read_members(data))
    family = home[own["school:1"]]
    assert list(journeys[family].steps["agency"]) == ["school", "school", "police", "police"]

    (data / "pupils.csv").write_text(FIRST + LATER)
    main(["link", str(data)])
    said += capsys.readouterr().out
    assert "1 family merged into another" in said
    assert {r["record_id"]: r["person_id"] for r in rows(data / "persons.csv")} == own
    spells = {(r["person_id"], r["family_id"], r["from"], r["to"]) for r in rows(data / "members.csv")}
    for one in ("school:3", "school:4"):
        assert (own[one], home[own[one]], "2020-01-01", "2025-03-01") in spells
        assert (own[one], family, "2025-03-01", "") in spells
    journeys = fj.build_journeys(fj.read_contacts(data), fj.read_members(data))
    assert set(journeys[home[own["school:3"]]].steps["agency"]) == {"school"}
    for name in ("Okafor", "Zzcanary", "9434765919", "PO1", "school:", "person-0"):
        assert name not in said
    for kept in (
        "persons.csv",
        "members.csv",
        "private/family_evidence.csv",
        "private/families.jsonl",
        "private/persons.jsonl",
    ):
        assert b"Okafor" not in (data / kept).read_bytes() and b"High" not in (data / kept).read_bytes()


@pytest.mark.usefixtures("key")
def test_whoever_asks_is_told_of_the_linkage_files_and_whoever_is_forgotten_is_linked_no_more(
    data: Path, tmp_path: Path
) -> None:
    main(["link", str(data)])
    bundle = subject(data, ["police:90"], tmp_path / "reports")
    sheet = openpyxl.load_workbook(bundle.folder / "held.xlsx")["records"]
    held = [[str(cell) for cell in row] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert {row[0] for row in held} == {"school.csv", "police.csv", "pupils.csv", "nominals.csv"}
    text = " ".join(cell for row in held for cell in row)
    assert "last_name: Okafor" in text and "High Street" not in text and "PO1" not in text
    done = rights.forget(data, ["police:90"], "asked by letter of 3 May", tmp_path / "reports")
    assert set(done.held.lines) == {"school.csv", "police.csv", "pupils.csv", "nominals.csv"}
    main(["link", str(data)])
    assert not {"police:90", "school:1"} & {r["record_id"] for r in rows(data / "persons.csv")}
    assert set(fj.read_contacts(data).df()["source_file"]) == {"school.csv"}
