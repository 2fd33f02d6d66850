"""What is kept of a data folder beside its files: reports, releases, stores, rows of the review book; and taking it
out.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeys.book import PLACE, Book, check_closed, read_all, save_at
from journeys.bookfile import Row
from journeys.judgements import Sheet
from journeys.releasing import RELEASE, series
from journeys.reports import REPORTS
from journeys.sources import PRIVATE, Folder
from lib import files
from lib.catalogue import try_to_write_index
from lib.holds import try_to_hold
from lib.manifests import MANIFEST

BOOK_BEFORE = "review (before).xlsx"
NOT_DATA = ("sources.yml", "review.xlsx")


@dataclass(frozen=True)
class Run:
    """One run in a folder of reports: where it is, and what its record says it rests on."""

    path: Path
    record: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.path.name

    @property
    def says(self) -> str:
        """The run in a line, with no value of anybody's."""
        what = f"{self.record.get('notebook', 'a report')}, {self.record.get('level', 'team')}"
        return f"{self.name} ({what}{', failed' if self.path.parent.name == 'failed' else ''})"

    @property
    def rests_on(self) -> frozenset[str]:
        """The names of the data files that went into it: not the rules, nor what declares them."""
        names = self.record.get("inputs") or {}
        return frozenset(
            n
            for n in names
            if n not in NOT_DATA and not n.endswith((".yml", ".yaml")) and not n.startswith("forgotten.")
        )

    @property
    def says_its_files(self) -> bool:
        """Whether its record names the files it rests on: a public one does not."""
        return bool(self.record.get("inputs"))

    def may_rest_on(self, names: Collection[str]) -> bool:
        """Whether it rests on one of these files, or does not say on which it does."""
        return not self.says_its_files or bool(self.rests_on & set(names))


def runs_of(folder: Folder, reports: Path = REPORTS) -> list[Run]:
    """The runs in a folder of reports that were made on this data folder, failed ones too, oldest first."""
    found = []
    for place in (reports, reports / "failed"):
        for path in sorted(place.glob("*/run.json")):
            try:
                record = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(record, dict) and record.get("data") == folder.name:
                found.append(Run(path.parent, record))
    return sorted(found, key=lambda run: run.name)


def take_out(runs: Sequence[Run]) -> None:
    """Remove runs, each by one rename out of its place first, so that nobody opens half of one, and index what is left."""
    aside_by_reports: dict[Path, list[Path]] = {}
    for run in runs:
        reports = run.path.parent.parent if run.path.parent.name == "failed" else run.path.parent
        aside = reports / f".building-gone-{run.name}"
        run.path.rename(aside)
        aside_by_reports.setdefault(reports, []).append(aside)
    for reports, gone in aside_by_reports.items():
        try_to_write_index(reports)
        for aside in gone:
            shutil.rmtree(aside, ignore_errors=True)


def released(folder: Folder, run: Run | None = None, release: Path = RELEASE) -> list[str]:
    """What has left the partnership already, of this folder or of one run: by name. It cannot be called back.

    A manifest that cannot be read is named as well: better one too many than one too few.
    """
    found = []
    for path in sorted(release.glob(f"*/{MANIFEST}")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            is_ours = told["run"] == run.name if run else told["series"] == series(folder.name)
        except (OSError, ValueError, KeyError, TypeError):
            is_ours = run is None
        if is_ours:
            found.append(path.parent.name)
    return found


# Stores


def sweep_stores(folder: Folder, keep: str = "") -> tuple[int, int]:
    """Remove a folder's stores, but for those of one key: how many were removed, and how many a program holds open."""
    assert folder.path is not None
    home, gone, held = folder.path / ".store", 0, 0
    for store in sorted(home.glob("*.duckdb")) if home.is_dir() else []:
        if keep and store.stem.split("-")[0] == keep:
            continue
        holders = [try_to_hold(lock) for lock in home.glob(f"{store.stem}.*.held")]
        if all(holders):
            store.unlink(missing_ok=True)
            gone += 1
        else:
            held += 1
        for lock in filter(None, holders):
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)
    spill = home / "spill"
    if not held and spill.is_dir():
        shutil.rmtree(spill, ignore_errors=True)
    return gone, held


def bundles(folder: Folder) -> list[Path]:
    """The bundles that were put together for access requests."""
    return sorted(p for p in (folder.path / PRIVATE).glob("subject *") if p.is_dir()) if folder.path else []


# The review book


def book_path(folder: Folder) -> Path | None:
    """Where the folder's book is; nothing where there is none."""
    path = folder.path.joinpath(*PLACE) if folder.path else None
    return path if path and path.is_file() else None


def read_own_book(folder: Folder) -> Book | None:
    """The folder's book, every row of it; nothing where there is none. Raises `DataError` where it cannot be read."""
    path = book_path(folder)
    return read_all(path) if path else None


def check_book_closed(folder: Folder) -> None:
    """Stop before anything is begun where somebody has the book open. Raises `BusyError`."""
    if path := book_path(folder):
        check_closed(path)


Gone = Callable[[Sheet, Row], bool]


def without(book: Book, gone: Gone) -> tuple[dict[str, list[Row]], int]:
    """The rows of a book without those that are to go, and how many went."""
    from journeys.judgements import SHEETS

    kept = {name: [row for row in rows if not gone(SHEETS[name], row)] for name, rows in book.sheets.items()}
    return kept, sum(map(len, book.sheets.values())) - sum(map(len, kept.values()))


def rewrite_book(folder: Folder, book: Book, rows: Mapping[str, list[Row]]) -> None:
    """Write the book with these rows alone, and leave no copy of the one before. Raises `BusyError` where it is open."""
    assert book.path is not None
    about = folder.about
    save_at(book.path, f"{about.purpose}{' INVENTED DATA.' if about.invented else ''}", rows, book.others)
    forget_book_before(folder)


def forget_book_before(folder: Folder) -> bool:
    """Remove the copy of the book before the last one written; whether there was one."""
    assert folder.path is not None
    path = folder.path / PLACE[0] / BOOK_BEFORE
    files.refuse_symlink(path)
    there = path.is_file()
    path.unlink(missing_ok=True)
    return there


def contacts_in(row: Row) -> Iterator[str]:
    """Every contact that a row of the book names: its own, and its evidence."""
    yield from _parts(row, "contact_id", "evidence")


def people_in(row: Row) -> Iterator[str]:
    """Every person whom a row of the book names by number: a reader, and for whom that one answers."""
    yield from _parts(row, "reader", "answers_for")


def _parts(row: Row, *names: str) -> Iterator[str]:
    for name in names:
        value = row.cells.get(name)
        for part in value if isinstance(value, tuple | list) else str(value or "").split(";"):
            if part.strip():
                yield part.strip()
