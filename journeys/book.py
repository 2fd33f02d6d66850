"""The review book: one workbook in the data folder that holds what only people can supply, read strictly.

`review/review.xlsx` has a sheet per judgement (`judgements.SHEETS`). What people wrote in it stands as they wrote it: a
run fills in the given columns anew and changes no other. Where what a decision rested on has changed since, the row
says "look again". Columns, rows and sheets that people add are kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from journeys.activities import spelled
from journeys.bookfile import READ_ME, SCHEMA, Row, as_bytes
from journeys.journey import Journeys
from journeys.judgements import SHEETS, Field, Sheet
from journeys.sources import Folder
from lib import files
from lib.dates import read_day
from lib.errors import BusyError, DataError, RequestError, did_you_mean, listed
from lib.workbooks import TYPED, all_sheets

PLACE = ("review", "review.xlsx")
CHANGED = "look again: what this rested on has changed"
GONE = "look again: no rule proposes it any more"


@dataclass(frozen=True)
class Book:
    """What people supplied: `book.rows("needs")` is a list of dicts, a row each, for the families of the review."""

    path: Path | None
    families: frozenset[str]
    sheets: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    others: Mapping[str, list[list[str]]] = field(default_factory=dict)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of one sheet in which people judged something, about the families of this review.

        Where a cell is empty text is "", a day or a number None, and a list of ids ().
        """
        return [dict(row.cells) for row in self.written(name) if self.is_about(row)]

    def written(self, name: str) -> list[Row]:
        """The same with their lines, about any family."""
        if name not in SHEETS:
            raise RequestError(f"the book has no sheet '{name}'.{did_you_mean(name, SHEETS)} Sheets: {listed(SHEETS)}.")
        return [row for row in self.sheets.get(name, ()) if row.is_decided(SHEETS[name])]

    def is_about(self, row: Row) -> bool:
        """Whether a row speaks of this review: of one of its families, or of no family."""
        return row.cells.get("family_id", "") in ("", *self.families)

    @property
    def to_look_at_again(self) -> int:
        """How many decisions rest on something that has changed since."""
        looks = (row.cells.get("look") for name in self.sheets for row in self.written(name) if self.is_about(row))
        return sum(bool(look) for look in looks)


def book_of(review: Journeys) -> Path | None:
    """Where the book of a review stands; none where its contacts came as frames."""
    folder = review.session.folder.path
    return folder.joinpath(*PLACE) if folder else None


def hashes(folder: Folder) -> dict[str, str]:
    """The SHA-256 of the folder's book, by its name; nothing where there is none."""
    path = folder.path.joinpath(*PLACE) if folder.path else None
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()} if path and path.is_file() else {}


def read_book(review: Journeys, path: str | Path | None = None) -> Book:
    """What people wrote in the review book: the folder's own, or the copy at `path`. Empty where there is none yet.

    Raises `DataError` with sheet and row for what cannot be read: a column that is gone, a choice that there is not, a
    day that does not exist, a family that is in no journey, a row half filled in, or a worker's number in words.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> book = read_book(build_journeys(read_contacts("sample")))
    >>> book.rows("page")
    []
    """
    place = Path(path) if path is not None else book_of(review)
    families = frozenset(review.families)
    if place is None or not place.exists():
        if path is not None:
            raise RequestError(f"there is no book at '{files.shown(place or '')}'.")
        return Book(place, families)
    stat = place.stat()
    given = _given(place, stat.st_mtime_ns, stat.st_size)
    _check_schema(place, given)
    sheets = _typed(place, stat.st_mtime_ns, stat.st_size, *review.once("names in a book", lambda: _names(review)))
    others = {name: rows for name, rows in given.items() if name not in SHEETS and name != READ_ME}
    return Book(place, families, sheets, others)


def read_all(path: Path) -> Book:
    """Every row of a book, whatever family or contact it is about: to answer for the data, or to take some of it out.

    Raises `DataError` for what cannot be read, as `read_book` does.
    """
    stat = path.stat()
    given = _given(path, stat.st_mtime_ns, stat.st_size)
    _check_schema(path, given)
    families: set[str] = set()
    for name, rows in given.items():
        heads = [cell.strip().casefold().replace(" ", "_") for cell in rows[0]] if rows and name in SHEETS else []
        at = heads.index("family_id") if "family_id" in heads else None
        families |= {row[at].strip().removeprefix(TYPED) for row in rows[1:] if at is not None and at < len(row)}
    sheets = _typed(path, stat.st_mtime_ns, stat.st_size, frozenset(families), frozenset())
    others = {name: rows for name, rows in given.items() if name not in SHEETS and name != READ_ME}
    return Book(path, frozenset(families), sheets, others)


@lru_cache(maxsize=8)
def _given(path: Path, changed: int, size: int) -> dict[str, list[list[str]]]:
    """The cells of a workbook, read once for each state of the file."""
    return all_sheets(path, files.shown(path))


@lru_cache(maxsize=8)
def _typed(
    path: Path, changed: int, size: int, known: frozenset[str], workers: frozenset[str]
) -> Mapping[str, tuple[Row, ...]]:
    """The rows of each sheet, checked once for each state of the file and of what they are checked against."""
    given = _given(path, changed, size)
    return {
        name: tuple(_rows(path, SHEETS[name], rows, known, workers)) for name, rows in given.items() if name in SHEETS
    }


def _check_schema(path: Path, given: Mapping[str, list[list[str]]]) -> None:
    marks = [row[1] for row in given.get(READ_ME, []) if len(row) > 1 and row[0] == "schema"]
    if not any(name in given for name in SHEETS):
        raise DataError(
            f"{files.shown(path)} is no review book: it has none of its sheets. Move it away, and write one anew."
        )
    if marks and marks[0].isdigit() and int(marks[0]) > SCHEMA:
        raise DataError(f"{files.shown(path)} was written by a later version of the kit. Use that version.")


def _names(review: Journeys) -> tuple[frozenset[str], frozenset[str]]:
    """Every family's, and workers' as a reader would know them again: a short plain number may be any number."""
    families = review.engine.rows(f"SELECT name FROM {review.codes}families")
    workers = review.engine.rows(
        "SELECT DISTINCT professional_id AS w FROM store.rows WHERE professional_id IS NOT NULL"
    )
    known = frozenset(_as_written(w) for (w,) in workers if not (w.isdigit() and len(w) < 4))
    return frozenset(name for (name,) in families), known - {""}


def _as_written(worker: str) -> str:
    """What a worker is known by, as it is looked for in words: however it is written, but that May is no month of may."""
    words = spelled(worker)
    return words if " " in words or any(sign.isdigit() for sign in words) else worker.strip()


def _names_a_worker(text: str, workers: frozenset[str]) -> bool:
    """Whether words hold what a worker is known by, of as many words as it has, whatever signs stand round it."""
    words, alone = spelled(text).split(), re.findall(r"[^\W_]+", text)
    runs = (" ".join(words[n : n + length]) for length in range(1, _longest(workers) + 1) for n in range(len(words)))
    return not workers.isdisjoint(alone) or any(run in workers for run in runs)


@lru_cache(maxsize=8)
def _longest(workers: frozenset[str]) -> int:
    """Of how many words the longest is."""
    return max((len(worker.split()) for worker in workers), default=0)


def _rows(
    path: Path, sheet: Sheet, rows: Sequence[Sequence[str]], known: frozenset[str], workers: frozenset[str]
) -> Iterable[Row]:
    if not rows or not any(any(cell for cell in row) for row in rows):
        return
    heads = [cell.strip().casefold().replace(" ", "_") for cell in rows[0]]
    lost = [f.name for f in sheet.columns if f.name not in heads]
    if lost:
        raise DataError(
            f"{files.shown(path)}, sheet '{sheet.name}': it has no column {listed(lost)} in its first row. Put it back."
        )
    at = {f.name: heads.index(f.name) for f in sheet.columns}
    extras = [(n, cell) for n, cell in enumerate(rows[0]) if n not in at.values() and cell.strip()]
    seen: dict[tuple[Any, ...], int] = {}
    for line, row in enumerate(rows[1:], start=2):
        texts = {name: row[n].strip() if n < len(row) else "" for name, n in at.items()}
        if not any(texts.values()):
            continue

        def wrong(message: str, line: int = line) -> DataError:
            return DataError(f"{files.shown(path)}, sheet '{sheet.name}', row {line}: {message}")

        found = Row(
            line,
            {f.name: _cell(f, texts[f.name], wrong) for f in sheet.columns},
            {head: row[n] for n, head in extras if n < len(row) and row[n]},
        )
        if found.is_decided(sheet):
            _check(sheet, found, known, workers, wrong)
            key = tuple(found.cells[name] for name in sheet.key)
            if sheet.key and all(key) and seen.setdefault(key, line) != line:
                raise wrong(f"row {seen[key]} decides the same. Keep one of the two.")
        yield found


def _cell(field: Field, text: str, wrong: Any) -> Any:
    """One cell, typed as its column says."""
    is_date = text.startswith(TYPED)
    plain = text.removeprefix(TYPED)
    if field.kind == "day":
        try:
            return read_day(plain.split("T")[0] if is_date else plain, f"'{field.name}'")
        except RequestError as error:
            raise wrong(str(error)) from None
    if field.kind == "number":
        try:
            return float(plain) if plain else None
        except ValueError:
            raise wrong(f"'{field.name}' is not a number. Write it in figures, such as 4 or 2.5.") from None
    if field.kind == "ids":
        return tuple(part.strip() for part in plain.split(";") if part.strip())
    if field.kind == "choice":
        choice = plain.casefold()
        if choice and choice not in field.choices:
            raise wrong(
                f"'{field.name}' is none of its choices.{did_you_mean(choice, field.choices)} Choices: {listed(field.choices)}."
            )
        return choice
    return plain.split("T")[0] if is_date else plain


def _check(sheet: Sheet, row: Row, known: frozenset[str], workers: frozenset[str], wrong: Any) -> None:
    """What a row in which people wrote must hold, and must not."""
    cells = row.cells
    family = cells.get("family_id")
    if family and family not in known:
        raise wrong("the family of this row is in no journey here. Correct its family_id, or take the row out.")
    empty = [name for name in sheet.needs if cells.get(name) in ("", None)]
    if empty:
        raise wrong(f"it is half filled in: {listed(empty)} is empty. Fill it in, or empty the row.")
    if sheet.needs and not cells.get("decided_by"):
        raise wrong("who decided, or said so? Give a role, such as 'early help panel', in the column 'decided_by'.")
    if cells.get("score") is not None and not 0 <= cells["score"] <= 10:
        raise wrong("a score is from 0 (not at all) to 10 (wholly).")
    for f in sheet.columns:
        is_free = f.kind in ("words", "text") and not f.is_given and f.name not in sheet.key
        if is_free and _names_a_worker(str(cells.get(f.name) or ""), workers):
            raise wrong(
                f"a worker's number stands in '{f.name}'. Say what in the system made it so; no worker is named."
            )


def refreshed(sheet: Sheet, proposed: Sequence[Mapping[str, Any]], book: Book) -> list[Row]:
    """The rows of a sheet as they are to be written: what is proposed now, with what people wrote; then the rest.

    A decision whose given columns have changed says "look again"; one that is not proposed any more is kept and says
    so. Rows about families outside this review stay as they are.
    """
    old = list(book.sheets.get(sheet.name, ()))
    if not sheet.key:
        return [row for row in old if row.is_touched(sheet)]
    before = {_key(sheet, row.cells): row for row in old if all(_key(sheet, row.cells))}
    found: list[Row] = []
    for given in proposed:
        was = before.pop(_key(sheet, given), None)
        basis = basis_of(sheet, given)
        asked = {name: was.cells[name] if was else None for name in sheet.asked}
        if was and was.is_decided(sheet) and was.cells["basis"] not in ("", basis):
            asked["look"] = CHANGED
        cells = {f.name: given.get(f.name) for f in sheet.columns if f.is_given or f.name in sheet.key}
        found.append(Row(0, cells | asked | {"basis": basis}, was.extra if was else {}))
    left = {id(row) for row in before.values()}
    for row in old:
        if all(_key(sheet, row.cells)) and id(row) not in left:
            continue
        if not book.is_about(row):
            found.append(row)
        elif row.is_touched(sheet):
            gone = {"look": row.cells["look"] or GONE} if row.cells["basis"] else {}
            found.append(Row(row.line, {**row.cells, **gone}, row.extra))
    return found


def _key(sheet: Sheet, cells: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(cells.get(name) or "") for name in sheet.key)


def basis_of(sheet: Sheet, given: Mapping[str, Any]) -> str:
    """A mark of what a decision rests on: the given columns, but for the key."""
    names = [f.name for f in sheet.fields if f.is_given and f.name not in sheet.key]
    return hashlib.sha256("\x1f".join(f"{n}={given.get(n) or ''}" for n in names).encode()).hexdigest()[:8]


def save(
    review: Journeys, rows: Mapping[str, Sequence[Row]], others: Mapping[str, list[list[str]]] | None = None
) -> Path:
    """Write the book of a review whole, and keep the one before beside it. Returns its path.

    Raises `RequestError` where the contacts came as frames, `BusyError` where somebody has the book open.
    """
    path = book_of(review)
    if path is None:
        raise RequestError("these contacts came as frames, so there is no data folder to keep the book in.")
    about = review.about
    return save_at(path, f"{about.purpose}{' INVENTED DATA.' if about.invented else ''}", rows, others)


def check_closed(path: Path) -> None:
    """Stop where somebody has the book open in a spreadsheet program. Raises `BusyError`."""
    for mark in (path.with_name(f".~lock.{path.name}#"), path.with_name(f"~${path.name}")):
        if mark.exists():
            raise BusyError(
                f"{files.shown(path)} is open in a spreadsheet program. Close it there first: nothing was written."
            )


def save_at(
    path: Path, said: str, rows: Mapping[str, Sequence[Row]], others: Mapping[str, list[list[str]]] | None = None
) -> Path:
    """Write a book whole at its place, and keep the one before beside it. Raises `BusyError` where it is open."""
    check_closed(path)
    content = as_bytes(said, rows, others)
    files.private_dir(path.parent)
    if path.exists() and (before := path.read_bytes()) != content:
        files.write_whole(path.with_name("review (before).xlsx"), before)
    files.write_whole(path, content)
    return path
