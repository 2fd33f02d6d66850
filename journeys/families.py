"""Who belongs to which family, and when: from a members file, or from the families that the logs themselves name.

`from` is the first day in a family and `to` the first day out of it. A contact whose day is not known exactly must
fit wherever in its span it fell. What fits no family, or two that are not declared, is a fault, and never guessed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.columns import SEPARATED, identifying
from journeys.contacts import Session, open_session
from journeys.forgotten import who_is
from journeys.layouts import members_source
from journeys.persons import read_persons
from journeys.sources import Folder
from lib.batches import Source
from lib.dates import day_number, plain_day
from lib.doubts import NO_ID
from lib.engine import Engine, Table
from lib.errors import DataError, RequestError, did_you_mean, listed
from lib.readers import batches

if TYPE_CHECKING:
    import pandas as pd

ALWAYS, STILL = -1_000_000, 1_000_000
"""Day numbers that stand for "as far back as the logs go" and "still"."""

MEMBERS = f"""
SELECT person_id, family_id,
  CASE WHEN from_day = {ALWAYS} THEN NULL ELSE DATE '1970-01-01' + from_day END AS from_date,
  CASE WHEN to_day = {STILL} THEN NULL ELSE DATE '1970-01-01' + to_day END AS to_date, because
FROM members ORDER BY person_id, from_day, family_id
"""

FROM_THE_LOG = f"""
SELECT person_id, family_id, from_day, CAST(coalesce(lead(from_day) OVER (PARTITION BY person_id ORDER BY from_day, family_id),
    {STILL}) AS INTEGER) AS to_day, 'named in the log' AS because
FROM (
  SELECT person_id, family_id, min(latest) AS from_day FROM (
    SELECT person_id, family_id, latest,
      sum(moved) OVER (PARTITION BY person_id ORDER BY latest, family_id) AS spell
    FROM (
      SELECT person_id, family_id_given AS family_id, latest,
        CASE WHEN family_id_given = lag(family_id_given) OVER (PARTITION BY person_id ORDER BY latest, family_id_given)
          THEN 0 ELSE 1 END AS moved
      FROM {{contacts}} WHERE family_id_given IS NOT NULL AND person_id IS NOT NULL AND next_known IS NULL
    ) AS a
  ) AS b GROUP BY person_id, family_id, spell
) AS c
"""
"""A person is in the family that a log names from the day it first does so, until a log names another."""

SPELLS = f"""
SELECT person_id, family_id, min(from_day) AS from_day, max(to_day) AS to_day,
  min(CASE WHEN lower(because) = '{SEPARATED}' THEN 1 ELSE 0 END) AS always_separated,
  max(CASE WHEN lower(because) = '{SEPARATED}' THEN 1 ELSE 0 END) AS ever_separated
FROM (
  SELECT person_id, family_id, from_day, to_day, because,
    sum(starts) OVER (PARTITION BY person_id, family_id ORDER BY from_day, to_day ROWS UNBOUNDED PRECEDING) AS spell
  FROM (
    SELECT person_id, family_id, from_day, to_day, because,
      CASE WHEN from_day <= max(to_day) OVER (PARTITION BY person_id, family_id ORDER BY from_day, to_day
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS starts
    FROM members
  ) AS a
) AS b GROUP BY person_id, family_id, spell
"""
"""Memberships of one family that touch or overlap, joined into one spell."""

CANDIDATES = f"""
SELECT c.c, s.family_id,
  CASE WHEN s.always_separated = s.ever_separated THEN s.ever_separated WHEN EXISTS (
    SELECT 1 FROM members AS m WHERE m.person_id = s.person_id AND m.family_id = s.family_id
      AND m.from_day <= c.latest AND m.to_day > c.earliest AND lower(m.because) <> '{SEPARATED}'
  ) THEN 0 ELSE 1 END AS separated,
  CASE WHEN s.from_day <= c.earliest AND c.latest < s.to_day THEN 1 ELSE 0 END AS whole
FROM {{contacts}} AS c JOIN spells AS s ON c.person_id = s.person_id AND s.from_day <= c.latest AND s.to_day > c.earliest
"""
"""Each contact with each family that its person may be in; what the rows of those days say decides on separated parents."""

VERDICTS = """
SELECT c, CASE WHEN sum(whole) < count(*) THEN 'span_crosses' WHEN count(*) > 1 AND sum(separated) < count(*)
  THEN 'two_families' ELSE 'fits' END AS verdict
FROM candidates GROUP BY c
"""

FITS = """
SELECT c.c, c.family_id_given AS family_id FROM {contacts} AS c WHERE c.family_id_given IS NOT NULL
UNION ALL
SELECT d.c, d.family_id FROM candidates AS d JOIN verdicts AS v ON d.c = v.c
  JOIN {contacts} AS c ON c.c = d.c WHERE v.verdict = 'fits' AND c.family_id_given IS NULL
"""
"""Each contact with each family that it fits: the one its log names, or those of its person on that day."""


def read_members(data: str | Path) -> Table:
    """Who belongs to which family, from when, until when, and how that is known.

    `data` is a folder's name under `data/`, or a path to one. Returns a Table with the columns of
    `columns.TABLES["members"]`: `from_date` is the first day in, `to_date` the first day out (empty: still). Without
    a members file, the families that the logs name, dated by the contacts that name them.

    Raises `DataError` for a members file that cannot be used as it stands, with the rows to mend.

    >>> read_members("sample").columns
    ['person_id', 'family_id', 'from_date', 'to_date', 'because']
    """
    session = open_session(data)
    if session.home is None:
        load_members(session, session.engine)
    else:
        session.once("members", session.key, lambda: load_members(session, session.engine))
    return Table(session.engine, "members", MEMBERS, identifying("members"), session)


def load_members(session: Session, engine: Engine, given: Table | pd.DataFrame | None = None) -> None:
    """Make the tables `members` and `spells` in an engine: from what is given, the folder's file, or the logs."""
    import pyarrow as pa

    if given is not None and not (isinstance(given, Table) and _same(given, session)):
        rows = _from_frame(given.df() if isinstance(given, Table) else given)
    elif session.folder.entry.members:
        if session.folder.path is None:
            raise RequestError("sources names a members file, and frames have none: pass members as a DataFrame.")
        rows = member_rows(session.folder)
    else:
        engine.make("members", FROM_THE_LOG.format(contacts=session.contacts))
        engine.make("spells", SPELLS)
        return
    persons = read_persons(session.folder)
    rows = [(persons.get(row[0], row[0]), *row[1:]) for row in rows]
    if is_forgotten := who_is(session.folder):
        rows = [row for row in rows if not is_forgotten(row[0])]
    _check_persons(session, [r[0] for r in rows])
    names = ("person_id", "family_id", "from_day", "to_day", "because")
    kinds = (pa.string(), pa.string(), pa.int32(), pa.int32(), pa.string())
    columns = list(zip(*rows, strict=True)) or [()] * 5
    engine.load("members", pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)}))
    engine.make("spells", SPELLS)


def member_rows(folder: Folder) -> list[tuple[Any, ...]]:
    """The rows of a folder's members file: person, family, first day in, first day out, why. None where it has no file."""
    name = folder.entry.members
    if not name or folder.path is None:
        return []
    path = folder.path / name
    if name in folder.entry.files and (form := folder.formats[name][0]).members:
        own = "" if folder.entry.files[name].person_ids == "shared" else f"{folder.suppliers[name]}:"
        rows = _from_file(members_source(name, form, path))
        return [(f"{own}{person}", *rest) for person, *rest in rows]
    return _from_file(_plain_source(path.name, path))


def families_are_named(session: Session, engine: Engine, given: Table | pd.DataFrame | None) -> bool:
    """Whether the log names the family of every contact, and no members file says anything else."""
    if given is not None or session.folder.entry.members:
        return False
    return not engine.rows("SELECT count(*) AS n FROM store.rows WHERE family_id IS NULL")[0][0]


def fit(session: Session, engine: Engine, contacts: str) -> None:
    """Make `fits` (contact, family), `candidates` and `verdicts` in an engine that has `members` and `spells`."""
    engine.make("candidates", CANDIDATES.format(contacts=contacts))
    engine.make("verdicts", VERDICTS)
    engine.make("fits", FITS.format(contacts=contacts))


def _same(given: Table, session: Session) -> bool:
    owner = given.owner
    return isinstance(owner, Session) and bool(owner.key) and owner.key == session.key


def _from_frame(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Members as rows, from a frame with the columns of the members table (or of the members file).

    Its ids are read as those of any frame are: a blank is nobody's, and a number with decimals is no id.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise RequestError(
            "members is no table. Give what read_members gives, or a DataFrame with person_id and family_id."
        )
    renamed = frame.rename(columns={"from": "from_date", "to": "to_date"})
    missing = [c for c in ("person_id", "family_id") if c not in renamed.columns]
    if missing:
        raise RequestError(f"members has no column {listed(missing)}. Columns: {listed(map(str, frame.columns))}.")
    twice = [
        c for c in ("person_id", "family_id", "from_date", "to_date", "because") if (renamed.columns == c).sum() > 1
    ]
    if twice:
        raise RequestError(f"members has the column {listed(twice)} twice. Rename or remove one of them.")
    texts = {
        name: [_as_text(value) for value in renamed[own]] if own in renamed.columns else [""] * len(renamed)
        for name, own in (("from", "from_date"), ("to", "to_date"), ("because", "because"))
    }
    ids = renamed[["person_id", "family_id"]].reset_index(drop=True)
    return _from_file(_plain_source("members", frame=ids.assign(**texts)))


def _as_text(value: Any) -> str:
    """A day, or a text, of a frame as text; empty for nothing."""
    if isinstance(value, str):
        return value
    if value is None or value != value or str(value) in ("NaT", "<NA>"):
        return ""
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else str(value)


def _plain_source(name: str, path: Path | None = None, frame: pd.DataFrame | None = None) -> Source:
    columns = {"person_id": "person_id", "family_id": "family_id", "from": "from", "to": "to", "because": "because"}
    return Source(
        name=name,
        supplier=Path(name).stem,
        columns=columns,
        needed=frozenset({"person_id", "family_id"}),
        dates=frozenset(),
        path=path,
        frame=frame,
        where=lambda target: "the members file's shape (person_id, family_id, from, to, because)",
    )


def _from_file(source: Source) -> list[tuple[Any, ...]]:
    rows = []
    for batch in batches(source):
        for row in batch.to_pylist():
            if row["problem"]:
                raise DataError(
                    f"{source.name}, line {row['line']}: {row['problem']}. Mend the row; every membership counts."
                )
            cells = [row.get(name) or "" for name in ("person_id", "family_id", "from", "to", "because")]
            if any(cells):
                rows.append((row["line"], *cells))
    return _typed(source.name, rows)


def _typed(name: str, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    out = []
    for line, person, family, start, end, because in rows:
        if not person or not family:
            raise DataError(
                f"{name}, line {line}: a person_id and a family_id are needed. Fill them in, or remove the row."
            )
        if re.search(NO_ID, family):
            raise DataError(
                f"{name}, line {line}: a word for nothing stands in place of the family, and strangers would be one family by it. "
                "Write the family's id, or remove the row."
            )
        days = [_day(name, line, text, empty) for text, empty in ((start, ALWAYS), (end, STILL))]
        if days[0] >= days[1]:
            raise DataError(
                f"{name}, line {line}: `to` is the first day out, and is not after `from`. Mend one of them."
            )
        out.append((person, family, *days, " ".join(because.split())))
    return out


def _day(name: str, line: int, text: str, empty: int) -> int:
    if not text:
        return empty
    if (day := plain_day(text)) is not None:
        return day_number(day)
    raise DataError(f"{name}, line {line}: a day is not one that exists. Write it as 2024-04-01 or 01/04/2024.")


def _check_persons(session: Session, persons: list[str]) -> None:
    """Where no member at all is anyone in the contacts, the supplier's name before the id is probably missing."""
    if not persons:
        return
    import pyarrow as pa

    session.engine.load("asked", pa.table({"person_id": pa.array(persons, pa.string())}))
    select = f"SELECT count(*) AS n FROM {session.contacts} AS c WHERE c.person_id IN (SELECT person_id FROM asked)"
    unnamed = session.engine.rows(f"SELECT count(*) AS n FROM {session.contacts} WHERE family_id_given IS NULL")[0][0]
    if unnamed and not session.engine.rows(select)[0][0]:
        suppliers = sorted(set(session.folder.suppliers.values()))
        near = did_you_mean(persons[0].split(":")[0], suppliers) if ":" in persons[0] else ""
        raise DataError(
            f"no person in the members file is in any contact.{near} A person is written <supplier>:<id>; suppliers here: "
            f"{listed(suppliers)}. With `person_ids: shared` in sources.yml, the id alone."
        )
