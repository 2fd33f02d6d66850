"""Where big tables live: one DuckDB file per folder of inputs, opened read-only; Tables; SQL in one portable subset.

Stores (`lib.stores`) are attached read-only. Tables that a session derives live in that session's memory, with spill to
disk. `Engine.make` and `Engine.rows` take portable SELECTs; what only DuckDB understands is here and in `lib.dialect`.
"""

from __future__ import annotations

import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.dialect import quoted
from lib.errors import OldAnswer, RequestError
from lib.holds import hold, private

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

MOST_ROWS_IN_PANDAS = 3_000_000


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
        spill = private(private(home) / "spill") if home else Path(tempfile.gettempdir())
        self.con.execute(f"SET temp_directory = {quoted(str(spill))}")
        allowed = f"[{quoted(str(home))}]" if home else "[]"
        for setting in (
            f"allowed_directories = {allowed}",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "enable_external_access = false",
            "preserve_insertion_order = false",
            "lock_configuration = true",
        ):
            self.con.execute(f"SET {setting}")

    def attach(self, path: Path, name: str) -> bool:
        """Attach a store read-only, and hold it, so that nobody sweeps it away while it is in use; false if it is gone."""
        held = hold(path)
        if not path.exists():
            held.release()
            return False
        self._held.append(held)
        self.con.execute(f"ATTACH {quoted(str(path))} AS {name} (READ_ONLY)")
        return True

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

    def each(self, select: str, **values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of a portable SELECT one by one: those still to come wait in columns, in far less memory."""
        for batch in self.arrow(select, **values).to_batches(max_chunksize=8_192):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

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

    def replace(self, name: str, table: pa.Table, select: str) -> None:
        """Make a table of this session from what a SELECT makes of an Arrow batch that it calls `incoming`."""
        with self._lock:
            self.con.register("incoming", table)
            try:
                self.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")
            finally:
                self.con.unregister("incoming")

    def write(self, statement: str) -> None:
        """Change a table that is being filled. No store is ever changed once it has its name."""
        with self._lock:
            self.con.execute(statement)

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
        self._columns: tuple[str, ...] = ()
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
        if not self._columns:
            self._columns = tuple(row[0] for row in self._engine.rows(f"DESCRIBE {self._select}"))
        return list(self._columns)

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
        name = self._engine.fresh_name("answer")
        try:
            with self._engine._lock:
                self._engine.view("this", self._select)
                self._engine.con.execute(f"CREATE TEMP TABLE {name} AS {query}")
        except duckdb.Error as error:
            raise RequestError(_sql_message(error, self.columns)) from None
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
