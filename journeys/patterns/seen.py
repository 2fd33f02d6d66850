"""What a rule looks at: contacts, windows, and what came of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lib.dates import add_months, add_working_days


class Seen(NamedTuple):
    """One contact, as a rule sees it. `day` is empty where it is not known; `second` where there is no time.

    `value` is what a rule tells contacts apart by: an agency, a person, a reason, a grade; empty where none is named.
    """

    id: str
    day: int | None
    second: int | None
    earliest: int
    latest: int
    known: int
    value: str | None = None

    @property
    def exact(self) -> bool:
        """Whether its day is known."""
        return self.day is not None


@dataclass(frozen=True)
class Within:
    """A window: days, months or working days, whichever is set."""

    days: int | None = None
    months: int | None = None
    working_days: int | None = None

    def last(self, day: int) -> int:
        """The last day of a window whose first contact is on this day.

        >>> Within(days=28).last(100)
        128
        """
        if self.months is not None:
            return add_months(day, self.months)
        if self.working_days is not None:
            return add_working_days(day, self.working_days)
        return day + (self.days or 0)

    @property
    def says(self) -> str:
        """The window in words.

        >>> Within(working_days=10).says
        '10 working days'
        """
        kinds = (("days", self.days), ("months", self.months), ("working days", self.working_days))
        return next(f"{n} {kind}" for kind, n in kinds if n is not None)

    @property
    def most_days(self) -> int:
        """So many days at most, wherever in the calendar it begins: at Easter or Christmas, five may not be worked.

        >>> Within(months=1).most_days, Within(working_days=1).most_days
        (31, 8)
        """
        working = 4 * self.working_days + 4 if self.working_days else 0
        return self.days if self.days is not None else (self.months or 0) * 31 + working

    @property
    def least_days(self) -> int:
        """So many days at least, wherever in the calendar it begins.

        >>> Within(months=1).least_days, Within(working_days=10).least_days
        (28, 10)
        """
        return self.days if self.days is not None else (self.months or 0) * 28 + (self.working_days or 0)


class Met(NamedTuple):
    """A rule met once: the last day on which its evidence may have fallen, and how sure that is.

    `second` is the time of day at which it was met, where every contact of its last day has one.
    """

    fired_on: int
    evidence: tuple[Seen, ...]
    certain: bool
    second: int | None = None


class Waiting(NamedTuple):
    """An absence whose window has not closed: the day it is due, and what asked."""

    due_on: int
    evidence: tuple[Seen, ...]


@dataclass(frozen=True)
class Cover:
    """From which day to which an agency's records run."""

    from_day: int
    to_day: int


def judged_between(covers: Sequence[Cover], as_at: int) -> tuple[int, int]:
    """The first day and the last on which a rule can be judged: while all records run, and not after `as_at`.

    >>> judged_between([Cover(10, 90), Cover(20, 99)], 95)
    (20, 90)
    """
    return max([c.from_day for c in covers], default=0), min([as_at, *(c.to_day for c in covers)])


def in_order(rows: Iterable[Seen]) -> list[Seen]:
    """Contacts by day, then time where there is one, then id: the same list for the same contacts in any order."""
    return sorted(rows, key=lambda r: (r.earliest, r.latest, -1 if r.second is None else r.second, r.id))


def when(met: Met) -> tuple[int, list[str]]:
    """By what firings are put in order: the day, then the evidence."""
    return met.fired_on, [r.id for r in met.evidence]


def certainly_before(a: Seen, b: Seen) -> bool:
    """Whether one contact came before another in every order that the records allow."""
    if a.day is not None and a.day == b.day:
        return a.second is not None and b.second is not None and a.second < b.second
    return a.latest < b.earliest


def time_of(rows: Iterable[Seen], day: int) -> int | None:
    """The time of the last of a day's contacts, where all of them have one."""
    seconds = [r.second for r in rows if r.latest == day]
    timed = [s for s in seconds if s is not None]
    return max(timed) if timed and len(timed) == len(seconds) else None


def together(rows: Iterable[Seen]) -> list[tuple[Seen, ...]]:
    """Contacts that cannot be told apart in time: those of a day, or of a second where all of that day's are timed.

    Each imprecise one stands by itself. Where a day's contacts stand together, the times of some are left out.

    >>> timed, untimed = Seen("a", 3, 60, 3, 3, 3), Seen("b", 3, None, 3, 3, 3)
    >>> [len(t) for t in together([timed, untimed])], [len(t) for t in together([timed, timed._replace(id="c", second=61)])]
    ([2], [1, 1])
    """
    rows = list(rows)
    if len(rows) == 1:
        return [tuple(rows)]
    found: list[tuple[Seen, ...]] = []
    for (*_, exact), group in itertools.groupby(sorted(in_order(rows), key=_span), key=_span):
        day = list(group)
        if not exact:
            found += [(r,) for r in day]
        elif any(r.second is None for r in day):
            found.append(tuple(r._replace(second=None) for r in day))
        else:
            found += [tuple(same) for _, same in itertools.groupby(day, key=lambda r: r.second)]
    return found


def _span(row: Seen) -> tuple[int, int, bool]:
    return row.earliest, row.latest, row.exact
