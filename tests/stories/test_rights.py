"""What people and the law may ask of those who hold data: to be forgotten, to be told, and to be kept no longer."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import journeys as fj
from journeys import destruction, kept, release, rights, sources
from journeys.book import read_book
from journeys.pseudonymous import rotate
from journeys.releasing import series
from journeys.subject import subject
from lib import keys
from lib import ledger as ledgers
from lib.errors import BusyError, DataError, RequestError
from tests.conftest import folder_of, table

pytestmark = pytest.mark.usefixtures("key")

LOG = """
    id  person  family  date        activity          reason           need  by
    1   A       F1      2024-05-01  visit             FJCANARYwhy      n1    w1
    2   A       F1      2024-05-02  visit             –                n1    w1
    3   B       F1      2024-05-03  visit             –                n2    w1
    4   C       F2      2024-05-03  visit             –                n3    w2
    5   A       F1      2024-99-99  visit             –                –     w2
    6   A       F3      2024-06-01  request_for_help  –                n4    w2
"""
REASON = "asked by letter of 3 May"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "review"
    root.mkdir()
    return folder_of(root, {"police": table(LOG)}, files={"police": {"agency": "police"}})


def run(reports: Path, name: str, on: str, *inputs: str, failed: bool = False) -> Path:
    """A run as the record of one: what it is, and what it rests on."""
    place = reports / ("failed" if failed else "") / name
    place.mkdir(parents=True)
    record = {"data": on, "level": "team", "notebook": "a_report", "inputs": dict.fromkeys(inputs, "0" * 64)}
    (place / "run.json").write_text(json.dumps(record))
    (place / "report.html").write_text("a family's rows")
    return place


def adds_up(data: Path) -> dict[str, tuple[int, int, int, int]]:
    frame = fj.account(data)
    assert (frame["read"] == frame["accepted"] + frame["set_aside"] + frame["collapsed"]).all()
    return {r.file: (r.read, r.accepted, r.set_aside, r.collapsed) for r in frame.itertuples()}


def people(data: Path) -> set[str]:
    return set(fj.read_contacts(data).df()["person_id"].dropna())


# Forget


def test_the_forgotten_are_set_aside_and_the_account_adds_up(data: Path, tmp_path: Path) -> None:
    assert adds_up(data) == {"police.csv": (6, 5, 1, 0)}
    done = rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert adds_up(data) == {"police.csv": (6, 2, 4, 0)}
    assert people(data) == {"police:B", "police:C"}
    assert done.held.lines == {"police.csv": [2, 3, 6, 7]}
    reasons = fj.set_aside(data).df()
    assert list(reasons["reason"]) == ["forgotten"] * 4 and list(reasons["source_line"]) == [2, 3, 6, 7]


def test_their_records_that_were_set_aside_are_kept_no_longer(data: Path, tmp_path: Path) -> None:
    from journeys import aside
    from journeys.contacts import open_session

    room = aside.keep(open_session(data))["set_aside"]
    assert "2024-99-99" in (room / "police.csv").read_text()
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert not room.exists()
    assert aside.keep(open_session(data)) == {} and not room.exists()


def test_a_broken_record_of_theirs_is_forgotten_too(data: Path, tmp_path: Path) -> None:
    with open(data / "police.csv", "a") as file:
        file.write("21,A,F1,2024-07-01,visit,,,w1,one,more\n")
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert list(fj.set_aside(data).df()["reason"]) == ["forgotten"] * 5


def test_nothing_of_them_is_in_the_store_or_the_list(data: Path, tmp_path: Path) -> None:
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    session = fj.read_contacts(data).owner
    for (name,) in session.engine.con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'store'"
    ).fetchall():
        rows = str(session.engine.rows(f"SELECT * FROM store.{name}"))
        assert "FJCANARYwhy" not in rows and "'A'" not in rows and "n1" not in rows
    listed = next((data / "private").glob("forgotten.*.jsonl")).read_text()
    assert "police:A" not in listed and "POLICE" not in listed and REASON in listed
    assert len(list((data / ".store").glob("*.duckdb"))) >= 1
    assert all(p.stem.startswith(session.key) for p in (data / ".store").glob("*.duckdb"))


def test_the_supplier_file_is_as_it_was_and_said(data: Path, tmp_path: Path) -> None:
    before = (data / "police.csv").read_bytes()
    done = rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert (data / "police.csv").read_bytes() == before
    assert any("police.csv" in line and "2, 3, 6, 7" in line for line in done.by_hand)


@pytest.mark.parametrize("again", ["the same bytes", "more rows, shuffled", "another spelling"])
def test_they_stay_out_when_the_supplier_sends_them_again(data: Path, tmp_path: Path, again: str) -> None:
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    lines = (data / "police.csv").read_text().splitlines()
    if again == "more rows, shuffled":
        rows = [*lines[1:], "9,A,F1,2024-07-01,visit,,,w1", "10,B,F1,2024-07-02,visit,,,w1"]
        random.Random(3).shuffle(rows)
        lines = [lines[0], *rows]
    if again == "another spelling":
        lines = [line.replace(",A,", ", a\u200b ,") for line in lines]
    (data / "police.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert people(data) == {"police:B", "police:C"}
    adds_up(data)


def test_a_second_file_of_the_same_series_keeps_them_out(data: Path, tmp_path: Path) -> None:
    text = json.loads((data / "sources.yml").read_text())
    text["files"]["police.csv"]["series"] = "log"
    (data / "sources.yml").write_text(json.dumps(text))
    rights.forget(data, ["log:A"], REASON, tmp_path / "reports")
    (data / "later.csv").write_bytes((data / "police.csv").read_bytes() + b"11,A,F1,2024-08-01,visit,,,w1\n")
    text["files"]["later.csv"] = text["files"]["police.csv"]
    (data / "sources.yml").write_text(json.dumps(text))
    assert people(data) == {"log:B", "log:C"}
    adds_up(data)


def test_a_person_of_that_number_at_another_supplier_is_somebody_else(data: Path, tmp_path: Path) -> None:
    text = json.loads((data / "sources.yml").read_text())
    (data / "school.csv").write_bytes((data / "police.csv").read_bytes())
    text["files"]["school.csv"] = text["files"]["police.csv"] | {"agency": "school"}
    (data / "sources.yml").write_text(json.dumps(text))
    # The bytes of a copied file are read once; the school's own differ by a row.
    with open(data / "school.csv", "a") as file:
        file.write("12,D,F2,2024-08-01,visit,,,w1\n")
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert "school:A" in people(data) and "police:A" not in people(data)


def test_members_of_the_forgotten_are_gone_too(tmp_path: Path) -> None:
    root = tmp_path / "review"
    root.mkdir()
    folder_of(
        root,
        {"police": table(LOG).drop(columns="family")},
        files={"police": {"agency": "police"}},
        members="members.csv",
    )
    rows = "person_id,family_id,from,to,because\npolice:A,F1,,,x\npolice:B,F1,,,x\npolice:C,F2,,,x\n"
    (root / "members.csv").write_text(rows)
    done = rights.forget(root, ["police:A"], REASON, tmp_path / "reports")
    assert set(fj.read_members(root).df()["person_id"]) == {"police:B", "police:C"}
    assert any("members.csv: take out 1 row" in line for line in done.by_hand)


def test_a_family_of_the_forgotten_alone_is_in_no_journey(data: Path, tmp_path: Path) -> None:
    assert set(fj.build_journeys(fj.read_contacts(data))) == {"F1", "F2", "F3"}
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert set(fj.build_journeys(fj.read_contacts(data))) == {"F1", "F2"}


def test_without_the_key_the_folder_is_not_read(data: Path, tmp_path: Path, key: Path) -> None:
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    key.rename(key.with_name("away"))
    with pytest.raises(RequestError, match="there is no key"):
        fj.account(data).equals(None)
        (data / "police.csv").write_bytes((data / "police.csv").read_bytes() + b"\n")
        fj.read_contacts(data)
        fj.read_members(data)
    key.unlink(missing_ok=True)
    keys.make(key)
    (data / "police.csv").write_bytes((data / "police.csv").read_bytes() + b"\n")
    with pytest.raises(DataError, match="is not beside the key in use"):
        fj.read_contacts(data)


@pytest.mark.parametrize("how", ["a line taken off", "the list removed", "a mark changed"])
def test_a_list_that_was_changed_stops_everything(data: Path, tmp_path: Path, how: str) -> None:
    for person in ("police:A", "police:C"):
        rights.forget(data, [person], REASON, tmp_path / "reports")
    (path,) = (data / "private").glob("forgotten.*.jsonl")
    lines = path.read_text().splitlines()
    if how == "the list removed":
        path.unlink()
    elif how == "a line taken off":
        path.write_text(lines[0] + "\n")
    else:
        path.write_text("\n".join([lines[0].replace('"mark": "P', '"mark": "PX'), lines[1]]) + "\n")
    with pytest.raises(DataError, match="changed by something else"):
        fj.read_contacts(data)


def test_a_new_key_keeps_them_out_as_before(data: Path, tmp_path: Path) -> None:
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    list(rotate([data]))
    (data / "police.csv").write_bytes((data / "police.csv").read_bytes() + b"13,A,F1,2024-08-01,visit,,,w1\n")
    assert people(data) == {"police:B", "police:C"}
    rights.forget(data, ["police:C"], REASON, tmp_path / "reports")
    assert people(data) == {"police:B"}
    rights.forget_no_more(data, ["police:A"], "it was the wrong person")
    assert people(data) == {"police:A", "police:B"}


def test_the_wrong_person_is_let_in_again(data: Path, tmp_path: Path) -> None:
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    rights.forget_no_more(data, ["police:A"], "it was the wrong person")
    assert people(data) == {"police:A", "police:B", "police:C"} and adds_up(data) == {"police.csv": (6, 5, 1, 0)}


@pytest.mark.parametrize(
    ("person", "reason"), [("police:nobody", REASON), ("A", REASON), ("police:A", ""), ("police:A", "12")]
)
def test_an_unknown_person_or_no_reason_changes_nothing(data: Path, tmp_path: Path, person: str, reason: str) -> None:
    with pytest.raises(RequestError) as told:
        rights.forget(data, [person], reason, tmp_path / "reports")
    assert "nobody" not in str(told.value).replace("Name nobody", "") and not (data / "private").exists()


def test_runs_that_rest_on_them_are_removed_and_others_stay(data: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    theirs = run(reports, "1", "review", "police.csv", "sources.yml")
    failed = run(reports, "2", "review", "police.csv", failed=True)
    other_file = run(reports, "3", "review", "school.csv")
    other_data = run(reports, "4", "elsewhere", "police.csv")
    done = rights.forget(data, ["police:A"], REASON, reports)
    assert not theirs.exists() and not failed.exists() and other_file.exists() and other_data.exists()
    assert len(done.runs) == 2


def test_a_run_that_names_no_files_and_the_index_are_not_forgotten(data: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    public = run(reports, "20240601T000000Z-public-aaaaaa", "review")
    other = run(reports, "20240602T000000Z-other-aaaaaa", "elsewhere", "police.csv")
    rights.forget(data, ["police:A"], REASON, reports)
    assert not public.exists() and other.exists()
    index = (reports / "index.html").read_text(encoding="utf-8")
    assert "public-aaaaaa" not in index and not list(reports.glob(".building-*"))


def test_what_was_released_is_said(data: Path, tmp_path: Path) -> None:
    folder, release = sources.open_folder(data), tmp_path / "release"
    for name, told in {
        "may": {"run": "a", "series": series("review")},
        "june": {"run": "b", "series": "another"},
    }.items():
        (release / name).mkdir(parents=True)
        (release / name / "manifest.json").write_text(json.dumps(told))
    assert kept.released(folder, release=release) == ["may"]
    assert kept.released(folder, kept.Run(tmp_path / "b", {}), release) == ["june"]
    (release / "june" / "manifest.json").write_text("")
    assert kept.released(folder, release=release) == ["june", "may"], "what cannot be read may be ours"


def test_a_new_key_and_a_forgotten_person_leave_the_record_of_releases_as_it_is(data: Path, tmp_path: Path) -> None:
    """What was released stays known, so that a later release cannot tell who went."""
    home = data / release.HOME
    made = ledgers.begin(home)
    made.releases.append({"release": "may", "on": "2024-05-01"})
    seal = made.write()
    before = (home / "ledger.json").read_bytes()
    list(rotate([data]))
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    found = ledgers.read(home, 1)
    assert found is not None and (home / "ledger.json").read_bytes() == before and seal in before.decode()
    assert found.hidden(["F1"]) == made.hidden(["F1"])


def fill_in(data: Path, sheet: str, *rows: dict[str, Any]) -> None:
    """Write rows into the book by hand."""
    path = data / "review" / "review.xlsx"
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    heads = [cell.value.replace(" ", "_") for cell in page[1]]
    for row in rows:
        known = [(heads.index(name) + 1, row[name]) for name in ("contact_id", "need_id") if name in row]
        lines = range(2, page.max_row + 2)
        same = (n for n in lines if any(page.cell(n, column).value == value for column, value in known))
        at = next(same, None) or next(n for n in lines if not any(cell.value for cell in page[n]))
        for name, value in row.items():
            page.cell(at, heads.index(name) + 1, value)
    book.save(path)


def book_text(data: Path) -> str:
    texts = []
    for path in (data / "review").glob("*.xlsx"):
        with zipfile.ZipFile(path) as whole:
            texts += [whole.read(name).decode("utf-8", "replace") for name in whole.namelist()]
    return "\n".join(texts)


def test_the_book_loses_what_rests_on_them_and_keeps_the_rest(data: Path, tmp_path: Path) -> None:
    fj.write_book(fj.build_journeys(fj.read_contacts(data)))
    who = {"decided_by": "mother"}
    fill_in(data, "steps", {"contact_id": "police:1", "family_id": "F1", "is_value": "yes", "note": "of A", **who})
    fill_in(data, "steps", {"contact_id": "police:3", "family_id": "F1", "is_value": "yes", "note": "of B", **who})
    fill_in(data, "needs", {"need_id": "n1", "family_id": "F1", "words": "a need of A alone", **who})
    fill_in(data, "needs", {"need_id": "n2", "family_id": "F1", "words": "a need of B", **who})
    fill_in(data, "quotes", {"family_id": "F3", "who": "mother", "words": "words of a family of A alone", **who})
    fill_in(data, "quotes", {"family_id": "F1", "who": "mother", "words": "words of the family", **who})
    fill_in(data, "readers", {"family_id": "F1", "reader": "police:A", **who})
    done = rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    text = book_text(data)
    for gone in ("of A", "a need of A alone", "words of a family of A alone", "police:1<", "police:A"):
        assert gone not in text, gone
    for stays in ("of B", "a need of B", "words of the family"):
        assert stays in text, stays
    assert done.book_rows >= 4 and done.book_to_read >= 3
    assert not (data / "review" / "review (before).xlsx").exists()
    assert len(read_book(fj.build_journeys(fj.read_contacts(data))).rows("quotes")) == 1


def test_a_book_that_is_open_elsewhere_is_said(data: Path, tmp_path: Path) -> None:
    fj.write_book(fj.build_journeys(fj.read_contacts(data)))
    (data / "review" / "~$review.xlsx").write_text("")
    with pytest.raises(BusyError, match="open in a spreadsheet"):
        rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert not (data / "private").exists(), "nothing was begun"


# Subject


def sheet_rows(path: Path, name: str) -> list[dict[str, Any]]:
    page = openpyxl.load_workbook(path)[name]
    heads = [cell.value for cell in page[1]]
    rows = [dict(zip(heads, (c.value for c in row), strict=True)) for row in page.iter_rows(min_row=2)]
    return [row for row in rows if any(row.values())]


def test_all_that_is_held_is_put_together_for_its_reader_alone(data: Path, tmp_path: Path) -> None:
    run(tmp_path / "reports", "1", "review", "police.csv")
    made = subject(data, ["police:A"], tmp_path / "reports")
    path = made.folder / "held.xlsx"
    if os.name == "posix":
        assert made.folder.stat().st_mode & 0o777 == 0o700 and path.stat().st_mode & 0o777 == 0o600
    records = sheet_rows(path, "records")
    assert [r["line"] for r in records] == [2, 3, 6, 7]
    assert "FJCANARYwhy" in records[0]["held"] and "set aside: bad date" in records[2]["state"]
    assert all(r["look"] for r in records) and "did not come in" in records[2]["look"]
    family = sheet_rows(path, "family")
    assert [(r["record"], "third party" in r["look"]) for r in family] == [(3, True)]
    assert "w1" not in str(family) and len(sheet_rows(path, "reports")) == 1


def test_what_may_be_kept_back_is_flagged_by_the_rules_for_readers(data: Path, tmp_path: Path) -> None:
    text = (data / "police.csv").read_text().replace("1,A,F1,2024-05-01,visit", "1,A,F1,2024-05-01,incident")
    (data / "police.csv").write_text(text)
    first = sheet_rows(subject(data, ["police:A"], tmp_path).folder / "held.xlsx", "records")[0]
    assert "police" in first["look"]


def test_no_cell_of_a_bundle_is_a_formula(data: Path, tmp_path: Path) -> None:
    text = (data / "police.csv").read_text().replace("FJCANARYwhy", '"=HYPERLINK(""http://x"")"')
    (data / "police.csv").write_text(text)
    made = subject(data, ["police:A"], tmp_path)
    with zipfile.ZipFile(made.folder / "held.xlsx") as whole:
        assert not any(b"<f>" in whole.read(name) for name in whole.namelist() if "sheet" in name)


# Kept no longer


def past(data: Path, monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    """It is this day, and the log was to be kept until the end of March."""
    text = json.loads((data / "sources.yml").read_text())
    text["files"]["police.csv"]["keep_until"] = "2025-03-31"
    (data / "sources.yml").write_text(json.dumps(text))
    monkeypatch.setattr(sources, "today", lambda: dt.date.fromisoformat(day))


@pytest.mark.parametrize(("day", "is_due"), [("2025-03-31", False), ("2025-04-01", True)])
def test_what_is_past_its_day_is_due_on_the_day_after(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: str, is_due: bool
) -> None:
    past(data, monkeypatch, "2025-03-01")
    fj.write_book(fj.build_journeys(fj.read_contacts(data)))
    fill_in(data, "steps", {"contact_id": "police:1", "family_id": "F1", "is_value": "yes", "decided_by": "team"})
    made = run(tmp_path / "reports", "1", "review", "police.csv")
    past(data, monkeypatch, day)
    before = sorted(p for p in data.rglob("*") if p.is_file())
    found = list(rights.due(data, tmp_path / "reports"))
    assert sorted(p for p in data.rglob("*") if p.is_file()) == before and made.exists(), "listing removes nothing"
    whats = [one.what.split()[0] for one in found]
    if not is_due:
        assert "run" not in whats
        return
    assert "run" in whats and "the" in whats and any("store" in one.what for one in found)
    for one in found:
        if one.remove:
            one.remove()
    assert not made.exists() and not list((data / ".store").glob("*.duckdb"))
    assert "police:1<" not in book_text(data)
    assert (data / "police.csv").exists(), "a supplier's file is for people to delete"


def test_a_withdrawn_file_leaves_nothing_behind(tmp_path: Path) -> None:
    root = tmp_path / "review"
    root.mkdir()
    logs = {"police": table(LOG), "school": table(LOG.replace("visit ", "lesson"))}
    folder_of(root, logs, files={n: {"agency": n} for n in logs})
    fj.write_book(fj.build_journeys(fj.read_contacts(root)))
    fill_in(root, "steps", {"contact_id": "school:1", "family_id": "F1", "is_value": "yes", "decided_by": "team"})
    fill_in(root, "steps", {"contact_id": "police:1", "family_id": "F1", "is_value": "yes", "decided_by": "team"})
    both = run(tmp_path / "reports", "1", "review", "police.csv", "school.csv")
    one = run(tmp_path / "reports", "2", "review", "police.csv")
    old = {p.name for p in (root / ".store").glob("*.duckdb")}
    text = json.loads((root / "sources.yml").read_text())
    del text["files"]["school.csv"]
    (root / "sources.yml").write_text(json.dumps(text))
    (root / "school.csv").unlink()

    for due in list(rights.due(root, tmp_path / "reports")):
        assert due.remove
        due.remove()
    assert not both.exists() and one.exists()
    assert not old & {p.name for p in (root / ".store").glob("*.duckdb")}
    contacts = fj.read_contacts(root)
    assert set(contacts.df()["source_file"]) == {"police.csv"} and contacts.owner.key not in {n[:20] for n in old}
    assert "school:1" not in book_text(root) and "police:1" in book_text(root)
    assert [d for d in rights.due(root, tmp_path / "reports") if d.remove] == []


# Destroy


def test_a_folder_is_destroyed_with_a_certificate_of_every_file(data: Path, tmp_path: Path) -> None:
    fj.write_book(fj.build_journeys(fj.read_contacts(data)))
    rights.forget(data, ["police:C"], REASON, tmp_path / "reports")
    made, other = (
        run(tmp_path / "reports", "1", "review", "police.csv"),
        run(tmp_path / "reports", "2", "elsewhere", "x.csv"),
    )
    held = {
        p.relative_to(data).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in data.rglob("*")
        if p.is_file()
    }
    done = destruction.destroy(data, "review", "the review has ended", tmp_path / "reports")
    assert not data.exists() and not made.exists() and other.exists() and not done.left
    told = json.loads(done.certificate.read_text())
    listed = {f["file"]: f["sha256"] for f in told["files"] if not f["file"].startswith(".store/report.lock")}
    assert {n: h for n, h in held.items() if not n.startswith(".store/")}.items() <= listed.items()
    assert told["state"] == "done" and told["by"] and told["ended"] >= told["begun"] and told["not_reached"]
    assert [f["file"] for f in told["reports"]] == ["1/report.html", "1/run.json"]
    if os.name == "posix":
        assert done.certificate.stat().st_mode & 0o777 == 0o600
    assert "FJCANARY" not in done.certificate.read_text()


@pytest.mark.parametrize("typed", ["", "Review", "revie", "review "])
def test_nothing_is_destroyed_unless_its_name_is_typed(data: Path, tmp_path: Path, typed: str) -> None:
    with pytest.raises(RequestError, match="type its name again"):
        destruction.destroy(data, typed, "the review has ended", tmp_path / "reports")
    assert (data / "police.csv").exists()


def test_the_kit_own_samples_and_folders_that_hold_more_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="part of the kit"):
        destruction.destroy("sample", "sample", "no longer wanted", tmp_path)
    (data / ".git").mkdir()
    with pytest.raises(RequestError, match="more than data"):
        destruction.destroy(data, "review", "no longer wanted", tmp_path)


def test_what_a_link_points_at_is_not_touched(data: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    (data / "linked").symlink_to(outside)
    (data / "one").symlink_to(outside / "kept.txt")
    destruction.destroy(data, "review", "no longer wanted", tmp_path / "reports")
    assert not data.exists() and (outside / "kept.txt").read_text() == "kept"


def test_a_destruction_that_was_stopped_can_be_run_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = destruction._remove, []

    def once(path: Path, root: Path, left: list[str]) -> None:
        seen.append(path)
        if len(seen) > 1:
            raise KeyboardInterrupt
        real(path, root, left)

    (data / "rules").mkdir()
    (data / "rules" / "note.txt").write_text("x")
    monkeypatch.setattr(destruction, "_remove", once)
    with pytest.raises(KeyboardInterrupt):
        destruction.destroy(data, "review", "no longer wanted", tmp_path / "reports")
    (first,) = tmp_path.glob("certificate*")
    assert json.loads(first.read_text())["state"] == "begun" and (data / "sources.yml").exists()
    monkeypatch.setattr(destruction, "_remove", real)
    destruction.destroy(data, "review", "no longer wanted", tmp_path / "reports")
    assert not data.exists()


def test_a_folder_whose_declarations_are_broken_can_be_destroyed(data: Path, tmp_path: Path) -> None:
    (data / "sources.yml").write_text("purpose: [", encoding="utf-8")
    done = destruction.destroy(data, "review", "no longer wanted", tmp_path / "reports")
    assert not data.exists() and done.files >= 2 and not list(tmp_path.glob(".*.lock*"))


def test_what_will_not_go_is_said_and_the_folder_can_still_be_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.unlink

    def stuck(self: Path, missing_ok: bool = False) -> None:
        if self.name == "police.csv":
            raise PermissionError(13, "Permission denied")
        real(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", stuck)
    done = destruction.destroy(data, "review", "no longer wanted", tmp_path / "reports")
    assert len(done.left) == 1 and (data / "sources.yml").exists() and (data / "police.csv").exists()
    assert json.loads(done.certificate.read_text())["state"] == "ended, not all went"
    monkeypatch.setattr(Path, "unlink", real)
    destruction.destroy(data, "review", "no longer wanted", tmp_path / "reports")
    assert not data.exists()


@pytest.mark.parametrize("step", ["take_out", "rewrite_book", "put_on_list", "sweep_stores", "_refresh_book"])
def test_forgetting_that_was_stopped_anywhere_is_made_again_from_the_beginning(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if "book" in step:
        fj.write_book(fj.build_journeys(fj.read_contacts(data)))
        fill_in(data, "steps", {"contact_id": "police:1", "family_id": "F1", "is_value": "yes", "decided_by": "mother"})
    made = run(tmp_path / "reports", "1", "review", "police.csv")
    room = kept if hasattr(kept, step) else rights

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(room, step, stopped)
        with pytest.raises(KeyboardInterrupt):
            rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert people(data) == {"police:B", "police:C"} and not made.exists() and "police:1<" not in book_text(data)
    assert adds_up(data) == {"police.csv": (6, 2, 4, 0)}


def test_nobody_is_forgotten_while_a_report_is_built(data: Path, tmp_path: Path) -> None:
    from lib.files import lock

    fj.read_contacts(data)
    with lock(data / ".store" / "report.lock"), pytest.raises(BusyError):
        rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert people(data) == {"police:A", "police:B", "police:C"}


def test_contacts_that_name_nobody_are_said(data: Path, tmp_path: Path) -> None:
    with open(data / "police.csv", "a") as file:
        file.write("20,,F1,2024-07-01,visit,,,w1\n")
    done = rights.forget(data, ["police:A"], REASON, tmp_path / "reports")
    assert any("1 contact of their family name nobody" in line for line in done.by_hand)
