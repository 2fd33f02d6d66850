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
from lib.engine import Engine, Table
from lib.errors import DataError, RequestError
from lib.records import Shape
from lib.stores import stored

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "2"
"""Goes up when the store's tables change, so that older stores are rebuilt."""

SHAPE = Shape(
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
    kind=("agency", "activity"),
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
        lay_contacts(engine)
        return Session(folder, engine, activities, "", None, _rejected(engine))
    seen, key, home = folder.fingerprint(), _key(folder), folder.path / ".store"
    path = stored(home, key, lambda engine, name: _fill(engine, name, folder, activities))
    engine = Engine(home)
    engine.attach(path, "store")
    lay_contacts(engine)
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
    """Every table of a store: rows and the kinds, files and agencies that they name; set_aside, account, coverage, faults."""
    taken = intake.read(engine, folder.sources(), SHAPE, {"agency": folder.entry.agencies or []}, store)
    engine.load(f"{store}.account", taken.account.assign(n=range(len(taken.account))))
    _name_files(engine, store, folder)
    _name_kinds(engine, store, folder, activities)
    lay_contacts(engine, store)
    _supersede(engine, store)
    _coverage(engine, store, folder)


def _name_files(engine: Engine, store: str, folder: Folder) -> None:
    """Beside each file, whether its person ids are shared by all suppliers."""
    import pyarrow as pa

    files = engine.arrow(f"SELECT f, supplier, source_file FROM {store}.files ORDER BY f")
    shared = [folder.entry.files[name].person_ids == "shared" for name in files.column("source_file").to_pylist()]
    engine.load(f"{store}.files", files.append_column("shared", pa.array(shared, pa.bool_())))


def _name_kinds(engine: Engine, store: str, folder: Folder, activities: Activities) -> None:
    """Each agency's own words for itself and for a kind of contact, in the kit's words.

    A word that nobody has listed keeps its own name, counted as unmapped; where a log maps to no activity at all (an
    event log), every row of it is a touch. A label that names two agencies gives two contacts, numbered as events.
    """
    import pyarrow as pa

    by_word = {fold(label): name for name, label in activities.agencies.items()}
    by_word |= {fold(name): name for name in activities.agencies}
    names = list(folder.entry.files)
    found: list[tuple[Any, ...]] = []
    for k, f, label, raw in engine.rows(f"SELECT k, f, agency, activity FROM {store}.kinds_read ORDER BY k"):
        form, _ = folder.formats[names[f]]
        life = label.startswith(form.life_where.get("agency", "\0"))
        cut = form.several.get("agency")
        parts = [label] if life or not cut else [p.strip() for p in re.split(re.escape(cut), label) if p.strip()]
        for n, part in enumerate(parts, start=1):
            agency = "family" if life else by_word.get(fold(part), part)
            event = n if len(parts) > 1 else 0
            found.append((k, f, event, agency, raw, activities.find(agency, raw), life))
    # One spelling for an agency that nobody listed: the first, in order of letters.
    for part in sorted({row[3] for row in found}):
        by_word.setdefault(fold(part), part)
    found = [(*row[:3], by_word[fold(row[3])], *row[4:]) for row in found]
    mapped = {f for _, f, _, _, _, name, life in found if name or life}
    columns: dict[str, list[Any]] = {n: [] for n in _KINDS}
    for k, f, event, agency, raw, name, life in found:
        nature = "life" if life else activities.nature(name)
        if nature == UNMAPPED and f not in mapped:
            nature = "touch"
        asked = activities.known[name].asked_by if name else "unknown"
        row = (len(columns["k"]), k, event, agency, name or raw, nature, asked, raw, bool(name) or life)
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    kinds = {"kind": pa.int32(), "k": pa.int32(), "event": pa.int32(), "is_mapped": pa.bool_()}
    engine.load(f"{store}.kinds", pa.table({c: pa.array(v, kinds.get(c, pa.string())) for c, v in columns.items()}))
    engine.drop(f"{store}.kinds_read")
    labels = engine.rows(
        f"SELECT DISTINCT referred_to FROM {store}.rows WHERE referred_to IS NOT NULL ORDER BY referred_to"
    )
    referred = {"label": [r for (r,) in labels], "agency": [by_word.get(fold(r), r) for (r,) in labels]}
    engine.load(f"{store}.referred", pa.table({n: pa.array(v, pa.string()) for n, v in referred.items()}))


_KINDS = ("kind", "k", "event", "agency", "activity", "nature", "asked_by", "raw_activity", "is_mapped")

CONTACT_ROWS = """
SELECT r.c + w.event AS c, w.kind, concat(p.supplier, ':', coalesce(r.own_id, concat(r.digest, '-', CAST(r.nth AS VARCHAR))),
    CASE WHEN w.event > 0 THEN concat('#', CAST(w.event AS VARCHAR)) ELSE '' END) AS contact_id,
  CASE WHEN r.person_id IS NULL OR p.shared THEN r.person_id ELSE concat(p.supplier, ':', r.person_id) END AS person_id,
  r.family_id AS family_id_given, w.agency, r.professional_id, w.activity, w.nature, w.asked_by, w.raw_activity,
  r.need_id, r.reason, r.outcome, coalesce(q.agency, r.referred_to) AS referred_to, r.day, r.second, r.t_utc,
  CASE r.grain WHEN 0 THEN 'day' WHEN 1 THEN 'month' WHEN 2 THEN 'year' ELSE 'approximate' END AS precision,
  r.earliest, r.latest, r.ends_on_day AS ends_day, r.recorded_on_day AS recorded_day,
  CASE WHEN r.replaces IS NOT NULL THEN concat(p.supplier, ':', r.replaces)
    WHEN r.version > 1 THEN concat(p.supplier, ':', r.own_id) END AS replaces,
  p.source_file, r.source_row, r.version, coalesce(r.recorded_on_day, r.latest) AS known_day, r.next_day AS next_known,
  w.is_mapped, r.own_id, r.f, r.grain
FROM {store}.rows AS r JOIN {store}.kinds AS w ON r.k = w.k JOIN {store}.files AS p ON r.f = p.f
  LEFT JOIN {store}.referred AS q ON r.referred_to = q.label
"""
"""The contacts behind a store's rows: a row per accepted version of a contact, in the kit's words."""


def lay_contacts(engine: Engine, store: str = "store") -> None:
    """Make the view `contacts` over a store that is attached to an engine."""
    engine.view("contacts", CONTACT_ROWS.format(store=store))


def _supersede(engine: Engine, store: str) -> None:
    """A contact that the supplier says replaces another ends that other's last version."""
    if not engine.rows(f"SELECT count(*) AS n FROM {store}.rows WHERE replaces IS NOT NULL")[0][0]:
        return
    engine.make(
        "superseded",
        "SELECT o.f, o.source_row, min(n.known_day) AS on_day FROM contacts AS o JOIN contacts AS n "
        "ON n.replaces = o.contact_id AND n.contact_id <> o.contact_id GROUP BY o.f, o.source_row",
    )
    engine.write(
        f"UPDATE {store}.rows SET next_day = coalesce(least(rows.next_day, s.on_day), s.on_day) FROM superseded AS s "
        "WHERE rows.f = s.f AND rows.source_row = s.source_row"
    )
    engine.drop("superseded")


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
        SELECT agency, min(a) AS from_day, max(b) AS to_day,
          min(CASE WHEN declared THEN 1 ELSE 0 END) = 1 AS is_declared
        FROM (
          SELECT agency, a, b, TRUE AS declared FROM declared WHERE agency IS NOT NULL
          UNION ALL
          SELECT c.agency, coalesce(d.a, c.a) AS a, coalesce(d.b, c.b) AS b, d.a IS NOT NULL AS declared
          FROM (
            SELECT w.agency, p.source_file, min(r.a) AS a, max(r.b) AS b
            FROM (SELECT k, f, min(earliest) AS a, max(latest) AS b FROM {store}.rows GROUP BY k, f) AS r
              JOIN {store}.kinds AS w ON r.k = w.k JOIN {store}.files AS p ON r.f = p.f
            WHERE w.nature <> 'life' GROUP BY w.agency, p.source_file
          ) AS c LEFT JOIN declared AS d ON c.source_file = d.source_file
        ) AS e GROUP BY agency
        """,
    )
    engine.drop("declared")


SET_ASIDE = """
SELECT p.source_file, s.source_row, s.source_line, s.because AS reason, s.at_fault AS "column", {found} AS found, {fix} AS fix
FROM store.set_aside AS s JOIN store.files AS p ON s.f = p.f ORDER BY p.source_file, s.source_row
"""


def set_aside_rows() -> str:
    """The SELECT of a store's records set aside, each with what to do."""
    return SET_ASIDE.format(found=_found(), fix=_fix())


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
    from lib.dialect import literal

    cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in _FIXES.items())
    return f"CASE s.because {cases} ELSE 'look at the row at source' END"


def _found() -> str:
    return (
        "CASE WHEN s.because IN ('bad date', 'year out of range') THEN 'text that is not such a day' "
        "WHEN s.because LIKE 'no %' OR s.because = 'empty row' THEN 'nothing' WHEN s.because LIKE 'amended%' THEN 'two versions' "
        "ELSE s.because END"
    )


def columns_of(table: str) -> list[str]:
    """The declared columns of a table, by name."""
    return [c.name for c in TABLES[table]]
