"""The tables of a page as one accessible workbook: cover, contents, notes, then a table a sheet.

Made by gptables, the Government Analysis Function's own layout. Text stays text whatever it begins with, no cell is a
formula or a link, and the same page gives the same bytes.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
from collections.abc import Sequence
from typing import Any

from lib.parts import NUMBER, SYMBOLS, Grid, told_apart
from lib.shown import NOTHING

MADE_ON = datetime.datetime(2000, 1, 1)
MOST = 32_000
LATIN = re.compile("[A-Za-z0-9]")
AS_WRITTEN = "[as written]"
NONE_HERE = "no value: there is none, or it was not recorded"
AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


def workbook(title: str, about: Sequence[str], contact: Sequence[str], grids: Sequence[Grid]) -> bytes:
    """A workbook of these tables.

    `title` and `about`: for the cover, whose data these are and who may read them. `contact`: whom to ask. In a column of
    numbers a symbol stands in brackets, as [c], and no cell is left empty. Raises ValueError where there is no table.

    >>> made = workbook("A page", ["Level: team"], [], [Grid(caption="Who", heads=["N"], rows=[["=1"]])])
    >>> made == workbook("A page", ["Level: team"], [], [Grid(caption="Who", heads=["N"], rows=[["=1"]])])
    True
    """
    import gptables
    import pandas as pd

    if not grids:
        raise ValueError("A workbook needs a table.")
    sheets = {}
    for number, grid in enumerate(grids, start=1):
        numbers = grid.numbers
        rows = [_cells(numbers, row) for row in grid.rows] or [["No rows", *["[z]"] * (len(grid.heads) - 1)]]
        frame = pd.DataFrame(rows, columns=[_text(h) for h in told_apart(grid.heads)], dtype=object)
        sheets[f"Table {number}"] = gptables.GPTable(
            table=frame,
            table_name=f"table_{number}",
            title=_text(f"Table {number}: {grid.caption or grid.under}"),
            instructions="This worksheet contains one table. Symbols in square brackets are explained on the notes worksheet.",
            index_columns={2: 0},
        )
    meanings = {f"[{mark}]": said for mark, said in SYMBOLS.items()} | {"[x]": f"{SYMBOLS['x']}; or {NONE_HERE}"}
    meanings |= {
        AS_WRITTEN: "that the words before it are as they were written, in other signs than Latin letters and digits"
    }
    # gptables numbers the notes in place of their names: each text begins with the symbol that it is of.
    said = [f"{mark} means {words}" for mark, words in meanings.items()]
    notes = pd.DataFrame({"Note reference": list(meanings), "Note text": said})
    cover = gptables.Cover(
        title=_text(title),
        intro=[_text(line) for line in about] or ["The tables of one page."],
        about=["Every table of the page, with the cells that the page shows.", "A value that is cut short ends in …"],
        contact=[_text(line) for line in contact] or None,
    )
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = _produced(gptables, out, sheets, cover, notes)
    book.set_properties({"title": _text(title), "author": "", "created": MADE_ON})
    book.close()
    return out.getvalue()


def _produced(gptables: Any, out: io.BytesIO, sheets: dict[str, Any], cover: Any, notes: Any) -> Any:
    return gptables.produce_workbook(
        filename=out,
        sheets=sheets,
        cover=cover,
        notes_table=notes,
        notesheet_options={"title": "Symbols used in the tables"},
        workbook_options=dict(AS_TEXT),
    )


def _cells(numbers: Sequence[bool], row: Sequence[str]) -> list[Any]:
    return [_cell(row[at] if at < len(row) else NOTHING, is_number) for at, is_number in enumerate(numbers)]


def _cell(cell: str, is_number: bool) -> Any:
    if cell in ("", NOTHING):
        return "[x]"
    if is_number and NUMBER.fullmatch(cell):
        written = cell.replace(",", "").replace("−", "-")
        return float(written) if "." in written else int(written)
    if is_number and cell in SYMBOLS:
        return f"[{cell}]"
    if not cell.strip():
        return "[x]"
    # gptables refuses a cell without a Latin letter or a digit, and words of other scripts are such cells.
    return _text(cell) if LATIN.search(cell) else f"{_text(cell)} {AS_WRITTEN}"


def _text(words: str) -> str:
    """Text in which gptables finds nothing to act on: its marks for notes and links are parted by a space."""
    words = words.replace("$$", "$ $").replace("](", "] (")
    return words if len(words) <= MOST else words[:MOST] + "…"
