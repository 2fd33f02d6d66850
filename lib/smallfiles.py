"""Small files that people keep by hand, CSV or Excel, read whole and strictly as text, each row with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from lib.errors import DataError, did_you_mean, listed
from lib.workbooks import sheet_rows

Row = tuple[int, dict[str, str]]
"""The line of the file, and its cells by the header's names."""


def grid(path: Path, sheet: str = "") -> list[tuple[int, list[str]]]:
    """Every row of a CSV file or of a workbook's sheet, cells as trimmed text, with its line (a workbook's row).

    Raises `DataError` for a file that is not there, is not UTF-8 or is no workbook, and for a workbook with no sheet named.
    """
    if path.suffix.casefold() == ".xlsx":
        if not sheet:
            raise DataError(f"{path.name} is a workbook. Say which sheet of it to read: sheet: <its name>.")
        rows = sheet_rows(path, path.name, sheet, "the rules")
        return [(at, [cell.strip() for cell in row]) for at, row in enumerate(rows, 1)]
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError:
        raise DataError(f"{path.name} is not there, or you may not read it. Check the name and the folder.") from None
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise DataError(
            f"{path.name}, line {line}: a character that is not UTF-8. Save it as CSV UTF-8 and try again."
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found, last = [], 0
    try:
        for cells in reader:
            found.append((last + 1, [cell.strip() for cell in cells]))
            last = reader.line_num
    except csv.Error:
        raise DataError(f"{path.name}, line {last + 1}: this cannot be split into cells. Look at its quotes.") from None
    return found


def rows(path: Path, needed: Sequence[str], may: Iterable[str] = (), sheet: str = "") -> list[Row]:
    """The rows below the header, by name. Blank rows are left out; columns may stand in any order.

    Raises `DataError`, with the line, for a header that misses a name or has one it should not, or twice, and for a row
    with more or fewer cells than the header.
    """
    lines = [(at, cells) for at, cells in grid(path, sheet) if any(cells)]
    if not lines:
        raise DataError(f"{path.name} is empty. It needs the columns {listed(needed)}.")
    (line, header), *below = lines
    allowed = [*needed, *may]
    for name in header:
        if name not in allowed or header.count(name) > 1:
            what = "stands twice" if name in allowed else "is not a column of this file"
            raise DataError(
                f"{path.name}, line {line}: '{name[:60]}' {what}.{did_you_mean(name, allowed)} Columns: "
                f"{listed(allowed, 20)}."
            )
    if missing := [name for name in needed if name not in header]:
        raise DataError(f"{path.name}, line {line}: the column '{missing[0]}' is not there. Needed: {listed(needed)}.")
    for at, cells in below:
        if len(cells) != len(header):
            raise DataError(
                f"{path.name}, line {at}: {len(cells)} cells, and the header has {len(header)}. A comma inside words "
                "needs quotes round them."
            )
    return [(at, dict.fromkeys(allowed, "") | dict(zip(header, cells, strict=True))) for at, cells in below]
