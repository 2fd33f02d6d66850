"""The line at a file's end that counts its rows: compared with the rows that were read.

A file that lost rows on its way looks whole, but for that line. It is believed only where its own words say that it counts
rows, or a format declares the word with which it begins: a total alone may be a sum.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lib.batches import Source, folded, plain_text
from lib.errors import DataError, count

if TYPE_CHECKING:
    import pyarrow as pa

LAST = 10
"""Within so many of the last rows a footer stands."""

FOOTER = "a footer that counts the rows"
"""Why such a row is set aside; as a reader gives it, the numbers that it may state follow, each after a blank."""

NOT_LOOKED_AT = "no"
"""Declared in place of a word: a footer is not compared, since it counts something else."""

_WHAT = "(?P<what>record|row|contact|line)s?"
_DONE = "( (exported|extracted|returned|selected|affected|written|sent|listed|found))?"
_HERE = "( in (this |the )?(file|extract|export|report))?"
_MARK = "((trailer|trl|trlr|footer|end of (file|extract|export|report)) )?"
_COUNTS = tuple(
    re.compile(words)
    for words in (
        f"{_MARK}((total|number|no|count|total number|total no)( of)? )?{_WHAT}{_DONE}{_HERE} #",
        f"{_MARK}(total )?{_WHAT} (count|total) #",
        f"{_MARK}(total )?# {_WHAT}{_DONE}{_HERE}",
        "(trailer|trl|trlr) #",
    )
)
_NUMBER = re.compile(r"(?<![0-9])([0-9]{1,3}([ ,.'\u2019][0-9]{3}){1,2}|[0-9]{1,9})(?![0-9])")


def footers(source: Source, rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Of the last of these rows, those that count the rows above them: where each is, and why it is set aside."""
    for at in range(max(0, len(rows) - LAST), len(rows)):
        if stated := counted(rows[at], source.trailer):
            yield at, " ".join([FOOTER, *map(str, stated)])


def counted(fields: Sequence[str], declared: str | None = None) -> tuple[int, ...]:
    """The numbers of rows that a footer may state, the first as it is written; none where it does not count rows.

    `declared` is the word with which the footer begins, where a format says so; or `no`, where none is to be compared.

    >>> counted(["Total records: 1,234", ""]), counted(["TRL", "25"]), counted(["Total", "25"]), counted(["END", "25"], "end")
    ((1234,), (25,), (), (25,))
    """
    filled = [word for field in fields if (word := plain_text(field))]
    if declared is not None:
        is_it = declared != NOT_LOOKED_AT and filled and folded(filled[0]) == folded(declared)
        return tuple(int(f) for f in filled[1:] if re.fullmatch("[0-9]{1,9}", f)) if is_it else ()
    said = " ".join(filled).casefold()
    if not 1 <= len(filled) <= 4 or len(said) > 80:
        return ()
    numbers = [found[0] for found in _NUMBER.finditer(said)]
    words = " ".join(re.sub(r"[^\w#]", " ", _NUMBER.sub("#", said.replace("#", ""))).split())
    meant = next((found for pattern in _COUNTS if (found := pattern.fullmatch(words))), None)
    if meant is None:
        return ()
    whole = int(re.sub("[^0-9]", "", numbers[0]))
    # Lines may count the column names, and the footer itself.
    more = [whole - 1, whole - 2] if meant.groupdict().get("what") == "line" else []
    return tuple(n for n in (whole, *more) if n >= 0)


@dataclass(frozen=True)
class _End:
    """One of the last rows: how many stand above it, on which line, why it is set aside, and how much it holds."""

    above: int
    line: int
    problem: str
    is_blank: bool
    is_lean: bool


def checked(source: Source, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same batches, each such footer with its plain reason.

    Raises `DataError`, after the last batch, where a footer counts other rows than stand above it. Rows that are set aside,
    and repeats, are rows of the file. Whether blank rows were counted, or other footers above, nobody can know: either is right.
    """
    rows, blank = 0, 0
    last: list[_End] = []
    for table in tables:
        last = [*last, *_ends(source, table, rows)][-LAST:]
        rows, blank = rows + len(table), blank + _blank_rows(table)
        yield _plainly(table)
    counting = [n for n, end in enumerate(last) if end.problem.startswith(f"{FOOTER} ")]
    if not counting:
        if source.trailer not in (None, NOT_LOOKED_AT):
            raise DataError(
                f"{source.name} does not end with the footer '{source.trailer}' that its format declares, so it was likely cut "
                "short on its way. Export it again."
            )
        return
    # Of several footers together, one may count rows and another something else.
    together = [n for n in counting if all(end.is_lean for end in last[n:])] or counting[-1:]
    if any(_is_right(last, n, blank) for n in together):
        return
    footer = last[together[-1]]
    stated = _stated(footer)[0]
    why = "was likely cut short on its way" if stated > footer.above else "may hold two exports, or rows twice"
    raise DataError(
        f"{source.name}, line {footer.line}: the footer counts {count(stated, 'row')}, and {footer.above:,} "
        f"{'stands' if footer.above == 1 else 'stand'} above it, so the file {why}. Export it again; or, where the footer counts "
        "something else, write `trailer: no` in the format."
    )


def _stated(footer: _End) -> list[int]:
    return [int(n) for n in footer.problem.removeprefix(FOOTER).split()]


def _is_right(last: Sequence[_End], at: int, blank: int) -> bool:
    """Whether a footer counts the rows above it, of which `blank` (with those below it) hold nothing."""
    above = last[at].above
    others = list(itertools.takewhile(lambda end: end.is_lean, reversed(last[:at])))
    blank -= sum(end.is_blank for end in last[at:])
    lean = above - len(others)
    return not {above, above - blank, lean, lean - blank + sum(o.is_blank for o in others)}.isdisjoint(
        _stated(last[at])
    )


def _ends(source: Source, table: pa.Table, rows: int) -> Iterator[_End]:
    """The last rows of a batch that begins below `rows` others."""
    begin = max(0, len(table) - LAST)
    for n, row in enumerate(table.slice(begin).to_pylist(), start=rows + begin):
        filled = {name.partition("__")[0] for name in _told(table) if row[name] is not None}
        problem = row["problem"] or ""
        is_lean = problem == "too few fields" or (len(filled) < 3 and not filled & source.dates)
        yield _End(n, row["line"], problem, not filled, is_lean)


def _blank_rows(table: pa.Table) -> int:
    """How many rows of a batch hold nothing that is listed."""
    import pyarrow.compute as pc

    nothing = None
    for name in _told(table):
        empty = pc.is_null(table.column(name))
        nothing = empty if nothing is None else pc.and_(nothing, empty)
    return 0 if nothing is None else int(pc.sum(nothing).as_py() or 0)


def _told(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name not in ("row", "line", "problem")]


def _plainly(table: pa.Table) -> pa.Table:
    """A batch without the numbers that its footers state."""
    import pyarrow.compute as pc

    problem = table.column("problem")
    if not pc.any(pc.starts_with(problem, f"{FOOTER} ")).as_py():
        return table
    plain = pc.if_else(pc.fill_null(pc.starts_with(problem, f"{FOOTER} "), False), FOOTER, problem)
    return table.set_column(table.column_names.index("problem"), "problem", plain)
