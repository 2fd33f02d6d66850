"""One file or frame, as batches of rows: text kept as text, types kept as typed, nothing dropped and nothing guessed."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib import duckfiles, sqlitefiles
from lib.batches import BATCH, Source, assemble, even, is_exact, is_plain, places, plain_text
from lib.csvs import first_rows, from_csv
from lib.errors import DataError
from lib.sheetrows import from_workbook
from lib.trailers import checked
from lib.xesfiles import from_xes
from lib.xmlfiles import from_xml

if TYPE_CHECKING:
    import pyarrow as pa


def digest(source: Source) -> str:
    """The SHA-256 of a source's bytes; for a frame, of its values."""
    value = hashlib.sha256()
    if source.path is not None:
        look_at(source.path, source.name)
        with open(source.path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                value.update(block)
        return value.hexdigest()
    import pandas as pd

    frame = source.frame
    assert frame is not None
    value.update(repr([(str(c), str(t)) for c, t in frame.dtypes.items()]).encode("utf-8", "backslashreplace"))
    try:
        found = pd.util.hash_pandas_object(frame, index=False)
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        # Columns that no format lists may hold anything.
        found = pd.util.hash_pandas_object(frame.map(ascii), index=False)
    value.update(found.to_numpy().tobytes())
    return value.hexdigest()


def batches(source: Source) -> Iterator[pa.Table]:
    """The rows of a source, in batches. Raises `DataError` for a file that cannot be read at all, or changes meanwhile."""
    if source.frame is not None:
        yield from _typed(source, _from_frame(source))
        return
    path = source.path
    assert path is not None
    before = look_at(path, source.name)
    reader = _reader(path) or _from_text
    found = reader(source)
    yield from checked(source, found) if reader in (_from_text, from_workbook) else found
    if look_at(path, source.name) != before:
        raise DataError(
            f"{source.name} was changed while it was read. Wait until nothing writes it, and run this again."
        )


def is_text(source: Source) -> bool:
    """Whether a source is a file of text, its records split by lines and separators."""
    return source.path is not None and _reader(source.path) is None


def _reader(path: Path) -> Callable[[Source], Iterator[pa.Table]] | None:
    name = path.name.lower()
    return next((reader for suffixes, reader in READERS if name.endswith(suffixes)), None)


def look_at(path: Path, name: str) -> tuple[int, int]:
    """The size of a file and when it was changed.

    Raises `DataError` for what is not there, may not be read, is empty or is no file: a folder, a pipe or a device may
    have no end.
    """
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            with open(path, "rb"):
                pass
    except FileNotFoundError:
        raise DataError(f"{name} is not there. Put the file in the folder, or remove its line.") from None
    except (OSError, ValueError):
        raise DataError(f"{name} cannot be opened. Check that you may read it.") from None
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or a device"
        raise DataError(f"{name} is {what} and not a file. Put the file itself there, or remove its line.")
    if not found.st_size:
        raise DataError(f"{name} is empty. Export it again from the source system.")
    return found.st_size, found.st_mtime_ns


def _from_text(source: Source) -> Iterator[pa.Table]:
    return even(from_csv(source))


@dataclass(frozen=True)
class Head:
    """A file's column names, the first rows below them, and what parts its fields (none in a workbook)."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    delimiter: str | None


def head(path: Path, sheet: str | None = None, most: int = 1000) -> Head:
    """The column names of a CSV file or a workbook, and its first rows.

    Raises `DataError` for a file that cannot be read, or of another kind.
    """
    from lib.workbooks import TYPED, sheet_rows

    if path.suffix.lower() in (".xlsx", ".xlsm"):
        delimiter, rows = None, [r for r in itertools.islice(sheet_rows(path, path.name, sheet), most + 1) if any(r)]
    elif path.suffix.lower() in (".csv", ".txt", ".tsv"):
        rows, delimiter = first_rows(Source(path.name, path.stem, {}, frozenset(), path=path), most)
    else:
        raise DataError(f"{path.name} is neither CSV nor a workbook. Give a file with column names on its first line.")
    if not rows:
        raise DataError(f"{path.name} is empty. Export it again from the source system.")
    names, below = rows[0], rows[1:]
    return Head(tuple(plain_text(n) for n in names), tuple(tuple(c.lstrip(TYPED) for c in r) for r in below), delimiter)


# Typed sources


def _from_frame(source: Source) -> Iterator[pa.Table]:
    import pandas as pd
    import pyarrow as pa

    frame = source.frame
    assert frame is not None
    standing = places(source, [str(c) for c in frame.columns])
    picked = frame.iloc[:, list(standing.values())]
    picked.columns = list(standing)
    for target in standing:
        nothing = (type(None), type(pd.NA), type(pd.NaT))
        kinds = {type(v) for v in picked[target].head(1000) if not isinstance(v, float) or v == v}.difference(nothing)
        if picked[target].dtype == object and len(kinds) > 1:
            raise DataError(
                f"{source.name}: column '{source.columns[target]}' mixes text with other types. Make it text."
            )
        if target in source.dates and picked[target].dtype == object and len(_zones(picked[target])) > 1:
            # One zone would be made of them, and a day in another would move.
            raise DataError(
                f"{source.name}: column '{source.columns[target]}' mixes times of several offsets. Make them text, as ISO 8601 "
                "writes them, or times of one zone."
            )
    try:
        table = pa.Table.from_pandas(picked, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        raise DataError(
            f"{source.name}: a column mixes types. Make each listed column text, a date or a whole number."
        ) from None
    yield from (pa.Table.from_batches([b]) for b in table.to_batches(BATCH))


def _zones(values: Any) -> set[str]:
    return {str(v.tzinfo) for v in values if isinstance(v, dt.datetime) and v == v}


def _from_parquet(source: Source) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = source.path
    assert path is not None
    # Texts that take few values stay a short list and numbers into it; ids hardly repeat.
    words = {h for t, h in source.columns.items() if not t.endswith("_id") and t not in source.dates}
    try:
        file = pq.ParquetFile(path, read_dictionary=sorted(words.intersection(pq.read_schema(path).names)))
        found = file.schema_arrow.names
    except FileNotFoundError:
        raise DataError(f"{source.name} is not there. Put the file in the folder, or remove its line.") from None
    except (pa.ArrowException, OSError, UnicodeError):
        raise DataError(f"{source.name} is not a parquet file, or it was cut short. Export it again.") from None
    standing = places(source, [plain_text(n) for n in found])
    names = {t: found[at] for t, at in standing.items()}
    try:
        for batch in file.iter_batches(BATCH, columns=sorted(set(names.values()))):
            # Damage can leave texts that are none, and numbers that point beyond a list.
            batch.validate(full=True)
            table = pa.Table.from_batches([batch])
            yield pa.table({t: table.column(n) for t, n in names.items()})
    except (pa.ArrowException, OSError, UnicodeError):
        raise DataError(f"{source.name} is damaged: it cannot be read to its end. Export it again.") from None


def _typed(source: Source, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    import pyarrow as pa

    row = 0
    for table in tables:
        texts: dict[str, pa.Array] = {}
        plain: set[str] = set()
        for target in table.column_names:
            values = table.column(target).combine_chunks()
            try:
                texts |= _by_type(source, target, values)
            except pa.ArrowException:
                raise DataError(
                    f"{source.name}: column '{source.columns[target]}' holds {values.type}, which is not read. Save it as "
                    "text, a date or a whole number."
                ) from None
            if pa.types.is_integer(values.type):
                plain.add(target)
        yield assemble(source, range(row + 1, row + 1 + len(table)), None, [], texts, frozenset(plain))
        row += len(table)


def _by_type(source: Source, target: str, values: pa.Array) -> dict[str, pa.Array]:
    """One column by its type: a day and a time stay what they are, all else becomes text that loses nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_dictionary(kind):
        if is_plain(values.dictionary):
            return {target: values}
        values = values.cast(kind.value_type)
        kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        values = values.storage
        kind = values.type
    is_id = target.split("@")[0].endswith("_id")
    if is_id and (pa.types.is_boolean(kind) or pa.types.is_temporal(kind)) and values.null_count < len(values):
        raise DataError(
            f"{source.name}: column '{source.columns[target]}' holds {kind}, and an id is none: a program took the ids for it, perhaps. "
            "Save them as text."
        )
    if target in source.dates and pa.types.is_timestamp(kind):
        texts = {target: pa.nulls(len(values), pa.string())}
        if kind.tz:
            wall = pc.local_timestamp(values)
            seconds = pc.divide(pc.subtract(wall.cast(pa.int64()), values.cast(pa.int64())), _per_second(kind))
            texts[f"{target}__off"] = seconds.cast(pa.int32())
            values = wall
        return texts | {f"{target}__at": values.cast(pa.timestamp("us"), safe=False)}
    if target in source.dates and pa.types.is_date(kind):
        days = pc.strftime(values.cast(pa.timestamp("s")), "%Y-%m-%d")
        return {target: days, f"{target}__day": days}
    whole = not pa.types.is_floating(kind) and not (pa.types.is_decimal(kind) and kind.scale > 0)
    if not whole and is_exact(source, target):
        raise DataError(
            f"{source.name}: column '{source.columns[target]}' holds numbers with decimals ({kind}), which lose "
            "figures and leading zeros. Save it as text, or as whole numbers."
        )
    if pa.types.is_time(kind):
        values = values.cast(pa.time64("us"), safe=False).cast(pa.time32("s"), safe=False)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_nested(kind):
        raise pa.ArrowInvalid("no text")
    if pa.types.is_fixed_size_binary(kind):
        raise pa.ArrowInvalid("no text")
    return {target: values.cast(pa.string())}


READERS: tuple[tuple[tuple[str, ...], Callable[[Source], Iterator[pa.Table]]], ...] = (
    ((".parquet",), lambda source: _typed(source, _from_parquet(source))),
    ((".xlsx", ".xlsm"), from_workbook),
    ((".xml",), from_xml),
    ((".xes", ".xes.gz"), from_xes),
    (sqlitefiles.SUFFIXES, sqlitefiles.from_sqlite),
    (duckfiles.SUFFIXES, lambda source: _typed(source, duckfiles.from_duckdb(source))),
)
"""Which files are read how, by the end of their names; all others are text."""


def _per_second(kind: Any) -> int:
    return {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}[kind.unit]
