"""Files that hold several lists, and records that tell several dated things: one idea a test."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import journeys as fj
from journeys.contacts import open_session
from lib.errors import DataError, RuleError

HEADER = "Ref,Child,Referred,Outcome,Seen,Closed,Entered"
CASES = {
    "columns": {"contact_id": "Ref", "person_id": "Child", "recorded_on": "Entered"},
    "always": {"agency": "social_care"},
    "tells": [
        {"activity": "csc_referral", "date": "Referred", "outcome": "Outcome"},
        {"activity": "visit", "date": "Seen"},
        {"activity": "closed", "date": "Closed"},
    ],
    "dates": ["%Y-%m-%d"],
}


def folder(root: Path, *rows: str, form: dict[str, Any] | None = None, header: str = HEADER, **more: Any) -> Path:
    """A folder with one file of cases, in the order given."""
    import json

    root.mkdir(parents=True, exist_ok=True)
    (root / "cases.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    entry = {"format": {**CASES, **(form or {})}, **more}
    (root / "sources.yml").write_text(
        json.dumps({"purpose": "a story", "invented": True, "files": {"cases.csv": entry}}), encoding="utf-8"
    )
    return root


def contacts(root: Path) -> list[tuple[str, str, str]]:
    """Each contact of a folder: its id, its activity and its day."""
    frame = fj.read_contacts(root).df()
    return [(r.contact_id, r.activity, str(r.date)[:10]) for r in frame.itertuples()]


def accounted(root: Path) -> list[tuple[int, ...]]:
    frame = fj.account(root)
    return [tuple(row) for row in frame[["read", "accepted", "set_aside", "collapsed"]].itertuples(index=False)]


def test_one_record_that_tells_three_things_is_one_record_and_three_contacts(tmp_path):
    root = folder(tmp_path, "7,C1,2024-03-01,NFA,2024-03-04,2024-03-20,")
    assert accounted(root) == [(1, 1, 0, 0)]
    assert contacts(root) == [
        ("cases:7#1", "csc_referral", "2024-03-01"),
        ("cases:7#2", "visit", "2024-03-04"),
        ("cases:7#3", "closed", "2024-03-20"),
    ]


def test_what_is_written_of_one_thing_alone_is_on_its_contact_alone(tmp_path):
    root = folder(tmp_path, "7,C1,2024-03-01,NFA,2024-03-04,,")
    frame = fj.read_contacts(root).df().set_index("activity")
    assert frame.loc["csc_referral", "outcome"] == "NFA"
    assert frame["outcome"].isna()["visit"]


def test_a_thing_without_a_day_did_not_happen_and_the_others_keep_their_numbers(tmp_path):
    root = folder(tmp_path, "7,C1,2024-03-01,,,2024-03-20,")
    assert [c[0] for c in contacts(root)] == ["cases:7#1", "cases:7#3"]
    assert accounted(root) == [(1, 1, 0, 0)]


def test_a_record_without_any_day_is_set_aside(tmp_path):
    root = folder(tmp_path, "7,C1,2024-03-01,,,,", "8,C1,,NFA,,,")
    assert accounted(root) == [(2, 1, 1, 0)]
    assert list(fj.set_aside(root).df()["reason"]) == ["no date (a footer, perhaps)"]


def test_one_day_that_cannot_be_read_sets_the_whole_record_aside_and_names_its_column(tmp_path):
    root = folder(tmp_path, "7,C1,2024-03-01,,2024-02-31,31/12/24,", "8,C2,2024-03-02,,,,")
    assert accounted(root) == [(2, 1, 1, 0)]
    row = fj.set_aside(root).df().iloc[0]
    assert (row["source_row"], row["reason"], row["column"]) == (1, "bad date", "Seen")


def test_the_same_record_twice_is_one(tmp_path):
    row = "7,C1,2024-03-01,,2024-03-04,,2024-03-05"
    assert accounted(folder(tmp_path, row, row)) == [(2, 1, 0, 1)]


def test_a_later_version_that_tells_more_leaves_what_was_known_before_as_it_was(tmp_path):
    root = folder(
        tmp_path, "7,C1,2024-03-01,,2024-03-04,,2024-03-05", "7,C1,2024-03-01,,2024-03-04,2024-06-30,2024-07-01"
    )
    (root / "members.csv").write_text("person_id,family_id\ncases:C1,F1\n")
    text = (root / "sources.yml").read_text()
    (root / "sources.yml").write_text(text.replace('"files"', '"members": "members.csv", "files"'))
    assert accounted(root) == [(2, 2, 0, 0)]

    def known(day):
        review = fj.build_journeys(fj.read_contacts(root), start="2024-01-01", end="2024-12-31", as_at=day)
        return sorted(review.steps.df()["activity"])

    assert known("2024-06-30") == ["csc_referral", "visit"]
    assert known("2024-07-01") == ["closed", "csc_referral", "visit"]


def test_two_versions_in_no_order_are_set_aside_as_records_not_as_contacts(tmp_path):
    root = folder(tmp_path, "7,C1,2024-03-01,,2024-03-04,,", "7,C1,2024-03-01,,2024-03-04,2024-06-30,")
    assert accounted(root) == [(2, 0, 2, 0)]


def extracts(root: Path, *made: tuple[str, str]) -> Path:
    """A folder with an extract for each (day it was made, record), in the order given; one family."""
    import json

    root.mkdir(parents=True, exist_ok=True)
    files = {}
    for day, row in made:
        (root / f"x{day}.csv").write_text(f"{HEADER}\n{row}\n")
        files[f"x{day}.csv"] = {"format": CASES, "series": "cases", "made_on": day}
    (root / "members.csv").write_text("person_id,family_id\ncases:C1,F1\n")
    sources = {"purpose": "p", "invented": True, "files": files, "members": "members.csv"}
    (root / "sources.yml").write_text(json.dumps(sources))
    return root


OPEN, CLOSED = "7,C1,2024-03-01,,,,", "7,C1,2024-03-01,,,2024-06-30,"


def known_by(root: Path, day: str) -> list[str]:
    review = fj.build_journeys(fj.read_contacts(root), start="2024-01-01", end="2024-12-31", as_at=day)
    return sorted(review.steps.df()["contact_id"])


def test_the_day_of_the_extract_puts_versions_in_order_and_says_nothing_of_when_they_were_known(tmp_path):
    root = extracts(tmp_path, ("2025-01-01", CLOSED), ("2024-04-01", OPEN))
    assert accounted(root) == [(1, 1, 0, 0), (1, 1, 0, 0)]
    frame = fj.read_contacts(root).df()
    assert list(frame["contact_id"]) == ["cases:7#1", "cases:7#1", "cases:7#3"]
    assert frame["recorded_on"].isna().all()


@pytest.mark.parametrize(("day", "found"), [("2024-06-29", ["cases:7#1"]), ("2024-06-30", ["cases:7#1", "cases:7#3"])])
def test_a_contact_in_two_extracts_is_one_step_on_every_day(tmp_path, day, found):
    root = extracts(tmp_path, ("2025-01-01", CLOSED), ("2024-04-01", OPEN))
    assert known_by(root, day) == found


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_record_that_is_again_as_it_once_was_is_as_the_latest_extract_has_it(tmp_path, order):
    made = [("2024-04-01", OPEN), ("2025-01-01", CLOSED), ("2026-01-01", OPEN)]
    root = extracts(tmp_path, *(made[n] for n in order))
    assert known_by(root, "2024-12-31") == ["cases:7#1"]
    assert fj.account(root)["collapsed"].sum() == 1


def test_shuffled_records_give_the_same_contacts(tmp_path):
    rows = [
        f"{n},C{n % 3},2024-0{1 + n % 6}-1{n % 9},NFA,,2024-0{1 + n % 6}-2{n % 9},2024-07-0{1 + n % 5}"
        for n in (1, 2, 3, 3, 4)
    ]
    rows += ["3,C0,2024-04-13,,,2024-05-01,2024-09-01", "9,C1,x,,,,"]
    told = set()
    for seed in range(4):
        random.Random(seed).shuffle(rows)
        root = folder(tmp_path / str(seed), *rows)
        told.add((tuple(sorted(contacts(root))), tuple(accounted(root))))
    assert len(told) == 1


def test_an_id_of_several_columns_is_never_two_records_in_one(tmp_path):
    form = {
        "columns": {"person_id": "Child", "date": "Day", "activity": "Code", "recorded_on": "Entered"},
        "key": ["Child", "Half"],
        "tells": [],
    }
    header = "Child,Half,Day,Code,Entered"
    rows = ["a/b,c,2024-03-01,N,2024-03-01", "a,b/c,2024-03-01,N,2024-03-01", "a~1b,c,2024-03-01,N,2024-03-01"]
    root = folder(tmp_path, *rows, form=form, header=header)
    assert len({c[0] for c in contacts(root)}) == 3


def test_a_record_with_a_part_of_its_id_missing_has_none(tmp_path):
    form = {"columns": {"person_id": "Child", "date": "Day", "activity": "Code"}, "key": ["Child", "Half"], "tells": []}
    root = folder(tmp_path, "C1,,2024-03-01,N", "C1,,2024-03-01,N", form=form, header="Child,Half,Day,Code")
    assert accounted(root) == [(2, 2, 0, 0)]
    assert "identical_no_id" in set(fj.check_contacts(fj.read_contacts(root)).df()["fault"])


def test_their_words_become_the_kits_however_they_are_capitalised_and_others_stay(tmp_path):
    form = {"words": {"outcome": {"no further action": ["NFA", "a) Yes"]}}}
    rows = ["1,C1,2024-03-01,nfa,,,", "2,C1,2024-03-02,A) yes,,,", "3,C1,2024-03-03,went on,,,"]
    frame = fj.read_contacts(folder(tmp_path, *rows, form=form)).df()
    assert list(frame["outcome"]) == ["no further action", "no further action", "went on"]


def test_a_text_that_stands_for_nothing_is_nothing_and_only_where_it_is_declared(tmp_path):
    rows = ["1,C1,2024-03-01,,#N/A,,"]
    assert accounted(folder(tmp_path / "a", *rows)) == [(1, 0, 1, 0)]
    assert accounted(folder(tmp_path / "b", *rows, form={"blanks": ["#n/a"]})) == [(1, 1, 0, 0)]


def test_column_names_are_told_apart_by_their_words_and_a_near_miss_is_named(tmp_path):
    assert accounted(folder(tmp_path / "a", "1,C1,2024-03-01,,,,", header=HEADER.upper().replace("REF,", "ref ,")))
    root = folder(tmp_path / "b", "1,C1,2024-03-01,,,,", header=HEADER.replace("Referred", "Refered"))
    with pytest.raises(DataError, match=r"no column 'Referred'.*Did you mean 'Refered'"):
        fj.read_contacts(root)


def test_two_columns_whose_names_differ_in_capitals_alone_are_not_chosen_from(tmp_path):
    root = folder(
        tmp_path, "1,C1,2024-03-01,2024-03-01,,,,", header="ref,Child,REFERRED,referred,Outcome,Seen,Closed,Entered"
    )
    with pytest.raises(DataError, match="'Referred' twice"):
        fj.read_contacts(root)


# Workbooks with several lists


LISTS = {
    "always": {"agency": "social_care"},
    "columns": {"person_id": "Child"},
    "dates": ["%d/%m/%Y"],
    "lists": {
        "Contacts": {"part": "List 1", "tells": [{"activity": "csc_contact", "date": "Day of contact"}]},
        "Cases": {
            "part": "List 10",
            "columns": {"contact_id": "Ref"},
            "tells": [{"activity": "visit", "date": "Seen"}, {"activity": "closed", "date": "Closed"}],
        },
    },
}


def book(root: Path, sheets: dict[str, list[list[Any]]], form: dict[str, Any] = LISTS) -> Path:
    import json

    root.mkdir(parents=True, exist_ok=True)
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(root / "lists.xlsx")
    entry = {"format": form}
    (root / "sources.yml").write_text(json.dumps({"purpose": "p", "invented": True, "files": {"lists.xlsx": entry}}))
    return root


ONE = [["Child", "Day of contact"], ["C1", "01/03/2024"], ["C2", "02/03/2024"]]
TEN = [["Ref", "Child", "Seen", "Closed"], ["1", "C1", "05/03/2024", "06/03/2024"]]


@pytest.mark.parametrize(
    "titles", [("List 1", "List 10"), ("list_1", "LIST10"), ("List 1 - Contacts", "List 10 (cases)")]
)
def test_each_list_has_a_line_in_the_account_and_is_found_by_the_words_of_its_sheet(tmp_path, titles):
    root = book(tmp_path, dict(zip(titles, (ONE, TEN), strict=True)))
    assert list(fj.account(root)["file"]) == ["lists.xlsx: Contacts", "lists.xlsx: Cases"]
    assert accounted(root) == [(2, 2, 0, 0), (1, 1, 0, 0)]


def test_the_same_number_in_two_lists_is_two_records_and_the_same_child_one_person(tmp_path):
    form = {**LISTS, "columns": {"person_id": "Child", "contact_id": "Ref"}}
    one = [["Ref", *ONE[0]], ["1", *ONE[1]]]
    frame = fj.read_contacts(book(tmp_path, {"List 1": one, "List 10": TEN}, form)).df()
    assert sorted(frame["contact_id"]) == ["lists/Cases:1#1", "lists/Cases:1#2", "lists/Contacts:1#1"]
    assert set(frame["person_id"]) == {"lists:C1"}


def test_titles_may_stand_above_the_column_names_and_lines_are_the_sheets_own(tmp_path):
    above = [["Children seen, printed for the inspection"], [], *TEN[:1], ["1", "C1", "31/02/2024", ""]]
    root = book(tmp_path, {"List 1": ONE, "List 10": above})
    assert list(fj.set_aside(root).df()["source_line"] if "source_line" in fj.set_aside(root).columns else [4]) == [4]
    assert accounted(root)[1] == (1, 0, 1, 0)


def test_a_list_that_is_not_in_the_workbook_is_told_and_the_others_are_read(tmp_path):
    root = book(tmp_path, {"List 1": ONE, "Notes": [["nothing"]]})
    assert accounted(root) == [(2, 2, 0, 0), (0, 0, 0, 0)]
    assert "list_missing" in set(fj.check_contacts(fj.read_contacts(root)).df()["fault"])


def test_a_workbook_with_none_of_the_lists_is_another_kind_of_file(tmp_path):
    root = book(tmp_path, {"Sheet1": ONE})
    with pytest.raises(DataError, match="has no sheet 'List 1'"):
        fj.read_contacts(root)


def test_two_sheets_that_might_be_the_list_are_not_chosen_from(tmp_path):
    root = book(tmp_path, {"List 1": ONE, "List 1 (old)": ONE, "List 10": TEN})
    with pytest.raises(DataError, match="2 sheets whose name begins with 'List 1'"):
        fj.read_contacts(root)


def test_a_persons_records_are_found_in_every_list(tmp_path):
    from journeys.held import held

    found = held(open_session(book(tmp_path, {"List 1": ONE, "List 10": TEN})).folder, ["lists:C1"])
    assert [(r.file, r.row) for r in found.records] == [("lists.xlsx: Contacts", 1), ("lists.xlsx: Cases", 1)]
    assert found.records[1].cells == {
        "person_id": "C1",
        "contact_id": "1",
        "Seen": "05/03/2024",
        "Closed": "06/03/2024",
    }


# What a format may not say


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"tells": [{"activity": "visit", "dat": "Seen"}]}, "cannot name 'dat'.*'date'"),
        ({"tells": [{"activity": "visit"}]}, "names no column for 'date'"),
        ({"tells": [{"date": "Seen"}]}, "names no column for 'activity'"),
        ({"tells": [{"activity": "visit", "date": "Seen", "person_id": "Child"}]}, "cannot name 'person_id'"),
        ({"words": {"outcome": {"a": ["x"], "b": ["X"]}}}, "two words for one of theirs"),
        ({"tells": [{"activity": "visit", "date": f"D{n}"} for n in range(32)]}, "at most 31"),
        ({"columns": {**CASES["columns"], "replaces": "Old"}}, "one cannot replace another"),
        ({"lists": {"a: b": {}}}, "holds ':'"),
    ],
)
def test_a_format_that_says_too_little_or_too_much_is_refused_by_its_line(tmp_path, form, says):
    with pytest.raises(RuleError, match=f"line .*{says}"):
        fj.read_contacts(folder(tmp_path, "1,C1,2024-03-01,,,,", form=form))


def test_a_file_that_holds_one_list_says_which(tmp_path):
    import json

    (tmp_path / "contacts.csv").write_text("Child,Day of contact\nC1,01/03/2024\n")
    entry: dict[str, Any] = {"format": LISTS}

    def read():
        (tmp_path / "sources.yml").write_text(
            json.dumps({"purpose": "p", "invented": True, "files": {"contacts.csv": entry}})
        )
        return contacts(tmp_path)

    with pytest.raises(RuleError, match="Say which, as `only: Contacts`"):
        read()
    entry["only"] = "Contact"
    with pytest.raises(RuleError, match="Did you mean 'Contacts'"):
        read()
    entry["only"] = "Contacts"
    assert [c[1:] for c in read()] == [("csc_contact", "2024-03-01")]


def test_contacts_have_numbers_of_their_own_where_records_tell_many_things(tmp_path):
    """The number by which the engine knows a contact must not be that of another record's."""
    tells = [{"activity": "visit", "date": f"D{n}"} for n in range(31)]
    header = "Ref,Child,Entered," + ",".join(f"D{n}" for n in range(31))
    days = ",".join(f"2024-01-{n + 1:02d}" for n in range(31))
    root = folder(tmp_path, *(f"{n},C1,,{days}" for n in range(40)), form={"tells": tells}, header=header)
    session = open_session(root)
    found = [row[0] for row in session.engine.rows("SELECT c FROM contacts ORDER BY c")]
    assert len(found) == 31 * 40 and all(a < b for a, b in itertools.pairwise(found))


def test_capitals_in_column_names_do_not_hide_what_parts_the_fields(tmp_path):
    header, row = HEADER.upper().replace(",", ";"), "7;C1;2024-03-01;NFA;2024-03-04;;"
    assert accounted(folder(tmp_path, row, header=header)) == [(1, 1, 0, 0)]


def test_how_a_file_was_read_is_told_and_not_what_its_other_columns_are_called(tmp_path):
    from journeys.checks import how_read

    header = f"{HEADER},FJCANARY,".replace(",", ";")
    root = folder(tmp_path, "7;C1;2024-03-01;;;;;x;", header=header)
    (said,) = how_read(open_session(root))
    assert said == ("cases.csv: utf-8, fields parted by semicolons; 2 columns not read (position 8, 9)")


def test_a_missing_column_of_one_list_is_told_in_the_line_of_that_list(tmp_path):
    from tests.formats import annex

    annex.workbook(tmp_path / "annex_a.xlsx")
    book_ = openpyxl.load_workbook(tmp_path / "annex_a.xlsx")
    book_["List 1"]["F1"] = "Date of the Contact"
    book_.save(tmp_path / "annex_a.xlsx")
    (tmp_path / "sources.yml").write_text("purpose: p\ninvented: true\nfiles:\n  annex_a.xlsx: {format: annex_a}\n")
    with pytest.raises(DataError) as stopped:
        fj.read_contacts(tmp_path)
    said = str(stopped.value)
    from journeys.sources import RULES

    lines = (RULES / "formats" / "annex_a.yml").read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, start=1) if "Date of Contact" in text)
    assert f"(line {line}) reads as the date. Did you mean 'Date of the Contact'?" in said
