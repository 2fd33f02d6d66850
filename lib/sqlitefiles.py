"""SQLite databases: the rows of one table or view, read only, and nothing that stands in the file is run without end.

Values are kept as they are written: text, and whole numbers in figures. A number with decimals in an id or a date, and
what is neither text nor a number, cannot be told for certain: such a row is set aside.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lib.batches import LONGEST_FIELD, Source, assemble, cut_short, even, is_exact, is_prose, places, plain_text
from lib.errors import DataError, PartMissing, did_you_mean, listed
from lib.files import visible

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".sqlite", ".sqlite3", ".db")
MOST_SECONDS = 20
"""For which the database may work before its next rows are there."""

LOOK_EVERY, TAKEN = 50_000, 1_000
MOST_TEXT = 2 * LONGEST_FIELD
MOST_LETTERS, MOST_HEAP = 50_000_000, 1_000_000_000
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def from_sqlite(source: Source) -> Iterator[pa.Table]:
    """The rows of the table or view that `part` names, or of the only one, in batches.

    Raises `PartMissing` where there is none of that name, `DataError` for what is no such database, is damaged, has more
    than one table and none named, or works without end.
    """
    yield from even(_tables(source))


def _tables(source: Source) -> Iterator[pa.Table]:
    deadline = [0.0]
    try:
        database = _opened(source, deadline)
        try:
            deadline[0] = time.monotonic() + MOST_SECONDS
            yield from _rows(source, database, deadline)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise DataError(_in_words(source, error)) from None
    except UnicodeDecodeError:
        # What SQLite says of the damage may quote it, in bytes that are no text.
        raise DataError(_damaged(source)) from None
    except (MemoryError, OverflowError):
        raise DataError(f"{source.name} holds values too large to be read. Export it again.") from None


def _opened(source: Source, deadline: list[float]) -> sqlite3.Connection:
    path = source.path
    assert path is not None
    for beside in ("-wal", "-journal"):
        more = path.with_name(path.name + beside)
        if more.is_file() and more.stat().st_size:
            raise DataError(
                f"{source.name} has changes that are not in it yet, in {source.name}{beside}. Close the program that "
                "writes it, or ask the supplier for a whole copy."
            )
    # Told to be unchanging, the file is not locked, and nothing is made beside it.
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_LETTERS)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for setting in (
        "trusted_schema = off",
        "cell_size_check = on",
        "temp_store = memory",
        f"hard_heap_limit = {MOST_HEAP}",
    ):
        database.execute(f"PRAGMA {setting}")
    database.text_factory = _decoded
    database.set_progress_handler(lambda: time.monotonic() > deadline[0], LOOK_EVERY)
    return database


class _NoText(str):
    """Bytes that were kept as text and are none."""


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return _NoText()


def _rows(source: Source, database: sqlite3.Connection, deadline: list[float]) -> Iterator[pa.Table]:
    import pyarrow as pa

    table, is_view = _table(source, database)
    name = '"' + table.replace('"', '""') + '"'
    kinds = {str(row[1]): str(row[2]).upper() for row in database.execute(f"PRAGMA table_xinfo({name})")}
    database.set_authorizer(lambda what, *_: sqlite3.SQLITE_OK if what in READING else sqlite3.SQLITE_DENY)
    heads = list(kinds)
    standing = places(source, [plain_text(h) for h in heads])
    for target, at in standing.items():
        if any(word in kinds[heads[at]] for word in ("REAL", "FLOA", "DOUB")) and is_exact(source, target):
            raise DataError(
                f"{source.name}: column '{source.columns[target]}' holds numbers with decimals, which lose figures and "
                "leading zeros. Save it as text, or as whole numbers."
            )
    if is_view:
        # A view may give rows without end: they are counted first, in the time that there is.
        database.execute(f"SELECT count(*) FROM {name}").fetchone()
    columns = ", ".join(
        _cut('"' + heads[at].replace('"', '""') + '"', is_prose(source, target)) for target, at in standing.items()
    )
    most = source.path.stat().st_size if source.path and not is_view else float("inf")
    deadline[0] = time.monotonic() + MOST_SECONDS
    cursor = database.execute(f"SELECT {columns or '1'} FROM {name}")
    first = 1
    prose = [is_prose(source, target) for target in standing]
    # A row at a time, so that no more than one long text is held whole.
    while rows := [_prose_cut(source, row, prose) for row in itertools.islice(cursor, TAKEN)]:
        deadline[0] = float("inf")
        if first + len(rows) - 1 > most:
            raise DataError(f"{source.name} is damaged: it gives more rows than fit in it. Export it again.")
        problems: list[str | None] = [None] * len(rows)
        texts = {}
        for n, target in enumerate(standing):
            texts[target] = pa.array(
                [_text(source, target, row[n], problems, at) for at, row in enumerate(rows)], pa.string()
            )
        yield assemble(source, range(first, first + len(rows)), None, problems, texts)
        first += len(rows)
        deadline[0] = time.monotonic() + MOST_SECONDS


def _cut(column: str, is_prose: bool) -> str:
    """A column without what no value that is read can hold; prose is taken whole."""
    # What is too long is told by its bytes, of which a letter has four at most: a sign of the end in the middle ends a text for
    # the functions that count letters.
    is_long = f"length(CAST({column} AS BLOB)) > {4 * MOST_TEXT}"
    text = column if is_prose else f"CASE WHEN {is_long} THEN printf('%.*c', {MOST_TEXT + 1}, 'x') ELSE {column} END"
    return f"CASE typeof({column}) WHEN 'text' THEN {text} WHEN 'blob' THEN x'00' ELSE {column} END"


def _prose_cut(source: Source, row: Sequence[Any], prose: Sequence[bool]) -> list[Any]:
    return [
        cut_short(source, value) if is_prose and isinstance(value, str) else value
        for value, is_prose in zip(row, prose, strict=False)
    ]


def _text(source: Source, target: str, value: Any, problems: list[str | None], at: int) -> str | None:
    """A value as text; what it was is said where it cannot be text for certain."""
    if value is None:
        return None
    if isinstance(value, bytes | _NoText):
        problems[at] = problems[at] or "not text"
        return None
    if isinstance(value, float):
        if is_exact(source, target):
            problems[at] = problems[at] or "a number with decimals"
            return None
        return repr(value)
    text = str(value)
    if len(text) > MOST_TEXT and not is_prose(source, target):
        problems[at] = problems[at] or "a field is too long"
        return None
    return text


def _table(source: Source, database: sqlite3.Connection) -> tuple[str, bool]:
    """The name of the table or view that is read, and whether it is a view."""
    select = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    there = {str(name): kind == "view" for name, kind in database.execute(select).fetchmany(TAKEN)}
    return chosen_table(source, there)


def chosen_table(source: Source, there: dict[str, bool]) -> tuple[str, bool]:
    """The table or view that a source names among those that are there (name: whether it is a view), or the only one.

    Raises `PartMissing` where there is none of that name, `DataError` where none is named and there is not just one.
    """
    names = [visible(name) for name in there]
    if source.part is not None:
        wanted = [name for name in there if name == source.part] or [
            name for name in there if name.casefold() == source.part.casefold()
        ]
        if len(wanted) != 1:
            raise PartMissing(
                f"{source.name} has no table '{source.part}'.{did_you_mean(source.part, names)} Tables found: "
                f"{listed(names) or 'none'}."
            )
        return wanted[0], there[wanted[0]]
    tables = [name for name, is_view in there.items() if not is_view]
    if len(tables) != 1:
        raise DataError(
            f"{source.name} has {'no table' if not tables else 'more than one table'}. Say in the format which is read, as "
            f"part: <its name>. Found: {listed(names) or 'none'}."
        )
    return tables[0], False


def _in_words(source: Source, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", None) or 0
    if code & 0xFF == sqlite3.SQLITE_INTERRUPT:
        return f"{source.name} worked for more than {MOST_SECONDS} seconds on its next rows, so it was not read on. Ask for a plain table."
    if code & 0xFF == sqlite3.SQLITE_NOTADB:
        return f"{source.name} is not an SQLite database, or it has a password. Export it again, without one."
    if code & 0xFF in (sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_NOMEM):
        return f"{source.name} holds a value too large to be read. Export it again without it."
    if code & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return f"{source.name} cannot be opened as a database. Check that you may read it, and that it is whole."
    if code & 0xFF == sqlite3.SQLITE_AUTH:
        return f"{source.name} has a view that does more than read its own tables, so it was not read. Ask for a plain table."
    return _damaged(source)


def _damaged(source: Source) -> str:
    return f"{source.name} is damaged, or was cut short: it cannot be read as a database. Export it again."
