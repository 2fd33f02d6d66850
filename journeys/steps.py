"""Every contact in its place: the moments and steps of every family, laid out once, in whole numbers.

Where nothing of a folder is left out, they are kept in a store of their own, beside the contacts'; a run as at an
earlier day, or with other members, lays out its own in memory, by the same statements.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from journeys.contacts import Session
from journeys.extracts import lay_contacts
from journeys.families import families_are_named, fit, load_members
from journeys.journeymap import keep_maps
from lib.dates import day_number
from lib.engine import Engine, Table
from lib.stores import attach_stored

if TYPE_CHECKING:
    import pandas as pd

KEPT = "kept."
"""The prefix of the tables of steps that a store keeps: those of the whole folder, with nothing left out."""

CODES = """
SELECT CAST(row_number() OVER (ORDER BY name) AS INTEGER) AS code, name
FROM (SELECT DISTINCT {name} AS name FROM {source}) AS d WHERE name IS NOT NULL
"""
"""Names as whole numbers, in order of name, so that the same names always have the same numbers."""

KINDS = """
SELECT w.kind, a.code AS activity, g.code AS agency,
  CASE WHEN w.nature IN ('touch', 'referral') THEN 1 ELSE 0 END AS moves
FROM store.kinds AS w JOIN {at}activities AS a ON w.activity = a.name JOIN {at}agencies AS g ON w.agency = g.name
"""

PLACED = """
SELECT f.code AS family, c.c, w.activity, w.agency, p.code AS professional, c.day, c.second, c.earliest, c.latest, c.grain,
  w.moves
FROM {contacts} JOIN kinds AS w ON c.kind = w.kind JOIN {at}families AS f ON {family} = f.name
  LEFT JOIN {at}professionals AS p ON c.professional_id = p.name
WHERE c.known_day <= {as_at} AND (c.next_known IS NULL OR c.next_known > {as_at}) AND c.earliest <= {end}
"""
"""Each contact of each family, in its latest version recorded by a day, of those that had happened by the period's end."""

UNTIMED_DAYS = "SELECT DISTINCT family, day FROM placed WHERE moves = 1 AND grain = 0 AND second IS NULL"
"""A family's days on which a touch or referral has no time: nothing on them can be put in order."""

BUSY_MONTHS = """
SELECT m.c, m.family FROM placed AS m JOIN placed AS d ON m.family = d.family AND d.day BETWEEN m.earliest AND m.latest
WHERE m.moves = 1 AND m.grain = 1 AND d.moves = 1 AND d.grain = 0 GROUP BY m.c, m.family
"""
"""Contacts known to the month, in a month with a dated touch or referral of that family: they make no moment."""

NUMBERED = """
SELECT family, c, activity, agency, professional, day, second, earliest, latest, grain, place,
  CAST(dense_rank() OVER w AS INTEGER) AS moment, CAST(rank() OVER w AS INTEGER) AS step,
  lag(place) OVER w AS place_before, lag(place, 2) OVER w AS place_before_that, lead(place) OVER w AS place_after,
  lag(day) OVER w AS day_before, lag(activity) OVER w AS activity_before, lag(agency) OVER w AS agency_before,
  lag(professional) OVER w AS professional_before
FROM (
  SELECT p.family, p.c, p.activity, p.agency, p.professional, p.day, p.second, p.earliest, p.latest, p.grain,
    CASE WHEN p.grain = 1 THEN CAST(p.earliest AS BIGINT) * 86401
      ELSE CAST(p.day AS BIGINT) * 86401 + CASE WHEN u.day IS NULL THEN p.second + 1 ELSE 0 END END AS place
  FROM placed AS p LEFT JOIN untimed AS u ON p.family = u.family AND p.day = u.day
    LEFT JOIN busy AS b ON p.c = b.c AND p.family = b.family
  WHERE p.moves = 1 AND (p.grain = 0 OR (p.grain = 1 AND b.c IS NULL))
) AS o WINDOW w AS (PARTITION BY family ORDER BY place)
"""
"""What makes moments, each with its place: the day and, where that day's contacts all have a time, the second."""

_ALONE = "(place_before IS NULL OR place_before <> place) AND (place_after IS NULL OR place_after <> place)"
_DAYS = "CASE WHEN place_before IS NOT NULL AND place_before <> place THEN day - day_before END"

_LAST = "CASE WHEN place_after IS NULL THEN 1 ELSE 0 END"

TIED = f"""
SELECT family, moment, max({_DAYS}) AS days, max({_LAST}) AS is_last FROM numbered WHERE NOT ({_ALONE}) GROUP BY family, moment
"""

STEPS = f"""
SELECT family, c, activity, agency, professional, 1 AS moves, day, second, earliest, latest, grain, moment, step,
  CAST({_DAYS} AS INTEGER) AS days, 1 AS alone,
  CASE WHEN place_before IS NOT NULL AND (place_before_that IS NULL OR place_before_that <> place_before)
    THEN 1 ELSE 0 END AS simple,
  {_LAST} AS is_last, activity_before, agency_before, professional_before
FROM numbered WHERE {_ALONE}
UNION ALL
SELECT s.family, s.c, s.activity, s.agency, s.professional, 1 AS moves, s.day, s.second, s.earliest, s.latest, s.grain,
  s.moment, s.step, CAST(t.days AS INTEGER) AS days, 0 AS alone, 0 AS simple,
  t.is_last, s.activity_before, s.agency_before, s.professional_before
FROM numbered AS s JOIN tied AS t ON s.family = t.family AND s.moment = t.moment
UNION ALL
SELECT p.family, p.c, p.activity, p.agency, p.professional, p.moves, p.day, p.second, p.earliest, p.latest, p.grain,
  NULL AS moment, NULL AS step, NULL AS days, 0 AS alone, 0 AS simple, 0 AS is_last, NULL AS activity_before,
  NULL AS agency_before, NULL AS professional_before
FROM placed AS p LEFT JOIN busy AS b ON p.c = b.c AND p.family = b.family
WHERE p.moves = 0 OR p.grain > 1 OR b.c IS NOT NULL
"""
"""Every contact with each family that it fits, numbered where it makes a moment.

`alone`: the only contact of its moment. `simple`: alone, and so is the moment before, whose values stand beside it.
"""


def lay_out(session: Session, members: Table | pd.DataFrame | None, end: dt.date, as_at: dt.date) -> tuple[Engine, str]:
    """The steps of every family, kept in a store of their own where nothing of the folder is left out."""
    source = session.engine
    newest = source.rows("SELECT max(coalesce(recorded_on_day, latest)) AS k, max(earliest) AS e FROM store.rows")[0]
    whole = newest[0] is None or (day_number(as_at) >= newest[0] and day_number(min(end, as_at)) >= newest[1])
    if whole and members is None and session.home is not None:
        contacts_store = session.home / f"{session.key}.duckdb"

        def fill(engine: Engine, name: str) -> None:
            lay_contacts(engine)
            _steps(engine, session, None, f"{name}.", end, as_at)

        engine = Engine(session.home)
        engine.attach(contacts_store, "store")
        lay_contacts(engine)
        attach_stored(engine, session.home, f"{session.key}-steps", fill, KEPT[:-1], [(contacts_store, "store")])
        engine.is_old = source.is_old
        return engine, KEPT
    if session.home is not None:
        engine = Engine(session.home)
        engine.attach(session.home / f"{session.key}.duckdb", "store")
        lay_contacts(engine)
        engine.is_old = source.is_old
    else:
        engine = source
    name = engine.fresh_name("laid")
    engine.con.execute(f"ATTACH ':memory:' AS {name}")
    _steps(engine, session, members, f"{name}.", end, as_at)
    return engine, f"{name}."


def _steps(
    engine: Engine, session: Session, members: Table | pd.DataFrame | None, at: str, end: dt.date, as_at: dt.date
) -> None:
    contacts = f"{session.contacts} AS c"
    family = "c.family_id_given"
    if not families_are_named(session, engine, members):
        load_members(session, engine, members)
        fit(session, engine, session.contacts)
        contacts, family = f"{session.contacts} AS c JOIN fits AS t ON t.c = c.c", "t.family_id"
    engine.make(f"{at}activities", CODES.format(name="activity", source="store.kinds"))
    engine.make(f"{at}agencies", CODES.format(name="agency", source="store.kinds"))
    engine.make(f"{at}professionals", CODES.format(name="professional_id", source="store.rows"))
    named = "store.rows" if family == "c.family_id_given" else "fits"
    engine.make(f"{at}families", CODES.format(name="family_id", source=named))
    engine.make("kinds", KINDS.format(at=at))
    days = {"as_at": day_number(as_at), "end": day_number(min(end, as_at))}
    engine.make("placed", PLACED.format(contacts=contacts, family=family, at=at, **days))
    engine.make("untimed", UNTIMED_DAYS)
    engine.make("busy", BUSY_MONTHS)
    engine.make("numbered", NUMBERED)
    engine.make("tied", TIED)
    engine.make(f"{at}steps", STEPS)
    keep_maps(engine, at)
    engine.drop("placed", "untimed", "busy", "numbered", "tied", "kinds", "fits", "candidates", "verdicts")
