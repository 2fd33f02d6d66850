"""What a workbook says of its sheets beside their values: hidden rows, merged cells, formulas without a value, its calendar.

A child process looks, inside the walls of `lib.walls`; a sheet in which nothing of the kind stands is not parsed.
"""

from __future__ import annotations

import functools
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from lib.errors import DataError
from lib.walls import child, hold_memory
from lib.xmlstream import PIECE, walk

MOST = 1_000_000
WORTH_A_LOOK = tuple(
    re.compile(words)
    for words in (
        rb"<(\w+:)?(f[\s>/]|mergeCell\s)|<!DOCTYPE|hidden=[\"'](1|true)",
        # Apart, since each begins with letters that are found at once: in one pattern all of it would be slow.
        b" ht=[\"']0[\"']",
        b" t=[\"'][be][\"']",
    )
)
DOCTYPE, NO_WORKBOOK, TOO_MANY = 3, 4, 5


@dataclass(frozen=True)
class Marks:
    """Of one sheet: how many rows are hidden, the merged ranges, the cells of formulas without a value, those with an error in
    place of one, those that hold a yes or no, those with a number that the sheet shows with noughts before it, and the calendar.

    Cells are (row, column), from 1; a merged range is its first and last cell and how it is written.
    """

    hidden: int = 0
    merged: tuple[tuple[tuple[int, int], tuple[int, int], str], ...] = ()
    unsaved: frozenset[tuple[int, int]] = frozenset()
    errors: frozenset[tuple[int, int]] = frozenset()
    switches: frozenset[tuple[int, int]] = frozenset()
    padded: frozenset[tuple[int, int]] = frozenset()
    from_1904: bool = False


def marks_of(path: Path, name: str, title: str) -> Marks:
    """The marks of a sheet. Raises `DataError` for a workbook with a DOCTYPE in it, and for what cannot be looked at."""
    found = path.stat()
    return _marks(path, name, found.st_mtime_ns, found.st_size).get(title, Marks())


@functools.lru_cache(maxsize=1)
def _marks(path: Path, name: str, changed: int, size: int) -> dict[str, Marks]:
    with child("lib.sheetmarks", str(path)) as at_work:
        said = at_work.out.read()
    if at_work.code == DOCTYPE:
        raise DataError(
            f"{name} has a DOCTYPE in it, which no spreadsheet program writes, so it was not read. Export it again."
        )
    if at_work.code == TOO_MANY:
        raise DataError(
            f"{name} has more than a million cells that are merged, or are formulas without a value, or errors. Paste the "
            "values into a new workbook, or save it as CSV."
        )
    if at_work.code or at_work.ended_for:
        raise DataError(f"{name} could not be opened safely. Save it again, or save it as CSV.")
    given = json.loads(said)
    return {
        title: Marks(
            one["hidden"],
            tuple((*ends, ref) for ref in one["merged"] if (ends := _ends(ref))),
            _cells(one["unsaved"]),
            _cells(one["errors"]),
            _cells(one["switches"]),
            _cells(one["padded"]),
            given["from_1904"],
        )
        for title, one in given["sheets"].items()
    }


def _cells(refs: list[str]) -> frozenset[tuple[int, int]]:
    return frozenset(at for ref in refs if (at := _cell(ref)))


def _ends(ref: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
    first, _, last = ref.partition(":")
    a, b = _cell(first), _cell(last or first)
    return (a, b) if a and b else None


def _cell(ref: str) -> tuple[int, int] | None:
    """A cell's row and column, from 1.

    >>> _cell("B3"), _cell("AA10"), _cell("3")
    ((3, 2), (10, 27), None)
    """
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", ref)
    if not found:
        return None
    return int(found[2]), _column(found[1])


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column


# The child


class _TooManyError(Exception):
    """There is more to say of a sheet than can be held."""


TOLD = ("merged", "unsaved", "errors", "switches", "padded")


@dataclass
class _Sheet:
    """Hears a sheet."""

    hidden: int = 0
    merged: list[str] = field(default_factory=list)
    unsaved: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    switches: list[str] = field(default_factory=list)
    padded: list[str] = field(default_factory=list)
    shows: dict[str, int] = field(default_factory=dict)
    figures: int = 0
    letters: int = 0
    is_hidden: bool = False
    cell: str = ""
    has_formula: bool = False
    has_value: bool = False
    open: list[str] = field(default_factory=list)

    def begins(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.open.append(name)
        if name == "row":
            self.is_hidden = attributes.get("hidden") in ("1", "true") or attributes.get("ht") == "0"
        elif name == "c":
            self.cell, self.has_formula, self.has_value = attributes.get("r", ""), False, False
            is_number = attributes.get("t", "n") == "n"
            self.figures, self.letters = self.shows.get(attributes.get("s", ""), 0) if is_number else 0, 0
            if attributes.get("t") in ("e", "b"):
                (self.errors if attributes["t"] == "e" else self.switches).append(self.cell)
        elif name == "f":
            self.has_formula = True
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", ""))

    def text(self, words: str) -> None:
        if self.open[-1] in ("v", "t") and words:
            self.has_value, self.letters = True, self.letters + len(words)

    def ends(self) -> None:
        name = self.open.pop()
        if name == "c":
            if self.has_formula and not self.has_value:
                self.unsaved.append(self.cell)
            if 0 < self.letters < self.figures:
                self.padded.append(self.cell)
            if self.is_hidden and (self.has_value or self.has_formula):
                self.hidden, self.is_hidden = self.hidden + 1, False
        elif name == "row" and sum(len(getattr(self, kind)) for kind in TOLD) > MOST:
            raise _TooManyError


@dataclass
class _Book:
    """Hears `workbook.xml`, or the list of what belongs to it."""

    sheets: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    from_1904: bool = False

    def begins(self, name: str, attributes: dict[str, str], line: int) -> None:
        by_name = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if name == "workbookPr":
            self.from_1904 = by_name.get("date1904") in ("1", "true")
        elif name == "sheet":
            self.sheets[by_name.get("name", "")] = attributes.get("r:id") or by_name.get("id", "")
        elif name == "Relationship":
            self.targets[by_name.get("Id", "")] = by_name.get("Target", "")

    def text(self, words: str) -> None:
        pass

    def ends(self) -> None:
        pass


@dataclass
class _Styles:
    """Hears `styles.xml`: the styles by which a number is shown with noughts before it, and to how many figures."""

    codes: dict[str, str] = field(default_factory=dict)
    shows: dict[str, int] = field(default_factory=dict)
    styles: int = 0
    open: list[str] = field(default_factory=list)

    def begins(self, name: str, attributes: dict[str, str], line: int) -> None:
        if name == "numFmt":
            self.codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and self.open[-1:] == ["cellXfs"]:
            code = self.codes.get(attributes.get("numFmtId", ""), "")
            if PADS.fullmatch(code):
                self.shows[str(self.styles)] = code.count("0")
            self.styles += 1
        self.open.append(name)

    def text(self, words: str) -> None:
        pass

    def ends(self) -> None:
        self.open.pop()


PADS = re.compile(r"[^.;#?%dmyhsEeg]*00[^.;#?%dmyhsEeg]*", re.IGNORECASE)
"""How a number is shown with noughts before it: no decimals, no day and no time."""


def _shows(archive: zipfile.ZipFile) -> dict[str, int]:
    styles = _Styles()
    if "xl/styles.xml" in archive.namelist():
        with archive.open("xl/styles.xml") as file:
            for _ in walk("xl/styles.xml", file, styles):
                pass
    return styles.shows


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file piece by piece, each with the end of the one before, so that nothing is cut in two."""
    before = b""
    while piece := file.read(PIECE):
        yield before + piece
        before = piece[-40:]


def _parts(archive: zipfile.ZipFile) -> tuple[_Book, dict[str, str]]:
    """What a workbook says of itself, and in which part of it each sheet stands."""
    book = _Book()
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        with archive.open(part) as file:
            for _ in walk(part, file, book):
                pass
    targets = {title: book.targets.get(its, "") for title, its in book.sheets.items()}
    return book, {title: t.lstrip("/") if t.startswith("/") else f"xl/{t}" for title, t in targets.items()}


ROW, FAR_CELL = re.compile(rb'<row r="([0-9]{1,7})"'), re.compile(rb'<c r="([A-Z]{2,3})([0-9]{1,7})"')
"""A row, and a cell beyond the 26th column, as programs write them; left of that a sheet never has so many cells that it matters."""


def reach(path: str) -> dict[str, int]:
    """How many cells each sheet of a workbook spans, from its first to the farthest that it holds; what it declares may be untrue."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for title, part in _parts(archive)[1].items():
            rows = columns = 0
            if part in archive.namelist():
                with archive.open(part) as file:
                    for piece in _pieces(file):
                        rows = max(rows, max(map(int, ROW.findall(piece)), default=0))
                        for letters, row in FAR_CELL.findall(piece):
                            rows, columns = max(rows, int(row)), max(columns, _column(letters.decode()))
            found[title] = rows * max(columns, 26)
    return found


def _look(path: str) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        book, parts = _parts(archive)
        shows = _shows(archive)
        worth_it = [*WORTH_A_LOOK, *([re.compile(rb" s=[\"'](%s)[\"']" % "|".join(shows).encode())] if shows else [])]
        sheets = {}
        for title, part in parts.items():
            sheet = _Sheet(shows=shows)
            if part in archive.namelist():
                with archive.open(part) as file:
                    worth = any(words.search(piece) for piece in _pieces(file) for words in worth_it)
                if worth:
                    with archive.open(part) as file:
                        for _ in walk(part, file, sheet):
                            pass
            sheets[title] = {kind: getattr(sheet, kind) for kind in ("hidden", *TOLD)}
    return {"from_1904": book.from_1904, "sheets": sheets}


def _child(path: str) -> int:
    hold_memory()
    try:
        sys.stdout.write(json.dumps(_look(path)))
    except DataError as error:
        return DOCTYPE if "DOCTYPE" in str(error) else NO_WORKBOOK
    except _TooManyError:
        return TOO_MANY
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, RuntimeError, EOFError):
        return NO_WORKBOOK
    return 0


if __name__ == "__main__":
    raise SystemExit(_child(sys.argv[1]))
