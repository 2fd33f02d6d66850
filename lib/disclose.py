"""Counts that may leave: small ones hidden, the rest rounded, and more hidden until nobody can narrow a small one.

Everything is a cell with a key, and a relation between cells: a total and its parts, or a union and what it is made of.
Tables of one report that share a cell share its key, so that they are one system and are protected as one. The reader
is taken to know the threshold, the base, how cells are chosen, and that a nought shown is a nought.

What is checked is not a table's look but what can be worked out from it: for each hidden small count there must be a
whole table of whole numbers, such as the reader could hold true, in which it is 1, and another in which it is one less
than the threshold. Where the zeros alone say more (a total of three cells that are not nought is 3 or more), that much
is known whatever is hidden.

Source: suppression and rounding as in OpenSAFELY and the Hospital Episode Statistics; the audit by linear programme as
in M. Fischetti and J. J. Salazar, Management Science 47 (2001).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from lib.errors import RequestError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

HIDDEN, NOT_APPLICABLE, NOT_AVAILABLE, ROUNDS_TO_NOTHING = "c", "z", "x", "k"
"""Confidential; does not apply; not available; too small to show as a rounded figure, and not nought."""

NEARLY = 1e-6
"""How far a solver's answer may be from the whole number that it stands for."""

FLOOR = 8
"""No threshold is lower: 1 to 7 are hidden always."""

Key = tuple[str, ...]
Shown = int | str


class TooSparse(RequestError):
    """Whatever is hidden, a small count could be narrowed: the table does not leave."""


@dataclass(frozen=True)
class Rule:
    """The smallest count that is shown, and the base that counts are rounded to.

    Raises RequestError for a threshold under the floor of 8, and for a base that is not between 1 and the threshold.
    """

    threshold: int = 10
    base: int = 5

    def __post_init__(self) -> None:
        """Refuse numbers that would protect nobody."""
        if type(self.threshold) is not int or self.threshold < FLOOR:
            raise RequestError(
                f"the threshold is a whole number of {FLOOR} or more: 1 to {FLOOR - 1} are hidden always."
            )
        if type(self.base) is not int or not 1 <= self.base <= self.threshold:
            raise RequestError("the base to round to is a whole number from 1 to the threshold.")

    def round(self, true: int) -> int:
        """A count as it is shown: to the nearest multiple of the base, halves up, in whole numbers.

        >>> [Rule().round(n) for n in (12, 13, 17, 18)]
        [10, 15, 15, 20]
        """
        return self.base * ((true + self.base // 2) // self.base)

    def reach(self, shown: int) -> tuple[int, int]:
        """The least and the most that a count shown so may be.

        >>> Rule().reach(10), Rule().reach(15), Rule().reach(0)
        ((10, 12), (13, 17), (0, 0))
        """
        if shown == 0:
            return 0, 0
        return max(self.threshold, shown - self.base // 2), shown + (self.base - 1) // 2


@dataclass(frozen=True)
class Relation:
    """What everybody knows of some cells: `sum`, the whole is all parts added; `union`, each of the whole is in some part.

    A family may be in several parts of a union: the whole is then no less than any part, and no more than all together.
    """

    whole: Key
    parts: tuple[Key, ...]
    kind: Literal["sum", "union"] = "sum"


@dataclass(frozen=True)
class Held:
    """A count that stays as it was last released, since it has changed by less than the threshold, or not at all."""

    shown: Shown


@dataclass(frozen=True)
class Protected:
    """What leaves. `shown`: each cell as it leaves. `primary`: the small counts; `extra`: what is hidden for their sake.

    `ranges`: for each small count, the least and the most in tables that were found, and that a reader could hold true.
    """

    rule: Rule
    shown: Mapping[Key, Shown]
    primary: frozenset[Key]
    extra: frozenset[Key]
    ranges: Mapping[Key, tuple[int, int]]


def protect(
    counts: Mapping[Key, int],
    relations: Iterable[Relation] = (),
    rule: Rule | None = None,
    *,
    unseen: Collection[Key] = (),
    known: Collection[Key] = (),
    held: Mapping[Key, Held] | None = None,
) -> Protected:
    """Hide, round, and hide more until no small count can be narrowed inside 1 to one less than the threshold.

    `counts`: cell -> how many. `relations`: the totals among them. `unseen`: cells that no table shows, and that a reader
    could work out all the same (those who did not, where all and those who did are shown). `known`: cells that the reader is
    taken to know to the last one from elsewhere, as how many families there are. `held`: cells that stay as
    they were last released. The same cells and relations give the same answer in any order.

    Raises RequestError for a count that is not a whole number from 0, and for relations that do not hold.

    >>> protect({("a",): 4, ("b",): 19}).shown
    {('a',): 'c', ('b',): 20}
    """
    rule = rule or Rule()
    system = _System(counts, tuple(relations), rule, frozenset(unseen), frozenset(known), held or {})
    system.audit()
    hidden = system.hidden - system.unseen
    small = frozenset(k for k in system.small if k not in system.unseen)
    return Protected(rule, system.as_shown(), small, frozenset(hidden - small), system.ranges)


@dataclass
class _System:
    """All cells, what everybody knows of them, and what is hidden so far."""

    counts: Mapping[Key, int]
    relations: tuple[Relation, ...]
    rule: Rule
    unseen: frozenset[Key]
    known: frozenset[Key]
    held: Mapping[Key, Held]
    hidden: set[Key] = field(default_factory=set)
    ranges: dict[Key, tuple[int, int]] = field(default_factory=dict)
    leasts: dict[Key, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self.counts, self.relations, self.unseen | self.known)
        self.totals = {relation.whole for relation in self.relations}
        self.keys = sorted(self.counts, key=lambda k: (k in self.totals, k))
        self.at = {key: n for n, key in enumerate(self.keys)}
        self.small = [k for k in self.keys if 0 < self.counts[k] < self.rule.threshold and k not in self.known]
        self.hidden |= self.unseen | {k for k in self.small if k not in self.held}
        self.hidden |= {k for k, was in self.held.items() if was.shown == HIDDEN and k not in self.known}
        self.near: dict[Key, set[Key]] = {k: set() for k in self.keys}
        for relation in self.relations:
            together = {relation.whole, *relation.parts}
            for key in together:
                self.near[key] |= together - {key}

    def as_shown(self) -> dict[Key, Shown]:
        return {k: self.show(k) for k in self.keys if k not in self.unseen}

    def show(self, key: Key) -> Shown:
        if key in self.hidden:
            return HIDDEN
        return self.held[key].shown if key in self.held else self.rule.round(self.counts[key])

    def reach(self, key: Key) -> tuple[float, float]:
        """The least and most that the reader knows of one cell by itself."""
        if key in self.known:
            return self.counts[key], self.counts[key]
        slack = self.rule.threshold - 1 if key in self.held else 0
        if key in self.hidden:
            return (0 if key in self.unseen or slack else 1), math.inf
        shown = self.show(key)
        assert isinstance(shown, int)
        low, high = self.rule.reach(shown)
        return max(0, low - slack), high + slack

    def audit(self) -> None:
        """Hide more until every small count may be anything from 1 to one less than the threshold."""
        programme = _Programme(self.at, self.relations, self.counts, self.rule)
        unsure = {key: {-1, 1} for key in self.small}
        while True:
            bounds = [self.reach(k) for k in self.keys]
            # One table often shows for many cells at once that they may be small, or large: hiding more keeps it true.
            for sign in (-1, 1):
                if some := [k for k in self.small if sign in unsure[k]]:
                    self.look(programme.table(some, bounds, sign), unsure)
            bad = []
            for key in (k for k in self.small if unsure[k]):
                low, high = self.ranges[key]
                if -1 in unsure[key]:
                    self.look(least := programme.table([key], bounds, -1), unsure)
                    low = least[self.at[key]]
                if unsure[key]:
                    self.look(most := programme.table([key], bounds, 1), unsure)
                    high = most[self.at[key]]
                self.ranges[key] = low, high
                if -1 in unsure[key] and low <= self.least(key, programme):
                    unsure[key] = unsure[key] - {-1}
                if unsure[key]:
                    bad.append(key)
            if not bad:
                return
            self.hidden.add(self.next_to(min(bad, key=lambda k: (self.width(k), self.at[k]))))

    def look(self, table: Sequence[int], unsure: dict[Key, set[int]]) -> None:
        """Note what one table, which the reader could hold true, shows of every small count."""
        for key in self.small:
            here = table[self.at[key]]
            low, high = self.ranges.get(key, (here, here))
            self.ranges[key] = min(low, here), max(high, here)
            least, most = self.enough(key)
            unsure[key] = unsure[key] - ({-1} if here <= least else set()) - ({1} if here >= most else set())

    def enough(self, key: Key) -> tuple[int, int]:
        """How small, and how large, a small count must seem possible: what stands as released says as much by itself."""
        low, high = self.reach(key) if key in self.held and key not in self.hidden else (0, math.inf)
        return max(1, int(low)), int(min(self.rule.threshold - 1, high))

    def width(self, key: Key) -> int:
        low, high = self.ranges[key]
        return high - low

    def least(self, key: Key, programme: _Programme) -> int:
        """The least that a cell may be, for one who knows nothing but which cells are nought: no hiding changes that."""
        if key in self.leasts:
            return self.leasts[key]
        known = [
            (0.0, 0.0)
            if k not in self.hidden and k not in self.held and self.show(k) == 0
            else (self.floor(k), math.inf)
            for k in self.keys
        ]
        self.leasts[key] = programme.table([key], known, -1)[self.at[key]]
        return self.leasts[key]

    def floor(self, key: Key) -> float:
        return 0.0 if key in self.unseen or key in self.held else 1.0

    def around(self, key: Key) -> set[Key]:
        """The cells that share a margin with this one, or with one that no table shows and that stands between."""
        found, to_see = set(self.near[key]), [k for k in self.near[key] if k in self.unseen]
        while to_see:
            more = self.near[to_see.pop()] - found
            found |= more
            to_see += [k for k in more if k in self.unseen]
        return found

    def next_to(self, key: Key) -> Key:
        """The smallest shown cell that shares a margin with this one, cells before totals; else the smallest of all."""
        free = [k for k in self.keys if k not in self.hidden and k not in self.known and self.show(k) != 0]
        near = self.around(key)
        some = [k for k in free if k in near] or free
        if not some:
            raise TooSparse("the table is too sparse to leave. Merge categories, or ask for longer periods.")
        return min(some, key=lambda k: (k in self.totals, self.counts[k], self.at[k]))


def _check(counts: Mapping[Key, int], relations: Sequence[Relation], unseen: Collection[Key]) -> None:
    """Counts are whole numbers from 0, and every relation is of cells that are there, and true of them."""
    for key, true in counts.items():
        if type(true) is not int or true < 0:
            raise RequestError(
                f"the cell {' / '.join(key)} holds no count: a whole number from 0 is needed. Count families."
            )
    if strangers := sorted(set(unseen) - set(counts)):
        raise RequestError(f"the cell {' / '.join(strangers[0])} is not in this table. Count it, or leave it out.")
    for relation in relations:
        cells = (relation.whole, *relation.parts)
        if missing := [key for key in cells if key not in counts]:
            raise RequestError(f"the cell {' / '.join(missing[0])} is part of a total and was not counted. Count it.")
        whole, parts = counts[relation.whole], [counts[part] for part in relation.parts]
        is_true = whole == sum(parts) if relation.kind == "sum" else max(parts, default=0) <= whole <= sum(parts)
        if not is_true or len(set(cells)) != len(cells):
            raise RequestError(
                f"the total {' / '.join(relation.whole)} does not fit its parts. Count both from the same rows."
            )


class _Programme:
    """The relations as a linear programme; each answer is the end of what whole numbers allow."""

    def __init__(
        self, at: Mapping[Key, int], relations: Sequence[Relation], counts: Mapping[Key, int], rule: Rule
    ) -> None:
        self.at = at
        # No end, for a solver: more than any count could come to while each of the others moves by a threshold.
        self.ample = max(counts.values(), default=0) + 2 * rule.threshold * (len(counts) + 1)
        equal: list[dict[int, int]] = []
        most: list[dict[int, int]] = []
        for relation in relations:
            row = {at[relation.whole]: 1} | {at[part]: -1 for part in relation.parts}
            if relation.kind == "sum":
                equal.append(row)
            else:
                most.append(row)
                most += [{at[part]: 1, at[relation.whole]: -1} for part in relation.parts]
        self.equal, self.most = self._matrix(equal), self._matrix(most)

    def _matrix(self, rows: list[dict[int, int]]) -> csr_array | None:
        from scipy.sparse import csr_array

        if not rows:
            return None
        place = [(n, column, value) for n, row in enumerate(rows) for column, value in row.items()]
        lines, columns, values = zip(*place, strict=True)
        return csr_array((values, (lines, columns)), shape=(len(rows), len(self.at)))

    def table(self, cells: Sequence[Key], bounds: Sequence[tuple[float, float]], sign: int) -> list[int]:
        """A table of whole numbers that the reader could hold true, in which some cells are least (-1) or most (1)."""
        found = self._solve(cells, bounds, sign, whole=False)
        # Between whole numbers lie answers that no table has: then whole numbers are asked for.
        if any(abs(x - round(x)) > NEARLY for x in found):
            found = self._solve(cells, bounds, sign, whole=True)
        return [round(x) for x in found]

    def _solve(
        self, cells: Sequence[Key], bounds: Sequence[tuple[float, float]], sign: int, *, whole: bool
    ) -> Sequence[float]:
        import numpy as np
        from scipy.optimize import linprog

        aim = np.zeros(len(self.at))
        aim[[self.at[key] for key in cells]] = -sign
        sides: dict[str, Any] = {}
        if self.equal is not None:
            sides |= {"A_eq": self.equal, "b_eq": np.zeros(self.equal.shape[0])}
        if self.most is not None:
            sides |= {"A_ub": self.most, "b_ub": np.zeros(self.most.shape[0])}
        limits = np.minimum(np.array(bounds, dtype=float), self.ample)
        found = linprog(
            aim, bounds=limits, method="highs", integrality=np.ones(len(self.at)) if whole else None, **sides
        )
        if found.status != 0:
            raise TooSparse("these tables could not be checked, so they do not leave. Merge categories.")
        answer: list[float] = found.x.tolist()
        return answer
