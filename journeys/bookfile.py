"""The review book as a file: its rows, and the workbook that holds them, the same bytes for the same rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from journeys.judgements import ASIDE, SHEETS, Field, Sheet
from lib.sheets import Filled, Heading, workbook
from lib.workbooks import TYPED

READ_ME = "read me"
SCHEMA = 1
WIDTHS = {"words": 48, "text": 18, "day": 13, "number": 10, "ids": 30, "choice": 14}


@dataclass(frozen=True)
class Row:
    """One row of a sheet: its line, its cells by column, typed, and what stands in columns that people added."""

    line: int
    cells: Mapping[str, Any]
    extra: Mapping[str, str] = field(default_factory=dict)

    def is_decided(self, sheet: Sheet) -> bool:
        """Whether people judged anything in it: a note alone is no judgement."""
        return any(self.cells.get(name) not in ("", None) for name in sheet.asked if name not in ASIDE)

    def is_touched(self, sheet: Sheet) -> bool:
        """Whether people wrote anything in it at all."""
        return any(self.cells.get(name) not in ("", None) for name in sheet.asked if name != "look")


def as_bytes(
    about: str, rows: Mapping[str, Sequence[Row]], others: Mapping[str, list[list[str]]] | None = None
) -> bytes:
    """The book as a file: a sheet that says what is asked, the judgements, and the sheets that people added."""
    sheets = [_read_me(about)]
    for sheet in SHEETS.values():
        some = rows.get(sheet.name, ())
        added = list(dict.fromkeys(head for row in some for head in row.extra))
        headings = [_heading(f) for f in sheet.columns] + [Heading(head) for head in added]
        cells = [{n.replace("_", " "): _written(v) for n, v in row.cells.items()} | dict(row.extra) for row in some]
        sheets.append(Filled(sheet.name, headings, cells))
    for name, lines in (others or {}).items():
        heads = [cell or f"column {n}" for n, cell in enumerate(lines[0], start=1)] if lines else []
        plain = [{h: _plain(c) for h, c in zip(heads, line, strict=False)} for line in lines[1:]]
        sheets.append(Filled(name, [Heading(head) for head in heads], plain))
    return workbook(sheets, "Review book")


def _read_me(about: str) -> Filled:
    lines = [
        ("what this is", f"The review book. {about}"),
        ("whom it is for", "The review team alone: it holds families' journeys. Keep it in this folder, and mail it to nobody."),
        ("how to fill it in", "White columns are yours; grey ones are the kit's and are filled in anew. You may sort, add rows, "
         "columns and sheets. No run changes what you wrote."),
        ("schema", str(SCHEMA)),
        *((sheet.name, sheet.asks) for sheet in SHEETS.values()),
    ]  # fmt: skip
    headings = [Heading("sheet", width=20, is_given=True), Heading("asks", width=110, is_given=True)]
    return Filled(READ_ME, headings, [{"sheet": a, "asks": b} for a, b in lines])


def _heading(f: Field) -> Heading:
    return Heading(f.name.replace("_", " "), f.meaning, WIDTHS[f.kind], f.choices, f.is_given)


def _written(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return "; ".join(value)
    if isinstance(value, dt.datetime):
        return value.date()
    return value


def _plain(cell: str) -> str:
    return cell.removeprefix(TYPED).removesuffix("T00:00:00") if cell.startswith(TYPED) else cell
