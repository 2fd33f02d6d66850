"""What is checked again before a public run leaves: its files, its figures, its pages, and whom they point at."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys import public
from journeys.reports import NOTEBOOKS
from lib import ledger as ledgers
from lib.errors import RequestError, listed
from lib.identifiers import kinds, worth_looking_for
from lib.pagetext import Page, pictures

if TYPE_CHECKING:
    from journeys.journey import Journeys

KINDS = (".html", ".pdf", ".csv", ".xlsx", ".png")
PDF = "report.pdf"
MOST_BYTES, MOST_LINES = 16_000_000, 5_000


def fit_to_leave(folder: Path, files: list[str]) -> None:
    """Stop where a file is of a kind, or a size, that does not leave."""
    for name in files:
        path = folder / name
        if path.suffix not in KINDS or (path.suffix == ".pdf" and name != PDF):
            raise RequestError(f"{name} is of a kind that does not leave. Only {listed(KINDS)} do.")
        if path.stat().st_size > MOST_BYTES:
            raise RequestError(
                f"{name} is over {MOST_BYTES // 1_000_000} MB, too large to be read by whoever checks it."
            )
        if path.suffix == ".csv" and path.read_bytes().count(b"\n") > MOST_LINES:
            raise RequestError(f"{name} has more than {MOST_LINES:,} rows: that is a log, and no table of counts.")


def recounted(
    record: dict[str, Any], review: Journeys, ledger: ledgers.Ledger, folder: Path, files: list[str], today: Any
) -> Any:
    """Count every figure again, from the data and the ledger; the page shows these and no others."""
    released, why = public.counted(review, on=today, ledger=ledger)
    again = "Build the report again, and release that."
    tables = (
        {table.record["table"]: public.Tabled(table).said() for table in released.tables.values()} if released else {}
    )
    for part in record["public"]:
        if part["kind"] == "table":
            name = part["record"]["table"]
            if json.loads(json.dumps(tables.get(name))) != part:
                raise RequestError(f"table '{name}' is not what the data and the earlier releases give now. {again}")
        elif part["paragraphs"] not in ([*public.said(review).paragraphs], [public.STANDS], [why]):
            raise RequestError(f"words on this page are not what the review book gives now. {again}")
    _same_page(folder, files, record["public"], review, again)
    if released is not None:
        ledger.refuse_overlaps(released.populations, released.policy.rule.threshold)
    return released


def _same_page(folder: Path, files: list[str], parts: list[dict[str, Any]], review: Journeys, again: str) -> None:
    """Every table of the page, and of the files beside it, is one that was checked, and no number stands outside them."""
    import nbformat

    path = folder / "report.html"
    page = Page(path.read_text("utf-8"))
    made = [Page(public.as_html(part)) for part in parts]
    known = [table for one in made for table in one.tables]
    for caption, rows in page.tables:
        if caption != "What made this page" and (caption, rows) not in known:
            raise RequestError(f"{path.name} shows a table that was not checked: '{caption[:60]}'. {again}")
    notebook = nbformat.read(NOTEBOOKS / "public_review.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    about = review.about
    words = [*(one.words for one in made), *(cell.source for cell in notebook.cells if cell.cell_type == "markdown")]
    words += [about.safeguarding_contact, about.owner, *_stands_round(review)]
    numbers = re.compile(r"\d+")
    said = {n for one in words for n in numbers.findall(one)}
    if loose := set(numbers.findall(page.words)) - said:
        raise RequestError(f"{path.name} holds {len(loose)} numbers that were not checked, outside its tables. {again}")
    lines = {tuple(map(_bare, row)) for _, rows in known for row in rows}
    # A workbook numbers its tables and its notes.
    said |= {str(n) for n in range(1, max(4, len(known)) + 1)}
    for name in files:
        for row in _rows(folder / name):
            if tuple(map(_bare, row)) not in lines and set(numbers.findall(" ".join(row))) - said:
                raise RequestError(f"{name} holds a line of numbers that was not checked. {again}")


def _rows(path: Path) -> list[list[str]]:
    """The rows of a CSV file, or of every sheet of a workbook, as text; of any other file, none."""
    if path.suffix == ".csv":
        return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    if path.suffix != ".xlsx":
        return []
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    return [[f"{c:.10g}" if isinstance(c, float) else str(c) for c in row] for rows in sheets for row in rows]


def _bare(cell: str) -> str:
    """A cell without what marks it: thousands, brackets round a symbol, an apostrophe before a formula's sign."""
    cell = " ".join(cell.split()).removeprefix("'")
    if re.fullmatch(r"[\d,]+", cell):
        return cell.replace(",", "")
    return cell[1:-1] if re.fullmatch(r"\[[czxk]\]", cell) else cell


def _stands_round(review: Journeys) -> list[str]:
    from journeys import checks
    from journeys.pages import LIMITS

    return [str(checks.data_to(review.session)), *LIMITS]


def scan(folder: Path, files: list[str], review: Journeys) -> None:
    """Stop where anything that points at somebody stands in a file that is to leave: its text, its names, its pictures.

    Raises `RequestError` with the file and the kind of what was found, never what it was.
    """
    session = review.session
    select = "SELECT DISTINCT contact_id, person_id, family_id_given, professional_id FROM contacts"
    ids = {str(value) for row in session.engine.rows(select) for value in row if value is not None}
    ids |= {name for (name,) in review.engine.rows(f"SELECT name FROM {review.codes}families")}
    ids |= {one.partition(":")[2] for one in ids if ":" in one}
    ids_that_tell = worth_looking_for(ids)
    about = session.folder.about
    allowed = [about.safeguarding_contact, about.owner]
    for name in files:
        for text in [name, *texts(folder / name)]:
            if found := kinds(text, ids_that_tell, [one for one in allowed if one]):
                raise RequestError(f"{name} holds {' and '.join(found)}, and nothing that points at somebody leaves.")


def texts(path: Path) -> list[str]:
    """All that can be read in a file: a page's words and attributes, a workbook's parts, a picture's bytes as text."""
    content = path.read_bytes()
    if path.suffix == ".html":
        page = content.decode("utf-8", "replace")
        read = Page(page)
        cells = [" ".join([caption, *(cell for row in rows for cell in row)]) for caption, rows in read.tables]
        return [read.words, *read.texts, *cells, *(_printed(one) for one in pictures(page) if one[:4] == b"\x89PNG")]
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return [f"{part} {Page(parts.read(part).decode('utf-8', 'replace')).words}" for part in parts.namelist()]
    return [content.decode("utf-8", "replace") if path.suffix == ".csv" else _printed(content)]


def _printed(content: bytes) -> str:
    """The runs of letters in bytes, as a person would find them."""
    return " ".join(run.decode("ascii") for run in re.findall(rb"[\x20-\x7e]{6,}", content))
