"""What suppliers and programs send that is odd: read exactly, told, or refused in words; never another day, person or family."""

import datetime as dt
import json
import sqlite3
import uuid

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

import journeys as fj
from journeys.sources import open_folder
from lib import dates
from lib.errors import DataError, RequestError, RuleError
from tests.stories.conftest import POLICE, account_of, aside, faults_of, supplied
from tests.stories.test_intake_edges import HEADER, ROW, frames


def people(folder):
    return sorted(p.removeprefix("police:") for p in fj.read_contacts(folder).df()["person_id"])


# Days

WRITTEN = {
    "20240501": "2024-05-01",
    "2024111": "",
    "2024-05-01T10:00:00+14:00": "2024-05-01",
    "2024-05-01T10:00:00+25:00": "",
    "2024-05-01T10:00:75": "",
    "2024-05-01T10:00:59": "2024-05-01",
    "01May2024": "2024-05-01",
    "1May2024": "2024-05-01",
}


def test_a_day_that_could_be_two_is_none(tmp_path):
    form = POLICE | {"dates": ["%Y%m%d", "iso", "%d%b%Y"]}
    rows = "".join(f"{n},P1,{text},visit,,\n" for n, text in enumerate(WRITTEN))
    folder = supplied(tmp_path / "data", {"police.csv": HEADER + rows}, {"police.csv": {"format": form}})
    contacts = fj.read_contacts(folder).df()
    read = {
        c.removeprefix("police:"): f"{d:%Y-%m-%d}"
        for c, d in zip(contacts["contact_id"], contacts["date"], strict=True)
    }
    assert {text: read.get(str(n), "") for n, text in enumerate(WRITTEN)} == WRITTEN


@pytest.mark.parametrize(
    ("patterns", "says"),
    [
        ([], "no date format is declared"),
        (["%d/%m/%Y", "%m/%d/%Y"], "read one text as two days"),
        (["%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M"], "read one text as two days"),
        (["iso", "%Y-%d-%m"], "read one text as two days"),
        (["%d/%m/%Y %I:%M"], r"no AM or PM \(%p\)"),
        (["%d/%m/%Y%"], "which is not one of"),
    ],
)
def test_formats_by_which_a_day_would_be_guessed_are_refused_with_their_line(tmp_path, patterns, says):
    folder = supplied(tmp_path / "data", {"police.csv": ""}, {"police.csv": {"format": POLICE | {"dates": patterns}}})
    with pytest.raises(RuleError, match=rf"sources\.yml, line \d+: .*{says}"):
        open_folder(folder)


def test_formats_that_read_no_text_as_two_days_stand_together():
    ways = ["%d/%m/%Y", "%d/%m/%Y %H:%M", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%Y%m%d", "%d%m%Y", "iso", "%m/%Y", "%Y"]
    dates.check_formats([*ways, "%d/%m/%Y %I:%M %p"])


# Declarations

FILE = "  police.csv:\n    agency: police\n    format: {columns: {person_id: Person, date: When, activity: What}}\n"
ABOUT = "purpose: p\ninvented: true\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{ABOUT}files: police.csv\n", "line 3: 'files' should hold keys and values, and holds text"),
        (f"{ABOUT}files:\n{FILE.replace('police.csv', json.dumps(chr(0)))}", "line 4: .* no name that a file can have"),
        (f"{ABOUT}files:\n{FILE}members: {'x' * 300}\n", "line 7: .* no name that a file can have"),
        (
            f"{ABOUT}files:\n" + FILE.replace("{columns", "{delimiter: '||', columns"),
            "line 4: the delimiter of police.csv",
        ),
        (f"{ABOUT}files:\n{FILE}    delimiter: '\\t'\n", r'line 4: the delimiter .* a tab is written "\\t"'),
        (f"{ABOUT}files:\n{FILE.replace('Person', '')}", "line 6: 'person_id': text"),
        (f"{ABOUT}files:\n{FILE[: FILE.index('{')]}{'f' * 5000}\n", "line 6: there is no format 'fff"),
        (
            f"{ABOUT}files: {{}}\nlinkage:\n  p.csv: {{supplier: s, columns: {{person_id: No}}, delimiter: '||'}}\n",
            "line 5: the delimiter of p.csv",
        ),
    ],
)
def test_a_declaration_that_cannot_be_used_is_refused_with_its_line(tmp_path, text, says):
    (tmp_path / "sources.yml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=says):
        open_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [("formats/mine.yml", "lists: [a]\n"), ("activities.yml", "activities: x\n"), ("activities.yml", "agencies: 5\n")],
)
def test_a_rules_file_whose_parts_are_of_another_kind_says_so_with_its_line(tmp_path, name, text):
    folder = supplied(tmp_path / "data", {"police.csv": HEADER + ROW}, {"police.csv": {"format": "mine"}})
    rules = {"formats/mine.yml": json.dumps(POLICE)} | {name: text}
    (folder / "rules" / "formats").mkdir(parents=True)
    for file, content in rules.items():
        (folder / "rules" / file).write_text(content, encoding="utf-8")
    with pytest.raises(RuleError, match=rf"{name}, line 1: .* should hold keys and values"):
        fj.read_contacts(folder)


@pytest.mark.parametrize("encoding", ["rot13", "zlib", "a\0b"])
def test_an_encoding_that_is_none_of_text_says_which_are(tmp_path, encoding):
    folder = supplied(tmp_path / "data", {"police.csv": HEADER + ROW}, {"police.csv": {"encoding": encoding}})
    with pytest.raises(DataError, match=r"police\.csv: there is no encoding of that name\. Use utf-8"):
        fj.read_contacts(folder)


def test_a_letter_that_a_program_wrote_as_its_two_halves_is_that_letter(tmp_path):
    folder = supplied(tmp_path / "data", {"log \U0001f600.csv": HEADER + ROW})
    assert "\\ud83d\\ude00" in (folder / "sources.yml").read_text(encoding="utf-8")
    assert account_of(folder) == {"log \U0001f600.csv": (1, 1, 0, 0)}


# Ids


def test_ids_that_a_spreadsheet_changed_are_told(tmp_path):
    changed = ["'0012", '"=""0012"""', "“0012”", "Mar-04", "4-Mar", ' "P1"']
    plain = ["0012", "O'Neil", "MAR04", "4-MARCH", "P=1", "March"]
    rows = "".join(f"{n},{person},01/05/2024,visit,'seen',\n" for n, person in enumerate([*changed, *plain]))
    assert faults_of(fj.read_contacts(supplied(tmp_path / "data", {"police.csv": HEADER + rows})))["changed_ids"] == 6


def test_records_about_different_people_that_share_an_id_are_told(tmp_path):
    rows = ["17,P1,01/05/2023,visit,,02/05/2023", "17,P2,01/05/2024,visit,,02/05/2024"]
    rows += ["18,P1,01/05/2023,visit,,02/05/2023", "18,P1,01/05/2023,visit,seen,02/05/2024"]
    rows += ["N/A,P3,01/05/2024,visit,,02/05/2024", "N/A,P3,03/05/2024,visit,,04/05/2024", "0,P3,01/05/2024,visit,,"]
    faults = faults_of(fj.read_contacts(supplied(tmp_path / "data", {"police.csv": HEADER + "\n".join(rows) + "\n"})))
    assert (faults["id_of_others"], faults["placeholder_contacts"]) == (2, 2)


def test_noughts_that_a_sheet_only_shows_are_told(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(HEADER.strip().split(","))
    shown = [("00000", 12), ("00000", 12345), ("0.00", 7), ("dd/mm/yyyy", "P1"), ("General", 12), ('"P"000', 7)]
    for n, (code, person) in enumerate(shown, start=1):
        book.active.append([str(n), person, "01/05/2024", "visit", None, None])
        book.active.cell(n + 1, 2).number_format = code
    book.active.cell(2, 5).value, book.active.cell(2, 5).number_format = 5, "000"
    book.save(tmp_path / "police.xlsx")
    folder = supplied(tmp_path / "data", {"police.xlsx": (tmp_path / "police.xlsx").read_bytes()})
    assert faults_of(fj.read_contacts(folder))["padded_ids"] == 2
    assert people(folder) == ["12", "12", "12345", "7", "7", "P1"]


def test_a_text_of_a_database_that_holds_the_sign_of_its_end_is_not_read_up_to_it(tmp_path):
    with sqlite3.connect(tmp_path / "log.sqlite") as database:
        database.execute('CREATE TABLE log (Ref TEXT, Person TEXT, "When" TEXT, What TEXT)')
        rows = [("1", "P1\0X"), ("2", "P1\0" + "x" * 600_000), ("3", "P3"), ("4", "x" * 70_000), ("5", "é" * 300_000)]
        database.executemany("INSERT INTO log VALUES (?, ?, '01/05/2024', 'visit')", rows)
    columns = {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What"}
    entry = {"format": {"columns": columns}, "agency": "police"}
    (tmp_path / "sources.yml").write_text(
        json.dumps({"purpose": "p", "invented": True, "files": {"log.sqlite": entry}})
    )
    assert aside(tmp_path) == [
        (1, "control characters"),
        (2, "a field is too long"),
        (4, "a field is too long"),
        (5, "a field is too long"),
    ]


# What one record says of another, and its own days


def test_days_in_an_order_that_cannot_be_are_told_and_records_that_replace_each_other_both_stay(tmp_path):
    form = POLICE | {"columns": POLICE["columns"] | {"replaces": "Old", "ends_on": "End"}}
    rows = ["1,P1,01/05/2024,visit,,01/05/2020,,", "2,P1,01/05/2024,visit,,01/05/2024,,30/04/2024"]
    rows += ["3,P1,02/05/2024,visit,,,4,02/05/2024", "4,P1,02/05/2024,visit,,,3,", "5,P1,03/05/2024,visit,,,1,"]
    text = HEADER.replace("\n", ",Old,End\n") + "\n".join(rows) + "\n"
    members = "person_id,family_id,from,to,because\npolice:P1,F1,,,\n"
    files = {"police.csv": text, "members.csv": members}
    folder = supplied(tmp_path / "data", files, {"police.csv": {"format": form}}, members="members.csv")
    contacts = fj.read_contacts(folder)
    faults = faults_of(contacts)
    assert [faults.get(f) for f in ("recorded_before", "ends_before", "replace_each_other")] == [1, 1, 2]
    steps = fj.build_journeys(contacts, start="2024-01-01", end="2024-12-31")["F1"].steps
    assert sorted(steps["contact_id"]) == [f"police:{n}" for n in (2, 3, 4, 5)]


# Frames


def of(**columns):
    plain = {"Ref": ["1", "2"], "Person": ["P1", "P2"], "When": ["01/05/2024", "02/05/2024"], "What": "visit"}
    return pd.DataFrame(plain | columns)


def as_object(*values):
    return pd.Series(values, dtype=object)


UTC, HERE = dt.UTC, dt.timezone(dt.timedelta(hours=1))
NO_FRAMES = {
    "yes and no for a person": (of(Person=[True, False]), "holds bool, and an id is none"),
    "days for a person": (
        of(Person=pd.to_datetime(["2024-05-01", "2024-05-02"])),
        "holds timestamp.* and an id is none",
    ),
    "bytes of an id": (of(Ref=[uuid.UUID(int=1), uuid.UUID(int=2)]), "which is not read"),
    "bytes of one width": (
        of(Person=pd.array([b"P1", b"P2"], dtype=pd.ArrowDtype(pa.binary(2)))),
        "fixed_size_binary.* is not read",
    ),
    "numbers too large": (of(Ref=as_object(2**70, 2**71)), "a column mixes types"),
    "numbers of two parts": (of(Ref=[1j, 2j]), "a column mixes types"),
    "half a letter": (of(Person=as_object("P\ud800", "P2")), "a column mixes types"),
    "lists": (of(Person=as_object(["a"], ["b"])), "which is not read"),
    "times of two zones": (
        of(When=as_object(dt.datetime(2024, 5, 1, tzinfo=UTC), dt.datetime(2024, 5, 2, tzinfo=HERE))),
        "mixes times of several offsets",
    ),
}


@pytest.mark.parametrize("frame", NO_FRAMES)
def test_a_frame_whose_values_are_no_ids_or_days_is_refused_in_words(frame):
    given, says = NO_FRAMES[frame]
    with pytest.raises(DataError, match=says):
        frames(given)


def test_what_pandas_writes_for_nothing_is_nothing_and_unlisted_columns_may_hold_anything():
    frame = of(
        Person=as_object("P1", pd.NA), When=as_object(dt.date(2024, 5, 1), pd.NaT), Other=as_object(["a"], {"b": 2**70})
    )
    contacts = frames(frame)
    assert contacts.df()["person_id"].tolist() == ["police:P1"]
    assert len(fj.set_aside(contacts)) == 1


@pytest.mark.parametrize("given", [{"police": [1]}, {"police": None}, [1]])
def test_what_is_no_frame_is_refused_in_words(given):
    with pytest.raises(RequestError, match="DataFrame"):
        fj.read_contacts(frames=given, sources={"purpose": "p", "files": {}})


# Families


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    rows = "".join(f"{n},P{n},01/05/2024,visit,,\n" for n in (1, 2, 3))
    return fj.read_contacts(supplied(tmp_path_factory.mktemp("three") / "data", {"police.csv": HEADER + rows}))


PERSONS = ["police:P1", "police:P2", "police:P3"]


@pytest.mark.parametrize(
    ("families", "says"),
    [
        (["F1", None, None], "line 2: a person_id and a family_id are needed"),
        (["F1", " ", "\u200b"], "line 2: a person_id and a family_id are needed"),
        (pd.array([1, pd.NA, pd.NA], dtype="Int64"), "line 2: a person_id and a family_id are needed"),
        ([1.0, float("nan"), float("nan")], "holds numbers with decimals"),
        (["F1", "unknown", "unknown"], "line 2: a word for nothing stands in place of the family"),
        ([True, True, False], "holds bool"),
    ],
)
def test_strangers_without_a_family_never_become_one(three, families, says):
    with pytest.raises(DataError, match=says):
        fj.build_journeys(three, pd.DataFrame({"person_id": PERSONS, "family_id": families}))


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ([1], "members is no table"),
        (
            pd.DataFrame([["police:P1", "F1", "F2"]], columns=["person_id", "family_id", "family_id"]),
            "'family_id' twice",
        ),
        (
            pd.DataFrame({"person_id": PERSONS, "family_id": "F", "from": 20240101}),
            "line 1: a day is not one that exists",
        ),
    ],
)
def test_members_that_cannot_be_read_are_refused_in_words(three, members, says):
    with pytest.raises(RequestError, match=says):
        fj.build_journeys(three, members)


def test_members_of_a_frame_are_read_as_those_of_a_file(three):
    days = [dt.date(2024, 1, 1), pd.Timestamp("2024-01-01"), "01/01/2024"]
    frame = pd.DataFrame(
        {"person_id": [f"{p}\u00a0" for p in PERSONS], "family_id": pd.Categorical([1, 2, 1]), "from": days}
    )
    review = fj.build_journeys(three, frame.set_index(pd.Index([5, 5, 5])))
    assert {name: len(review[name].steps) for name in review} == {"1": 2, "2": 1}
