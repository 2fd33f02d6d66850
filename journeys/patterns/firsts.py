"""The rule about a beginning: the first of a kind, ever or after a gap."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.patterns.seen import Cover, Met, Seen, certainly_before, time_of, together, when


def first(rows: Sequence[Seen], gap_days: int | None, covers: Sequence[Cover]) -> list[Met]:
    """The first of a kind in the records, once; or each one that comes after so many days with none.

    The first ever: it fires once in the life of the records, by the earliest day on which one had surely happened.
    Those of that day that may have been the first are all its evidence.

    After a gap: a contact fires when nothing of its kind came in so many whole days before it. With a gap of 30, one
    on 1 May and the next on 31 May are 29 clear days apart and nothing fires; on 1 June it does. Contacts of one day
    that cannot be told apart fire together. `covers` are the records of those who could have seen one: a gap that
    begins before them is not covered and says nothing. Where days are not known it is certain if nothing can lie in
    the gap, possible if only some days leave it empty; and one gap fires once, so that of two which may each have been
    the first, the one that had surely happened sooner is told, or whose day is known.

    >>> a, b = Seen("a", 40, None, 40, 40, 40), Seen("b", 80, None, 80, 80, 80)
    >>> [m.fired_on for m in first([a, b], None, [])], [m.fired_on for m in first([a, b], 30, [Cover(20, 99)])]
    ([40], [80])
    """
    if gap_days is None:
        by = min((r.latest for r in rows), default=None)
        early = [r for r in rows if r.latest == by and not any(certainly_before(x, r) for x in rows)]
        return [] if by is None else [Met(by, tuple(sorted(early, key=lambda r: r.id)), True, time_of(early, by))]
    if len(rows) == 1 and rows[0].exact:
        (alone,) = rows
        is_covered = covers and all(c.from_day <= alone.earliest - gap_days for c in covers)
        return [Met(alone.latest, (alone,), True, alone.second)] if is_covered else []
    met: list[Met] = []
    told: list[Seen] = []
    groups = sorted(together(rows), key=lambda g: (g[0].latest, not g[0].exact, min(r.id for r in g)))
    quiet = {group: _quiet_days(group[0], [g[0] for g in groups if g is not group], gap_days) for group in groups}
    for certain in (True, False):
        for group in groups:
            head = group[0]
            if head in told or not covers or any(c.from_day > head.earliest - gap_days for c in covers):
                continue
            states = quiet[group]
            apart = [day for day in states if all(_may_be_far(t, day, gap_days) for t in told)]
            if set(states.values()) == {"yes"} if certain else any(states[day] != "no" for day in apart):
                met.append(Met(head.latest, group, certain, head.second))
                told.append(head)
    return sorted(met, key=when)


def _may_be_far(other: Seen, day: int, gap_days: int) -> bool:
    return other.earliest < day - gap_days or other.latest > day + gap_days


def _quiet_days(head: Seen, others: Sequence[Seen], gap_days: int) -> dict[int, str]:
    """For each day on which a contact may have fallen, whether the days before it were quiet."""
    near = [o for o in others if o.latest >= head.earliest - gap_days and o.earliest <= head.latest]
    return {day: _quiet(head, day, gap_days, near) for day in range(head.earliest, head.latest + 1)}


def _quiet(head: Seen, day: int, gap_days: int, others: Sequence[Seen]) -> str:
    """Whether nothing came in the days before this one: yes, no, or maybe (one of unknown day)."""
    placed = head if head.exact else head._replace(earliest=day, latest=day)
    maybe = False
    for other in others:
        if certainly_before(placed, other) or other.latest < day - gap_days:
            continue
        if certainly_before(other, placed) and other.earliest >= day - gap_days:
            return "no"
        maybe = True
    return "maybe" if maybe else "yes"
