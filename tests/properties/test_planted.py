"""What was planted in invented folders is found, all of it, and nothing else, on seeds that nobody tuned anything to."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys import measures
from journeys.checks import full_account
from journeys.columns import TABLES
from journeys.sample import Planted, make
from lib.engine import Table

SEEDS = range(5000, 5050)
ACCOUNT = ("read", "accepted", "set_aside", "collapsed", "in_no_family")


def plain(value: Any) -> Any:
    """A cell of a frame as the planted answers write it."""
    if isinstance(value, list):
        return value
    if value is None or pd.isna(value):
        return None
    return value.date() if isinstance(value, (pd.Timestamp, dt.datetime)) else value


def found_firings(firings: Table) -> list[tuple[Any, ...]]:
    found = []
    for row in firings.df().itertuples():
        answered = plain(row.answered_on)
        state = "answered" if answered else "open" if row.is_open else "not answered"
        days = (plain(row.fired_on), plain(row.known_on))
        found.append((row.trigger, row.family_id, *days, tuple(sorted(row.evidence)), row.certainty, state, answered))
    return sorted(found, key=str)


def planted_firings(planted: Planted) -> list[tuple[Any, ...]]:
    names = ("trigger", "family_id", "fired_on", "known_on")
    return sorted(
        (
            (*(f[n] for n in names), tuple(sorted(f["evidence"])), f["certainty"], f["state"], f["answered_on"])
            for f in planted.firings
        ),
        key=str,
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_all_that_was_planted_is_found(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "sample"
    planted = make(folder, families=8, comparison=1, seed=seed)
    contacts = fj.read_contacts(folder)
    everyone = planted.reviewed + planted.comparison
    review = fj.build_journeys(
        contacts, fj.read_members(folder), start=planted.start, end=planted.end, families=everyone
    )

    account = full_account(contacts.owner).set_index("file")
    assert {f: {term: int(row[term]) for term in ACCOUNT} for f, row in account.iterrows()} == planted.account

    named = {f["trigger"] for f in [*planted.firings, *planted.open_silences]}
    named |= {d["must_not"] for d in planted.decoys} - {"handover"}
    firings = fj.find_triggers(review, only=sorted(named))
    found = found_firings(firings)
    assert found == planted_firings(planted)
    waiting = firings.owner.open_silences
    assert {(r.trigger, r.family_id, r.due_on, *r.evidence) for r in waiting.itertuples()} == {
        (s["trigger"], s["family_id"], s["due_on"], *s["evidence"]) for s in planted.open_silences
    }

    columns = [c.name for c in TABLES["handovers"]]
    handovers = [tuple(plain(v) for v in row) for row in fj.handovers(review).df()[columns].itertuples(index=False)]
    assert sorted(handovers, key=str) == sorted((tuple(h[c] for c in columns) for h in planted.handovers), key=str)

    families = measures.families(review).set_index("family_id")
    assert families["agencies"].to_dict() == planted.agencies
    assert families["professionals"].to_dict() == planted.professionals
    assert families["professional_unknown"].to_dict() == planted.unnamed
    for family, contacts_of in planted.contacts.items():
        assert families.loc[family, "contacts"] == contacts_of + planted.marks[family]
    switched = measures.switches(review).set_index("family_id")["switches"]
    for family, number in planted.switches.items():
        assert switched[family] == number

    fired = {(t, f): set() for t, f, *_ in planted_firings(planted)}
    for trigger, family, _, _, evidence, *_ in found:
        fired.setdefault((trigger, family), set()).update(evidence)
    shown = {h[columns.index("shown_by")] for h in handovers}
    assert planted.decoys
    for decoy in planted.decoys:
        if decoy["must_not"] == "handover":
            assert not shown & set(decoy["contacts"]), decoy["name"]
        else:
            assert not fired.get((decoy["must_not"], decoy["family_id"]), set()) >= set(decoy["contacts"]), decoy[
                "name"
            ]
