"""Agency extracts in, one contacts table out: renamed and typed once, at the door.

The store of a folder is built the first time it is read, and again when a file, sources.yml, a format or an activity
changes. A file that cannot be read at all stops `read_contacts`; `account` and `check` show every file all the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys import sources as data_folders
from journeys.activities import Activities, fold, read_activities
from journeys.columns import TABLES, UNMAPPED, identifying
from journeys.sources import Folder
from lib import intake
from lib.engine import Engine, Table, stored
from lib.errors import DataError, RequestError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "1"
"""Goes up when the store's tables change, so that older stores are rebuilt."""

SHAPE = intake.Shape(
    texts=(
        *("contact_id", "person_id", "family_id", "agency", "activity", "reason", "need_id", "outcome", "referred_to"),
        *("professional_id", "replaces", "precision", "time"),
    ),
    dates=("date", "recorded_on", "earliest", "latest", "ends_on"),
    required=(
        ("no agency", ("agency",)),
        ("no activity", ("activity",)),
        ("no person and no family", ("person_id", "family_id")),
    ),
    id="contact_id",
    recorded="recorded_on",
    precision="precision",
    time="time",
    span=("earliest", "latest"),
)

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

    @property
    def contacts(self) -> str:
        """The stored contacts, by name."""
        return "store.contacts"

    def coverage(self) -> pd.DataFrame:
        """Which days each agency's records cover: one row per agency."""
        return self.engine.frame(
            "SELECT agency, DATE '1970-01-01' + from_day AS from_date, DATE '1970-01-01' + to_day AS to_date, is_declared "
            "FROM store.coverage ORDER BY agency"
        )

    def last_day(self) -> int:
        """The last day that anything in the store speaks of (a day number)."""
        row = self.engine.rows(
            "SELECT greatest((SELECT max(to_day) AS t FROM store.coverage), "
            "(SELECT max(greatest(latest, known_day)) AS k FROM store.contacts)) AS last"
        )
        return int(row[0][0]) if row[0][0] is not None else 0


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
    activities = read_activities(folder.rule_files("activities.yml"))
    if folder.path is None:
        engine = Engine()
        engine.con.execute("ATTACH ':memory:' AS store")
        _fill(engine, "store", folder, activities)
        return Session(folder, engine, activities, "", None, _rejected(engine))
    seen, key, home = folder.fingerprint(), _key(folder), folder.path / ".store"
    path = stored(home, key, lambda engine, name: _fill(engine, name, folder, activities))
    engine = Engine(home)
    engine.attach(path, "store")
    engine.is_old = lambda: _old(folder, seen, key)
    return Session(folder, engine, activities, key, home, _rejected(engine))


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


def set_aside(data: str | Path) -> Table:
    """The records that could not be used, one row each: where, why, and what to do. Never what they held.

    >>> set_aside("sample").columns[:2]
    ['source_file', 'source_row']
    """
    session = open_session(data)
    return _table(session, "set_aside", "SELECT * FROM store.set_aside ORDER BY source_file, source_row")


def intake_account(session: Session) -> pd.DataFrame:
    """Per file: records read = accepted + set aside + collapsed; and why a file was rejected whole."""
    frame = session.engine.frame("SELECT * FROM store.account ORDER BY n").drop(columns="n")
    return frame.astype(dict.fromkeys(("read", "accepted", "set_aside", "collapsed"), "int64"))


def _table(session: Session, name: str, select: str) -> Table:
    return Table(session.engine, name, select, identifying(name), session)


def _rejected(engine: Engine) -> dict[str, str]:
    select = "SELECT file, rejected_because FROM store.account WHERE rejected_because <> '' ORDER BY n"
    return dict(engine.rows(select))


def _key(folder: Folder) -> str:
    parts = [SCHEMA, *(f"{name}={value}" for name, value in folder.hashes().items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _old(folder: Folder, seen: tuple[tuple[str, int, int], ...], key: str) -> str:
    if folder.fingerprint() == seen or _key(folder) == key:
        return ""
    return (
        f"the files of {folder.name} have changed since these contacts were read. This answer stands, and is of the "
        "earlier files; run read_contacts again for the new ones."
    )


# Filling a store


def _fill(engine: Engine, store: str, folder: Folder, activities: Activities) -> None:
    """Every table of a store: contacts, set_aside, account, coverage, faults."""
    declared = {"agency": dict.fromkeys(folder.entry.agencies or [], 1)}
    taken = intake.read(engine, folder.sources(), SHAPE, declared)
    _name_agencies(engine, folder, activities)
    _name_activities(engine, activities)
    _contacts(engine, store, folder)
    _coverage(engine, store, folder)
    engine.make(
        f"{store}.set_aside",
        f'SELECT source_file, source_row, source_line, reason, at_fault AS "column", {_found()} AS found, {_fix()} AS fix '
        "FROM set_aside ORDER BY source_file, source_row",
    )
    account = taken.account.assign(n=range(len(taken.account)))
    engine.load(f"{store}.account", account)
    engine.make(f"{store}.faults", "SELECT fault, source_file, source_row, id AS contact_id, n FROM faults")
    engine.drop(
        "accepted", "typed", "set_aside", "fates", "versions", "clocks", "collapsed", "faults", "words", "agency_parts"
    )


def _name_agencies(engine: Engine, folder: Folder, activities: Activities) -> None:
    """Each agency label of each file in the kit's words; a label that names two agencies gives two contacts."""
    import pyarrow as pa

    by_word = {fold(label): name for name, label in activities.agencies.items()}
    by_word |= {fold(name): name for name in activities.agencies}
    names = list(folder.entry.files)
    rows = []
    for f, label in engine.rows("SELECT DISTINCT f, agency FROM accepted ORDER BY f, agency"):
        form, _ = folder.formats[names[f]]
        life = label.startswith(form.life_where.get("agency", "\0"))
        cut = form.several.get("agency")
        parts = [label] if life or not cut else [p.strip() for p in re.split(re.escape(cut), label) if p.strip()]
        for n, part in enumerate(parts, start=1):
            event = f"#{n}" if len(parts) > 1 else ""
            rows.append((f, label, "family" if life else by_word.get(fold(part), part), event, life))
    referred = [
        (r, by_word.get(fold(r), r))
        for (r,) in engine.rows("SELECT DISTINCT referred_to FROM accepted WHERE referred_to IS NOT NULL")
    ]
    engine.load(
        "agency_parts",
        pa.table(
            {
                "f": pa.array([r[0] for r in rows], pa.int32()),
                "label": pa.array([r[1] for r in rows], pa.string()),
                "agency": pa.array([r[2] for r in rows], pa.string()),
                "event": pa.array([r[3] for r in rows], pa.string()),
                "is_life": pa.array([r[4] for r in rows], pa.bool_()),
            }
        ),
    )
    engine.load(
        "referred",
        pa.table(
            {
                "label": pa.array([r[0] for r in referred], pa.string()),
                "agency": pa.array([r[1] for r in referred], pa.string()),
            }
        ),
    )


def _name_activities(engine: Engine, activities: Activities) -> None:
    """Each agency's own word for a contact in the kit's words, or under its own name, counted as unmapped.

    Where a log maps to no activity at all (an event log), every row of it is a touch.
    """
    import pyarrow as pa

    rows = engine.rows(
        "SELECT DISTINCT a.f, p.agency, a.activity, p.is_life FROM accepted AS a "
        "JOIN agency_parts AS p ON a.f = p.f AND a.agency = p.label ORDER BY 1, 2, 3"
    )
    found = [(f, agency, raw, activities.find(agency, raw), life) for f, agency, raw, life in rows]
    mapped = {f for f, _, _, name, life in found if name or life}
    table: dict[str, list[Any]] = {c: [] for c in ("f", "agency", "raw", "activity", "nature", "asked_by", "is_mapped")}
    for f, agency, raw, name, life in found:
        nature = "life" if life else activities.nature(name)
        if nature == UNMAPPED and f not in mapped:
            nature = "touch"
        asked = activities.known[name].asked_by if name else "unknown"
        for column, value in zip(table, (f, agency, raw, name or raw, nature, asked, bool(name) or life), strict=True):
            table[column].append(value)
    kinds = {"f": pa.int32(), "is_mapped": pa.bool_()}
    engine.load("words", pa.table({c: pa.array(v, kinds.get(c, pa.string())) for c, v in table.items()}))


def _contacts(engine: Engine, store: str, folder: Folder) -> None:
    """The contacts: persons and families by their supplier, agencies and activities by name, versions in order."""
    import pyarrow as pa

    names = list(folder.entry.files)
    flags = pa.array([folder.entry.files[n].person_ids == "shared" for n in names], pa.bool_())
    engine.load("file_persons", pa.table({"f": pa.array(range(len(names)), pa.int32()), "shared": flags}))
    shared = engine.rows("SELECT count(*) AS n FROM accepted WHERE replaces IS NOT NULL")[0][0]
    superseded = (
        """LEFT JOIN (SELECT concat(supplier, ':', replaces) AS old_id, min(coalesce(recorded_on_day, day, latest)) AS on_day
        FROM accepted WHERE replaces IS NOT NULL GROUP BY supplier, replaces) AS o ON a.id = o.old_id"""
        if shared
        else ""
    )
    next_known = "a.next_recorded_day"
    if shared:
        next_known = "CASE WHEN o.on_day IS NULL THEN a.next_recorded_day ELSE coalesce(least(a.next_recorded_day, o.on_day), o.on_day) END"
    replaces = (
        "CASE WHEN a.replaces IS NOT NULL THEN concat(a.supplier, ':', a.replaces) WHEN a.version > 1 THEN a.id END"
    )
    engine.make(
        f"{store}.contacts",
        f"""
        SELECT row_number() OVER () AS c, concat(a.id, p.event) AS contact_id,
          CASE WHEN a.person_id IS NULL THEN NULL WHEN s.shared THEN a.person_id
            ELSE concat(a.supplier, ':', a.person_id) END AS person_id,
          a.family_id AS family_id_given, p.agency, a.professional_id, w.activity, w.nature, w.asked_by,
          a.activity AS raw_activity, a.need_id, a.reason, a.outcome, coalesce(r.agency, a.referred_to) AS referred_to,
          a.day, a.second, a.t_utc, a.precision, a.earliest, a.latest, a.ends_on_day AS ends_day,
          a.recorded_on_day AS recorded_day, {replaces} AS replaces, a.source_file, a.source_row, a.version,
          coalesce(a.recorded_on_day, a.latest) AS known_day, {next_known} AS next_known, w.is_mapped, a.own_id
        FROM accepted AS a JOIN agency_parts AS p ON a.f = p.f AND a.agency = p.label
          JOIN words AS w ON a.f = w.f AND p.agency = w.agency AND a.activity = w.raw
          JOIN file_persons AS s ON a.f = s.f LEFT JOIN referred AS r ON a.referred_to = r.label {superseded}
        """,
    )


def _coverage(engine: Engine, store: str, folder: Folder) -> None:
    """From which day to which each agency's records run: as declared, or else its first to last contact."""
    import pyarrow as pa

    from lib.dates import day_number

    covers = [(n, e.covers, e.agency) for n, e in folder.entry.files.items() if e.covers]
    table = pa.table(
        {
            "source_file": pa.array([n for n, _, _ in covers], pa.string()),
            "agency": pa.array([a for _, _, a in covers], pa.string()),
            "a": pa.array([day_number(c[0]) for _, c, _ in covers if c], pa.int32()),
            "b": pa.array([day_number(c[1]) for _, c, _ in covers if c], pa.int32()),
        }
    )
    engine.load("declared", table)
    engine.make(
        f"{store}.coverage",
        f"""
        SELECT agency, min(a) AS from_day, max(b) AS to_day, count(*) = count(*) FILTER (WHERE declared) AS is_declared
        FROM (
          SELECT agency, a, b, TRUE AS declared FROM declared WHERE agency IS NOT NULL
          UNION ALL
          SELECT c.agency, coalesce(d.a, c.a) AS a, coalesce(d.b, c.b) AS b, d.a IS NOT NULL AS declared
          FROM (SELECT agency, source_file, min(earliest) AS a, max(latest) AS b FROM {store}.contacts
                WHERE nature <> 'life' GROUP BY agency, source_file) AS c
          LEFT JOIN declared AS d ON c.source_file = d.source_file
        ) AS e GROUP BY agency
        """,
    )


_FIXES = {
    "no date (a footer, perhaps)": "remove a total or footer line from the export, or fill in the date",
    "bad date": "write a day that exists, as the format declares, at source; send the row again",
    "year out of range": "a system's default date, perhaps: put the true date in at source",
    "empty row": "remove the row from the export",
    "too few fields": "complete the row at source; a value may be missing or a footer line present",
    "too many fields": "put quotes round a value that holds the separator",
    "cut short": "the file stops here: export it again",
    "control characters": "remove the characters that cannot be printed at source",
    "a field is too long": "a field holds more than 65,536 letters: a quotation mark may be left open",
    "amended, order unknown": "ask the supplier on which day each version was recorded",
    "no agency": "say who recorded it",
    "no activity": "say what kind of contact it was",
    "no person and no family": "fill in the person at source; blanks are never joined to each other",
    "agency not on the list": "correct the agency's name, or add it to `agencies` in sources.yml",
    "span ends before it begins": "put the two days in order at source",
}


def _fix() -> str:
    from lib.engine import literal

    cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in _FIXES.items())
    return f"CASE reason {cases} ELSE 'look at the row at source' END"


def _found() -> str:
    return (
        "CASE WHEN reason IN ('bad date', 'year out of range') THEN 'text that is not such a day' "
        "WHEN reason LIKE 'no %' OR reason = 'empty row' THEN 'nothing' WHEN reason LIKE 'amended%' THEN 'two versions' "
        "ELSE reason END"
    )


def columns_of(table: str) -> list[str]:
    """The declared columns of a table, by name."""
    return [c.name for c in TABLES[table]]
