"""Rules that count within a window: repeat, spread, escalate and combine.

After a firing the count starts again from the next day, so that no contact is evidence twice: a lasting pattern goes
on asking at a pace that the rule itself sets, and one contact never buys two alarms.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from journeys.patterns.seen import Cover, Met, Seen, Within, certainly_before, in_order, time_of, when

MOST_ASSIGNMENTS = 20_000


def repeat(rows: Sequence[Seen], times: int, within: Within) -> list[Met]:
    """So many of one kind within a window, on the day that the last of them fell.

    The evidence is every one in the window. Dated contacts are tried alone first; what is left is tried with the
    imprecise ones.

    >>> a, b, c = (Seen(n, d, None, d, d, d) for n, d in (("a", 0), ("b", 13), ("c", 28)))
    >>> [m.fired_on for m in repeat([a, b, c], 3, Within(days=28))], repeat([a, b], 3, Within(days=28))
    ([28], [])
    """
    return _gathered(rows, times, within, apart=False)


def spread(rows: Sequence[Seen], times: int, within: Within) -> list[Met]:
    """Contacts of so many different agencies (or people, or reasons) within a window.

    As `repeat`, but it is the different values that are counted. A contact that names none is left out: blanks are
    never one agency.

    >>> a, b = Seen("a", 0, None, 0, 0, 0, "school"), Seen("b", 9, None, 9, 9, 9, "police")
    >>> [m.fired_on for m in spread([a, b], 2, Within(days=9))], spread([a, b._replace(value="school")], 2, Within(days=9))
    ([9], [])
    """
    return _gathered([r for r in rows if r.value is not None], times, within, apart=True)


def combine(firings: Sequence[tuple[str, Met]], times: int, within: Within) -> list[Met]:
    """So many different triggers fired within a window, on the day of the last of them.

    `firings` are those of one family, each with the name of its trigger. The evidence is all of theirs. Firings that
    are certain are tried alone first, so that a doubtful one never makes a certain answer doubtful.

    >>> seen = [Seen(n, d, None, d, d, d) for n, d in (("a", 3), ("b", 8))]
    >>> fired = [(f"rule {s.id}", Met(s.latest, (s,), True)) for s in seen]
    >>> [m.fired_on for m in combine(fired, 2, Within(days=5))], combine(fired[:1] * 2, 2, Within(days=5))
    ([8], [])
    """
    made: dict[str, Met] = {}
    for name, met in sorted(firings, key=lambda f: (f[0], when(f[1]))):
        made[f"{name}\n{len(made)}"] = met

    def as_seen(key: str) -> Seen:
        day, known = made[key].fired_on, max(r.known for r in made[key].evidence)
        return Seen(key, day, made[key].second, day, day, known, key.split("\n")[0])

    found: list[Met] = []
    left = [as_seen(key) for key in made]
    for sure in (True, False):
        for met in spread([r for r in left if not sure or made[r.id].certain], times, within):
            parts = [made[r.id] for r in met.evidence]
            evidence = {r.id: r for part in parts for r in part.evidence}
            found.append(Met(met.fired_on, tuple(in_order(evidence.values())), sure, met.second))
            left = [r for r in left if r not in met.evidence]
    return sorted(found, key=when)


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

    `value` is the grade, as text that sorts. Chains in a certain order are found first; then those that only some
    order or some day allows. The evidence is the chain; of several that end on a day, that of the latest contacts.

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
            chain = next(iter(_rising(pool, (), times, within, certain, by)), None)
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
        if not chain or ((row.value or "") < (chain[0].value or "") and _holds(longer, within, certain)):
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

    Judged on each day that a contact may last have fallen. Certain where it holds wherever the imprecise ones fell.
    A window before which the records (`covers`) do not reach back as far again says nothing.

    >>> rows = [Seen(str(d), d, None, d, d, d) for d in (60, 95, 96, 97)]
    >>> [m.fired_on for m in rise(rows, 3, Within(days=28), [Cover(0, 200)])], rise(rows, 3, Within(days=28), [Cover(50, 200)])
    ([97], [])
    """
    days = within.most_days
    ordered = in_order(rows)
    met: list[Met] = []
    used: set[Seen] = set()
    for certain in (True, False):
        for today in sorted({r.latest for r in ordered}):
            begins = today - days
            since = max((m.fired_on for m in met if m.fired_on <= today), default=begins - 1)
            now = [
                r
                for r in ordered
                if r.latest <= today
                and (r.earliest if certain else r.latest) >= max(begins, since + 1)
                and r not in used
            ]
            if len(now) < times or not covers or any(c.from_day > begins - days - 1 for c in covers):
                continue
            counted = set(now)
            before = sum(
                r not in counted
                and (
                    r.latest >= begins - days - 1 and r.earliest < begins
                    if certain
                    else r.earliest >= begins - days - 1 and r.latest < begins
                )
                for r in ordered
            )
            if len(now) >= 2 * before:
                met.append(Met(today, tuple(now), certain, time_of(now, today)))
                used |= counted
    return sorted(met, key=when)
