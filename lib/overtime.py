"""Groups of things that are joined from one day to another: who is in which group, and from when to when.

On any day the groups are the connected components of what is joined on that day, if they are not too large. A group that
changes stays the same group where it holds the largest part of those who were in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from lib.lineage import heirs

Join = tuple[str, str, int, int]
"""Two things, the first day on which they are joined, and the first on which they are not."""


@dataclass(frozen=True)
class Spell:
    """One member's time in a group: from `start`, the first day in, to `end`, the first day out."""

    group: int
    member: str
    start: int
    end: int


@dataclass(frozen=True)
class Groups:
    """The spells in groups; and who was in a group that was not made, from when to when."""

    spells: tuple[Spell, ...]
    held: tuple[Spell, ...]


@dataclass(frozen=True)
class _Open:
    nodes: frozenset[str]
    members: frozenset[str]
    group: int
    since: int


class _Sweep:
    """One pass over the days on which anything is joined or parted."""

    def __init__(self, most: int, never: Collection[frozenset[str]], who: Callable[[str], str]) -> None:
        self.most, self.who = most, who
        self.never: dict[str, set[str]] = defaultdict(set)
        for pair in never:
            for one in pair:
                self.never[one] |= pair - {one}
        self.beside: dict[str, dict[str, int]] = defaultdict(dict)
        self.open: dict[int, _Open] = {}
        self.at: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.last: dict[int, frozenset[str]] = {}
        self.been: dict[str, set[int]] = defaultdict(set)
        self.living: set[int] = set()
        self.spells: list[Spell] = []
        self.kept_back: list[Spell] = []
        self.many = self.opened = 0

    def on(self, day: int, gone: Iterable[tuple[str, str]], come: Iterable[tuple[str, str]]) -> None:
        """Part and join what is parted and joined on a day, and see which groups that leaves."""
        touched: set[str] = set()
        for pairs, step in ((gone, -1), (come, 1)):
            for a, b in pairs:
                touched |= {a, b}
                for one, other in ((a, b), (b, a)) if a != b else ((a, a),):
                    many = self.beside[one].get(other, 0) + step
                    if many:
                        self.beside[one][other] = many
                    else:
                        self.beside[one].pop(other, None)
        stale = {self.at[node] for node in touched if node in self.at}
        affected = touched | {node for one in stale for node in self.open[one].nodes}
        whole, back = self._components(affected)
        same = {one for one in stale if self.open[one].nodes in whole}
        for key in sorted(stale - same):
            self._close(key, day)
        kept = {self.open[one].nodes for one in same}
        fresh = sorted((nodes for nodes in whole if nodes not in kept), key=sorted)
        self._open(fresh, day)
        in_some = {node for nodes in whole for node in nodes}
        for node in {*affected, *in_some}:
            if node in self.held and node not in back:
                self.kept_back.append(Spell(0, node, self.held.pop(node), day))
        for node in back - in_some:
            self.held.setdefault(node, day)

    def _components(self, affected: Collection[str]) -> tuple[set[frozenset[str]], set[str]]:
        """The components that nodes are in: those that may stand, and the nodes of those that may not."""
        whole: set[frozenset[str]] = set()
        back: set[str] = set()
        placed: set[str] = set()
        for node in sorted(affected):
            if node in placed:
                continue
            nodes, is_whole = self._around(node)
            placed |= nodes
            members = {self.who(one) for one in nodes}
            if not is_whole or any(self.never[one] & members for one in members if one in self.never):
                back |= nodes
            elif len(members) > 1 or self._stands_alone(node):
                whole.add(frozenset(nodes))
        return whole, back

    def _stands_alone(self, node: str) -> bool:
        """Whether somebody whom nothing joins is a group of one: there on this day, and in a group before."""
        return node in self.beside[node] and bool(self.been.get(node))

    def _around(self, node: str) -> tuple[set[str], bool]:
        """All that a node is joined to, and whether that is everything: nobody walks on in what is too large."""
        found, members, edge = {node}, {self.who(node)}, [node]
        while edge:
            for other in self.beside[edge.pop()]:
                if other not in found:
                    found.add(other)
                    members.add(self.who(other))
                    edge.append(other)
                    if len(members) > self.most:
                        return found, False
        return found, True

    def _close(self, one: int, day: int) -> None:
        group = self.open.pop(one)
        self.living.discard(group.group)
        self.spells += [Spell(group.group, member, group.since, day) for member in group.members if group.since < day]
        for node in group.nodes:
            del self.at[node]

    def _open(self, fresh: list[frozenset[str]], day: int) -> None:
        members = {n: frozenset(map(self.who, nodes)) for n, nodes in enumerate(fresh)}
        # A group goes on where most of those are who are in it under their own name.
        own = {n: frozenset(node for node in nodes if self.who(node) == node) for n, nodes in enumerate(fresh)}
        before = {group for some in members.values() for member in some for group in self.been[member]}
        named = {str(g).zfill(12): self.last[g] for g in before if g not in self.living}
        kept = heirs(named, own)
        for n, nodes in enumerate(fresh):
            if n in kept:
                group = int(kept[n])
            else:
                self.many += 1
                group = self.many
            self.opened += 1
            self.open[self.opened] = _Open(nodes, members[n], group, day)
            self.living.add(group)
            self.last[group] = own[n]
            for member in members[n]:
                self.been[member].add(group)
            for node in nodes:
                self.at[node] = self.opened


def groups(
    joins: Iterable[Join],
    most: int,
    never: Collection[frozenset[str]] = (),
    who: Callable[[str], str] = lambda node: node,
) -> Groups:
    """Who is in which group and when, from what is joined and when.

    `joins`: two things each, with the first day on which they are joined and the first on which they are not. `most`:
    how many a group may hold; a larger one is not made, and its members are told as held. `never`: pairs that may not
    be in one group; where others join them all the same, that group is held too. `who`: whom a node stands for, where
    one member has several nodes. A thing joined to itself is there on those days: once it has been in a group and is joined
    to nobody any more, it is a group of one. Returns spells by group (numbers from 1), in an order of their own: the order of
    `joins` never matters. What nothing joins is in no group.

    >>> found = groups([("a", "b", 0, 9), ("b", "c", 5, 9)], most=3)
    >>> [(s.group, s.member, s.start, s.end) for s in found.spells]
    [(1, 'a', 0, 9), (1, 'b', 0, 9), (1, 'c', 5, 9)]
    >>> groups([("a", "b", 0, 9)], most=1).spells
    ()
    """
    come: dict[int, list[tuple[str, str]]] = defaultdict(list)
    gone: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for a, b, start, end in joins:
        if start < end:
            come[start].append((a, b))
            gone[end].append((a, b))
    sweep = _Sweep(most, never, who)
    for day in sorted({*come, *gone}):
        sweep.on(day, gone.get(day, ()), come.get(day, ()))
    return Groups(_joined(sweep.spells), _joined(sweep.kept_back))


def _joined(spells: Iterable[Spell]) -> tuple[Spell, ...]:
    """Spells of one member in one group that touch, as one."""
    found: list[Spell] = []
    for spell in sorted(spells, key=lambda s: (s.group, s.member, s.start)):
        last = found[-1] if found else None
        if last and (last.group, last.member) == (spell.group, spell.member) and spell.start <= last.end:
            found[-1] = Spell(last.group, last.member, last.start, max(last.end, spell.end))
        else:
            found.append(spell)
    return tuple(found)
