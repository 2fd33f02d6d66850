"""How tables hang together: rows counted over categories with every margin, paths as a tree, moves as a graph.

What comes out is cells and relations, as `lib.disclose` protects them. A unit (a family, say) counts once in a cell,
however many rows it has there.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib.disclose import Key, Relation
from lib.errors import RequestError

ALL = "all"
"""The category that stands for every one: a margin."""

NOT_KNOWN = "not known"
"""The category of rows that name none: counted as one of its own, and never left out."""

Units = dict[Key, frozenset[str]]
"""For each cell, the units counted in it."""


def category(value: Any) -> str:
    """A category as it is counted: spaces around it mean nothing, and nothing at all is `not known`.

    >>> category(" school "), category(None), category(float("nan")), category("")
    ('school', 'not known', 'not known', 'not known')
    """
    if value is None or value != value:
        return NOT_KNOWN
    return str(value).strip() or NOT_KNOWN


def crossed(rows: Iterable[Sequence[Any]]) -> tuple[Units, list[Relation]]:
    """Units counted over one or more categories, with every margin.

    `rows`: a unit, then a category for each dimension, as many in each row. Returns the units of every cell, its key one
    category for each dimension with `all` for a margin, and the relations between them: sums where no unit stands in two
    of the parts, else unions.
    Raises RequestError for rows of several lengths, and for a category called `all`.

    >>> cells, relations = crossed([("a", "north"), ("b", "north "), ("b", "south")])
    >>> {key: len(units) for key, units in cells.items()}
    {('all',): 2, ('north',): 2, ('south',): 1}
    >>> relations[0].kind
    'union'
    """
    found: defaultdict[Key, set[str]] = defaultdict(set)
    widths = set()
    for unit, *categories in rows:
        names = tuple(map(category, categories))
        widths.add(len(names))
        if ALL in names:
            raise RequestError(f"a category is called '{ALL}', as the margins are. Give it another name.")
        for key in itertools.product(*((name, ALL) for name in names)):
            found[key].add(unit)
    if len(widths) > 1:
        raise RequestError("some rows have more categories than others. Give each row one for each dimension.")
    cells = {key: frozenset(found[key]) for key in sorted(found)}
    relations = []
    for key in cells:
        for place in (n for n, name in enumerate(key) if name == ALL):
            rest = key[:place], key[place + 1 :]
            parts = tuple(k for k in cells if k[place] != ALL and (k[:place], k[place + 1 :]) == rest)
            relations.append(related(cells, key, parts))
    return cells, relations


def related(cells: Mapping[Key, frozenset[str]], whole: Key, parts: Sequence[Key]) -> Relation:
    """A whole and its parts: a sum where no unit is in two of them, else a union."""
    apart = sum(len(cells[part]) for part in parts) == len(cells[whole])
    return Relation(whole, tuple(parts), "sum" if apart else "union")


def paths(taken: Mapping[str, Sequence[str]]) -> tuple[Units, list[Relation]]:
    """What units did, step by step, as a tree: every beginning of a path, and who goes on from it, and how.

    `taken`: unit -> its steps in order. A cell's key is `path` and the steps so far, with `end` where it stops there.
    Each beginning is the sum of those who stop and of those who go on.

    >>> cells, relations = paths({"a": ["gp"], "b": ["gp", "police"]})
    >>> sorted((key[1:], len(units)) for key, units in cells.items())
    [((), 2), (('gp',), 2), (('gp', 'end'), 1), (('gp', 'police'), 1), (('gp', 'police', 'end'), 1)]
    """
    found: defaultdict[Key, set[str]] = defaultdict(set)
    for unit, steps in taken.items():
        names = ["path", *map(category, steps), "end"]
        for length in range(1, len(names) + 1):
            found[tuple(names[:length])].add(unit)
    cells = {key: frozenset(found[key]) for key in sorted(found)}
    inner: defaultdict[Key, list[Key]] = defaultdict(list)
    for key in cells:
        if len(key) > 1:
            inner[key[:-1]].append(key)
    return cells, [Relation(whole, tuple(parts)) for whole, parts in sorted(inner.items())]


def moves(
    steps: Iterable[tuple[str, str, str]], began: Iterable[tuple[str, str]], ended: Iterable[tuple[str, str]]
) -> tuple[Units, list[Relation]]:
    """Moves between places as a graph weighed by units: who came to a place came from somewhere or began there.

    `steps`: unit, from, to. `began` and `ended`: unit and place. Cells are `move` from to, `at` a place, `began`, `ended`.
    A unit may come to a place by several ways, so that what flows in and out is a union.

    >>> cells, relations = moves([("a", "gp", "police")], [("a", "gp")], [("a", "police")])
    >>> [(r.whole, r.parts) for r in relations][:2]
    [(('at', 'gp'), (('began', 'gp'),)), (('at', 'gp'), (('move', 'gp', 'police'),))]
    """
    found: defaultdict[Key, set[str]] = defaultdict(set)
    into: defaultdict[Key, set[Key]] = defaultdict(set)
    out: defaultdict[Key, set[Key]] = defaultdict(set)

    def note(unit: str, key: Key, ways: defaultdict[Key, set[Key]], place: str) -> None:
        found[key].add(unit)
        found[("at", place)].add(unit)
        ways[("at", place)].add(key)

    for unit, start, to in steps:
        note(unit, ("move", start, to), out, start)
        note(unit, ("move", start, to), into, to)
    for unit, place in began:
        note(unit, ("began", place), into, place)
    for unit, place in ended:
        note(unit, ("ended", place), out, place)
    cells = {key: frozenset(found[key]) for key in sorted(found)}
    relations = [
        Relation(place, tuple(sorted(ways[place])), "union")
        for place in cells
        for ways in (into, out)
        if ways[place] and frozenset().union(*(cells[key] for key in ways[place])) == cells[place]
    ]
    return cells, relations
