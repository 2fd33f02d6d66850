"""The person behind each supplier's number, where `link` has found one: persons.csv, with record_id and person_id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from journeys.sources import Folder
from lib import smallfiles
from lib.errors import DataError
from lib.pseudonyms import normal

COLUMNS = ("record_id", "person_id")

OWN = "person-{:05d}"
"""How a person's own number is written. It holds no colon, so that it is never taken for a supplier's."""


def read_persons(folder: Folder) -> Mapping[str, str]:
    """The person behind each record id (`<supplier>:<number>`); empty where sources.yml names no persons file.

    Raises `DataError` for a file that is not there, or cannot be used as it stands, with its line.
    """
    if not folder.entry.persons or folder.path is None:
        return {}
    path = folder.path / folder.entry.persons
    if not path.is_file():
        raise DataError(
            f"{folder.at('persons')}: {path.name} is not there. Make it with `python -m journeys link {folder.name}`, or take "
            "the line out."
        )
    stat = path.stat()
    return _read(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, size: int, changed: int) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line, row in smallfiles.rows(path, COLUMNS):
        record, person = row["record_id"], row["person_id"]
        if not record or not person:
            raise DataError(f"{path.name}, line {line}: a record_id and a person_id are needed. Fill them in.")
        if found.setdefault(record, person) != person:
            raise DataError(f"{path.name}, line {line}: this record has a person already, and another one. Keep one.")
    return found


def all_ids(folder: Folder, people: Iterable[str]) -> Sequence[str]:
    """Every id of people: those given, each one's own number, and the numbers that other suppliers know each by."""
    persons = read_persons(folder)
    given = list(people)
    if not persons:
        return given
    wanted = {normal(one) for one in given}
    own = {person for record, person in persons.items() if {normal(record), normal(person)} & wanted}
    return list(dict.fromkeys([*given, *sorted(own), *sorted(r for r, person in persons.items() if person in own)]))
