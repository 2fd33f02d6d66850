"""Things joined into groups by links, the strongest first, where some must stay apart and no group may grow too large."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """That two things belong together, and how strongly; `is_given` links are bound by nothing but what is kept apart."""

    strength: tuple[float, ...]
    a: int
    b: int
    is_given: bool = False


def parts(things: Iterable[int], links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The things that hang together by any chain of links, each group in order, groups by their first.

    >>> parts(range(4), [(0, 2), (2, 3)])
    [[0, 2, 3], [1]]
    """
    parent = {t: t for t in things}

    def root(t: int) -> int:
        while parent[t] != t:
            parent[t] = parent[parent[t]]
            t = parent[t]
        return t

    for a, b in links:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for t in sorted(parent):
        groups.setdefault(root(t), []).append(t)
    return list(groups.values())


def join(
    count: int,
    links: Iterable[Link],
    apart: Mapping[int, Collection[int]],
    doubtful: Mapping[int, Collection[int]],
    most: int,
) -> tuple[list[int], set[Link]]:
    """The group of each of `count` things (its smallest member), and the links that were refused.

    Strongest links first. A link is refused where it would bring together two that are kept `apart`, or, unless it is
    given, two that are `doubtful` together or more than `most`. Links of one strength that together would do so are
    refused together: which of them came first is no reason.

    >>> weak, strong = Link((1.0,), 1, 2), Link((2.0,), 0, 1)
    >>> join(3, [weak, strong], {0: {2}, 2: {0}}, {}, 15)
    ([0, 0, 2], {Link(strength=(1.0,), a=1, b=2, is_given=False)})
    """
    group = list(range(count))
    members: dict[int, list[int]] = {t: [t] for t in range(count)}
    refused: set[Link] = set()
    ordered = sorted(links, key=lambda k: (tuple(-s for s in k.strength), k.a, k.b))
    for _, some in itertools.groupby(ordered, key=lambda k: k.strength):
        together = list(some)
        ends = {group[t] for k in together for t in (k.a, k.b)}
        for part in parts(ends, [(group[k.a], group[k.b]) for k in together]):
            if len(part) == 1:
                continue
            inside = [k for k in together if group[k.a] in part]
            given = all(k.is_given for k in inside)
            sets = [members[t] for t in part]
            too_many = not given and sum(map(len, sets)) > most
            if too_many or _meet(sets, apart) or (not given and _meet(sets, doubtful)):
                refused.update(inside)
                continue
            whole = sorted(t for s in sets for t in s)
            for t in part:
                members.pop(t)
            members[whole[0]] = whole
            for t in whole:
                group[t] = whole[0]
    return group, refused


def _meet(sets: Sequence[Sequence[int]], apart: Mapping[int, Collection[int]]) -> bool:
    """Whether a thing of one set is kept from a thing of another."""
    where = {t: n for n, some in enumerate(sets) for t in some}
    return any(where.get(other, n) != n for t, n in where.items() for other in apart.get(t, ()))
