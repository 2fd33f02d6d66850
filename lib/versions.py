"""What only the whole of an intake can tell: equal rows without an id, repeats, and versions in their order."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from lib.records import Shape

if TYPE_CHECKING:
    from lib.engine import Engine

__all__ = ["number_equal_rows", "order_versions"]


def number_equal_rows(engine: Engine, into: str) -> None:
    """Rows that are equal in every listed value and have no id: each a thing of its own, numbered, and doubted."""
    engine.make(
        "equal_rows",
        f"""
        SELECT r.f, r.source_row, r.part, p.supplier, r.digest,
          row_number() OVER (PARTITION BY p.supplier, r.digest ORDER BY r.f, r.source_row, r.part) AS nth
        FROM {into}.rows AS r JOIN {into}.files AS p ON r.f = p.f
        WHERE r.own_id IS NULL AND (p.supplier, r.digest) IN (
          SELECT (q.supplier, s.digest) FROM {into}.rows AS s JOIN {into}.files AS q ON s.f = q.f
          WHERE s.own_id IS NULL GROUP BY q.supplier, s.digest HAVING count(*) > 1)
        """,
    )
    engine.write(
        f"UPDATE {into}.rows SET nth = e.nth FROM equal_rows AS e "
        "WHERE rows.f = e.f AND rows.source_row = e.source_row AND rows.part = e.part"
    )
    engine.write(
        f"INSERT INTO {into}.faults SELECT 'identical_no_id', f, source_row, part, n FROM "
        "(SELECT *, count(*) OVER (PARTITION BY supplier, digest) AS n FROM equal_rows) AS e WHERE nth = 1"
    )
    engine.drop("equal_rows")


def order_versions(engine: Engine, into: str, shape: Shape, told: Collection[int]) -> None:
    """Repeats collapsed; versions put in the order in which they were recorded, or all set aside.

    One id of one supplier is one thing, in as many versions as it has sets of values. Values are compared typed,
    after cleaning; a difference in the day of recording alone is an amendment. `told` are the numbers of the things that
    records of several tell: such records are compared whole. Leaves `fates`: which of the rows with a fellow stay.
    """
    engine.make("fates", "SELECT 0 AS f, 0 AS source_row, TRUE AS stays, FALSE AS unordered LIMIT 0")
    with_id = f"{into}.rows AS r JOIN {into}.files AS p ON r.f = p.f WHERE r.own_id IS NOT NULL"
    records = "count(DISTINCT (r.f, r.source_row))" if told else "count(*)"
    more = engine.rows(f"SELECT {records} - count(DISTINCT (p.supplier, r.own_id)) AS n FROM {with_id}")[0][0]
    if not more:
        return
    parts = [f"coalesce(r.{t}, '')" for t in shape.kept] + [
        f"coalesce(CAST(r.{c} AS VARCHAR), '')" for c in ("k_name", *shape.compared)
    ]
    names = ", ".join(f"coalesce({t}, '')" for t in shape.kind)
    versions = f"""
        SELECT supplier, own_id, md5(concat_ws(chr(31), {", ".join(parts)})) AS digest, f, source_row, part,
          coalesce({shape.recorded}_day, made_day) AS recorded_day, {shape.recorded}_day AS told_day, recorded_second
        FROM (
          SELECT p.supplier, p.made_day, r.*, q.k_name FROM {into}.rows AS r JOIN {into}.files AS p ON r.f = p.f
            JOIN (SELECT k, concat_ws(chr(31), {names}) AS k_name FROM kinds_now) AS q ON r.k = q.k
          WHERE (p.supplier, r.own_id) IN (
            SELECT (p.supplier, r.own_id) FROM {with_id} GROUP BY p.supplier, r.own_id HAVING {records} > 1)
        ) AS r
        """
    if told:
        whole = ", ".join(f"coalesce(max(CASE WHEN part = {n} THEN digest END), '')" for n in (0, *sorted(told)))
        versions = (
            f"SELECT supplier, own_id, concat_ws(chr(31), {whole}) AS digest, f, source_row, "
            "min(recorded_day) AS recorded_day, min(told_day) AS told_day, min(recorded_second) AS recorded_second "
            f"FROM ({versions}) AS v GROUP BY supplier, own_id, f, source_row"
        )
    engine.make("versions", versions)
    # One row of each set of equal rows stays, that of the latest extract; the rest are collapsed. Where a version does not
    # say when it was recorded, those before it never hold: nobody knows from which day on it was known in their place.
    engine.make(
        "fates",
        """
        SELECT v.f, v.source_row, v.nth = 1 AS stays,
          v.nth = 1 AND g.versions > 1 AND g.unordered = 1 AS unordered,
          row_number() OVER w AS version,
          CASE WHEN lead(v.digest) OVER w IS NOT NULL THEN coalesce(lead(v.told_day) OVER w, -1000000) END AS next_day
        FROM (
          SELECT supplier, own_id, digest, f, source_row, recorded_day, told_day, recorded_second, row_number() OVER (
            PARTITION BY supplier, own_id, digest ORDER BY coalesce(recorded_day, -1000000) DESC, f, source_row) AS nth
          FROM versions
        ) AS v JOIN (
          SELECT supplier, own_id, sum(n) AS versions,
            max(CASE WHEN recorded_day IS NULL OR (n > 1 AND (untimed > 0 OR clocks < n)) THEN 1 ELSE 0 END) AS unordered
          FROM (
            SELECT supplier, own_id, recorded_day, count(DISTINCT digest) AS n,
              count(*) FILTER (WHERE recorded_second IS NULL) AS untimed, count(DISTINCT recorded_second) AS clocks
            FROM versions GROUP BY supplier, own_id, recorded_day
          ) AS d GROUP BY supplier, own_id
        ) AS g ON v.supplier = g.supplier AND v.own_id = g.own_id
        WINDOW w AS (PARTITION BY v.supplier, v.own_id, v.nth = 1 ORDER BY v.recorded_day, v.recorded_second)
        """,
    )
    match = "rows.f = x.f AND rows.source_row = x.source_row"
    engine.write(
        f"INSERT INTO {into}.set_aside SELECT DISTINCT r.f, r.source_row, r.source_line, 'amended, order unknown', "
        f"'{shape.recorded}' FROM {into}.rows AS r JOIN fates AS x ON r.f = x.f AND r.source_row = x.source_row "
        "WHERE x.stays AND x.unordered"
    )
    engine.write(f"DELETE FROM {into}.rows USING fates AS x WHERE {match} AND (NOT x.stays OR x.unordered)")
    engine.write(f"UPDATE {into}.rows SET version = x.version, next_day = x.next_day FROM fates AS x WHERE {match}")
    engine.drop("versions")
