"""Groups over time against networkx, day by day, and ids that change only where the ledger says so."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import networkx as nx
import pytest

from lib.errors import DataError
from lib.lineage import Change, Group, Lineage, Run, carried, changes, heirs, replayed
from lib.overtime import groups


def random_joins(rng: random.Random, nodes: int, edges: int, days: int) -> list[tuple[str, str, int, int]]:
    found = []
    for _ in range(edges):
        a, b = rng.sample(range(nodes), 2)
        start = rng.randrange(days) if days > 1 else 0
        found.append((f"n{a}", f"n{b}", start, start + rng.randint(1, days)))
    return found


def slow(joins: list[tuple[str, str, int, int]], day: int, most: int, never: set[frozenset[str]]):
    """The components of one day, and those that may not stand, by networkx."""
    graph = nx.Graph([(a, b) for a, b, start, end in joins if start <= day < end])
    parts = [frozenset(part) for part in nx.connected_components(graph)]
    bad = [p for p in parts if len(p) > most or any(pair <= p for pair in never)]
    return {p for p in parts if p not in bad}, frozenset().union(*bad)


@pytest.mark.parametrize("seed", range(200))
def test_five_hundred_nodes_give_the_components_of_networkx(seed: int) -> None:
    rng = random.Random(seed)
    joins = random_joins(rng, 500, rng.randint(50, 450), 1)
    found = groups(joins, most=15)
    made = defaultdict(set)
    for spell in found.spells:
        assert (spell.start, spell.end) == (0, 1)
        made[spell.group].add(spell.member)
    whole, bad = slow(joins, 0, 15, set())
    assert {frozenset(some) for some in made.values()} == whole
    assert {spell.member for spell in found.held} == bad


@pytest.mark.parametrize("seed", range(40))
def test_on_each_day_the_groups_are_that_days_components(seed: int) -> None:
    rng = random.Random(1_000 + seed)
    joins = random_joins(rng, 24, 40, 12)
    never = {frozenset(rng.sample([f"n{i}" for i in range(24)], 2)) for _ in range(rng.randint(0, 3))}
    found = groups(joins, most=7, never=never)
    mixed = rng.sample(joins, len(joins))
    assert groups([(b, a, s, e) for a, b, s, e in mixed], most=7, never=never) == found
    for day in range(26):
        whole, bad = slow(joins, day, 7, never)
        made = defaultdict(set)
        for spell in found.spells:
            if spell.start <= day < spell.end:
                made[spell.group].add(spell.member)
        assert {frozenset(some) for some in made.values()} == whole
        assert {s.member for s in found.held if s.start <= day < s.end} == bad


def test_a_group_that_somebody_leaves_stays_and_the_leaver_is_in_one_group_at_a_time() -> None:
    found = groups([("p", "q", 0, 5), ("q", "r", 0, 9), ("s", "t", 0, 9), ("p", "s", 5, 9)], most=9)
    days = {(s.member, s.group, s.start, s.end) for s in found.spells}
    assert days == {("p", 1, 0, 5), ("q", 1, 0, 9), ("r", 1, 0, 9), ("s", 2, 0, 9), ("t", 2, 0, 9), ("p", 2, 5, 9)}


def test_people_who_part_and_come_together_again_are_the_same_group() -> None:
    found = groups([("a", "b", 0, 3), ("a", "b", 6, 9)], most=9)
    assert [(s.group, s.member, s.start, s.end) for s in found.spells] == [
        (1, "a", 0, 3),
        (1, "a", 6, 9),
        (1, "b", 0, 3),
        (1, "b", 6, 9),
    ]


# Ids


def named(state: dict[str, Group], parts: list[frozenset[str]], used: int) -> dict[str, Group]:
    ids = carried(state, {str(n): Group(part) for n, part in enumerate(parts)}, lambda n: f"G-{n}", used)
    return {ids[str(n)]: Group(part) for n, part in enumerate(parts)}


def some_parts(rng: random.Random, people: list[str], before: list[frozenset[str]]) -> list[frozenset[str]]:
    """Groups somewhat like those before: people move, groups part and come together, people come and go."""
    where = {p: n for n, part in enumerate(before) for p in part}
    for person in people:
        if person not in where or rng.random() < 0.15:
            where[person] = rng.randrange(12)
        if rng.random() < 0.05:
            where.pop(person, None)
    made = defaultdict(set)
    for person, n in where.items():
        made[n].add(person)
    return [frozenset(part) for part in made.values()]


@pytest.mark.parametrize("seed", range(60))
def test_ids_change_only_where_a_line_says_so_and_the_lines_give_the_groups_again(seed: int) -> None:
    rng = random.Random(seed)
    people = [f"p{n:02}" for n in range(30)]
    state: dict[str, Group] = {}
    ledger: list[Change] = []
    parts: list[frozenset[str]] = []
    ever: set[str] = set()
    for _ in range(8):
        parts = some_parts(rng, people, parts)
        used = max((int(name[2:]) for name in ever), default=0)
        after = named(state, parts, used)
        assert named(state, rng.sample(parts, len(parts)), used) == after
        fresh = set(after) - set(state)
        assert not fresh & ever, "an id that was used is never given again"
        told = changes(state, after, lambda change: "a reason")
        ledger += told
        ever |= fresh
        was = {p: name for name, group in state.items() for p in group.now}
        now = {p: name for name, group in after.items() for p in group.now}
        moved = {p for p in was.keys() | now.keys() if was.get(p) != now.get(p)}
        assert moved == {p for change in told for p in change.members}
        assert {n: g.now for n, g in replayed(ledger).items() if g.now} == {n: g.now for n, g in after.items()}
        for name, group in after.items():
            if name in state:
                held = len(group.now & state[name].now)
                assert held == max(len(other.now & state[name].now) for other in after.values())
        state = after
        assert not changes(state, named(state, parts, 999), str), "the same groups again change nothing"


@pytest.mark.parametrize("seed", range(40))
def test_groups_that_share_members_and_have_a_past_keep_their_ids_and_replay_whole(seed: int) -> None:
    rng = random.Random(seed)
    people = [f"p{n}" for n in range(12)]

    def groups_now() -> list[Group]:
        found = {}
        for _ in range(rng.randint(1, 6)):
            ever = frozenset(rng.sample(people, rng.randint(1, 6)))
            found[ever] = Group(frozenset(p for p in ever if rng.random() < 0.7))
            found[ever] = Group(found[ever].now, ever - found[ever].now)
        return list(found.values())

    state: dict[str, Group] = {}
    ledger: list[Change] = []
    used = 0
    for _ in range(6):
        some = groups_now()
        ids = carried(state, dict(enumerate(some)), lambda n: f"{n}", used)
        used = max(used, *map(int, ids.values()))
        after = {ids[n]: group for n, group in enumerate(some)}
        ledger += changes(state, after, lambda change: "")
        live = {n: g for n, g in replayed(ledger).items() if g.ever}
        assert live == after
        again = carried(after, dict(enumerate(some)), lambda n: "new", 0)
        assert [again[n] for n in range(len(some))] == [ids[n] for n in range(len(some))]
        state = after


def test_of_two_halves_the_one_that_is_first_in_order_keeps_the_id_and_no_order_matters() -> None:
    for groups_ in ({"x": "ab", "y": "cd"}, {"y": "cd", "x": "ba"}):
        assert heirs({"1": "abcd"}, groups_) == {"x": "1"}


def test_one_more_than_half_decides_and_not_the_order_of_names() -> None:
    assert heirs({"1": "abc"}, {"x": "a", "y": "bc"}) == {"y": "1"}


def test_a_ledger_that_was_changed_is_told_and_one_of_a_later_kit_is_not_read(tmp_path: Path) -> None:
    ledger = Lineage(tmp_path / "ledger.jsonl")
    run = Run("1", (Change("made", "F-1", ("a", "b"), "", "same household"),), {"n": 1})
    ledger.add(run)
    ledger.add(run)
    assert ledger.runs() == [run]
    ledger.path.write_text(ledger.path.read_text().replace('"b"', '"c"'))
    with pytest.raises(DataError, match="line 1 is not as it was written"):
        ledger.runs()


def test_who_comes_back_has_joined_and_nothing_more_is_said_of_the_past() -> None:
    before = {"1": Group(frozenset("ab"), frozenset("c"))}
    told = changes(before, {"1": Group(frozenset("abc"))}, lambda change: "")
    assert [(c.what, c.members) for c in told] == [("joined", ("c",))]
