"""How a CSV file begins: that it is one; its encoding; what parts its fields, and how many lines stand above its column names."""

from __future__ import annotations

import codecs
import csv
import re
from pathlib import Path
from typing import TextIO

from lib.batches import TITLES, Source, folded, is_a_record, own_names, records_above
from lib.errors import DataError
from lib.workbooks import workbook_of_another_kind

DELIMITERS = (",", ";", "\t", "|")
LONGEST_HEADING = 1_000_000
SEPARATOR = re.compile(r'"?sep=([^\w\s"]|\t)"?[;,\t|]*\s*', re.IGNORECASE)
"""What a spreadsheet program writes on the first line, and reads there, to say what parts the fields."""


def refuse_what_is_no_csv(source: Source, path: Path) -> None:
    """Raise `DataError` for what is not there, is empty, or begins as another kind of file does."""
    try:
        with open(path, "rb") as file:
            head = file.read(2048)
    except FileNotFoundError:
        raise DataError(f"{source.name} is not there. Put the file in the folder, or remove its line.") from None
    except OSError:
        raise DataError(f"{source.name} cannot be opened. Check that you may read it.") from None
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise DataError(f"{source.name} is empty. Export it again from the source system.")
    if head.startswith(b"PK\x03\x04") and (found := workbook_of_another_kind(head, source.name)):
        raise DataError(found)
    for mark, what in (
        (b"%PDF", "a PDF. Ask the supplier for CSV or Excel."),
        (b"PK\x03\x04", "an Excel workbook or a zip with another name. Rename it to .xlsx."),
        (
            b"\xd0\xcf\x11\xe0",
            "an old-format or password-protected workbook. Save it as .xlsx or CSV, with no password.",
        ),
        (b"PAR1", "a parquet file with another name. Rename it to .parquet."),
        (b"\x1f\x8b", "packed with gzip. Unpack it first."),
        (b"7z\xbc\xaf", "packed with 7-Zip. Unpack it first."),
        (b"SQLite format 3", "an SQLite database with another name. Rename it to .sqlite."),
        (b"{\\rtf", "a text document (RTF). Ask the supplier for CSV or Excel."),
    ):
        if head.startswith(mark):
            raise DataError(f"{source.name} is {what}")
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    if start.startswith((b"[{", b'{"')):
        raise DataError(f"{source.name} is JSON and no table. Ask the supplier for CSV or Excel.")
    if start.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        raise DataError(
            f"{source.name} is a workbook in the XML of 2003. Open it in a spreadsheet program, and save it as .xlsx or CSV."
        )
    if start.startswith(b"<?xml") and b"<html" not in start:
        raise DataError(
            f"{source.name} is XML with another name. Rename it to .xml, or ask the supplier for CSV or Excel."
        )
    if b"\0" in head.partition(b"\n")[0] and not source.encoding and not head.startswith(_MARKS):
        raise DataError(
            f"{source.name} is text in UTF-16 without its mark, or no text at all. Declare its encoding in sources.yml, as "
            "encoding: utf-16-le, or export it again as CSV."
        )
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head", b"<body", b"<meta", b"<table", b"<script")):
        raise DataError(
            f"{source.name} is a web page saved under that name, perhaps a sign-in page. Sign in and export it again."
        )


_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def encoding_of(source: Source, path: Path) -> str:
    """A byte-order mark decides; then strict UTF-8; then cp1252."""
    with open(path, "rb") as file:
        head = file.read(4)
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if head in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
            return "utf-32"
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


def opening(source: Source, path: Path, encoding: str) -> tuple[str, int]:
    """What parts the fields, and how many lines stand above the column names.

    That is the delimiter which splits a line into the most of the columns that the format names; or the one that the file
    states on its first line, as `sep=;`. Column names stand on the first line that holds anything, unless all that are needed
    stand together on a later one of the first lines: then titles are above it. Raises `DataError` where records are.
    """
    first: list[str] = []
    with open(path, encoding=encoding, newline="") as file:
        while len(first) < TITLES and (line := file.readline(LONGEST_HEADING)):
            if len(line) == LONGEST_HEADING and not any(words.strip() for words in first):
                raise DataError(
                    f"{source.name}: its first line has more than a million letters, so it holds no column names. Column names "
                    "belong on line 1."
                )
            first.append(line)
            if len(line) == LONGEST_HEADING:
                break
    filled = [n for n, line in enumerate(first) if line.strip()]
    told = SEPARATOR.fullmatch(first[filled[0]]) if filled else None
    above = filled.pop(0) + 1 if told else 0
    among = (source.delimiter,) if source.delimiter else (told[1],) if told else DELIMITERS
    names = {n: {d: _names(source, first[n], d) for d in among} for n in filled}
    wanted = {folded(name) for name in source.columns.values()}
    needed = {folded(source.columns[target]) for target in source.needed}
    if not filled:
        return among[0], above
    for n in filled if needed else ():
        delimiter = next((d for d in among if needed.issubset(names[n][d])), None)
        if delimiter is None:
            continue
        if n == filled[0]:
            break
        standing = {target: names[n][delimiter].index(folded(source.columns[target])) for target in source.needed}
        for over in filled[: filled.index(n)]:
            if is_a_record(source, standing, names[over][delimiter]):
                raise DataError(records_above(source, n + 1))
        return delimiter, n
    return max(among, key=lambda d: len(wanted.intersection(names[filled[0]][d]))), above


def _names(source: Source, line: str, delimiter: str) -> list[str]:
    return [folded(name) for name in own_names(source, next(csv.reader([line], delimiter=delimiter), []))]


def pass_over(file: TextIO, lines: int) -> None:
    """Read on, below the lines that stand above the column names."""
    for _ in range(lines):
        file.readline(LONGEST_HEADING)
