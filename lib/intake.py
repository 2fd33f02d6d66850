"""Rows in, once: every record of every file is accepted, set aside with its reason, or collapsed as a repeat.

Records read = accepted + set aside + collapsed, for each file, always. Text is read as text, dates by the formats
that were declared, tried exactly; nothing is guessed, filled or dropped. A later version of the same record is an
amendment; where the order of two versions cannot be told, all of them are set aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lib import engine as engines
from lib.dates import FIRST_YEAR, LAST_YEAR, clock_days, day_number
from lib.errors import DataError
from lib.readers import Source, batches, digest

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Engine


@dataclass(frozen=True)
class Shape:
    """What a record is made of.

    `texts` and `dates` are the targets; the first date says when it happened. `required` pairs a reason with the
    targets of which at least one must be filled. `id` is the supplier's own id, `recorded` the date on which this
    version was recorded, `precision` and `span` (first and last day) the targets that say how exactly the day is
    known, `time` a time of day on its own.
    """

    texts: tuple[str, ...]
    dates: tuple[str, ...]
    required: tuple[tuple[str, tuple[str, ...]], ...]
    id: str
    recorded: str
    precision: str
    time: str
    span: tuple[str, str]

    @property
    def kept(self) -> tuple[str, ...]:
        """The texts that an accepted record keeps: the precision and the time of day are typed with the day."""
        return tuple(t for t in self.texts if t not in (self.precision, self.time))

    @property
    def targets(self) -> tuple[str, ...]:
        """Every target a format may name."""
        return (*self.texts, *self.dates)


@dataclass(frozen=True)
class Intake:
    """What came of reading: tables of the engine by name, the account, and whole files that could not be read."""

    accepted: str
    set_aside: str
    faults: str
    account: pd.DataFrame
    rejected: Mapping[str, str]


def read(engine: Engine, sources: Sequence[Source], shape: Shape, words: Mapping[str, Mapping[str, int]]) -> Intake:
    """Read every source into one table of accepted records, one of records set aside, and the account.

    Accepted records carry `id` (supplier and supplier's id, or a hash of the listed values), their texts, `day`,
    `second`, `t_utc`, `earliest`, `latest`, `precision`, `version` and the file and row they came from. A file that
    cannot be read at all is in `rejected` with the reason, and counts as nothing read. `words` allows, for a target,
    the values it may take in a file (file name -> the words); others are set aside.
    """
    stage, rejected, seen = "staged", {}, {}
    _make_stage(engine, stage, shape)
    collapsed_files: dict[int, int] = {}
    for number, source in enumerate(sources):
        try:
            key = digest(source)
            if key in seen:
                collapsed_files[number] = sum(len(b) for b in batches(source))
                continue
            for batch in batches(source):
                _stage(engine, stage, number, source, shape, batch)
            seen[key] = number
        except DataError as error:
            engine.make("kept", f"SELECT * FROM {stage} WHERE f <> {number}")
            engine.make(stage, "SELECT * FROM kept")
            engine.drop("kept")
            rejected[source.name] = str(error)
    _facts_of_whole_files(engine, stage, sources, shape)
    _type(engine, stage, sources, shape, words)
    engine.drop(stage)
    _settle_versions(engine, sources, shape)
    account = _account(engine, sources, collapsed_files, rejected)
    _faults(engine, sources)
    return Intake("accepted", "set_aside", "faults", account, rejected)


def _make_stage(engine: Engine, stage: str, shape: Shape) -> None:
    texts = ", ".join(f"CAST(NULL AS VARCHAR) AS {t}" for t in (*shape.texts,))
    dates = ", ".join(
        f"CAST(NULL AS INTEGER) AS {d}_day, CAST(NULL AS INTEGER) AS {d}_second, CAST(NULL AS VARCHAR) AS {d}_grain, "
        f"CAST(NULL AS INTEGER) AS {d}_off, TRUE AS {d}_blank"
        for d in shape.dates
    )
    engine.make(
        stage,
        "SELECT CAST(NULL AS INTEGER) AS f, CAST(NULL AS INTEGER) AS source_row, CAST(NULL AS INTEGER) AS source_line, "
        f"CAST(NULL AS VARCHAR) AS problem, {texts}, {dates} LIMIT 0",
    )


def _stage(engine: Engine, stage: str, number: int, source: Source, shape: Shape, batch: object) -> None:
    import pyarrow as pa

    assert isinstance(batch, pa.Table)
    has = batch.column_names
    dates = {d: source.formats for d in shape.dates if d in has}
    read_dates = engines.dates_read(dates, has) if dates else "SELECT * FROM incoming"
    cells = [f"{number}", "row", "line", "problem"]
    for text in shape.texts:
        given = engines.literal(source.constants[text]) if text in source.constants else "NULL"
        cells.append(f"coalesce({text}, {given})" if text in has else given)
    for date in shape.dates:
        parts = ("day", "second", "grain", "off", "blank")
        cells += [f"{date}_{p}" for p in parts] if date in has else ["NULL", "NULL", "NULL", "NULL", "TRUE"]
    engine.append(stage, batch, f"SELECT {', '.join(cells)} FROM ({read_dates}) AS r")


def _facts_of_whole_files(engine: Engine, stage: str, sources: Sequence[Source], shape: Shape) -> None:
    """Which files' date columns hold times at all, settled once on the whole file; and lone midnights, counted."""
    when = shape.dates[0]
    facts = engine.rows(
        f"SELECT f, count(*) FILTER (WHERE {when}_second > 0) AS timed, "
        f"count(*) FILTER (WHERE {when}_second = 0) AS midnight FROM {stage} GROUP BY f ORDER BY f"
    )
    rows = [(f, timed > 0, timed > 0 and sources[f].midnight_is_time, midnight) for f, timed, midnight in facts]
    import pyarrow as pa

    engine.load(
        "file_times",
        pa.table(
            {
                "f": pa.array([r[0] for r in rows], pa.int32()),
                "has_times": pa.array([r[1] for r in rows], pa.bool_()),
                "midnight_is_time": pa.array([r[2] for r in rows], pa.bool_()),
                "lone_midnights": pa.array([r[3] if r[1] and not r[2] else 0 for r in rows], pa.int64()),
            }
        ),
    )


def _type(
    engine: Engine, stage: str, sources: Sequence[Source], shape: Shape, words: Mapping[str, Mapping[str, int]]
) -> None:
    """Each staged record typed once, with the reason it cannot be used, if there is one."""
    when, first_day, last_day = shape.dates[0], *_sane_days()
    texts = ", ".join(f"s.{t}" for t in shape.kept)
    filled = " AND ".join(
        [f"s.{t} IS NULL" for t in shape.texts if t not in _always(sources)] + [f"s.{d}_blank" for d in shape.dates]
    )
    tests = [("s.problem IS NOT NULL", "s.problem", "NULL"), (f"({filled})", "'empty row'", "NULL")]
    span = f"(NOT s.{shape.span[0]}_blank AND NOT s.{shape.span[1]}_blank)"
    tests.append((f"s.{when}_blank AND NOT {span}", "'no date (a footer, perhaps)'", f"'{when}'"))
    for date in shape.dates:
        tests.append((f"NOT s.{date}_blank AND s.{date}_day IS NULL", "'bad date'", f"'{date}'"))
        tests.append((f"s.{date}_day NOT BETWEEN {first_day} AND {last_day}", "'year out of range'", f"'{date}'"))
    tests.append(
        (
            f"{span} AND s.{shape.span[0]}_day > s.{shape.span[1]}_day",
            "'span ends before it begins'",
            f"'{shape.span[0]}'",
        )
    )
    for reason, targets in shape.required:
        nothing = " AND ".join(f"s.{t} IS NULL" for t in targets)
        tests.append((f"({nothing})", engines.literal(reason), engines.literal(targets[0])))
    for target, allowed in words.items():
        if allowed:
            known = ", ".join(engines.literal(w) for w in allowed)
            tests.append((f"s.{target} NOT IN ({known})", f"'{target} not on the list'", f"'{target}'"))
    reason = " ".join(f"WHEN {test} THEN {says}" for test, says, _ in tests)
    column = " ".join(f"WHEN {test} THEN {at}" for test, _, at in tests)
    grain = (
        f"CASE WHEN {span} AND s.{shape.span[0]}_day < s.{shape.span[1]}_day THEN 'approximate' "
        f"WHEN lower(s.{shape.precision}) LIKE 'approx%' OR lower(s.{shape.precision}) IN ('about', 'circa', 'c') THEN 'approximate' "
        f"WHEN lower(s.{shape.precision}) IN ('month', 'year') AND s.{when}_grain = 'day' THEN lower(s.{shape.precision}) "
        f"WHEN lower(s.{shape.precision}) = 'year' AND s.{when}_grain = 'month' THEN 'year' "
        f"WHEN s.{shape.precision} IS NOT NULL AND lower(s.{shape.precision}) NOT IN ('day', 'month', 'year', 'exact') THEN 'approximate' "
        f"ELSE coalesce(s.{when}_grain, 'day') END"
    )
    base = f"coalesce(s.{when}_day, s.{shape.span[0]}_day)"
    clock = engines.clock_time(f"s.{shape.time}")
    second = (
        f"coalesce({clock}, CASE WHEN NOT ft.has_times THEN NULL WHEN s.{when}_second = 0 AND NOT ft.midnight_is_time "
        f"THEN NULL ELSE s.{when}_second END)"
    )
    others = ", ".join(f"s.{d}_day, s.{d}_second" for d in shape.dates[1:])
    engine.make(
        "typed",
        f"""
        SELECT t.*, CAST(CASE WHEN precision <> 'day' AND NOT spanned THEN {engines.span_end("base", "base_grain")}
          WHEN spanned THEN {shape.span[1]}_day ELSE base END AS INTEGER) AS latest,
          CAST(CASE WHEN spanned THEN {shape.span[0]}_day
          WHEN precision <> 'day' THEN {engines.span_start("base", "base_grain")} ELSE base END AS INTEGER) AS earliest
        FROM (
          SELECT s.f, s.source_row, s.source_line, {texts}, {base} AS base, {grain} AS precision, {span} AS spanned,
            CASE WHEN lower(s.{shape.precision}) = 'year' OR s.{when}_grain = 'year' THEN 'year'
              WHEN lower(s.{shape.precision}) = 'month' OR s.{when}_grain = 'month' THEN 'month' ELSE 'day' END AS base_grain,
            {second} AS second, s.{when}_off AS off, {others},
            CASE {reason} END AS because, CASE {column} END AS at_fault,
            s.{shape.time} IS NOT NULL AND {clock} IS NULL AS time_in_words
          FROM {stage} AS s JOIN file_times AS ft ON s.f = ft.f
        ) AS t
        """,
    )


def _always(sources: Sequence[Source]) -> set[str]:
    return {t for s in sources for t in s.constants}


def _sane_days() -> tuple[int, int]:
    import datetime as dt

    return day_number(dt.date(FIRST_YEAR, 1, 1)), day_number(dt.date(LAST_YEAR, 12, 31))


def _settle_versions(engine: Engine, sources: Sequence[Source], shape: Shape) -> None:
    """Ids; repeats collapsed; versions put in the order in which they were recorded, or all set aside.

    One id of one supplier is one thing, in as many versions as it has sets of values. Values are compared typed,
    after cleaning; a difference in the day of recording alone is an amendment.
    """
    import pyarrow as pa

    engine.load(
        "suppliers",
        pa.table(
            {
                "f": pa.array(range(len(sources)), pa.int32()),
                "supplier": [s.supplier for s in sources],
                "source_file": [s.name for s in sources],
                "midnight_is_time": pa.array([s.midnight_is_time for s in sources], pa.bool_()),
            }
        ),
    )
    recorded = shape.recorded
    clock = f"CASE WHEN t.{recorded}_second > 0 OR p.midnight_is_time THEN t.{recorded}_second END"
    day = "CASE WHEN t.precision = 'day' THEN t.base END"
    values = [t for t in shape.kept if t != shape.id]
    parts = [f"coalesce(t.{v}, '')" for v in values] + [
        f"coalesce(CAST({c} AS VARCHAR), '')"
        for c in (
            day,
            "t.second",
            "t.off",
            "t.precision",
            "t.earliest",
            "t.latest",
            *(f"t.{d}_day" for d in shape.dates[1:]),
        )
    ]
    digest_of = f"md5(concat_ws(chr(31), {', '.join(parts)}, coalesce(CAST({clock} AS VARCHAR), '')))"
    good = "t.because IS NULL"
    no_id = engine.rows(f"SELECT count(*) FROM typed AS t WHERE {good} AND t.{shape.id} IS NULL")[0][0]
    repeated = engine.rows(
        f"SELECT count(*) - count(DISTINCT (p.supplier, t.{shape.id})) FROM typed AS t JOIN suppliers AS p ON t.f = p.f "
        f"WHERE {good} AND t.{shape.id} IS NOT NULL"
    )[0][0]
    engine.make(
        "versions",
        f"""
        SELECT p.supplier, t.{shape.id} AS id, {digest_of} AS digest, t.f, t.source_row, t.{recorded}_day AS recorded_day,
          {clock} AS recorded_second
        FROM typed AS t JOIN suppliers AS p ON t.f = p.f
        WHERE {good} AND t.{shape.id} IS NOT NULL AND (p.supplier, t.{shape.id}) IN (
          SELECT (q.supplier, u.{shape.id}) FROM typed AS u JOIN suppliers AS q ON u.f = q.f
          WHERE u.because IS NULL AND u.{shape.id} IS NOT NULL GROUP BY q.supplier, u.{shape.id} HAVING count(*) > 1
        )
        """
        if repeated
        else "SELECT '' AS supplier, '' AS id, '' AS digest, 0 AS f, 0 AS source_row, 0 AS recorded_day, "
        "0 AS recorded_second LIMIT 0",
    )
    # One row of each set of equal rows stays; the rest are collapsed. Which one stays changes nothing but its row number.
    engine.make(
        "fates",
        """
        SELECT v.f, v.source_row, v.nth = 1 AS stays,
          v.nth = 1 AND g.versions > 1 AND g.unordered = 1 AS unordered,
          CASE WHEN v.nth = 1 THEN row_number() OVER (PARTITION BY v.supplier, v.id, v.nth = 1
            ORDER BY v.recorded_day, v.recorded_second) END AS version,
          lead(v.recorded_day) OVER (PARTITION BY v.supplier, v.id, v.nth = 1
            ORDER BY v.recorded_day, v.recorded_second) AS next_day
        FROM (
          SELECT supplier, id, digest, f, source_row, recorded_day, recorded_second,
            row_number() OVER (PARTITION BY supplier, id, digest ORDER BY f, source_row) AS nth
          FROM versions
        ) AS v JOIN (
          SELECT supplier, id, sum(n) AS versions,
            max(CASE WHEN recorded_day IS NULL OR (n > 1 AND (untimed > 0 OR clocks < n)) THEN 1 ELSE 0 END) AS unordered
          FROM (
            SELECT supplier, id, recorded_day, count(DISTINCT digest) AS n,
              count(*) FILTER (WHERE recorded_second IS NULL) AS untimed, count(DISTINCT recorded_second) AS clocks
            FROM versions GROUP BY supplier, id, recorded_day
          ) AS d GROUP BY supplier, id
        ) AS g ON v.supplier = g.supplier AND v.id = g.id
        """,
    )
    numbered = (
        f"""CASE WHEN t.{shape.id} IS NOT NULL THEN concat(p.supplier, ':', t.{shape.id}) ELSE concat(p.supplier, ':',
        substr({digest_of}, 1, 16), '-', row_number() OVER (PARTITION BY t.{shape.id} IS NULL, p.supplier,
        CASE WHEN t.{shape.id} IS NULL THEN {digest_of} END ORDER BY t.f, t.source_row)) END"""
        if no_id
        else f"concat(p.supplier, ':', t.{shape.id})"
    )
    others = ", ".join(f"t.{d}_day" for d in shape.dates[1:])
    texts = ", ".join(f"t.{v}" for v in values)
    fate = "LEFT JOIN fates AS x ON t.f = x.f AND t.source_row = x.source_row" if repeated else ""
    version, following = ("coalesce(x.version, 1)", "x.next_day") if repeated else ("1", "CAST(NULL AS INTEGER)")
    stays = "AND (x.stays IS NULL OR (x.stays AND NOT x.unordered))" if repeated else ""
    zones = _zones(engine, sources)
    engine.make(
        "accepted",
        f"""
        SELECT a.*, CASE WHEN a.second IS NOT NULL AND a.day IS NOT NULL THEN
            CAST(a.day AS BIGINT) * 86400 + a.second - coalesce(a.off, CASE WHEN a.second < z.change THEN z.before ELSE z.after END)
          END AS t_utc,
          CASE WHEN a.off IS NULL AND a.second >= z.odd_from AND a.second < z.odd_to THEN z.flag END AS clock_flag
        FROM (
          SELECT {numbered} AS id, t.{shape.id} AS own_id, p.supplier, p.source_file, t.f, t.source_row, {texts}, {day} AS day,
            CASE WHEN t.precision = 'day' THEN t.second END AS second, t.off, t.earliest, t.latest, t.precision, {others},
            {version} AS version, {following} AS next_recorded_day, t.time_in_words
          FROM typed AS t JOIN suppliers AS p ON t.f = p.f {fate} WHERE t.because IS NULL {stays}
        ) AS a LEFT JOIN {zones} AS z ON a.f = z.f AND a.day = z.day
        """,
    )
    unordered = (
        """UNION ALL SELECT t.f, t.source_row, t.source_line, 'amended, order unknown' AS because, """
        f"""'{recorded}' AS at_fault FROM typed AS t JOIN fates AS x ON t.f = x.f AND t.source_row = x.source_row
        WHERE x.stays AND x.unordered"""
    )
    engine.make(
        "set_aside",
        f"""
        SELECT p.source_file, s.source_row, s.source_line, s.because AS reason, s.at_fault FROM (
          SELECT t.f, t.source_row, t.source_line, t.because, t.at_fault FROM typed AS t WHERE t.because IS NOT NULL {unordered}
        ) AS s JOIN suppliers AS p ON s.f = p.f
        """,
    )
    engine.make("collapsed", "SELECT f, count(*) AS n FROM fates WHERE NOT stays GROUP BY f")


def _zones(engine: Engine, sources: Sequence[Source]) -> str:
    """A table of how each file's zone runs, day by day, over the days that hold a time."""
    import pyarrow as pa

    days = engine.rows(
        "SELECT f, min(base) AS a, max(base) AS b FROM typed WHERE because IS NULL AND second IS NOT NULL GROUP BY f"
    )
    rows = [(f, d) for f, a, b in days for d in clock_days(sources[f].zone, a, b)]
    names = ("day", "before", "after", "change", "odd_from", "odd_to")
    columns: dict[str, pa.Array] = {"f": pa.array([f for f, _ in rows], pa.int32())}
    columns |= {n: pa.array([getattr(d, n) for _, d in rows], pa.int32()) for n in names}
    columns["flag"] = pa.array([d.flag for _, d in rows], pa.string())
    engine.load("clocks", pa.table(columns))
    return "clocks"


def _account(
    engine: Engine, sources: Sequence[Source], copies: Mapping[int, int], rejected: Mapping[str, str]
) -> pd.DataFrame:
    import pandas as pd

    read = dict(engine.rows("SELECT f, count(*) AS n FROM typed GROUP BY f"))
    accepted = dict(engine.rows("SELECT f, count(*) AS n FROM accepted GROUP BY f"))
    collapsed = dict(engine.rows("SELECT f, n FROM collapsed"))
    aside = dict(engine.rows("SELECT source_file, count(*) AS n FROM set_aside GROUP BY source_file"))
    rows = []
    for f, source in enumerate(sources):
        copy = copies.get(f, 0)
        row = (read.get(f, 0) + copy, accepted.get(f, 0), aside.get(source.name, 0), collapsed.get(f, 0) + copy)
        if row[0] != sum(row[1:]):
            raise DataError(
                f"{source.name}: {row[0]} records read, but {sum(row[1:])} accounted for. Nothing was kept."
            )
        rows.append((source.name, *row, rejected.get(source.name, "")))
    names = ["file", "read", "accepted", "set_aside", "collapsed", "rejected_because"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[1:5], "int64"))


def _faults(engine: Engine, sources: Sequence[Source]) -> None:
    """What is doubtful in what was accepted, one row each: file, row or contact, how many, and the sentence."""
    engine.make(
        "faults",
        """
        SELECT 'lone_midnight' AS fault, p.source_file, CAST(NULL AS INTEGER) AS source_row, CAST(NULL AS VARCHAR) AS id,
          t.lone_midnights AS n FROM file_times AS t JOIN suppliers AS p ON t.f = p.f WHERE t.lone_midnights > 0
        UNION ALL
        SELECT clock_flag AS fault, source_file, source_row, id, 1 AS n FROM accepted WHERE clock_flag IS NOT NULL
        UNION ALL
        SELECT 'time_in_words' AS fault, source_file, source_row, id, 1 AS n FROM accepted WHERE time_in_words
        UNION ALL
        SELECT 'identical_no_id' AS fault, min(source_file) AS source_file, CAST(NULL AS INTEGER) AS source_row,
          min(id) AS id, count(*) AS n FROM (
            SELECT source_file, id, regexp_replace(id, '-[0-9]+$', '') AS stem FROM accepted WHERE own_id IS NULL
          ) AS a GROUP BY stem HAVING count(*) > 1
        """,
    )
