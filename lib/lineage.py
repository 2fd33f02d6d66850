"""Ids of groups that stay the same while the groups change, and a ledger of what happened to each group, and why.

A group keeps an id where it holds the largest part of that id's former members. An id that was given once is given to no
other group ever after. The ledger is only added to, a line a run, each line sealed to the one before; read from its
beginning it gives every group as it stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from lib.errors import DataError
from lib.files import shown
from lib.sealedlog import SealedLog

K = TypeVar("K", bound=Hashable)

SCHEMA = 1

KINDS = ("made", "split", "joined", "left", "merged", "gone", "was", "was not")
"""What may happen to a group: it is made, or split from another; members join and leave; it is merged into another, or is
gone; and what is learned later of its past: a member that it had, or had not after all.
"""

PUBLIC = b"seals of a ledger that everybody may check".ljust(32)
"""What a ledger is sealed with. It is no secret: a slip of the hand or of a program is found, a forger is not."""


@dataclass(frozen=True)
class Group:
    """Who is in a group, and who was once and is no longer. A group that nobody is in has ended, and keeps its id."""

    now: frozenset[str]
    once: frozenset[str] = frozenset()

    @property
    def ever(self) -> frozenset[str]:
        """All who are or were in it."""
        return self.now | self.once


@dataclass(frozen=True)
class Change:
    """One thing that happened to a group: what, to which, of which members, from or into which other, and why."""

    what: str
    group: str
    members: tuple[str, ...]
    other: str = ""
    because: str = ""


@dataclass(frozen=True)
class Run:
    """One line of a ledger: a name for the run, and all that it changed."""

    run: str
    changes: tuple[Change, ...]
    notes: Mapping[str, Any] = field(default_factory=dict)


def heirs(before: Mapping[str, Collection[str]], groups: Mapping[K, Collection[str]]) -> dict[K, str]:
    """Which group keeps which id: a group keeps one where none holds more of that id's former members.

    `before`: each id with its former members. `groups`: the groups as they are now, by any name. A member may be in
    several. Returns an id for each group that keeps one. Where two hold equally many, the smaller keeps the id, then
    the one that is first in order of its members. A group that might keep several keeps that of which it holds most,
    then the one that had fewest members, then the oldest. In which order anything is given never matters.

    >>> heirs({"1": "abc", "2": "d"}, {"x": "abd", "y": "c"})
    {'x': '1'}
    >>> heirs({"1": "abcd"}, {"x": "cd", "y": "ab"})
    {'y': '1'}
    """
    where: dict[str, list[K]] = defaultdict(list)
    for name, members in groups.items():
        for member in set(members):
            where[member].append(name)
    pairs: list[tuple[Any, ...]] = []
    spelt: dict[K, tuple[str, ...]] = {}
    for old, members in before.items():
        shared = Counter(name for member in set(members) for name in where.get(member, ()))
        most = max(shared.values(), default=0)
        for name in (n for n, many in shared.items() if many == most):
            if name not in spelt:
                spelt[name] = tuple(sorted(set(groups[name])))
            size = len(spelt[name])
            pairs.append((-most, size, spelt[name], len(set(members)), age(old), str(name), old, name))
    kept: dict[K, str] = {}
    taken: set[str] = set()
    for *_, old, name in sorted(pairs, key=lambda pair: pair[:6]):
        if name not in kept and old not in taken:
            kept[name] = old
            taken.add(old)
    return kept


def age(name: str) -> tuple[int, str]:
    """By what ids that end in a number are put in order: `F-9` before `F-10`.

    >>> sorted(["F-10", "F-9"], key=age)
    ['F-9', 'F-10']
    """
    return len(name), name


def carried(
    before: Mapping[str, Group], groups: Mapping[K, Group], form: Callable[[int], str], used: int
) -> dict[K, str]:
    """An id for every group: the one that it keeps, or a new one.

    `form` writes the id of a number; numbers above `used` are free. New ids go to the groups in order of their members.
    """
    kept = heirs({old: group.ever for old, group in before.items()}, {n: g.ever for n, g in groups.items()})
    new = sorted((n for n in groups if n not in kept), key=lambda n: (sorted(groups[n].ever), str(n)))
    return kept | {name: form(used + nth) for nth, name in enumerate(new, start=1)}


def changes(
    before: Mapping[str, Group], after: Mapping[str, Group], why: Callable[[Change], str]
) -> tuple[Change, ...]:
    """What happened between two states of the same ids, in order of id; `why` says why of each.

    >>> was, now = {"1": Group(frozenset("abc"))}, {"1": Group(frozenset("ab")), "2": Group(frozenset("cd"))}
    >>> [(c.what, c.group, c.members, c.other) for c in changes(was, now, lambda change: "")]
    [('left', '1', ('c',), ''), ('split', '2', ('c', 'd'), '1')]
    """
    homes: dict[str, list[str]] = defaultdict(list)
    for name, group in after.items():
        for member in group.now:
            homes[member].append(name)
    origins: dict[str, list[str]] = defaultdict(list)
    for name, group in before.items():
        for member in group.now:
            origins[member].append(name)
    found: list[Change] = []
    nobody = Group(frozenset())
    for name in sorted({*before, *after}, key=age):
        old, new = before.get(name, nobody), after.get(name, nobody)
        once = old.once
        if name not in before and new.now:
            origin = _most(origins, new.now, name)
            found.append(_line("split" if origin else "made", name, new.now, origin))
        elif new.now:
            found.append(_line("left", name, old.now - new.now))
            found.append(_line("joined", name, new.now - old.now))
            once = once - new.now
        elif old.now:
            heir = _most(homes, old.now, name)
            found.append(_line("merged" if heir else "gone", name, old.now, heir))
        found.append(_line("was", name, new.once - once))
        found.append(_line("was not", name, once - new.once))
    return tuple(replace(one, because=why(one)) for one in found if one.members)


def _most(where: Mapping[str, list[str]], members: Collection[str], apart_from: str) -> str:
    """The other group with most of these members; of several, the oldest."""
    many = Counter(name for member in members for name in where.get(member, ()) if name != apart_from)
    return min(many, key=lambda name: (-many[name], age(name)), default="")


def _line(what: str, group: str, members: Collection[str], other: str = "") -> Change:
    return Change(what, group, tuple(sorted(members)), other)


def replayed(changes: Iterable[Change], start: Mapping[str, Group] | None = None) -> dict[str, Group]:
    """Every group as it stands after changes, one after the other. Raises `DataError` for a change of no known kind."""
    state = dict(start or {})
    for change in changes:
        group, members = state.get(change.group, Group(frozenset())), frozenset(change.members)
        now, once = group.now, group.once
        if change.what in ("made", "split"):
            now = members
        elif change.what == "joined":
            now, once = now | members, once - members
        elif change.what == "left":
            now = now - members
        elif change.what in ("merged", "gone"):
            now = frozenset()
        elif change.what == "was":
            once = once | members
        elif change.what == "was not":
            once = once - members
        else:
            raise DataError("a ledger of groups holds a line of a kind that this kit does not know. Use a later kit.")
        state[change.group] = Group(now, once)
    return state


class Lineage:
    """A ledger of groups: a file of JSON lines, one for each run, that is only added to."""

    def __init__(self, path: Path) -> None:
        """`path`: the file, which need not be there yet."""
        self.path = path
        self._log = SealedLog(path, PUBLIC)

    def runs(self) -> list[Run]:
        """Every run, oldest first. Raises `DataError` for a file that was changed, or is of a later kit."""
        found = []
        for line in self._log.read():
            if line.get("schema") != SCHEMA:
                raise DataError(
                    f"{shown(self.path)} has schema {line.get('schema')}, and this kit reads {SCHEMA}. Use the kit that wrote it."
                )
            told = tuple(Change(**{**one, "members": tuple(one["members"])}) for one in line["changes"])
            found.append(Run(str(line["run"]), told, line["notes"]))
        return found

    def add(self, run: Run) -> None:
        """Add a run, safe on the disk before this returns. A run that is its last line already is not added again."""
        if (before := self.runs()) and before[-1].run == run.run:
            return
        self._log.add(as_line(run))


def as_line(run: Run) -> dict[str, Any]:
    """A run as the ledger writes it."""
    told = [
        {"what": c.what, "group": c.group, "members": list(c.members), "other": c.other, "because": c.because}
        for c in run.changes
    ]
    return {"schema": SCHEMA, "run": run.run, "notes": dict(run.notes), "changes": told}


def from_line(line: Mapping[str, Any]) -> Run:
    """A run from what `as_line` gave."""
    told = tuple(Change(**{**one, "members": tuple(one["members"])}) for one in line["changes"])
    return Run(str(line["run"]), told, line["notes"])
