"""Families from random records, against a slow count of each day; and their ids, one extract after another."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest

from journeys import linking
from journeys.columns import SEPARATED
from journeys.kinrules import load_kinship
from journeys.linkfiles import ledgers
from journeys.linking import link
from journeys.linkpeople import People
from journeys.sources import RULES, open_folder
from lib.lineage import replayed
from tests.properties.folders import folder_of_logs

COLUMNS = (
    *("record_id", "last_name", "date_of_birth", "postcode", "address", "uprn", "household_id", "parent_ids"),
    *("from_date", "to_date", "confidential"),
)
START = dt.date(2020, 1, 1)
DAYS = range(-1, 40)


def some_records(rng: random.Random, people: int) -> list[dict[str, Any]]:
    """Records of people who move, have parents, share hostels, and of whom some are confidential."""
    made = []
    for n in range(people):
        for _ in range(rng.randint(1, 2)):
            start = rng.choice([None, rng.randrange(30)])
            end = rng.choice([None, (start or 0) + rng.randint(1, 15)])
            parents = [f"s:{rng.randrange(people)}" for _ in range(rng.choice([0, 0, 1, 2]))]
            made.append(
                {
                    "record_id": f"s:{n}",
                    "last_name": rng.choice(["Hill", "Dale", "unknown", ""]),
                    "date_of_birth": None,
                    "postcode": rng.choice(["PO1 2AB", ""]),
                    "address": rng.choice(["1 High St", "2 High St", "3 High St", "no fixed abode", ""]),
                    "uprn": rng.choice(["", "100", "101", "102", "0"]),
                    "household_id": rng.choice(
                        ["", "s:", "s:0", *(f"s:h{rng.randrange(people // 2)}" for _ in range(4))]
                    ),
                    "parent_ids": tuple(parents),
                    "from_date": None if start is None else START + dt.timedelta(start),
                    "to_date": None if end is None else START + dt.timedelta(end),
                    "confidential": rng.random() < 0.1,
                }
            )
    return made


def folder(root: Path, kinship: str = "") -> Path:
    rows = [{"contact_id": "1", "person_id": "0", "date": "2020-01-05", "activity": "visit", "agency": "school"}]
    folder_of_logs(root, {"s.csv": rows})
    (root / "rules").mkdir()
    (root / "rules" / "kinship.yml").write_text(kinship or "version: ours\n")
    return root


def run(
    root: Path, rows: list[dict[str, Any]], patch: pytest.MonkeyPatch, persons: dict[str, str] | None = None
) -> Any:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    people = People(frame, persons or {row["record_id"]: row["record_id"] for row in rows})
    patch.setattr(linking, "read_people", lambda folder: people)
    return link(root)


def members(root: Path) -> list[dict[str, str]]:
    with open(root / "members.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def holds(row: Any, day: int, start: str = "from_date", end: str = "to_date") -> bool:
    on = START + dt.timedelta(day)
    return (not row[start] or str(row[start]) <= str(on)) and (not row[end] or str(on) < str(row[end]))


def slow_roofs(rows: list[dict[str, Any]], day: int, most: int) -> nx.Graph:
    """Who lives with whom on a day, by households and addresses: plain loops over all rows."""
    hidden = {row["record_id"] for row in rows if row["confidential"]}
    names: dict[str, set[str]] = defaultdict(set)
    keys: dict[str, set[str]] = defaultdict(set)
    now: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["last_name"] not in ("", "unknown"):
            names[row["record_id"]].add(row["last_name"])
        found = []
        if row["household_id"] not in ("", "s:", "s:0"):
            found.append("household " + row["household_id"])
        if row["uprn"] not in ("", "0"):
            found.append("uprn " + row["uprn"])
        if row["postcode"] and row["address"] not in ("", "no fixed abode"):
            found.append("place " + row["address"])
        for key in found:
            keys[key].add(row["record_id"])
            if holds(row, day):
                now[key].add(row["record_id"])
    graph = nx.Graph()
    for key, people in now.items():
        if len(keys[key]) <= most:
            for a, b in combinations(sorted(people - hidden), 2):
                if key.startswith("household") or names[a] & names[b]:
                    graph.add_edge(a, b)
    return graph


def slow_families(rows: list[dict[str, Any]], day: int, most: int, large: int) -> tuple[set[frozenset[str]], set[str]]:
    """The families of two or more on a day, and who is held: parents and children by hand, child by child."""
    roofs = slow_roofs(rows, day, most)
    known = {row["record_id"] for row in rows}
    parents: dict[str, set[str]] = defaultdict(set)
    spans = {p: [r for r in rows if r["record_id"] == p] for p in known}

    def around(person: str) -> bool:
        return any(not r["from_date"] or r["from_date"] <= START + dt.timedelta(day) for r in spans[person]) and any(
            not r["to_date"] or START + dt.timedelta(day) < r["to_date"] for r in spans[person]
        )

    for row in rows:
        if holds(row, day):
            for parent in row["parent_ids"]:
                if parent in known and parent != row["record_id"] and around(parent):
                    parents[row["record_id"]].add(parent)
    crowded = {p for part in nx.connected_components(roofs) if len(part) > large for p in part}

    def home(person: str) -> object:
        if person in crowded:
            return "crowded"
        return frozenset(nx.node_connected_component(roofs, person)) if person in roofs else person

    graph = roofs.copy()
    for child, theirs in sorted(parents.items()):
        own = home(child)
        every = {home(p) for p in theirs} | (set() if own == child else {own})
        if len(every) == 1 and own == child:
            graph.add_edges_from((child, p) for p in theirs)
        elif len(every) > 1:
            for place in every - {own}:
                graph.add_edge(min(p for p in theirs if home(p) == place), (child, place))
    parts = [frozenset(n[0] if isinstance(n, tuple) else n for n in part) for part in nx.connected_components(graph)]
    held = {p for part in parts if len(part) > large for p in part}
    return {part for part in parts if 1 < len(part) <= large}, held


@pytest.mark.parametrize("seed", range(24))
def test_the_families_of_each_day_are_those_of_a_slow_count(seed: int, tmp_path: Path, monkeypatch) -> None:
    rng = random.Random(seed)
    rows = some_records(rng, rng.choice([6, 12, 20]))
    most, large = rng.choice([3, 6]), rng.choice([5, 8])
    own = f"most_in_family: {large}\nends_with_next: false\nkinship: {{household: {{most: {most}}}, address: {{most: {most}}}}}\n"
    done = run(folder(tmp_path / "data", own), rows, monkeypatch)
    person = {own: record for record, own in done.found.persons.items()}
    written = members(tmp_path / "data")
    for day in DAYS:
        found: dict[str, set[str]] = defaultdict(set)
        for row in written:
            if holds(row, day, "from", "to"):
                found[row["family_id"]].add(person[row["person_id"]])
        families, held = slow_families(rows, day, most, large)
        assert {frozenset(some) for some in found.values() if len(some) > 1} == families, day
        number = (START - dt.date(1970, 1, 1)).days + day
        assert {person[s.member] for s in done.found.families.held if s.start <= number < s.end} == held, day
        for who in {p for some in found.values() for p in some}:
            homes = [family for family, some in found.items() if who in some]
            said = {r["because"] for r in written if person[r["person_id"]] == who and holds(r, day, "from", "to")}
            assert (said == {SEPARATED}) == (len(homes) > 1)


def test_the_kits_own_limits_are_fifteen() -> None:
    rules = load_kinship([RULES / "kinship.yml"])
    assert (rules.most_in_family, rules.of("household").most, rules.of("address").most) == (15, 15, 15)


def later(rng: random.Random, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A later extract: some rows changed, some gone, some new people."""
    kept = [row for row in rows if rng.random() > 0.08]
    fresh = {row["record_id"]: row for row in some_records(rng, 16)}
    return [fresh.get(row["record_id"], row) if rng.random() < 0.2 else row for row in kept] + [
        row | {"record_id": f"t:{rng.randrange(9)}"} for row in rng.sample(list(fresh.values()), 2)
    ]


@pytest.mark.parametrize("seed", range(12))
def test_a_later_extract_changes_no_family_id_without_a_line_and_the_lines_give_all_of_it_again(
    seed: int, tmp_path: Path, monkeypatch
) -> None:
    rng = random.Random(seed)
    root, rows = folder(tmp_path / "data"), some_records(rng, 14)
    before: set[tuple[str, str]] = set()
    gone: set[str] = set()
    for _ in range(5):
        labels = {row["record_id"]: rng.choice([row["record_id"], f"one{rng.randrange(6)}"]) for row in rows}
        done = run(root, rows, monkeypatch, labels)
        after = {(row["person_id"], row["family_id"]) for row in members(root)}
        told = {(person, c.group) for c in done.found.of_families for person in c.members}
        assert before ^ after <= told
        people, families = (replayed(c for r in one.runs() for c in r.changes) for one in ledgers(open_folder(root)))
        assert {(p, name) for name, group in families.items() for p in group.ever} == after
        assert {record: name for name, group in people.items() for record in group.now} == done.found.persons
        assert not {family for _, family in after} & gone
        gone |= {family for _, family in before} - {family for _, family in after}
        assert all(c.because for c in (*done.found.of_persons, *done.found.of_families))
        content = {p.name: p.read_bytes() for p in root.rglob("*.csv")}
        assert not run(root, rng.sample(rows, len(rows)), monkeypatch, labels).is_written
        assert {p.name: p.read_bytes() for p in root.rglob("*.csv")} == content
        before, rows = after, later(rng, rows)
