"""What `link` writes, and how: all of it or nothing, over no file of anybody else's.

A run is first written whole into a folder of its own that appears at once. From then on it is known, and put in its place
file by file; whoever is stopped meanwhile goes on with it the next time, and nobody reads the folder before.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence

from journeys.families import ALWAYS, STILL
from journeys.kindecisions import FILE
from journeys.sources import LINKED, PRIVATE, Folder
from lib import files
from lib.dates import to_date
from lib.errors import DataError, RequestError
from lib.lineage import Lineage, Run, as_line, from_line

PERSONS, MEMBERS = "persons.csv", "members.csv"
OF_PERSONS, OF_FAMILIES = "persons.jsonl", "families.jsonl"
EVIDENCE, HELD = "family_evidence.csv", "families_to_look_at.csv"


def ledgers(folder: Folder) -> tuple[Lineage, Lineage]:
    """The ledgers of persons and of families, in the folder's private room."""
    assert folder.path is not None
    room = folder.path / PRIVATE
    return Lineage(room / OF_PERSONS), Lineage(room / OF_FAMILIES)


def targets(folder: Folder) -> tuple[str, str]:
    """The members file and the persons file: as sources.yml names them, or else as they are usually called."""
    return folder.entry.members or MEMBERS, folder.entry.persons or PERSONS


def lines_to_add(folder: Folder) -> list[str]:
    """The lines that sources.yml needs, so that what is written is used."""
    members, persons = targets(folder)
    lines = [] if folder.entry.persons else [f"persons: {persons}"]
    return lines if folder.entry.members else [*lines, f"members: {members}"]


def as_days(*days: int) -> tuple[str, ...]:
    """Days for a file, empty where there is none.

    >>> as_days(0, STILL)
    ('1970-01-01', '')
    """
    return tuple("" if day in (ALWAYS, STILL) else to_date(day).isoformat() for day in days)


def as_csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV, with a heading."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check_targets(folder: Folder, may_replace: bool) -> None:
    """Stop before a file that `link` did not write is lost. Raises `RequestError`, and what the ledger raises."""
    assert folder.path is not None
    runs = ledgers(folder)[1].runs()
    wrote = runs[-1].notes.get("files", {}) if runs else {}
    for key, name in zip(("members", "persons"), targets(folder), strict=True):
        if name in (*folder.entry.files, *folder.entry.linkage):
            raise RequestError(
                f"{folder.at(key)}: {name} is a supplier's file, and `link` writes over none. Name another: {key}: {key}.csv"
            )
        path = folder.path / name
        if path.suffix.casefold() != ".csv":
            raise RequestError(f"{folder.at(key)}: `link` writes CSV. Name a file so: {key}: {key}.csv")
        if not may_replace and path.is_file() and _sha256(path.read_bytes()) != wrote.get(name):
            by = "was changed by hand since `link` wrote it" if name in wrote else "was not written by `link`"
            raise RequestError(
                f"{files.shown(path)} {by}, and nothing was written over it. Keep a copy, and put what people decided into "
                f"{FILE}; then add --replace-members. To see what would come of it: --dry-run."
            )


def are_there(folder: Folder, texts: Mapping[str, str]) -> bool:
    """Whether every file stands already as it would be written."""
    assert folder.path is not None
    paths = {folder.path / name: text.encode() for name, text in texts.items()}
    return all(path.is_file() and path.read_bytes() == text for path, text in paths.items())


def begin(folder: Folder, texts: Mapping[str, str], runs: Mapping[str, Run]) -> None:
    """All that a run writes, in a folder that appears at once: from here on the run is known, and is ended if stopped.

    `texts`: each file by its place in the data folder. `runs`: the line that each ledger gets, by the ledger's name.
    """
    assert folder.path is not None
    room = files.private_dir(folder.path / PRIVATE)
    aside = room / f".{LINKED}"
    shutil.rmtree(aside, ignore_errors=True)
    files.private_dir(aside)
    wrote = {name: _sha256(text.encode()) for name, text in texts.items()}
    lines = {name: as_line(Run(run.run, run.changes, {**run.notes, "files": wrote})) for name, run in runs.items()}
    files.write_whole(aside / "run.json", json.dumps({"texts": dict(texts), "runs": lines}).encode())
    files.appear(aside, room / LINKED)


def end(folder: Folder) -> None:
    """Put what a run found in its place, each file whole. Whoever is stopped here goes on where they were."""
    assert folder.path is not None
    room = folder.path / PRIVATE
    begun = room / LINKED
    if not begun.is_dir():
        return
    try:
        told = json.loads((begun / "run.json").read_text(encoding="utf-8"))
        texts, lines = told["texts"], {name: from_line(line) for name, line in told["runs"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"{files.shown(begun)} is damaged: it holds what the last `link` found and had not put in its place. Ask whoever "
            "looks after the data; remove that folder, and run `link` again."
        ) from None
    for name, text in texts.items():
        files.write_whole(folder.path / name, text.encode())
    for ledger in ledgers(folder):
        ledger.add(lines[ledger.path.name])
    done = room / f".{LINKED}.done"
    shutil.rmtree(done, ignore_errors=True)
    try:
        begun.replace(done)
    except OSError as fault:
        raise files.cannot_write(begun, fault) from None
    shutil.rmtree(done, ignore_errors=True)
