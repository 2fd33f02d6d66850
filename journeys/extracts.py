"""Agencies' extracts become a store: rows read once, and the kinds, files and agencies that they name.

The view `contacts` shows a store's rows in the kit's words: a row per accepted version of a contact.
"""

from __future__ import annotations

import re
from typing import Any

from journeys.activities import Activities, fold
from journeys.columns import UNMAPPED
from journeys.forgotten import barred, who_is
from journeys.persons import read_persons
from journeys.sources import Folder
from lib import intake
from lib.dates import day_number
from lib.engine import Engine
from lib.records import Shape

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


def fill_store(engine: Engine, store: str, folder: Folder, activities: Activities) -> None:
    """Every table of a store: rows and the kinds, files and agencies that they name; set_aside, account, coverage, faults."""
    listed = {"agency": folder.entry.agencies or []}
    taken = intake.read(engine, folder.sources(), SHAPE, listed, store, barred(folder))
    engine.load(f"{store}.account", taken.account.assign(n=range(len(taken.account))))
    _name_files(engine, store, folder)
    _name_people(engine, store, folder)
    _name_kinds(engine, store, folder, activities)
    lay_contacts(engine, store)
    _supersede(engine, store)
    _coverage(engine, store, folder)


def _name_files(engine: Engine, store: str, folder: Folder) -> None:
    """Beside each file, whose numbers its people have, and whether these are shared by all suppliers."""
    import pyarrow as pa

    files = engine.arrow(f"SELECT f, supplier, source_file, made_day FROM {store}.files ORDER BY f")
    names = [folder.file_of(name) for name in files.column("source_file").to_pylist()]
    files = files.append_column("people", pa.array([folder.suppliers[name] for name in names], pa.string()))
    shared = [folder.entry.files[name].person_ids == "shared" for name in names]
    engine.load(f"{store}.files", files.append_column("shared", pa.array(shared, pa.bool_())))


def _name_people(engine: Engine, store: str, folder: Folder) -> None:
    """The person behind each supplier's number, where persons.csv knows one; without it, no table and no join."""
    import pyarrow as pa

    persons = read_persons(folder)
    if persons and (is_forgotten := who_is(folder)):
        persons = {record: own for record, own in persons.items() if not is_forgotten(record) and not is_forgotten(own)}
    if persons:
        columns = {"record_id": list(persons), "own_id": list(persons.values())}
        engine.load(f"{store}.{OWN_IDS}", pa.table({n: pa.array(v, pa.string()) for n, v in columns.items()}))


def _name_kinds(engine: Engine, store: str, folder: Folder, activities: Activities) -> None:
    """Each agency's own words for itself and for a kind of contact, in the kit's words.

    A word that nobody has listed keeps its own name, counted as unmapped; where a log maps to no activity at all (an
    event log), every row of it is a touch. A label that names two agencies gives two contacts, numbered as events.
    """
    import pyarrow as pa

    by_word = {fold(label): name for name, label in activities.agencies.items()}
    by_word |= {fold(name): name for name in activities.agencies}
    names = [source.name for source in folder.sources()]
    found: list[tuple[Any, ...]] = []
    for k, f, label, raw in engine.rows(f"SELECT k, f, agency, activity FROM {store}.kinds_read ORDER BY k"):
        form, _ = folder.formats[folder.file_of(names[f])]
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

MARK = """
CASE WHEN r.part > 0 THEN concat('#', CAST(r.part AS VARCHAR)) ELSE '' END,
    CASE WHEN w.event > 0 THEN concat(CASE WHEN r.part > 0 THEN '.' ELSE '#' END, CAST(w.event AS VARCHAR)) ELSE '' END
"""
"""What tells the contacts of one record apart: the number of the thing that it tells, and of the agency that it names."""

CONTACT_ROWS = """
SELECT r.c + w.event AS c, w.kind,
  concat(p.supplier, ':', coalesce(r.own_id, concat(r.digest, '-', CAST(r.nth AS VARCHAR))), {mark}) AS contact_id,
  {person} AS person_id,
  r.family_id AS family_id_given, w.agency, r.professional_id, w.activity, w.nature, w.asked_by, w.raw_activity,
  r.need_id, r.reason, r.outcome, coalesce(q.agency, r.referred_to) AS referred_to, r.day, r.second, r.t_utc,
  CASE r.grain WHEN 0 THEN 'day' WHEN 1 THEN 'month' WHEN 2 THEN 'year' ELSE 'approximate' END AS precision,
  r.earliest, r.latest, r.ends_on_day AS ends_day, r.recorded_on_day AS recorded_day,
  CASE WHEN r.replaces IS NOT NULL THEN concat(p.supplier, ':', r.replaces)
    WHEN r.version > 1 THEN concat(p.supplier, ':', r.own_id, {mark}) END AS replaces,
  p.source_file, r.source_row, r.part, r.version, coalesce(r.recorded_on_day, r.latest) AS known_day, r.next_day AS next_known,
  w.is_mapped, r.own_id, r.f, r.grain
FROM {store}.rows AS r JOIN {store}.kinds AS w ON r.k = w.k JOIN {store}.files AS p ON r.f = p.f
  LEFT JOIN {store}.referred AS q ON r.referred_to = q.label{known}
"""
"""The contacts behind a store's rows: a row per accepted version of a contact, in the kit's words."""

OWN_IDS = "own_ids"
SUPPLIED = "CASE WHEN r.person_id IS NULL OR p.shared THEN r.person_id ELSE concat(p.people, ':', r.person_id) END"
"""A person's number as its supplier has it; a person's own is in the table `own_ids`, if the folder has one."""


def lay_contacts(engine: Engine, store: str = "store") -> None:
    """Make the view `contacts` over a store that is attached to an engine."""
    person, known = SUPPLIED, ""
    if engine.has(OWN_IDS):
        person, known = (
            f"coalesce(o.own_id, {SUPPLIED})",
            f" LEFT JOIN {store}.{OWN_IDS} AS o ON o.record_id = {SUPPLIED}",
        )
    engine.view("contacts", CONTACT_ROWS.format(store=store, mark=MARK.strip(), person=person, known=known))


def _supersede(engine: Engine, store: str) -> None:
    """A contact that the supplier says replaces another ends that other's last version; of two that each say so, neither does."""
    if not engine.rows(f"SELECT count(*) AS n FROM {store}.rows WHERE replaces IS NOT NULL")[0][0]:
        return
    engine.make(
        "superseded",
        "SELECT o.f, o.source_row, o.part, min(n.known_day) AS on_day FROM contacts AS o JOIN contacts AS n "
        "ON n.replaces = o.contact_id AND n.contact_id <> o.contact_id AND coalesce(o.replaces, '') <> n.contact_id "
        "GROUP BY o.f, o.source_row, o.part",
    )
    engine.write(
        f"UPDATE {store}.rows SET next_day = coalesce(least(rows.next_day, s.on_day), s.on_day) FROM superseded AS s "
        "WHERE rows.f = s.f AND rows.source_row = s.source_row AND rows.part = s.part"
    )
    engine.drop("superseded")


def _coverage(engine: Engine, store: str, folder: Folder) -> None:
    """From which day to which each agency's records run: as declared, or else the file's first to last contact."""
    import pyarrow as pa

    entries = [(s.name, folder.entry.files[folder.file_of(s.name)]) for s in folder.sources()]
    covers = [(n, e.covers, e.agency) for n, e in entries if e.covers]
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
            SELECT DISTINCT w.agency, p.source_file, min(r.a) OVER (PARTITION BY p.source_file) AS a,
              max(r.b) OVER (PARTITION BY p.source_file) AS b
            FROM (SELECT k, f, min(earliest) AS a, max(latest) AS b FROM {store}.rows GROUP BY k, f) AS r
              JOIN {store}.kinds AS w ON r.k = w.k JOIN {store}.files AS p ON r.f = p.f
            WHERE w.nature <> 'life'
          ) AS c LEFT JOIN declared AS d ON c.source_file = d.source_file
        ) AS e GROUP BY agency
        """,
    )
    engine.drop("declared")
