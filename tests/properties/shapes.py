"""The newer patterns a second time: sequence, rate, escalate, rise, first and combine, by going through every world.

A world is one day for each contact and one order for those of a day, such as the records allow. As in `oracle`, nothing
of the kit is used. Rows have id, day, second, earliest, latest, and `value`: a grade, or whether a mark was missed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.properties.oracle import Fired, day_of, every_way, number, orders, paired, sooner, span

World = list[tuple[int, Any]]
"""Contacts in the order in which they came, each with its day."""

Last = Callable[[int], int]
Covers = Sequence[tuple[int, int]]


def worlds(rows: Sequence[Any]) -> Iterator[World]:
    """Every day and every order that the records allow."""
    for way in every_way(rows):
        days = dict(zip((r.id for r in rows), way, strict=True))
        by_day = []
        for day in sorted(set(way)):
            same = [r for r in rows if days[r.id] == day]
            by_day.append([order for order in itertools.permutations(same) if in_time(order, day)])
        for chosen in itertools.product(*by_day):
            yield [(days[row.id], row) for part in chosen for row in part]


def in_time(order: Sequence[Any], day: int) -> bool:
    """Whether contacts of one day may have come in this order."""
    return all("a" in orders(a, b, day, day) for a, b in itertools.combinations(order, 2))


def judged(held: set[bool]) -> str:
    return "certain" if held == {True} else "possible" if True in held else "no"


def listed(fired: list[Fired]) -> list[Fired]:
    return sorted(fired, key=lambda f: (f.on, f.evidence))


# Sequence


def apart_in(world: World, first: str, then: str, last: Last) -> bool:
    """Whether in this world the one came before the other, within the window, and nothing else between them."""
    ids = [row.id for _, row in world]
    a, b = ids.index(first), ids.index(then)
    return b == a + 1 and world[b][0] <= last(world[a][0])


def sequence(firsts: Sequence[Any], thens: Sequence[Any], between: Sequence[Any], last: Last) -> list[Fired]:
    """Pairs as in follow, with nothing of a third kind between the two."""

    def sure(first: Any, then: Any) -> str:
        others = [c for c in between if c.id not in (first.id, then.id)]
        return judged({apart_in(w, first.id, then.id, last) for w in worlds([first, then, *others])})

    return paired(firsts, thens, sure)


# Rate


def month_ends(first: int, last: int) -> list[int]:
    days = (day_of(n) for n in range(first, last + 40))
    return [number(d) for d in days if d.day == calendar.monthrange(d.year, d.month)[1]]


@functools.cache
def september(day: int) -> int:
    """The first of September before a day, or that day itself."""
    found = day_of(day)
    while (found.month, found.day) != (9, 1):
        found -= dt.timedelta(days=1)
    return number(found)


def is_over(marks: Sequence[tuple[int, Any]], on: int, percent: int, period: Callable[[int], int]) -> bool:
    """Whether by this day so many in a hundred of the period's marks are missed."""
    counted = [row for day, row in marks if period(day) == period(on) and day <= on]
    missed = [row for row in counted if row.value == "missed"]
    return bool(missed) and 100 * len(missed) >= percent * len(counted)


def rate(marks: Sequence[Any], percent: int, period: Callable[[int], int], covers: Covers, as_at: int) -> list[Fired]:
    """Every month's end in turn: surely over, maybe over, or not, in every way; then a firing for each time over."""
    if not marks:
        return []
    until = min([as_at, *(end for _, end in covers)])
    fired: list[Fired] = []
    now: Fired | None = None
    for on in month_ends(min(r.earliest for r in marks), max(r.latest for r in marks)):
        state = judged({is_over(list(zip(way, marks, strict=True)), on, percent, period) for way in every_way(marks)})
        new_period = period(on) != period(month_ends(on - 45, on - 45)[0])
        first_month = month_ends(period(on), period(on))[0]
        if any(begins > first_month for begins, _ in covers):
            state = "no"
        if state == "no" or new_period or on > until:
            fired += [now] if now else []
            now = None
        if on > until:
            break
        if state != "no" and (now is None or (state == "certain" and not now.certain)):
            sure = [
                r for r in marks if r.value == "missed" and all(period(d) == period(on) and d <= on for d in span(r))
            ]
            may = [
                r for r in marks if r.value == "missed" and any(period(d) == period(on) and d <= on for d in span(r))
            ]
            evidence = sure if state == "certain" else may
            now = Fired(on, tuple(sorted(r.id for r in evidence)), state == "certain")
    return listed([*fired, *([now] if now else [])])


# Escalate


def climbs_in(world: World, ids: Sequence[str], last: Last) -> bool:
    """Whether in this world these contacts came in this order, within the window."""
    found = [row.id for _, row in world]
    return found == list(ids) and world[-1][0] <= last(world[0][0])


def escalate(rows: Sequence[Any], times: int, last: Last) -> list[Fired]:
    """Every chain of contacts of rising grade, day by day; certain ones first, and none before a firing's next day."""
    graded = [r for r in rows if r.value is not None]
    fired: list[Fired] = []
    used: set[str] = set()
    for certainty in ("certain", "possible"):
        for by in sorted({r.latest for r in graded}):
            since = max((f.on for f in fired if f.on <= by), default=min(r.earliest for r in graded) - 1)
            chains = []
            for chain in itertools.permutations([r for r in graded if r.id not in used and r.latest <= by], times):
                rising = all(a.value < b.value for a, b in itertools.pairwise(chain))
                if not rising or max(r.latest for r in chain) != by:
                    continue
                ids = [r.id for r in chain]
                held = {min(d for d, _ in w) > since and climbs_in(w, ids, last) for w in worlds(chain)}
                if judged(held) == certainty:
                    chains.append(chain)
            if chains:
                best = max(chains, key=lambda c: [sooner(r) for r in reversed(c)])
                fired.append(Fired(by, tuple(sorted(r.id for r in best)), certainty == "certain"))
                used |= {r.id for r in best}
    return listed(fired)


# Rise


def in_window(day: int, today: int, days: int) -> bool:
    return today - days <= day <= today


def in_window_before(day: int, today: int, days: int) -> bool:
    return in_window(day, today - days - 1, days)


def rise(rows: Sequence[Any], times: int, days: int, covers: Covers) -> list[Fired]:
    """Twice as many as before: where every way says so on a day, certain; then where some way does, possible."""
    fired: list[Fired] = []
    if not rows or not covers:
        return fired
    begins = max(start for start, _ in covers)
    ways = [dict(zip((r.id for r in rows), way, strict=True)) for way in every_way(rows)]
    calendar_days = range(min(r.earliest for r in rows), max(r.latest for r in rows) + 1)
    for today in calendar_days:
        since = max((f.on for f in fired), default=min(calendar_days) - 1)
        now = [r for r in rows if all(in_window(d, today, days) and d > since for d in span(r))]
        if len(now) < times or max(r.latest for r in now) < today:
            continue
        held = set()
        for way in ways:
            newest = max(way[r.id] for r in now)
            before = [r for r in rows if r not in now and in_window_before(way[r.id], newest, days)]
            held.add(newest - 2 * days - 1 >= begins and len(now) >= 2 * len(before))
        if held == {True}:
            fired.append(Fired(today, tuple(sorted(r.id for r in now)), True))
    restarts = [f.on for f in fired]
    left = [r for r in rows if not any(r.id in f.evidence for f in fired)]
    while found := _maybe_rise(left, rows, times, days, begins, restarts):
        fired.append(found)
        left = [r for r in left if r.id not in found.evidence and r.latest > found.on]
    return listed(fired)


def _maybe_rise(
    left: Sequence[Any], rows: Sequence[Any], times: int, days: int, begins: int, restarts: Sequence[int]
) -> Fired | None:
    for by in sorted({r.latest for r in left}):
        over = [r for r in left if r.latest <= by]
        for today in range(min(r.earliest for r in over), by + 1):
            since = max((d for d in restarts if d < today), default=today - days - 1)
            now = [r for r in over if any(in_window(d, today, days) and d > since for d in span(r))]
            before = [r for r in rows if all(in_window_before(d, today, days) for d in span(r))]
            somebody = any(today in span(r) for r in over)
            newest = any(r.latest == by for r in now)
            if somebody and newest and today - 2 * days - 1 >= begins and len(now) >= max(times, 2 * len(before)):
                return Fired(by, tuple(sorted(r.id for r in now)), False)
    return None


# First


def first_ever(rows: Sequence[Any]) -> list[Fired]:
    """The first day by which, in every way, one had happened; all of that last day that may have been the very first."""
    if not rows:
        return []
    by = max(min(way) for way in every_way(rows))
    found = [r.id for r in rows if r.latest == by and any(w[0][1] is r for w in worlds(rows))]
    return [Fired(by, tuple(sorted(found)), True)]


def first_after(rows: Sequence[Any], gap: int, covers: Covers) -> list[Fired]:
    """Each day's contacts (each second's, where all of that day's have one) that come after so many days with none."""
    groups = day_by_day(rows)
    told: list[Any] = []
    fired: list[Fired] = []
    for certainty in ("certain", "possible"):
        for group in sorted(groups, key=lambda g: (g[0].latest, g[0].day is None, min(r.id for r in g))):
            ids = {r.id for r in group}
            if any(r.id in ids for r in told) or not covers:
                continue
            if any(start > group[0].earliest - gap for start, _ in covers):
                continue
            held, apart = set(), set()
            for days, begins in _beginnings(groups, group, gap):
                held.add(begins)
                apart.add(begins and all(abs(days[t.id] - days[group[0].id]) > gap for t in told))
            if (judged(held) == "certain") if certainty == "certain" else True in apart:
                fired.append(Fired(group[0].latest, tuple(sorted(ids)), certainty == "certain"))
                told.append(group[0])
    return listed(fired)


def _beginnings(
    groups: Sequence[Sequence[Any]], group: Sequence[Any], gap: int
) -> Iterator[tuple[dict[str, int], bool]]:
    """For every world: on which day each fell, and whether this group came after so many days with none."""
    heads = [g[0] for g in groups]
    for world in worlds(heads):
        days = {row.id: day for day, row in world}
        ids = [row.id for _, row in world]
        mine = days[group[0].id]
        before = ids[: ids.index(group[0].id)]
        yield days, all(days[i] < mine - gap for i in before)


def day_by_day(rows: Sequence[Any]) -> list[list[Any]]:
    """Contacts that cannot be told apart in time. Of a day on which one has no time, no time is known."""
    found = [[r] for r in rows if r.day is None]
    for day in {r.day for r in rows if r.day is not None}:
        same = sorted((r for r in rows if r.day == day), key=sooner)
        if all(r.second is not None for r in same):
            found += [[r for r in same if r.second == s] for s in sorted({r.second for r in same})]
        else:
            found.append([r for r in same if r.second is None] + [r for r in same if r.second is not None])
    return found


# Combine


def combine(firings: Sequence[tuple[str, Fired]], times: int, last: Last) -> list[Fired]:
    """Different triggers in a window, day by day: the certain ones alone; then what is left, each since the last firing."""
    fired: list[tuple[Fired, set[int]]] = []
    days = sorted({f.on for _, f in firings})
    for sure in (True, False):
        restarts = [f.on for f, _ in fired]
        taken = {n for _, ns in fired for n in ns}
        for today in days:
            since = max((f.on for f, _ in fired if f.on <= today), default=min(days) - 1)
            if not sure and today in restarts:
                continue
            window = {
                n
                for n, (_, f) in enumerate(firings)
                if since < f.on <= today <= last(f.on) and n not in taken and (f.certain or not sure)
            }
            if len({firings[n][0] for n in window}) >= times:
                evidence = {i for n in window for i in firings[n][1].evidence}
                fired.append((Fired(today, tuple(sorted(evidence)), sure), window))
                taken |= window
    return listed([f for f, _ in fired])
