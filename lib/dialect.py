"""What only DuckDB understands: how text becomes a day and a time, by declared formats, tried exactly.

Everything else is written in one portable subset of SQL, so that another engine stays one step away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lib.dates import date_format


def dates_read(dates: Mapping[str, Sequence[str]], has: Sequence[str]) -> str:
    """A SELECT over `incoming` that reads its date columns by their declared formats, tried in order, exactly.

    `has` names the columns of the batch: `<date>__at`, `__off` and `__day` are there where the source is typed. For
    each date it gives `_day` (day number), `_second` (of the day, empty where none is written), `_grain` (day, month,
    year; empty where no format fits), `_off` (seconds from UTC, as written) and `_blank`.
    """
    inner, outer = [], []
    for name, patterns in dates.items():
        # A column may be called what SQL calls something else, as `from`.
        at, grain, timed, offset = _tries(f'"{name}"', patterns)
        if f"{name}__at" in has:
            at = f"coalesce({name}__at, {at})"
            grain = f"CASE WHEN {name}__at IS NOT NULL THEN 'day' ELSE {grain} END"
            timed = f"({name}__at IS NOT NULL OR {timed})"
        if f"{name}__day" in has:
            at, grain, timed = f"try_strptime({name}__day, '%Y-%m-%d')", "'day'", "FALSE"
        if f"{name}__off" in has:
            offset = f"{name}__off"
        blank = f'"{name}" IS NULL' + (f" AND {name}__at IS NULL" if f"{name}__at" in has else "")
        inner.append(f"{at} AS {name}_at, {grain} AS {name}_g, {timed} AS {name}_t, {offset} AS {name}_off")
        outer.append(
            f"date_diff('day', DATE '1970-01-01', CAST({name}_at AS DATE))::INTEGER AS {name}_day, "
            f"CASE WHEN {name}_t THEN (extract('hour' FROM {name}_at) * 3600 + extract('minute' FROM {name}_at) * 60 "
            f"+ floor(extract('second' FROM {name}_at)))::INTEGER END AS {name}_second, "
            f"CASE WHEN {name}_at IS NOT NULL THEN {name}_g END AS {name}_grain, "
            f"{name}_off::INTEGER AS {name}_off, ({blank}) AS {name}_blank"
        )
    return f"SELECT *, {', '.join(outer)} FROM (SELECT *, {', '.join(inner)} FROM incoming) AS t"


def _tries(column: str, patterns: Sequence[str]) -> tuple[str, str, str, str]:
    """The text of a column as a timestamp; how exact it is; whether it holds a time; its offset from UTC."""
    tries, grains, timed, offset = [], [], ["FALSE"], "NULL"
    for pattern in patterns:
        form = date_format(pattern)
        fits = f"regexp_full_match({column}, {quoted(form.shape)})"
        if pattern == "iso":
            plain = f"replace({column}, 'T', ' ')"
            value = (
                f"CASE WHEN length({column}) = 10 THEN try_strptime({column}, '%Y-%m-%d') ELSE coalesce("
                f"try_strptime(substr({plain}, 1, 19), '%Y-%m-%d %H:%M:%S'), "
                f"try_strptime(substr({plain}, 1, 16), '%Y-%m-%d %H:%M')) END"
            )
            timed.append(f"({fits} AND length({column}) > 10)")
            mark = f"replace(regexp_extract(substr({column}, 17), '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$'), ':', '')"
            sign = f"CASE WHEN substr({mark}, 1, 1) = '-' THEN -1 ELSE 1 END"
            seconds = (
                f"try_cast(substr({mark}, 2, 2) AS INTEGER) * 3600 + try_cast(substr({mark}, 4, 2) AS INTEGER) * 60"
            )
            offset = (
                f"CASE WHEN NOT {fits} OR {mark} = '' THEN NULL WHEN {mark} = 'Z' THEN 0 ELSE {sign} * ({seconds}) END"
            )
        else:
            value = f"try_strptime({column}, {quoted(pattern)})"
            if form.has_time:
                timed.append(fits)
        tries.append(f"CASE WHEN {fits} THEN {value} END")
        grains.append(f"WHEN {fits} AND {value} IS NOT NULL THEN '{form.precision}'")
    every_day = all(date_format(p).precision == "day" for p in patterns)
    grain = "'day'" if every_day else f"CASE {' '.join(grains)} END"
    return f"coalesce({', '.join(tries)}, NULL)", grain, f"({' OR '.join(timed)})", offset


def clock_time(column: str) -> str:
    """A time of day written on its own (`14:10`, `14:10:30`) as seconds since midnight; empty for anything else."""
    shape = "([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
    hours = f"CAST(split_part({column}, ':', 1) AS INTEGER) * 3600 + CAST(split_part({column}, ':', 2) AS INTEGER) * 60"
    seconds = (
        f"CASE WHEN split_part({column}, ':', 3) = '' THEN 0 ELSE CAST(split_part({column}, ':', 3) AS INTEGER) END"
    )
    return f"(CASE WHEN regexp_full_match({column}, '{shape}') THEN {hours} + {seconds} END)"


def span_start(day: str, grain: str) -> str:
    """The first day of the month or year that a day number lies in; the day itself for any other grain."""
    return f"(CASE WHEN {grain} IN ('month', 'year') THEN date_diff('day', DATE '1970-01-01', {_trunc(day, grain)}) ELSE {day} END)"


def span_end(day: str, grain: str) -> str:
    """The last day of the month or year that a day number lies in; the day itself for any other grain."""
    step = f"CASE WHEN {grain} = 'year' THEN INTERVAL 1 YEAR ELSE INTERVAL 1 MONTH END"
    last = f"date_diff('day', DATE '1970-01-01', CAST({_trunc(day, grain)} + {step} AS DATE)) - 1"
    return f"(CASE WHEN {grain} IN ('month', 'year') THEN {last} ELSE {day} END)"


def _trunc(day: str, grain: str) -> str:
    date = f"(DATE '1970-01-01' + CAST({day} AS INTEGER))"
    return (
        f"CAST(CASE WHEN {grain} = 'year' THEN date_trunc('year', {date}) ELSE date_trunc('month', {date}) END AS DATE)"
    )


def literal(text: str) -> str:
    """A text as an SQL literal, quoted by sqlglot, for values that rules and sources files hold.

    >>> literal("children's")
    "'children''s'"
    """
    from sqlglot import exp

    return exp.Literal.string(text).sql(dialect="duckdb")


def quoted(text: str) -> str:
    """A text in single quotes, for a setting or a pattern of the kit's own.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
