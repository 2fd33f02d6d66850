"""CSV as it really comes: encodings, delimiters, ragged rows, quotes that never close, files that are no CSV at all."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from lib.batches import Source, assemble, folded, is_a_record, own_names, places, plain_text
from lib.beginnings import DELIMITERS, SEPARATOR, encoding_of, opening, pass_over, refuse_what_is_no_csv
from lib.errors import DataError
from lib.trailers import LAST, footers

if TYPE_CHECKING:
    import pyarrow as pa

END = "\ue000end of file\ue000"
LEFT_OPEN = "a quotation mark left open"
LONGEST_LINE = 50_000_000
PIECE = 16_000_000
"""How many characters of a file are taken at a time."""

csv.field_size_limit(100_000_000)


def from_csv(source: Source) -> Iterator[pa.Table]:
    """The rows of a CSV file, in batches. Raises `DataError` for what cannot be read at all."""
    path = source.path
    assert path is not None
    refuse_what_is_no_csv(source, path)
    encoding = source.encoding or encoding_of(source, path)
    try:
        "".encode(encoding)
    except (LookupError, ValueError):
        raise DataError(f"{source.name}: there is no encoding of that name. Use utf-8, utf-16 or cp1252.") from None
    try:
        delimiter, above = opening(source, path, encoding)
        with open(path, encoding=encoding, newline="", errors="strict") as file:
            pass_over(file, above)
            reader = csv.reader(itertools.chain(_lines(source, file), [END]), delimiter=delimiter, strict=False)
            header = next((row for row in reader if row), None)
            if header is None or header == [END]:
                raise DataError(f"{source.name} is empty. Export it again from the source system.")
            yield from _rows(source, header, file, delimiter, above + reader.line_num)
    except UnicodeError:
        raise DataError(f"{source.name} is not text in {encoding}. Declare its encoding in sources.yml.") from None
    except csv.Error:
        raise DataError(f"{source.name} cannot be split into records. Export it again as plain CSV.") from None


def manner(source: Source) -> tuple[str, str, int, list[int]]:
    """How a CSV file is read: its encoding, what parts its fields, how many lines above its column names are passed over, and
    at which positions stand columns that nothing names.

    Their names are not told: a value that slipped into the first line looks like one. Raises `DataError` as `from_csv` does.
    """
    path = source.path
    assert path is not None
    refuse_what_is_no_csv(source, path)
    encoding = source.encoding or encoding_of(source, path)
    delimiter, above = opening(source, path, encoding)
    with open(path, encoding=encoding, newline="") as file:
        pass_over(file, above)
        header = next((row for row in csv.reader(_lines(source, file), delimiter=delimiter) if row), [])
    wanted = {folded(name) for name in source.columns.values()}
    return (
        encoding,
        delimiter,
        above,
        [at for at, name in enumerate(own_names(source, header), start=1) if folded(name) not in wanted],
    )


def first_rows(source: Source, most: int) -> tuple[list[list[str]], str]:
    """The column names of a CSV file and the first rows below them; and what parts its fields, told from the names alone.

    Raises `DataError` for what cannot be read at all.
    """
    path = source.path
    assert path is not None
    refuse_what_is_no_csv(source, path)
    try:
        with open(path, encoding=encoding_of(source, path), newline="", errors="strict") as file:
            lines = _lines(source, file)
            filled = (line for line in lines if line.strip())
            names = next(filled, "")
            if told := SEPARATOR.fullmatch(names):
                names = next(filled, "")
            delimiter = (
                told[1] if told else max(DELIMITERS, key=lambda d: len(next(csv.reader([names], delimiter=d), [])))
            )
            rows = csv.reader(itertools.chain([names], lines), delimiter=delimiter)
            return list(itertools.islice(filter(None, rows), most + 1)), delimiter
    except (UnicodeError, csv.Error):
        raise DataError(f"{source.name} cannot be split into records. Export it again as plain CSV.") from None


def _lines(source: Source, file: TextIO) -> Iterator[str]:
    """The lines of a file. Raises `DataError` where one has no end within reason: no record is so long."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise DataError(
                f"{source.name} has a line of more than {LONGEST_LINE // 1_000_000} million letters, which is no record. "
                "Export it again, a record to a line."
            )
        yield line


def raw_records(source: Source, begin: frozenset[int]) -> Iterator[bytes]:
    """The column names of a CSV file, and the records that begin on these lines, byte for byte as they stand in it.

    Raises `DataError` as `from_csv` does.
    """
    path = source.path
    assert path is not None
    encoding = source.encoding or encoding_of(source, path)
    plain = {"utf-8-sig": "utf-8", "utf-16": _order(path, "utf-16"), "utf-32": _order(path, "utf-32")}.get(
        encoding, encoding
    )
    delimiter, above = opening(source, path, encoding)
    with open(path, encoding=encoding, newline="", errors="strict") as file:
        pass_over(file, above)
        taken: list[str] = []

        def lines() -> Iterator[str]:
            for line in _lines(source, file):
                taken.append(line)
                yield line

        reader = csv.reader(lines(), delimiter=delimiter, strict=False)
        is_header, at = True, above + 1
        for record in reader:
            if record and (is_header or at in begin):
                text = "".join(taken)
                yield (text if text.endswith(("\r", "\n")) else f"{text}\r\n").encode(plain)
            is_header = is_header and not record
            at = above + reader.line_num + 1
            taken.clear()


def _order(path: Path, encoding: str) -> str:
    """An encoding with the order of its bytes, which a byte-order mark gives."""
    with open(path, "rb") as file:
        head = file.read(4)
    return f"{encoding}-{'be' if head.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)) else 'le'}"


def _is_a_heading(header: list[str], file: TextIO, delimiter: str) -> bool:
    """Whether the next line has as many fields: two lines run together put values among the names."""
    below = next((row for row in csv.reader(iter(file.readline, ""), delimiter=delimiter) if row), None)
    return below is None or len(below) == len(header)


def _rows(source: Source, header: list[str], file: TextIO, delimiter: str, last: int) -> Iterator[pa.Table]:
    """The records below a header that ends on line `last`, a piece of the file at a time."""
    names = [plain_text(h) for h in header]
    standing = places(source, names, lambda: _is_a_heading(header, file, delimiter))
    row = 0
    while piece := file.read(PIECE):
        # To the end of a line: where no quotation mark is open, that is the end of a record too.
        piece += next(_lines(source, file), "")
        lines: Sequence[int]
        problems: list[str | None] = []
        texts = _split_plain(piece, delimiter, len(header), standing)
        if texts is not None:
            lines = range(last + 1, last + 1 + len(next(iter(texts.values()))))
            last = lines.stop - 1
            ends = list(csv.reader(piece.removesuffix("\n").rsplit("\n", LAST)[-LAST:], delimiter=delimiter))
            for at, why in footers(source, ends):
                problems = problems or [None] * len(lines)
                problems[len(lines) - len(ends) + at] = why
        else:
            texts, problems, lines, last = _split(source, piece, file, delimiter, len(header), standing, last)
        if lines:
            yield assemble(source, range(row + 1, row + 1 + len(lines)), lines, problems, texts)
        row += len(lines)


def _split_plain(piece: str, delimiter: str, width: int, standing: Mapping[str, int]) -> dict[str, pa.Array] | None:
    """The columns of a piece in which every line is one whole record; nothing where that cannot be sure.

    Without quotation marks and blank lines a record is a line, and nothing can be read in two ways; `_split` gives the
    same, and takes several times as long.
    """
    import pyarrow as pa
    from pyarrow import csv as fast

    odd = '"' in piece or "\0" in piece or "\n\n" in piece or "\n\r" in piece or piece[0] in "\r\n"
    if odd or piece.count("\r") != piece.count("\r\n") or len(piece) > 2 * PIECE or not delimiter.isascii():
        return None
    names = [str(n) for n in range(width)]
    wanted = [names[at] for at in standing.values()]
    try:
        table = fast.read_csv(
            pa.py_buffer(piece.encode()),
            read_options=fast.ReadOptions(column_names=names, block_size=4_000_000),
            parse_options=fast.ParseOptions(delimiter=delimiter, quote_char=False, double_quote=False),
            convert_options=fast.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=list(dict.fromkeys(wanted)),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if len(table) != piece.count("\n") + (not piece.endswith("\n")):
        return None
    return {t: table.column(n).combine_chunks() for t, n in zip(standing, wanted, strict=True)}


def _split(
    source: Source,
    piece: str,
    file: TextIO,
    delimiter: str,
    width: int,
    standing: Mapping[str, int],
    before: int,
) -> tuple[dict[str, pa.Array], list[str | None], Sequence[int], int]:
    """A piece's columns, problems and lines, however its records are written, and the last line that it took.

    `before` is the line before the piece. A record that is still open at the end of the piece is read on from the file.
    """
    import pyarrow as pa

    waiting = list(io.StringIO(piece, newline=""))
    # One line more than the file has: a reader that is inside quotes swallows it, and so shows that it is.
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for line in itertools.chain(waiting, _lines(source, file), [END]):
            taken.append(line)
            yield line

    reader = csv.reader(noted(), delimiter=delimiter, strict=False)
    records: list[list[str]] = []
    lines: list[int] = []
    problems: list[str | None] = []
    last = before
    while reader.line_num < len(waiting):
        record = next(reader)
        begins, last = last + 1, before + reader.line_num
        if record:
            records.append(record)
            lines.append(begins)
            hides = last > begins and _hides_records(source, taken[1:], delimiter, width, standing)
            problems.append(LEFT_OPEN if hides else None)
        taken.clear()
    if records and END in records[-1][-1]:
        if lines[-1] < last - 1:
            raise DataError(
                f"{source.name}, line {lines[-1]}: a quotation mark opens here and never closes, so nothing "
                "after it can be told apart. Close it, or export the file again."
            )
        problems[-1] = "cut short"
    if any(len(r) != width for r in records):
        for i, record in enumerate(records):
            if len(record) != width:
                blank = not any(f.strip() for f in record)
                few = "cut short" if problems[i] else "too few fields"
                if problems[i] != LEFT_OPEN:
                    problems[i] = "empty row" if blank else few if len(record) < width else "too many fields"
                records[i] = (record + [""] * width)[:width]
    columns = list(zip(*records, strict=True)) if records else [()] * width
    begin = max(0, len(records) - LAST)
    for at, why in footers(source, records[begin:]):
        problems[begin + at] = why
    texts = {t: pa.array(columns[at], pa.string()) for t, at in standing.items()}
    return texts, problems, lines, last


def _hides_records(
    source: Source, below: Sequence[str], delimiter: str, width: int, standing: Mapping[str, int]
) -> bool:
    """Whether a line inside a record is one of its own: the record's quotation mark was left open, and a later one closed it."""
    for line in below:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        if len(cells) >= width and is_a_record(source, standing, cells):
            return True
    return False
