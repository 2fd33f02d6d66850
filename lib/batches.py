"""One input and how it is declared to be read; its header; and one batch of its rows, cleaned.

A batch is an Arrow table with `row` (records from 1 below the header), `line` (where the record begins), `problem` (why
the record cannot be used, or empty) and a column for each listed target; a typed date adds `<target>__at` (as the clock
on the wall showed it) and `<target>__off` (its offset in seconds). Columns that no format lists are never in it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lib.errors import DataError, count, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BATCH = 245_760
"""Two of DuckDB's row groups: a batch that is a whole number of them is written once, and never packed again."""

KEY = "key__"
"""Before the name of a column that is read for the supplier's id alone."""

NOT_TOLD = "not told"
"""The word of a format for what stands in a record, and is left there: its value says that nothing happened then that counts."""

LONGEST_FIELD = 65_536
"""How many letters of a listed field are read. Prose that is longer is cut, and says so; an id, a day or a kind that is longer
sets its record aside, since a cut one is another. What no format lists may be as long as it likes.
"""
TITLES = 20
"""Within so many lines the column names must stand: titles and dates of printing may come before them."""

INVISIBLE = "[\u200b\u200c\u200d\u2060\ufeff\u00ad]"
MARKS = "[\u061c\u180e\u200e\u200f\u202a-\u202e\u2061-\u2069\ufe00-\ufe0f]"
"""Signs that nobody sees, such as those that turn the direction of writing: text keeps them, and shows them; an id has none."""

SHORTENED = r"^[0-9](\.[0-9]+)?[eE]\+[0-9]{1,3}$"
"""How a spreadsheet shows a number that is too long for its column, and then saves it."""

CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"


@dataclass(frozen=True)
class Told:
    """One dated thing that a record tells, of several: its number in the format, from 1.

    `columns` maps this thing's own targets to headers (its date, and what else is written of it alone); `constants` are
    targets that are the same in every record, or in each whose own column holds nothing. In a batch such a target is written
    `<target>@<number>`.
    """

    number: int
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One input and how it is declared to be read.

    `columns` maps each target to the file's own header; `needed` are the targets whose header must be there;
    `dates` and `times` are the targets that hold a day or a time of day; `where` says, for a target, where its
    header was declared, for messages. `part` is which list, table or path of the file holds the records. `tells` are
    the dated things that one record tells, where it tells several; `key` are headers whose values together are the
    supplier's id; `words` gives, for a target, the kit's word for each of the file's; `blanks` are texts that stand for
    nothing; `made_on` is the day (a number) on which the extract was made; `trailer` is the word with which the footer begins
    that counts the rows, or `no` where none is to be compared; `also` gives, for another name of a column, folded, the header
    that stands for it in `columns`. `prose` are the targets that hold a text of any length; they are read `uncut` only where a
    record is to be kept as it is.
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
    part: str | None = None
    tells: tuple[Told, ...] = ()
    key: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    blanks: tuple[str, ...] = ()
    made_on: int | None = None
    trailer: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    prose: frozenset[str] = frozenset()
    uncut: bool = False
    where: Callable[[str], str] = lambda target: "the format"


def is_exact(source: Source, target: str) -> bool:
    """Whether a target is an id or a day, in which a number with decimals has lost what it stood for."""
    return target in source.dates or target.split("@")[0].endswith("_id") or target.startswith("key__")


def is_prose(source: Source, target: str) -> bool:
    """Whether a target holds a text of any length, from which nothing is told but what it says."""
    return target.split("@")[0] in source.prose


def cut_short(source: Source, text: str) -> str:
    """A text of prose as it is read: whole, or as far as is read of any, with a mark that says so.

    The mark tells how much more there is, and is another for each other text, so that two texts which differ only where nothing
    of them is kept are never taken for one. A text that was cut is longer than any that was not.
    """
    import pyarrow as pa

    if len(text) <= LONGEST_FIELD or source.uncut:
        return text
    whole = clean(pa.array([text], pa.string()))[0].as_py() or ""
    if len(whole) <= LONGEST_FIELD or CUT.fullmatch(whole, LONGEST_FIELD):
        return whole
    more = len(whole) - LONGEST_FIELD
    letters = f"{count(more, 'more letter')} {'stands' if more == 1 else 'stand'}"
    mark = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{whole[:LONGEST_FIELD]} [cut here; {letters} in the file; mark of the whole text: {mark}]"


CUT = re.compile(r" \[cut here; [0-9,]+ more letters? stands? in the file; mark of the whole text: [0-9a-f]{16}\]")


def plain_text(text: str) -> str:
    """One text as it is compared everywhere, as `clean` makes a column of ids."""
    return re.sub(f"{INVISIBLE}|{MARKS}", "", unicodedata.normalize("NFKC", text)).strip()


def own_names(source: Source, header: Sequence[str]) -> list[str]:
    """Column names as the format has them, where a supplier uses another name that is declared for one."""
    there = {folded(name) for name in header}
    said = [source.also.get(folded(name)) for name in header]
    return [own if own and folded(own) not in there else name for own, name in zip(said, header, strict=True)]


def places(source: Source, header: Sequence[str], is_heading: Callable[[], bool] = lambda: True) -> dict[str, int]:
    """Where each target stands in the header. Names that no format lists are looked at and left.

    Capitals, and how many blanks stand between two words, tell no two headers apart, unless both are there.
    `is_heading` is asked before a message names what else stands on that line: it may hold values by mistake.
    """
    wanted = {t: plain_text(h) for t, h in source.columns.items()}
    given, header = header, own_names(source, header)
    plainer = [folded(h) for h in header]
    found: dict[str, int] = {}
    for target, name in wanted.items():
        at = [i for i, h in enumerate(header) if h == name] or [i for i, h in enumerate(plainer) if h == folded(name)]
        if len(at) > 1:
            raise DataError(
                f"{source.name} has the column '{name}' twice, at positions {at[0] + 1} and {at[1] + 1}, and "
                f"{source.where(target)} reads it. Rename or remove one of them."
            )
        if at:
            found[target] = at[0]
    missing = [t for t in wanted if t in source.needed and t not in found]
    if missing:
        if not found:
            raise DataError(
                f"{source.name}, line 1: these are not the column names that {source.where(missing[0])} expects: "
                f"{listed(wanted[t] for t in missing)}. Column names belong on line 1."
            )
        name = wanted[missing[0]]
        if not is_heading():
            raise DataError(
                f"{source.name} has no column '{name}', which {source.where(missing[0])} reads as the {said(missing[0])}. Its first "
                "line has another number of columns than the next, so it may hold values and is not shown. Export it again."
            )
        raise DataError(
            f"{source.name} has no column '{name}', which {source.where(missing[0])} reads as the {said(missing[0])}."
            f"{did_you_mean(name, given)} {_columns_found(given, wanted.values())} If the supplier renamed it, change that line, or "
            f"declare in sources.yml, under the file, also: {{{name}: [<its other name>]}}."
        )
    return found


def is_a_record(source: Source, standing: Mapping[str, int], cells: Sequence[str]) -> bool:
    """Whether cells that stand above the column names may be a record: a day where days stand, and more beside it.

    Titles, days of printing and headings of several columns fill fewer; a sheet that was sorted with its column names in it
    has records there.
    """
    filled = {t for t in source.needed if t in standing and standing[t] < len(cells) and cells[standing[t]].strip()}
    days = source.dates & source.needed & set(standing)
    if not days:
        return 2 * len(filled) >= len(source.needed) > 0
    has_day = any(len(re.findall("[0-9]", cells[standing[t]])) >= 5 for t in days & filled)
    return has_day and len(filled) >= min(3, len(source.needed))


def records_above(source: Source, line: int) -> str:
    """What is said where records stand above the column names, which are on `line`."""
    return (
        f"{source.name}, line {line}: the column names stand here, and records above them: the rows were sorted together with "
        "them, perhaps, or two files were joined. Put the column names on line 1, and export it again."
    )


def said(target: str) -> str:
    """What a target is called in a message: not which of several things it is of, nor which part of an id.

    >>> said("date@2"), said("key__0"), said("agency")
    ('date', 'id', 'agency')
    """
    return "id" if target.startswith(KEY) else target.partition("@")[0]


def _columns_found(header: Sequence[str], named: Iterable[str]) -> str:
    """Which columns are there: by name where a format names them, and else by where they stand, since a value that slipped
    into the first line looks like a name.
    """
    known = {folded(name) for name in named}
    others = [str(at) for at, name in enumerate(header, start=1) if name and folded(name) not in known]
    found = f"Columns found: {listed(name for name in header if folded(name) in known)}"
    if not others:
        return f"{found}."
    more = f" and {len(others) - 12} more" if len(others) > 12 else ""
    word = "the column" if len(others) == 1 else "columns"
    return f"{found}, and {word} {', '.join(others[:12])}{more}, whose name no line of the format has."


def folded(name: str) -> str:
    """A column's name as it is compared with another."""
    return " ".join(plain_text(name).casefold().split())


def assemble(
    source: Source,
    numbers: range,
    lines: Sequence[int] | None,
    problems: list[str | None],
    texts: dict[str, pa.Array],
    plain: frozenset[str] = frozenset(),
) -> pa.Table:
    """One batch, its texts cleaned and looked at; those in `plain` were never text, and need neither."""
    import pyarrow as pa
    import pyarrow.compute as pc

    row = pa.array(numbers, pa.int32())
    problem = pa.array(problems, pa.string()) if problems else pa.nulls(len(row), pa.string())
    out: dict[str, pa.Array] = {}
    for target, values in texts.items():
        if not pa.types.is_string(values.type):
            out[target] = values
            continue
        if target in plain:
            out[target] = values
            continue
        if not target.endswith("__day"):
            values = clean(values)
            if is_exact(source, target):
                values = _without_marks(values)
            if target.split("@")[0].endswith("_id") and pc.any(pc.match_substring(values, "+")).as_py():
                problem = pc.if_else(
                    _true_where(pc.match_substring_regex(values, SHORTENED)), "a shortened number", problem
                )
        if (pc.max(pc.binary_length(values)).as_py() or 0) > LONGEST_FIELD:
            is_long = _true_where(pc.greater(pc.utf8_length(values), LONGEST_FIELD))
            if is_prose(source, target):
                cut = [cut_short(source, text) for text in values.filter(is_long).to_pylist()]
                values = pc.replace_with_mask(values, is_long, pa.array(cut, pa.string()))
            else:
                problem = pc.if_else(is_long, "a field is too long", problem)
        if not pc.all(pc.ascii_is_printable(values)).as_py():
            odd = _true_where(pc.match_substring_regex(values, CONTROLS))
            problem = pc.if_else(odd, "control characters", problem)
        out[target] = values
    return pa.table({"row": row, "line": pa.array(lines, pa.int32()) if lines else row, "problem": problem, **out})


def is_plain(words: pa.Array) -> bool:
    """Whether these values are texts that `assemble` would leave as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return (
        pa.types.is_string(words.type)
        and clean(words) is words
        and (pc.max(pc.binary_length(words)).as_py() or 0) <= LONGEST_FIELD
        and pc.all(pc.ascii_is_printable(words)).as_py() is not False
    )


def even(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in the same order, as batches of `BATCH` rows and one of what is left."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += len(table)
        if rows >= BATCH:
            whole = pa.concat_tables(waiting)
            full = rows - rows % BATCH
            yield from (whole.slice(at, BATCH) for at in range(0, full, BATCH))
            waiting, rows = [whole.slice(full)], rows - full
    if rows:
        yield pa.concat_tables(waiting)


def _without_marks(values: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    if pc.all(pc.string_is_ascii(values)).as_py() is not False:
        return values
    return clean(pc.replace_substring_regex(values, pattern=MARKS, replacement=""))


def _true_where(test: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.fill_null(test, False)


def clean(values: pa.Array) -> pa.Array:
    """Text as it is compared everywhere: NFKC, without invisible characters, trimmed, empty for nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pc.all(pc.ascii_is_printable(values)).as_py() is not False:
        # Nothing to trim and nothing empty: all is as it was, told from the lengths, which is far cheaper than a pattern.
        lengths, trimmed = pc.binary_length(values), pc.binary_length(pc.ascii_trim_whitespace(values))
        if pc.min(lengths).as_py() != 0 and pc.sum(lengths).as_py() == pc.sum(trimmed).as_py():
            return values
    elif not pc.all(pc.string_is_ascii(values)).as_py():
        values = pc.utf8_normalize(values, form="NFKC")
        values = pc.replace_substring_regex(values, pattern=INVISIBLE, replacement="")
    values = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
