"""Who asked to be forgotten in a data folder: a list of keyed marks, held at the door each time the files are read.

The list (`private/forgotten.<kid>.jsonl`) holds no id. A mark is made with a key that lies elsewhere, so that the list
tells nobody whom it is about; without that key the folder is not read at all, since the forgotten might come in again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from journeys import keyplace
from journeys.persons import read_persons
from journeys.sources import FORGOTTEN, PRIVATE, Folder
from lib.batches import Source
from lib.errors import DataError
from lib.files import private_dir, shown
from lib.pseudonyms import Pseudonyms, kid
from lib.sealedlog import SealedLog

if TYPE_CHECKING:
    import pyarrow as pa

PURPOSE = "forgotten"
REASON = "forgotten"
"""Why a record is set aside: the word in the account, and in `set_aside`."""

IsForgotten = Callable[[str], bool]


def who_is(folder: Folder) -> IsForgotten | None:
    """A test for person ids, as the kit writes them; nothing where nobody is forgotten.

    Raises `RequestError` where the key is not there, `DataError` where the list was changed by something else.
    """
    files = folder.forgotten()
    if not files:
        return None
    ring = keyplace.ring()
    marks: list[tuple[Pseudonyms, frozenset[str]]] = []
    for file in files:
        name = file.name.split(".")[1]
        if name not in ring:
            raise DataError(
                f"{shown(file)}: people asked to be forgotten here, and key {name}, which keeps them out, is not beside the "
                "key in use. Put it back before this folder is read."
            )
        kept: set[str] = set()
        for line in SealedLog(file, ring[name]).read():
            (kept.discard if line.get("undone") else kept.add)(line["mark"])
        marks.append((Pseudonyms(ring[name], PURPOSE), frozenset(kept)))
    return lambda person: any(names.of("P", person) in kept for names, kept in marks)


def barred(folder: Folder) -> Callable[[Source, pa.Table], pa.Array] | None:
    """What stands at the door: for a batch of a file, `forgotten` for each record about somebody on the list."""
    is_forgotten = who_is(folder)
    if is_forgotten is None:
        return None

    known: dict[str, bool] = {}
    persons = read_persons(folder)

    def is_gone(person: str) -> bool:
        if person not in known:
            own = persons.get(person)
            known[person] = is_forgotten(person) or (own is not None and is_forgotten(own))
        return known[person]

    def reasons(source: Source, batch: pa.Table) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        if "person_id" not in batch.column_names:
            return pa.nulls(len(batch), pa.string())
        people = batch.column("person_id").combine_chunks().cast(pa.string())
        told = pc.unique(people).to_pylist()
        gone = [p for p in told if p is not None and is_gone(person_id(folder, source.name, p))]
        return pc.if_else(pc.is_in(people, pa.array(gone, pa.string())), REASON, pa.scalar(None, pa.string()))

    return reasons


def person_id(folder: Folder, file: str, own: str) -> str:
    """A supplier's own number for a person, as the kit writes it."""
    file = folder.file_of(file)
    return own if folder.entry.files[file].person_ids == "shared" else f"{folder.suppliers[file]}:{own}"


def put_on_list(folder: Folder, people: Iterable[str], reason: str, by: str, *, undone: bool = False) -> None:
    """Add people to the list, or take them off it again by a line that says so. Raises what the key and the list raise."""
    assert folder.path is not None
    key = keyplace.key()
    names, room = Pseudonyms(key, PURPOSE), private_dir(folder.path / PRIVATE)
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    for person in people:
        line: dict[str, Any] = {"mark": names.of("P", person), "on": now, "by": by, "reason": reason}
        for at, old in keyplace.ring().items() if undone else ((kid(key), key),):
            file = room / FORGOTTEN.format(kid=at)
            if undone and not file.is_file():
                continue
            mark = Pseudonyms(old, PURPOSE).of("P", person)
            SealedLog(file, old).add(line | {"mark": mark} | ({"undone": True} if undone else {}))
