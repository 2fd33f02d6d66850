"""People into families, by date, from declared evidence: who is in which family, from when to when, and because of what.

On any day a family is what the evidence of that day joins. A child whose homes are two (parents who live apart, or a
home with somebody else) is in both families, and says so. What comes out too large is held for a person to look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from journeys.columns import SEPARATED
from journeys.evidence import Evidence, Pair, overlaps, union, without
from journeys.families import ALWAYS, STILL
from journeys.kinrules import Kinship
from lib.lineage import Group
from lib.overtime import Groups, Join, Spell, groups

BY_HAND = "decided by hand"
ALONE = "nobody else is known to belong"
TOGETHER = "decided"
"""The shape of a pair whom a person decided to be one family."""

PARTED = "\x1f"
"""Stands in the name of a child's place in a family other than where it lives, which joins that family to nobody."""

_AWAY = -1
_CROWDED = 0


@dataclass(frozen=True)
class Member:
    """A person in a family, from the first day in to the first day out, and because of what."""

    family: str
    person: str
    start: int
    end: int
    because: str = ""


@dataclass(frozen=True)
class Because:
    """One piece of the evidence that made a family: two of its people, and what joins them, from when to when."""

    family: str
    a: str
    b: str
    because: str
    start: int
    end: int


@dataclass(frozen=True)
class Families:
    """Families as the evidence has them, numbered from 1 as text; and who was held for a person to look at."""

    members: tuple[Member, ...]
    held: tuple[Spell, ...]


def find_families(
    evidence: Evidence,
    rules: Kinship,
    together: Iterable[tuple[str, str]] = (),
    never: Collection[frozenset[str]] = (),
) -> Families:
    """Who is in which family, from when to when.

    `together` and `never`: pairs of people whom a person decided to be one family, or never one. Families are numbered as
    text, in an order of their own; the order of the evidence never matters. `because` of each member says what joins it
    to the others; a child in two families at once has two rows with `columns.SEPARATED`, and the rest of its time apart.
    """
    apart = set(never)
    pairs = [p for p in (*evidence.pairs, *_decided(together)) if frozenset((p.a, p.b)) not in apart]
    roof: list[Join] = [(p.a, p.b, p.start, p.end) for p in pairs if p.shape != "parent"]
    homes = groups(roof, rules.most_in_family, never)
    of_parents = list(_of_parents(pairs, homes))
    there = _there(evidence, of_parents) if rules.alone else []
    found = groups((*roof, *of_parents, *there), rules.most_in_family, never, _person)
    held = tuple(
        sorted({Spell(0, _person(s.member), s.start, s.end) for s in found.held}, key=lambda s: (s.member, s.start))
    )
    placed = {s.member for s in (*found.spells, *held)}
    members = [Member(str(s.group), s.member, s.start, s.end) for s in found.spells]
    if rules.alone:
        last = max((s.group for s in found.spells), default=0)
        alone = [one for one in evidence.people if one not in placed]
        members += [Member(str(last + nth), one, ALWAYS, STILL, ALONE) for nth, one in enumerate(alone, start=1)]
    return Families(tuple(members), held)


def _there(evidence: Evidence, of_parents: Iterable[Join]) -> list[Join]:
    """Everybody on the days of their records, joined to nobody: a family of one where a family left somebody behind.

    A child whom two homes take in is in theirs, and in none of its own.
    """
    away: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for _, node, start, end in of_parents:
        if PARTED in node:
            away[_person(node)].append((start, end))
    return [
        (one, one, start, end)
        for one, spans in evidence.alive.items()
        for start, end in without(spans, away.get(one, ()))
    ]


def _decided(together: Iterable[tuple[str, str]]) -> list[Pair]:
    return [Pair(min(pair), max(pair), TOGETHER, ALWAYS, STILL) for pair in together]


def _person(node: str) -> str:
    return node.partition(PARTED)[0]


# Parents and children


def _of_parents(pairs: Iterable[Pair], homes: Groups) -> Iterable[Join]:
    """What parents and children add: one home joins; of two or more, each takes the child in and is joined to none."""
    of: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.shape == "parent":
            of[pair.b].append(pair)
    where: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for s in homes.spells:
        where[s.member].append((s.start, s.end, s.group))
    for s in homes.held:
        where[s.member].append((s.start, s.end, _CROWDED))
    for child, theirs in of.items():
        people = {child, *(p.a for p in theirs)}
        cuts = {day for p in theirs for day in (p.start, p.end)}
        cuts |= {day for person in people for start, end, _ in where.get(person, ()) for day in (start, end)}
        days = sorted(cuts)
        for start, end in pairwise(days):
            parents = sorted({p.a for p in theirs if p.start <= start and end <= p.end})
            yield from _on_days(child, parents, where, start, end)


def _on_days(
    child: str, parents: Sequence[str], where: Mapping[str, list[tuple[int, int, int]]], start: int, end: int
) -> Iterable[Join]:
    def home(person: str) -> tuple[int, str]:
        at = next((group for a, b, group in where.get(person, ()) if a <= start and end <= b), _AWAY)
        return (at, "") if at != _AWAY else (at, person)

    own = home(child)
    theirs: dict[tuple[int, str], str] = {}
    for parent in parents:
        theirs.setdefault(home(parent), parent)
    every = {*theirs, *({own} if own[0] != _AWAY else ())}
    if len(every) == 1 and own not in every:
        yield from ((parent, child, start, end) for parent in parents)
    elif len(every) > 1:
        yield from ((parent, f"{child}{PARTED}{parent}", start, end) for at, parent in theirs.items() if at != own)


# What is said of each membership


def explained(
    members: Iterable[Member], evidence: Evidence, rules: Kinship, together: Iterable[tuple[str, str]] = ()
) -> tuple[list[Member], list[Because]]:
    """Each membership with what joins it to the others of its family; and every piece of that evidence.

    A member who is in two families over the same days says `columns.SEPARATED` in both for those days.
    """
    says = {kind.shape: kind.says for kind in rules.kinds.values()} | {TOGETHER: BY_HAND}
    order = {said: n for n, said in enumerate(says.values())}
    of: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        of[member.person].append(member)
    why: dict[Member, set[str]] = defaultdict(set)
    pieces: set[Because] = set()
    for pair in (*evidence.pairs, *_decided(together)):
        for a in of.get(pair.a, ()):
            for b in of.get(pair.b, ()):
                if a.family == b.family:
                    both = overlaps([(a.start, a.end)], [(b.start, b.end)])
                    for start, end in overlaps(both, [(pair.start, pair.end)]):
                        why[a].add(says[pair.shape])
                        why[b].add(says[pair.shape])
                        pieces.add(Because(a.family, pair.a, pair.b, says[pair.shape], start, end))
    told: list[Member] = []
    for theirs in of.values():
        for member in theirs:
            because = member.because or "; ".join(sorted(why[member], key=lambda said: order[said])) or ALONE
            told += _parted(member, because, theirs)
    by_days = sorted(pieces, key=lambda p: (p.family, p.a, p.b, p.because, p.start))
    return sorted(told, key=lambda m: (m.person, m.start, m.family, m.end)), by_days


def _parted(member: Member, because: str, theirs: Sequence[Member]) -> Iterable[Member]:
    """A membership, the days on which its person is in another family too apart from the rest."""
    others = [(m.start, m.end) for m in theirs if m.family != member.family]
    shared = overlaps([(member.start, member.end)], union(others))
    day = member.start
    for start, end in shared:
        if day < start:
            yield Member(member.family, member.person, day, start, because)
        yield Member(member.family, member.person, start, end, SEPARATED)
        day = end
    if day < member.end:
        yield Member(member.family, member.person, day, member.end, because)


def as_groups(members: Iterable[Member]) -> dict[str, Group]:
    """Who is in each family still, and who was once."""
    now: dict[str, set[str]] = defaultdict(set)
    ever: dict[str, set[str]] = defaultdict(set)
    for member in members:
        ever[member.family].add(member.person)
        if member.end == STILL:
            now[member.family].add(member.person)
    return {family: Group(frozenset(now[family]), frozenset(people - now[family])) for family, people in ever.items()}


def placed(members: Iterable[Member], by_hand: Sequence[Member]) -> list[Member]:
    """Memberships with those that a person decided: over the days decided on, theirs alone stand for that person."""
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in by_hand:
        taken[one.person].append((one.start, one.end))
    kept: list[Member] = list(by_hand)
    for member in members:
        day = member.start
        for start, end in union(taken.get(member.person, ())):
            if day < start < member.end:
                kept.append(Member(member.family, member.person, day, min(start, member.end), member.because))
            day = max(day, end)
        if day < member.end:
            kept.append(Member(member.family, member.person, day, member.end, member.because))
    return kept
