"""The questions that joining records leaves to people, and their answers: one workbook in a folder's private room.

It shows the names and birth dates of two records side by side, so it lies where only whoever looks after the data reads
it, and nowhere else. Addresses, telephones and numbers are not in it. An answer is obeyed in every later run; names go
from its row as soon as it is given. No run loses an answer, or a word that somebody wrote beside it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.decided import DECISIONS
from journeys.linkrules import COLUMNS
from journeys.people import Links
from journeys.sources import PRIVATE, Folder, open_folder
from lib import files, smallfiles
from lib.dates import read_day
from lib.errors import DataError, RequestError, did_you_mean, listed
from lib.sheets import Filled, Heading, workbook
from lib.workbooks import TYPED, sheet_rows

if TYPE_CHECKING:
    import pandas as pd

BOOK, NEVER, SHEET = "link.xlsx", "never_link.csv", "links"
SHOWN = ("first_name", "last_name", "date_of_birth", "sex")
"""What of a record is shown: never where somebody lives, how to reach them, or a number of theirs."""

_GIVEN = ("record_a", "record_b", "why", "agree", *(f"{c}_{side}" for c in SHOWN for side in "ab"))
_ASKED = ("decision", "decided_by", "decided_on", "note")
_KEPT = ("look", "basis")
COLUMNS_OF_BOOK = (*_GIVEN, *_ASKED, *_KEPT)
_NOTES = {
    "why": "why the kit does not decide this by itself",
    "agree": "how the two records compare, column by column",
    "decision": "one person (same), two (not), or it cannot be told; empty: not decided yet",
    "decided_by": "who decided: a role, such as data lead, never a name",
    "decided_on": "the day on which",
    "note": "anything to add; no worker is named",
    "look": "look again: what this rests on has changed since. Empty the cell when you have looked",
    "basis": "the kit's own mark of what the decision rested on; leave it as it is",
}
_WIDTHS = {"why": 30, "agree": 46, "note": 30, "decision": 12}


@dataclass
class _Row:
    """One row: its line, its cells by column, and what stands in columns that people added."""

    line: int
    cells: dict[str, Any]
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def pair(self) -> tuple[str, str]:
        low, high = sorted((self.cells["record_a"], self.cells["record_b"]))
        return low, high

    @property
    def is_written_in(self) -> bool:
        return any(self.cells[c] not in ("", None) for c in _ASKED) or any(self.extra.values())


def ask_people(data: str | Path | Folder, links: Links, records: pd.DataFrame) -> Path:
    """Write the questions that are left into the folder's private room, with every answer given so far.

    `links` as `link_people` gave them for `records`. Each question shows the two records' names, birth dates and sexes, why
    it is asked and how the columns compare. Returns where the workbook is: `private/link.xlsx`, readable by its owner.

    Raises `DataError` for a workbook that is there and cannot be read: nothing is then written over it.
    """
    folder = _on_disk(data)
    room = files.private_dir(folder / PRIVATE)
    with files.lock(room / f"{BOOK}.lock"):
        before: dict[tuple[str, str], list[_Row]] = {}
        for row in _rows(room / BOOK):
            before.setdefault(row.pair, []).append(row)
        pairs = {(row["record_a"], row["record_b"]): row for row in links.pairs.to_dict("records")}
        asked = [(row["record_a"], row["record_b"]) for row in links.asks.to_dict("records")]
        shown = _shown(records, {i for pair in asked for i in pair})
        made = [_asked(pair, pairs[pair], _first(before.get(pair, [])), shown) for pair in asked]
        for pair, rows in sorted(before.items()):
            written = [row for row in rows if row.is_written_in]
            made += [_asked(pair, pairs.get(pair), row, {}) for row in (written[1:] if pair in asked else written)]
        files.write_whole(room / BOOK, _as_bytes(made))
    return room / BOOK


def read_decisions(data: str | Path | Folder) -> pd.DataFrame:
    """What people decided about pairs of records: record_a, record_b, decision, decided_by, decided_on (a day).

    `data` is a folder's name under `data/`, or a path to one. Without a workbook, no rows. Raises `DataError` with the row
    for an answer that cannot be used: an unknown word, no role, or no day.

    >>> read_decisions("sample").columns.tolist()
    ['record_a', 'record_b', 'decision', 'decided_by', 'decided_on']
    """
    import pandas as pd

    path = _on_disk(data) / PRIVATE / BOOK
    names = ["record_a", "record_b", "decision", "decided_by", "decided_on"]
    rows = [[row.cells[n] for n in names] for row in _rows(path) if row.cells["decision"]]
    return pd.DataFrame(rows, columns=names, dtype=object)


def take_out(data: str | Path | Folder, is_them: Callable[[str], bool]) -> int:
    """Take every row about somebody out of the questions, answered or not; how many there were."""
    path = _on_disk(data) / PRIVATE / BOOK
    if not path.is_file():
        return 0
    with files.lock(path.with_name(f"{BOOK}.lock")):
        rows = list(_rows(path))
        left = [row for row in rows if not any(is_them(record) for record in row.pair)]
        if len(left) < len(rows):
            files.write_whole(path, _as_bytes(left))
    return len(rows) - len(left)


def read_never(data: str | Path | Folder) -> list[tuple[str, str]]:
    """Pairs that are never to be joined, whatever anybody decides: `private/never_link.csv` (record_a, record_b, because).

    Raises `DataError` with the line for a row that does not name two records.

    >>> read_never("sample")
    []
    """
    path = _on_disk(data) / PRIVATE / NEVER
    if not path.is_file():
        return []
    found = []
    for line, row in smallfiles.rows(path, ("record_a", "record_b"), ("because",)):
        a, b = row["record_a"], row["record_b"]
        if ":" not in a or ":" not in b or a == b:
            raise DataError(f"{NEVER}, line {line}: two different records are needed, each written <supplier>:<id>.")
        found.append((a, b))
    return found


def _on_disk(data: str | Path | Folder) -> Path:
    folder = data if isinstance(data, Folder) else open_folder(data)
    if folder.path is None:
        raise RequestError("frames have no private room: give decisions and never to link_people yourself.")
    return folder.path


def _asked(pair: tuple[str, str], now: Mapping[str, Any] | None, old: _Row | None, shown: Mapping[str, Any]) -> _Row:
    """A row as it is written: the question as it stands now, and all that people wrote before."""
    cells: dict[str, Any] = dict.fromkeys(COLUMNS_OF_BOOK, "")
    cells |= {"record_a": pair[0], "record_b": pair[1]}
    cells |= {c: old.cells[c] for c in (*_ASKED, *_KEPT)} if old else {}
    basis = _basis(now)
    if now is not None and shown:
        cells |= {"why": now["because"], "agree": "; ".join(now[c] for c in COLUMNS if now[c])}
        cells |= {f"{c}_{side}": shown[i][c] for c in SHOWN for side, i in zip("ab", pair, strict=True)}
    if cells["decision"] and cells["basis"] and basis and basis != cells["basis"]:
        cells["look"] = "look again"
    if not (cells["decision"] and cells["basis"]):
        cells["basis"] = basis
    return _Row(0, cells, dict(old.extra) if old else {})


def _first(rows: list[_Row]) -> _Row | None:
    """Of the rows about one pair the one that is filled in anew: the first in which somebody wrote."""
    return next((row for row in rows if row.is_written_in), None)


def _basis(now: Mapping[str, Any] | None) -> str:
    """A mark of how two records compare; it holds no value."""
    return hashlib.sha256("\n".join(str(now[c]) for c in COLUMNS).encode()).hexdigest()[:12] if now is not None else ""


def _shown(records: pd.DataFrame, wanted: set[str]) -> dict[str, dict[str, str]]:
    """What is shown of each record; where its rows differ, all that they say."""
    found: dict[str, dict[str, list[str]]] = {i: {c: [] for c in SHOWN} for i in wanted}
    for row in records.to_dict("records"):
        if (cells := found.get(row["record_id"])) is None:
            continue
        for column in SHOWN:
            value = row.get(column)
            text = f"{value:%d/%m/%Y}" if isinstance(value, dt.date) and value == value else value
            if isinstance(text, str) and text and text not in cells[column]:
                cells[column].append(text)
    return {i: {c: " / ".join(sorted(v)) for c, v in cells.items()} for i, cells in found.items()}


def _as_bytes(rows: list[_Row]) -> bytes:
    added = list(dict.fromkeys(head for row in rows for head in row.extra))
    headings = [
        Heading(
            name.replace("_", " "),
            _NOTES.get(name, ""),
            _WIDTHS.get(name, 16),
            DECISIONS if name == "decision" else (),
            is_given=name in _GIVEN or name == "basis",
        )
        for name in COLUMNS_OF_BOOK
    ]
    cells = [{n.replace("_", " "): v for n, v in row.cells.items()} | row.extra for row in rows]
    return workbook([Filled(SHEET, [*headings, *(Heading(head) for head in added)], cells)], "Questions about records")


def _rows(path: Path) -> Iterator[_Row]:
    """The rows of the workbook, typed; none where there is no workbook."""
    if not path.is_file():
        return
    lines = list(sheet_rows(path, BOOK, SHEET, BOOK))
    heads = [cell.strip() for cell in lines[0]] if lines else []
    names = {head.replace(" ", "_").casefold(): n for n, head in enumerate(heads) if head}
    if missing := [c for c in COLUMNS_OF_BOOK if c not in names]:
        raise DataError(
            f"{BOOK}: the column '{missing[0].replace('_', ' ')}' is not there.{did_you_mean(missing[0], names)} Put it back; "
            "nothing was written."
        )
    for line, cells in enumerate(lines[1:], start=2):
        texts = [cell.strip() for cell in cells] + [""] * (len(heads) - len(cells))
        if not any(texts):
            continue
        row = _Row(line, {c: texts[names[c]] for c in COLUMNS_OF_BOOK})
        row.extra = {heads[n]: texts[n] for name, n in names.items() if name not in COLUMNS_OF_BOOK}
        yield _typed(row)


def _typed(row: _Row) -> _Row:
    """The row with its day read. Raises `DataError` for what cannot be used; no cell's text is in the message."""

    def wrong(what: str) -> DataError:
        return DataError(f"{BOOK}, row {row.line}: {what}")

    cells = row.cells
    if not cells["record_a"] or not cells["record_b"]:
        raise wrong(
            "which two records? The columns 'record a' and 'record b' are needed. Put them back, or remove the row."
        )
    cells["decision"] = cells["decision"].casefold()
    if cells["decision"] and cells["decision"] not in DECISIONS:
        raise wrong(f"a decision is one of {listed(DECISIONS)}. Choose one from the list.")
    day = cells["decided_on"]
    try:
        cells["decided_on"] = read_day(day.removeprefix(TYPED)[:10] if day.startswith(TYPED) else day, "decided on")
    except RequestError as fault:
        raise wrong(str(fault)) from None
    if cells["decision"] and (not cells["decided_by"] or cells["decided_on"] is None):
        raise wrong("who decided (a role), and on which day? Fill in 'decided by' and 'decided on'.")
    return row
