"""Periods and due days as people ask for them: "last full month", "5th working day".

A period is reckoned from a day, and ends before it: nothing here asks what day it is today, apart from `today`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from lib.dates import add_working_days, day_number, is_working_day, read_day, to_date
from lib.errors import RequestError, did_you_mean, listed

EVERYTHING = "everything"
PERIODS = (
    EVERYTHING,
    "last full week",
    "last full month",
    "last 12 full months",
    "last full quarter",
    "last financial year",
    "financial year to date",
    "calendar year to date",
    "last 28 days",
    "2024-04-01 to 2025-03-31",
)
"""A period of each kind. 12 and 28 may be any number; a quarter is three months from January, April, July or October."""

EVERY = ("day", "working day", "week", "month", "quarter", "year", "financial year")
WEEKDAYS = [name.casefold() for name in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")]
ONE_DAY = dt.timedelta(days=1)


def today() -> dt.date:
    """The day in Britain now, whatever the machine's own zone."""
    return dt.datetime.now(ZoneInfo("Europe/London")).date()


def period(words: str, day: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The first and last day of a period reckoned from a day; None and None for everything.

    Raises `RequestError` for words that are no period, with the nearest that are.

    >>> period("last full month", dt.date(2025, 4, 7))
    (datetime.date(2025, 3, 1), datetime.date(2025, 3, 31))
    >>> period("financial year to date", dt.date(2025, 4, 1))
    (datetime.date(2024, 4, 1), datetime.date(2025, 3, 31))
    """
    said = " ".join(words.split()).casefold()
    eve = day - ONE_DAY
    month = day.replace(day=1)
    if said == EVERYTHING:
        return None, None
    if found := re.fullmatch(r"(\S+) to (\S+)", said):
        first, last = read_day(found[1], "the first day"), read_day(found[2], "the last day")
        if first and last and first <= last:
            return first, last
        raise RequestError("the period ends before it begins.")
    if said == "last full week":
        monday = day - dt.timedelta(days=day.weekday() + 7)
        return monday, monday + dt.timedelta(days=6)
    if said in ("last full month", "last 1 full month"):
        return _months_before(month, 1), month - ONE_DAY
    if (found := re.fullmatch(r"last (\d{1,3}) full months", said)) and int(found[1]):
        return _months_before(month, int(found[1])), month - ONE_DAY
    if said == "last full quarter":
        start = month.replace(month=(month.month - 1) // 3 * 3 + 1)
        return _months_before(start, 3), start - ONE_DAY
    if said == "last financial year":
        start = _financial_year(day)
        return start.replace(year=start.year - 1), start - ONE_DAY
    if said == "financial year to date":
        return _financial_year(eve), eve
    if said == "calendar year to date":
        return eve.replace(month=1, day=1), eve
    if (found := re.fullmatch(r"last (\d{1,4}) days", said)) and int(found[1]):
        return day - dt.timedelta(days=int(found[1])), eve
    raise RequestError(f"'{words}' is no period.{did_you_mean(said, PERIODS)} Periods: {listed(PERIODS)}.")


@dataclass(frozen=True)
class Due:
    """When something is due: every so often, `on` a day of it. `words`: as they were written."""

    every: str
    on: str = ""

    def last(self, day: dt.date) -> dt.date:
        """The latest day on or before `day` on which it was due."""
        if self.every == "day":
            return day
        if self.every == "working day":
            return _working_day_by(day)
        if self.every == "week":
            wanted = WEEKDAYS.index(self.on)
            return day - dt.timedelta(days=(day.weekday() - wanted) % 7)
        start = self._start(day)
        due = self._in(start)
        return due if due <= day else self._in(self._start(start - ONE_DAY))

    def next(self, day: dt.date) -> dt.date:
        """The first day after `day` on which it is due."""
        after = day
        while self.last(after) <= day:
            after += ONE_DAY
        return self.last(after)

    def _start(self, day: dt.date) -> dt.date:
        """The first day of the month, quarter or year that a day lies in."""
        month = day.replace(day=1)
        if self.every == "month":
            return month
        if self.every == "quarter":
            return month.replace(month=(month.month - 1) // 3 * 3 + 1)
        return _financial_year(day) if self.every == "financial year" else month.replace(month=1)

    def _in(self, start: dt.date) -> dt.date:
        """The day on which it is due in the first month of what begins on `start`."""
        last = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        if self.on == "last working day":
            return _working_day_by(last)
        number = int(re.findall(r"\d+", self.on)[0])
        if self.on.endswith("working day"):
            return to_date(add_working_days(day_number(start - ONE_DAY), number))
        return min(start.replace(day=1) + dt.timedelta(days=number - 1), last)


def due(every: str, on: str = "") -> Due:
    """When something is due, from the words for it.

    `every`: one of `EVERY`. `on`: of a week a weekday, Monday unless said; of a month or longer "5th working day",
    "last working day" or "day 12" of its first month, the 1st working day unless said. Raises `RequestError`.

    >>> due("month", "5th working day").last(dt.date(2025, 1, 8))
    datetime.date(2025, 1, 8)
    >>> due("month", "5th working day").next(dt.date(2025, 1, 8))
    datetime.date(2025, 2, 7)
    """
    often, said = " ".join(str(every).split()).casefold(), " ".join(str(on).split()).casefold()
    if often not in EVERY:
        raise RequestError(f"every '{every}' is not known.{did_you_mean(often, EVERY)} Every: {listed(EVERY)}.")
    if often in ("day", "working day"):
        if said:
            raise RequestError(f"every {often} has no 'on': leave it out.")
    elif often == "week":
        said = said or "monday"
        if said not in WEEKDAYS:
            raise RequestError(f"'{on}' is no day of the week.{did_you_mean(said, WEEKDAYS)} Write it as Monday.")
    else:
        said = said or "1st working day"
        found = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th) working day|day (\d{1,2})|last working day", said)
        most = 15 if found and found[1] else 31
        if not found or not all(1 <= int(number) <= most for number in found.groups() if number):
            raise RequestError(
                f"on '{on}' is not known. Write '5th working day' (to the 15th), 'last working day' or 'day 12'."
            )
    return Due(often, said)


def _working_day_by(day: dt.date) -> dt.date:
    while not is_working_day(day_number(day)):
        day -= ONE_DAY
    return day


def _months_before(first: dt.date, months: int) -> dt.date:
    year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return dt.date(year, month + 1, 1)


def _financial_year(day: dt.date) -> dt.date:
    """The 1st of April on or before a day."""
    return dt.date(day.year if day.month >= 4 else day.year - 1, 4, 1)
