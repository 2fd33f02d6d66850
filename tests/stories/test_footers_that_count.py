"""A footer that counts its rows: a file that lost some on its way is refused, and one that is whole is read as ever."""

import openpyxl
import pytest

import journeys as fj
from lib import csvs, trailers
from lib.batches import Source
from lib.errors import DataError
from lib.readers import batches
from tests.stories.conftest import POLICE, account_of, supplied
from tests.stories.test_intake_edges import HEADER

ROWS = "".join(f"{n},P{n},01/05/2024,visit,seen,02/05/2024\n" for n in range(1, 26))
COUNTS = "a footer that counts the rows"


def police(root, footer, rows=ROWS, **form):
    return supplied(root / "data", {"police.csv": HEADER + rows + footer}, {"police.csv": {"format": POLICE | form}})


def read(root, footer):
    """Why each record of a file with that footer cannot be used, as it is read."""
    (root / "police.csv").write_text(HEADER + ROWS + footer)
    columns = POLICE["columns"]
    source = Source("police.csv", "police", columns, frozenset(columns), path=root / "police.csv")
    return [why for batch in batches(source) for why in batch.column("problem").to_pylist()]


@pytest.mark.parametrize(
    "footer",
    [
        "Total records: {}\n",
        "Rows exported,{}\n",
        "Rows exported,{},,,,\n",
        '"Number of contacts","{}"',
        "TRAILER,{},,,,\n",
        "TRL,{}\n",
        "\n({} rows affected)\n",
        "{} rows selected.\n",
        "Record count = {}\nPrinted on 01/02/2025\n",
        "Sum,,,,,\n,,,,,\nNo. of records: {}\n\nEnd of report\n",
    ],
)
def test_a_footer_that_counts_its_rows_is_believed(tmp_path, footer):
    assert [why for why in read(tmp_path, footer.format(25)) if why == COUNTS] == [COUNTS]
    for other in (24, 28, 125):
        with pytest.raises(DataError, match=rf"the footer counts {other} rows, and 2[5-8] stand above it"):
            read(tmp_path, footer.format(other))


def test_what_is_set_aside_or_came_twice_is_a_row_of_the_file(tmp_path):
    rows = ROWS + "26,P1,31/02/2024,visit,,\n" + ROWS[: ROWS.index("\n") + 1]
    assert account_of(police(tmp_path, "Total records: 27\n", rows)) == {"police.csv": (28, 25, 2, 1)}


def test_lines_may_count_the_column_names_and_the_footer(tmp_path):
    for n in (25, 26, 27):
        assert read(tmp_path, f"Lines: {n}\n")[25:] == [COUNTS]
    with pytest.raises(DataError, match="the footer counts 28 rows, and 25 stand above it"):
        read(tmp_path, "Lines: 28\n")


@pytest.mark.parametrize("footer", ["Total,99,,,,\n", "Total: 99\n", "Page 3 of 99\n", "99\n", "Records 1 to 99\n"])
def test_a_number_that_is_not_said_to_count_rows_counts_none(tmp_path, footer):
    assert (len(reasons := read(tmp_path, footer)), COUNTS in reasons) == (26, False)


def test_of_several_footers_one_that_counts_its_rows_is_enough(tmp_path):
    assert account_of(police(tmp_path, "Total rows: 25\nTotal contacts: 12\n"))["police.csv"][1] == 25
    with pytest.raises(DataError, match="line 28: the footer counts 12 rows, and 26 stand above it"):
        fj.read_contacts(police(tmp_path, "Total rows: 30\nTotal contacts: 12\n"))


def test_a_footer_inside_a_value_counts_nothing(tmp_path):
    last = '26,P1,01/05/2024,visit,"seen\nTotal records: 3\nagain",02/05/2024\n'
    assert account_of(police(tmp_path, last)) == {"police.csv": (26, 26, 0, 0)}


def test_a_thousand_may_be_parted_by_a_comma_and_rows_lie_in_several_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(csvs, "PIECE", 1_000)
    rows = "".join(f"{n},P{n},01/05/2024,visit,seen,02/05/2024\n" for n in range(1, 1235))
    assert account_of(police(tmp_path, "Total records: 1,234\n", rows))["police.csv"][1] == 1234
    with pytest.raises(
        DataError, match="counts 1,235 rows, and 1,234 stand above it, so the file was likely cut short"
    ):
        fj.read_contacts(police(tmp_path, '"Total records: 1,235"\n', rows))


def test_a_file_that_its_footer_contradicts_leaves_nothing_behind(tmp_path):
    folder = police(tmp_path, "Total records: 30\n")
    assert account_of(folder) == {"police.csv": (0, 0, 0, 0)}
    assert "Export it again" in fj.account(folder)["rejected_because"].tolist()[0]


def test_a_footer_may_be_declared_and_then_must_be_there(tmp_path):
    assert account_of(police(tmp_path, "Z9,20250101,25\n", trailer="z9"))["police.csv"][1] == 25
    with pytest.raises(DataError, match="does not end with the footer 'z9' that its format declares"):
        fj.read_contacts(police(tmp_path, "", trailer="z9"))
    with pytest.raises(DataError, match="25 stand above it"):
        fj.read_contacts(police(tmp_path, "Z9,24\n", trailer="z9"))


def test_a_footer_that_counts_something_else_is_declared_to(tmp_path):
    assert account_of(police(tmp_path, "Total contacts: 12\n", trailer="no"))["police.csv"][1] == 25


@pytest.mark.parametrize("cells", [["Total records: {}"], [None, "Rows exported", "{}"]])
def test_a_workbooks_footer_counts_as_well(tmp_path, cells):
    def book(n):
        made = openpyxl.Workbook()
        for row in [HEADER.strip().split(","), *(line.split(",") for line in ROWS.splitlines()), []]:
            made.active.append(row)
        made.active.append([cell and (int(n) if cell == "{}" else cell.format(n)) for cell in cells])
        made.save(tmp_path / "made.xlsx")
        return supplied(tmp_path / "data", {"police.xlsx": (tmp_path / "made.xlsx").read_bytes()})

    assert account_of(book(25)) == {"police.xlsx": (26, 25, 1, 0)}
    with pytest.raises(DataError, match="line 28: the footer counts 24 rows, and 25 stand above it"):
        fj.read_contacts(book(24))


@pytest.mark.parametrize(
    ("fields", "stated"),
    [
        (["Total number of records in this file", "25"], (25,)),
        (["Trailer: record count 25"], (25,)),
        (["Total records: 1", "234"], (1234,)),
        (["Total records: 25", "30"], ()),
        (["Total: 25 families"], ()),
        (["rows"], ()),
        (["P1", "01/05/2024", "visit", "2 contacts"], ()),
    ],
)
def test_which_words_count_rows(fields, stated):
    assert trailers.counted(fields) == stated
