"""One file or frame, as batches of rows: text kept as text, types kept as typed, nothing dropped and nothing guessed.

Each batch is an Arrow table with `row` (records from 1 below the header), `line` (where the record begins), `problem`
(why the record cannot be used, or empty) and a column for each listed target; a typed date or time adds
`<target>__at` (as the clock on the wall showed it) and `<target>__off` (its offset in seconds). Columns that no
format lists are never read into a batch.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.errors import DataError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BATCH = 100_000
LONGEST_FIELD = 65_536
INVISIBLE = "[\u200b\u200c\u200d\u2060\ufeff\u00ad]"
CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
DELIMITERS = (",", ";", "\t", "|")
END = "\ue000end of file\ue000"

csv.field_size_limit(100_000_000)


@dataclass(frozen=True)
class Source:
    """One input and how it is declared to be read.

    `columns` maps each target to the file's own header; `needed` are the targets whose header must be there;
    `dates` and `times` are the targets that hold a day or a time of day; `where` says, for a target, where its
    header was declared, for messages.
    """

    name: str
    supplier: str
    columns: Mapping[str, str]
    needed: frozenset[str]
    dates: frozenset[str] = frozenset({"date"})
    times: frozenset[str] = frozenset()
    formats: tuple[str, ...] = ("%d/%m/%Y",)
    path: Path | None = None
    frame: pd.DataFrame | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    zone: str = "Europe/London"
    midnight_is_time: bool = False
    constants: Mapping[str, str] = field(default_factory=dict)
    where: Callable[[str], str] = lambda target: "the format"


def digest(source: Source) -> str:
    """The SHA-256 of a source's bytes; for a frame, of its values."""
    value = hashlib.sha256()
    if source.path is not None:
        try:
            with open(source.path, "rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    value.update(block)
        except FileNotFoundError:
            raise DataError(f"{source.name} is not there. Put the file in the folder, or remove its line.") from None
        return value.hexdigest()
    import pandas as pd

    frame = source.frame
    assert frame is not None
    value.update(repr([(str(c), str(t)) for c, t in frame.dtypes.items()]).encode())
    value.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return value.hexdigest()


def batches(source: Source) -> Iterator[pa.Table]:
    """The rows of a source, in batches. Raises `DataError` for a file that cannot be read at all."""
    if source.frame is not None:
        yield from _typed(source, _from_frame(source))
    elif source.path is not None and source.path.suffix.lower() == ".parquet":
        yield from _typed(source, _from_parquet(source))
    elif source.path is not None and source.path.suffix.lower() in (".xlsx", ".xlsm"):
        yield from _from_workbook(source)
    else:
        yield from _from_csv(source)


# Text


def _from_csv(source: Source) -> Iterator[pa.Table]:
    path = source.path
    assert path is not None
    _refuse_what_is_no_csv(source, path)
    encoding = source.encoding or _encoding(source, path)
    delimiter = source.delimiter or _delimiter(source, path, encoding)
    try:
        with open(path, encoding=encoding, newline="", errors="strict") as file:
            reader = csv.reader(_with_end(file), delimiter=delimiter, strict=False)
            header = next((row for row in reader if row), None)
            if header is None or header == [END]:
                raise DataError(f"{source.name} is empty. Export it again from the source system.")
            yield from _rows(source, header, reader)
    except UnicodeError:
        raise DataError(f"{source.name} is not text in {encoding}. Declare its encoding in sources.yml.") from None
    except LookupError:
        raise DataError(f"{source.name}: there is no encoding of that name. Use utf-8, utf-16 or cp1252.") from None
    except csv.Error:
        raise DataError(f"{source.name} cannot be split into records. Export it again as plain CSV.") from None


def _with_end(file: Iterable[str]) -> Iterator[str]:
    """A file's lines, then one more: a reader that is inside quotes swallows it, and so shows that it is."""
    yield from file
    yield END


def _rows(source: Source, header: list[str], reader: Any) -> Iterator[pa.Table]:
    import pyarrow as pa

    places = _places(source, [_plain(h) for h in header])
    width, row, last = len(header), 0, reader.line_num
    at_end = False
    while not at_end:
        records: list[list[str]] = []
        lines: list[int] = []
        for record in itertools.islice(reader, BATCH):
            begins, last = last + 1, reader.line_num
            if record:
                records.append(record)
                lines.append(begins)
        if not records:
            return
        problems: list[str | None] = [None] * len(records)
        if END in records[-1][-1]:
            at_end = True
            if records[-1] != [END]:
                if lines[-1] < last - 1:
                    raise DataError(
                        f"{source.name}, line {lines[-1]}: a quotation mark opens here and never closes, so nothing "
                        "after it can be told apart. Close it, or export the file again."
                    )
                problems[-1] = "cut short"
            else:
                records.pop(), lines.pop(), problems.pop()
        if any(len(r) != width for r in records):
            for i, record in enumerate(records):
                if len(record) != width:
                    blank = not any(f.strip() for f in record)
                    few = "cut short" if problems[i] else "too few fields"
                    problems[i] = "empty row" if blank else few if len(record) < width else "too many fields"
                    records[i] = (record + [""] * width)[:width]
        columns = list(zip(*records, strict=True)) if records else [()] * width
        texts = {t: pa.array(columns[at], pa.string()) for t, at in places.items()}
        yield _assemble(source, range(row + 1, row + 1 + len(records)), lines, problems, texts)
        row += len(records)


def _refuse_what_is_no_csv(source: Source, path: Path) -> None:
    try:
        with open(path, "rb") as file:
            head = file.read(2048)
    except FileNotFoundError:
        raise DataError(f"{source.name} is not there. Put the file in the folder, or remove its line.") from None
    except OSError:
        raise DataError(f"{source.name} cannot be opened. Check that you may read it.") from None
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise DataError(f"{source.name} is empty. Export it again from the source system.")
    for mark, what in (
        (b"%PDF", "a PDF. Ask the supplier for CSV or Excel."),
        (b"PK\x03\x04", "an Excel workbook or a zip with another name. Rename it to .xlsx."),
        (
            b"\xd0\xcf\x11\xe0",
            "an old-format or password-protected workbook. Save it as .xlsx or CSV, with no password.",
        ),
        (b"PAR1", "a parquet file with another name. Rename it to .parquet."),
    ):
        if head.startswith(mark):
            raise DataError(f"{source.name} is {what}")
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise DataError(
            f"{source.name} is a web page saved under that name, perhaps a sign-in page. Sign in and export it again."
        )


def _encoding(source: Source, path: Path) -> str:
    """A byte-order mark decides; then strict UTF-8; then cp1252."""
    import codecs

    with open(path, "rb") as file:
        head = file.read(4)
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for block in iter(lambda: file.read(1 << 20), b""):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _delimiter(source: Source, path: Path, encoding: str) -> str:
    """The one that splits the header into the most of the columns that the format names."""
    with open(path, encoding=encoding, newline="") as file:
        first = next((line for line in file if line.strip()), "")
    wanted = set(source.columns.values())
    found = {d: {_plain(h) for h in next(csv.reader([first], delimiter=d), [])} & wanted for d in DELIMITERS}
    return max(DELIMITERS, key=lambda d: len(found[d]))


def _plain(text: str) -> str:
    import unicodedata

    return re.sub(INVISIBLE, "", unicodedata.normalize("NFKC", text)).strip()


def _places(source: Source, header: Sequence[str]) -> dict[str, int]:
    """Where each target stands in the header. Names that no format lists are looked at and left."""
    wanted = {t: _plain(h) for t, h in source.columns.items()}
    for target, name in wanted.items():
        at = [i + 1 for i, h in enumerate(header) if h == name]
        if len(at) > 1:
            raise DataError(
                f"{source.name} has the column '{name}' twice, at positions {at[0]} and {at[1]}, and {source.where(target)} "
                "reads it. Rename or remove one of them."
            )
    places = {t: header.index(name) for t, name in wanted.items() if name in header}
    missing = [t for t in wanted if t in source.needed and t not in places]
    if missing:
        if not places:
            raise DataError(
                f"{source.name}, line 1: these are not the column names that {source.where(missing[0])} expects: "
                f"{listed(wanted[t] for t in missing)}. Column names belong on line 1."
            )
        name = wanted[missing[0]]
        raise DataError(
            f"{source.name} has no column '{name}', which {source.where(missing[0])} reads as the {missing[0]}."
            f"{did_you_mean(name, header)} Columns found: {listed(h for h in header if h)}. "
            "If the supplier renamed it, change that line."
        )
    return places


# Workbooks


def _from_workbook(source: Source) -> Iterator[pa.Table]:
    import pyarrow as pa

    from lib.workbooks import TYPED, sheet_rows

    path = source.path
    assert path is not None
    rows = iter(sheet_rows(path, source.name, source.sheet))
    header = next((r for r in rows if any(r)), None)
    if header is None:
        raise DataError(f"{source.name} is empty. Export it again from the source system.")
    places = _places(source, [_plain(h) for h in header])
    # Sheets keep their empty rows: a blank row between records is no record.
    number, row = 1, 0
    while batch := list(itertools.islice(rows, BATCH)):
        kept = [(number + 1 + i, r) for i, r in enumerate(batch) if any(f.strip() for f in r)]
        number += len(batch)
        if not kept:
            continue
        texts: dict[str, pa.Array] = {}
        for target, at in places.items():
            cells = [r[at] if at < len(r) else "" for _, r in kept]
            if target in source.dates:
                stamps = [c[1:] if c.startswith(TYPED) else None for c in cells]
                texts[target] = pa.array(["" if c.startswith(TYPED) else c for c in cells], pa.string())
                texts[f"{target}__at"] = pa.array(stamps, pa.string()).cast(pa.timestamp("us"))
            else:
                texts[target] = pa.array([c.lstrip(TYPED) for c in cells], pa.string())
        problems: list[str | None] = [None] * len(kept)
        yield _assemble(source, range(row + 1, row + 1 + len(kept)), [n for n, _ in kept], problems, texts)
        row += len(kept)


# Typed sources


def _from_frame(source: Source) -> Iterator[pa.Table]:
    import pyarrow as pa

    frame = source.frame
    assert frame is not None
    places = _places(source, [str(c) for c in frame.columns])
    picked = frame.iloc[:, list(places.values())]
    picked.columns = list(places)
    for target in places:
        kinds = {type(v) for v in picked[target].head(1000) if not isinstance(v, float) or v == v}
        if picked[target].dtype == object and len(kinds - {type(None)}) > 1:
            raise DataError(
                f"{source.name}: column '{source.columns[target]}' mixes text with other types. Make it text."
            )
    try:
        table = pa.Table.from_pandas(picked, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise DataError(
            f"{source.name}: a column mixes types. Make each listed column text, a date or a whole number."
        ) from None
    yield from (pa.Table.from_batches([b]) for b in table.to_batches(BATCH))


def _from_parquet(source: Source) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = source.path
    assert path is not None
    try:
        file = pq.ParquetFile(path)
    except FileNotFoundError:
        raise DataError(f"{source.name} is not there. Put the file in the folder, or remove its line.") from None
    except (pa.ArrowInvalid, OSError):
        raise DataError(f"{source.name} is not a parquet file, or it was cut short. Export it again.") from None
    places = _places(source, [_plain(n) for n in file.schema_arrow.names])
    names = {t: file.schema_arrow.names[at] for t, at in places.items()}
    for batch in file.iter_batches(BATCH, columns=sorted(set(names.values()))):
        table = pa.Table.from_batches([batch])
        yield pa.table({t: table.column(n) for t, n in names.items()})


def _typed(source: Source, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.compute as pc

    row = 0
    for table in tables:
        texts: dict[str, pa.Array] = {}
        for target in table.column_names:
            values = table.column(target).combine_chunks()
            kind = values.type
            if pa.types.is_dictionary(kind):
                values = values.cast(kind.value_type)
                kind = values.type
            if target in source.dates and pa.types.is_timestamp(kind):
                if kind.tz:
                    wall = pc.local_timestamp(values)
                    seconds = pc.divide(pc.subtract(wall.cast(pa.int64()), values.cast(pa.int64())), _per_second(kind))
                    texts[f"{target}__off"] = seconds.cast(pa.int32())
                    values = wall
                texts[f"{target}__at"] = values.cast(pa.timestamp("us"), safe=False)
                texts[target] = pa.nulls(len(values), pa.string())
            elif target in source.dates and pa.types.is_date(kind):
                texts[target] = pc.strftime(values.cast(pa.timestamp("s")), "%Y-%m-%d")
                texts[f"{target}__day"] = texts[target]
            elif pa.types.is_floating(kind) and (target.endswith("_id") or target in source.dates):
                raise DataError(
                    f"{source.name}: column '{source.columns[target]}' holds numbers with decimals ({kind}), which lose "
                    "figures and leading zeros. Save it as text, or as whole numbers."
                )
            else:
                texts[target] = values.cast(pa.string())
        yield _assemble(source, range(row + 1, row + 1 + len(table)), None, [], texts)
        row += len(table)


def _per_second(kind: Any) -> int:
    return {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}[kind.unit]


# One batch


def _assemble(
    source: Source,
    numbers: range,
    lines: list[int] | None,
    problems: list[str | None],
    texts: dict[str, pa.Array],
) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    row = pa.array(numbers, pa.int32())
    problem = pa.array(problems, pa.string()) if problems else pa.nulls(len(row), pa.string())
    out: dict[str, pa.Array] = {}
    for target, values in texts.items():
        if not pa.types.is_string(values.type):
            out[target] = values
            continue
        if not target.endswith("__day"):
            values = clean(values)
        long = pc.greater(pc.utf8_length(values), LONGEST_FIELD)
        if pc.any(long).as_py():
            problem = pc.if_else(pc.fill_null(long, False), "a field is too long", problem)
        odd = pc.match_substring_regex(values, CONTROLS)
        if pc.any(odd).as_py():
            problem = pc.if_else(pc.fill_null(odd, False), "control characters", problem)
        out[target] = values
    return pa.table({"row": row, "line": pa.array(lines, pa.int32()) if lines else row, "problem": problem, **out})


def clean(values: pa.Array) -> pa.Array:
    """Text as it is compared everywhere: NFKC, without invisible characters, trimmed, empty for nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.all(pc.string_is_ascii(values)).as_py() and len(values) > values.null_count:
        values = pc.utf8_normalize(values, form="NFKC")
        values = pc.replace_substring_regex(values, pattern=INVISIBLE, replacement="")
    values = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
