"""The period that is invented, and its calendar: England's working days, and an invented school's days.

Source of the bank holidays: GOV.UK, England and Wales, 2022 to 2025. They are written out here, and not read from the
library that the kit uses, so that a mistake in one shows against the other.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

START, END = date(2022, 4, 1), date(2025, 3, 31)

_HOLIDAYS = """
2022-04-15 2022-04-18 2022-05-02 2022-06-02 2022-06-03 2022-08-29 2022-09-19 2022-12-26 2022-12-27
2023-01-02 2023-04-07 2023-04-10 2023-05-01 2023-05-08 2023-05-29 2023-08-28 2023-12-25 2023-12-26
2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26
"""
BANK_HOLIDAYS = frozenset(date.fromisoformat(day) for day in _HOLIDAYS.split())
"""England's bank holidays from April 2022 to May 2025, with the state funeral of 2022 and the coronation of 2023."""

_HALF_TERMS = """
2022-04-01 2022-04-01
2022-04-19 2022-05-27
2022-06-06 2022-07-22
2022-09-05 2022-10-21
2022-10-31 2022-12-16
2023-01-03 2023-02-10
2023-02-20 2023-03-31
2023-04-17 2023-05-26
2023-06-05 2023-07-21
2023-09-04 2023-10-20
2023-10-30 2023-12-20
2024-01-04 2024-02-09
2024-02-19 2024-03-28
2024-04-15 2024-05-24
2024-06-03 2024-07-23
2024-09-03 2024-10-25
2024-11-04 2024-12-20
2025-01-06 2025-02-14
2025-02-24 2025-03-31
"""
"""The half terms of an invented school, first day and last."""

CLOSED = {date(2022, 9, 5): "#", date(2023, 9, 4): "#", date(2024, 9, 3): "#", date(2025, 1, 9): "Y4"}
"""Days without a session: training days, and one morning of snow."""


def is_working(day: date) -> bool:
    """Monday to Friday and no bank holiday."""
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


def next_working(day: date) -> date:
    """The day itself if it is a working day, else the first one after it.

    >>> next_working(date(2024, 3, 29)).isoformat()
    '2024-04-02'
    """
    while not is_working(day):
        day += timedelta(days=1)
    return day


def plus_working(day: date, number: int) -> date:
    """The working day that many after a day, the day itself being day 0.

    >>> plus_working(date(2024, 12, 20), 10).isoformat()
    '2025-01-08'
    """
    for _ in range(number):
        day = next_working(day + timedelta(days=1))
    return day


def plus_months(day: date, number: int) -> date:
    """The same day of the month that many months on, or that month's last day.

    >>> plus_months(date(2024, 2, 29), 12).isoformat()
    '2025-02-28'
    """
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


SCHOOL_DAYS = tuple(
    date.fromisoformat(first) + timedelta(days=n)
    for first, last in (line.split() for line in _HALF_TERMS.split("\n") if line)
    for n in range((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
    if is_working(date.fromisoformat(first) + timedelta(days=n))
)
"""Every day on which the invented schools take a register, or say why they do not."""

SESSIONS = frozenset(SCHOOL_DAYS) - set(CLOSED)
"""The school days on which a pupil can be present or absent."""
