"""Workbooks as people make them: merged and hidden cells, formulas, days as numbers, two calendars, sheets of other kinds."""

import datetime as dt
import io
import json
import os
import re
import zipfile

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

import journeys as fj
from lib.errors import DataError
from tests.stories.conftest import account_of, aside, faults_of, supplied
from tests.stories.test_intake_edges import HEADER

FIRST = ["1", "P1", "01/05/2024", "visit", "seen", None]
SECOND = ["2", "P1", "02/05/2024", "visit", "seen", None]


def made(root, change, *rows, name="police.xlsx", rewrite=None):
    """A workbook with a heading and these rows, changed by hand, and then in its parts."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [HEADER.strip().split(","), *(rows or (FIRST, SECOND))]:
        book.active.append(row)
    change(book)
    book.save(out)
    if rewrite:
        old, out = zipfile.ZipFile(out), io.BytesIO()
        with zipfile.ZipFile(out, "w") as new:
            for part in old.namelist():
                new.writestr(part, rewrite(part, old.read(part)))
    return supplied(root / "data", {name: out.getvalue()}, {name: {"agency": "police"}})


def days(folder):
    rows = fj.read_contacts(folder).df().sort_values("source_row")
    return [
        f"{d:%d/%m/%Y}{'' if t != t or t is None else ' ' + t}" for d, t in zip(rows["date"], rows["time"], strict=True)
    ]


def test_merged_cells_set_aside_every_row_below_the_first_and_are_named(tmp_path):
    folder = made(tmp_path, lambda b: b.active.merge_cells("E2:E3"))
    assert aside(folder) == [(2, "merged cells E2:E3")]
    assert fj.set_aside(folder).df()["fix"].tolist() == ["unmerge the cells and fill in each row"]


def test_cells_merged_across_columns_set_their_row_aside(tmp_path):
    assert aside(made(tmp_path, lambda b: b.active.merge_cells("D2:E2"))) == [(1, "merged cells D2:E2")]


def test_merged_cells_that_no_format_lists_and_merged_titles_change_nothing(tmp_path):
    def change(book):
        book.active["H2"] = "note"
        book.active.merge_cells("H2:H3")
        book.active.insert_rows(1)
        book.active["A1"] = "Extract"
        book.active.merge_cells("A1:F1")

    folder = made(tmp_path, change)
    assert account_of(folder)["police.xlsx"][0] == 2


FORMULA = ["2", "P1", "02/05/2024", "visit", "=A2", None]


def test_a_formula_without_its_value_sets_its_row_aside(tmp_path):
    folder = made(tmp_path, lambda b: None, FIRST, FORMULA)
    assert aside(folder) == [(2, "a formula whose value was not saved")]


def test_a_formula_is_read_as_the_value_that_was_saved_with_it(tmp_path):
    def saved(part, data):
        return re.sub(rb"<v ?/>|<v></v>", b"<v>7</v>", data) if "sheet1" in part else data

    folder = made(tmp_path, lambda b: None, FORMULA, rewrite=saved)
    assert fj.read_contacts(folder).df()["outcome"].tolist() == ["7"]


def test_hidden_rows_are_read_and_told(tmp_path):
    def change(book):
        book.active.row_dimensions[3].hidden = True

    folder = made(tmp_path, change)
    assert account_of(folder) == {"police.xlsx": (2, 2, 0, 0)}
    assert faults_of(fj.read_contacts(folder))["hidden_rows"] == 1


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_days_written_as_numbers_are_read_by_the_workbooks_own_calendar(tmp_path, epoch):
    def change(book):
        book.epoch = epoch or book.epoch

    off = 1462 if epoch else 0
    rows = [["1", "P1", 45413 - off, *FIRST[3:]], ["2", "P1", 45413.5 - off, *FIRST[3:]]]
    folder = made(tmp_path, change, *rows, ["3", "P1", dt.datetime(2024, 5, 1), *FIRST[3:]])
    assert days(folder) == ["01/05/2024", "01/05/2024 12:00:00", "01/05/2024"]
    assert faults_of(fj.read_contacts(folder))["serial_days"] == 2


def test_numbers_with_decimals_and_shortened_numbers_are_no_ids(tmp_path):
    rows = [
        ["1", 2.5, *FIRST[2:]],
        ["2", 1.2345678901234567e19, *FIRST[2:]],
        ["3", "9.43E+09", *FIRST[2:]],
        [4, 5.0, *FIRST[2:]],
    ]
    folder = made(tmp_path, lambda b: None, *rows)
    assert [why for _, why in aside(folder)] == ["a number with decimals", "a shortened number", "a shortened number"]
    assert fj.read_contacts(folder).df()["person_id"].tolist() == ["police:5"]


def test_a_second_sheet_of_data_is_asked_about_though_it_is_hidden(tmp_path):
    def change(book):
        more = book.create_sheet("more")
        more.append(HEADER.strip().split(","))
        more.append(FIRST)
        more.sheet_state = "hidden"

    with pytest.raises(DataError, match="more than one sheet with data"):
        fj.read_contacts(made(tmp_path, change))


def test_charts_and_empty_sheets_are_passed_over(tmp_path):
    def change(book):
        book.create_chartsheet("Chart", 0)
        for n in range(300):
            book.create_sheet(f"empty {n}")

    assert account_of(made(tmp_path, change)) == {"police.xlsx": (2, 2, 0, 0)}


def test_a_doctype_inside_a_workbook_is_refused(tmp_path):
    entity = b"<!DOCTYPE x [<!ENTITY a 'b'>]>"
    put = lambda part, data: data.replace(b"<worksheet", entity + b"<worksheet", 1) if "sheet1" in part else data  # noqa: E731
    with pytest.raises(DataError, match="has a DOCTYPE in it"):
        fj.read_contacts(made(tmp_path, lambda b: None, rewrite=put))


def test_a_part_with_a_path_out_of_the_workbook_is_written_nowhere(tmp_path):
    folder = made(tmp_path, lambda b: None)
    with zipfile.ZipFile(folder / "police.xlsx", "a") as archive:
        archive.writestr("../../evil.txt", "x")
    assert account_of(folder) == {"police.xlsx": (2, 2, 0, 0)}
    assert not list(tmp_path.rglob("evil.txt")) and not list(tmp_path.parent.glob("evil.txt"))


# Text, as programs spoil it


def test_letters_of_a_wrong_encoding_are_told(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,CafÃ© O\u00e2\u20ac\u2122Brien,\n2,P1,02/05/2024,visit,Café Zoë,\n"
    contacts = fj.read_contacts(supplied(tmp_path / "data", {"police.csv": text}))
    assert faults_of(contacts)["garbled"] == 1


def test_days_that_fit_only_with_the_month_first_cast_doubt_on_the_file(tmp_path):
    text = HEADER + "1,P1,05/13/2024,visit,,\n2,P1,05/06/2024,visit,,\n3,P1,04/14/2024,visit,,\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (3, 1, 2, 0)}
    assert faults_of(fj.read_contacts(folder))["month_first"] == 2


def test_contacts_after_today_are_told_and_those_of_today_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr("journeys.sources.today", lambda: dt.date(2024, 5, 1))
    text = HEADER + "1,P1,01/05/2024,visit,,\n2,P1,02/05/2024,visit,,\n"
    assert faults_of(fj.read_contacts(supplied(tmp_path / "data", {"police.csv": text})))["future"] == 1


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16-be"])
def test_encodings_that_few_write(tmp_path, encoding):
    text = ("\ufeff" if encoding == "utf-16-be" else "") + HEADER + "1,P1,01/05/2024,visit,Zoë,\n"
    folder = supplied(tmp_path / "data", {"police.csv": text.encode(encoding)})
    assert fj.read_contacts(folder).df()["outcome"].tolist() == ["Zoë"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEADER.encode("utf-16-le"), "UTF-16 without its mark"),
        (b"\x1f\x8b\x08\x00", "packed with gzip"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"{\\rtf1 a}", "a text document"),
        (b'[{"Ref": 1}]', "JSON"),
        (b"<?xml version='1.0'?><a/>", "XML with another name"),
        (b"<table><tr><td>Ref", "a web page"),
        (b"x" * 3_000_000, "more than a million letters"),
    ],
)
def test_more_that_is_no_table_is_refused_in_words(tmp_path, content, says):
    with pytest.raises(DataError, match=says):
        fj.read_contacts(supplied(tmp_path / "data", {"police.csv": content}))


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("lib.csvs.LONGEST_LINE", 100_000)
    monkeypatch.setattr("lib.csvs.PIECE", 1_000)
    with pytest.raises(DataError, match="has a line of more than"):
        fj.read_contacts(supplied(tmp_path / "data", {"police.csv": HEADER + "1,P1,01/05/2024,visit," + "x" * 200_000}))


@pytest.mark.parametrize("name", ["police.csv", "police.xlsx", "police.parquet"])
@pytest.mark.parametrize(("put", "says"), [("mkdir", "a folder"), ("mkfifo", "a pipe or a device")])
def test_a_folder_or_a_pipe_in_place_of_a_file_is_refused(tmp_path, name, put, says):
    if not hasattr(os, put):
        pytest.skip("no pipes on this system")
    folder = supplied(tmp_path / "data", {name: b"x"})
    (folder / name).unlink()
    getattr(os, put)(folder / name)
    with pytest.raises(DataError, match=f"is {says} and not a file"):
        fj.read_contacts(folder)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    from lib import readers

    folder = supplied(tmp_path / "data", {"police.csv": HEADER + "1,P1,01/05/2024,visit,,\n"})
    before = readers._from_text

    def read_and_change(source):
        yield from before(source)
        source.path.write_text(HEADER + "1,P1,01/05/2024,visit,,\n" * 2)

    monkeypatch.setattr(readers, "_from_text", read_and_change)
    with pytest.raises(DataError, match="was changed while it was read"):
        fj.read_contacts(folder)


# What a cell holds, and what it only shows


def cells(*given):
    """Puts cells into the sheet as a program writes them: what stands there, and the cell that is to stand there."""

    def rewrite(part, data):
        for old, new in given if "sheet1" in part else ():
            data, found = re.subn(rf'<c r="{old}"[^>]*?(/>|>.*?</c>)'.encode(), new.encode(), data)
            assert found == 1
        return data

    return rewrite


@pytest.mark.parametrize("at", ["A3", "B3"])
def test_an_error_in_place_of_an_id_sets_its_row_aside_and_gives_no_made_up_one(tmp_path, at):
    folder = made(tmp_path, lambda b: None, rewrite=cells((at, f'<c r="{at}" t="e"><v>#N/A</v></c>')))
    assert aside(folder) == [(2, "an error in place of an id")]


def test_an_error_elsewhere_is_read_as_nothing_and_told(tmp_path):
    put = cells(("E3", '<c r="E3" t="e"><v>#N/A</v></c>'))
    folder = made(tmp_path, lambda b: None, rewrite=put)
    assert fj.read_contacts(folder).df()["outcome"].fillna("").tolist() == ["seen", ""]
    assert faults_of(fj.read_contacts(folder))["error_cells"] == 1
    put = cells(("C3", '<c r="C3" t="e"><v>#N/A</v></c>'))
    assert aside(made(tmp_path, lambda b: None, rewrite=put)) == [(2, "no date (a footer, perhaps)")]


def test_an_error_in_place_of_a_worker_leaves_the_worker_unknown(tmp_path):
    put = cells(("H3", '<c r="H3" t="e"><v>#N/A</v></c>'))

    def with_workers(book):
        for row, worker in enumerate(("Worker", "W1", "W2"), start=1):
            book.active.cell(row, 8, worker)

    folder = made(tmp_path, with_workers, rewrite=put)
    sources = json.loads((folder / "sources.yml").read_text())
    sources["files"]["police.xlsx"]["format"]["columns"]["professional_id"] = "Worker"
    (folder / "sources.yml").write_text(json.dumps(sources))
    assert account_of(folder) == {"police.xlsx": (2, 2, 0, 0)}
    assert fj.read_contacts(folder).df()["professional_id"].fillna("").tolist() == ["W1", ""]
    assert faults_of(fj.read_contacts(folder))["error_cells"] == 1


def test_an_error_that_no_format_lists_changes_nothing(tmp_path):
    put = cells(("H2", '<c r="H2" t="e"><v>#REF!</v></c>'))
    assert account_of(made(tmp_path, lambda b: b.active.cell(2, 8, "x"), rewrite=put)) == {"police.xlsx": (2, 2, 0, 0)}


def test_a_yes_or_no_is_no_id_and_may_be_an_outcome(tmp_path):
    folder = made(tmp_path, lambda b: None, ["1", True, *FIRST[2:]], ["2", "P1", "02/05/2024", "visit", True, None])
    assert aside(folder) == [(1, "a yes or no where an id or a day belongs")]
    assert fj.read_contacts(folder).df()["outcome"].tolist() == ["TRUE"]


def test_a_day_is_no_id(tmp_path):
    folder = made(tmp_path, lambda b: None, ["1", dt.datetime(2024, 5, 1), *FIRST[2:]], SECOND)
    assert aside(folder) == [(1, "a day where an id belongs")]
    assert fj.set_aside(folder).df()["fix"].tolist() == ["a spreadsheet took the id for a day: export it as text"]


@pytest.mark.parametrize(
    ("serial", "day"),
    [
        ("45413.3958333", "01/05/2024 09:30:00"),
        ("45413.395839", "01/05/2024 09:30:00"),
        ("45413.99999999", "01/05/2024 23:59:59"),
    ],
)
@pytest.mark.parametrize("is_date", [True, False])
def test_a_time_is_told_to_the_nearest_second_and_never_moves_to_the_next_day(tmp_path, serial, day, is_date):
    def change(book):
        book.active["C2"].number_format = "dd/mm/yyyy hh:mm" if is_date else "General"

    folder = made(tmp_path, change, ["1", "P1", float(serial), *FIRST[3:]])
    assert days(folder) == [day]


def test_rows_that_have_no_height_are_hidden(tmp_path):
    def flat(part, data):
        return data.replace(b'<row r="3"', b'<row r="3" ht="0" customHeight="1"')

    folder = made(tmp_path, lambda b: None, rewrite=flat)
    assert faults_of(fj.read_contacts(folder))["hidden_rows"] == 1


# Workbooks that would be too much, or are read in two ways


@pytest.mark.parametrize("at", ["XFD3052", "AW1048576"])
def test_a_cell_too_far_from_the_others_is_refused_before_it_is_parsed(tmp_path, at):
    folder = made(tmp_path, lambda b: b.active.__setitem__(at, "x"))
    with pytest.raises(
        DataError, match="a cell so far from the others that its sheet spans more than 50 million cells"
    ):
        fj.read_contacts(folder)


def test_a_far_cell_on_a_sheet_that_is_not_read_matters_only_where_it_might_be(tmp_path):
    def change(book):
        book.create_sheet("more")["XFD1048576"] = "x"

    folder = made(tmp_path, change)
    with pytest.raises(DataError, match="more than 50 million cells"):
        fj.read_contacts(folder)
    sources = (folder / "sources.yml").read_text().replace('"agency"', '"sheet": "Sheet", "agency"')
    (folder / "sources.yml").write_text(sources)
    assert account_of(folder) == {"police.xlsx": (2, 2, 0, 0)}


@pytest.mark.parametrize("declared", ["A1", "A1:XFD1048576"])
def test_how_far_a_sheet_says_that_it_reaches_is_not_believed(tmp_path, declared):
    def untrue(part, data):
        return re.sub(rb'<dimension ref="[^"]*"', f'<dimension ref="{declared}"'.encode(), data)

    assert account_of(made(tmp_path, lambda b: None, rewrite=untrue)) == {"police.xlsx": (2, 2, 0, 0)}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_workbook_that_holds_a_part_twice_is_refused(tmp_path):
    folder = made(tmp_path, lambda b: None)
    with zipfile.ZipFile(folder / "police.xlsx", "a") as archive:
        part = "xl/worksheets/sheet1.xml"
        archive.writestr(part, archive.read(part).replace(b"P1", b"P9"))
    with pytest.raises(DataError, match="holds one of its parts twice"):
        fj.read_contacts(folder)


@pytest.mark.parametrize(
    ("name", "part", "says"),
    [
        ("police.csv", "xl/workbook.bin", "is a binary workbook"),
        ("police.xlsx", "xl/workbook.bin", "is a binary workbook"),
        ("police.xlsx", "content.xml", "is an OpenDocument spreadsheet"),
        ("police.xlsx", "word/document.xml", "is a zip file, but no workbook"),
        ("police.csv", "xl/workbook.xml", "Rename it to .xlsx"),
    ],
)
def test_workbooks_of_other_kinds_are_told_by_what_they_are(tmp_path, name, part, says):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(DataError, match=says):
        fj.read_contacts(supplied(tmp_path / "data", {name: packed.getvalue()}))


def test_a_workbook_in_the_xml_of_2003_is_no_plain_xml(tmp_path):
    text = '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
    with pytest.raises(DataError, match=r"the XML of 2003\. Open it in a spreadsheet program, and save it as \.xlsx"):
        fj.read_contacts(supplied(tmp_path / "data", {"police.csv": text}))
