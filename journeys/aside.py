"""Records that were set aside, kept as they came, for the data's owner alone: to mend, and to send in again.

They lie in `private/set_aside`, a file for each file and list with such records: its column names and each record, byte
for byte where the file is text; as the values that were read where it is not. `check` writes them anew each time, so that
what has come in is no longer there. Nothing of anybody who asked to be forgotten is ever in it.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from journeys import forgotten
from journeys.contacts import Session
from journeys.sources import PRIVATE, Folder
from lib.batches import Source
from lib.csvs import raw_records
from lib.files import private_dir, refuse_symlink, write_whole
from lib.readers import batches, is_text

ROOM = "set_aside"


def room_of(folder: Folder) -> Path | None:
    """Where a folder's records that were set aside are kept; nothing where there is no such place."""
    path = folder.path / PRIVATE / ROOM if folder.path else None
    return path if path and path.is_dir() and not path.is_symlink() else None


def clear(folder: Folder) -> bool:
    """Remove what is kept; whether there was anything."""
    room = room_of(folder)
    if room is not None:
        shutil.rmtree(room)
    return room is not None


def keep(session: Session) -> Path | None:
    """Keep every record that a folder sets aside now, in place of those kept before; the place, where there is any.

    Raises `BuildError` where nothing may be written there.
    """
    folder = session.folder
    if folder.path is None:
        return None
    refuse_symlink(folder.path / PRIVATE)
    refuse_symlink(folder.path / PRIVATE / ROOM)
    clear(folder)
    aside = _rows(session)
    if not aside:
        return None
    room = private_dir(private_dir(folder.path / PRIVATE) / ROOM)
    for source in folder.sources():
        if source.name in aside:
            write_whole(room / _name(source), b"".join(_kept(source, aside[source.name])))
    return room


def _rows(session: Session) -> dict[str, dict[int, int]]:
    """For each source, the line of each record set aside, by its number."""
    found: dict[str, dict[int, int]] = {}
    select = (
        "SELECT p.source_file, s.source_row, s.source_line FROM store.set_aside AS s JOIN store.files AS p ON s.f = p.f "
        f"WHERE s.because <> '{forgotten.REASON}'"
    )
    for file, row, line in session.engine.rows(select):
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
    for batch in batches(source):
        for row in batch.to_pylist():
            if row["row"] in rows:
                stamped = {t: row.get(t) or row.get(f"{t}__at") for t in heads}
                yield _line([row["row"], row["line"], *("" if v is None else str(v) for v in stamped.values())])


def _line(values: list[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue().encode()
