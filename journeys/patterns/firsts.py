"""The rule about a beginning: the first of a kind, ever or after a gap."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.patterns.seen import Cover, Met, Seen, certainly_before, time_of, together, when


def first(rows: Sequence[Seen], gap_days: int | None, covers: Sequence[Cover]) -> list[Met]:
    """The first of a kind in the records, once; or each one that comes after so many days with none.

    The first ever fires by the earliest day on which one had surely happened; those that cannot be told apart from it
    are all its evidence. After a gap, `covers` are the records of those who could have seen one: a gap that begins
    before them is not covered and says nothing.

    >>> a, b = Seen("a", 40, None, 40, 40, 40), Seen("b", 80, None, 80, 80, 80)
    >>> [m.fired_on for m in first([a, b], None, [])], [m.fired_on for m in first([a, b], 30, [Cover(20, 99)])]
    ([40], [80])
    """
    if gap_days is None:
        by = min((r.latest for r in rows), default=None)
        early = [r for r in rows if r.latest == by and not any(certainly_before(x, r) for x in rows)]
        return [] if by is None else [Met(by, tuple(sorted(early, key=lambda r: r.id)), True, time_of(early, by))]
    met: list[Met] = []
    groups = together(rows)
    for group in groups:
        head = group[0]
        if not covers or any(c.from_day > head.earliest - gap_days for c in covers):
            continue
        others = [g[0] for g in groups if g is not group]
        states = {_quiet(head, day, gap_days, others) for day in range(head.earliest, head.latest + 1)}
        if states != {"no"}:
            met.append(Met(head.latest, group, states == {"yes"}, head.second))
    return sorted(met, key=when)


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
