"""Who knew what, against every family gone through day by day: who can have told whom is worked out again each day."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from tests.properties import oracle
from tests.properties.conftest import COVERS, ENDED, NATURES, PART, WHOLE, Many
from tests.properties.folders import folder_of_logs
from tests.properties.random_logs import random_rows

FAMILIES, ENOUGH = 250, 2
WORDS = {"says": "a fact", "short": ["a", "fact"], "source": "a test", "mark": "illustrative"}
FACTS: dict[str, dict[str, Any]] = {
    "visited": {"known_by": ["visit"], "passes_by": ["referral"], "needed_by": ["school", "police"]},
    "called": {"known_by": ["call", "incident"], "needed_by": ["school", "social_care", "early_help"]},
    "closed": {"known_by": ["closed", "help_started"], "passes_by": ["referral"], "needed_by": ["housing"]},
    "often": {"known_by": ["visit", "absence_unexplained"], "times": 2, "within_days": 9, "passes_by": ["referral"]},
    "of_police": {"known_by": [{"activity": "visit", "agency": ["police"]}], "passes_by": ["referral", "csc_referral"]},
}


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Many:
    """Random families in which referrals abound, so that facts travel."""
    rng = Random(20240301)
    logs: dict[str, list[dict[str, str]]] = defaultdict(list)
    for n in range(FAMILIES):
        for row in random_rows(rng, f"F{n:03}", rng.choice((4, 9, 16)), days=rng.choice((8, 25, 56))):
            if rng.random() < 0.25:
                row |= {
                    "activity": "referral",
                    "referred_to": rng.choice(("school", "social_care", "early_help", "police")),
                }
            logs[f"{row['agency']}.csv"].append(row)
    for rows in logs.values():
        rng.shuffle(rows)
    about: dict[str, dict[str, Any]] = {name: {"series": "log"} for name in logs}
    for agency, days in COVERS.items():
        about[f"{agency}.csv"] |= {"covers": list(days), "agency": agency}
    folder = folder_of_logs(tmp_path_factory.mktemp("known") / "known", logs, files=about)
    _rules(folder)
    return Many(fj.read_contacts(folder), [(name, row) for name in sorted(logs) for row in logs[name]], COVERS)


def _rules(folder: Path) -> None:
    (folder / "rules").mkdir()
    facts = {name: WORDS | given for name, given in FACTS.items()}
    (folder / "rules" / "facts.yml").write_text(json.dumps({"enough": ENOUGH, "facts": facts}), encoding="utf-8")


def when(row: oracle.Row) -> int:
    """The day by which a contact was known, at the latest."""
    return max(row.latest, row.known)


def clock(row: oracle.Row, day: int) -> int | None:
    """The second of a day at which a contact that was known that day happened, where the records say."""
    return row.second if row.day == day else None


def shows(fact: Mapping[str, Any], row: oracle.Row) -> bool:
    for kind in fact["known_by"]:
        kind = {"activity": kind} if isinstance(kind, str) else kind
        if row.activity == kind["activity"] and row.agency in kind.get("agency", [row.agency]):
            return True
    return False


def showed_by(fact: Mapping[str, Any], rows: Sequence[oracle.Row], day: int) -> list[set[str]]:
    """Every window in which enough of these rows, all known by a day, surely lie; for one row, the row."""
    rows = [r for r in rows if when(r) <= day]
    if fact.get("times", 1) == 1:
        return [{r.id} for r in rows]
    found = []
    for first in {r.earliest for r in rows}:
        inside = {r.id for r in rows if all(first <= d <= first + fact["within_days"] for d in oracle.span(r))}
        if len(inside) >= fact["times"]:
            found.append(inside)
    return found


def knew(fact: Mapping[str, Any], rows: Sequence[oracle.Row], by: int) -> dict[str, tuple[int, str, tuple[str, ...]]]:
    """Agency -> first day, how, evidence: every day is gone through, and within it every order that the records allow."""
    own: dict[str, list[oracle.Row]] = defaultdict(list)
    for row in rows:
        if shows(fact, row):
            own[row.agency].append(row)
    found: dict[str, tuple[int, str, tuple[str, ...]]] = {}
    since: dict[str, tuple[int, int | None]] = {}
    days = sorted({when(r) for r in rows if when(r) <= by})
    for day in days:
        for agency, some in own.items():
            windows = showed_by(fact, some, day)
            if windows and agency not in since:
                found[agency] = (day, "recorded", tuple(sorted(set().union(*windows))))
                since[agency] = (day, _soonest(fact, some, windows, day))
        learning = True
        while learning:
            learning = False
            for row in rows:
                told = row.to
                if row.activity not in fact.get("passes_by", ()) or not told or told == row.agency or when(row) != day:
                    continue
                if row.agency not in since or _before(row, since[row.agency]):
                    continue
                at = (day, clock(row, day))
                if told not in since or (since[told][0] == day and _sooner(at, since[told])):
                    since[told] = at
                    learning = True
        for agency, (learnt, _) in since.items():
            if learnt == day and agency not in found:
                telling = {
                    r.id
                    for r in rows
                    if r.activity in fact.get("passes_by", ())
                    and (r.to == agency != r.agency)
                    and when(r) == day
                    and r.agency in since
                    and not _before(r, since[r.agency])
                }
                found[agency] = (day, "passed on", tuple(sorted(telling)))
    return found


def _soonest(fact: Mapping[str, Any], rows: Sequence[oracle.Row], windows: list[set[str]], day: int) -> int | None:
    """The second of the day by which the records surely show it; empty where one that is needed has no time."""
    today = {r.id: clock(r, day) for r in rows if when(r) == day}
    best: list[int | None] = []
    for window in windows:
        earlier = sum(i not in today for i in window)
        times = sorted((-1 if today[i] is None else today[i]) for i in window if i in today)
        best.append(times[max(fact.get("times", 1) - earlier, 1) - 1])
    soonest = min(best)
    return None if soonest == -1 else soonest


def _before(row: oracle.Row, moment: tuple[int, int | None]) -> bool:
    """Whether a row may lie on a day before a moment, or surely came first on its day."""
    day, second = moment
    if any(d < day for d in oracle.span(row)):
        return True
    return row.day == day and second is not None and row.second is not None and row.second < second


def _sooner(a: tuple[int, int | None], b: tuple[int, int | None]) -> bool:
    return b[1] is not None and (a[1] is None or a[1] < b[1])


@pytest.mark.slow
@pytest.mark.parametrize("period", [WHOLE, PART, ENDED], ids=["all", "as at", "ended"])
def test_who_knew_what(families: Many, period: tuple[str, str]) -> None:
    by = min(oracle.number(dt.date.fromisoformat(d)) for d in period)
    known = fj.who_knew_what(families.review(period))
    found: dict[str, dict[tuple[str, str], tuple[int, str, tuple[str, ...]]]] = defaultdict(dict)
    for k in known.df().itertuples():
        if k.fact in FACTS:
            day = oracle.number(k.known_on.date())
            found[k.family_id][k.fact, k.agency] = (day, k.how, tuple(sorted(k.evidence)))
    passed = 0
    for family, rows in families.families(period).items():
        expected = {(name, a): told for name, fact in FACTS.items() for a, told in knew(fact, rows, by).items()}
        assert found[family] == expected, family
        passed += sum(told[1] == "passed on" for told in expected.values())
    assert passed > 20


@pytest.mark.slow
@pytest.mark.parametrize(
    "period", [pytest.param(WHOLE, id="all", marks=pytest.mark.nightly), pytest.param(PART, id="as at")]
)
def test_what_they_knew_together(families: Many, period: tuple[str, str]) -> None:
    """Shares, the day of enough and lags, counted again from the rows for every family."""
    by = min(oracle.number(dt.date.fromisoformat(d)) for d in period)
    known = fj.who_knew_what(families.review(period))
    rows: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for k in known.df().itertuples():
        rows[k.family_id][k.fact, k.agency] = oracle.number(k.known_on.date())
    together = fj.together.summary(known).set_index("family_id")
    open_ones = 0
    for family in families.families(period):
        cells = rows[family]
        facts = {f for f, _ in cells}
        row = together.loc[family]
        assert row.facts == len(facts)
        on = None
        for day in range(min(cells.values(), default=0), max(cells.values(), default=-1) + 1):
            if len({f for (f, _), d in cells.items() if d <= day}) >= ENOUGH:
                on = day
                break
        assert (None if pd.isna(row.enough_on) else oracle.number(row.enough_on.date())) == on
        held = {a: sum(b == a for _, b in cells) for _, a in cells}
        assert row.best_known == max(held.values(), default=0)
        for share in fj.together.shares(known, family).itertuples():
            assert (share.known, share.facts) == (held.get(share.agency, 0), len(facts))
        for lag in fj.together.lags(known, family).itertuples():
            if lag.fact not in FACTS:
                continue
            needed = FACTS[lag.fact].get("needed_by", [])
            first = min(d for (f, _), d in cells.items() if f == lag.fact)
            lacking = [a for a in needed if (lag.fact, a) not in cells and _supplied(families, a, first, by)]
            absent = [a for a in needed if (lag.fact, a) not in cells and a not in lacking]
            assert bool(lag.is_open) == bool(lacking)
            if lacking:
                days = by - first
            elif absent or not needed:
                days = None
            else:
                days = max(cells[lag.fact, a] for a in needed) - first
            assert (None if pd.isna(lag.days_lag) else lag.days_lag) == days
            open_ones += bool(lacking)
    assert open_ones > 20


def _supplied(families: Many, agency: str, first: int, by: int) -> bool:
    if agency not in families.covers:
        return False
    begins, ends = families.covers[agency]
    return agency not in COVERS or any(begins <= day <= ends for day in range(first, by + 1))


def test_the_natures_of_these_logs_cover_what_the_facts_ask_for() -> None:
    asked = {k["activity"] if isinstance(k, dict) else k for f in FACTS.values() for k in f["known_by"]}
    assert asked <= set(NATURES)
