"""CSV as it really comes: encodings, delimiters, ragged rows, quotes that never close, files that are no CSV at all."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.batches import BATCH, Source, assemble, places, plain_text
from lib.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = (",", ";", "\t", "|")
END = "\ue000end of file\ue000"

csv.field_size_limit(100_000_000)


def from_csv(source: Source) -> Iterator[pa.Table]:
    """The rows of a CSV file, in batches. Raises `DataError` for what cannot be read at all."""
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

    standing = places(source, [plain_text(h) for h in header])
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
        texts = {t: pa.array(columns[at], pa.string()) for t, at in standing.items()}
        yield assemble(source, range(row + 1, row + 1 + len(records)), lines, problems, texts)
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
    found = {d: {plain_text(h) for h in next(csv.reader([first], delimiter=d), [])} & wanted for d in DELIMITERS}
    return max(DELIMITERS, key=lambda d: len(found[d]))
