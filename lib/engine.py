"""Where big tables live: one DuckDB file per folder of inputs, opened read-only; Tables; SQL in one portable subset.

A *store* is an immutable file, named by a hash of everything that went into it. It is built aside under a lock,
appears by one rename, and is then only ever attached read-only, by as many processes as like. Tables that a session
derives live in that session's memory, with spill to disk. `Engine.make` and `Engine.rows` take portable SELECTs;
whatever only DuckDB understands stays in this module.
"""

from __future__ import annotations

import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.errors import BusyError, DataError, OldAnswer, RequestError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

MOST_ROWS_IN_PANDAS = 3_000_000
BUILD_WAIT_SECONDS = 900

Fill = Callable[["Engine", str], None]
"""Fills a new store: gets an engine, and the name under which the store is attached."""


class Engine:
    """One session: an in-memory database with stores attached to it, extensions off, the outside shut off.

    >>> engine = Engine()
    >>> engine.make("numbers", "SELECT 1 AS n UNION ALL SELECT 2 AS n")
    >>> engine.rows("SELECT sum(n) AS total FROM numbers")
    [(3,)]
    """

    def __init__(self, home: Path | None = None) -> None:
        """Open a session. `home` is the folder whose stores it may attach, and where it may spill."""
        import duckdb

        self.home = home
        self._held: list[Any] = []
        self._names = 0
        self._lock = threading.RLock()
        self._told = False
        self.is_old: Callable[[], str] = lambda: ""
        self.con: duckdb.DuckDBPyConnection = duckdb.connect(":memory:")
        spill = _private(home / "spill") if home else Path(tempfile.gettempdir())
        self.con.execute(f"SET temp_directory = {_quoted(str(spill))}")
        allowed = f"[{_quoted(str(home))}]" if home else "[]"
        for setting in (
            f"allowed_directories = {allowed}",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "enable_external_access = false",
            "preserve_insertion_order = false",
            "lock_configuration = true",
        ):
            self.con.execute(f"SET {setting}")

    def attach(self, path: Path, name: str) -> None:
        """Attach a store read-only, and hold it, so that nobody sweeps it away while it is in use."""
        self._held.append(_hold(path))
        self.con.execute(f"ATTACH {_quoted(str(path))} AS {name} (READ_ONLY)")

    def make(self, name: str, select: str, **values: Any) -> None:
        """Make a table of this session from a portable SELECT; `name` may be `store.table` while a store is filled."""
        kind = "TABLE" if "." in name else "TEMP TABLE"
        with self._lock:
            self.con.execute(f"CREATE OR REPLACE {kind} {name} AS {select}", values or None)

    def view(self, name: str, select: str) -> None:
        """Make a view of this session from a portable SELECT."""
        with self._lock:
            self.con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {select}")

    def rows(self, select: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a portable SELECT."""
        with self._lock:
            return self.con.execute(select, values or None).fetchall()

    def arrow(self, select: str, **values: Any) -> pa.Table:
        """A portable SELECT as an Arrow table."""
        with self._lock:
            return self.con.sql(select, params=values or None).to_arrow_table()

    def frame(self, select: str, **values: Any) -> pd.DataFrame:
        """A portable SELECT as a pandas frame: whole numbers stay whole, days are days, lists are lists."""
        return _to_pandas(self.arrow(select, **values))

    def load(self, name: str, table: pa.Table | pd.DataFrame) -> None:
        """Copy an Arrow table or a frame into a table of this session."""
        with self._lock:
            self.con.register("incoming", table)
            try:
                kind = "TABLE" if "." in name else "TEMP TABLE"
                self.con.execute(f"CREATE OR REPLACE {kind} {name} AS SELECT * FROM incoming")
            finally:
                self.con.unregister("incoming")

    def append(self, name: str, table: pa.Table, select: str) -> None:
        """Add to a table what a SELECT makes of an Arrow batch that it calls `incoming`; made if it is not there."""
        with self._lock:
            self.con.register("incoming", table)
            try:
                self.con.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} AS {select} LIMIT 0")
                self.con.execute(f"INSERT INTO {name} {select}")
            finally:
                self.con.unregister("incoming")

    def drop(self, *names: str) -> None:
        """Drop tables of this session."""
        with self._lock:
            for name in names:
                self.con.execute(f"DROP TABLE IF EXISTS {name}")

    def has(self, name: str) -> bool:
        """Whether a table of this session exists."""
        found = self.con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchone()
        return bool(found and found[0])

    def fresh_name(self, stem: str) -> str:
        """A name that no table of this session has yet."""
        with self._lock:
            self._names += 1
            return f"{stem}_{self._names}"

    def tell_if_old(self) -> None:
        """Warn once, in words, where the files have changed since this session read them."""
        if not self._told and (message := self.is_old()):
            self._told = True
            warnings.warn(message, OldAnswer, stacklevel=4)

    def close(self) -> None:
        """Close the session and let go of its stores."""
        self.con.close()
        for held in self._held:
            held.release()
            Path(held.lock_file).unlink(missing_ok=True)
        self._held.clear()

    def __del__(self) -> None:
        """Let go of what is held when nobody uses the session any more."""
        if hasattr(self, "con"):
            self.close()


class Table:
    """Rows that stay in the engine. `len()`, `.columns`, `.df()` for pandas, `.sql("select … from this")`.

    In a notebook it shows its first rows; columns that identify somebody stay hidden until `.show(identifying=True)`.

    >>> engine = Engine()
    >>> engine.make("visits", "SELECT 'school' AS agency, 3 AS n")
    >>> table = Table(engine, "visits", "SELECT * FROM visits")
    >>> len(table), table.columns
    (1, ['agency', 'n'])
    >>> table.sql("select n + 1 as more from this").df()["more"].tolist()
    [4]
    """

    def __init__(self, engine: Engine, name: str, select: str, hidden: Sequence[str] = (), owner: Any = None) -> None:
        """A named SELECT in an engine. `hidden` columns are not shown unless asked for."""
        self._engine, self._name, self._select = engine, name, select
        self._hidden = tuple(hidden)
        self.owner = owner

    @property
    def engine(self) -> Engine:
        """The session that this table lives in."""
        return self._engine

    @property
    def select(self) -> str:
        """The SELECT behind it."""
        return self._select

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return [row[0] for row in self._engine.rows(f"DESCRIBE {self._select}")]

    def __len__(self) -> int:
        """How many rows it has."""
        self._engine.tell_if_old()
        return int(self._engine.rows(f"SELECT count(*) AS n FROM ({self._select}) AS t")[0][0])

    def __bool__(self) -> bool:
        """A table is there even when it has no rows: ask `len()`."""
        return True

    def df(self) -> pd.DataFrame:
        """All its rows as a pandas DataFrame. Raises `RequestError` above three million rows."""
        if (count := len(self)) > MOST_ROWS_IN_PANDAS:
            raise RequestError(
                f"{self._name} has {count:,} rows, too many for pandas on a laptop. Ask for less first, for example "
                f'.sql("select agency, count(*) as contacts from this group by agency").df()'
            )
        return self._engine.frame(self._select)

    def sql(self, query: str) -> Table:
        """Another Table, from a SELECT in which this one is called `this`."""
        import duckdb

        self._engine.tell_if_old()
        view, name = self._engine.fresh_name("this"), self._engine.fresh_name("answer")
        try:
            with self._engine._lock:
                self._engine.view("this", self._select)
                self._engine.con.execute(f"CREATE TEMP TABLE {name} AS {query}")
        except duckdb.Error as error:
            raise RequestError(_sql_message(error, self.columns)) from None
        del view
        return Table(self._engine, "the answer", f"SELECT * FROM {name}", self._hidden, self.owner)

    def show(self, rows: int = 10, *, identifying: bool = False) -> pd.DataFrame:
        """The first rows as a DataFrame; with `identifying=True`, the columns that identify somebody as well."""
        names = [c for c in self.columns if identifying or c not in self._hidden]
        quoted = ", ".join(f'"{n}"' for n in names)
        return self._engine.frame(f"SELECT {quoted} FROM ({self._select}) AS t LIMIT {int(rows)}")

    def __repr__(self) -> str:
        return f"<{self._name}: {len(self):,} rows; .df() for pandas, .sql('select … from this')>"

    def _repr_html_(self) -> str:
        from lib.shown import Shown

        hidden = [c for c in self.columns if c in self._hidden]
        note = f"Hidden: {', '.join(hidden)}; .show(identifying=True) shows them." if hidden else ""
        return Shown(self.show(), f"{self._name}: {len(self):,} rows, the first 10 shown", note)._repr_html_()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"a Table lives in the engine: use .df().{name}(…)")

    def __getitem__(self, key: Any) -> Any:
        raise TypeError("a Table lives in the engine: use .df()[…], or .sql('select … from this where …')")

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a Table lives in the engine: use .df().itertuples()")


def dates_read(dates: Mapping[str, Sequence[str]], has: Sequence[str]) -> str:
    """A SELECT over `incoming` that reads its date columns by their declared formats, tried in order, exactly.

    `has` names the columns of the batch: `<date>__at`, `__off` and `__day` are there where the source is typed. For
    each date it gives `_day` (day number), `_second` (of the day, empty where none is written), `_grain` (day, month,
    year; empty where no format fits), `_off` (seconds from UTC, as written) and `_blank`.
    """
    inner, outer = [], []
    for name, patterns in dates.items():
        at, grain, timed, offset = _tries(name, patterns)
        if f"{name}__at" in has:
            at = f"coalesce({name}__at, {at})"
            grain = f"CASE WHEN {name}__at IS NOT NULL THEN 'day' ELSE {grain} END"
            timed = f"({name}__at IS NOT NULL OR {timed})"
        if f"{name}__day" in has:
            at, grain, timed = f"try_strptime({name}__day, '%Y-%m-%d')", "'day'", "FALSE"
        if f"{name}__off" in has:
            offset = f"{name}__off"
        blank = f"{name} IS NULL" + (f" AND {name}__at IS NULL" if f"{name}__at" in has else "")
        inner.append(f"{at} AS {name}_at, {grain} AS {name}_g, {timed} AS {name}_t, {offset} AS {name}_off")
        outer.append(
            f"date_diff('day', DATE '1970-01-01', CAST({name}_at AS DATE))::INTEGER AS {name}_day, "
            f"CASE WHEN {name}_t THEN (extract('hour' FROM {name}_at) * 3600 + extract('minute' FROM {name}_at) * 60 "
            f"+ floor(extract('second' FROM {name}_at)))::INTEGER END AS {name}_second, "
            f"CASE WHEN {name}_at IS NOT NULL THEN {name}_g END AS {name}_grain, "
            f"{name}_off::INTEGER AS {name}_off, ({blank}) AS {name}_blank"
        )
    return f"SELECT *, {', '.join(outer)} FROM (SELECT *, {', '.join(inner)} FROM incoming) AS t"


def _tries(column: str, patterns: Sequence[str]) -> tuple[str, str, str, str]:
    """The text of a column as a timestamp; how exact it is; whether it holds a time; its offset from UTC."""
    from lib.dates import date_format

    tries, grains, timed, offset = [], [], ["FALSE"], "NULL"
    for pattern in patterns:
        form = date_format(pattern)
        fits = f"regexp_full_match({column}, {_quoted(form.shape)})"
        if pattern == "iso":
            plain = f"replace({column}, 'T', ' ')"
            value = (
                f"CASE WHEN length({column}) = 10 THEN try_strptime({column}, '%Y-%m-%d') ELSE coalesce("
                f"try_strptime(substr({plain}, 1, 19), '%Y-%m-%d %H:%M:%S'), "
                f"try_strptime(substr({plain}, 1, 16), '%Y-%m-%d %H:%M')) END"
            )
            timed.append(f"({fits} AND length({column}) > 10)")
            mark = f"replace(regexp_extract(substr({column}, 17), '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$'), ':', '')"
            sign = f"CASE WHEN substr({mark}, 1, 1) = '-' THEN -1 ELSE 1 END"
            seconds = (
                f"try_cast(substr({mark}, 2, 2) AS INTEGER) * 3600 + try_cast(substr({mark}, 4, 2) AS INTEGER) * 60"
            )
            offset = (
                f"CASE WHEN NOT {fits} OR {mark} = '' THEN NULL WHEN {mark} = 'Z' THEN 0 ELSE {sign} * ({seconds}) END"
            )
        else:
            value = f"try_strptime({column}, {_quoted(pattern)})"
            if form.has_time:
                timed.append(fits)
        tries.append(f"CASE WHEN {fits} THEN {value} END")
        grains.append(f"WHEN {fits} AND {value} IS NOT NULL THEN '{form.precision}'")
    every_day = all(date_format(p).precision == "day" for p in patterns)
    grain = "'day'" if every_day else f"CASE {' '.join(grains)} END"
    return f"coalesce({', '.join(tries)}, NULL)", grain, f"({' OR '.join(timed)})", offset


def clock_time(column: str) -> str:
    """A time of day written on its own (`14:10`, `14:10:30`) as seconds since midnight; empty for anything else."""
    shape = "([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
    hours = f"CAST(split_part({column}, ':', 1) AS INTEGER) * 3600 + CAST(split_part({column}, ':', 2) AS INTEGER) * 60"
    seconds = (
        f"CASE WHEN split_part({column}, ':', 3) = '' THEN 0 ELSE CAST(split_part({column}, ':', 3) AS INTEGER) END"
    )
    return f"(CASE WHEN regexp_full_match({column}, '{shape}') THEN {hours} + {seconds} END)"


def span_start(day: str, grain: str) -> str:
    """The first day of the month or year that a day number lies in; the day itself for any other grain."""
    return f"(CASE WHEN {grain} IN ('month', 'year') THEN date_diff('day', DATE '1970-01-01', {_trunc(day, grain)}) ELSE {day} END)"


def span_end(day: str, grain: str) -> str:
    """The last day of the month or year that a day number lies in; the day itself for any other grain."""
    step = f"CASE WHEN {grain} = 'year' THEN INTERVAL 1 YEAR ELSE INTERVAL 1 MONTH END"
    last = f"date_diff('day', DATE '1970-01-01', CAST({_trunc(day, grain)} + {step} AS DATE)) - 1"
    return f"(CASE WHEN {grain} IN ('month', 'year') THEN {last} ELSE {day} END)"


def _trunc(day: str, grain: str) -> str:
    date = f"(DATE '1970-01-01' + CAST({day} AS INTEGER))"
    return (
        f"CAST(CASE WHEN {grain} = 'year' THEN date_trunc('year', {date}) ELSE date_trunc('month', {date}) END AS DATE)"
    )


def literal(text: str) -> str:
    """A text as an SQL literal, quoted by sqlglot, for values that rules and sources files hold.

    >>> literal("children's")
    "'children''s'"
    """
    from sqlglot import exp

    return exp.Literal.string(text).sql(dialect="duckdb")


@contextmanager
def _building(home: Path) -> Iterator[None]:
    import filelock

    lock = filelock.FileLock(str(home / "build.lock"), timeout=BUILD_WAIT_SECONDS)
    try:
        with lock:
            yield
    except filelock.Timeout:
        raise BusyError(
            f"another process has been building the store in {home.name} for {BUILD_WAIT_SECONDS // 60} minutes. "
            "Wait for it, or stop it, and run this again."
        ) from None


def stored(home: Path, key: str, fill: Fill, sources: Sequence[tuple[Path, str]] = ()) -> Path:
    """The store of this key in `home`: the one that is there, or one filled now, aside, and renamed into place.

    `sources` are stores that the filling reads, each with the name under which it sees them. Older stores that
    nobody holds are swept away. Raises `BusyError` if another process builds for too long, `DataError` if the disk
    will not take it; nothing is left half made under its final name.
    """
    import duckdb

    _private(home)
    path = home / f"{key}.duckdb"
    if path.exists():
        return path
    with _building(home):
        if path.exists():
            return path
        for left in home.glob(".building-*"):
            left.unlink(missing_ok=True)
        aside = home / f".building-{os.getpid()}-{key}.duckdb"
        engine = Engine(home)
        try:
            for source, name in sources:
                engine.attach(source, name)
            engine.con.execute(f"ATTACH {_quoted(str(aside))} AS made")
            fill(engine, "made")
            engine.con.execute("CHECKPOINT made")
            engine.con.execute("DETACH made")
            engine.close()
            os.chmod(aside, 0o600)
            with open(aside, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(aside, path)
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            what = "memory" if isinstance(error, duckdb.OutOfMemoryException) else "disk space"
            raise DataError(
                f"the store in {home.name} could not be built: not enough {what}, or no right to write."
            ) from None
        finally:
            engine.close()
            aside.unlink(missing_ok=True)
        _sweep(home, key)
    return path


def _sweep(home: Path, key: str) -> None:
    """Remove the stores of other keys that nobody holds. The key of a derived store begins with its source's key."""
    family = key.split("-")[0]
    for store in home.glob("*.duckdb"):
        if store.stem.split("-")[0] == family or store.name.startswith("."):
            continue
        holders = [_try(lock) for lock in home.glob(f"{store.stem}.*.held")]
        if all(holders):
            store.unlink(missing_ok=True)
        for lock in filter(None, holders):
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)


def _try(path: Path) -> Any:
    import filelock

    lock = filelock.FileLock(str(path), timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        return None
    return lock


def _hold(path: Path) -> Any:
    import filelock

    handle, name = tempfile.mkstemp(prefix=f"{path.stem}.", suffix=".held", dir=path.parent)
    os.close(handle)
    lock = filelock.FileLock(name, timeout=0)
    lock.acquire()
    return lock


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    whole = {pa.int8(): pd.Int64Dtype(), pa.int16(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype()}
    whole |= {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame = table.to_pandas(types_mapper=whole.get, date_as_object=False)
    for field in table.schema:
        if pa.types.is_list(field.type):
            frame[field.name] = [None if v is None else list(v) for v in frame[field.name]]
        elif pa.types.is_date(field.type):
            frame[field.name] = frame[field.name].astype("datetime64[us]")
    return frame


def _sql_message(error: Exception, columns: list[str]) -> str:
    kind = type(error).__name__.removesuffix("Exception")
    detail = (
        str(error).split("\n")[0] if kind in ("Parser", "Binder", "Catalog", "Permission") else "a value did not fit"
    )
    return f"that SQL cannot be run ({kind}): {detail}. Columns of this table: {', '.join(columns)}."
