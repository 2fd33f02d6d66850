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

FOLDERS = [*((seed, 1) for seed in range(5000, 5050)), (5050, 60), (5051, 60)]
"""Seeds, and how many comparison families: in those after the fortieth an early sign is planted."""
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


FACTS = {
    "low mood": "low_mood",
    "homeless": "losing_the_home",
    "domestic abuse": "violence_at_home",
    "absent from school": "missing_school",
}
"""What the planter calls a fact, and what the kit's rules call it."""


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "comparison"), FOLDERS)
def test_all_that_was_planted_is_found(tmp_path: Path, seed: int, comparison: int) -> None:
    folder = tmp_path / "sample"
    planted = make(folder, families=8, comparison=comparison, seed=seed)
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

    known = fj.who_knew_what(review).df()
    knew = {(k.family_id, k.fact, k.agency): k for k in known.itertuples()}
    assert {FACTS[k["fact"]] for k in planted.known} == set(FACTS.values())
    for k in planted.known:
        row = knew.get((k["family_id"], FACTS[k["fact"]], k["agency"]))
        if k["contact_id"].startswith("social_care:"):
            # The front door was told, and its log says neither by whom nor of what: nothing may be read into that row.
            assert row is None or k["contact_id"] not in row.evidence
        else:
            assert plain(row.known_on) == k["known_on"] and k["contact_id"] in row.evidence, k
    late = {f["evidence"][-1]: f["known_on"] for f in planted.firings if f["trigger"] == "unexplained_absence"}
    absent = [k for k in knew.values() if k.fact == "missing_school" and k.how == "recorded"]
    assert absent and all(k.agency == "school" for k in absent)
    for k in absent:
        ends = [late[e] for e in k.evidence if e in late]
        assert plain(k.known_on) in ends, "three absences in 28 days of a family are the facts' and the trigger's alike"
    for decoy in planted.decoys:
        if decoy["must_not"] == "unexplained_absence":
            row = knew.get((decoy["family_id"], "missing_school", "school"))
            assert row is None or not set(decoy["contacts"]) <= set(row.evidence), decoy["name"]
