"""The backtest against slow loops over plain rows: who came to crisis, who was warned, how long, how often it rang."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from tests.properties import oracle
from tests.properties.conftest import ENDED, PART, TRIGGERS, WHOLE, Many

REVIEWED = 150
CRISES: dict[str, set[str]] = {"domestic_abuse_incident": {"police"}, "referral": set()}
"""What is taken for the crisis, and the agencies that are declared to record it."""


def number(day: Any) -> int:
    return oracle.number(pd.Timestamp(day).date())


def first_crisis(rows: Sequence[oracle.Row], kind: str) -> tuple[int, int] | None:
    """The days between which the first crisis fell: no day before it saw one for certain or perhaps; one had come by it."""
    earliest = latest = None
    for row in rows:
        if row.activity == kind:
            earliest = row.earliest if earliest is None or row.earliest < earliest else earliest
            latest = row.latest if latest is None or row.latest < latest else latest
    return None if earliest is None or latest is None else (earliest, latest)


def half_ended(ended: list[int], still: list[int]) -> float | None:
    """Kaplan and Meier, by going through the days: of those still waiting, so many end on each."""
    left = 1.0
    for day in sorted(set(ended)):
        waiting = sum(d >= day for d in ended) + sum(d >= day for d in still)
        left *= 1 - sum(d == day for d in ended) / waiting
        if left <= 0.5 + 1e-9:
            return float(day)
    return None


def expected(many: Many, period: tuple[str, str], kind: str, firings: pd.DataFrame) -> dict[str, Any]:
    families = many.families(period)
    names = sorted({r["family_id"] for _, r in many.rows})
    reviewed = names[:REVIEWED]
    start = oracle.number(dt.date(2024, 1, 1))
    end = min(oracle.number(dt.date.fromisoformat(d)) for d in period)
    recorders = {r["agency"] for _, r in many.rows if r["activity"] == kind} | CRISES[kind]
    until = min([end, *(many.covers[a][1] for a in recorders if a in many.covers)])
    found: dict[str, Any] = Counter()
    days: dict[str, list[int]] = {"ended": [], "possible": [], "open": [], "open and certain": []}
    warned = warned_in_time = came_at_all = 0
    for name in names:
        crisis = first_crisis(families.get(name, []), kind)
        crisis = None if crisis and crisis[0] > end else crisis
        is_mine = name in reviewed
        if crisis and crisis[1] < start:
            found["already"] += is_mine
            continue
        mine = firings[firings["family_id"] == name]
        known = [(number(r.known_on), r.certainty == "certain") for r in mine.itertuples()]
        known = [(day, sure) for day, sure in known if start <= day <= end]
        before = [(day, sure) for day, sure in known if crisis is None or day < crisis[0]]
        certain = [day for day, sure in before if sure]
        first, sure = (min(certain), True) if certain else (min((d for d, _ in before), default=None), False)
        warned += first is not None
        came_at_all += crisis is not None
        warned_in_time += first is not None and crisis is not None
        if not is_mine:
            found["comparison"] += 1
            found["no_crisis"] += crisis is None
            found["fired_no_crisis"] += crisis is None and first is not None
            continue
        found["families"] += 1
        found["crises"] += crisis is not None
        found["fired"] += first is not None
        found["fired_before"] += first is not None and crisis is not None
        found["late"] += first is None and crisis is not None and bool(known)
        found["missed"] += crisis is not None and not known
        if first is None:
            continue
        if crisis is None:
            found["open"] += 1
            found["possible"] += not sure
            days["open"].append(max(until - first, 0))
            days["open and certain"] += [max(until - first, 0)] if sure else []
        else:
            is_sure = sure and crisis[0] == crisis[1]
            found["possible"] += not is_sure
            days["ended" if is_sure else "possible"].append(crisis[0] - first)
    rung = {tuple(sorted(r.evidence)): r for r in firings.itertuples() if start <= number(r.known_on) <= end}
    years = (end - start + 1) / 365.25
    answered = sum(not pd.isna(r.answered_on) for r in rung.values())
    still = sum(pd.isna(r.answered_on) and r.is_open for r in rung.values())
    return dict(found) | {
        "alarms": len(rung),
        "alarm_families": len(names),
        "alarms_per_100": len(rung) / years / len(names) * 100,
        "alarms_a_month": len(rung) / years / 12,
        "answered": answered,
        "answer_open": still,
        "not_answered": len(rung) - answered - still,
        "precision": warned_in_time / warned if warned else None,
        "recall": warned_in_time / came_at_all if came_at_all else None,
        "days_ended": sorted(days["ended"], reverse=True),
        "days_possible": sorted(days["possible"], reverse=True),
        "days_open": sorted(days["open"], reverse=True),
        "days_median": median(days["ended"]) if days["ended"] else None,
        "days_median_with_open": half_ended(days["ended"], days["open and certain"]),
    }


@pytest.mark.parametrize(
    ("period", "kind"),
    [
        pytest.param(period, kind, marks=() if n == m else pytest.mark.nightly, id=f"{kind}-{words}")
        for n, (period, words) in enumerate([(WHOLE, "all"), (PART, "as at"), (ENDED, "ended")])
        for m, kind in enumerate(CRISES)
    ],
)
def test_every_number_of_every_trigger(many: Many, period: tuple[str, str], kind: str) -> None:
    names = sorted({r["family_id"] for _, r in many.rows})
    everyone = many.review(period, names)
    review = many.review(period, names[:REVIEWED])
    firings = fj.find_triggers(everyone, only=list(TRIGGERS)).df()
    frame = fj.backtest(review, list(TRIGGERS), crisis=kind).set_index("trigger")
    told: Counter[str] = Counter()
    for name in TRIGGERS:
        want = expected(many, period, kind, firings[firings["trigger"] == name])
        for column, value in want.items():
            got = frame.loc[name, column]
            if value is None or isinstance(value, float):
                assert pd.isna(got) if value is None else got == pytest.approx(value), (name, column, got, value)
            else:
                assert got == value, (name, column, got, value)
        told.update({k: v for k, v in want.items() if isinstance(v, int)})
    assert min(told[k] for k in ("fired_before", "late", "missed", "possible", "open", "fired_no_crisis")) > 0
