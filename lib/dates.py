"""Days as civil people write them: UK formats, working days and bank holidays, calendar months, clock changes.

Inside the engine a day is a whole number, the days since 1 January 1970, and a time is the seconds since midnight
as the clock on the wall showed them. Nothing here guesses a format: each is declared, and tried exactly.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lib.errors import RequestError, RuleError

EPOCH = dt.date(1970, 1, 1)
FIRST_YEAR, LAST_YEAR = 1901, 2100
"""Years outside these are typing errors or a system's default (1 January 1900), never a contact."""

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

_SHAPES = {
    "d": r"\d{1,2}",
    "m": r"\d{1,2}",
    "Y": r"\d{4}",
    "H": r"\d{1,2}",
    "I": r"\d{1,2}",
    "M": r"\d{2}",
    "S": r"\d{2}",
    "f": r"\d{1,6}",
    "b": r"[A-Za-z]{3}",
    "B": r"[A-Za-z]{3,9}",
    "p": r"[AaPp][Mm]",
}

_FIGURES = "dmYHIMS"
"""Parts that are written in figures: two of them side by side need all of theirs, or nobody can tell where one ends."""

ISO_SHAPE = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:[0-5]\d(\.\d{1,9})?)?( ?(Z|[+-](0\d|1[0-4]):?[0-5]\d))?)?"
"""ISO 8601 as systems write it: a day, or a day and a time, with or without an offset."""


@dataclass(frozen=True)
class DateFormat:
    """A declared date format: its pattern, the shape that text must have, and how exactly it tells the day."""

    pattern: str
    shape: str
    precision: str
    has_time: bool


@functools.cache
def date_format(pattern: str) -> DateFormat:
    """A declared format, such as `%d/%m/%Y`, ready to be tried exactly; `iso` reads ISO 8601.

    Parts that are written in figures may lack a leading nought, as 1/5/2024, unless they stand side by side, as in %d%m%Y.
    Raises `RuleError` for a part that the kit does not read, such as a year of two figures.

    >>> date_format("%d/%m/%Y %H:%M").precision, date_format("%m/%Y").precision
    ('day', 'month')
    """
    if pattern == "iso":
        return DateFormat("iso", ISO_SHAPE, "day", True)
    shape, letters, at = "", set(), 0
    while at < len(pattern):
        if pattern[at] == "%":
            letter = pattern[at + 1 : at + 2]
            if letter == "y":
                raise RuleError(f"date format '{pattern}' has a year of two figures (%y), which cannot be told apart")
            if letter not in _SHAPES:
                known = " ".join(f"%{k}" for k in _SHAPES)
                raise RuleError(f"date format '{pattern}' holds '%{letter}', which is not one of {known}, and iso")
            beside = re.search(f"%[{_FIGURES}]$", pattern[:at]) or re.match(f"%[{_FIGURES}]", pattern[at + 2 :])
            whole = letter in _FIGURES and bool(beside)
            shape, at = shape + (_SHAPES[letter].replace("1,2", "2") if whole else _SHAPES[letter]), at + 2
            letters.add(letter)
        else:
            shape, at = shape + re.escape(pattern[at]), at + 1
    if "Y" not in letters:
        raise RuleError(f"date format '{pattern}' has no year (%Y)")
    if "I" in letters and "p" not in letters:
        raise RuleError(
            f"date format '{pattern}' has hours up to 12 (%I) and no AM or PM (%p), so half of its times are others"
        )
    month = bool(letters & {"m", "b", "B"})
    precision = "day" if "d" in letters and month else "month" if month else "year"
    return DateFormat(pattern, shape, precision, bool(letters & {"H", "I"}))


def check_formats(patterns: Sequence[str]) -> None:
    """Declared formats, looked at together. Raises `RuleError` where there is none, one cannot be read, or two of them read
    one text as two days: then every day up to the twelfth would be read by whichever is named first.

    >>> check_formats(["%d/%m/%Y", "%d/%m/%Y %H:%M", "iso"])
    """
    if not patterns:
        raise RuleError('no date format is declared, so no day could be read. Write one, as dates: ["%d/%m/%Y"]')
    for pattern in patterns:
        date_format(pattern)
    for one in patterns:
        for other in patterns:
            if any(_reads(text, other) not in (None, _SAMPLE.date()) for text in _written(one)):
                raise RuleError(
                    f"date formats '{one}' and '{other}' read one text as two days, such as the 4th of May and the 5th of "
                    "April. Declare the one in which the file is written; if it is written in both, ask the supplier for one"
                )


_SAMPLE = dt.datetime(2003, 4, 5, 6, 7, 8)
_ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")


def _written(pattern: str) -> list[str]:
    return [
        _SAMPLE.strftime(p) for p in (_ISO if pattern == "iso" else (pattern,)) if date_format(p).precision == "day"
    ]


def _reads(text: str, pattern: str) -> dt.date | None:
    """The day that a text is by a format; nothing where it is none of these years, or the format tells no day."""
    for way in _ISO if pattern == "iso" else (pattern,):
        form = date_format(way)
        if form.precision == "day" and re.fullmatch(form.shape, text):
            try:
                found = dt.datetime.strptime(text, way).date()
            except ValueError:
                continue
            return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
    return None


def day_number(day: dt.date) -> int:
    """Days since 1 January 1970.

    >>> day_number(dt.date(1970, 1, 2))
    1
    """
    return (day - EPOCH).days


def to_date(number: int) -> dt.date:
    """The day behind a day number.

    >>> to_date(1)
    datetime.date(1970, 1, 2)
    """
    return EPOCH + dt.timedelta(days=int(number))


def read_day(text: str | dt.date | None, what: str) -> dt.date | None:
    """A day that a person gave: ISO (2024-04-01) or UK (01/04/2024). Raises `RequestError` for anything else.

    >>> read_day("01/04/2024", "start"), read_day("2024-04-01", "start")
    (datetime.date(2024, 4, 1), datetime.date(2024, 4, 1))
    """
    if text is None or text == "":
        return None
    if isinstance(text, dt.datetime):
        return text.date()
    if isinstance(text, dt.date):
        return text
    for shape, pattern in ((r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"), (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y")):
        if re.fullmatch(shape, str(text).strip()):
            try:
                return dt.datetime.strptime(str(text).strip(), pattern).date()
            except ValueError:
                break
    raise RequestError(f"{what} is not a day that exists. Write it as 2024-04-01 or 01/04/2024.")


def plain_day(text: str) -> dt.date | None:
    """A day that somebody wrote by hand, as 2024-04-01 or 01/04/2024; nothing where it is no such day.

    >>> plain_day("01/04/2024"), plain_day("31/04/2024")
    (datetime.date(2024, 4, 1), None)
    """
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    return None


def say(day: dt.date | None) -> str:
    """A day in words: 5 April 2024.

    >>> say(dt.date(2024, 4, 5))
    '5 April 2024'
    """
    return "" if day is None else f"{day.day} {calendar.month_name[day.month]} {day.year}"


def say_short(day: dt.date) -> str:
    """A day in few letters: 5 Apr 2024.

    >>> say_short(dt.date(2024, 4, 5))
    '5 Apr 2024'
    """
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


@functools.cache
def add_months(number: int, months: int) -> int:
    """The same day of the month, some months on, or that month's last day (day numbers in and out).

    >>> say(to_date(add_months(day_number(dt.date(2024, 2, 29)), 12)))
    '28 February 2025'
    """
    day = to_date(number)
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return day_number(dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1])))


@functools.cache
def month_end(number: int) -> int:
    """The last day of the month that a day lies in (day numbers in and out).

    >>> say(to_date(month_end(day_number(dt.date(2024, 2, 3)))))
    '29 February 2024'
    """
    day = to_date(number)
    return day_number(day.replace(day=calendar.monthrange(day.year, day.month)[1]))


@functools.cache
def school_year(number: int) -> int:
    """The first day of the school year in England that a day lies in: 1 September (day numbers in and out).

    >>> say(to_date(school_year(day_number(dt.date(2025, 8, 31)))))
    '1 September 2024'
    """
    day = to_date(number)
    return day_number(dt.date(day.year if day.month >= 9 else day.year - 1, 9, 1))


@functools.cache
def school_term(number: int) -> int:
    """The first day of the term that a day lies in: 1 September, 1 January or Easter Monday (day numbers in and out).

    Each council sets its own dates; these are the same everywhere and every year, and no school day falls between the
    terms that they part.

    >>> say(to_date(school_term(day_number(dt.date(2024, 4, 2)))))
    '1 April 2024'
    """
    from dateutil.easter import easter

    day = to_date(number)
    monday = easter(day.year) + dt.timedelta(days=1)
    if day.month >= 9:
        return day_number(dt.date(day.year, 9, 1))
    return day_number(monday if day >= monday else dt.date(day.year, 1, 1))


@functools.cache
def bank_holidays(year: int) -> frozenset[dt.date]:
    """Bank holidays in England in a year, moved and extra ones included (source: the `holidays` package)."""
    import holidays

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=[year]))


@functools.cache
def is_working_day(number: int) -> bool:
    """Monday to Friday, less the bank holidays of England (a day number in).

    >>> is_working_day(day_number(dt.date(2024, 12, 25))), is_working_day(day_number(dt.date(2024, 12, 27)))
    (False, True)
    """
    day = to_date(number)
    return day.weekday() < 5 and day not in bank_holidays(day.year)


@functools.cache
def add_working_days(number: int, days: int) -> int:
    """The last day of a window of working days; the day itself is day 0 (day numbers in and out).

    >>> say(to_date(add_working_days(day_number(dt.date(2024, 12, 20)), 10)))
    '8 January 2025'
    """
    while days:
        number += 1
        days -= is_working_day(number)
    return number


@dataclass(frozen=True)
class ClockDay:
    """How a zone's clock runs on one civil day: the offset before a change, and the change if there is one.

    `change` is the second from which `after` holds; clock times from `odd_from` up to `odd_to` did not exist
    (`clock_gap`) or happened twice (`clock_twice`).
    """

    day: int
    before: int
    after: int
    change: int
    odd_from: int
    odd_to: int
    flag: str


def clock_days(zone: str, first: int, last: int) -> list[ClockDay]:
    """How a zone's clock runs on each civil day from one day number to another, both included.

    A time that did not exist keeps the offset from before the change; one that happened twice is the earlier.

    >>> [d.flag for d in clock_days("Europe/London", day_number(dt.date(2024, 3, 30)), day_number(dt.date(2024, 3, 31)))]
    ['', 'clock_gap']
    """
    clock = zone_info(zone)
    return [_clock_day(clock, number) for number in range(first, last + 1)]


def zone_info(zone: str) -> ZoneInfo:
    """A time zone by name. Raises `RuleError` where there is none of that name.

    >>> zone_info("Europe/London").key
    'Europe/London'
    """
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise RuleError(f"zone '{zone}' is not a time zone. Write it as Europe/London.") from None


def _clock_day(clock: ZoneInfo, number: int) -> ClockDay:
    midnight = dt.datetime.combine(to_date(number), dt.time(0))
    before, after = _offset(clock, midnight), _offset(clock, midnight + dt.timedelta(days=1))
    if before == after:
        return ClockDay(number, before, after, 86400, 0, 0, "")
    # The instant of the change, by halving, in seconds of UTC after the day's first midnight.
    low, high = 0, 86400 + abs(after - before)
    start = midnight - dt.timedelta(seconds=before)
    while high - low > 1:
        middle = (low + high) // 2
        at = (start + dt.timedelta(seconds=middle)).replace(tzinfo=dt.UTC).astimezone(clock)
        low, high = (middle, high) if _seconds(at.utcoffset()) == before else (low, middle)
    wall, moved = high, high + (after - before)
    flag = "clock_gap" if after > before else "clock_twice"
    return ClockDay(number, before, after, max(wall, moved), min(wall, moved), max(wall, moved), flag)


def _offset(clock: ZoneInfo, naive: dt.datetime) -> int:
    return _seconds(naive.replace(tzinfo=clock).utcoffset())


def _seconds(delta: dt.timedelta | None) -> int:
    return int(delta.total_seconds()) if delta else 0
