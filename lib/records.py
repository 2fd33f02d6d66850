"""What a record is made of, and a SELECT that types one batch of them: each once, with the reason it cannot be used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib import dialect
from lib.batches import Source
from lib.dates import FIRST_YEAR, LAST_YEAR, day_number


@dataclass(frozen=True)
class Shape:
    """What a record is made of.

    `texts` and `dates` are the targets; the first date says when it happened. `required` pairs a reason with the
    targets of which at least one must be filled. `id` is the supplier's own id, `recorded` the date on which this
    version was recorded, `precision` and `span` (first and last day) the targets that say how exactly the day is
    known, `time` a time of day on its own. `kind` are texts that take few values, kept together as one number.
    """

    texts: tuple[str, ...]
    dates: tuple[str, ...]
    required: tuple[tuple[str, tuple[str, ...]], ...]
    id: str
    recorded: str
    precision: str
    time: str
    span: tuple[str, str]
    kind: tuple[str, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        """The texts that a row keeps as they are."""
        apart = (self.id, self.precision, self.time, *self.kind)
        return tuple(t for t in self.texts if t not in apart)

    @property
    def others(self) -> tuple[str, ...]:
        """The dates beside the first, and beside those of the span."""
        return tuple(d for d in self.dates[1:] if d not in self.span)

    @property
    def compared(self) -> tuple[str, ...]:
        """The typed values, beside the texts, in which two records are compared."""
        days = tuple(f"{d}_day" for d in self.others)
        return ("day", "second", "off", "earliest", "latest", "grain", "recorded_second", *days)


def typed(source: Source, shape: Shape, has: Sequence[str], words: Mapping[str, Sequence[str]]) -> str:
    """A SELECT over `incoming` that types each record once, with the reason it cannot be used, if there is one."""
    when = shape.dates[0]
    dates = {d: source.formats for d in shape.dates if d in has}
    cells = ["row AS source_row", "line AS source_line", "problem", f"{'part' if 'part' in has else '0'} AS part"]
    for text in shape.texts:
        given = dialect.literal(source.constants[text]) if text in source.constants else "CAST(NULL AS VARCHAR)"
        cells.append(f"coalesce({text}, {given}) AS {text}" if text in has else f"{given} AS {text}")
    for date in shape.dates:
        parts = ("day", "second", "grain", "off", "blank")
        nothing = (
            "CAST(NULL AS INTEGER)",
            "CAST(NULL AS INTEGER)",
            "CAST(NULL AS VARCHAR)",
            "CAST(NULL AS INTEGER)",
            "TRUE",
        )
        cells += [f"{date}_{p}" if date in has else f"{n} AS {date}_{p}" for p, n in zip(parts, nothing, strict=True)]
    staged = (
        f"SELECT {', '.join(cells)} FROM ({dialect.dates_read(dates, has) if dates else 'SELECT * FROM incoming'}) AS r"
    )

    first, last = shape.span
    span = f"(NOT {first}_blank AND NOT {last}_blank)"
    because, at_fault = _reasons(source, shape, span, words)
    told = f"lower({shape.precision})"
    grain = (
        f"CASE WHEN {span} THEN CASE WHEN {first}_day < {last}_day THEN 3 ELSE 0 END "
        f"WHEN {shape.precision} IS NULL THEN {_number(f'{when}_grain')} "
        f"WHEN {told} IN ('day', 'exact') THEN {_number(f'{when}_grain')} "
        f"WHEN {told} IN ('month', 'year') THEN greatest({_number(told)}, {_number(f'{when}_grain')}) ELSE 3 END"
    )
    wide = f"CASE WHEN {told} IN ('month', 'year') AND {_number(told)} > {_number(f'{when}_grain')} THEN {told} ELSE {when}_grain END"
    base = f"CASE WHEN {span} THEN {first}_day ELSE {when}_day END"
    clock = dialect.clock_time(shape.time)
    zero = f"{when}_second" if source.midnight_is_time else f"nullif({when}_second, 0)"
    recorded = f"{shape.recorded}_second" if source.midnight_is_time else f"nullif({shape.recorded}_second, 0)"
    texts = ", ".join((shape.id, *shape.kept, *shape.kind))
    others = "".join(f", {d}_day" for d in shape.others)
    return f"""
    SELECT source_row, source_line, CAST(part AS TINYINT) AS part, {texts}{others}, {recorded} AS recorded_second, because, at_fault,
      CASE WHEN grain = 0 THEN base END AS day, CASE WHEN grain = 0 THEN second END AS second, off, grain,
      CAST(CASE WHEN spanned THEN base ELSE {dialect.span_start("base", "wide")} END AS INTEGER) AS earliest,
      CAST(CASE WHEN spanned THEN {last}_day ELSE {dialect.span_end("base", "wide")} END AS INTEGER) AS latest,
      time_in_words, written_second
    FROM (
      SELECT *, {because} AS because, {at_fault} AS at_fault, {span} AS spanned, {base} AS base,
        CAST({grain} AS TINYINT) AS grain, {wide} AS wide, coalesce({clock}, {zero}) AS second, {when}_off AS off,
        {shape.time} IS NOT NULL AND {clock} IS NULL AS time_in_words, {when}_second AS written_second
      FROM ({staged}) AS s
    ) AS t
    """


def _reasons(source: Source, shape: Shape, span: str, words: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Why a record cannot be used, and in which column, as two SQL expressions; the first reason that holds."""
    when = shape.dates[0]
    first_day, last_day = _sane_days()
    blank = [f"{t} IS NULL" for t in shape.texts if t not in source.constants] + [f"{d}_blank" for d in shape.dates]
    tests = [("problem IS NOT NULL", "problem", "NULL"), (" AND ".join(blank), "'empty row'", "NULL")]
    tests.append((f"{when}_blank AND NOT {span}", "'no date (a footer, perhaps)'", f"'{when}'"))
    for date in shape.dates:
        tests.append((f"NOT {date}_blank AND {date}_day IS NULL", "'bad date'", f"'{date}'"))
        tests.append((f"{date}_day NOT BETWEEN {first_day} AND {last_day}", "'year out of range'", f"'{date}'"))
    first, last = shape.span
    tests.append((f"{span} AND {first}_day > {last}_day", "'span ends before it begins'", f"'{first}'"))
    for reason, targets in shape.required:
        nothing = " AND ".join(f"{t} IS NULL" for t in targets)
        tests.append((nothing, dialect.literal(reason), dialect.literal(targets[0])))
    for target, allowed in words.items():
        known = ", ".join(dialect.literal(w) for w in allowed)
        tests.append((f"{target} NOT IN ({known})", f"'{target} not on the list'", f"'{target}'"))
    because = " ".join(f"WHEN {test} THEN {says}" for test, says, _ in tests)
    at_fault = " ".join(f"WHEN {test} THEN {at}" for test, _, at in tests)
    return f"CASE {because} END", f"CASE {at_fault} END"


def _number(grain: str) -> str:
    return f"CASE {grain} WHEN 'year' THEN 2 WHEN 'month' THEN 1 ELSE 0 END"


def _sane_days() -> tuple[int, int]:
    return day_number(dt.date(FIRST_YEAR, 1, 1)), day_number(dt.date(LAST_YEAR, 12, 31))
