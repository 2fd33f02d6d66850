"""DuckDB databases: the rows of one table, read by a child process in which nothing else can be opened.

The child attaches the file read only, with the network, other files and extensions shut off and the settings locked, and
hands over the columns that are asked for with their types. Views are not read: what they do is the supplier's program.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.batches import BATCH, Source, places, plain_text
from lib.dialect import quoted
from lib.errors import DataError, listed
from lib.files import visible
from lib.sqlitefiles import chosen_table
from lib.walls import child, hold_memory

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".duckdb", ".ddb")
DAMAGED, NEWER, LOCKED = 3, 4, 5


def from_duckdb(source: Source) -> Iterator[pa.Table]:
    """The rows of the table that `part` names, or of the only one, typed as they are in the database; columns by target.

    Raises `PartMissing` where there is none of that name, `DataError` for what is no such database, is damaged, of a
    newer version, or has more than one table and none named.
    """
    import pyarrow as pa

    path = source.path
    assert path is not None
    more = path.with_name(path.name + ".wal")
    if more.exists():
        raise DataError(
            f"{source.name} has changes that are not in it yet, in {more.name}. Close the program that writes it, or ask the "
            "supplier for a whole copy."
        )
    there, views = _asked(source, path)
    _refuse_views(source, there, views)
    table, _ = chosen_table(source, dict.fromkeys(there, False))
    standing = places(source, [plain_text(name) for name in there[table]])
    names = {target: there[table][at] for target, at in standing.items()}
    wanted = sorted(set(names.values()))
    with child("lib.duckfiles", str(path), source.zone, table, *wanted) as at_work:
        try:
            stream = pa.ipc.open_stream(at_work.out)
            while True:
                at_work.waiting(True)
                batch = stream.read_next_batch()
                at_work.waiting(False)
                found = pa.Table.from_batches([batch])
                yield pa.table({target: found.column(name) for target, name in names.items()})
        except StopIteration:
            pass
        except (pa.ArrowInvalid, OSError):
            at_work.waiting(True)
    _ended_well(source, at_work.code, at_work.ended_for)


def _refuse_views(source: Source, there: Collection[str], views: Sequence[str]) -> None:
    """Say so where only a view could be meant: what it does is a program, which may read other files."""
    named = (source.part or "").casefold()
    meant = [view for view in views if view.casefold() == named]
    if meant and not any(table.casefold() == named for table in there):
        what = f"'{visible(meant[0])}' of {source.name} is a view"
    elif views and not there and source.part is None:
        what = f"{source.name} has no table, only {'a view' if len(views) == 1 else 'views'}: {listed(map(visible, views))}"
    else:
        return
    raise DataError(
        f"{what}. Views are not read: they run the supplier's SQL, over other files too. Ask for its rows as a table "
        "(CREATE TABLE its_rows AS FROM the_view), or as parquet."
    )


def _asked(source: Source, path: Path) -> tuple[dict[str, list[str]], list[str]]:
    """The tables of a database, each with its columns in order; and its views."""
    with child("lib.duckfiles", str(path), source.zone) as at_work:
        said = at_work.out.read(MOST_SAID)
    _ended_well(source, at_work.code, at_work.ended_for)
    found: dict[str, list[str]] = {}
    columns, views = json.loads(said)
    for table, column in columns:
        found.setdefault(table, []).append(column)
    return found, [view for (view,) in views]


MOST_SAID = 10_000_000


def _ended_well(source: Source, code: int | None, ended_for: str) -> None:
    if ended_for:
        raise DataError(f"{source.name} {ended_for}, so it was not read on. Ask for a smaller file.")
    if code == NEWER:
        raise DataError(
            f"{source.name} was written by another version of DuckDB than this kit reads. Ask for it as parquet, or written "
            "with STORAGE_VERSION 'v1.0.0'."
        )
    if code == LOCKED:
        raise DataError(f"{source.name} is open in another program. Close it there, and run this again.")
    if code == DAMAGED or code:
        raise DataError(f"{source.name} is no DuckDB database, or it is damaged or cut short. Export it again.")


# The child


def _opened(path: str, zone: str) -> Any:
    import duckdb

    database = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "1GB"})
    for setting in (
        f"allowed_paths = [{quoted(path)}, {quoted(path + '.wal')}]",
        "temp_directory = ''",
        # An instant has its day where the supplier is.
        f"TimeZone = {quoted(zone)}",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        database.execute(f"SET {setting}")
    database.execute(f"ATTACH {quoted(path)} AS given (READ_ONLY)")
    return database


TABLES = """
SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'given' AND NOT internal AND schema_name = 'main'
  AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = 'given' AND schema_name = 'main')
ORDER BY table_oid, column_index
"""

VIEWS = """
SELECT view_name FROM duckdb_views() WHERE database_name = 'given' AND schema_name = 'main' AND NOT internal ORDER BY view_name
"""


def _child(path: str, zone: str, table: str, columns: list[str]) -> int:
    import duckdb
    import pyarrow as pa

    hold_memory()
    try:
        database = _opened(path, zone)
        if not table:
            sys.stdout.write(json.dumps([database.execute(each).fetchall() for each in (TABLES, VIEWS)]))
            return 0
        listed = ", ".join(f'"{c.replace(chr(34), 2 * chr(34))}"' for c in columns) or "1"
        name = table.replace('"', '""')
        reader = database.sql(f'SELECT {listed} FROM given.main."{name}"').to_arrow_reader(BATCH)
        with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as out:
            for batch in reader:
                out.write_batch(batch)
        return 0
    except duckdb.Error as error:
        said = str(error)
        if "version number" in said or "storage version" in said.lower():
            return NEWER
        return LOCKED if "Could not set lock" in said or "being used by another" in said else DAMAGED


if __name__ == "__main__":
    raise SystemExit(_child(sys.argv[1], sys.argv[2], "".join(sys.argv[3:4]), sys.argv[4:]))
