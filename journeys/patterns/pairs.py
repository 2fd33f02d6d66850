"""Rules about one contact and a later one: follow, and follow with none of a third kind between."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journeys.patterns.seen import Met, Seen, Within, certainly_before, in_order, when


def follow(firsts: Sequence[Seen], thens: Sequence[Seen], within: Within) -> list[Met]:
    """One kind, then another within a window, on the day of the second.

    A referral, and another within twelve months: the family came back. The rule fires when the second comes, and the
    second may itself be the first of the next pair.

    A first starts one firing at most and a then ends one at most: the latest first still free, the first then after
    it. Certain pairs are made before possible ones. Two on one day without times are possible, in one order only.

    >>> a, b = Seen("a", 10, None, 10, 10, 10), Seen("b", 12, None, 12, 12, 12)
    >>> [(m.fired_on, m.certain) for m in follow([a], [b], Within(days=2))], follow([b], [a], Within(days=2))
    ([(12, True)], [])
    """

    return _paired(firsts, thens, lambda first, then, certain: _follows(first, then, within, certain))


def sequence(firsts: Sequence[Seen], thens: Sequence[Seen], between: Sequence[Seen], within: Within) -> list[Met]:
    """One kind, then another within a window, and none of a third kind between the two, on the day of the second.

    A referral, then closed, and nobody visited: the rule fires when the case is closed, if no visit lies between the
    two. A visit after closing, or before the referral, does not count. Certain where nothing of the third kind can
    have come between; possible where it may have, as on one of the two days without a time. Pairs are made as in
    `follow`: each first takes part in one, and each then.

    >>> a, b, c = (Seen(n, d, None, d, d, d) for n, d in (("a", 1), ("b", 20), ("c", 10)))
    >>> [m.fired_on for m in sequence([a], [b], [], Within(days=60))], sequence([a], [b], [c], Within(days=60))
    ([20], [])
    """

    def fits(first: Seen, then: Seen, certain: bool) -> bool:
        if not _follows(first, then, within, certain):
            return False
        others = [c for c in between if c.id not in (first.id, then.id)]
        if certain:
            return all(certainly_before(c, first) or certainly_before(then, c) for c in others)
        for day in range(first.earliest, first.latest + 1):
            for until in range(max(day, then.earliest), min(then.latest, within.last(day)) + 1):
                if all(_may_be_outside(c, _on(first, day), _on(then, until)) for c in others):
                    return True
        return False

    return _paired(firsts, thens, fits)


def _follows(first: Seen, then: Seen, within: Within, certain: bool) -> bool:
    if certain:
        return certainly_before(first, then) and then.latest <= within.last(first.earliest)
    return not certainly_before(then, first) and then.earliest <= within.last(first.latest)


def _on(row: Seen, day: int) -> Seen:
    return row if row.exact else row._replace(earliest=day, latest=day)


def _may_be_outside(row: Seen, first: Seen, then: Seen) -> bool:
    return not certainly_before(first, row) or not certainly_before(row, then)


def _paired(firsts: Sequence[Seen], thens: Sequence[Seen], fits: Callable[[Seen, Seen, bool], bool]) -> list[Met]:
    met: list[Met] = []
    free_firsts, free_thens = in_order(firsts), in_order(thens)
    both = {r.id for r in firsts} & {r.id for r in thens}
    place = {r.id: n for n, r in enumerate(in_order({r.id: r for r in (*firsts, *thens)}.values()))}

    def pairs(first: Seen, then: Seen, certain: bool) -> bool:
        # Two that could each be either: in one order only, or one doubt would buy two firings.
        backwards = {first.id, then.id} <= both and place[first.id] > place[then.id]
        return first.id != then.id and not backwards and fits(first, then, certain)

    for certain in (True, False):
        for then in list(free_thens):
            able = [f for f in free_firsts if pairs(f, then, certain)]
            if able:
                first = max(able, key=lambda f: (f.latest, -1 if f.second is None else f.second, f.id))
                met.append(Met(then.latest, (first, then), certain, then.second))
                free_firsts.remove(first)
                free_thens.remove(then)
    return sorted(met, key=when)
