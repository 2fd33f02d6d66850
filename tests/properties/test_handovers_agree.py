"""Handovers of random families against loops over their rows: who passed on, and who answered."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

import journeys as fj
from tests.properties import oracle
from tests.properties.conftest import PART, PERIODS, WHOLE, Many
from tests.properties.folders import folder_of_logs

TAKES = {"first_key_visit", "help_started"}
ANSWER_DAYS = 28


def day(value: Any) -> int | None:
    return None if pd.isna(value) else oracle.number(value.date())


def text(value: Any) -> str | None:
    return None if pd.isna(value) else value


def over_by(period: tuple[str, str]) -> int:
    """The last day that is over: nothing after the period's end, or after the day as at which, is known of."""
    return min(oracle.number(dt.date.fromisoformat(d)) for d in period)


@PERIODS
def test_every_handover(many: Many, period: tuple[str, str]) -> None:
    ends = {agency: last for agency, (_, last) in many.covers.items()}
    found, expected = defaultdict(Counter), defaultdict(Counter)
    for h in fj.handovers(many.review(period)).df().itertuples():
        wait = None if pd.isna(h.days_wait) else int(h.days_wait)
        days = (day(h.referred_on), day(h.answered_on), wait)
        line = (
            text(h.need_id),
            h.kind,
            h.from_agency,
            h.to_agency,
            h.shown_by,
            text(h.answered_by),
            *days,
            bool(h.is_open),
        )
        found[h.family_id][line] += 1
    for family, rows in many.families(period).items():
        by_id = {r.id: r for r in rows}
        for r, answer, is_open in oracle.referrals(rows, ANSWER_DAYS, over_by(period), ends):
            exact = answer is not None and answer.day is not None and r.day is not None
            days = (r.earliest, answer.latest if answer else None, answer.day - r.day if exact else None)
            line = (r.need, "referral", r.agency, r.to, r.id, answer.id if answer else None, *days, is_open)
            expected[family][line] += 1
        for need, kind, giver, taker, shown in oracle.responsibility(rows, TAKES):
            on = by_id[shown].day
            expected[family][need, kind, giver, taker, shown, None, on, on, None, False] += 1
    for family in sorted({*found, *expected}):
        assert found[family] == expected[family], family
    kinds = Counter(line[1] for lines in expected.values() for line in lines)
    states = Counter(
        (line[5] is not None, line[9]) for lines in expected.values() for line in lines if line[1] == "referral"
    )
    if period == WHOLE:
        assert min(kinds["referral"], kinds["responsibility"], states[True, False], states[False, False]) > 10
    elif period == PART:
        assert states[False, True] > 5


def test_a_referral_shows_one_move_and_no_more(tmp_path: Path) -> None:
    """There and back again: the second time, no row but the taking shows it."""
    told = [
        ("2024-03-01", "school", "first_key_visit", ""),
        ("2024-03-05", "school", "referral", "early_help"),
        ("2024-03-12", "early_help", "first_key_visit", ""),
        ("2024-04-02", "school", "first_key_visit", ""),
        ("2024-05-07", "early_help", "first_key_visit", ""),
    ]
    rows = [
        {
            "contact_id": str(n),
            "family_id": "F1",
            "need_id": "N1",
            "date": on,
            "agency": who,
            "activity": what,
            "referred_to": to,
        }
        for n, (on, who, what, to) in enumerate(told, start=1)
    ]
    folder = folder_of_logs(tmp_path / "log", {"log.csv": rows})
    found = fj.handovers(fj.build_journeys(fj.read_contacts(folder))).df()
    assert [tuple(r) for r in found[["kind", "from_agency", "to_agency", "shown_by"]].itertuples(index=False)] == [
        ("referral", "school", "early_help", "log:2"),
        ("responsibility", "early_help", "school", "log:4"),
        ("responsibility", "school", "early_help", "log:5"),
    ]


@PERIODS
def test_every_handover_between_people(many: Many, period: tuple[str, str]) -> None:
    found, expected = Counter(), Counter()
    for h in fj.handovers(many.review(period), "professional").df().itertuples():
        found[h.family_id, h.need_id, h.kind, h.from_agency, h.to_agency, h.shown_by] += 1
    for family, rows in many.families(period).items():
        for line in oracle.responsibility(rows, TAKES, "professional"):
            expected[family, *line] += 1
    assert found == expected
    if period == WHOLE:
        assert min(Counter(line[2] for line in expected).values()) > 5
