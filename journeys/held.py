"""Every record about somebody in the files as they were supplied, whether or not it became a contact; and their
memberships.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from journeys.families import member_rows
from journeys.forgotten import person_id
from journeys.persons import all_ids
from journeys.sources import Folder
from lib.batches import KEY, Source
from lib.errors import DataError, PartMissing, RequestError, count, listed
from lib.pseudonyms import normal
from lib.readers import batches

AT_HOME = frozenset({"postcode", "address", "uprn", "phone", "email", "household_id"})
"""Where somebody lives, and how they are reached: told to nobody from a linkage file, since it may be protected."""


@dataclass(frozen=True)
class Record:
    """One record of a file: where it is, and each listed column as text; and whether it only says who a number stands for."""

    file: str
    row: int
    line: int
    cells: Mapping[str, str]
    is_linkage: bool = False


@dataclass(frozen=True)
class Held:
    """What the files hold about people: records, memberships, and the files that could not be read to see."""

    records: Sequence[Record]
    members: Sequence[tuple[Any, ...]]
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> dict[str, list[int]]:
        """The lines on which their records begin, file by file."""
        found: dict[str, list[int]] = {}
        for record in self.records:
            found.setdefault(record.file, []).append(record.line)
        return found


def named(people: Iterable[str]) -> Callable[[str], bool]:
    """A test for person ids, however they are spaced or capitalised."""
    wanted = {normal(person) for person in people}
    return lambda person: normal(person) in wanted


def held(folder: Folder, people: Sequence[str]) -> Held:
    """What the files of a folder hold about people, each given as the kit writes them: `<supplier>:<number>`, or the
    number alone in a file whose numbers are shared. Where persons.csv knows their other numbers, these are looked for too.
    """
    is_them = named(all_ids(folder, people))
    records: list[Record] = []
    unread: dict[str, str] = {}
    sources = [(source, False) for source in folder.sources()] + [(source, True) for source in folder.linkage_sources()]
    for source, is_linkage in sources:
        try:
            for batch in batches(source):
                if "person_id" not in batch.column_names:
                    continue
                own = batch.column("person_id").to_pylist()
                theirs = {p for p in set(own) if p and is_them(_written(folder, source, p, is_linkage))}
                at = [n for n, p in enumerate(own) if p in theirs]
                for cells in batch.take(at).to_pylist() if at else []:
                    # One of several things that a record tells has its column's own name: "date" would be all of them.
                    name = {n: h if "@" in n or n.startswith(KEY) else n for n, h in source.columns.items()}
                    told = {name[n]: str(v) for n, v in cells.items() if n in name and v is not None}
                    told |= {
                        name[n.removesuffix("__at")]: str(v)
                        for n, v in cells.items()
                        if n.endswith("__at") and v is not None
                    }
                    if is_linkage:
                        told |= dict.fromkeys(told.keys() & AT_HOME, "held: see the file")
                    records.append(Record(source.name, cells["row"], cells["line"], told, is_linkage))
        except PartMissing:
            continue
        except DataError as error:
            unread[source.name] = str(error)
    members = [row for row in member_rows(folder) if is_them(row[0])]
    return Held(records, members, unread)


def _written(folder: Folder, source: Source, own: str, is_linkage: bool) -> str:
    """A supplier's own number for a person, as the kit writes it."""
    return f"{source.supplier}:{own}" if is_linkage else person_id(folder, source.name, own)


def found(folder: Folder, people: Sequence[str], *, absent: bool = False) -> Held:
    """The same; raises `RequestError` where one of the people is in no file at all, unless that is expected."""
    for number, person in enumerate(people, start=1):
        one = held(folder, [person])
        if not one.records and not one.members and not absent:
            which = "that person" if len(people) == 1 else f"person {number} of those given"
            more = f" {count(len(one.unread), 'file')} could not be read to see." if one.unread else ""
            raise RequestError(
                f"{which} is in no file of {folder.name}. A person is written <supplier>:<number>, and the number alone where "
                f"sources.yml says `person_ids: shared`. Suppliers here: {listed(sorted(set(folder.suppliers.values())))}.{more}"
            )
    return held(folder, people)
