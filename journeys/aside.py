"""Records that did not come in, or not whole, kept as they came, for the data's owner alone: to mend, and to send in again.

What was set aside lies in `private/set_aside`, and what came in with a text cut short in `private/kept_whole`: a file for each
file and list with such records, with its column names and each record, byte for byte where the file is text; as the values
that were read where it is not. `check` writes them anew each time, so that what has come in is no longer there. Nothing of
anybody who asked to be forgotten is ever in them.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from journeys import forgotten
from journeys.contacts import Session, cut_texts
from journeys.sources import PRIVATE, Folder
from lib.batches import Source
from lib.csvs import raw_records
from lib.files import private_dir, refuse_symlink, write_whole
from lib.readers import batches, is_text

SET_ASIDE, KEPT_WHOLE = "set_aside", "kept_whole"

ROOMS = {
    SET_ASIDE: f"SELECT f, source_row, source_line FROM store.set_aside WHERE because <> '{forgotten.REASON}'",
    KEPT_WHOLE: cut_texts(),
}
"""Each room by its name, and the records of a store that are kept in it."""


def rooms_of(folder: Folder) -> list[Path]:
    """Where a folder's records are kept as they came; nothing where there is no such place."""
    paths = [folder.path / PRIVATE / room for room in ROOMS] if folder.path else []
    return [path for path in paths if path.is_dir() and not path.is_symlink()]


def clear(folder: Folder) -> bool:
    """Remove what is kept; whether there was anything."""
    rooms = rooms_of(folder)
    for room in rooms:
        shutil.rmtree(room)
    return bool(rooms)


def keep(session: Session) -> dict[str, Path]:
    """Keep every record that a folder sets aside or cuts short now, in place of those kept before; each room that holds any.

    Raises `BuildError` where nothing may be written there.
    """
    folder = session.folder
    if folder.path is None:
        return {}
    for place in (PRIVATE, *(f"{PRIVATE}/{room}" for room in ROOMS)):
        refuse_symlink(folder.path / place)
    clear(folder)
    made = {}
    for name, select in ROOMS.items():
        records = _rows(session, select)
        if records:
            made[name] = private_dir(private_dir(folder.path / PRIVATE) / name)
        for source in folder.sources():
            if source.name in records:
                write_whole(made[name] / _name(source), b"".join(_kept(source, records[source.name])))
    return made


def _rows(session: Session, select: str) -> dict[str, dict[int, int]]:
    """For each source, the line of each record that a SELECT finds, by its number."""
    found: dict[str, dict[int, int]] = {}
    named = f"SELECT p.source_file, s.source_row, s.source_line FROM ({select}) AS s JOIN store.files AS p ON s.f = p.f"
    for file, row, line in session.engine.rows(named):
        if file not in session.rejected:
            found.setdefault(file, {})[row] = line
    return found


def _name(source: Source) -> str:
    name = re.sub(r"[^\w.\- ]+", "_", source.name)
    return name if is_text(source) else f"{name}.csv"


def _kept(source: Source, rows: Mapping[int, int]) -> Iterator[bytes]:
    if is_text(source):
        yield from raw_records(source, frozenset(rows.values()))
        return
    heads = source.columns
    yield _line(["row", "line", *heads.values()])
    for batch in batches(replace(source, uncut=True)):
        for row in batch.to_pylist():
            if row["row"] in rows:
                stamped = {t: row.get(t) or row.get(f"{t}__at") for t in heads}
                yield _line([row["row"], row["line"], *("" if v is None else str(v) for v in stamped.values())])


def _line(values: list[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue().encode()
