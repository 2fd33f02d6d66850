"""Event logs in XES (IEEE 1849): a record for each event, as it is or packed with gzip.

A column is the key of one of the event's attributes, as `time:timestamp`, or `case:` and the key of one of its trace's,
as `case:concept:name`; `key/key` is an attribute of an attribute, or of a list. Values are kept as they are written. What
the log declares as globals is not filled in: an event has what was written of it.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lib.batches import LONGEST_FIELD, Source, assemble, cut_short, even, is_prose, plain_text, said
from lib.errors import DataError, PartMissing, did_you_mean, listed
from lib.files import visible
from lib.xmlstream import Readable, walk

if TYPE_CHECKING:
    import pyarrow as pa

VALUES = frozenset({"string", "date", "int", "float", "boolean", "id", "list", "container"})
CASE = "case:"
MOST_UNPACKED, MOST_RATIO, SMALL = 4_000_000_000, 100, 50_000_000
MOST_KEYS = 500


def from_xes(source: Source) -> Iterator[pa.Table]:
    """The events of a log, in batches.

    Raises `DataError` for what is no such log, for bombs, for a file that cannot be read to its end, and where a key
    that is needed is in no event.
    """
    path = source.path
    assert path is not None
    listener = _Events(source)
    with open(path, "rb") as packed:
        file: Readable = _Unpacked(source.name, packed, path) if path.suffix.lower() == ".gz" else packed
        yield from even(_batches(source, listener, walk(source.name, file, listener)))
    listener.check()


class _Unpacked:
    """A gzip file as it is unpacked, up to the walls."""

    def __init__(self, name: str, packed: IO[bytes], path: Path) -> None:
        self.name, self.size, self.read_so_far = name, path.stat().st_size, 0
        self.file = gzip.GzipFile(fileobj=packed)

    def read(self, size: int, /) -> bytes:
        """The next bytes of the log."""
        try:
            piece = self.file.read(size)
        except EOFError:
            raise DataError(f"{self.name} ends in the middle, so it was cut short. Export it again.") from None
        except (OSError, zlib.error):
            raise DataError(f"{self.name} is not packed with gzip, or it was damaged. Export it again.") from None
        self.read_so_far += len(piece)
        if self.read_so_far > MOST_UNPACKED or (self.read_so_far > SMALL and self.read_so_far > MOST_RATIO * self.size):
            raise DataError(
                f"{self.name} would unpack to far more than a log holds, so it was not read on. Unpack it first, and look at it."
            )
        return piece


def _batches(source: Source, listener: _Events, walked: Iterator[None]) -> Iterator[pa.Table]:
    import pyarrow as pa

    first = 1
    for _ in walked:
        rows, listener.rows = listener.rows, []
        if rows:
            texts = {
                t: pa.array([r.texts.get(at, "") for r in rows], pa.string()) for at, t in enumerate(source.columns)
            }
            numbers = range(first, first + len(rows))
            yield assemble(source, numbers, [r.line for r in rows], [r.problem for r in rows], texts)
            first += len(rows)


@dataclass
class _Row:
    """A trace or an event: the values that columns ask for, and why it cannot be used."""

    line: int
    texts: dict[int, str] = field(default_factory=dict)
    problem: str | None = None


class _Events:
    """Hears a log, and has in `rows` the events of traces that have ended, in the order of the file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        headers = [plain_text(h) for h in source.columns.values()]
        self.is_prose = [is_prose(source, target) for target in source.columns]
        self.columns: dict[bool, dict[str, list[int]]] = {True: {}, False: {}}
        for at, header in enumerate(headers):
            is_case = header.startswith(CASE)
            self.columns[is_case].setdefault(header.removeprefix(CASE) if is_case else header, []).append(at)
        self.rows: list[_Row] = []
        self.of_one: list[_Row] = []
        self.open: list[str] = []
        self.keys: list[str | None] = []
        self.trace: _Row | None = None
        self.event: _Row | None = None
        self.events = 0
        self.met: dict[bool, dict[str, None]] = {True: {}, False: {}}

    def begins(self, name: str, attributes: dict[str, str], line: int) -> None:
        """See `lib.xmlstream.Listener`."""
        where = self.open[-1] if self.open else ""
        if not self.open and name != "log":
            raise PartMissing(
                f"{self.source.name} is no event log: its root is '{visible(name)}', not 'log'. Check the file."
            )
        self.open.append(name)
        if name == "trace" and where == "log":
            self.trace = _Row(line)
        elif name == "event" and where in ("trace", "log"):
            self.event = _Row(line)
            self.events += 1
        elif name in VALUES and (self.event is not None or self.trace is not None):
            self._take(attributes)
            return
        self.keys.append(None)

    def text(self, words: str) -> None:
        """See `lib.xmlstream.Listener`: XES says nothing in texts."""

    def ends(self) -> None:
        """See `lib.xmlstream.Listener`."""
        name, key = self.open.pop(), self.keys.pop()
        if key is not None:
            return
        where = self.open[-1] if self.open else ""
        if name == "event" and self.event is not None and where in ("trace", "log"):
            (self.of_one if self.trace is not None else self.rows).append(self.event)
            self.event = None
        elif name == "trace" and where == "log" and self.trace is not None:
            for event in self.of_one:
                event.texts |= self.trace.texts
                event.problem = event.problem or self.trace.problem
            self.rows += self.of_one
            self.of_one, self.trace = [], None

    def _take(self, attributes: dict[str, str]) -> None:
        """An attribute of the event that is open, or else of the trace."""
        key = plain_text(attributes.get("key", ""))
        self.keys.append(key)
        path = "/".join(k for k in self.keys if k)
        row = self.event or self.trace
        assert row is not None
        is_case = row is self.trace
        met = self.met[is_case]
        if len(met) < MOST_KEYS:
            met[path] = None
        for at in self.columns[is_case].get(path, ()):
            value = attributes.get("value", "")
            if at in row.texts:
                row.problem = row.problem or f"'{path}' is there several times"
            if self.is_prose[at]:
                row.texts[at] = cut_short(self.source, value)
                continue
            if len(value) > LONGEST_FIELD:
                row.problem = row.problem or "a field is too long"
            row.texts[at] = value[:LONGEST_FIELD]

    def check(self) -> None:
        """Raise `DataError` where a key that is needed is in none of the log's events."""
        if not self.events:
            return
        for target, header in self.source.columns.items():
            is_case, key = header.startswith(CASE), plain_text(header).removeprefix(CASE)
            met = self.met[is_case]
            if target in self.source.needed and key not in met and len(met) < MOST_KEYS:
                found = [visible(k) for k in met]
                raise DataError(
                    f"{self.source.name}: no {'trace' if is_case else 'event'} has the key '{key}', which "
                    f"{self.source.where(target)} reads as the {said(target)}.{did_you_mean(key, found)} Keys found: "
                    f"{listed(found) or 'none'}. If the supplier names it otherwise, change that line."
                )
