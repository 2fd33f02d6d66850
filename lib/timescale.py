"""Where a time axis is labelled: months with the year beneath, or years alone when there are many."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from lib.lettering import in_words, width

_EPOCH = dt.date(1970, 1, 1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Tick:
    """One tick: its day, the words beneath it, and the year beneath those where it is said."""

    day: dt.date
    label: str
    year: str
    is_january: bool


def number(day: dt.date) -> float:
    """A day as matplotlib counts days.

    >>> number(dt.date(1970, 1, 2))
    1.0
    """
    return float((day - _EPOCH).days)


def day_of(number_of_days: float) -> dt.date:
    """The day that lies so many days after 1 January 1970.

    >>> day_of(1.0)
    datetime.date(1970, 1, 2)
    """
    return _EPOCH + dt.timedelta(days=int(number_of_days))


def said(day: dt.date) -> str:
    """A day in words, as in a letter.

    >>> said(dt.date(2022, 11, 14))
    '14 November 2022'
    """
    return f"{day.day} {day:%B} {day.year}"


def length_in_words(start: dt.date, end: dt.date) -> str:
    """How long a period is, both ends within it: whole years, else months, else days.

    >>> length_in_words(dt.date(2022, 4, 1), dt.date(2025, 3, 31))
    'three years'
    >>> length_in_words(dt.date(2022, 4, 1), dt.date(2022, 4, 9))
    'nine days'
    """
    after = end + dt.timedelta(days=1)
    months = (after.year - start.year) * 12 + after.month - start.month - (after.day < start.day)
    if months >= 12 and months % 12 == 0:
        return f"{in_words(months // 12)} year{'s' if months > 12 else ''}"
    if months >= 2:
        return f"{in_words(months)} months"
    return f"{in_words((after - start).days)} days" if (after - start).days > 1 else "one day"


def _step(start: dt.date, end: dt.date, room: float, size: float) -> int:
    months = max((end.year - start.year) * 12 + end.month - start.month + 1, 1)
    widest = max(width(m, size) for m in MONTHS) + 6
    if months <= 12 and room / months >= widest:
        return 1
    return 3 if months <= 72 and room / months * 3 >= widest else 12


def ticks(start: dt.date, end: dt.date, room: float, size: float) -> list[Tick]:
    """The ticks of an axis from `start` to the end of `end`, `room` points long, in type of `size` points.

    Months (every one up to a year, each quarter up to six), the year beneath the first and each January; past six
    years, years alone, as many as there is room for.
    """
    days = (end - start).days + 1
    point = room / days
    step = _step(start, end, room, size)
    first = start.replace(day=1)
    months = range(first.year * 12 + first.month - 1, end.year * 12 + end.month)
    dates = [dt.date(m // 12, m % 12 + 1, 1) for m in months if m % 12 % step == 0]
    dates = [day for day in dates if start <= day <= end]
    if not dates or (dates[0] - start).days * point > 2 * width("Mmm 2000", size):
        dates.insert(0, start)
    if step == 12:
        every = 1
        while every < len(dates) and 365 * every * point < width("2000", size, "semibold") + 6:
            every += 1
        return [Tick(d, "", str(d.year) if i % every == 0 else "", d.month == 1) for i, d in enumerate(dates)]
    found: list[Tick] = []
    for day in dates:
        label = MONTHS[day.month - 1] if day.day == 1 else f"{day.day} {MONTHS[day.month - 1]}"
        is_january = day.month == 1 and day.day == 1
        year = str(day.year) if is_january or not found else ""
        if year and found and (day - found[0].day).days * point < width("2000", size, "semibold") + 6:
            year = ""
        found.append(Tick(day, label, year, is_january))
    return found
