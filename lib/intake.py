"""Rows in, once: every record of every file is accepted, set aside with its reason, or collapsed as a repeat.

Records read = accepted + set aside + collapsed, for each file, always. Text is read as text, dates by the formats
that were declared, tried exactly; nothing is guessed, filled or dropped. A later version of the same record is an
amendment; where the order of two versions cannot be told, all of them are set aside.

A file goes through in batches, typed as it comes and written where it will stay, so that a large one needs little
memory; what only the whole can tell (repeats, versions, midnights) is settled at the end.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib import dialect
from lib.batches import Source
from lib.dates import clock_days
from lib.doubts import doubts_of
from lib.errors import DataError, PartMissing
from lib.readers import batches, digest
from lib.records import Shape, typed
from lib.shaping import shaped

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from lib.engine import Engine


@dataclass(frozen=True)
class Intake:
    """What came of reading: the account, and whole files that could not be read, with the reason."""

    account: pd.DataFrame
    rejected: Mapping[str, str]


def read(
    engine: Engine,
    sources: Sequence[Source],
    shape: Shape,
    words: Mapping[str, Sequence[str]],
    into: str,
    barred: Callable[[Source, pa.Table], pa.Array] | None = None,
) -> Intake:
    """Read every source into tables of the schema `into`: rows, kinds_read, files, set_aside and faults.

    A row keeps its file `f` and number, a unique number `c`, its supplier's id (`own_id`) or a digest of its listed
    values with an ordinal `nth` among equal ones, its kind `k`, its texts, `day`, `second` (as written), `t_utc`,
    `earliest`, `latest`, `grain`, its other days, its `version` and the day of the next one. A file that cannot be
    read at all is in `rejected` with the reason, and counts as nothing read. `words` allows, for a target, the values
    it may take; other rows are set aside. `barred` gives, for a batch of a source, why each of its records may not come
    in, or NULL: such a record is set aside for that reason, whatever else is wrong with it, and nothing of it is kept.
    """
    reading = _Reading(engine, sources, shape, words, into, barred)
    rejected: dict[str, str] = {}
    seen: set[tuple[str, str | None]] = set()
    missing: dict[int, str] = {}
    for f, source in enumerate(sources):
        try:
            key = (digest(source), source.part)
            if key in seen:
                reading.copied[f] = sum(len(b) for b in batches(source))
                continue
            for batch in batches(source):
                reading.take(f, source, batch)
            seen.add(key)
        except PartMissing as error:
            missing[f] = str(error)
        except DataError as error:
            reading.forget(f)
            rejected[source.name] = str(error)
    for f in missing:
        # One list may be missing from a file; where all are, it is another kind of file.
        if all(g in missing for g, other in enumerate(sources) if other.path == sources[f].path):
            rejected[sources[f].name] = missing[f]
        else:
            engine.write(f"INSERT INTO {into}.faults VALUES ('list_missing', {f}, NULL, 1)")
    reading.settle()
    return Intake(reading.account(rejected), rejected)


class _Reading:
    """One reading of a set of files into the tables of a schema."""

    def __init__(
        self,
        engine: Engine,
        sources: Sequence[Source],
        shape: Shape,
        words: Mapping[str, Sequence[str]],
        into: str,
        barred: Callable[[Source, pa.Table], pa.Array] | None,
    ) -> None:
        self.barred = barred
        self.engine, self.sources, self.shape, self.into = engine, sources, shape, into
        self.words = {t: list(w) for t, w in words.items() if w}
        self.copied: dict[int, int] = {}
        self.doubts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self.read_from = dict.fromkeys(range(len(sources)), 0)
        self.kinds: dict[tuple[Any, ...], int] = {}
        self.times = {f: [0, 0] for f in range(len(sources))}
        self._tables()

    def _tables(self) -> None:
        import pyarrow as pa

        shape, into = self.shape, self.into
        # Ids hardly repeat: looking for what they share costs more time than it saves room.
        as_is = "VARCHAR USING COMPRESSION uncompressed"
        texts = "".join(f", {t} {as_is if t.endswith('_id') else 'VARCHAR'}" for t in shape.kept)
        days = "".join(f", {d}_day INTEGER" for d in shape.others)
        self.engine.write(
            f"CREATE TABLE {into}.rows (f INTEGER, source_row INTEGER, source_line INTEGER, part TINYINT, c BIGINT, k INTEGER, "
            f"own_id {as_is}, digest {as_is}, nth INTEGER{texts}, day INTEGER, second INTEGER, off INTEGER, t_utc BIGINT, "
            f"earliest INTEGER, latest INTEGER, grain TINYINT{days}, recorded_second INTEGER, version INTEGER, "
            "next_day INTEGER)"
        )
        self.engine.write(
            f"CREATE TABLE {into}.set_aside (f INTEGER, source_row INTEGER, source_line INTEGER, because VARCHAR, at_fault VARCHAR)"
        )
        self.engine.write(f"CREATE TABLE {into}.faults (fault VARCHAR, f INTEGER, source_row INTEGER, n BIGINT)")
        files = {
            "f": pa.array(range(len(self.sources)), pa.int32()),
            "supplier": pa.array([s.supplier for s in self.sources], pa.string()),
            "source_file": pa.array([s.name for s in self.sources], pa.string()),
            "made_day": pa.array([s.made_on for s in self.sources], pa.int32()),
        }
        self.engine.load(f"{into}.files", pa.table(files))

    # Batch by batch

    def take(self, f: int, source: Source, batch: pa.Table) -> None:
        """Type one batch, and put each of its rows where it belongs."""
        engine, into = self.engine, self.into
        self.read_from[f] += len(batch)
        self.doubts[f] += Counter(doubts_of(source, batch))
        if self.barred is not None:
            batch = _with_reasons(batch, self.barred(source, batch))
        batch = shaped(source, batch, self.shape.id, self.shape.dates[0])
        engine.replace("batch", batch, typed(source, self.shape, batch.column_names, self.words))
        if source.tells:
            self._whole_records(source)
        self._name_kinds(f)
        self._set_clocks(source)
        engine.write(
            f"INSERT INTO {into}.set_aside SELECT {f}, source_row, source_line, because, at_fault FROM batch WHERE because IS NOT NULL"
        )
        for fault, test in (("time_in_words", "time_in_words"), ("", "flag <> ''")):
            name = dialect.literal(fault) if fault else "flag"
            engine.write(
                f"INSERT INTO {into}.faults SELECT {name}, {f}, source_row, 1 FROM ({self._clocked()}) AS b "
                f"WHERE because IS NULL AND {test}"
            )
        engine.write(f"INSERT INTO {into}.rows {self._rows(f)}")
        timed, midnights = engine.rows(
            "SELECT count(*) FILTER (WHERE written_second > 0), count(*) FILTER (WHERE written_second = 0) FROM batch"
        )[0]
        self.times[f][0] += timed
        self.times[f][1] += midnights

    def _whole_records(self, source: Source) -> None:
        """A record is used whole or not at all: where one thing that it tells cannot be used, that is its one reason."""
        engine = self.engine
        headers = " ".join(
            f"WHEN part = {t.number} AND at_fault = {dialect.literal(target)} THEN {dialect.literal(header)}"
            for t in source.tells
            for target, header in t.columns.items()
        )
        engine.make(
            "unusable",
            f"""
            SELECT source_row, part, because, at_fault FROM (
              SELECT source_row, part, because, CASE {headers} ELSE at_fault END AS at_fault,
                row_number() OVER (PARTITION BY source_row ORDER BY part) AS nth FROM batch WHERE because IS NOT NULL
            ) AS b WHERE nth = 1
            """,
        )
        engine.write(
            "DELETE FROM batch USING unusable AS u WHERE batch.source_row = u.source_row AND batch.part <> u.part"
        )
        engine.write("UPDATE batch SET at_fault = u.at_fault FROM unusable AS u WHERE batch.source_row = u.source_row")
        engine.drop("unusable")

    def forget(self, f: int) -> None:
        """Take a file's rows out again: the file could not be read to its end."""
        for table in ("rows", "set_aside", "faults"):
            self.engine.write(f"DELETE FROM {self.into}.{table} WHERE f = {f}")
        self.read_from[f], self.times[f] = 0, [0, 0]
        self.doubts.pop(f, None)

    def _name_kinds(self, f: int) -> None:
        """Give each new combination of the file's few-valued texts a number."""
        import pyarrow as pa

        names = ", ".join(self.shape.kind)
        for row in self.engine.rows(f"SELECT DISTINCT {names} FROM batch WHERE because IS NULL ORDER BY {names}"):
            self.kinds.setdefault((f, *row), len(self.kinds))
        columns: dict[str, Any] = {"k": pa.array(self.kinds.values(), pa.int32())}
        columns["f"] = pa.array([key[0] for key in self.kinds], pa.int32())
        for at, name in enumerate(self.shape.kind, start=1):
            columns[name] = pa.array([key[at] for key in self.kinds], pa.string())
        self.engine.load("kinds_now", pa.table(columns))

    def _set_clocks(self, source: Source) -> None:
        """Make `clocks`: how the file's zone runs on the days of this batch that hold a time."""
        import pyarrow as pa

        first, last = self.engine.rows(
            "SELECT min(day) AS a, max(day) AS b FROM batch WHERE second IS NOT NULL AND off IS NULL AND because IS NULL"
        )[0]
        days = [] if first is None else _clocks(source.zone, first, last)
        names = ("day", "before", "after", "change", "odd_from", "odd_to")
        columns = {n: pa.array([getattr(d, n) for d in days], pa.int32()) for n in names}
        self.engine.load("clocks", pa.table({**columns, "flag": pa.array([d.flag for d in days], pa.string())}))

    def _clocked(self) -> str:
        return (
            "SELECT b.*, CASE WHEN b.off IS NULL AND b.second >= z.odd_from AND b.second < z.odd_to THEN z.flag ELSE '' END AS flag "
            "FROM batch AS b LEFT JOIN clocks AS z ON b.day = z.day AND b.second IS NOT NULL"
        )

    def _rows(self, f: int) -> str:
        shape = self.shape
        parts = [f"coalesce(b.{t}, '')" for t in (*shape.kept, *shape.kind)]
        parts += [f"coalesce(CAST(b.{c} AS VARCHAR), '')" for c in self._compared]
        texts = "".join(f", b.{t}" for t in shape.kept)
        others = "".join(f", b.{d}_day" for d in shape.others)
        same = " AND ".join(f"b.{t} = q.{t}" for t in shape.kind)
        utc = "CAST(b.day AS BIGINT) * 86400 + b.second - coalesce(b.off, CASE WHEN b.second < z.change THEN z.before ELSE z.after END)"
        return f"""
        SELECT {f}, b.source_row, b.source_line, b.part, CAST({f} AS BIGINT) * 1099511627776
            + CAST(b.source_row AS BIGINT) * 256 + CAST(b.part AS BIGINT) * 8, q.k,
          b.{shape.id}, CASE WHEN b.{shape.id} IS NULL THEN substr(md5(concat_ws(chr(31), {", ".join(parts)})), 1, 16) END,
          1{texts}, b.day, b.second, b.off, {utc}, b.earliest, b.latest, b.grain{others}, b.recorded_second, 1, NULL
        FROM batch AS b JOIN kinds_now AS q ON q.f = {f} AND {same}
          LEFT JOIN clocks AS z ON b.day = z.day AND b.second IS NOT NULL
        WHERE b.because IS NULL
        """

    @property
    def _compared(self) -> tuple[str, ...]:
        """The typed values, beside the texts, in which two records are compared."""
        days = tuple(f"{d}_day" for d in self.shape.others)
        return ("day", "second", "off", "earliest", "latest", "grain", "recorded_second", *days)

    # The whole

    def settle(self) -> None:
        """What only the whole can tell: midnights, equal rows without an id, repeats and versions."""
        for f, doubts in self.doubts.items():
            for fault, n in doubts.items():
                self.engine.write(f"INSERT INTO {self.into}.faults VALUES ('{fault}', {f}, NULL, {n})")
        self._midnights()
        self._equal_rows()
        self._versions()
        self.engine.load(
            f"{self.into}.kinds_read", self.engine.arrow("SELECT * FROM kinds_now") if self.kinds else self._no_kinds()
        )
        self.engine.drop("batch", "kinds_now", "clocks")

    def _no_kinds(self) -> pa.Table:
        import pyarrow as pa

        columns = {"k": pa.array([], pa.int32()), "f": pa.array([], pa.int32())}
        return pa.table(columns | {name: pa.array([], pa.string()) for name in self.shape.kind})

    def _midnights(self) -> None:
        for f, (timed, midnights) in self.times.items():
            if not midnights:
                continue
            if timed and not self.sources[f].midnight_is_time:
                self.engine.write(f"INSERT INTO {self.into}.faults VALUES ('lone_midnight', {f}, NULL, {midnights})")
            elif not timed and self.sources[f].midnight_is_time:
                # Midnight throughout: the column has no times, whatever is declared of single ones.
                self.engine.write(
                    f"UPDATE {self.into}.rows SET second = NULL, t_utc = NULL WHERE f = {f} AND second = 0"
                )

    def _equal_rows(self) -> None:
        """Rows that are equal in every listed value and have no id: each a thing of its own, numbered, and doubted."""
        into = self.into
        self.engine.make(
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
        self.engine.write(
            f"UPDATE {into}.rows SET nth = e.nth FROM equal_rows AS e "
            "WHERE rows.f = e.f AND rows.source_row = e.source_row AND rows.part = e.part"
        )
        self.engine.write(
            f"INSERT INTO {into}.faults SELECT 'identical_no_id', min(f), min(source_row), count(*) FROM equal_rows "
            "GROUP BY supplier, digest"
        )
        self.engine.drop("equal_rows")

    def _versions(self) -> None:
        """Repeats collapsed; versions put in the order in which they were recorded, or all set aside.

        One id of one supplier is one thing, in as many versions as it has sets of values. Values are compared typed,
        after cleaning; a difference in the day of recording alone is an amendment.
        """
        into, shape, engine = self.into, self.shape, self.engine
        engine.make("fates", "SELECT 0 AS f, 0 AS source_row, TRUE AS stays, FALSE AS unordered LIMIT 0")
        with_id = f"{into}.rows AS r JOIN {into}.files AS p ON r.f = p.f WHERE r.own_id IS NOT NULL"
        parts_told = sorted({t.number for s in self.sources for t in s.tells})
        records = "count(DISTINCT (r.f, r.source_row))" if parts_told else "count(*)"
        more = engine.rows(f"SELECT {records} - count(DISTINCT (p.supplier, r.own_id)) AS n FROM {with_id}")[0][0]
        if not more:
            return
        parts = [f"coalesce(r.{t}, '')" for t in shape.kept] + [
            f"coalesce(CAST(r.{c} AS VARCHAR), '')" for c in ("k_name", *self._compared)
        ]
        names = ", ".join(f"coalesce({t}, '')" for t in shape.kind)
        versions = f"""
            SELECT supplier, own_id, md5(concat_ws(chr(31), {", ".join(parts)})) AS digest, f, source_row, part,
              coalesce({shape.recorded}_day, made_day) AS recorded_day, recorded_second
            FROM (
              SELECT p.supplier, p.made_day, r.*, q.k_name FROM {into}.rows AS r JOIN {into}.files AS p ON r.f = p.f
                JOIN (SELECT k, concat_ws(chr(31), {names}) AS k_name FROM kinds_now) AS q ON r.k = q.k
              WHERE (p.supplier, r.own_id) IN (
                SELECT (p.supplier, r.own_id) FROM {with_id} GROUP BY p.supplier, r.own_id HAVING {records} > 1)
            ) AS r
            """
        if parts_told:
            # Records that tell several things are compared whole.
            whole = ", ".join(f"coalesce(max(CASE WHEN part = {n} THEN digest END), '')" for n in (0, *parts_told))
            versions = (
                f"SELECT supplier, own_id, concat_ws(chr(31), {whole}) AS digest, f, source_row, "
                "min(recorded_day) AS recorded_day, min(recorded_second) AS recorded_second "
                f"FROM ({versions}) AS v GROUP BY supplier, own_id, f, source_row"
            )
        engine.make("versions", versions)
        # One row of each set of equal rows stays, the rest are collapsed; which one changes nothing but a row number.
        engine.make(
            "fates",
            """
            SELECT v.f, v.source_row, v.nth = 1 AS stays,
              v.nth = 1 AND g.versions > 1 AND g.unordered = 1 AS unordered,
              row_number() OVER w AS version, lead(v.recorded_day) OVER w AS next_day
            FROM (
              SELECT supplier, own_id, digest, f, source_row, recorded_day, recorded_second,
                row_number() OVER (PARTITION BY supplier, own_id, digest ORDER BY f, source_row) AS nth
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

    def account(self, rejected: Mapping[str, str]) -> pd.DataFrame:
        """Per file: read = accepted + set aside + collapsed. Raises `DataError` if it ever does not add up."""
        import pandas as pd

        count = "SELECT f, count(*) AS n FROM {} GROUP BY f"
        accepted = dict(self.engine.rows(count.format(f"{self.into}.rows WHERE part = 0")))
        several = count.format(f"(SELECT DISTINCT f, source_row FROM {self.into}.rows WHERE part > 0) AS x")
        accepted |= dict(self.engine.rows(several))
        aside = dict(self.engine.rows(count.format(f"{self.into}.set_aside")))
        collapsed = dict(self.engine.rows(count.format("(SELECT f FROM fates WHERE NOT stays) AS x")))
        rows = []
        for f, source in enumerate(self.sources):
            copy = self.copied.get(f, 0)
            row = (self.read_from[f] + copy, accepted.get(f, 0), aside.get(f, 0), collapsed.get(f, 0) + copy)
            if row[0] != sum(row[1:]):
                raise DataError(
                    f"{source.name}: {row[0]} records read, but {sum(row[1:])} accounted for. Nothing was kept."
                )
            rows.append((source.name, *row, rejected.get(source.name, "")))
        self.engine.drop("fates")
        names = ["file", "read", "accepted", "set_aside", "collapsed", "rejected_because"]
        return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[1:5], "int64"))


def _with_reasons(batch: pa.Table, reasons: pa.Array) -> pa.Table:
    """A batch whose records that may not come in say why."""
    import pyarrow.compute as pc

    at = batch.column_names.index("problem")
    return batch.set_column(at, "problem", pc.coalesce(reasons, batch.column("problem")))


def _clocks(zone: str, first: int, last: int) -> list[Any]:
    """How a zone's clock runs from one day to another; whole decades are worked out once and shared."""
    decades = range(first // 3650, last // 3650 + 1)
    return [d for decade in decades for d in _decade(zone, decade) if first <= d.day <= last]


@functools.cache
def _decade(zone: str, decade: int) -> list[Any]:
    return clock_days(zone, decade * 3650, decade * 3650 + 3649)
