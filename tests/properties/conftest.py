"""Many random families in one folder, so that one store serves hundreds of small cases."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random

import pytest

import journeys as fj
from journeys.journey import Journeys
from lib.engine import Table
from tests.properties import oracle
from tests.properties.folders import folder_of_logs
from tests.properties.random_logs import random_rows

FAMILIES = 400
SEED = 20240226
COVERS = {"school": ("2024-01-01", "2024-05-10"), "police": ("2024-03-05", "2024-06-30")}
"""What two of the agencies declare; the records of the others run from their first contact to their last."""

NATURES = {
    "visit": "touch",
    "meeting": "touch",
    "call": "touch",
    "first_key_visit": "touch",
    "help_started": "touch",
    "support_session": "touch",
    "domestic_abuse_incident": "touch",
    "incident": "touch",
    "referral": "referral",
    "csc_referral": "decision",
    "closed": "decision",
    "case_note": "record",
    "absence_unexplained": "signal",
    "present": "record",
    "not_required": "record",
}
"""What each activity of the random logs is, written down here and not asked of the kit."""

WHOLE = ("2024-12-31", "2024-12-31")
PART = ("2024-04-15", "2024-04-10")
ENDED = ("2024-04-09", "2024-06-30")
"""End of the period and day as at which: everything; what was known one spring day; a period over, looked back at."""

PERIODS = pytest.mark.parametrize("period", [WHOLE, PART, ENDED], ids=["all", "as at", "ended"])

TRIGGERS = {
    "three_visits": {"pattern": "repeat", "activity": "visit", "times": 3, "within_days": 14},
    "two_touches": {
        "pattern": "repeat",
        "activity": ["visit", "call", "meeting"],
        "times": 2,
        "within_working_days": 3,
    },
    "three_in_a_month": {"pattern": "repeat", "activity": ["referral", "csc_referral"], "times": 3, "within_months": 1},
    "visits_of_one_person": {
        "pattern": "repeat",
        "activity": ["visit", "call"],
        "times": 2,
        "within_days": 10,
        "per": "person",
    },
    "again": {"pattern": "follow", "activity": "referral", "then": "referral", "within_days": 10},
    "visit_then_call": {"pattern": "follow", "activity": "visit", "then": ["call", "incident"], "within_months": 1},
    "next_working_day": {"pattern": "follow", "activity": "visit", "then": ["call", "visit"], "within_working_days": 1},
    "one_of_them_then": {"pattern": "follow", "activity": "visit", "then": "call", "within_days": 12, "per": "person"},
    "no_social_care": {
        "pattern": "silence",
        "activity": "domestic_abuse_incident",
        "awaited_agency": "social_care",
        "within_working_days": 5,
    },
    "no_help": {
        "pattern": "silence",
        "activity": ["referral", "csc_referral"],
        "awaited": ["help_started", "support_session"],
        "within_days": 7,
    },
    "no_school_visit": {"pattern": "silence", "activity": "visit", "awaited_agency": "school", "within_days": 4},
}
HELP = {"answered_by": ["help_started", "support_session"], "answered_within_days": 9}
WORDS = {"says": "a rule", "why": "a test", "source": "a test", "mark": "illustrative"}


@dataclass
class Many:
    """The folder, its contacts, and the same rows as the definitions see them: family -> contacts, as at a day."""

    contacts: Table
    rows: list[tuple[str, dict[str, str]]]
    declared: Mapping[str, tuple[str, str]]
    reviews: dict[tuple[str, str], Journeys] = field(default_factory=dict)
    seen: dict[tuple[str, str], dict[str, list[oracle.Row]]] = field(default_factory=dict)

    def review(self, period: tuple[str, str], families: Sequence[str] | None = None) -> Journeys:
        end, as_at = period
        return fj.build_journeys(self.contacts, end=end, as_at=as_at, families=families)

    def families(self, period: tuple[str, str]) -> dict[str, list[oracle.Row]]:
        if period not in self.seen:
            end, as_at = (oracle.number(dt.date.fromisoformat(d)) for d in period)
            found = defaultdict(list)
            for row in oracle.read(self.rows, NATURES, "log", as_at, end):
                found[row.family].append(row)
            self.seen[period] = dict(sorted(found.items()))
        return self.seen[period]

    def typed(self) -> list[oracle.Row]:
        """Every row as written, all versions of it."""
        return oracle.typed(self.rows, NATURES, "log")

    @cached_property
    def kinds(self) -> set[tuple[str, str]]:
        """Who ever recorded what."""
        return {(row["activity"], row["agency"]) for _, row in self.rows}

    def recorders(self, activities: Sequence[str]) -> set[str]:
        """The agencies that ever recorded any of these."""
        return {agency for activity, agency in self.kinds if activity in activities}

    @cached_property
    def covers(self) -> dict[str, tuple[int, int]]:
        """Agency -> first and last day of its records: declared, or those of all it ever recorded."""
        spans = defaultdict(list)
        for row in self.typed():
            spans[row.agency] += [row.earliest, row.latest]
        declared = {
            a: tuple(oracle.number(dt.date.fromisoformat(d)) for d in days) for a, days in self.declared.items()
        }
        return {a: declared.get(a, (min(days), max(days))) for a, days in spans.items()}


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Many:
    """Four hundred random families in one folder, an agency a file."""
    rng = Random(SEED)
    logs: dict[str, list[dict[str, str]]] = {}
    for n in range(FAMILIES):
        for row in random_rows(rng, f"F{n:03}", rng.choice((3, 8, 16))):
            row["person_id"] = rng.choice(("", f"P{n}", f"P{n}", f"Q{n}"))
            file = logs.setdefault(f"{row['agency']}.csv", [])
            file.append(row)
            if row.get("recorded_on") and rng.random() < 0.2:
                later = dt.date.fromisoformat(row["recorded_on"]) + dt.timedelta(days=rng.randint(1, 30))
                file.append(row | {"recorded_on": f"{later}", "need_id": f"F{n:03}-N9", "activity": "visit"})
    for rows in logs.values():
        rng.shuffle(rows)
    about = {name: {"series": "log"} for name in logs}
    for agency, days in COVERS.items():
        about[f"{agency}.csv"] |= {"covers": list(days), "agency": agency}
    folder = folder_of_logs(tmp_path_factory.mktemp("many") / "many", logs, files=about)
    _rules(folder)
    return Many(fj.read_contacts(folder), [(name, row) for name in sorted(logs) for row in logs[name]], COVERS)


def _rules(folder: Path) -> None:
    (folder / "rules").mkdir()
    triggers = {name: WORDS | HELP | rule for name, rule in TRIGGERS.items()}
    (folder / "rules" / "triggers.yml").write_text(json.dumps({"triggers": triggers}), encoding="utf-8")
