"""Rules that count within a window: repeat, spread, escalate and combine.

After a firing the count starts again from the next day, so that no contact is evidence twice: a lasting pattern goes
on asking at a pace that the rule itself sets, and one contact never buys two alarms.
"""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from journeys.patterns.seen import Cover, Met, Seen, Within, certainly_before, in_order, time_of, when

MOST_ASSIGNMENTS = 20_000


def repeat(rows: Sequence[Seen], times: int, within: Within) -> list[Met]:
    """So many of one kind within a window, on the day that the last of them fell.

    Three unexplained absences in 28 days: when the third comes, look back 28 days; if the first lies there, the
    rule fires. The evidence is every one in the window, and the next firing needs three new ones. Dated contacts are
    tried alone first; what is left is tried with those of which only a span of days is known.

    >>> a, b, c = (Seen(n, d, None, d, d, d) for n, d in (("a", 0), ("b", 13), ("c", 28)))
    >>> [m.fired_on for m in repeat([a, b, c], 3, Within(days=28))], repeat([a, b], 3, Within(days=28))
    ([28], [])
    """
    return _gathered(rows, times, within, apart=False)


def spread(rows: Sequence[Seen], times: int, within: Within) -> list[Met]:
    """Contacts of so many different agencies (or people, or reasons) within a window.

    As `repeat`, but it is the different agencies that are counted: four visits by three agencies are three. When the
    last of them comes, everything in the window is evidence, the second visit of the same agency too. A contact that
    names no agency (person, reason) is left out: blanks are never one agency.

    >>> a, b = Seen("a", 0, None, 0, 0, 0, "school"), Seen("b", 9, None, 9, 9, 9, "police")
    >>> [m.fired_on for m in spread([a, b], 2, Within(days=9))], spread([a, b._replace(value="school")], 2, Within(days=9))
    ([9], [])
    """
    return _gathered([r for r in rows if r.value is not None], times, within, apart=True)


def combine(firings: Sequence[tuple[str, Met]], times: int, within: Within) -> list[Met]:
    """So many different triggers fired within a window, on the day of the last of them.

    A family in which absences began to gather in May and rent arrears in June has had two signs, neither of which says
    much alone. One trigger that fires twice is still one. `firings` are those of one family, each with the name of its
    trigger, and stand on the day they fired; the evidence is all of theirs. Firings that are certain are tried alone
    first, so that a doubtful one never makes a certain answer doubtful; a day on which the combination has fired for
    certain adds nothing that is only possible.

    >>> seen = [Seen(n, d, None, d, d, d) for n, d in (("a", 3), ("b", 8))]
    >>> fired = [(f"rule {s.id}", Met(s.latest, (s,), True)) for s in seen]
    >>> [m.fired_on for m in combine(fired, 2, Within(days=5))], combine(fired[:1] * 2, 2, Within(days=5))
    ([8], [])
    """
    if len({name for name, _ in firings}) < times:
        return []
    if len(firings) == 1:
        return [met._replace(evidence=tuple(in_order(met.evidence))) for _, met in firings]
    firings = sorted(firings, key=lambda f: (f[0], when(f[1])))
    made = {str(n): met for n, (_, met) in enumerate(firings)}
    rows = [
        Seen(str(n), met.fired_on, met.second, met.fired_on, met.fired_on, met.fired_on, name)
        for n, (name, met) in enumerate(firings)
    ]

    def as_met(met: Met, certain: bool) -> Met:
        evidence = {r.id: r for part in met.evidence for r in made[part.id].evidence}
        return Met(met.fired_on, tuple(in_order(evidence.values())), certain, met.second)

    sure = spread([r for r in rows if made[r.id].certain], times, within)
    used, restarts = {r.id for m in sure for r in m.evidence}, [m.fired_on for m in sure]
    # A doubtful firing counts with none on the other side of a certain one: the count has started again between them.
    stretches: dict[int, list[Seen]] = defaultdict(list)
    for row in rows:
        if row.id not in used and row.latest not in restarts:
            stretches[bisect.bisect(restarts, row.latest)].append(row)
    doubtful = [m for some in stretches.values() for m in spread(some, times, within)]
    return sorted([*(as_met(m, True) for m in sure), *(as_met(m, False) for m in doubtful)], key=when)


def _gathered(rows: Sequence[Seen], times: int, within: Within, *, apart: bool) -> list[Met]:
    ordered = in_order(rows)
    dated = [r for r in ordered if r.exact]
    met, used = _gathered_dated(dated, times, within, apart)
    if len(dated) < len(ordered):
        left = [r for r in ordered if r not in used]
        met += _gathered_vague(left, times, within, apart, [m.fired_on for m in met])
    return sorted(met, key=when)


def _number(rows: Sequence[Seen], apart: bool) -> int:
    return len({r.value for r in rows}) if apart else len(rows)


def _gathered_dated(dated: list[Seen], times: int, within: Within, apart: bool) -> tuple[list[Met], set[Seen]]:
    met: list[Met] = []
    used: set[Seen] = set()
    window: list[Seen] = []
    for day, group in itertools.groupby(dated, key=lambda r: r.earliest):
        window = [r for r in window if within.last(r.earliest) >= day] + list(group)
        if len(window) >= times and _number(window, apart) >= times:
            met.append(Met(day, tuple(window), True, time_of(window, day)))
            used |= set(window)
            window = []
    return met, used


def _gathered_vague(left: list[Seen], times: int, within: Within, apart: bool, restarts: list[int]) -> list[Met]:
    """Firings that rest on a contact whose day is not known, the earliest first."""
    met: list[Met] = []
    while True:
        found = _first_vague(left, times, within, apart, restarts)
        if found is None:
            return met
        met.append(found)
        left = [r for r in left if r not in found.evidence and r.latest > found.fired_on]


def _first_vague(left: list[Seen], times: int, within: Within, apart: bool, restarts: list[int]) -> Met | None:
    for last_day in sorted({r.latest for r in left}):
        # Had it fallen by the day of an earlier firing, the count would since have started again without it.
        since = max((day for day in restarts if day < last_day), default=None) if times > 1 else None
        inside = [r for r in left if r.latest <= last_day]
        sets = []
        for start in sorted({r.latest for r in inside}):
            end = within.last(start)
            chosen = tuple(r for r in inside if r.latest >= start and r.earliest <= end)
            enough = len(chosen) >= times and _number(chosen, apart) >= times
            if enough and any(not r.exact for r in chosen) and any(r.latest == last_day for r in chosen):
                sets.append((not _always(chosen, times, within, apart, since), start, chosen))
        if sets:
            doubtful, _, chosen = min(sets, key=lambda s: s[:2])
            return Met(last_day, chosen, not doubtful)
    return None


def _always(rows: Sequence[Seen], times: int, within: Within, apart: bool, since: int | None) -> bool:
    """Whether so many lie within the window, after a day, wherever in its span each of them fell."""
    if since is not None:
        rows = [r for r in rows if r.latest > since]
    ways = 1
    for row in rows:
        ways *= row.latest - row.earliest + 1
        if ways > MOST_ASSIGNMENTS:
            late = since is None or all(r.earliest > since for r in rows)
            return late and all(b.latest <= within.last(a.earliest) for a in rows for b in rows if a is not b)
    names = [r.value if apart else r.id for r in rows]
    for way in itertools.product(*(range(r.earliest, r.latest + 1) for r in rows)):
        placed = sorted((day, name) for day, name in zip(way, names, strict=True) if since is None or day > since)
        if not _enough(placed, times, within):
            return False
    return True


def _enough(placed: Sequence[tuple[int, str | None]], times: int, within: Within) -> bool:
    return any(
        len({name for day, name in placed[n:] if day <= within.last(first)}) >= times
        for n, (first, _) in enumerate(placed)
    )


# Escalate


def escalate(rows: Sequence[Seen], times: int, within: Within) -> list[Met]:
    """So many within a window, each of a higher grade than the one before it, on the day of the last.

    A call in May, a visit in June, an arrest in July: each is worse than the last, and the rule fires on the third.
    Milder contacts between them change nothing; the same grade again is no step up. The evidence is the steps
    themselves; of several chains that end on a day, that of the latest contacts.

    `value` is the grade, as text that sorts. Chains whose order and days are certain are found first; then those that
    only some order or some day allows.

    >>> a, b = Seen("a", 0, None, 0, 0, 0, "1 green"), Seen("b", 9, None, 9, 9, 9, "2 amber")
    >>> [m.fired_on for m in escalate([a, b], 2, Within(days=9))], escalate([a, b], 2, Within(days=8))
    ([9], [])
    """
    ordered = [r for r in in_order(rows) if r.value is not None]
    met: list[Met] = []
    used: set[Seen] = set()
    for certain in (True, False):
        for by in sorted({r.latest for r in ordered}):
            # The count starts again from the day after a firing.
            since = max((m.fired_on for m in met if m.fired_on <= by), default=None)
            after = [r for r in ordered if since is None or (r.earliest if certain else r.latest) > since]
            reach = min((r.earliest for r in after if r.latest == by), default=by) - within.most_days
            pool = [r for r in after if reach <= r.latest <= by and r not in used]
            newest = [r for r in pool if r.latest == by]
            # Where the newest are dated, nothing but another of their day can come after them.
            ends = newest if all(r.exact for r in newest) else pool
            chains = (c for end in reversed(ends) for c in _rising(pool, (end,), times, within, certain, by))
            chain = next(chains, None)
            if chain is not None:
                met.append(Met(by, chain, certain, time_of(chain, by)))
                used |= set(chain)
    return sorted(met, key=when)


def _rising(
    pool: Sequence[Seen], chain: tuple[Seen, ...], times: int, within: Within, certain: bool, by: int
) -> Iterator[tuple[Seen, ...]]:
    """Chains that end by a day, built from their ends, those of the latest contacts first."""
    if len(chain) == times:
        if any(r.latest == by for r in chain):
            yield chain
        return
    for row in reversed(pool):
        longer = (row, *chain)
        if (row.value or "") < (chain[0].value or "") and _holds(longer, within, certain):
            yield from _rising(pool, longer, times, within, certain, by)


def _holds(chain: tuple[Seen, ...], within: Within, certain: bool) -> bool:
    """Whether contacts came in this order and within the window: on every day that the records allow, or on some."""
    if certain:
        ordered = all(certainly_before(a, b) for a, b in itertools.pairwise(chain))
        return ordered and chain[-1].latest <= within.last(chain[0].earliest)
    begins = min(r.latest for r in chain)
    backwards = any(certainly_before(b, a) for a, b in itertools.combinations(chain, 2))
    return not backwards and max(r.earliest for r in chain) <= within.last(begins)


def rise(rows: Sequence[Seen], times: int, within: Within, covers: Sequence[Cover]) -> list[Met]:
    """So many within a window, and at least twice as many as in the window of the same length before it.

    Judged at the end of each day with a contact: three calls to the police in 28 days fire where there was one at most
    in the 28 days before those. A first burst, with nothing before it, fires too. The window of W days has day 0 on its
    first day, so the one before it ends on the day before that. The evidence is every one in the later window.

    Certain where those counted surely lie in the window, and it is twice as many wherever all the others fell; possible
    where only some days allow it. A window before which the records (`covers`) do not reach back as far again says
    nothing.

    >>> rows = [Seen(str(d), d, None, d, d, d) for d in (60, 95, 96, 97)]
    >>> [m.fired_on for m in rise(rows, 3, Within(days=28), [Cover(0, 200)])], rise(rows, 3, Within(days=28), [Cover(50, 200)])
    ([97], [])
    """
    if not covers:
        return []
    days, begins = within.most_days, max(c.from_day for c in covers)
    ordered = in_order(rows)
    met = _surely_rising(ordered, times, days, begins)
    if all(r.exact for r in ordered):
        return met
    restarts, used = [m.fired_on for m in met], {r for m in met for r in m.evidence}
    left = [r for r in ordered if r not in used]
    while found := _maybe_rising(left, ordered, times, days, begins, restarts):
        met.append(found)
        left = [r for r in left if r not in found.evidence and r.latest > found.fired_on]
    return sorted(met, key=when)


def _surely_rising(ordered: Sequence[Seen], times: int, days: int, begins: int) -> list[Met]:
    met: list[Met] = []
    for today in sorted({r.latest for r in ordered}):
        since = max(today - days, met[-1].fired_on + 1) if met else today - days
        now = [r for r in ordered if r.latest <= today and r.earliest >= since]
        if len(now) < times or all(r.latest < today for r in now):
            continue
        counted = set(now)
        # The newest of them may have fallen sooner, and the window before lies sooner then too.
        newest = range(max(r.earliest for r in now), today + 1)
        before = max(
            sum(r.latest >= n - 2 * days - 1 and r.earliest < n - days and r not in counted for r in ordered)
            for n in newest
        )
        if newest[0] - 2 * days - 1 >= begins and len(now) >= 2 * before:
            met.append(Met(today, tuple(now), True, time_of(now, today)))
    return met


def _maybe_rising(
    left: Sequence[Seen], ordered: Sequence[Seen], times: int, days: int, begins: int, restarts: Sequence[int]
) -> Met | None:
    """The first that some days allow: every day on which one of them may have fallen is tried as the window's last."""
    for by in sorted({r.latest for r in left}):
        over = [r for r in left if r.latest <= by]
        for today in sorted({day for r in over for day in range(r.earliest, r.latest + 1)}):
            since = max((day + 1 for day in restarts if day < today), default=today - days)
            now = [r for r in over if r.earliest <= today and r.latest >= max(since, today - days)]
            if len(now) < times or all(r.latest < by for r in now) or today - 2 * days - 1 < begins:
                continue
            before = sum(r.earliest >= today - 2 * days - 1 and r.latest < today - days for r in ordered)
            if len(now) >= 2 * before:
                return Met(by, tuple(now), False)
    return None
