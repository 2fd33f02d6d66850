"""SQLite and DuckDB files: the rows of one table, as they are typed; what is hostile in a file ends in words."""

import datetime as dt
import json
import sqlite3

import duckdb
import pandas as pd
import pytest

import journeys as fj
from lib import sqlitefiles, walls
from lib.errors import DataError
from tests.stories.conftest import account_of, aside

FORM = {
    "columns": {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What", "outcome": "Outcome"}
}
FORM |= {"dates": ["%d/%m/%Y", "iso"]}
MADE = 'CREATE TABLE log (Ref, Person, "When", What, Outcome)'
ROW = ("1", "P1", "01/05/2024", "visit", "seen")


def declared(root, name, **form):
    sources = {"purpose": "a story", "invented": True}
    sources |= {"files": {name: {"agency": "school", "format": {k: v for k, v in (FORM | form).items() if v}}}}
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    return root


def sqlite(root, *rows, more=(), made=MADE, name="log.sqlite", **form):
    with sqlite3.connect(root / name) as database:
        database.execute(made)
        database.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?)", rows)
        for statement in more:
            database.execute(statement)
    database.close()
    return declared(root, name, **form)


def duck(root, *statements, name="log.duckdb", **form):
    with duckdb.connect(str(root / name)) as database:
        for statement in statements:
            database.execute(statement)
    return declared(root, name, **form)


DUCK = """CREATE TABLE log AS SELECT 7 AS Ref, 'P1' AS Person, TIMESTAMP '2024-05-01 09:30:00' AS "When", 'visit' AS What,
  'seen' AS Outcome"""


def rows_of(folder):
    rows = fj.read_contacts(folder).df().sort_values("source_row")
    return [(r.contact_id, r.person_id, f"{r.date:%d/%m/%Y}", r.activity) for r in rows.itertuples()]


# SQLite


@pytest.mark.parametrize("name", ["log.sqlite", "log.sqlite3", "log.db"])
def test_the_rows_of_the_only_table_are_read(tmp_path, name):
    folder = sqlite(tmp_path, ROW, (2, 12, "2024-05-02", "visit", None), name=name)
    assert rows_of(folder) == [
        ("log:1", "log:P1", "01/05/2024", "visit"),
        ("log:2", "log:12", "02/05/2024", "visit"),
    ]


def test_what_is_no_text_for_certain_is_set_aside(tmp_path):
    rows = [
        ("1.0", "P1", *ROW[2:]),
        (2.0, *ROW[1:]),
        (3, b"P1", *ROW[2:]),
        (4, "P1", 45000.5, "visit", ""),
        (5, *ROW[1:]),
    ]
    folder = sqlite(tmp_path, *rows)
    assert aside(folder) == [(2, "a number with decimals"), (3, "not text"), (4, "a number with decimals")]
    assert account_of(folder) == {"log.sqlite": (5, 2, 3, 0)}


def test_bytes_that_are_no_text_in_a_text_column_set_the_row_aside(tmp_path):
    folder = sqlite(
        tmp_path, ROW, more=["INSERT INTO log SELECT 2, CAST(x'ff' AS TEXT), \"When\", What, Outcome FROM log"]
    )
    assert aside(folder) == [(2, "not text")]


def test_an_id_column_of_numbers_with_decimals_is_refused(tmp_path):
    with pytest.raises(DataError, match="column 'Ref' holds numbers with decimals"):
        fj.read_contacts(sqlite(tmp_path, ROW, made=MADE.replace("Ref,", "Ref REAL,")))


def test_which_table_is_asked_for_where_there_are_two_and_may_be_a_view_or_have_an_odd_name(tmp_path):
    odd = 'CREATE TABLE "a ""b; DROP TABLE log" AS SELECT * FROM log'
    folder = sqlite(tmp_path, ROW, more=[odd, "CREATE VIEW seen AS SELECT * FROM log WHERE Outcome = 'seen'"])
    with pytest.raises(DataError, match=r"more than one table\. Say .* part: <its name>\. Found: 'log'"):
        fj.read_contacts(folder)
    for part in ("log", "LOG", "seen", 'a "b; DROP TABLE log'):
        assert len(fj.read_contacts(declared(tmp_path, "log.sqlite", part=part))) == 1
    with pytest.raises(DataError, match=r"has no table 'logs'\. Did you mean 'log'\?"):
        fj.read_contacts(declared(tmp_path, "log.sqlite", part="logs"))


def test_a_missing_column_is_named_with_its_nearest(tmp_path):
    with pytest.raises(DataError, match=r"no column 'Person'.* Did you mean 'Persons'"):
        fj.read_contacts(sqlite(tmp_path, ROW, made=MADE.replace("Person", "Persons")))


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
HOSTILE = {
    "rows without end": ENDLESS
    + "SELECT 1 AS Ref, 'P' AS Person, '01/05/2024' AS \"When\", 'a' AS What, '' AS Outcome FROM n",
    "no row ever": "SELECT * FROM log WHERE (" + ENDLESS + "SELECT count(*) FROM n) > 0",
}


@pytest.mark.parametrize("view", HOSTILE.values(), ids=HOSTILE)
def test_a_view_that_never_ends_is_ended(tmp_path, monkeypatch, view):
    monkeypatch.setattr(sqlitefiles, "MOST_SECONDS", 0.5)
    with pytest.raises(DataError, match="worked for more than"):
        fj.read_contacts(sqlite(tmp_path, ROW, more=[f"CREATE VIEW v AS {view}"], part="v"))


def test_a_view_that_makes_a_huge_text_is_refused(tmp_path):
    view = 'CREATE VIEW v AS SELECT Ref, Person, "When", What, hex(zeroblob(400000000)) AS Outcome FROM log'
    with pytest.raises(DataError, match="too large to be read"):
        fj.read_contacts(sqlite(tmp_path, ROW, more=[view], part="v"))


def test_a_long_id_is_set_aside_and_not_cut(tmp_path):
    folder = sqlite(tmp_path, ROW, ("2", "x" * 70_000, *ROW[2:]), ("3", "x" * 7_000_000, *ROW[2:]))
    assert aside(folder) == [(2, "a field is too long"), (3, "a field is too long")]


def test_nothing_in_the_file_is_run_and_nothing_is_written_beside_it(tmp_path):
    trigger = "CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM log; END"
    folder = sqlite(tmp_path, ROW, more=[trigger])
    before = (tmp_path / "log.sqlite").read_bytes()
    assert len(rows_of(folder)) == 1
    assert (tmp_path / "log.sqlite").read_bytes() == before
    assert not list(tmp_path.glob("log.sqlite-*"))


def test_changes_that_are_not_in_the_file_yet_are_not_missed(tmp_path):
    folder = sqlite(tmp_path, ROW)
    (tmp_path / "log.sqlite-wal").write_bytes(b"later rows")
    with pytest.raises(DataError, match=r"changes that are not in it yet, in log\.sqlite-wal"):
        fj.read_contacts(folder)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:3000], lambda b: b"no database" * 100, lambda b: b[:100] + bytes(len(b) - 100)]
)
def test_a_damaged_database_says_so(tmp_path, damage):
    folder = sqlite(tmp_path, *[ROW] * 500)
    (tmp_path / "log.sqlite").write_bytes(damage((tmp_path / "log.sqlite").read_bytes()))
    with pytest.raises(DataError, match=r"^log\.sqlite (is damaged|is not an SQLite|has no table)"):
        fj.read_contacts(folder)


# DuckDB


def test_a_duckdb_table_keeps_its_types(tmp_path):
    ids = "INSERT INTO log VALUES (8, 'P2', TIMESTAMP '2024-05-02 00:00:00', 'visit', NULL)"
    rows = fj.read_contacts(duck(tmp_path, DUCK, ids)).df()
    assert rows["contact_id"].tolist() == ["log:7", "log:8"]
    assert rows["time"].fillna("–").tolist() == ["09:30:00", "–"]


@pytest.mark.parametrize(("kind", "value", "day"), [("DATE", "2024-05-01", 1), ("VARCHAR", "01/05/2024", 1)])
def test_a_day_in_duckdb_may_be_a_date_or_a_text(tmp_path, kind, value, day):
    rows = rows_of(duck(tmp_path, DUCK.replace("TIMESTAMP '2024-05-01 09:30:00'", f"CAST('{value}' AS {kind})")))
    assert rows[0][2] == f"{day:02}/05/2024"


def test_an_instant_has_its_day_where_the_supplier_is(tmp_path):
    late = DUCK.replace("TIMESTAMP '2024-05-01 09:30:00'", "TIMESTAMPTZ '2024-04-30 23:30:00+00'")
    (row,) = fj.read_contacts(duck(tmp_path, late)).df().itertuples()
    assert (f"{row.date:%d/%m}", row.time) == ("01/05", "00:30:00")


@pytest.mark.parametrize("kind", ["DOUBLE", "DECIMAL(9,2)"])
def test_a_number_with_decimals_is_no_id_in_duckdb(tmp_path, kind):
    with pytest.raises(DataError, match="column 'Ref' holds numbers with decimals"):
        fj.read_contacts(duck(tmp_path, DUCK.replace("7 AS Ref", f"CAST(7 AS {kind}) AS Ref")))


@pytest.mark.parametrize("value", ["'a'::BLOB", "[1, 2]", "{'a': 1}"])
def test_what_is_no_value_of_one_cell_is_refused(tmp_path, value):
    with pytest.raises(DataError, match=r"column 'Outcome' holds .*, which is not read"):
        fj.read_contacts(duck(tmp_path, DUCK.replace("'seen' AS Outcome", f"{value} AS Outcome")))


def test_views_of_duckdb_are_not_read_so_that_none_can_read_other_files(tmp_path):
    (tmp_path / "secret.csv").write_text("Ref,Person,When,What,Outcome\n1,P1,01/05/2024,visit,secret\n")
    view = f"CREATE VIEW v AS SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')"
    folder = duck(tmp_path, DUCK, view, part="v")
    with pytest.raises(
        DataError, match=r"'v' of log\.duckdb is a view\. Views are not read: .* Ask for its rows as a table"
    ):
        fj.read_contacts(folder)
    assert len(rows_of(declared(tmp_path, "log.duckdb"))) == 1


def test_a_duckdb_file_of_views_alone_names_them_as_views(tmp_path):
    folder = duck(tmp_path, "CREATE VIEW older AS SELECT 1 AS Ref", "CREATE VIEW newer AS SELECT 1 AS Ref")
    with pytest.raises(DataError, match=r"has no table, only views: 'newer', 'older'\. Views are not read"):
        fj.read_contacts(folder)


def test_the_child_can_open_nothing_else(tmp_path):
    duck(tmp_path, DUCK)
    from lib import duckfiles

    database = duckfiles._opened(str(tmp_path / "log.duckdb"), "UTC")
    for statement in (
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('http://127.0.0.1/a.csv')",
        "ATTACH 'other.duckdb'",
        "COPY given.main.log TO 'copied.csv'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "DELETE FROM given.main.log",
    ):
        with pytest.raises(duckdb.Error):
            database.execute(statement)


def test_a_newer_version_and_damage_are_told_apart(tmp_path):
    folder = duck(tmp_path, DUCK)
    path = tmp_path / "log.duckdb"
    whole = path.read_bytes()
    path.write_bytes(whole[:12] + (9999).to_bytes(8, "little") + whole[20:])
    with pytest.raises(DataError, match=r"log\.duckdb (was written by another version|is no DuckDB)"):
        fj.read_contacts(folder)
    path.write_bytes(whole[:9000])
    with pytest.raises(DataError, match=r"log\.duckdb is no DuckDB database, or it is damaged or cut short"):
        fj.read_contacts(folder)


def test_a_duckdb_file_with_changes_beside_it_is_refused(tmp_path):
    folder = duck(tmp_path, DUCK)
    (tmp_path / "log.duckdb.wal").write_bytes(b"")
    with pytest.raises(DataError, match=r"in log\.duckdb\.wal"):
        fj.read_contacts(folder)


# The walls round a child


def test_a_child_that_takes_too_long_is_ended(monkeypatch, tmp_path):
    monkeypatch.setattr(walls, "CHILD_SECONDS", 0.3)
    with walls.child("timeit", "-n", "1", "-r", "1", "import time; time.sleep(30)") as at_work:
        pass
    assert at_work.code != 0 and at_work.ended_for == "took more than 0.3 seconds to open"


def test_where_the_system_has_no_limit_the_memory_of_a_child_is_watched(monkeypatch, tmp_path):
    monkeypatch.setattr(walls, "has_limit", lambda: False)
    monkeypatch.setattr(walls, "CHILD_BYTES", 100_000_000)
    hungry = "import time; a = bytearray(300_000_000); time.sleep(30)"
    with walls.child("timeit", "-n", "1", "-r", "1", hungry) as at_work:
        pass
    assert at_work.ended_for == "took more than 0.1 GB of memory to open"
    assert "watched 5 times a second" in walls.in_force()


# Another database, by the analyst's own driver


def test_a_table_of_any_database_comes_in_by_its_own_driver(tmp_path):
    """SQLite stands for the server: what pandas reads of it goes in as a frame."""
    sqlite(tmp_path, ROW)
    with sqlite3.connect(tmp_path / "log.sqlite") as server:
        frame = pd.read_sql('SELECT Ref, Person, "When", What, Outcome FROM log', server, dtype=str)
    server.close()
    entry = {"agency": "school", "format": FORM}
    contacts = fj.read_contacts(
        frames={"log": frame}, sources={"purpose": "a story", "invented": True, "files": {"log": entry}}
    )
    (row,) = contacts.df().itertuples()
    assert (row.contact_id, row.date.date()) == ("log:1", dt.date(2024, 5, 1))
