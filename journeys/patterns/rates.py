"""The rule about a share: how many of the possible sessions were missed, in the year or the term so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from journeys.patterns.seen import Cover, Met, Seen, in_order, judged_between, when
from lib.dates import month_end

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Marks = NDArray[np.bool_]

MISSED, KEPT = "missed", "kept"


def rate(
    marks: Sequence[Seen], percent: int, period: Callable[[int], int], covers: Sequence[Cover], as_at: int
) -> list[Met]:
    """A share of one person's possible sessions missed, at or over a line, judged at the end of each month.

    Take a pupil's marks since 1 September. On the last day of each month, count those missed against all that were
    possible. The rule fires when the share reaches the line, and not again while it stays there: only after a month's
    end under the line can it fire anew. Its evidence is every session missed so far.

    `marks` have the value `missed` or `kept`; what is no possible session is not among them. `period` gives the first
    day of the school year, or term, that a day lies in: the share is of the marks since then, as far as there are any.
    A month that ends after `as_at`, or after the records (`covers`), is not judged yet; a
    year or term whose first month ends before the records begin is not covered, and says nothing. Whole numbers
    throughout: 10 of 100 is ten per cent. Where a mark's day is not known, a time over the line fires on its first month's end that
    is surely over, as certain; where none is, on the first that may be, as possible.

    The source says that persistent absence is "not daily or weekly": DfE, attendance data dashboard, technical guidance.

    >>> from lib.dates import day_number, school_year
    >>> import datetime as dt
    >>> days = [day_number(dt.date(2024, 9, n)) for n in range(2, 12)]
    >>> marks = [Seen(str(d), d, None, d, d, d, MISSED if n == 0 else KEPT) for n, d in enumerate(days)]
    >>> [m.fired_on - days[0] for m in rate(marks, 10, school_year, [Cover(0, 99999)], 99999)], rate(marks, 11, school_year, [], 99999)
    ([28], [])
    """
    import numpy as np

    since, until = judged_between(covers, as_at)
    ordered = in_order(marks)
    if all(r.exact for r in ordered):
        days = np.array([r.latest for r in ordered], np.int64)
        is_missed = np.array([r.value == MISSED for r in ordered], bool)
        rises = zip(*months_over(np.zeros_like(days), days, is_missed, percent, period, since, until), strict=True)
        exact = (Met(int(on), tuple(r for r in ordered[a:b] if r.value == MISSED), True) for on, a, b in rises)
        return sorted(exact, key=when)
    met: list[Met] = []
    for start in sorted({period(day) for r in ordered for day in (r.earliest, r.latest)}):
        if since > month_end(start):
            continue
        spell: Met | None = None
        for on in _judged(start, ordered, period):
            if on > until:
                break
            inside = [r for r in ordered if r.earliest >= start and r.latest <= on]
            doubtful = [r for r in ordered if r.latest >= start and r.earliest <= on and r not in inside]
            missed, maybe = [r for r in inside if r.value == MISSED], [r for r in doubtful if r.value == MISSED]
            surely = _over(len(missed), len(inside) + len(doubtful) - len(maybe), percent)
            if surely and (spell is None or not spell.certain):
                spell = Met(on, tuple(missed), True)
            elif not _over(len(missed) + len(maybe), len(inside) + len(maybe), percent):
                met += [spell] if spell else []
                spell = None
            elif spell is None:
                spell = Met(on, tuple(in_order([*missed, *maybe])), False)
        met += [spell] if spell else []
    return sorted(met, key=when)


def months_over(
    whose: Numbers, days: Numbers, missed: Marks, percent: int, period: Callable[[int], int], since: int, until: int
) -> tuple[Numbers, Numbers, Numbers]:
    """The months' ends on which shares rise to the line, for many people at once, where every mark's day is known.

    Marks stand person by person (`whose`) and day by day, as in a register; `missed` says which sessions were. For each
    rise: its day, and the marks that it counts, from the first of the period up to the one after the month's last.
    `since` and `until` are the first and last day of the records.

    >>> import numpy as np
    >>> from lib.dates import school_year
    >>> days = np.array([19967, 19968, 19998, 19967])
    >>> whose, missed = np.array([0, 0, 0, 1]), np.array([True, False, True, False])
    >>> [found.tolist() for found in months_over(whose, days, missed, 50, school_year, 0, 99999)]
    [[19996], [0], [2]]
    """
    import numpy as np

    if not len(days):
        return days, days, days
    begins, ends = _of_each(days, period), _of_each(days, month_end)
    new_period, new_month = _changes(whose, begins), _changes(whose, ends)
    # A term may end within a month: its share at the month's end is of every mark so far, the next term's too.
    month_stops = np.append(np.flatnonzero(new_month)[1:], len(days))[np.cumsum(new_month) - 1]
    judged = np.flatnonzero(new_period | new_month)
    first = np.flatnonzero(new_period)[np.cumsum(new_period) - 1][judged]
    stop, on = month_stops[judged], ends[judged]
    so_far = np.append(0, np.cumsum(missed))
    is_over = _over(so_far[stop] - so_far[first], stop - first, percent)
    was_over = np.append(False, is_over[:-1]) & ~new_period[judged]
    rises = is_over & ~was_over & (on <= until) & (_of_each(begins[judged], month_end) >= since)
    return on[rises], first[rises], stop[rises]


def _of_each(days: Numbers, known: Callable[[int], int]) -> Numbers:
    """What each day stands for, such as the last of its month: asked once for each that there is."""
    import numpy as np

    low = int(days.min())
    table = np.zeros(int(days.max()) - low + 1, np.int64)
    for at in np.flatnonzero(np.bincount(days - low)).tolist():
        table[at] = known(low + at)
    found: Numbers = table[days - low]
    return found


def _changes(whose: Numbers, column: Numbers) -> Marks:
    """Where somebody else's marks begin, or another value does."""
    import numpy as np

    new = np.ones(len(whose), bool)
    new[1:] = (whose[1:] != whose[:-1]) | (column[1:] != column[:-1])
    return new


def _over(missed: Any, possible: Any, percent: int) -> Any:
    """Whether a share is at or over the line: of numbers, or of columns of them."""
    return (missed > 0) & (missed * 100 >= percent * possible)


def _judged(start: int, marks: Sequence[Seen], period: Callable[[int], int]) -> list[int]:
    """The last day of each month of a period, from its first mark to its last: later on, the share stays what it was."""
    days = [d for r in marks for d in (r.earliest, r.latest) if period(d) == start]
    on, last = month_end(min(days)), month_end(max(days))
    found = [on]
    while on < last:
        on = month_end(on + 1)
        found.append(on)
    return found
