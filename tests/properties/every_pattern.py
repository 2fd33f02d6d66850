"""A log with something for every pattern, the rules that look at it, and what the definitions say of one rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import journeys as fj
from tests.properties import oracle, shapes
from tests.properties.conftest import HELP, WORDS, Many
from tests.properties.folders import folder_of_logs
from tests.properties.random_logs import ACTIVITIES, FIRST

GROUPS = {"grave": ["incident", "domestic_abuse_incident"], "calls": ["call", "meeting"]}
TOUCHES = ["visit", "meeting", "call", "first_key_visit", "help_started", "support_session"]
TOUCHES += ["domestic_abuse_incident", "incident"]
WORDS_FOR_MANY = {**GROUPS, "any touch": TOUCHES, "any referral": ["referral"]}

OF_A_CHILD = {"per": "person"}
ABSENT = {"pattern": "rate", "activity": "absence_unexplained", "possible": ["present"], **OF_A_CHILD}
GRADES = {"pattern": "escalate", "grades": ["calls", "visit", "grave"]}
MORE_OFTEN = {"pattern": "escalate", "activity": ["visit", "calls"], "times": 2}
FIRST_VISIT = {"pattern": "first", "activity": "visit"}
PASSED = {"pattern": "sequence", "activity": "any referral", "then": "any touch"}

RULES: dict[str, dict[str, Any]] = {
    "three_agencies": {
        "pattern": "spread",
        "activity": "any touch",
        "times": 3,
        "distinct": "agency",
        "within_days": 9,
    },
    "two_people": {
        "pattern": "spread",
        "activity": ["visit", "calls"],
        "times": 2,
        "distinct": "person",
        "within_working_days": 2,
    },
    "two_reasons": {
        "pattern": "spread",
        "activity": "any touch",
        "times": 2,
        "distinct": "reason",
        "within_months": 1,
        **OF_A_CHILD,
    },
    "not_met": {**PASSED, "without": "meeting", "within_days": 20},
    "not_met_a_child": {**PASSED, "then": "visit", "without": "calls", "within_months": 1, **OF_A_CHILD},
    "visit_to_visit": {
        "pattern": "sequence",
        "activity": "visit",
        "then": ["visit", "grave"],
        "without": "call",
        "within_working_days": 5,
    },
    "absent_in_the_year": {**ABSENT, "percent": 50, "counted_from": "year"},
    "absent_in_the_term": {**ABSENT, "percent": 30, "counted_from": "term"},
    "worse": {**GRADES, "times": 2, "within_days": 14},
    "worse_and_worse": {**GRADES, "times": 3, "within_months": 1},
    "worse_for_one": {**GRADES, "times": 2, "within_working_days": 8, **OF_A_CHILD},
    "more_often": {**MORE_OFTEN, "within_days": 10},
    "more_often_one": {**MORE_OFTEN, "within_days": 6, **OF_A_CHILD},
    "first_ever": FIRST_VISIT,
    "first_of_a_child": {**FIRST_VISIT, **OF_A_CHILD},
    "first_again": {**FIRST_VISIT, "since_gap_days": 12},
    "first_again_of_a_child": {**FIRST_VISIT, "activity": "any touch", "since_gap_days": 8, **OF_A_CHILD},
    "two_signs": {"pattern": "combine", "of": ["three_agencies", "worse", "first_again"], "times": 2, "within_days": 8},
    "all_signs": {"pattern": "combine", "of": ["worse", "more_often"], "times": "all", "within_months": 1},
    "any_sign": {"pattern": "combine", "of": ["not_met", "worse_for_one"], "times": "any", "within_working_days": 3},
    "unheard": {
        "pattern": "silence",
        "activity": "grave",
        "awaited_agency": "social_care",
        "within_days": 9,
        **OF_A_CHILD,
    },
}


def rows_of_a_family(rng: Random, n: int) -> list[dict[str, str]]:
    """Contacts of several agencies, and a register of one child; at most two of them are known to a span only."""
    rows = []
    days = rng.choice((15, 40, 100))
    for number in range(rng.choice((2, 5, 9))):
        agency = rng.choice(tuple(ACTIVITIES))
        rows.append({"agency": agency, "activity": rng.choice(ACTIVITIES[agency]), "contact_id": f"F{n:03}-{number}"})
        rows[-1]["person_id"] = rng.choice(("", f"P{n}", f"P{n}", f"Q{n}"))
        rows[-1]["reason"] = rng.choice(("", "noise", "money", "health"))
    if rng.random() < 0.5:
        kinds = ("absence_unexplained", *("present",) * rng.choice((1, 2, 4)), "not_required")
        rows += [
            {"agency": "school", "activity": rng.choice(kinds), "contact_id": f"F{n:03}-m{m}", "person_id": f"P{n}"}
            for m in range(rng.choice((4, 12)))
        ]
        rows[-1]["person_id"] = rng.choice(("", f"P{n}", f"Q{n}"))
    for row in rows:
        day = FIRST + dt.timedelta(days=rng.randrange(days))
        row |= {"family_id": f"F{n:03}", "date": rng.choice((f"{day}", f"{day} 09:00:00", f"{day} 14:30:00"))}
        if rng.random() < 0.3:
            row["recorded_on"] = f"{day + dt.timedelta(days=rng.randrange(20))}"
    for row in rng.sample(rows, rng.choice((0, 0, 1, 1, 2))):
        day = FIRST + dt.timedelta(days=rng.randrange(days))
        row |= {"date": "", "earliest": f"{day}", "latest": f"{day + dt.timedelta(days=rng.choice((1, 4, 9)))}"}
    return rows


def one_of_each() -> list[dict[str, str]]:
    """A family with one contact of every kind, long before the others, so that each agency is known to record it."""
    kinds = [(agency, activity) for agency in ACTIVITIES for activity in ACTIVITIES[agency]] + [("school", "present")]
    return [
        {"agency": agency, "activity": activity, "contact_id": f"F999-{n}", "family_id": "F999"}
        | {"date": "2024-01-15", "recorded_on": "2024-01-15", "person_id": "P999"}
        for n, (agency, activity) in enumerate(kinds)
    ]


def rows_of_many(rng: Random, families: int) -> list[dict[str, str]]:
    """Many families' rows; some are amended, and some of those to something else."""
    rows = [row for n in range(families) for row in rows_of_a_family(rng, n)] + one_of_each()
    for row in list(rows):
        if row.get("recorded_on") and rng.random() < 0.2:
            later = dt.date.fromisoformat(row["recorded_on"]) + dt.timedelta(days=rng.randint(1, 30))
            rows.append(row | {"recorded_on": f"{later}", "activity": rng.choice(("visit", row["activity"]))})
    rng.shuffle(rows)
    return rows


def many_of(root: Path, rows: list[dict[str, str]], covers: Mapping[str, tuple[str, str]]) -> Many:
    """A folder with a file for each agency, its rules and its declared coverage."""
    logs = {f"{a}.csv": [r for r in rows if r["agency"] == a] for a in ACTIVITIES}
    about: dict[str, Any] = {name: {"series": "log"} for name in logs}
    for agency, days in covers.items():
        about[f"{agency}.csv"] |= {"covers": list(days), "agency": agency}
    folder = folder_of_logs(root, logs, files=about)
    (folder / "rules").mkdir()
    triggers = {name: WORDS | HELP | rule for name, rule in RULES.items()}
    text = json.dumps({"groups": GROUPS, "triggers": triggers})
    (folder / "rules" / "triggers.yml").write_text(text, encoding="utf-8")
    return Many(fj.read_contacts(folder), [(name, row) for name in sorted(logs) for row in logs[name]], covers)


# What the definitions say


def activities(given: str | list[str] | None) -> list[str]:
    names = given if isinstance(given, list) else [] if given is None else [given]
    return [a for name in names for a in WORDS_FOR_MANY.get(name, [name])]


def window(rule: Mapping[str, Any]) -> Any:
    kinds = {
        "within_days": oracle.days_on,
        "within_months": oracle.months_on,
        "within_working_days": oracle.working_days_on,
    }
    return next((make(rule[key]) for key, make in kinds.items() if key in rule), None)


def valued(rows: list[oracle.Row], value: Any) -> list[oracle.Row]:
    return [dataclasses.replace(r, value=value(r)) for r in rows]


def term(day: int) -> int:
    """The first of January, of September, or Easter Monday: the latest of them so far. Easter of three years is enough."""
    starts = [dt.date(y, m, 1) for y in (2023, 2024, 2025) for m in (1, 9)]
    starts += [dt.date(2023, 4, 10), dt.date(2024, 4, 1), dt.date(2025, 4, 21)]
    return max(oracle.number(d) for d in starts if oracle.number(d) <= day)


def people(rule: Mapping[str, Any], rows: list[oracle.Row]) -> list[tuple[str | None, list[oracle.Row]]]:
    """The family's rows together; or each person's apart, and each row that names nobody by itself, or not at all."""
    if rule.get("per") != "person":
        return [(None, rows)]
    named = [(p, [r for r in rows if r.person == p]) for p in sorted({r.person for r in rows if r.person})]
    if rule["pattern"] in ("first", "rate"):
        return list(named)
    return [*named, *((None, [r]) for r in rows if not r.person)]


Told = tuple[str | None, oracle.Fired, int | None]
"""The person, the firing, and the second at which it was met."""


def fire(
    many: Many,
    rules: Mapping[str, dict[str, Any]],
    name: str,
    rows: list[oracle.Row],
    today: int,
    waiting: Counter[Any],
    family: str,
) -> Iterator[Told]:
    """Every firing of one rule in one family."""
    rule = rules[name]
    if rule["pattern"] == "combine":
        parts = [(p, f, s) for p in rule["of"] for _, f, s in fire(many, rules, p, rows, today, Counter(), family)]
        times = {"all": len(rule["of"]), "any": 1}.get(rule["times"], rule["times"])
        for one in shapes.combine([(p, f) for p, f, _ in parts], times, window(rule)):
            newest = [s for _, f, s in parts if f.on == one.on and set(f.evidence) <= set(one.evidence)]
            yield None, one, max(newest) if None not in newest else None
        return
    for person, own in people(rule, rows):
        by_id = {r.id: r for r in own}
        for one in found_in(many, rule, own, rows, today, waiting, family):
            yield person, one, met_at(one, by_id, rule)


def found_in(
    many: Many,
    rule: Mapping[str, Any],
    own: list[oracle.Row],
    rows: list[oracle.Row],
    today: int,
    waiting: Counter[Any],
    family: str,
) -> list[oracle.Fired]:
    last = window(rule)
    firsts = [r for r in own if r.activity in activities(rule.get("activity"))]
    covers = [many.covers[a] for a in sorted(many.recorders(activities(rule.get("activity"))))]
    pattern = rule["pattern"]
    if pattern == "repeat":
        return oracle.repeat(firsts, rule["times"], last)
    if pattern == "spread":
        by = {"agency": lambda r: r.agency, "person": lambda r: r.person, "reason": lambda r: r.value}[rule["distinct"]]
        return oracle.spread(valued(firsts, by), rule["times"], last)
    if pattern in ("follow", "sequence"):
        thens = [r for r in own if r.activity in activities(rule["then"])]
        if pattern == "follow":
            return oracle.follow(firsts, thens, last)
        return shapes.sequence(firsts, thens, [r for r in rows if r.activity in activities(rule["without"])], last)
    if pattern == "rate":
        marks = [r for r in own if r.activity in activities(rule["activity"]) + activities(rule["possible"])]
        marks = valued(marks, lambda r: "missed" if r in firsts else "kept")
        period = shapes.september if rule["counted_from"] == "year" else term
        return shapes.rate(marks, rule["percent"], period, covers, today)
    if pattern == "escalate" and "grades" in rule:
        grades = {a: str(n) for n, grade in enumerate(rule["grades"]) for a in activities(grade)}
        return shapes.escalate(valued(own, lambda r: grades.get(r.activity)), rule["times"], last)
    if pattern == "escalate":
        return shapes.rise(firsts, rule["times"], rule["within_days"], covers)
    if pattern == "first":
        gap = rule.get("since_gap_days")
        return shapes.first_ever(firsts) if gap is None else shapes.first_after(firsts, gap, covers)
    agency = rule.get("awaited_agency")
    words = activities(rule.get("awaited"))
    answers = [r for r in rows if (r.agency == agency if agency else r.activity in words)]
    agencies = {agency} if agency else many.recorders(words)
    covers = [many.covers[a] for a in sorted(agencies)]
    fired, open_ones = oracle.silence(firsts, answers, last, covers, today)
    for due, ids in open_ones:
        waiting[family, due, ids] += 1
    return fired


def met_at(fired: oracle.Fired, rows: Mapping[str, oracle.Row], rule: Mapping[str, Any]) -> int | None:
    """The time of day at which a rule was met: that of its last contact, where all of that day's have one."""
    pattern = rule["pattern"]
    if pattern in ("silence", "rate"):
        return None
    if pattern in ("follow", "sequence"):
        return rows[fired.evidence[1]].second
    exact = all(rows[i].day is not None for i in fired.evidence)
    if pattern in ("repeat", "spread") and not exact:
        return None
    if pattern == "escalate" and "grades" not in rule and not fired.certain:
        return None
    newest = [rows[i] for i in fired.evidence if rows[i].latest == fired.on]
    return max(r.second for r in newest) if newest and all(r.second is not None for r in newest) else None
