"""Excel workbooks, opened in a child process with a cap on memory and time, after a look at the zip itself.

A workbook of a few kilobytes can unpack to gigabytes, or claim seventeen thousand million cells and abort the
library that reads it (tafia/calamine issue 693). So the zip is measured first, and the reading is done by a child:
if it dies, this process says so in words and goes on.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lib.errors import DataError, PartMissing
from lib.sheetmarks import reach
from lib.walls import child, hold_memory

TYPED = "\x01"
"""Stands before a cell that the workbook holds as a true date, as ISO 8601."""

EVERY = "\x02"
"""Asks the child for every sheet: the name of each on a line, then its rows."""

MOST_CELLS = 50_000_000
MOST_ENTRIES, MOST_BYTES, MOST_RATIO = 1_000, 1_000_000_000, 100


def sheet_rows(path: Path, name: str, sheet: str | None, said_in: str = "sources.yml") -> Iterator[list[str]]:
    """The rows of a workbook's one sheet of data, every cell as text; true dates marked with `TYPED`.

    `said_in` is the file in which the sheet is named, for the messages.

    Raises `DataError` for what is no workbook, for bombs, and where two sheets hold data and none is named.
    """
    _, rows = titled_rows(path, name, sheet, said_in)
    yield from rows


def titled_rows(
    path: Path, name: str, sheet: str | None, said_in: str = "sources.yml"
) -> tuple[str, Iterator[list[str]]]:
    """The title of that sheet, and its rows, as `sheet_rows` gives them. Raises what `sheet_rows` raises."""
    title, *rows = _read_aside(path, name, sheet or "", said_in) or ['""']
    return json.loads(title), (json.loads(row) for row in rows)


def all_sheets(path: Path, name: str) -> dict[str, list[list[str]]]:
    """Every sheet of a workbook by its name, each a list of rows from the first; cells as `sheet_rows` gives them.

    Raises `DataError` for what is no workbook, and for bombs.
    """
    found: dict[str, list[list[str]]] = {}
    for line in _read_aside(path, name, EVERY, ""):
        given = json.loads(line)
        if isinstance(given, str):
            found[given] = rows = []
        else:
            rows.append(given)
    return found


def list_rows(path: Path, name: str, part: str) -> tuple[str, list[list[str]]]:
    """The title and the rows of the sheet that a list is on: its name begins with the words of `part`, however they are written.

    `List 1` is met by "List_1", "list 1 - Contacts" and "LIST1", and not by "List 10".
    Raises `PartMissing` where there is no such sheet, `DataError` where there are two.
    """
    try:
        stat = path.stat()
    except OSError:
        raise DataError(f"{name} is not there, or you may not read it. Put the file in the folder.") from None
    sheets = _sheets(path, path.name, stat.st_mtime_ns, stat.st_size)
    wanted = _words(part)
    found = [title for title in sheets if _words(title)[: len(wanted)] == wanted]
    if not found:
        raise PartMissing(f"{name} has no sheet '{part}'. Put the sheet back, or name it so.")
    if len(found) > 1:
        raise DataError(
            f"{name} has {len(found)} sheets whose name begins with '{part}'. Rename or remove one of them."
        )
    return found[0], sheets[found[0]]


def _words(title: str) -> list[str]:
    return re.findall(r"[^\W\d_]+|\d+", title.casefold())


@functools.lru_cache(maxsize=1)
def _sheets(path: Path, file: str, changed: int, size: int) -> dict[str, list[list[str]]]:
    """Every sheet of a workbook, kept while its lists are read one after the other; `changed` and `size` tell it from others."""
    return all_sheets(path, file)


def _read_aside(path: Path, name: str, wanted: str, said_in: str) -> list[str]:
    """What the child process reads of a workbook, line by line."""
    _check_zip(path, name)
    with child("lib.workbooks", str(path), wanted) as at_work:
        output = at_work.out.read().decode("utf-8")
    code = at_work.code
    if at_work.ended_for:
        raise DataError(f"{name} {at_work.ended_for}. {_FAR}")
    if code == 3:
        raise DataError(f"{name} has more than one sheet with data. Say which in {said_in}: sheet: <its name>.")
    if code == 4:
        raise DataError(f"{name} has no sheet of the name that {said_in} gives.")
    if code == 5:
        raise DataError(
            f"{name} has a cell so far from the others that its sheet spans more than {MOST_CELLS // 1_000_000} million cells, so "
            f"it was not opened. {_FAR}"
        )
    if code != 0:
        raise DataError(
            f"{name} could not be opened safely: it is damaged, perhaps. Open it in a spreadsheet program and save it again, or "
            "save it as CSV."
        )
    return output.split("\n")[:-1]


_FAR = "Delete empty rows and columns beyond the data, save it again, or save it as CSV."


def workbook_of_another_kind(seen: bytes, name: str) -> str | None:
    """What is said of a packed file that is a workbook which is not read, as its name or what is seen in it tells."""
    low = name.lower()
    if low.endswith((".ods", ".fods")) or b"opendocument" in seen or seen.split().count(b"content.xml"):
        what = "an OpenDocument spreadsheet"
    elif low.endswith(".xlsb") or b"xl/workbook.bin" in seen:
        what = "a binary workbook (.xlsb)"
    else:
        return None
    return f"{name} is {what}, which is not read. Save it as .xlsx or CSV."


def _check_zip(path: Path, name: str) -> None:
    try:
        head = path.read_bytes()[:8]
    except OSError:
        raise DataError(f"{name} is not there, or you may not read it. Put the file in the folder.") from None
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise DataError(f"{name} is password-protected or in the old .xls format. Save it as .xlsx, with no password.")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {e.filename for e in entries}
            unpacked = sum(e.file_size for e in entries)
            packed = max(1, sum(e.compress_size for e in entries))
            if "xl/workbook.xml" not in names:
                said = workbook_of_another_kind(" ".join(names).encode(), name)
                raise DataError(said or f"{name} is a zip file, but no workbook. Export it again.")
            if len(names) < len(entries):
                raise DataError(
                    f"{name} holds one of its parts twice, so programs may read it in two ways, and it was not read. Save it "
                    "again in a spreadsheet program."
                )
    except zipfile.BadZipFile:
        raise DataError(
            f"{name} is not a whole workbook (it may be a CSV renamed, or cut short). Export it again."
        ) from None
    if (
        len(entries) > MOST_ENTRIES
        or unpacked > MOST_BYTES
        or (unpacked > 5_000_000 and unpacked / packed > MOST_RATIO)
    ):
        raise DataError(
            f"{name} would unpack to far more than a workbook holds, so it was not opened. Export it again."
        )


def whole_second(at: dt.datetime) -> dt.datetime:
    """A time to the nearest second, which a spreadsheet holds as a fraction of a day and not exactly; never on the next day."""
    near = (at + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
    return near if near.date() == at.date() else at.replace(microsecond=0)


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return TYPED + whole_second(cell).isoformat()
    if isinstance(cell, dt.date):
        return f"{TYPED}{cell.isoformat()}T00:00:00"
    return "" if cell is None else str(cell)


def _row(cells: Sequence[object]) -> str:
    return json.dumps([c if c.__class__ is str else _text(c) for c in cells]) + "\n"


def _child(path: str, wanted: str) -> int:
    hold_memory()
    spans = reach(path)
    if max((cells for title, cells in spans.items() if wanted in ("", EVERY, title)), default=0) > MOST_CELLS:
        return 5
    from python_calamine import CalamineWorkbook

    book, out = CalamineWorkbook.from_path(path), sys.stdout
    if wanted == EVERY:
        for title in book.sheet_names:
            out.write(json.dumps(title) + "\n")
            for row in book.get_sheet_by_name(title).to_python(skip_empty_area=False):
                out.write(_row(row))
        return 0
    if wanted and wanted not in book.sheet_names:
        return 4
    sheets = [wanted] if wanted else book.sheet_names
    filled = []
    for title in sheets:
        rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
        if sum(any(c not in ("", None) for c in r) for r in rows[:3]) > 1 or wanted or len(sheets) == 1:
            filled.append((title, rows))
    if len(filled) > 1:
        return 3
    for title, rows in filled:
        out.write(json.dumps(title) + "\n")
        for row in rows:
            # A stray cell far below leaves a million rows in which nothing stands.
            out.write("[]\n" if row.count("") == len(row) else _row(row))
    return 0


if __name__ == "__main__":
    raise SystemExit(_child(sys.argv[1], sys.argv[2]))
