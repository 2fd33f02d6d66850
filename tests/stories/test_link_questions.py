"""The questions that joining records leaves to people: what they show, where they lie, and that no answer is lost."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys import linkasks
from journeys.linkasks import BOOK, COLUMNS_OF_BOOK, SHEET, read_never
from lib.errors import DataError
from lib.sheets import Filled, Heading, workbook
from lib.workbooks import sheet_rows

BORN = dt.date(2015, 2, 11)
ROWS = [
    {"record_id": "school:1", "first_name": "Ada", "last_name": "Okafor", "date_of_birth": BORN, "postcode": "PO1 2AB"},
    {
        "record_id": "police:9",
        "first_name": "Ada",
        "last_name": "Okafor",
        "postcode": "PO1 2AB",
        "phone": "01632 960123",
    },
]
RECORDS = pd.DataFrame(ROWS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.yml").write_text("purpose: A test\ninvented: true\nfiles: {}\n", encoding="utf-8")
    return tmp_path


def ask(folder: Path, records: pd.DataFrame = RECORDS) -> list[list[str]]:
    links = fj.link_people(records, fj.read_decisions(folder), read_never(folder))
    path = fj.ask_people(folder, links, records)
    return list(sheet_rows(path, BOOK, SHEET))


def answer(folder: Path, **cells: Any) -> None:
    """Write in the first row, as somebody does in Excel."""
    lines = list(sheet_rows(folder / "private" / BOOK, BOOK, SHEET))
    row = dict(zip(lines[0], lines[1], strict=False)) | {k.replace("_", " "): v for k, v in cells.items()}
    made = workbook([Filled(SHEET, [Heading(h) for h in row], [row])], "x")
    (folder / "private" / BOOK).write_bytes(made)


DECIDED = {"decision": "not", "decided_by": "data lead", "decided_on": dt.date(2026, 3, 1)}


def test_a_question_shows_two_records_side_by_side_and_not_where_they_live(folder: Path):
    lines = ask(folder)
    assert [h.replace(" ", "_") for h in lines[0]] == list(COLUMNS_OF_BOOK)
    text = " ".join(" ".join(line) for line in lines)
    assert text.count("Okafor") == 2 and "11/02/2015" in text and "no birth date to be sure by" in text
    assert "PO1" not in text and "960123" not in text


@pytest.mark.skipif(os.name != "posix", reason="rights are kept in another way")
def test_the_questions_are_for_their_owner_alone(folder: Path):
    ask(folder)
    assert stat.S_IMODE((folder / "private" / BOOK).stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "private").stat().st_mode) == 0o700


def test_an_answer_is_obeyed_in_every_later_run_and_its_names_go(folder: Path):
    ask(folder)
    answer(folder, **DECIDED)
    for _ in range(2):
        lines = ask(folder)
        assert len(lines) == 2
        assert "Okafor" not in " ".join(lines[1]) and "data lead" in lines[1]
    assert fj.read_decisions(folder)["decision"].tolist() == ["not"]


def test_an_answer_outlives_its_records_and_a_note_its_question(folder: Path):
    ask(folder)
    answer(folder, **DECIDED, mine="asked the school")
    assert "asked the school" in ask(folder, RECORDS.head(1))[1]
    assert fj.read_decisions(folder)["record_b"].tolist() == ["school:1"]


def test_two_answers_to_one_question_are_both_kept_and_it_is_asked_again(folder: Path):
    ask(folder)
    answer(folder, **DECIDED)
    path = folder / "private" / BOOK
    lines = list(sheet_rows(path, BOOK, SHEET))
    first = dict(zip(lines[0], lines[1], strict=False)) | {"decided on": dt.date(2026, 3, 1)}
    turned = first | {
        "record a": first["record b"],
        "record b": first["record a"],
        "decision": "same",
        "decided by": "school",
    }
    path.write_bytes(workbook([Filled(SHEET, [Heading(h) for h in first], [first, turned])], "x"))
    assert len(ask(folder)) == len(ask(folder)) == 3
    assert sorted(fj.read_decisions(folder)["decision"]) == ["not", "same"]
    assert fj.link_people(RECORDS, fj.read_decisions(folder)).asks["because"].tolist() == ["people disagree"]


def test_an_answer_whose_evidence_has_changed_says_look_again_and_is_obeyed_still(folder: Path):
    ask(folder)
    answer(folder, **DECIDED)
    known = RECORDS.assign(date_of_birth=[BORN, BORN])
    line = ask(folder, known)[1]
    assert "look again" in line
    links = fj.link_people(known, fj.read_decisions(folder))
    assert links.persons["person"].nunique() == 2


@pytest.mark.parametrize("broken", [{"decision": "perhaps"}, {"decided_by": ""}, {"decided_on": "31/02/2026"}])
def test_an_answer_that_cannot_be_read_is_named_by_its_row_and_nothing_is_written_over_it(
    folder: Path, broken: dict[str, Any]
):
    ask(folder)
    answer(folder, **(DECIDED | broken))
    before = (folder / "private" / BOOK).read_bytes()
    with pytest.raises(DataError, match="row 2") as refused:
        ask(folder)
    assert "perhaps" not in str(refused.value) and "Okafor" not in str(refused.value)
    assert (folder / "private" / BOOK).read_bytes() == before


def test_pairs_never_to_be_joined_are_read_from_the_private_room(folder: Path):
    (folder / "private").mkdir()
    (folder / "private" / linkasks.NEVER).write_text(
        "record_a,record_b,because\nschool:1,police:9,protected\n", "utf-8"
    )
    assert read_never(folder) == [("school:1", "police:9")]
    (folder / "private" / linkasks.NEVER).write_text("record_a,record_b\nschool:1,\n", "utf-8")
    with pytest.raises(DataError, match="line 2"):
        read_never(folder)


@pytest.mark.parametrize("is_answered", [True, False])
def test_whoever_is_forgotten_is_in_no_question_and_others_stay(folder: Path, is_answered: bool):
    others = [
        {
            **row,
            "record_id": f"{row['record_id']}0",
            "first_name": "Bob",
            "last_name": "Example",
            "postcode": "PO9 9ZZ",
            "phone": None,
        }
        for row in ROWS
    ]
    lines = ask(folder, pd.DataFrame([*ROWS, *others]))
    assert len(lines) == 3
    if is_answered:
        answer(folder, **DECIDED)  # the first row alone is left in the workbook
    before = len(list(sheet_rows(folder / "private" / BOOK, BOOK, SHEET)))
    gone = list(sheet_rows(folder / "private" / BOOK, BOOK, SHEET))[1][0]
    assert linkasks.take_out(folder, lambda record: record == gone) == 1
    left = list(sheet_rows(folder / "private" / BOOK, BOOK, SHEET))
    assert len(left) == before - 1 and not any(gone in line for line in left)
    assert linkasks.take_out(folder, lambda record: record == gone) == 0


def test_where_nothing_was_ever_asked_there_is_nothing_to_take_out(folder: Path):
    assert linkasks.take_out(folder, lambda record: True) == 0
