"""XML files: one record for each element of a declared path, its columns being paths seen from that element.

`part` is the path of the records from below the root: `Children/Child/CINdetails`. A column is `CINreferralDate` (an
element in it), `Dates/Opened` (deeper), `../ChildIdentifiers/LAchildID` (in the element round it), `@id` (an attribute)
or `.` (its own text). Prefixes of names are left out. What is not there is empty. Where an element on such a path stands
several times, nobody can tell which is meant: that record is set aside.

A list with no record is there, with 0 records, if the element round its records is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lib.batches import LONGEST_FIELD, Source, assemble, cut_short, even, is_prose
from lib.errors import DataError, PartMissing, did_you_mean, listed
from lib.files import visible
from lib.xmlstream import local, walk

if TYPE_CHECKING:
    import pyarrow as pa

MOST_WAITING = 2_000_000
"""Records of one outer element: they wait for its end, since what it says of all of them may stand there."""

MOST_TEXT = 2 * LONGEST_FIELD
"""Letters of one value that are kept: with the blanks round it, more than any value that is read may have."""

MOST_PROSE = 50_000_000
"""The same of a text of prose, which may be as long as a line of a CSV file."""

MOST_NAMED = 12


def from_xml(source: Source) -> Iterator[pa.Table]:
    """The records of an XML file, in batches.

    Raises `PartMissing` where neither the records nor the element round them are there, `DataError` for what cannot be
    read to its end.
    """
    assert source.path is not None
    listener = _Records(source)
    with open(source.path, "rb") as file:
        yield from even(_batches(source, listener, walk(source.name, file, listener)))
    listener.check()


def _batches(source: Source, listener: _Records, walked: Iterator[None]) -> Iterator[pa.Table]:
    import pyarrow as pa

    first = 1
    for _ in walked:
        rows, listener.rows = listener.rows, []
        if rows:
            texts = {t: pa.array([r.texts[at] for r in rows], pa.string()) for at, t in enumerate(source.columns)}
            numbers = range(first, first + len(rows))
            yield assemble(source, numbers, [r.line for r in rows], [r.problem for r in rows], texts)
            first += len(rows)


@dataclass
class _Row:
    line: int
    texts: list[str]
    problem: str | None = None


@dataclass
class _Node:
    """An element that is looked at: what is below it, and which columns are its text or attributes.

    `seen_from` are the depths of the elements from which columns look at this one or through it, and the path as it is
    written there; `scope` is the depth of this element where columns look from it.
    """

    kids: dict[str, _Node] = field(default_factory=dict)
    texts: list[int] = field(default_factory=list)
    attributes: dict[str, list[int]] = field(default_factory=dict)
    seen_from: dict[int, str] = field(default_factory=dict)
    scope: int | None = None


@dataclass
class _Scope:
    """What columns see from one open element; `since` is the first record that waits for it."""

    since: int
    texts: dict[int, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    problem: str | None = None


@dataclass
class _Open:
    """An element that has not ended: what is looked at in it, its line, and its own text as far as it is heard."""

    node: _Node | None
    line: int
    words: list[str] = field(default_factory=list)
    letters: int = 0


class _Records:
    """Hears a file, and has in `rows` the records that are whole."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.path = _segments(source, source.part or "")
        if not self.path:
            raise DataError(
                f"{source.name} is XML, and nothing says which of its elements is a record. Write its path below the root "
                "in the format, as part: Children/Child/CINdetails."
            )
        self.way = [_Node() for _ in range(len(self.path) + 1)]
        for above, name, node in zip(self.way, self.path, self.way[1:], strict=False):
            above.kids[name] = node
        self.way[-1].scope = len(self.path)
        self.is_prose = [is_prose(source, target) for target in source.columns]
        self.scope_of = [self._plan(column, header) for column, header in enumerate(source.columns.values())]
        self.outermost = min([len(self.path), *self.scope_of])
        self.rows: list[_Row] = []
        self.waiting: list[_Row] = []
        self.open: list[_Open] = []
        self.scopes: dict[int, _Scope] = {}
        self.way_found, self.found_there, self.root_name = 0, dict[str, None](), ""

    def _plan(self, column: int, header: str) -> int:
        """Put a column's path among what is looked at; the depth of the element from which it looks."""
        *steps, last = header.strip().split("/")
        attribute = local(last[1:]) if last.startswith("@") else ""
        steps = steps if attribute else [*steps, last]
        ups = next((n for n, step in enumerate(steps) if step != ".."), len(steps))
        if ups > len(self.path):
            raise DataError(f"{self.source.name}: the path '{header}' climbs out of the file. Mend it in the format.")
        scope = len(self.path) - ups
        node = self.way[scope]
        node.scope = scope
        below = _segments(self.source, "/".join(steps[ups:])) if steps[ups:] != ["."] else []
        for n, name in enumerate(below, start=1):
            node = node.kids.setdefault(name, _Node())
            node.seen_from[scope] = "/".join([*steps[:ups], *below[:n]])
        if attribute:
            node.attributes.setdefault(attribute, []).append(column)
        else:
            node.texts.append(column)
        return scope

    # What is heard

    def begins(self, name: str, attributes: dict[str, str], line: int) -> None:
        """See `lib.xmlstream.Listener`."""
        above = self.open[-1].node if self.open else None
        if not self.open:
            self.root_name = name
            node: _Node | None = self.way[0]
        else:
            node = above.kids.get(name) if above else None
        self._note_way(above, name)
        if above is not None and above.texts and not above.kids:
            self._doubt(above, "holds other elements")
        self.open.append(_Open(node, line))
        if node is None:
            return
        if node.scope is not None:
            self.scopes[node.scope] = _Scope(len(self.waiting))
        for depth in node.seen_from:
            if id(node) in self.scopes[depth].seen:
                self._doubt(node, "is there several times")
            self.scopes[depth].seen.add(id(node))
        for key, value in attributes.items():
            for column in node.attributes.get(local(key), ()):
                self._read(column, value)

    def text(self, words: str) -> None:
        """See `lib.xmlstream.Listener`."""
        inner = self.open[-1]
        if inner.node is None or not inner.node.texts:
            return
        inner.letters += len(words)
        is_prose = all(self.is_prose[column] for column in inner.node.texts)
        if inner.letters <= (MOST_PROSE if is_prose else MOST_TEXT):
            inner.words.append(words)
        else:
            for column in inner.node.texts:
                self.scopes[self.scope_of[column]].problem = "a field is too long"

    def ends(self) -> None:
        """See `lib.xmlstream.Listener`."""
        inner = self.open.pop()
        node = inner.node
        if node is None:
            return
        for column in node.texts:
            self._read(column, "".join(inner.words))
        if node is self.way[-1]:
            self.waiting.append(_Row(inner.line, [""] * len(self.scope_of)))
            if len(self.waiting) > MOST_WAITING:
                raise DataError(
                    f"{self.source.name}, line {inner.line}: more than {MOST_WAITING:,} records stand in one element, and a "
                    "column looks at what is round them. Leave that column out, or ask for smaller files."
                )
        if node.scope is not None:
            self._close(node.scope)

    def _read(self, column: int, value: str) -> None:
        value = cut_short(self.source, value) if self.is_prose[column] else value
        self.scopes[self.scope_of[column]].texts[column] = value

    def _close(self, depth: int) -> None:
        """The element at this depth ends: what was seen from it belongs to every record in it."""
        scope = self.scopes.pop(depth)
        for row in self.waiting[scope.since :]:
            for column, value in scope.texts.items():
                row.texts[column] = value
            row.problem = row.problem or scope.problem
        if depth == self.outermost:
            self.rows += self.waiting
            self.waiting = []

    def _doubt(self, node: _Node, what: str) -> None:
        for depth, path in node.seen_from.items():
            self.scopes[depth].problem = self.scopes[depth].problem or f"'{path}' {what}"

    # What was there

    def _note_way(self, above: _Node | None, name: str) -> None:
        """How far the file goes along the path of the records, and what stands where it ends."""
        if above is None or above is not self.way[self.way_found]:
            return
        if name in above.kids and self.way_found < len(self.path) and name == self.path[self.way_found]:
            self.way_found, self.found_there = self.way_found + 1, {}
        elif len(self.found_there) < MOST_NAMED:
            self.found_there[name] = None

    def check(self) -> None:
        """Raise `PartMissing` where the file has no place for these records."""
        there, whole = self.way_found, len(self.path)
        if there >= max(whole - 1, 1) or (whole == 1 and not self.found_there):
            return
        inside = f"'{'/'.join(self.path[:there])}'" if there else f"the root '{visible(self.root_name)}'"
        wanted, found = self.path[there], [visible(name) for name in self.found_there]
        raise PartMissing(
            f"{self.source.name} has no element '{wanted}' in {inside}, on the way to its records "
            f"'{'/'.join(self.path)}'.{did_you_mean(wanted, found)} Found there: {listed(found) or 'nothing'}. Check that "
            "it is the right file."
        )


def _segments(source: Source, path: str) -> list[str]:
    """The names of a path."""
    names = [local(name) for name in path.strip().strip("/").split("/")] if path.strip() else []
    for name in names:
        if not re.fullmatch(r"[\w.\-]+", name) or name in (".", ".."):
            raise DataError(
                f"{source.name}: '{path}' is not a path of elements. Write names with / between them, as Dates/Opened, "
                "../Child/Id, @id or a full stop for the element's own text."
            )
    return names
