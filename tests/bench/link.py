"""How well and how fast records are joined into persons, against a truth that is known: what README.md beside it reports.

    python tests/bench/link.py accuracy                 invented families on seeds that nothing was chosen on; and fake_1000
    python tests/bench/link.py speed                    50,000 records: wall and CPU seconds, and the most memory
    python tests/bench/link.py curve                    the thresholds tried, on the seeds that they were chosen on

fake_1000 (Splink's own invented records, MIT) is looked for under `real/linkage` in the folder that FJ_EXTRA_DATA names.
Each share stands with its counts and its 95% interval (Wilson).
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import journeys as fj
from journeys.people import Links
from lib.limits import wilson
from tests.bench.make_people import people, records

CHOSEN_ON, MEASURED_ON = (1, 2), (101, 102, 103)
FAMILIES = 2_000
FOR_SPEED = 6_000
"""Families that give a little over 50,000 records."""

Pair = tuple[str, str]


def pairs_of(group: Mapping[str, Any]) -> set[Pair]:
    """Every pair of records that are of one group."""
    members: dict[Any, list[str]] = defaultdict(list)
    for record, of in sorted(group.items()):
        members[of].append(record)
    return {(a, b) for some in members.values() for i, a in enumerate(some) for b in some[i + 1 :]}


@dataclass
class Score:
    """What came of a linking: pairs joined and true, joined, true; questions asked and true; records."""

    right: int
    joined: int
    true: int
    asked: int
    asked_right: int
    records: int

    def __add__(self, other: Score) -> Score:
        mine, theirs = vars(self), vars(other)
        return Score(**{n: mine[n] + theirs[n] for n in mine})

    def lines(self) -> list[str]:
        """Precision, recall and the pile, each with its counts and its interval."""
        shares = (
            ("precision of what was joined", self.right, self.joined),
            ("recall of true pairs", self.right, self.true),
            ("questions to people, per record", self.asked, self.records),
            ("questions that were of one person", self.asked_right, self.asked),
        )
        return [said(name, k, n) for name, k, n in shares]


def said(name: str, k: int, n: int) -> str:
    """A share with its counts and its 95% interval."""
    if not n:
        return f"  {name}: none of none"
    low, high = wilson(k, n) or (0.0, 1.0)
    return f"  {name}: {k:,} of {n:,} = {k / n:.4f} ({low:.4f} to {high:.4f})"


def score(links: Links, truth: Mapping[str, Any]) -> Score:
    """What was joined against what is true: pairs of records in one person."""
    true, joined = (
        pairs_of(truth),
        pairs_of(dict(zip(links.persons["record_id"], links.persons["person"], strict=True))),
    )
    asks = links.asks
    asked_right = sum(truth[a] == truth[b] for a, b in zip(asks["record_a"], asks["record_b"], strict=True))
    return Score(len(true & joined), len(joined), len(true), len(asks), asked_right, len(truth))


def fake_1000(folder: Path, suppliers: int) -> tuple[pd.DataFrame, dict[str, str]]:
    """Splink's thousand invented records, dealt to so many suppliers, and whose each is. Their town is no address."""
    with open(folder / "real" / "linkage" / "fake_1000.csv", encoding="utf-8", newline="") as file:
        given = list(csv.DictReader(file))
    rows, truth = [], {}
    for row in given:
        record = f"supplier{int(row['unique_id']) % suppliers}:{row['unique_id']}"
        born = dt.date.fromisoformat(row["dob"]) if row["dob"] else None
        names = {
            "first_name": row["first_name"] or None,
            "last_name": row["surname"] or None,
            "email": row["email"] or None,
        }
        rows.append({"record_id": record, "date_of_birth": born, **names})
        truth[record] = row["cluster"]
    return pd.DataFrame(rows), truth


def invented(seeds: Iterable[int], families: int = FAMILIES) -> Score:
    """Invented families on these seeds, all together."""
    total = Score(0, 0, 0, 0, 0, 0)
    for seed in seeds:
        rows, truth = records(people(families, seed), seed)
        total += score(fj.link_people(pd.DataFrame(rows)), truth)
    return total


def accuracy() -> None:
    """Print how well."""
    total = invented(MEASURED_ON)
    print(f"invented families, seeds {MEASURED_ON}, {FAMILIES:,} families each, {total.records:,} records")
    print("\n".join(total.lines()))
    if extra := os.environ.get("FJ_EXTRA_DATA"):
        for suppliers in (1, 7):
            frame, truth = fake_1000(Path(extra), suppliers)
            links = fj.link_people(frame)
            print(f"fake_1000 as {suppliers} supplier{'s' if suppliers > 1 else ''}; {links.model['made_by']}")
            print("\n".join(score(links, truth).lines()))


def speed() -> None:
    """Print how fast, and with how much memory."""
    rows, truth = records(people(FOR_SPEED, 6), 6)
    frame = pd.DataFrame(rows)
    before, began, spent = _peak(), time.monotonic(), time.process_time()
    links = fj.link_people(frame)
    wall, cpu = time.monotonic() - began, time.process_time() - spent
    print(
        f"{len(frame):,} records: {wall:.0f} s wall, {cpu:.0f} s CPU, at most {_peak():,.0f} MB ({before:,.0f} MB before)"
    )
    print("\n".join(score(links, truth).lines()))


def _peak() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


def curve() -> None:
    """Print precision and recall at thresholds from loose to strict, on the seeds that they are chosen on."""
    from journeys.linkrules import load_link_rules

    rules = load_link_rules()
    made = [records(people(FAMILIES // 2, seed), seed) for seed in CHOSEN_ON]
    for same in (0.95, 0.99, 0.999):
        total = Score(0, 0, 0, 0, 0, 0)
        for rows, truth in made:
            changed = rules.__class__(
                **{**vars(rules), "thresholds": rules.thresholds.model_copy(update={"same": same})}
            )
            total += score(fj.link_people(pd.DataFrame(rows), rules=changed), truth)
        print(f"same from {same}")
        print("\n".join(total.lines()))


if __name__ == "__main__":
    {"accuracy": accuracy, "speed": speed, "curve": curve}[sys.argv[1] if len(sys.argv) > 1 else "accuracy"]()
