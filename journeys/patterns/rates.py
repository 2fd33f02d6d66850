"""The rule about a share: how many of the possible sessions were missed, in the year or the term so far."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from journeys.patterns.seen import Cover, Met, Seen, in_order, when
from lib.dates import month_end

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
    until = min([as_at, *(c.to_day for c in covers)])
    since = max([c.from_day for c in covers], default=0)
    ordered = in_order(marks)
    if all(r.exact for r in ordered):
        return sorted(_of_known_days(ordered, percent, period, since, until), key=when)
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


def _of_known_days(
    ordered: Sequence[Seen], percent: int, period: Callable[[int], int], since: int, until: int
) -> Iterator[Met]:
    """The same where every mark's day is known, as in a register: counted once, mark after mark."""
    days = [r.latest for r in ordered]
    missed = list(itertools.accumulate((int(r.value == MISSED) for r in ordered), initial=0))
    begins = 0
    for start, some in itertools.groupby(days, key=period):
        own, was_over = list(some), False
        for on in dict.fromkeys(month_end(day) for day in own):
            if since > month_end(start) or on > until:
                break
            stop = bisect_right(days, on)
            is_over = _over(missed[stop] - missed[begins], stop - begins, percent)
            if is_over and not was_over:
                yield Met(on, tuple(r for r in ordered[begins:stop] if r.value == MISSED), True)
            was_over = is_over
        begins += len(own)


def _over(missed: int, possible: int, percent: int) -> bool:
    return missed > 0 and missed * 100 >= percent * possible


def _judged(start: int, marks: Sequence[Seen], period: Callable[[int], int]) -> list[int]:
    """The last day of each month of a period, from its first mark to its last: later on, the share stays what it was."""
    days = [d for r in marks for d in (r.earliest, r.latest) if period(d) == start]
    on, last = month_end(min(days)), month_end(max(days))
    found = [on]
    while on < last:
        on = month_end(on + 1)
        found.append(on)
    return found
