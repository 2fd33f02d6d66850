"""A text that is too long costs nobody their contact: it is cut, with a mark that says so, and the record is kept whole."""

import datetime as dt
import hashlib
import json
import os
import sqlite3
import stat
import subprocess
import sys

import duckdb
import pandas as pd
import pytest

import journeys as fj
from journeys import aside, rights
from journeys.contacts import open_session
from tests.stories.conftest import POLICE, account_of, faults_of, supplied
from tests.stories.conftest import aside as set_aside
from tests.stories.test_intake_edges import HEADER, frames

LONGEST = 65_536
XML = POLICE | {"part": "Log/Contact", "dates": ["%d/%m/%Y"]}
XES = {
    "columns": {"person_id": "case:name", "date": "When", "activity": "What", "outcome": "Outcome"},
    "dates": ["iso"],
}


def police(root, *outcomes, ids=True, entries=None):
    rows = [f'{n if ids else ""},P1,01/05/2024,visit,"{words}",\n' for n, words in enumerate(outcomes, start=1)]
    return supplied(root / "data", {"police.csv": HEADER + "".join(rows)}, entries)


def outcomes(folder):
    return fj.read_contacts(folder).df().sort_values("source_row")["outcome"].tolist()


def kept(folder):
    aside.keep(open_session(folder))
    room = folder / "private" / "kept_whole"
    return {p.name: p.read_bytes() for p in sorted(room.iterdir())} if room.is_dir() else {}


@pytest.mark.parametrize("letter", ["x", "🙂"])
def test_at_the_limit_a_text_stands_whole_and_a_letter_beyond_it_is_cut_and_says_so(tmp_path, letter):
    folder = police(tmp_path, letter * LONGEST, letter * (LONGEST + 1), letter * (LONGEST + 1234))
    whole, by_one, by_many = outcomes(folder)
    assert whole == letter * LONGEST
    assert by_one.startswith(f"{letter * LONGEST} [cut here; 1 more letter stands in the file; ")
    assert by_many.startswith(f"{letter * LONGEST} [cut here; 1,234 more letters stand in the file; ")
    assert len(by_many) < LONGEST + 200 and by_many.endswith("]")
    assert account_of(folder) == {"police.csv": (3, 3, 0, 0)} and set_aside(folder) == []


@pytest.mark.parametrize("column", ["contact_id", "person_id", "activity", "recorded_on"])
def test_a_long_id_day_or_kind_still_sets_its_record_aside(tmp_path, column):
    cells = {
        "contact_id": "1",
        "person_id": "P1",
        "date": "01/05/2024",
        "activity": "visit",
        "outcome": "",
        "recorded_on": "",
    }
    line = ",".join((cells | {column: "9" * (LONGEST + 1)}).values())
    folder = supplied(tmp_path / "data", {"police.csv": f"{HEADER}{line}\n"})
    assert set_aside(folder) == [(1, "a field is too long")] and kept(folder) == {}


def test_two_texts_that_differ_where_nothing_of_them_is_kept_are_two_contacts(tmp_path):
    long = "x" * (LONGEST + 500)
    contacts = fj.read_contacts(police(tmp_path, f"{long}a", f"{long}b", f"{long}a", ids=False))
    assert contacts.df()["contact_id"].nunique() == 3
    assert faults_of(contacts)["identical_no_id"] == 2


def test_a_later_version_that_differs_beyond_the_cut_is_an_amendment_and_no_repeat(tmp_path):
    long = "x" * (LONGEST + 500)
    rows = [f'1,P1,01/05/2024,visit,"{long}{end}",0{day}/05/2024\n' for end, day in (("a", 2), ("b", 3), ("b", 3))]
    folder = supplied(tmp_path / "data", {"police.csv": HEADER + "".join(rows)})
    assert account_of(folder) == {"police.csv": (3, 2, 0, 1)}


def test_check_counts_the_texts_that_were_cut_by_file_and_column_and_says_what_to_do(tmp_path):
    form = POLICE | {"columns": POLICE["columns"] | {"reason": "Why"}}
    long = "FJCANARY " * 10_000
    text = HEADER.replace("\n", ",Why\n") + "".join(
        f"{n},P1,01/05/2024,visit,{long if n < 3 else 'seen'},,{long if n == 1 else ''}\n" for n in (1, 2, 3)
    )
    folder = supplied(tmp_path / "data", {"police.csv": text}, {"police.csv": {"format": form}})
    rows = fj.check_contacts(fj.read_contacts(folder)).df().query("fault == 'text_cut'")
    told = {(r.source_file, r.contacts, r.says.split("'")[1]) for r in rows.itertuples()}
    assert told == {("police.csv", 2, "outcome"), ("police.csv", 1, "reason")}
    assert all("65,536 letters" in says and "quotation mark" in says for says in rows["says"])
    done = subprocess.run(
        [sys.executable, "-m", "journeys", "check", str(folder)], capture_output=True, text=True, check=True
    )
    assert "text_cut police.csv: 2 records" in done.stdout and "kept_whole" in done.stdout
    assert "FJCANARY" not in done.stdout + done.stderr
    assert not (folder / "private" / "set_aside").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_whole_record_is_kept_byte_for_byte_apart_from_what_was_set_aside(tmp_path, encoding):
    head = HEADER.replace("\n", "\r\n")
    record = f'2,"P 2",01/05/2024,visit,"said ""no""\r\n{"é" * LONGEST}",\r\n'
    text = f"{head}1,P1,01/05/2024,visit,seen,\r\n{record}3,P1,31/02/2024,visit,,\r\n"
    folder = supplied(tmp_path / "data", {"police.csv": text.encode(encoding)})
    plain = "utf-16-le" if encoding == "utf-16" else encoding
    assert kept(folder) == {"police.csv": (head + record).encode(plain)}
    assert account_of(folder) == {"police.csv": (3, 2, 1, 0)}
    assert record.encode(plain) not in (folder / "private" / "set_aside" / "police.csv").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_owner_may_read_what_is_kept_whole(tmp_path):
    folder = police(tmp_path, "x" * 70_000)
    kept(folder)
    modes = [stat.S_IMODE((folder / "private" / p).stat().st_mode) for p in ("", "kept_whole", "kept_whole/police.csv")]
    assert modes == [0o700, 0o700, 0o600]


def test_what_is_no_longer_cut_is_no_longer_kept(tmp_path):
    folder = police(tmp_path, "x" * 70_000)
    assert kept(folder)
    police(tmp_path, "x")
    assert not kept(folder) and not (folder / "private" / "kept_whole").exists()


def as_xml(words):
    cells = dict(zip(HEADER.strip().split(","), ("1", "P1", "01/05/2024", "visit", words, ""), strict=True))
    told = "".join(f"<{name}>{cell}</{name}>" for name, cell in cells.items())
    return f"<A><Log><Contact>{told}</Contact></Log></A>"


def as_xes(words):
    return (
        "<log><trace><string key='name' value='P1'/><event><date key='When' value='2024-05-01'/>"
        f"<string key='What' value='visit'/><string key='Outcome' value='{words}'/></event></trace></log>"
    )


def as_database(kind, path, words):
    row = ("1", "P1", "01/05/2024", "visit", words, "")
    columns = ", ".join(f'"{name}" TEXT' for name in HEADER.strip().split(","))
    with (sqlite3 if kind == "sqlite" else duckdb).connect(str(path)) as database:
        database.execute(f"CREATE TABLE log ({columns})")
        database.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", row)
        database.commit()
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["xml", "xes", "sqlite", "duckdb", "parquet"])
def test_a_long_text_of_every_kind_of_file_is_cut_alike_and_kept_whole(tmp_path, kind):
    words, folder = "xé" * (LONGEST // 2) + "z" * 100_000, tmp_path / "data"
    folder.mkdir()
    path = folder / f"log.{kind}"
    if kind in ("xml", "xes"):
        path.write_text((as_xml if kind == "xml" else as_xes)(words), encoding="utf-8")
    elif kind == "parquet":
        row = dict(zip(HEADER.strip().split(","), ["1", "P1", "01/05/2024", "visit", words, ""], strict=True))
        pd.DataFrame([row]).to_parquet(path)
    else:
        as_database(kind, path, words)
    form = {"xml": XML | {"part": "Log/Contact"}, "xes": XES}.get(kind, POLICE)
    entry = {"format": form, "agency": "police"}
    (folder / "sources.yml").write_text(json.dumps({"purpose": "p", "invented": True, "files": {path.name: entry}}))
    (found,) = outcomes(folder)
    assert found.startswith(words[:LONGEST] + " [cut here; 100,000 more letters")
    assert found.endswith(f"{hashlib.sha256(words.encode()).hexdigest()[:16]}]")
    assert [words in whole.decode() for whole in kept(folder).values()] == [True]


def test_a_long_text_of_a_frame_is_cut_too():
    frame = pd.DataFrame({"Ref": ["1"], "Person": "P1", "When": "01/05/2024", "What": "visit", "Outcome": "x" * 70_000})
    columns = {k: v for k, v in POLICE["columns"].items() if k != "recorded_on"}
    found = frames(frame, columns).df()["outcome"].tolist()
    assert found[0].startswith("x" * LONGEST + " [cut here; 4,464 more letters")


def test_signs_that_nobody_sees_are_no_letters_and_a_cut_text_is_the_same_when_it_is_read_again(tmp_path):
    folder = police(tmp_path, "\u200b" * 10 + "x" * LONGEST, "x" * 70_000)
    whole, cut = outcomes(folder)
    assert whole == "x" * LONGEST
    again = tmp_path / "again"
    again.mkdir()
    assert outcomes(police(again, cut)) == [cut]


def test_they_go_when_somebody_is_forgotten_and_when_they_are_past_their_day(tmp_path, key, monkeypatch):
    folder = police(tmp_path, "x" * 70_000, entries={"police.csv": {"keep_until": "2030-01-01"}})
    assert kept(folder)
    rights.forget(folder, ["police:P1"], "asked", tmp_path / "reports")
    assert not (folder / "private" / "kept_whole").exists() and kept(folder) == {}
    rights.forget_no_more(folder, ["police:P1"], "asked again")
    assert kept(folder)
    monkeypatch.setattr("journeys.sources.today", lambda: dt.date(2031, 1, 1))
    for due in rights.due(folder, tmp_path / "reports"):
        if due.remove:
            due.remove()
    assert not (folder / "private" / "kept_whole").exists()
