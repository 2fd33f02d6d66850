"""What stands beside a page: its tables, pictures, workbook and PDF, and nothing that it does not show."""

import csv
import datetime
import io
import json
import shutil
import subprocess
import zipfile

import nbformat
import nbformat.v4 as nb
import openpyxl
import pytest

from lib import beside, kernels, pdf, runs
from lib.page import TEMPLATES, Frame
from lib.parts import Grid, as_csv, bare_svg, read_parts, told_apart
from lib.shown import Shown
from lib.spreadsheet import workbook

FORMULAS = [
    "=1+1",
    "+1",
    "-a",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "＝1",
    '=HYPERLINK("http://a","b")',
    "|calc",
    "a;=1+1",
    "a\n=1",
]
SHOWN = """
import pandas as pd
from lib.shown import Shown
table = {"agency": ["police", "=1+1"], "contacts": [1204, None], "hidden": ["c", 12], "who": ["Ann FJCANARY", "Bo"]}
Shown(pd.DataFrame(table), "Contacts by agency")
"""
DRAWN = """
from lib.figures import A4, Frame, open_picture
from lib.lettering import write
chart, page = open_picture(Frame("FJ" + "CANARY met 2", "s", "INVENTED", [], ["n = 2"]), A4, 100, left=40, right=40, shown=True)
write(chart, 1, 1, "words", 9)
picture = chart.get_figure(root=True)
picture.alt = "A picture of FJCANARY and of two agencies."
chart
"""


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of a notebook that shows two tables and a picture."""
    root = tmp_path_factory.mktemp("made")
    cells = [nb.new_markdown_cell("# Who came?"), nb.new_code_cell("who = 1", metadata={"tags": ["parameters"]})]
    for source in (
        "## Who came?",
        SHOWN,
        DRAWN,
        "## And what came of it?",
        SHOWN.replace('"Contacts by agency"', '"Mrs FJ" + "CANARY"'),
    ):
        cells.append(nb.new_markdown_cell(source) if source.startswith("#") else nb.new_code_cell(source))
    nbformat.write(nb.new_notebook(cells=cells), root / "tiny.ipynb")
    record, about = {"level": "team"}, Frame(strip=[("Level", "team")], provenance=[("Run", "1")])
    return runs.run(
        root / "tiny.ipynb", {}, root / "reports", lambda *_: about, run_name="tiny", record=record, progress=str
    )


def test_every_table_of_the_page_is_a_file_with_the_same_cells(made):
    page = (made / "report.html").read_text(encoding="utf-8")
    assert page.count("<table>") == 3 == len([*(made / "tables").iterdir()]) + 1
    rows = cells((made / "tables" / "01-contacts-by-agency.csv").read_bytes())
    assert rows == [
        ["Agency", "Contacts", "Hidden", "Who"],
        ["police", "1204", "c", "Ann FJCANARY"],
        ["'=1+1", "", "12", "Bo"],
    ]
    assert json.loads((made / "run.json").read_text())["tables"] == 2


def test_a_file_is_named_by_its_author_and_never_by_the_data(made):
    names = [p.name for p in made.rglob("*")]
    assert "02-and-what-came-of-it.csv" in names and "01-who-came.png" in names and "01-who-came.svg" in names
    assert not [name for name in names if "canary" in name.lower()]


def test_a_short_name_in_the_data_is_not_found_within_the_authors_words():
    page = '<h2>Ann</h2><table><caption>Ann</caption><tr><th scope="col">N</th></tr></table>'
    assert read_parts(page, "What was planned?")[0][0].name == "01-table"
    assert read_parts(page, "What Ann planned")[0][0].name == "01-ann"


def test_a_picture_is_the_pages_own_and_carries_nothing_that_is_not_seen(made):
    page = (made / "report.html").read_text(encoding="utf-8")
    import base64

    png = (made / "figures" / "01-who-came.png").read_bytes()
    assert base64.b64encode(png).decode() in page
    svg = (made / "figures" / "01-who-came.svg").read_text(encoding="utf-8")
    assert "<path" in svg and not any(word in svg for word in ("FJCANARY", "<metadata", "<!--", "<g id"))
    assert cells((made / "figures" / "alt-text.csv").read_bytes())[1][:2] == [
        "01-who-came.png",
        "A picture of FJCANARY and of two agencies.",
    ]


def test_the_workbook_has_cover_contents_notes_and_a_table_a_sheet(made):
    book = openpyxl.load_workbook(made / "tables.xlsx")
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Table 1", "Table 2"]
    held = [[cell.value for cell in row] for row in book["Table 1"].iter_rows()]
    assert ["police", 1204, "[c]", "Ann FJCANARY"] in held and ["=1+1", "[x]", 12, "Bo"] in held
    assert "Contacts by agency" in held[0][0]
    assert any("Level: team" in str(cell.value) for row in book["Cover"].iter_rows() for cell in row)
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


def test_no_cell_of_a_workbook_or_a_csv_is_a_formula_or_a_link_to_elsewhere():
    texts = [*FORMULAS, "$$1$$", "[a](http://a.invalid)", "http://a.invalid", "internal:A1", "{=1}", "x" * 40_000]
    grid = Grid(caption=FORMULAS[0], heads=[FORMULAS[0], FORMULAS[0], ""], rows=[[t, t, "1"] for t in texts])
    made = workbook("=1", ["=2", "[a](http://a.invalid)"], ["=3"], [grid])
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        text = {name: parts.read(name).decode("utf-8") for name in parts.namelist() if name.endswith((".xml", ".rels"))}
    assert not [name for name, held in text.items() if "<f>" in held or "<f " in held or "externalLink" in name]
    assert not [name for name, held in text.items() if "a.invalid" in held and name.endswith(".rels")]
    assert made == workbook("=1", ["=2", "[a](http://a.invalid)"], ["=3"], [grid])
    for row in cells(as_csv(grid)):
        assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@", "|", "＝"))], row


def test_a_column_of_numbers_with_hidden_ones_stays_one_and_ids_are_not_numbers():
    grid = Grid(
        heads=["N", "Id", "When"], rows=[["1,204", "007", "5 April 2024"], ["c", "008", "–"], ["-3.5", "9", "May"]]
    )
    assert grid.numbers == [True, False, False]
    assert as_csv(grid).decode("utf-8-sig").splitlines()[1:] == [
        '1204,"007",2024-04-05',
        '"c","008",',
        '-3.5,"9","May"',
    ]


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        ("<>", "<> [as written]"),
        ("مرحبا", "مرحبا [as written]"),
        ("早い", "早い [as written]"),
        ("!\n?", "!\n? [as written]"),
        ("\u202e", "\u202e [as written]"),
        (" ", "[x]"),
        ("a<", "a<"),
        ("é", "é [as written]"),
    ],
)
def test_words_in_any_script_and_cells_of_signs_alone_come_into_a_workbook(words, cell):
    grid = Grid(caption="Said", heads=["Who", "Words"], rows=[["mother", words], [words, words]])
    book = openpyxl.load_workbook(io.BytesIO(workbook("A page", ["Level: team"], [], [grid])))
    found = [c.value for row in book["Table 1"].iter_rows() for c in row]
    assert found.count(cell) == 3


def test_the_notes_of_a_workbook_say_what_each_symbol_means():
    grid = Grid(caption="Said", heads=["Who", "N"], rows=[["a", "c"], ["b", "12"]])
    book = openpyxl.load_workbook(io.BytesIO(workbook("A page", [], [], [grid])))
    said = [str(c.value) for row in book["Notes"].iter_rows() for c in row]
    for mark in ("[c]", "[z]", "[x]", "[k]", "[as written]"):
        assert any(words.startswith(f"{mark} means ") for words in said), mark


def test_heads_are_told_apart():
    assert told_apart(["A", "A (2)", "A", "A"]) == ["A", "A (2)", "A (3)", "A (4)"]


def test_an_empty_table_is_a_row_of_heads_and_a_sheet_that_says_so():
    page = '<table><caption>None</caption><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>'
    page += '<tbody><tr><td colspan="2">No rows.</td></tr></tbody></table>'
    (grid,), _ = read_parts(page, "")
    assert (grid.name, grid.rows) == ("01-table", [])
    assert as_csv(grid).decode("utf-8-sig") == '"A","B"\r\n'
    book = openpyxl.load_workbook(io.BytesIO(workbook("t", [], [], [grid])))
    assert [cell.value for cell in [*book["Table 1"].rows][-1]] == ["No rows", "[z]"]


def test_a_drawing_loses_the_names_of_its_groups_and_keeps_what_is_drawn():
    drawing = '<svg><defs><path id="a"/></defs><g id="F0003"><use xlink:href="#a"/></g></svg>'
    assert bare_svg(drawing) == b'<svg><defs><path id="a"/></defs><g><use xlink:href="#a"/></g></svg>'


def test_a_page_for_one_reader_has_nothing_beside_it(notebook, run):
    folder = run(notebook(SHOWN), with_parts=False)
    assert sorted(p.name for p in folder.iterdir()) == ["log.jsonl", "report.html", "run.json"]


def test_no_file_is_over_eight_megabytes(notebook, run, reports, monkeypatch):
    monkeypatch.setattr(kernels, "execute", lambda notebook, *args, **options: notebook)
    monkeypatch.setattr(beside, "MOST_BYTES", 1000)
    from lib.errors import BuildError

    with pytest.raises(BuildError, match="no file of a report is over"):
        run(notebook())
    assert [p.name for p in reports.iterdir()] == ["failed"]


# The PDF


@pytest.fixture(scope="module")
def printer(tmp_path_factory):
    """A PDF of a small page, or a skip that says why there is none."""
    folder = tmp_path_factory.mktemp("pdf")
    (folder / "secret.txt").write_text("FJSECRET")
    body = "<h1>Who?</h1><h2>A</h2><table><caption>c</caption><thead><tr><th scope='col'>N</th></tr></thead>"
    body += "<tbody><tr><th scope='row'>1</th></tr></tbody></table>"
    body += f"<img alt='one dot' src='file://{folder}/secret.txt'><object data='file://{folder}/secret.txt'></object>"
    body += f"<link rel='attachment' href='file://{folder}/secret.txt'><a rel='attachment' href='file://{folder}/secret.txt'>x</a>"
    page = f"<!DOCTYPE html><html lang='en-GB'><head><title>Who?</title></head><body>{body}</body></html>"
    (folder / "report.html").write_text(page)
    made = pdf.make(folder / "report.html", folder)
    if made.content is None:
        pytest.skip(made.says)
    (folder / "page.pdf").write_bytes(made.content)
    return folder / "page.pdf", made


def test_a_pdf_says_tagged_only_where_it_was_looked_at_and_passed(printer):
    import pikepdf

    file, made = printer
    assert made.says == pdf.PASSED == "tagged, automated checks passed"
    with pikepdf.open(file) as opened:
        assert pdf.faults(opened) == []
        del opened.Root["/Lang"]
        del opened.docinfo["/Title"]
        assert pdf.faults(opened) == ["no language", "no title to show"]
        del opened.Root["/StructTreeRoot"]
        assert pdf.faults(opened) == ["it is not tagged"]


def test_a_picture_without_words_or_a_skipped_heading_is_found(printer, tmp_path):
    import pikepdf

    file, _ = printer
    with pikepdf.open(file) as opened:
        for part, _ in pdf._parts(opened.Root.StructTreeRoot, False):
            if part.get("/S") == "/H2":
                part["/S"] = pikepdf.Name("/H4")
            if part.get("/S") == "/TH":
                del part["/A"]
        assert pdf.faults(opened) == [
            "a header cell without direction",
            "headings that skip a level, or not one heading of the first",
        ]


def test_nothing_is_fetched_for_a_pdf(printer):
    file, _ = printer
    import pikepdf

    with pikepdf.open(file) as opened:
        assert len(opened.attachments) == 0
        held = b"".join(
            bytes(o.read_bytes())
            for o in opened.objects
            if isinstance(o, pikepdf.Stream) and o.get("/Subtype") != "/Image"
        )
    assert b"FJSECRET" not in held and b"FJSECRET" not in file.read_bytes()


def test_no_word_of_a_wide_table_is_cut_off(printer, tmp_path):
    """Twelve columns: sentences, days, and ids that nothing can break."""
    import re

    import pandas as pd

    reader = shutil.which("pdftotext")
    if not reader:
        pytest.skip("pdftotext is not on this machine: where words stand was not looked at")
    row = {f"sentence{n}": "One child missed a tenth or more of the possible sessions of a year" for n in range(2)}
    row |= {f"day{n}": datetime.date(2022, 9, 30) for n in range(4)} | {f"n{n}": 1234567 for n in range(4)}
    row |= {"evidence": "attendance:M40711, attendance:M40712", "hash": "gp:4254867d7b9dddb8-1" * 2}
    shown = Shown(pd.DataFrame([row] * 30), "Wide")._repr_html_()
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    page = f"<!DOCTYPE html><html lang='en-GB'><head><title>Wide</title><style>{style}</style></head>"
    (tmp_path / "report.html").write_text(f"{page}<body><h1>Wide</h1>{shown}</body></html>", encoding="utf-8")
    made = pdf.make(tmp_path / "report.html", tmp_path)
    assert made.content and made.says == pdf.PASSED
    (tmp_path / "wide.pdf").write_bytes(made.content)
    words = subprocess.run(
        [reader, "-bbox", str(tmp_path / "wide.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    count = 0
    for page in words.split("<page ")[1:]:
        right = [float(x) for x in re.findall(r'<word [^>]*xMax="([\d.]+)"', page)]
        assert max(right) < float(re.search(r'width="([\d.]+)"', page)[1]) - 14
        count += len(right)
    assert count > 500


def test_no_weasyprint_is_a_line_and_no_reason_for_no_page(notebook, run, monkeypatch, tmp_path, said):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "none"))
    monkeypatch.setattr(kernels, "execute", lambda notebook, *args, **options: notebook)
    folder = run(notebook(), with_pdf=True)
    assert (folder / "report.html").is_file() and not (folder / "report.pdf").exists()
    assert json.loads((folder / "run.json").read_text())["pdf"] == pdf.NOT_HERE == said[-1]


def test_a_pdf_that_takes_for_ever_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "weasyprint.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "report.html").write_text("<p>")
    assert pdf.make(tmp_path / "report.html", tmp_path, seconds=1).says.startswith("No PDF: it was not laid out in 1 s")


# Another program opens the workbook


def test_libreoffice_opens_the_workbook_and_finds_the_same_cells(made, tmp_path):
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice is not on this machine: the workbook was not opened by it")
    shutil.copy(made / "tables.xlsx", tmp_path / "tables.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    command = [
        office,
        profile,
        "--headless",
        "--convert-to",
        form,
        "--outdir",
        str(tmp_path),
        str(tmp_path / "tables.xlsx"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0 and "Error" not in done.stderr, done.stderr
    sheets = sorted(p.name for p in tmp_path.glob("tables-*.csv"))
    assert len(sheets) == 5, sheets
    assert "police,1204,[c],Ann FJCANARY" in (tmp_path / "tables-Table 1.csv").read_text(encoding="utf-8")
