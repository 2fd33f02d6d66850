"""The review book: pre-filled, filled in by people, read strictly, and nothing lost from run to run."""

from __future__ import annotations

import datetime
import shutil
import subprocess

import pandas as pd
import pytest
from openpyxl import load_workbook

import journeys as fj
from journeys.book import CHANGED, GONE
from lib.errors import BusyError, DataError, RequestError
from tests.conftest import folder_of, table
from tests.stories.conftest import drawn, fill, heads, lines

TWO = """
    family  date        agency       activity    id  need  by
    F1      2024-03-01  school       referral    a   N1    SW1
    F1      2024-03-10  gp           visit       b   N2    GP4
    F2      2024-06-01  early_help   visit       c   N1    EH7
"""


@pytest.fixture
def book(tmp_path):
    review = drawn(tmp_path / "data", TWO)
    return review, fj.write_book(review)


def again(review):
    folder = review.session.folder.path
    return fj.build_journeys(fj.read_contacts(folder), end="2024-12-31")


def test_needs_are_filled_in_from_the_log_and_people_say_what_they_were(book):
    review, path = book
    assert [(r["family_id"], r["need_id"], r["first_in_records_on"].date()) for r in lines(path, "needs")] == [
        ("F1", "N1", datetime.date(2024, 3, 1)),
        ("F1", "N2", datetime.date(2024, 3, 10)),
        ("F2", "N1", datetime.date(2024, 6, 1)),
    ]
    assert fj.read_book(review).rows("needs") == []
    fill(path, "needs", 2, words="somebody to talk to", met_on="19/05/2024", decided_by="mother")
    (need,) = fj.read_book(review).rows("needs")
    assert (need["words"], need["met_on"], need["first_asked_on"]) == (
        "somebody to talk to",
        datetime.date(2024, 5, 19),
        None,
    )


def test_every_word_stands_after_ten_more_runs(book):
    review, path = book
    fill(path, "needs", 2, words="somebody to talk to", decided_by="mother")
    fill(path, "quotes", family_id="F1", who="mother", words="=1+1, I said", share_with="board", decided_by="mother")
    before = None
    for _ in range(10):
        fj.write_book(review)
        written = [(name, lines(path, name)) for name in ("needs", "quotes")]
        assert before in (None, written)
        before = written
    assert fj.read_book(review).rows("quotes")[0]["words"] == "=1+1, I said"


def test_the_same_rows_give_the_same_bytes(book):
    review, path = book
    before = path.read_bytes()
    assert fj.write_book(review).read_bytes() == before


def test_columns_rows_and_sheets_that_people_add_are_kept(book):
    review, path = book
    workbook = load_workbook(path)
    page = workbook["needs"]
    page.cell(1, page.max_column + 1, "our own column")
    page.cell(3, page.max_column, "ask again")
    page.cell(3, heads(page).index("words") + 1, "a warm home")
    page.cell(3, heads(page).index("decided_by") + 1, "father")
    extra = workbook.create_sheet("our notes")
    extra.append(["who", "what"])
    extra.append(["panel", "meets in May"])
    workbook.save(path)
    for _ in range(2):
        fj.write_book(review)
        assert [r["our_own_column"] for r in lines(path, "needs")] == [None, "ask again", None]
        assert list(load_workbook(path)["our notes"].values) == [("who", "what"), ("panel", "meets in May")]


def test_a_decision_whose_ground_changed_says_look_again_until_somebody_looked(book):
    review, path = book
    fill(path, "needs", 2, words="somebody to talk to", decided_by="mother")
    fj.write_book(review)
    log = review.session.folder.path / "school.csv"
    log.write_text(log.read_text().replace("2024-03-01", "2024-02-01").replace("01/03/2024", "01/02/2024"))
    for _ in range(2):
        fj.write_book(again(review))
        assert lines(path, "needs")[0]["look"] == CHANGED
        assert lines(path, "needs")[0]["words"] == "somebody to talk to"
        assert fj.read_book(again(review)).to_look_at_again == 1
    fill(path, "needs", 2, look=None)
    fj.write_book(again(review))
    assert fj.read_book(again(review)).to_look_at_again == 0


def test_a_decision_about_what_is_no_longer_proposed_is_kept_and_says_so(book):
    review, path = book
    fill(path, "needs", 3, words="a warm home", decided_by="father")
    fj.write_book(review)
    log = review.session.folder.path / "gp.csv"
    log.write_text(log.read_text().replace("N2", "N9"))
    fj.write_book(again(review))
    kept = {r["need_id"]: (r["words"], r["look"]) for r in lines(path, "needs") if r["family_id"] == "F1"}
    assert kept == {"N1": (None, None), "N9": (None, None), "N2": ("a warm home", GONE)}


def test_a_run_on_one_family_leaves_the_others_rows_as_they_are(book):
    review, path = book
    fill(path, "needs", 2, words="somebody to talk to", decided_by="mother")
    alone = fj.build_journeys(fj.read_contacts(review.session.folder.path), end="2024-12-31", families=["F2"])
    fj.write_book(alone)
    assert {(r["family_id"], r["words"]) for r in lines(path, "needs")} >= {("F1", "somebody to talk to"), ("F2", None)}
    assert fj.read_book(alone).rows("needs") == []


def test_the_book_before_is_kept_beside_it(book):
    review, path = book
    fill(path, "needs", 2, words="somebody to talk to", decided_by="mother")
    mine = path.read_bytes()
    fj.write_book(review)
    assert path.with_name("review (before).xlsx").read_bytes() == mine
    assert path.stat().st_mode & 0o077 == 0


def test_a_book_that_is_open_elsewhere_is_not_written(book):
    review, path = book
    path.with_name(f"~${path.name}").write_text("")
    with pytest.raises(BusyError, match="is open in a spreadsheet program"):
        fj.write_book(review)


@pytest.mark.parametrize(
    ("sheet", "cells", "said"),
    [
        (
            "demand",
            {"contact_id": "log:F1.a", "family_id": "F1", "label": "valu", "decided_by": "p"},
            "Did you mean 'value'?",
        ),
        ("demand", {"contact_id": "log:F1.a", "family_id": "F1", "label": "value"}, "who decided, or said so?"),
        ("quotes", {"family_id": "F1", "who": "mother", "decided_by": "p"}, "'words' is empty"),
        ("quotes", {"family_id": "F9", "who": "mother", "words": "x", "decided_by": "p"}, "is in no journey here"),
        ("quotes", {"family_id": "F1", "who": "mother", "words": "SW1 came", "decided_by": "p"}, "no worker is named"),
        ("matters", {"family_id": "F1", "who": "m", "statement": "x", "score": 11, "decided_by": "p"}, "from 0"),
        (
            "matters",
            {"family_id": "F1", "who": "m", "statement": "x", "score": "ten", "decided_by": "p"},
            "not a number",
        ),
        (
            "matters",
            {"family_id": "F1", "who": "m", "statement": "x", "on": "31/02/2024", "decided_by": "p"},
            "not a day",
        ),
    ],
)
def test_a_cell_that_cannot_be_read_says_sheet_row_and_what_to_do(book, sheet, cells, said):
    review, path = book
    fill(path, sheet, 2, **cells)
    with pytest.raises(DataError) as error:
        fj.read_book(review)
    assert f"review.xlsx, sheet '{sheet}', row 2: " in str(error.value)
    assert said in str(error.value)
    assert "SW1" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "is_named"),
    [
        ("sw1's desk closed it", True),
        ("closed (SW1); nobody rang", True),
        ("“Mrs Ada Pemberton” rang", True),
        ("mrs ada-pemberton rang", True),
        ("May rang", True),
        ("It may be that Ada rang", False),
        ("SW12 has no such desk", False),
    ],
)
def test_a_worker_is_known_again_however_the_words_are_written(tmp_path, words, is_named):
    log = table("""
        family  date        agency       activity    id  by
        F1      2024-03-01  school       referral    a   SW1
        F1      2024-03-10  gp           visit       b   PEMBERTON
        F1      2024-03-11  gp           visit       c   May
    """).replace("PEMBERTON", "Mrs Ada Pemberton")
    review = fj.build_journeys(fj.read_contacts(folder_of(tmp_path, {"log": log})))
    path = fj.write_book(review)
    fill(path, "decisions", 2, order=1, decision=words, decided_by="panel")
    if not is_named:
        assert fj.read_book(review).rows("decisions")
        return
    with pytest.raises(DataError, match="sheet 'decisions', row 2: a worker's number stands in 'decision'"):
        fj.read_book(review)


def test_two_rows_that_decide_the_same_are_refused(book):
    review, path = book
    for line in (2, 3):
        fill(path, "needs", line, family_id="F1", need_id="N1", words="a", decided_by="p")
    with pytest.raises(DataError, match="row 3: row 2 decides the same"):
        fj.read_book(review)


def test_a_column_that_is_gone_is_named(book):
    review, path = book
    workbook = load_workbook(path)
    workbook["quotes"].delete_cols(3)
    workbook["quotes"].append(["F1"])
    workbook.save(path)
    with pytest.raises(DataError, match="sheet 'quotes': it has no column 'words'"):
        fj.read_book(review)


def test_a_later_kits_book_is_not_read(book):
    review, path = book
    workbook = load_workbook(path)
    page = workbook["read me"]
    row = next(r for r in page.iter_rows() if r[0].value == "schema")
    row[1].value = "99"
    workbook.save(path)
    with pytest.raises(DataError, match="later version"):
        fj.read_book(review)


# Two people


def test_two_copies_become_one_and_say_how_far_they_agree(book, tmp_path):
    review, path = book
    for line in range(2, 5):
        fill(path, "steps", line, contact_id=f"log:F1.{line}", family_id="F1", is_value="yes", decided_by="analyst")
    other = tmp_path / "second.xlsx"
    shutil.copy(path, other)
    fill(other, "steps", 3, is_value="no")
    fill(other, "steps", 5, contact_id="log:F1.5", family_id="F1", is_value="no", decided_by="second analyst")
    fill(other, "quotes", family_id="F1", who="mother", words="I said so", decided_by="mother")
    found = fj.merge_books(review, other)
    assert found[["sheet", "both", "agree"]].values.tolist() == [["steps", 3, 2]]
    assert pd.isna(found["kappa"].iloc[0]) or found["kappa"].iloc[0] == 0
    merged = {r["contact_id"][-1]: (r["is_value"], r["note"]) for r in lines(path, "steps")}
    assert merged["2"] == ("yes", None)
    assert merged["3"] == (None, "two judged apart: yes and no")
    assert merged["5"] == ("no", None)
    assert fj.read_book(review).rows("quotes")[0]["words"] == "I said so"
    fj.merge_books(review, other)
    assert len(lines(path, "quotes")) == 1


def test_two_labels_apart_leave_nothing_decided_and_both_in_the_note(book, tmp_path):
    review, path = book
    row = {"contact_id": "log:F1.a", "family_id": "F1"}
    fill(path, "demand", 2, **row, label="value", kind="help with a letter", decided_by="analyst")
    other = tmp_path / "second.xlsx"
    shutil.copy(path, other)
    fill(other, "demand", 2, label="failure", kind="asking again", decided_by="second analyst")
    fj.merge_books(review, other)
    assert fj.read_book(review).rows("demand") == []
    note = next(r["note"] for r in lines(path, "demand") if r["contact_id"] == "log:F1.a")
    assert note == "two judged apart: value, help with a letter and failure, asking again"


def test_what_two_wrote_of_one_need_is_joined_and_no_word_of_either_is_lost(book, tmp_path):
    review, path = book
    fill(path, "needs", 2, words="somebody to talk to", decided_by="mother")
    other = tmp_path / "second.xlsx"
    shutil.copy(path, other)
    fill(other, "needs", 2, words="a friend", met_on="19/05/2024", met_by_whose_view="mother")
    fj.merge_books(review, other)
    (need,) = fj.read_book(review).rows("needs")
    assert (need["words"], str(need["met_on"])) == ("somebody to talk to", "2024-05-19")
    assert need["note"] == "two wrote apart, the other: a friend"


@pytest.mark.parametrize(("mine", "theirs"), [("board", "nobody"), ("nobody", "board")])
def test_of_two_consents_the_narrower_stands(book, tmp_path, mine, theirs):
    review, path = book
    fill(path, "families", 2, share_with=mine, decided_by="mother")
    other = tmp_path / "second.xlsx"
    shutil.copy(path, other)
    fill(other, "families", 2, share_with=theirs)
    fj.merge_books(review, other)
    assert fj.voice.shared_families(review, "board") == []


def test_a_copy_that_is_not_there_is_said(book, tmp_path):
    with pytest.raises(RequestError, match="there is no book"):
        fj.merge_books(book[0], tmp_path / "no.xlsx")


# Another program


def through_libreoffice(path, tmp_path):
    """Open the book in LibreOffice and write it back."""
    out = tmp_path / "out"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    kind = "xlsx:Calc MS Excel 2007 XML"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    shutil.copy(out / path.name, path)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_what_libreoffice_writes_back_reads_the_same(book, tmp_path):
    review, path = book
    fill(
        path, "needs", 2, words="somebody to talk to – at last", met_on=datetime.date(2024, 5, 19), decided_by="mother"
    )
    fill(path, "matters", family_id="F1", who="mother", statement="be heard", score=3.5, decided_by="mother")
    before = {name: fj.read_book(review).rows(name) for name in ("needs", "matters", "families")}
    through_libreoffice(path, tmp_path)
    assert {name: fj.read_book(review).rows(name) for name in before} == before
    fj.write_book(review)
    assert {name: fj.read_book(review).rows(name) for name in before} == before


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_book_edited_sorted_and_widened_in_libreoffice_loses_no_decision_when_new_data_come(book, tmp_path):
    review, path = book
    fill(path, "needs", 2, words="somebody to talk to", decided_by="mother")
    fill(path, "needs", 4, words="a warm home", decided_by="father")
    through_libreoffice(path, tmp_path)
    workbook = load_workbook(path)
    page = workbook["needs"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2) if any(cell.value for cell in row)]
    page.delete_rows(2, page.max_row)
    page.cell(1, len(heads(page)) + 1, "our own column")
    for line, row in enumerate(reversed(rows), start=2):
        for at, value in enumerate([*row, f"seen {line}"], start=1):
            page.cell(line, at, value)
    workbook.save(path)
    through_libreoffice(path, tmp_path)
    log = review.session.folder.path / "gp.csv"
    log.write_text(
        log.read_text() + log.read_text().splitlines()[1].replace("F1.b", "F1.new").replace("N2", "N7") + "\n"
    )
    fj.write_book(again(review))
    kept = {(r["family_id"], r["need_id"]): (r["words"], r["our_own_column"]) for r in lines(path, "needs")}
    assert kept == {
        ("F1", "N1"): ("somebody to talk to", "seen 4"),
        ("F1", "N2"): (None, "seen 3"),
        ("F1", "N7"): (None, None),
        ("F2", "N1"): ("a warm home", "seen 2"),
    }
