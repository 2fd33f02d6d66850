"""Records joined into persons, checked pair by pair by a slow and obvious second way; and how well, on a small scale.

The whole measurement, with its intervals, is `tests/bench/link.py`; this one fails where something is badly wrong.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import defaultdict
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys.linkrules import load_link_rules
from lib.identifiers import is_nhs_number
from lib.joining import Link, join, parts
from lib.limits import wilson
from tests.bench.link import pairs_of, score
from tests.bench.make_people import people, records

SEED = 207
WRONG = {dt.date(1900, 1, 1)}


@pytest.fixture(scope="module")
def made() -> Any:
    """Invented families, some pairs decided on at random and some never to be joined; and what was linked."""
    rows, truth = records(people(110, SEED), SEED)
    draw = random.Random(SEED)
    true = sorted(pairs_of(truth))
    others = [tuple(sorted(draw.sample(sorted(truth), 2))) for _ in range(40)]
    decisions = [
        {"record_a": a, "record_b": b, "decision": draw.choice(["same", "not", "cannot tell"]), "decided_by": "lead",
         "decided_on": dt.date(2026, 1, draw.randrange(1, 29))}
        for a, b in [*draw.sample(true, 40), *others[:20]]
    ]  # fmt: skip
    never = [*draw.sample(true, 10), *others[20:]]
    return rows, decisions, never, fj.link_people(pd.DataFrame(rows), decisions, never)


@pytest.fixture(scope="module")
def plain() -> Any:
    """Other invented families, with nothing decided."""
    rows, truth = records(people(110, SEED + 1), SEED + 1)
    return rows, truth, fj.link_people(pd.DataFrame(rows))


def groups(links: Any) -> list[list[str]]:
    found = defaultdict(list)
    for record, person in zip(links.persons["record_id"], links.persons["person"], strict=True):
        found[person].append(record)
    assert all(person == min(some) for person, some in found.items())
    return list(found.values())


def apart(a: dt.date, b: dt.date) -> bool:
    """Two birth dates that are no typing error: more than one figure apart, and not day and month turned."""
    one, two = f"{a:%Y%m%d}", f"{b:%Y%m%d}"
    swaps = {one[:n] + one[n + 1] + one[n] + one[n + 2 :] for n in range(7)}
    return sum(x != y for x, y in zip(one, two, strict=True)) > 1 and two not in swaps | {one[:4] + one[6:] + one[4:6]}


def test_every_record_is_in_one_person_and_none_is_lost(made: Any):
    rows, _, _, links = made
    assert sorted(r["record_id"] for r in rows) == links.persons["record_id"].tolist()
    assert max(map(len, groups(links))) <= load_link_rules().caps.one_person


def test_no_person_holds_a_pair_that_is_kept_apart(made: Any):
    _, decisions, never, links = made
    said: dict[tuple[str, str], Any] = {}
    for d in sorted(decisions, key=lambda d: d["decided_on"]):
        said[tuple(sorted((d["record_a"], d["record_b"])))] = d["decision"]
    refused = {tuple(sorted(p)) for p in never} | {p for p, word in said.items() if word == "not"}
    refused |= set(map(tuple, links.pairs[links.pairs["outcome"] == "not"][["record_a", "record_b"]].values))
    inside = {pair for some in groups(links) for pair in itertools.combinations(sorted(some), 2)}
    assert not inside & refused
    same = {p for p, word in said.items() if word == "same"} - {tuple(sorted(p)) for p in never}
    assert len(same & inside) > 15


def test_no_person_holds_two_birth_dates_or_two_valid_numbers(plain: Any):
    rows, _, links = plain
    by_id = {r["record_id"]: r for r in rows}
    bearers = defaultdict(set)
    for row in rows:
        bearers[row["nhs_number"]].add((row["first_name"], row["date_of_birth"]))
    for some in groups(links):
        for a, b in itertools.combinations([by_id[r] for r in some], 2):
            days = [r["date_of_birth"] for r in (a, b)]
            if None not in days and not WRONG & set(days):
                assert not apart(*days)
            numbers = {r["nhs_number"] for r in (a, b) if r["nhs_number"] and is_nhs_number(r["nhs_number"])}
            assert len({n for n in numbers if len(bearers[n]) == 1}) <= 1


def test_links_are_true_and_most_are_found(plain: Any):
    _, truth, links = plain
    found = score(links, truth)
    low, _ = wilson(found.right, found.joined) or (0, 0)
    assert low >= 0.99, found.lines()
    assert found.right / found.true >= 0.8, found.lines()
    assert found.asked / found.records <= 0.08, found.lines()


def test_an_earlier_model_gives_the_same_weights_again(plain: Any):
    rows, _, links = plain
    again = fj.link_people(pd.DataFrame(rows), model=links.model)
    assert again.persons.equals(links.persons)
    assert (again.pairs["match_weight"] - links.pairs["match_weight"]).abs().max() < 1e-3


@pytest.mark.parametrize("seed", range(60))
def test_joining_agrees_with_trying_every_link_in_turn(seed: int):
    draw = random.Random(seed)
    n, most = 12, draw.choice([3, 5, 12])
    strengths = draw.sample(range(100), 20)
    links = {Link((float(s),), *sorted(draw.sample(range(n), 2))) for s in strengths}
    kept = {tuple(sorted(draw.sample(range(n), 2))) for _ in range(draw.randrange(8))}
    aside: dict[int, set[int]] = defaultdict(set)
    for a, b in kept:
        aside[a].add(b)
        aside[b].add(a)
    group, refused = join(n, links, *draw.sample([aside, {}], 2), most)

    taken: list[Link] = []
    for link in sorted(links, key=lambda k: -k.strength[0]):
        pieces = parts(range(n), [(k.a, k.b) for k in [*taken, link]])
        if not any(len(p) > most or any(a in p and b in p for a, b in kept) for p in pieces):
            taken.append(link)
    assert refused == links - set(taken)
    assert group == [min(p) for t in range(n) for p in parts(range(n), [(k.a, k.b) for k in taken]) if t in p]
