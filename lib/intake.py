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
from lib.versions import number_equal_rows, order_versions

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
    seen: dict[tuple[str, str | None], int] = {}
    missing: dict[int, str] = {}
    for f, source in enumerate(sources):
        try:
            first = seen.setdefault((digest(source), source.part), f)
            if first != f:
                reading.copied[f] = sum(len(b) for b in batches(source))
                reading.found_again(first, source)
                continue
            for batch in batches(source):
                reading.take(f, source, batch)
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
            engine.write(f"INSERT INTO {into}.faults VALUES ('list_missing', {f}, NULL, NULL, 1)")
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
        self.engine.write(
            f"CREATE TABLE {into}.faults (fault VARCHAR, f INTEGER, source_row INTEGER, part TINYINT, n BIGINT)"
        )
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
                f"INSERT INTO {into}.faults SELECT {name}, {f}, source_row, part, 1 FROM ({self._clocked()}) AS b "
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

    def found_again(self, first: int, copy: Source) -> None:
        """A file whose bytes were read already stood so on the later of the two days as well."""
        days = [day for day in (self.sources[first].made_on, copy.made_on) if day is not None]
        if days:
            self.engine.write(
                f"UPDATE {self.into}.files SET made_day = greatest(coalesce(made_day, {max(days)}), {max(days)}) WHERE f = {first}"
            )

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
        parts += [f"coalesce(CAST(b.{c} AS VARCHAR), '')" for c in self.shape.compared]
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

    # The whole

    def settle(self) -> None:
        """What only the whole can tell: midnights, equal rows without an id, repeats and versions."""
        for f, doubts in self.doubts.items():
            for fault, n in doubts.items():
                self.engine.write(f"INSERT INTO {self.into}.faults VALUES ('{fault}', {f}, NULL, NULL, {n})")
        self._midnights()
        number_equal_rows(self.engine, self.into)
        order_versions(self.engine, self.into, self.shape, {t.number for s in self.sources for t in s.tells})
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
                self.engine.write(
                    f"INSERT INTO {self.into}.faults VALUES ('lone_midnight', {f}, NULL, NULL, {midnights})"
                )
            elif not timed and self.sources[f].midnight_is_time:
                # Midnight throughout: the column has no times, whatever is declared of single ones.
                self.engine.write(
                    f"UPDATE {self.into}.rows SET second = NULL, t_utc = NULL WHERE f = {f} AND second = 0"
                )

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
