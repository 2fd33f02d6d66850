"""What suppliers send: encodings, quotes, ragged rows, footers, typed files, float ids; read exactly or set aside."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import journeys as fj
from journeys.aside import keep
from journeys.contacts import session_of
from lib.errors import DataError, RuleError
from tests.stories.conftest import POLICE, account_of, aside, faults_of, supplied

HEADER = "Ref,Person,When,What,Outcome,Recorded\n"
ROW = "1,P1,01/05/2024 14:10,visit,seen,02/05/2024\n"
COLUMNS = {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What"}


def police(root, content, name="police.csv", **entry):
    return supplied(root / "data", {name: content}, {name: entry})


def outcomes(folder):
    return fj.read_contacts(folder).df()["outcome"].tolist()


def frames(frame, columns=COLUMNS, **entry):
    entry = {"agency": "police", "format": {"columns": columns, "dates": ["%d/%m/%Y", "iso"]}} | entry
    return fj.read_contacts(
        frames={"police": frame}, sources={"purpose": "a story", "invented": True, "files": {"police": entry}}
    )


# Encodings

TEXT = HEADER + "1,P1,01/05/2024,visit,Zoë’s café – £5,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_the_same_in_every_encoding_that_systems_write(tmp_path, encoding):
    assert outcomes(police(tmp_path, TEXT.encode(encoding))) == ["Zoë’s café – £5"]


def test_a_byte_order_mark_is_no_part_of_the_first_columns_name(tmp_path):
    contacts = fj.read_contacts(police(tmp_path, TEXT.encode("utf-8-sig"))).df()
    assert contacts["contact_id"].tolist() == ["police:1"]


def test_an_encoding_may_be_declared(tmp_path):
    assert outcomes(police(tmp_path, TEXT.encode("utf-16-le"), encoding="utf-16-le")) == ["Zoë’s café – £5"]


def test_a_declared_encoding_that_does_not_fit_stops_the_file(tmp_path):
    with pytest.raises(DataError, match=r"police\.csv is not text in utf-8\. Declare its encoding"):
        fj.read_contacts(police(tmp_path, TEXT.encode("cp1252"), encoding="utf-8"))


def test_an_encoding_that_does_not_exist_says_which_do(tmp_path):
    with pytest.raises(DataError, match=r"police\.csv: there is no encoding of that name\. Use utf-8"):
        fj.read_contacts(police(tmp_path, TEXT, encoding="utf-9"))


# Quotes, delimiters, ragged rows


def test_a_quoted_value_may_hold_commas_quotes_and_lines(tmp_path):
    folder = police(tmp_path, HEADER + '1,P1,01/05/2024,visit,"one, ""two""\nthree",\n2,P1,02/05/2024,visit,,\n')
    assert account_of(folder) == {"police.csv": (2, 2, 0, 0)}
    assert outcomes(folder)[0] == 'one, "two"\nthree'


def test_the_line_of_a_record_counts_the_lines_inside_quotes(tmp_path):
    folder = police(tmp_path, HEADER + '1,P1,01/05/2024,visit,"a\nb\nc",\n2,P1,31/02/2024,visit,,\n')
    rows = fj.set_aside(folder).df()
    assert (rows["source_row"].tolist(), rows["source_line"].tolist()) == ([2], [5])


def test_a_quotation_mark_that_never_closes_rejects_the_file_at_its_line(tmp_path):
    folder = police(tmp_path, HEADER + ROW + '2,P1,02/05/2024,visit,"never closed,\n' + ROW * 3)
    with pytest.raises(DataError, match=r"police\.csv, line 3: a quotation mark opens here and never closes"):
        fj.read_contacts(folder)
    account = fj.account(folder).iloc[0]
    assert (account["read"], account["accepted"]) == (0, 0)
    assert "line 3" in account["rejected_because"]


@pytest.mark.parametrize(
    "swallowed",
    [
        '1,P1,01/05/2024,visit,"never closed,\n2,P2,02/05/2024,visit,"seen",\n',
        '1,P1,01/05/2024,visit,"never closed,\n2,P2,02/05/2024,visit,seen,\n3,P3,03/05/2024,visit,said "yes",\n',
        '1,P1,01/05/2024,visit,"never closed,\n2,P2,02/05/2024,visit,seen",\n',
        '1,P1,01/05/2024,"visit,,\n2,P2,02/05/2024,visit,seen,03/05/2024\n3,P3,03/05/2024,"visit",,\n',
    ],
)
def test_a_record_that_swallowed_others_is_set_aside_with_them_and_kept_whole(tmp_path, swallowed):
    folder = police(tmp_path, HEADER + ROW.replace("1,", "9,", 1) + swallowed + ROW.replace("1,", "8,", 1))
    assert aside(folder) == [(2, "a quotation mark left open")]
    assert fj.read_contacts(folder).df()["contact_id"].tolist() == ["police:8", "police:9"]
    assert (keep(session_of(folder))["set_aside"] / "police.csv").read_text() == HEADER + swallowed


def test_a_value_of_several_lines_may_hold_days_and_commas(tmp_path):
    note = "seen 02/05/2024,\nthen, on 03/05/2024, again\n1,2,04/05/2024\n"
    folder = police(tmp_path, HEADER + f'1,P1,01/05/2024,visit,"{note}",\n')
    assert account_of(folder) == {"police.csv": (1, 1, 0, 0)}


def test_too_few_and_too_many_fields_are_set_aside_and_the_rest_stands(tmp_path):
    folder = police(tmp_path, HEADER + "1,P1\n" + ROW.replace("1,", "2,", 1) + "3,P1,01/05/2024,visit,a,,extra\n")
    assert aside(folder) == [(1, "too few fields"), (3, "too many fields")]
    assert account_of(folder) == {"police.csv": (3, 1, 2, 0)}


def test_a_footer_is_set_aside_and_said_to_be_one(tmp_path):
    folder = police(tmp_path, HEADER + ROW + "Total: 1,,,,,\n")
    assert aside(folder) == [(2, "no date (a footer, perhaps)")]


def test_a_file_without_a_last_line_end_is_whole(tmp_path):
    assert account_of(police(tmp_path, HEADER + ROW.rstrip("\n"))) == {"police.csv": (1, 1, 0, 0)}


def test_a_file_cut_short_in_a_row_sets_that_row_aside(tmp_path):
    assert account_of(police(tmp_path, HEADER + ROW + "2,P1,01/0")) == {"police.csv": (2, 1, 1, 0)}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_lines_end_as_systems_end_them(tmp_path, end):
    folder = police(tmp_path, (HEADER + ROW + ROW.replace("1,", "2,", 1)).replace("\n", end).encode())
    assert account_of(folder) == {"police.csv": (2, 2, 0, 0)}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_told_from_the_header(tmp_path, delimiter):
    assert account_of(police(tmp_path, (HEADER + ROW).replace(",", delimiter))) == {"police.csv": (1, 1, 0, 0)}


def test_the_order_of_columns_is_free_and_unlisted_ones_never_enter_the_store(tmp_path):
    text = "Notes,What,When,Person,Ref,Outcome,Recorded,Surname\nprivate words,visit,01/05/2024,P1,1,,,Smithson\n"
    folder = police(tmp_path, text)
    frame = fj.read_contacts(folder).df()
    assert account_of(folder) == {"police.csv": (1, 1, 0, 0)}
    assert "private" not in frame.to_string() and "Smithson" not in frame.to_string()
    held = b"".join(p.read_bytes() for p in (folder / ".store").glob("*.duckdb"))
    assert held and b"Smithson" not in held and b"private words" not in held


def test_control_characters_are_set_aside(tmp_path):
    folder = police(tmp_path, HEADER + "1,P1,01/05/2024,visit,a\x07b,\n" + "2,P\x00,01/05/2024,visit,,\n")
    assert aside(folder) == [(1, "control characters"), (2, "control characters")]


@pytest.mark.parametrize("note", ["z" * 300_000, '"' + "z, \n" * 100_000 + '"'])
def test_a_long_text_that_no_format_lists_costs_no_contact_and_a_long_person_is_kept_whole(tmp_path, note):
    text = (
        HEADER.replace("\n", ",Notes\n") + ROW.replace("\n", f",{note}\n") + f"2,{'é' * 65_537},01/05/2024,visit,,,\n"
    )
    folder = police(tmp_path, text)
    assert aside(folder) == [(2, "a field is too long")]
    assert fj.read_contacts(folder).df()["contact_id"].tolist() == ["police:1"]
    assert "é" * 65_537 in (keep(session_of(folder))["set_aside"] / "police.csv").read_text(encoding="utf-8")


def test_a_column_that_is_listed_twice_in_the_header_is_refused(tmp_path):
    with pytest.raises(DataError, match="has the column 'When' twice, at positions 3 and 7"):
        fj.read_contacts(police(tmp_path, HEADER.strip() + ",When\n" + ROW.strip() + ",01/05/2024\n"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n\n", "is empty"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"PK\x03\x04....", "Excel workbook"),
        (b"PAR1....", "parquet file with another name"),
        (b"\xd0\xcf\x11\xe0....", "old-format or password-protected"),
        (b"a,b,c\n1,2,3\n", "these are not the column names"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path, content, says):
    with pytest.raises(DataError, match=says):
        fj.read_contacts(police(tmp_path, content))


def test_a_required_value_that_is_missing_sets_the_row_aside(tmp_path):
    folder = police(tmp_path, HEADER + "1,,01/05/2024,visit,,\n2,P1,01/05/2024,,,\n3,P1,,visit,,\n")
    assert aside(folder) == [(1, "no person and no family"), (2, "no activity"), (3, "no date (a footer, perhaps)")]


def test_blank_persons_are_never_joined_to_each_other(tmp_path):
    folder = police(tmp_path, HEADER + "1,,01/05/2024,visit,,\n2, ,02/05/2024,visit,,\n3,\u200b,02/05/2024,visit,,\n")
    assert account_of(folder) == {"police.csv": (3, 0, 3, 0)}


def test_signs_that_nobody_sees_make_no_second_person_and_stay_in_text(tmp_path):
    rows = "".join(f"{ord(m)},P{m}1,01/05/2024,visit,a{m}b,\n" for m in "\u200e\u202a\u2068\u061c\ufe0f")
    contacts = fj.read_contacts(police(tmp_path, HEADER + rows)).df()
    assert (set(contacts["person_id"]), contacts["outcome"].str.len().tolist()) == ({"police:P1"}, [3] * 5)


def test_an_id_of_signs_alone_is_none(tmp_path):
    assert aside(police(tmp_path, HEADER + "1,\u200e\u202a,01/05/2024,visit,,\n")) == [(1, "no person and no family")]


def test_ids_that_a_program_took_for_numbers_are_told(tmp_path):
    folder = police(
        tmp_path, HEADER + "1,12.0,01/05/2024,visit,,\n2.0,12.00,01/05/2024,visit,,\n3,1.2,01/05/2024,visit,,\n"
    )
    assert faults_of(fj.read_contacts(folder))["decimal_ids"] == 2


def test_a_word_in_place_of_a_person_is_told_and_set_aside_where_the_format_says_so(tmp_path):
    words = ["unknown", "N/A", "0000000000", "-", "Not known", "TBC"]
    text = (
        HEADER + "".join(f"{n},{w},01/05/2024,visit,,\n" for n, w in enumerate(words)) + "7,N0TE,01/05/2024,visit,-,\n"
    )
    assert faults_of(fj.read_contacts(police(tmp_path, text)))["placeholder_ids"] == 6
    assert aside(police(tmp_path, text, format=POLICE | {"blanks": words})) == [
        (n, "no person and no family") for n in range(1, 7)
    ]


def test_leading_zeros_of_an_id_are_kept(tmp_path):
    contacts = fj.read_contacts(police(tmp_path, HEADER + "007,0012,01/05/2024,visit,,\n")).df()
    assert (contacts["contact_id"].tolist(), contacts["person_id"].tolist()) == (["police:007"], ["police:0012"])


def test_words_that_look_like_nothing_are_kept_as_words(tmp_path):
    assert outcomes(police(tmp_path, HEADER + "1,NA,01/05/2024,visit,NULL,\n2,None,01/05/2024,visit,nan,\n")) == [
        "NULL",
        "nan",
    ]


def test_a_formula_is_text(tmp_path):
    assert outcomes(police(tmp_path, HEADER + "1,P1,01/05/2024,visit,=1+1,\n")) == ["=1+1"]


# Spans


def test_a_span_is_its_days_and_one_that_ends_before_it_begins_is_set_aside(tmp_path):
    form = {"columns": POLICE["columns"] | {"earliest": "From", "latest": "To"}, "dates": ["%d/%m/%Y"]}
    text = "Ref,Person,When,What,Outcome,Recorded,From,To\n"
    text += "1,P1,,visit,,,08/05/2024,10/05/2024\n2,P1,,visit,,,10/05/2024,08/05/2024\n3,P1,,visit,,,08/05/2024,08/05/2024\n"
    folder = police(tmp_path, text, format=form)
    frame = fj.read_contacts(folder).df()
    assert aside(folder) == [(2, "span ends before it begins")]
    assert frame["precision"].tolist() == ["approximate", "day"]
    assert [f"{a:%d} {b:%d}" for a, b in zip(frame["earliest"], frame["latest"], strict=True)] == ["08 10", "08 08"]


def test_a_month_and_a_year_run_from_their_first_day_to_their_last(tmp_path):
    form = POLICE | {"dates": ["%d/%m/%Y", "%m/%Y", "%Y"]}
    frame = fj.read_contacts(police(tmp_path, HEADER + "1,P1,02/2024,visit,,\n2,P1,2024,visit,,\n", format=form)).df()
    assert frame["precision"].tolist() == ["month", "year"]
    spans = [f"{a:%d %b} {b:%d %b}" for a, b in zip(frame["earliest"], frame["latest"], strict=True)]
    assert spans == ["01 Feb 29 Feb", "01 Jan 31 Dec"]
    assert frame["date"].isna().all()


# Typed sources


def test_frames_keep_whole_numbers_as_ids(tmp_path):
    frame = pd.DataFrame(
        {"Ref": [1, 2], "Person": [10, 11], "When": pd.to_datetime(["2024-05-01", "2024-05-02"]), "What": "visit"}
    )
    assert frames(frame).df()["person_id"].tolist() == ["police:10", "police:11"]


@pytest.mark.parametrize("column", ["Ref", "Person"])
def test_a_float_id_is_refused_and_never_guessed(column):
    frame = pd.DataFrame({"Ref": [1, 2], "Person": [10, 11], "When": "01/05/2024", "What": "visit"})
    frame[column] = [1.0, np.nan]
    with pytest.raises(
        DataError, match=f"column '{column}' holds numbers with decimals .*as text, or as whole numbers"
    ):
        frames(frame)


def test_a_column_of_mixed_types_is_refused():
    frame = pd.DataFrame(
        {"Ref": pd.Series([1, "x"], dtype=object), "Person": "P1", "When": "01/05/2024", "What": "visit"}
    )
    with pytest.raises(DataError, match="mixes"):
        frames(frame)


def test_a_frame_is_accounted_for_as_a_file_is():
    when = ["01/05/2024", "31/02/2024", None, "02/05/2024", "02/05/2024"]
    frame = pd.DataFrame({"Ref": ["1", "2", None, "4", "4"], "Person": ["P1", "P1", None, "P1", "P1"], "When": when})
    frame["What"] = ["visit", "visit", None, "visit", "visit"]
    contacts = frames(frame)
    assert contacts.df()["contact_id"].tolist() == ["police:1", "police:4"]
    rows = fj.check_contacts(contacts).df().query("fault == 'set_aside'")
    assert rows["contacts"].sum() == 2


def test_dates_of_a_frame_may_be_dates_timestamps_or_text():
    days = [dt.date(2024, 5, 1), dt.date(2024, 5, 2)]
    base = pd.DataFrame({"Ref": ["1", "2"], "Person": "P1", "What": "visit"})
    texts = ["01/05/2024", "2024-05-02"]
    read = [
        frames(base.assign(When=w)).df()["date"]
        for w in (days, pd.to_datetime(days), texts, pd.Series(texts, dtype="category"))
    ]
    assert all(r.tolist() == read[0].tolist() for r in read)


def test_parquet_is_read_as_typed(tmp_path):
    when = pd.to_datetime(["2024-05-01 09:30", "2024-05-02 00:00"])
    frame = pd.DataFrame(
        {"Ref": ["1", "2"], "Person": ["P1", "P1"], "When": when, "What": "visit", "Outcome": "", "Recorded": when}
    )
    path = tmp_path / "police.parquet"
    frame.to_parquet(path)
    folder = supplied(tmp_path / "data", {"police.parquet": path.read_bytes()})
    contacts = fj.read_contacts(folder)
    assert contacts.df()["time"].fillna("–").tolist() == ["09:30:00", "–"]
    assert faults_of(contacts)["lone_midnight"] == 1
    assert account_of(folder) == {"police.parquet": (2, 2, 0, 0)}


def test_a_float_id_in_parquet_is_refused(tmp_path):
    frame = pd.DataFrame(
        {"Ref": [1.0, 2.0], "Person": "P1", "When": "01/05/2024", "What": "visit", "Outcome": "", "Recorded": ""}
    )
    frame.to_parquet(tmp_path / "police.parquet")
    folder = supplied(tmp_path / "data", {"police.parquet": (tmp_path / "police.parquet").read_bytes()})
    with pytest.raises(DataError, match="column 'Ref' holds numbers with decimals"):
        fj.read_contacts(folder)


def workbook(path, rows, sheet="Log"):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path.read_bytes()


def test_a_workbook_is_read_with_its_dates_and_a_blank_row_is_no_record(tmp_path):
    rows = [HEADER.strip().split(",")]
    rows.append(["1", "P1", dt.datetime(2024, 5, 1, 9, 30), "visit", "seen", dt.date(2024, 5, 2)])
    rows.append([None] * 6)
    rows.append([2, 12, "03/05/2024", "visit", None, None])
    rows.append(["3", "P1", "31/02/2024", "visit", None, None])
    folder = supplied(tmp_path / "data", {"police.xlsx": workbook(tmp_path / "police.xlsx", rows)})
    frame = fj.read_contacts(folder).df()
    assert account_of(folder) == {"police.xlsx": (3, 2, 1, 0)}
    assert frame["contact_id"].tolist() == ["police:1", "police:2"]
    assert frame["person_id"].tolist() == ["police:P1", "police:12"]
    assert [f"{d:%Y-%m-%d}" for d in frame["date"]] == ["2024-05-01", "2024-05-03"]
    assert frame["time"].fillna("–").tolist() == ["09:30:00", "–"]
    assert fj.set_aside(folder).df()["source_line"].tolist() == [5]


def test_a_csv_and_a_workbook_of_one_stem_are_refused(tmp_path):
    files = {"police.csv": HEADER + ROW, "police.xlsx": workbook(tmp_path / "p.xlsx", [HEADER.strip().split(",")])}
    with pytest.raises(RuleError, match=r"police\.csv and police\.xlsx share the name 'police'"):
        fj.read_contacts(supplied(tmp_path / "data", files))


def test_a_second_file_that_cannot_be_read_leaves_the_first_in_the_account(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": HEADER + ROW, "school.csv": b"%PDF-1.7"})
    assert account_of(folder) == {"police.csv": (1, 1, 0, 0), "school.csv": (0, 0, 0, 0)}
    assert "is a PDF" in fj.account(folder)["rejected_because"].tolist()[1]
    with pytest.raises(DataError, match=r"school\.csv is a PDF"):
        fj.read_contacts(folder)


def test_a_file_that_changes_is_read_again(tmp_path):
    folder = police(tmp_path, HEADER + ROW)
    assert len(fj.read_contacts(folder)) == 1
    (folder / "police.csv").write_text(HEADER + ROW + ROW.replace("1,", "2,", 1))
    assert len(fj.read_contacts(folder)) == 2


def test_an_activity_that_nobody_listed_keeps_its_own_name_and_is_counted(tmp_path):
    contacts = fj.read_contacts(police(tmp_path, HEADER + ROW + "2,P1,02/05/2024,Frobnicated,,\n"))
    assert contacts.df()["activity"].tolist() == ["visit", "Frobnicated"]
    assert faults_of(contacts)["unmapped"] == 1
    # Whoever looks after the data is told the word, to map it; a page is not: it may name somebody.
    faults = fj.check_contacts(contacts)
    assert any("'Frobnicated'" in says for says in faults.df()["says"])
    (on_page,) = fj.measures.faults(faults).query("fault == 'unmapped'")["says"]
    assert "Frobnicated" not in on_page and "check names them" in on_page


def test_agencies_own_words_are_compared_without_regard_to_capitals_and_spaces(tmp_path):
    contacts = fj.read_contacts(police(tmp_path, HEADER + "1,P1,01/05/2024,  da   INCIDENT ,,\n")).df()
    assert contacts["activity"].tolist() == ["domestic_abuse_incident"]


def test_a_text_in_parquet_whose_bytes_are_none_is_told_in_words(tmp_path):
    import struct

    import pyarrow as pa
    import pyarrow.parquet as pq

    offsets = pa.py_buffer(struct.pack("<ii", 0, 2))
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff\xfe")])
    row = {
        "contact_id": ["1"],
        "person_id": broken,
        "date": ["01/02/2024"],
        "agency": ["gp"],
        "contact_type": ["visit"],
    }
    pq.write_table(pa.table(row), tmp_path / "log.parquet")
    (tmp_path / "sources.yml").write_text("purpose: p\ninvented: true\nfiles:\n  log.parquet: {format: contact_log}\n")
    with pytest.raises(DataError, match=r"log\.parquet is damaged"):
        fj.read_contacts(tmp_path)


def test_parquet_need_not_hold_every_column_that_its_format_knows(tmp_path):
    row = {
        "contact_id": ["1"],
        "person_id": ["P1"],
        "date": ["01/02/2024"],
        "agency": ["gp"],
        "contact_type": ["visit"],
    }
    pd.DataFrame(row).to_parquet(tmp_path / "log.parquet")
    (tmp_path / "sources.yml").write_text("purpose: p\ninvented: true\nfiles:\n  log.parquet: {format: contact_log}\n")
    assert fj.read_contacts(tmp_path).df()["activity"].tolist() == ["visit"]
