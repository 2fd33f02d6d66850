"""Handovers and firings of random families against loops over their rows: who passed on, who answered, what fired."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from tests.properties import oracle
from tests.properties.conftest import HELP, PART, PERIODS, TRIGGERS, WHOLE, WORDS, Many
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


@PERIODS
@pytest.mark.parametrize("name", TRIGGERS)
def test_every_firing(many: Many, name: str, period: tuple[str, str]) -> None:
    firings = fj.find_triggers(many.review(period), only=[name])
    found = Counter()
    for f in firings.df().itertuples():
        days = (day(f.fired_on), day(f.known_on), day(f.answered_on))
        found[f.family_id, text(f.person_id), tuple(sorted(f.evidence)), f.certainty, *days, bool(f.is_open)] += 1
    expected, waiting = Counter(), Counter()
    for family, rows in many.families(period).items():
        for person, fired, second in fire(many, TRIGGERS[name], rows, over_by(period), waiting, family):
            by_id = {r.id: r for r in rows}
            known_on = max(fired.on, *(by_id[i].known for i in fired.evidence))
            helps = [r for r in rows if r.activity in HELP["answered_by"]]
            ends = [last for agency, (_, last) in many.covers.items() if agency in helpers(many)]
            days = HELP["answered_within_days"]
            answered, is_open = oracle.helped(fired.on, known_on, second, helps, days, over_by(period), ends)
            certainty = "certain" if fired.certain else "possible"
            expected[
                family, person, tuple(sorted(fired.evidence)), certainty, fired.on, known_on, answered, is_open
            ] += 1
    assert found == expected
    rows = firings.owner.open_silences.itertuples()
    assert Counter((r.family_id, oracle.number(r.due_on), tuple(sorted(r.evidence))) for r in rows) == waiting
    if period == WHOLE:
        assert len(expected) > 5


@pytest.mark.parametrize("pattern", ["follow", "repeat"])
@pytest.mark.parametrize(
    "first, then", [("2024-03-28", "2024-04-02"), ("2022-12-23", "2022-12-28"), ("2024-05-03", "2024-05-07")]
)
def test_the_next_working_day_may_be_days_off(tmp_path: Path, first: str, then: str, pattern: str) -> None:
    """Easter, Christmas and a bank holiday: the day after the first is a working day for nobody."""
    told = [(first, "visit"), (then, "call" if pattern == "follow" else "visit")]
    rows = [
        {"contact_id": str(n), "family_id": "F1", "date": on, "agency": "school", "activity": what}
        for n, (on, what) in enumerate(told)
    ]
    folder = folder_of_logs(tmp_path / "log", {"log.csv": rows})
    more = {"then": "call"} if pattern == "follow" else {"times": 2}
    rule = WORDS | {"pattern": pattern, "activity": "visit", "within_working_days": 1} | more
    (folder / "rules").mkdir()
    (folder / "rules" / "triggers.yml").write_text(json.dumps({"triggers": {"soon": rule}}), encoding="utf-8")
    firings = fj.find_triggers(fj.build_journeys(fj.read_contacts(folder)), only=["soon"]).df()
    assert [f"{d:%Y-%m-%d}" for d in firings["fired_on"]] == [then]


def helpers(many: Many) -> set[str]:
    return {r["agency"] for _, r in many.rows if r["activity"] in HELP["answered_by"]}


def window(rule: dict[str, Any]) -> Any:
    kinds = {
        "within_days": oracle.days_on,
        "within_months": oracle.months_on,
        "within_working_days": oracle.working_days_on,
    }
    return next(make(rule[key]) for key, make in kinds.items() if key in rule)


def listed(given: Any) -> list[str]:
    return given if isinstance(given, list) else [given]


def fire(many: Many, rule: dict[str, Any], rows: list[oracle.Row], today: int, waiting: Counter, family: str) -> Any:
    """(person, firing, the second at which it was met) of one rule in one family."""
    last = window(rule)
    for person, own in people(rule, rows):
        firsts = [r for r in own if r.activity in listed(rule["activity"])]
        if rule["pattern"] == "repeat":
            fired = oracle.repeat(firsts, rule["times"], last)
        elif rule["pattern"] == "follow":
            fired = oracle.follow(firsts, [r for r in own if r.activity in listed(rule["then"])], last)
        else:
            agency = rule.get("awaited_agency")
            words = listed(rule.get("awaited", []))
            answers = [r for r in rows if (r.agency == agency if agency else r.activity in words)]
            agencies = {agency} if agency else {r["agency"] for _, r in many.rows if r["activity"] in words}
            covers = [many.covers[a] for a in sorted(agencies)]
            fired, open_ones = oracle.silence(firsts, answers, last, covers, today)
            for due, ids in open_ones:
                waiting[family, due, ids] += 1
        by_id = {r.id: r for r in own}
        for one in fired:
            yield person, one, met_at(one, by_id, rule["pattern"])


def people(rule: dict[str, Any], rows: list[oracle.Row]) -> list[tuple[str | None, list[oracle.Row]]]:
    """The family's rows together; or each person's apart, and each row that names nobody by itself."""
    if rule.get("per") != "person":
        return [(None, rows)]
    named = [(p, [r for r in rows if r.person == p]) for p in sorted({r.person for r in rows if r.person})]
    return [*named, *((None, [r]) for r in rows if not r.person)]


def met_at(fired: oracle.Fired, rows: dict[str, oracle.Row], pattern: str) -> int | None:
    """The time of day at which a rule was met: that of its last contact, where all of that day's have one."""
    newest = [rows[i] for i in fired.evidence if rows[i].latest == fired.on]
    exact = pattern != "silence" and all(r.day is not None for r in rows.values() if r.id in fired.evidence)
    if pattern == "follow":
        return rows[fired.evidence[1]].second
    return max(r.second for r in newest) if exact and newest and all(r.second is not None for r in newest) else None
