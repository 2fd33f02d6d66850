"""Agency extracts in, one contacts table out: renamed and typed once, at the door.

The store of a folder is built the first time it is read, and again when a file, sources.yml, a format, an activity or the
kit's own code changes. A file that cannot be read at all stops `read_contacts`; `account` and `check` show every file all the same.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from journeys import sources as data_folders
from journeys.activities import Activities, read_activities
from journeys.columns import identifying
from journeys.declared import PROSE
from journeys.extracts import fill_store, lay_contacts
from journeys.sources import Folder
from lib.batches import LONGEST_FIELD
from lib.engine import Engine, Table
from lib.errors import DataError, RequestError
from lib.stores import attach_stored

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

CONTACTS = """
SELECT contact_id, person_id, family_id_given, agency, professional_id, activity, nature, asked_by, raw_activity,
  need_id, reason, outcome, referred_to, DATE '1970-01-01' + day AS date,
  {time} AS time, precision, DATE '1970-01-01' + earliest AS earliest, DATE '1970-01-01' + latest AS latest,
  DATE '1970-01-01' + ends_day AS ends_on, DATE '1970-01-01' + recorded_day AS recorded_on, replaces, source_file,
  source_row
FROM {contacts}
"""
"""The contacts as people read them: days as dates, times as text."""

CLOCK = (
    "CASE WHEN {s} IS NULL THEN NULL ELSE concat(lpad(CAST(CAST(floor({s} / 3600) AS INTEGER) AS VARCHAR), 2, '0'), ':', "
    "lpad(CAST(CAST(floor(({s} % 3600) / 60) AS INTEGER) AS VARCHAR), 2, '0'), ':', lpad(CAST({s} % 60 AS VARCHAR), 2, '0')) END"
)


def as_read(contacts: str) -> str:
    """The SELECT that shows a table of contacts as people read it."""
    return CONTACTS.format(contacts=contacts, time=CLOCK.format(s="second")) + " ORDER BY contact_id, version"


@dataclass
class Session:
    """An open store: the folder it came from, the engine it is attached to, and what the activities say."""

    folder: Folder
    engine: Engine
    activities: Activities
    key: str
    home: Path | None
    rejected: Mapping[str, str]
    kept: dict[str, tuple[Any, Any]] = field(default_factory=dict, repr=False)

    def once(self, what: str, key: Any, work: Callable[[], T]) -> T:
        """What `work` gives, done again only where `key` is not that of the last time: the store does not change."""
        if self.kept.get(what, (None,))[0] != key:
            self.kept[what] = (key, work())
        found: T = self.kept[what][1]
        return found

    @property
    def contacts(self) -> str:
        """The stored contacts, by name."""
        return "contacts"

    def coverage(self) -> pd.DataFrame:
        """Which days each agency's records cover: one row per agency."""
        return self.engine.frame(
            "SELECT agency, DATE '1970-01-01' + from_day AS from_date, DATE '1970-01-01' + to_day AS to_date, is_declared "
            "FROM store.coverage ORDER BY agency"
        )

    def last_day(self) -> int:
        """The last day that anything in the store speaks of (a day number)."""
        row = self.engine.rows(
            "SELECT max(day) AS last FROM (SELECT max(to_day) AS day FROM store.coverage UNION ALL "
            "SELECT max(latest) AS day FROM store.rows UNION ALL SELECT max(recorded_on_day) AS day FROM store.rows) AS d"
        )
        return int(row[0][0]) if row[0][0] is not None else 0


_OPEN: WeakValueDictionary[tuple[str, str], Session] = WeakValueDictionary()
"""Sessions that somebody holds: one folder, unchanged, is opened once, however often it is read."""


def open_session(
    data: str | Path | None = None,
    *,
    frames: Mapping[str, pd.DataFrame] | None = None,
    sources: Mapping[str, Any] | None = None,
    use: str = "review",
) -> Session:
    """Open the store of a folder, or of frames, for a use; it is built first where it is not there.

    Raises `PermissionRefused` where the use is not allowed, `RuleError` and `DataError` with file and line.
    """
    if (data is None) == (frames is None):
        raise RequestError("name a data folder, or give frames= and sources=, and not both.")
    if frames is not None:
        folder = data_folders.from_frames(frames, sources or {})
    else:
        assert data is not None
        folder = data_folders.open_folder(data)
    folder.require(use)
    return open_store(folder)


def open_store(folder: Folder) -> Session:
    """The store of a folder, for no use that needs leave: to answer for the data, or to take some of it out."""
    activities = read_activities(folder.rule_files("activities.yml"))
    if folder.path is None:
        engine = Engine()
        engine.con.execute("ATTACH ':memory:' AS store")
        fill_store(engine, "store", folder, activities)
        lay_contacts(engine)
        return Session(folder, engine, activities, "", None, _rejected(engine))
    seen, key, home = folder.fingerprint(), store_key(folder), folder.path / ".store"
    held = _OPEN.get((str(home), key))
    if held is not None:
        return held
    engine = Engine(home)
    attach_stored(engine, home, key, lambda new, name: fill_store(new, name, folder, activities), "store")
    lay_contacts(engine)
    engine.is_old = lambda: _old(folder, seen, key)
    session = _OPEN[str(home), key] = Session(folder, engine, activities, key, home, _rejected(engine))
    return session


def read_contacts(
    data: str | Path | None = None,
    *,
    frames: Mapping[str, pd.DataFrame] | None = None,
    sources: Mapping[str, Any] | None = None,
    use: str = "review",
) -> Table:
    """What every agency recorded: one row per accepted version of a contact.

    `data` is a folder's name under `data/`, or a path to one; or give `frames` (name -> DataFrame) with `sources`
    (what sources.yml would say, as a dict). `use` is what you mean to do with it; the folder must allow it.

    Returns a Table with the columns of `columns.TABLES["contacts"]`. Days are civil days as written; a time is there
    only where one was recorded; an imprecise contact has no date, and a first and last possible day.

    Raises `PermissionRefused`, `DataError` (a file that cannot be read at all), `RuleError` (a line of a rules file).

    >>> contacts = read_contacts("sample")
    >>> contacts.columns[:4]
    ['contact_id', 'person_id', 'family_id_given', 'agency']
    """
    session = open_session(data, frames=frames, sources=sources, use=use)
    if session.rejected:
        first = next(iter(session.rejected.values()))
        more = f" ({len(session.rejected) - 1} more: see fj.account)" if len(session.rejected) > 1 else ""
        raise DataError(f"{first}{more}")
    return _table(session, "contacts", as_read(session.contacts))


def session_of(data: str | Path | Table) -> Session:
    """The open store of a folder, or the one that contacts came from."""
    if not isinstance(data, Table):
        return open_session(data)
    if not isinstance(data.owner, Session):
        raise RequestError("this Table is not what read_contacts gives. Give that, a folder's name, or a path.")
    return data.owner


def set_aside(data: str | Path | Table) -> Table:
    """The records that could not be used, one row each: where, why, and what to do. Never what they held.

    `data` is a folder's name or path, or the contacts that `read_contacts` gave.

    >>> set_aside("sample").columns[:2]
    ['source_file', 'source_row']
    """
    session = session_of(data)
    return _table(session, "set_aside", set_aside_rows())


def intake_account(session: Session) -> pd.DataFrame:
    """Per file: records read = accepted + set aside + collapsed; and why a file was rejected whole."""
    frame = session.engine.frame("SELECT * FROM store.account ORDER BY n").drop(columns="n")
    return frame.astype(dict.fromkeys(("read", "accepted", "set_aside", "collapsed"), "int64"))


def _table(session: Session, name: str, select: str) -> Table:
    return Table(session.engine, name, select, identifying(name), session)


def _rejected(engine: Engine) -> dict[str, str]:
    select = "SELECT file, rejected_because FROM store.account WHERE rejected_because <> '' ORDER BY n"
    return dict(engine.rows(select))


def store_key(folder: Folder) -> str:
    """By what the store of a folder is named: a hash of all that goes into it."""
    parts = [own_code(), *(f"{name}={value}" for name, value in folder.hashes().items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


@functools.cache
def own_code() -> str:
    """A hash of the kit's code: what a store holds rests on how the files were read, and an upgrade may read them better."""
    found = hashlib.sha256()
    for part in ("journeys", "lib"):
        for path in sorted((Path(__file__).parent.parent / part).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()


def _old(folder: Folder, seen: tuple[tuple[str, int, int], ...], key: str) -> str:
    if folder.fingerprint() == seen or store_key(folder) == key:
        return ""
    return (
        f"the files of {folder.name} have changed since these contacts were read. This answer stands, and is of the "
        "earlier files; run read_contacts again for the new ones."
    )


SET_ASIDE = """
SELECT p.source_file, s.source_row, s.source_line, s.because AS reason, s.at_fault AS "column", {found} AS found, {fix} AS fix
FROM store.set_aside AS s JOIN store.files AS p ON s.f = p.f ORDER BY p.source_file, s.source_row
"""


def set_aside_rows() -> str:
    """The SELECT of a store's records set aside, each with what to do."""
    return SET_ASIDE.format(found=_found(), fix=_fix())


def cut_texts() -> str:
    """The SELECT of a store's accepted records of which a text was cut: file, record, line, and the column."""
    return " UNION ALL ".join(
        f"SELECT f, source_row, source_line, '{text}' AS at_fault FROM store.rows WHERE length({text}) > {LONGEST_FIELD}"
        for text in sorted(PROSE)
    )


_FIXES = {
    "no date (a footer, perhaps)": "remove a total or footer line from the export, or fill in the date",
    "a footer that counts the rows": "nothing to mend: as many rows as it counts were read",
    "bad date": "write a day that exists, as the format declares, at source; send the row again",
    "year out of range": "a system's default date, perhaps: put the true date in at source",
    "forgotten": "nothing to mend: somebody is to be forgotten here; ask the supplier for an extract without them",
    "empty row": "remove the row from the export",
    "too few fields": "complete the row at source; a value may be missing or a footer line present",
    "too many fields": "put quotes round a value that holds the separator",
    "a quotation mark left open": "a quotation mark here takes in later records: close it at source; send them again",
    "cut short": "the file stops here: export it again",
    "control characters": "remove the characters that cannot be printed at source",
    "a shortened number": "a spreadsheet showed a long number in few figures: export it as text",
    "a number with decimals": "an id, or a day, is no such number: export it as text",
    "a formula whose value was not saved": "open the workbook, let it calculate, and save it; or paste the values",
    "an error in place of an id": "mend the cell, which shows an error such as #N/A; or write the id in",
    "a yes or no where an id or a day belongs": "write the id or the day in: the cell holds TRUE or FALSE",
    "a day where an id belongs": "a spreadsheet took the id for a day: export it as text",
    "not text": "the database holds something else than text or a number here: export it as text",
    "a field is too long": "a field holds more than 65,536 letters: a quotation mark may be left open",
    "amended, order unknown": "ask the supplier on which day each version was recorded",
    "not told, as its format says": "nothing to mend: `words` of its format has `not told` for what it is",
    "no agency": "say who recorded it",
    "no activity": "say what kind of contact it was",
    "no person and no family": "fill in the person at source; blanks are never joined to each other",
    "agency not on the list": "correct the agency's name, or add it to `agencies` in sources.yml",
    "span ends before it begins": "put the two days in order at source",
}


_FIXES_LIKE = {
    "merged cells%": "unmerge the cells and fill in each row",
    "%is there several times": "one record can hold it but once: see whether `part` of the format names the right element",
    "%holds other elements": "a value was expected there: see whether its path in the format goes deep enough",
}


def _fix() -> str:
    from lib.dialect import literal

    cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in _FIXES.items())
    others = " ".join(f"WHEN s.because LIKE {literal(k)} THEN {literal(v)}" for k, v in _FIXES_LIKE.items())
    return f"CASE s.because {cases} ELSE CASE {others} ELSE 'look at the row at source' END END"


def _found() -> str:
    return (
        "CASE WHEN s.because IN ('bad date', 'year out of range') THEN 'text that is not such a day' "
        "WHEN s.because LIKE 'no %' OR s.because = 'empty row' THEN 'nothing' WHEN s.because LIKE 'amended%' THEN 'two versions' "
        "ELSE s.because END"
    )
