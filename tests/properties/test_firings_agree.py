"""Firings of random families, from the files to the table, against the definitions told family by family.

The kit cuts contacts into runs and looks at few of them one by one: so this is also the proof that the cutting and the
leaving out change no answer.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from tests.properties import oracle
from tests.properties.conftest import HELP, PERIODS, TRIGGERS, WHOLE, WORDS, Many
from tests.properties.every_pattern import RULES, fire, many_of, rows_of_many
from tests.properties.folders import folder_of_logs
from tests.properties.test_handovers_agree import day, over_by, text

COVERS = {"school": ("2024-01-01", "2024-05-10"), "police": ("2024-03-05", "2024-06-30")}


SCHOOL_YEAR = {"school": ("2023-09-01", "2024-05-10")}
"""From the first of the school year, so that a share of it can be told."""


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Many:
    """Families with something for every pattern."""
    return many_of(
        tmp_path_factory.mktemp("marked") / "many", rows_of_many(Random(20240901), 300), COVERS | SCHOOL_YEAR
    )


@PERIODS
@pytest.mark.parametrize("name", TRIGGERS)
def test_every_firing(many: Many, name: str, period: tuple[str, str]) -> None:
    every_firing(many, TRIGGERS, name, period)


@PERIODS
@pytest.mark.parametrize("name", RULES)
def test_every_firing_of_every_pattern(marked: Many, name: str, period: tuple[str, str]) -> None:
    told = every_firing(marked, RULES, name, period)
    if period == WHOLE:
        assert told["certain"] > 5, told
        assert told["possible"] > 0 or name in ("first_ever", "first_of_a_child"), told


def every_firing(many: Many, rules: Mapping[str, dict[str, Any]], name: str, period: tuple[str, str]) -> Counter[str]:
    """The firings of one rule are those of the definitions, row by row; and so is what still waits."""
    if period not in many.reviews:
        many.reviews[period] = many.review(period)
    firings = fj.find_triggers(many.reviews[period], only=[name])
    found = Counter()
    for f in firings.df().itertuples():
        days = (day(f.fired_on), day(f.known_on), day(f.answered_on))
        found[f.family_id, text(f.person_id), tuple(sorted(f.evidence)), f.certainty, *days, bool(f.is_open)] += 1
    expected, waiting = Counter(), Counter()
    helpers = many.recorders(HELP["answered_by"])
    for family, rows in many.families(period).items():
        for person, fired, second in fire(many, rules, name, rows, over_by(period), waiting, family):
            by_id = {r.id: r for r in rows}
            known_on = max(fired.on, *(by_id[i].known for i in fired.evidence))
            helps = [r for r in rows if r.activity in HELP["answered_by"]]
            ends = [last for agency, (_, last) in many.covers.items() if agency in helpers]
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
    return Counter(line[3] for line in expected)


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


# As at


def by_day(text: str) -> int:
    return oracle.number(dt.date.fromisoformat(text))


def declared(many: Many) -> dict[str, tuple[str, str]]:
    """Every agency's coverage as the whole file has it, so that a file cut short has it too."""
    return {a: (f"{oracle.day_of(first)}", f"{oracle.day_of(last)}") for a, (first, last) in many.covers.items()}


def told(many: Many, end: str, as_at: str) -> list[tuple[str, ...]]:
    """All firings and all that waits, of every rule."""
    firings = fj.find_triggers(many.review((end, as_at)), only=list(RULES))
    frames = firings.df().drop(columns="firing_id"), firings.owner.open_silences
    return sorted(tuple(str(value) for value in row) for f in frames for row in f.itertuples(index=False))


@pytest.mark.parametrize("as_at", ["2024-03-20", "2024-04-10", "2024-05-20"])
def test_a_run_as_at_a_day_equals_a_run_on_what_was_recorded_by_it(marked: Many, tmp_path: Path, as_at: str) -> None:
    known = {
        id(row) for (_, row), typed in zip(marked.rows, marked.typed(), strict=True) if typed.known <= by_day(as_at)
    }
    kept = [row for _, row in marked.rows if id(row) in known]
    cut = many_of(tmp_path / "cut", kept, declared(marked))
    before, after = told(marked, "2024-12-31", as_at), told(cut, "2024-12-31", as_at)
    assert before == after
    assert len(before) > 100 and len(kept) < len(marked.rows)


@pytest.mark.parametrize("until", ["2024-03-20", "2024-04-10"])
def test_a_late_extract_fires_no_silence(marked: Many, tmp_path: Path, until: str) -> None:
    """Where the awaited agency's rows end early, what it was due to answer by then has fired; the rest waits."""
    early = [
        row
        for (_, row), typed in zip(marked.rows, marked.typed(), strict=True)
        if row["agency"] != "social_care" or typed.earliest <= by_day(until)
    ]
    covers = declared(marked)
    late = many_of(tmp_path / "late", early, covers | {"social_care": (covers["social_care"][0], until)})
    whole, cut = (fj.find_triggers(many.review(WHOLE), only=["unheard"]) for many in (marked, late))
    fired = whole.df()
    assert cut.df()["evidence"].tolist() == fired[fired["fired_on"] <= pd.Timestamp(until)]["evidence"].tolist()
    assert len(cut) < len(whole)
    due = pd.Timestamp(until).date()
    assert len(cut.owner.open_silences) and all(d > due for d in cut.owner.open_silences["due_on"])
