"""The few shapes a rule can take, over one family's (or person's) contacts.

Each pattern gives what is *certain*, what holds in every order and on every day that the records allow, and what is
*possible*, what holds in some. Two contacts are ordered by themselves (day, then time if both have one), so that an
unrelated row never changes a firing. A window of W days has day 0 on its first contact's day and is met by a
difference of at most W; a window of months runs to the same day of the month, or that month's last day, inclusive.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lib.dates import add_months, add_working_days

MOST_ASSIGNMENTS = 20_000
"""Above so many ways for imprecise days to have fallen, a firing is called certain only where every pair of days is."""


class Seen(NamedTuple):
    """One contact, as a rule sees it. `day` is empty where it is not known; `second` where there is no time."""

    id: str
    day: int | None
    second: int | None
    earliest: int
    latest: int
    known: int

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


def in_order(rows: Iterable[Seen]) -> list[Seen]:
    """Contacts by day, then time where there is one, then id: the same list for the same contacts in any order."""
    return sorted(rows, key=lambda r: (r.earliest, r.latest, -1 if r.second is None else r.second, r.id))


def _when(met: Met) -> tuple[int, list[str]]:
    return met.fired_on, [r.id for r in met.evidence]


def certainly_before(a: Seen, b: Seen) -> bool:
    """Whether one contact came before another in every order that the records allow."""
    if a.day is not None and a.day == b.day:
        return a.second is not None and b.second is not None and a.second < b.second
    return a.latest < b.earliest


# Repeat: k of X in W


def repeat(rows: Sequence[Seen], times: int, within: Within) -> list[Met]:
    """So many of one kind within a window, on the day that the last of them fell.

    The evidence is every one in the window. After a firing the count starts again from the next day, so that no
    contact is evidence twice. Dated contacts are tried alone first; what is left is tried with the imprecise ones.

    >>> a, b, c = (Seen(n, d, None, d, d, d) for n, d in (("a", 0), ("b", 13), ("c", 28)))
    >>> [m.fired_on for m in repeat([a, b, c], 3, Within(days=28))], repeat([a, b], 3, Within(days=28))
    ([28], [])
    """
    dated = [r for r in in_order(rows) if r.exact]
    met, used = _repeat_dated(dated, times, within)
    vague = [r for r in in_order(rows) if not r.exact]
    if vague:
        met += _repeat_vague([r for r in in_order(rows) if r not in used], times, within, [m.fired_on for m in met])
    return sorted(met, key=_when)


def _repeat_dated(dated: list[Seen], times: int, within: Within) -> tuple[list[Met], set[Seen]]:
    met: list[Met] = []
    used: set[Seen] = set()
    window: list[Seen] = []
    for day, group in itertools.groupby(dated, key=lambda r: r.earliest):
        today = list(group)
        window = [r for r in window if within.last(r.earliest) >= day] + today
        if len(window) >= times:
            seconds = [r.second for r in today if r.second is not None]
            met.append(Met(day, tuple(window), True, max(seconds) if len(seconds) == len(today) else None))
            used |= set(window)
            window = []
    return met, used


def _repeat_vague(left: list[Seen], times: int, within: Within, restarts: list[int]) -> list[Met]:
    """Firings that rest on a contact whose day is not known, the earliest first."""
    met: list[Met] = []
    while True:
        found = _first_vague(left, times, within, restarts)
        if found is None:
            return met
        met.append(found)
        left = [r for r in left if r not in found.evidence and r.latest > found.fired_on]


def _first_vague(left: list[Seen], times: int, within: Within, restarts: list[int]) -> Met | None:
    for last_day in sorted({r.latest for r in left}):
        # Had it fallen by the day of an earlier firing, the count would since have started again without it.
        since = max((day for day in restarts if day < last_day), default=None) if times > 1 else None
        inside = [r for r in left if r.latest <= last_day]
        sets = []
        for start in sorted({r.latest for r in inside}):
            end = within.last(start)
            chosen = tuple(r for r in inside if r.latest >= start and r.earliest <= end)
            if len(chosen) >= times and any(not r.exact for r in chosen) and any(r.latest == last_day for r in chosen):
                sets.append((not _always(chosen, times, within, since), start, chosen))
        if sets:
            doubtful, _, chosen = min(sets, key=lambda s: s[:2])
            return Met(last_day, chosen, not doubtful)
    return None


def _always(rows: Sequence[Seen], times: int, within: Within, since: int | None) -> bool:
    """Whether so many lie within the window, after a day, wherever in its span each of them fell."""
    if since is not None:
        rows = [r for r in rows if r.latest > since]
    spans = [range(r.earliest, r.latest + 1) for r in rows]
    ways = 1
    for span in spans:
        ways *= len(span)
        if ways > MOST_ASSIGNMENTS:
            late = since is None or all(r.earliest > since for r in rows)
            return late and all(b.latest <= within.last(a.earliest) for a in rows for b in rows if a is not b)
    counted = (sorted(d for d in days if since is None or d > since) for days in itertools.product(*spans))
    return all(_enough(days, times, within) for days in counted)


def _enough(days: list[int], times: int, within: Within) -> bool:
    return any(days[i + times - 1] <= within.last(days[i]) for i in range(len(days) - times + 1))


# Follow: A, then B within W


def follow(firsts: Sequence[Seen], thens: Sequence[Seen], within: Within) -> list[Met]:
    """One kind, then another within a window, on the day of the second.

    A first starts one firing at most and a then ends one at most: the latest first still free, the first then after
    it. Certain pairs are made before possible ones. Two on one day without times are possible, in one order only.

    >>> a, b = Seen("a", 10, None, 10, 10, 10), Seen("b", 12, None, 12, 12, 12)
    >>> [(m.fired_on, m.certain) for m in follow([a], [b], Within(days=2))], follow([b], [a], Within(days=2))
    ([(12, True)], [])
    """
    met: list[Met] = []
    free_firsts, free_thens = in_order(firsts), in_order(thens)
    both = {r.id for r in firsts} & {r.id for r in thens}
    place = {r.id: n for n, r in enumerate(in_order({r.id: r for r in (*firsts, *thens)}.values()))}

    def pairs(first: Seen, then: Seen, certain: bool) -> bool:
        # Two that could each be either: in one order only, or one doubt would buy two firings.
        backwards = {first.id, then.id} <= both and place[first.id] > place[then.id]
        return first.id != then.id and not backwards and _pairs(first, then, within, certain)

    for certain in (True, False):
        for then in list(free_thens):
            fits = [f for f in free_firsts if pairs(f, then, certain)]
            if fits:
                first = max(fits, key=lambda f: (f.latest, -1 if f.second is None else f.second, f.id))
                met.append(Met(then.latest, (first, then), certain, then.second))
                free_firsts.remove(first)
                free_thens.remove(then)
    return sorted(met, key=_when)


def _pairs(first: Seen, then: Seen, within: Within, certain: bool) -> bool:
    if certain:
        return certainly_before(first, then) and then.latest <= within.last(first.earliest)
    return not certainly_before(then, first) and then.earliest <= within.last(first.latest)


# Silence: A, then no C within W


@dataclass(frozen=True)
class Cover:
    """From which day to which the awaited agency's records run."""

    from_day: int
    to_day: int


def silence(
    asks: Sequence[Seen], answers: Sequence[Seen], within: Within, covers: Sequence[Cover], as_at: int
) -> tuple[list[Met], list[Waiting]]:
    """One kind, then nothing of another within a window: fires on the window's last day, once that day is over.

    Each day asks once, or each second where all of that day's are timed. An answer on the asking day counts, unless
    both are timed and it came first. `covers` are the awaited agencies' records: a window that begins before them is
    not covered and says nothing; one that outlasts them, or `as_at`, is still waiting.

    >>> a = Seen("a", 10, None, 10, 10, 10)
    >>> fired, waiting = silence([a], [], Within(days=5), [Cover(0, 14)], 99)
    >>> fired, waiting[0].due_on
    ([], 15)
    """
    met: list[Met] = []
    waiting: list[Waiting] = []
    for ask in _asks(asks):
        head = ask[0]
        due = within.last(head.latest)
        states = {_answered(head, day, within.last(day), answers) for day in range(head.earliest, head.latest + 1)}
        if states == {"yes"}:
            continue
        if not covers or any(c.from_day > head.earliest for c in covers):
            continue
        if due > as_at or any(c.to_day < due for c in covers):
            waiting.append(Waiting(due, ask))
        else:
            met.append(Met(due, ask, states == {"no"}))
    return sorted(met, key=_when), sorted(waiting, key=lambda w: (w.due_on, [r.id for r in w.evidence]))


def _span(row: Seen) -> tuple[int, int, bool]:
    return row.earliest, row.latest, row.exact


def _asks(rows: Sequence[Seen]) -> list[tuple[Seen, ...]]:
    asked: list[tuple[Seen, ...]] = []
    for (*_, exact), group in itertools.groupby(sorted(in_order(rows), key=_span), key=_span):
        day = list(group)
        if not exact:
            asked += [(r,) for r in day]
        elif any(r.second is None for r in day):
            asked.append(tuple(r._replace(second=None) for r in day))
        else:
            asked += [tuple(same) for _, same in itertools.groupby(day, key=lambda r: r.second)]
    return asked


def _answered(ask: Seen, day: int, due: int, answers: Sequence[Seen]) -> str:
    """Whether an ask on this day was answered by its due day: yes, no, or maybe (an answer of unknown day)."""
    maybe = False
    for answer in answers:
        if answer.latest < day or answer.earliest > due:
            continue
        if answer.exact:
            first = answer.day == day and None not in (answer.second, ask.second) and answer.second < ask.second  # type: ignore[operator]
            if not first:
                return "yes"
        elif answer.earliest >= day and answer.latest <= due:
            return "yes"
        else:
            maybe = True
    return "maybe" if maybe else "no"
