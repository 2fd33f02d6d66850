"""The rows of a workbook's sheet as batches: its dates and serial days, and what its cells cannot tell for certain."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lib.batches import (
    BATCH,
    KEY,
    TITLES,
    Source,
    assemble,
    folded,
    is_a_record,
    is_exact,
    own_names,
    places,
    plain_text,
    records_above,
)
from lib.doubts import ERROR_CELLS, HIDDEN_ROWS, PADDED_IDS, SERIAL_DAYS
from lib.errors import DataError
from lib.sheetmarks import Marks, marks_of
from lib.trailers import LAST, footers
from lib.workbooks import TYPED, list_rows, titled_rows, whole_second

if TYPE_CHECKING:
    import pyarrow as pa

WHOSE = ("contact_id", "person_id", "family_id", "replaces")
"""The ids that say which contact it is, and whose."""

SERIAL = re.compile(r"[2-7][0-9]{4}(\.[0-9]+)?")
"""A day as a spreadsheet counts it, from 1954 to 2119; a time of day is its fraction."""

DECIMALS = re.compile(r"-?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?")
MOST_NAMED = 20


def from_workbook(source: Source) -> Iterator[pa.Table]:
    """The rows of a workbook's sheet, in batches. Raises `DataError`, and `PartMissing` where a list has no sheet."""
    import pyarrow as pa

    path = source.path
    assert path is not None
    title, given = (
        titled_rows(path, source.name, source.sheet)
        if source.part is None
        else list_rows(path, source.name, source.part)
    )
    rows = iter(given)
    first = list(itertools.islice(rows, TITLES))
    if not any(any(r) for r in first):
        raise DataError(f"{source.name} is empty. Export it again from the source system.")
    number = _heading(source, first)
    standing = places(source, [plain_text(h) for h in first[number - 1]])
    if any(is_a_record(source, standing, row) for row in first[: number - 1]):
        raise DataError(records_above(source, number))
    rows = itertools.chain(first[number:], rows)
    marks = marks_of(path, source.name, title)
    columns = {at + 1 for at in standing.values()}
    exact = {at + 1 for target, at in standing.items() if is_exact(source, target)}
    # An error in place of a worker's number leaves the worker unknown; in place of these it would make up a contact or a person.
    ids = {at + 1 for target, at in standing.items() if target.startswith(KEY) or target.split("@")[0] in WHOSE}
    because = dict(_unsure(marks, columns, exact, ids, number))
    whose = {at + 1 for target, at in standing.items() if target.split("@")[0].endswith("_id")}
    padded = len({row for row, column in marks.padded if row > number and column in whose})
    errors = len({row for row, column in marks.errors if row > number and column in columns} - set(because))
    # Sheets keep their empty rows: a blank row between records is no record.
    row, hidden = 0, marks.hidden
    while batch := list(itertools.islice(rows, BATCH)):
        kept = [(number + 1 + i, r) for i, r in enumerate(batch) if any(f.strip() for f in r)]
        number += len(batch)
        if not kept:
            continue
        texts: dict[str, pa.Array] = {}
        problems = [because.get(n) for n, _ in kept]
        serials = 0
        for target, at in standing.items():
            cells = [r[at] if at < len(r) else "" for _, r in kept]
            if target in source.dates:
                stamps = [_stamp(c, marks) for c in cells]
                serials += sum(bool(s) and not c.startswith(TYPED) for s, c in zip(stamps, cells, strict=True))
                texts[target] = pa.array(["" if s else c for s, c in zip(stamps, cells, strict=True)], pa.string())
                texts[f"{target}__at"] = pa.array(stamps, pa.string()).cast(pa.timestamp("us"))
            else:
                texts[target] = pa.array([c.lstrip(TYPED) for c in cells], pa.string())
                if is_exact(source, target):
                    _note_what_is_no_id(cells, problems)
        for at, why in footers(source, [r for _, r in kept[-LAST:]]):
            problems[max(0, len(kept) - LAST) + at] = why
        found = assemble(source, range(row + 1, row + 1 + len(kept)), [n for n, _ in kept], problems, texts)
        yield found.replace_schema_metadata(
            {HIDDEN_ROWS: str(hidden), SERIAL_DAYS: str(serials), ERROR_CELLS: str(errors), PADDED_IDS: str(padded)}
        )
        row, hidden, errors, padded = row + len(kept), 0, 0, 0


def _heading(source: Source, rows: list[list[str]]) -> int:
    """On which row the column names stand: the first that holds all that are needed; else the first that holds anything."""
    wanted = {folded(source.columns[t]) for t in source.needed}
    filled = [n for n, row in enumerate(rows, start=1) if any(row)]
    return next((n for n in filled if wanted <= {folded(h) for h in own_names(source, rows[n - 1])}), filled[0])


def _stamp(cell: str, marks: Marks) -> str | None:
    """A cell's day and time, where it holds a true date, or a day as the workbook's own calendar counts it."""
    if cell.startswith(TYPED):
        return cell[len(TYPED) :]
    if not SERIAL.fullmatch(cell):
        return None
    begin = dt.datetime(1904, 1, 1) if marks.from_1904 else dt.datetime(1899, 12, 30)
    return whole_second(begin + dt.timedelta(days=float(cell))).isoformat()


def _note_what_is_no_id(cells: Sequence[str], problems: list[str | None]) -> None:
    for at, cell in enumerate(cells):
        if cell.startswith(TYPED):
            problems[at] = problems[at] or "a day where an id belongs"
        elif "." in cell and DECIMALS.fullmatch(cell):
            problems[at] = problems[at] or "a number with decimals"


def _unsure(marks: Marks, columns: set[int], exact: set[int], ids: set[int], heading: int) -> Iterator[tuple[int, str]]:
    """The rows of which a listed cell does not hold what the sheet shows there, and why; `exact` are columns of ids and days."""
    for cells, among, why in (
        (marks.switches, exact, "a yes or no where an id or a day belongs"),
        (marks.errors, ids, "an error in place of an id"),
        (marks.unsaved, columns, "a formula whose value was not saved"),
    ):
        yield from ((row, why) for row, column in cells if column in among and row > heading)
    across = [m for m in marks.merged if m[0][0] > heading]
    for (top, left), (bottom, right), ref in across:
        why = f"merged cells {ref}" if len(across) <= MOST_NAMED else "merged cells"
        inside = columns & set(range(left, right + 1))
        if inside - {left}:
            yield top, why
        if inside:
            yield from ((row, why) for row in range(top + 1, bottom + 1))
