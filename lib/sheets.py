"""A workbook for people to fill in: written whole, the same bytes for the same rows, with drop-downs and no formula.

What is written is text, days and numbers, never a formula or a link, whatever the text begins with.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.errors import BuildError

GIVEN, ASKED = "#F3F3F1", "#FFFFFF"
INK, RULE, HEAD = "#1B1B1B", "#BFBFBF", "#DCE3EC"
MADE_ON = dt.datetime(2000, 1, 1)
"""The day in every workbook's own record of itself, so that the same rows give the same bytes."""

SPARE_ROWS = 200
"""How many empty rows below the last have their drop-downs and formats too, for what people add."""


@dataclass(frozen=True)
class Heading:
    """One column: its name, what it means (a note on the heading), and whether it is given or asked of people."""

    name: str
    note: str = ""
    width: int = 14
    choices: Sequence[str] = ()
    is_given: bool = False


@dataclass(frozen=True)
class Filled:
    """One sheet: its name, its headings, and its rows as heading -> value."""

    name: str
    headings: Sequence[Heading]
    rows: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def workbook(sheets: Sequence[Filled], about: str) -> bytes:
    """A workbook with these sheets, each with its headings in the first row.

    Values are text, days (`datetime.date`), numbers, or None for nothing. `about` is the workbook's own title.

    >>> made = workbook([Filled("needs", [Heading("words")], [{"words": "=1+1"}])], "a book")
    >>> made == workbook([Filled("needs", [Heading("words")], [{"words": "=1+1"}])], "a book")
    True
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": about, "created": MADE_ON})
        for sheet in sheets:
            _write(book, sheet)
    return out.getvalue()


def _write(book: Any, sheet: Filled) -> None:
    page = book.add_worksheet(sheet.name)
    last = len(sheet.rows) + SPARE_ROWS
    head = {"bold": True, "bg_color": HEAD, "font_color": INK, "border": 1, "border_color": RULE, "text_wrap": True}
    top = book.add_format(head | {"valign": "top"})
    for at, heading in enumerate(sheet.headings):
        look = {"valign": "top", "text_wrap": True, "font_color": INK, "border": 1, "border_color": RULE}
        look |= {"bg_color": GIVEN if heading.is_given else ASKED}
        text = book.add_format(look | {"num_format": "@"})
        day = book.add_format(look | {"num_format": "dd/mm/yyyy"})
        number = book.add_format(look | {"num_format": "General"})
        page.set_column(at, at, heading.width)
        page.write_string(0, at, heading.name, top)
        if heading.note:
            page.write_comment(0, at, heading.note, {"x_scale": 2.2})
        for below, row in enumerate(sheet.rows, start=1):
            value = row.get(heading.name)
            if value is None or value == "":
                page.write_blank(below, at, None, text)
            elif isinstance(value, dt.date):
                page.write_datetime(below, at, dt.datetime(value.year, value.month, value.day), day)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                page.write_number(below, at, value, number)
            elif page.write_string(below, at, str(value), text) != 0:
                raise BuildError(
                    f"a cell of sheet '{sheet.name}' would hold more text than a workbook can: nothing was written."
                )
        if heading.choices:
            page.data_validation(
                *(1, at, last, at),
                {
                    "validate": "list",
                    "source": list(heading.choices),
                    "error_title": "Not one of the choices",
                    "error_message": "Choose one from the list, or leave the cell empty.",
                },
            )
    page.freeze_panes(1, 0)
    if sheet.headings:
        page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.headings) - 1)
    page.set_landscape()
    page.repeat_rows(0)
    page.fit_to_pages(1, 0)
