"""What stands above a file's column names: titles, blank lines, how its fields are parted; and records, which never may."""

import openpyxl
import pytest

import journeys as fj
from journeys.__main__ import main
from journeys.aside import keep
from journeys.checks import how_read
from journeys.contacts import session_of
from lib.errors import DataError
from lib.readers import head
from tests.stories.conftest import account_of, supplied
from tests.stories.test_intake_edges import HEADER

ROWS = "1,P1,01/05/2024,visit,seen,\n2,P1,31/02/2024,visit,seen,\n"
TITLE = "Contacts of Smithson's team,,,,,\n\n,,,,,\nPrinted on,01/02/2025,,,,\n"


def police(root, text):
    return supplied(root / "data", {"police.csv": text})


def semicolons(text):
    return text.replace(",", ";")


@pytest.mark.parametrize("mark", ["sep=;\n", '"sep=;"\r\n', "\ufeffSEP=;\n"])
def test_a_first_line_that_says_what_parts_the_fields_is_obeyed(tmp_path, mark):
    folder = police(tmp_path, mark + semicolons(HEADER + ROWS))
    assert account_of(folder) == {"police.csv": (2, 1, 1, 0)}
    assert fj.set_aside(folder).df()["source_line"].tolist() == [4]
    assert "line 1, above the column names, passed over" in next(how_read(session_of(folder)))


def test_what_parts_the_fields_may_be_something_that_few_use(tmp_path):
    folder = police(tmp_path, "sep=~\n" + (HEADER + ROWS).replace(",", "~"))
    assert account_of(folder) == {"police.csv": (2, 1, 1, 0)}


def test_titles_above_the_names_are_passed_over_and_told_but_not_shown(tmp_path, capsys):
    folder = police(tmp_path, TITLE + HEADER + ROWS)
    assert account_of(folder) == {"police.csv": (2, 1, 1, 0)}
    assert fj.set_aside(folder).df()["source_line"].tolist() == [7]
    main(["check", str(folder)])
    said = capsys.readouterr().out
    assert "lines 1 to 4, above the column names, passed over" in said and "Smithson" not in said


def test_what_is_set_aside_below_titles_is_kept_with_its_column_names(tmp_path):
    for above in (TITLE, "sep=,\n"):
        folder = police(tmp_path, above + HEADER + ROWS)
        kept = keep(session_of(folder))["set_aside"] / "police.csv"
        assert kept.read_text() == HEADER + ROWS.splitlines(keepends=True)[1]


@pytest.mark.parametrize("blank", [19, 20])
def test_the_names_stand_within_the_first_twenty_lines(tmp_path, blank):
    folder = police(tmp_path, "Title\n" * blank + HEADER + ROWS)
    if blank == 19:
        assert account_of(folder)["police.csv"][0] == 2
    else:
        with pytest.raises(DataError, match="these are not the column names"):
            fj.read_contacts(folder)


def test_records_above_the_names_are_never_passed_over(tmp_path):
    with pytest.raises(DataError, match=r"police\.csv, line 3: the column names stand here, and records above them"):
        fj.read_contacts(police(tmp_path, ROWS + HEADER + ROWS))


def test_a_sheet_that_was_sorted_with_its_names_in_it_loses_no_record(tmp_path):
    book = openpyxl.Workbook()
    for line in (ROWS + HEADER + ROWS).splitlines():
        book.active.append(line.split(","))
    book.save(tmp_path / "made.xlsx")
    folder = supplied(tmp_path / "data", {"police.xlsx": (tmp_path / "made.xlsx").read_bytes()})
    with pytest.raises(DataError, match=r"police\.xlsx, line 3: the column names stand here, and records above them"):
        fj.read_contacts(folder)


def test_headings_of_several_columns_are_no_records(tmp_path):
    book = openpyxl.Workbook()
    for line in ("Contact,,2024,,Result,\n" + HEADER + ROWS).splitlines():
        book.active.append(line.split(","))
    book.save(tmp_path / "made.xlsx")
    folder = supplied(tmp_path / "data", {"police.xlsx": (tmp_path / "made.xlsx").read_bytes()})
    assert account_of(folder) == {"police.xlsx": (2, 1, 1, 0)}


def test_a_format_is_drafted_from_a_file_that_says_what_parts_its_fields(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("sep=|\n" + (HEADER + ROWS).replace(",", "|"))
    assert (head(path).names, head(path).delimiter) == (tuple(HEADER.strip().split(",")), "|")
