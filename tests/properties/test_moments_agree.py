"""Moments, steps and waits, row by row, against the definitions; and who belongs where, day by day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys.columns import SEPARATED
from tests.properties import oracle
from tests.properties.conftest import NATURES, PERIODS, WHOLE, Many
from tests.properties.folders import folder_of_logs
from tests.properties.random_logs import random_day


def cell(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


@PERIODS
def test_every_step_of_every_family(many: Many, period: tuple[str, str]) -> None:
    frame = many.review(period).steps.df()
    found: dict[str, dict[str, tuple[Any, ...]]] = defaultdict(dict)
    for row in frame.itertuples():
        found[row.family_id][row.contact_id] = tuple(cell(v) for v in (row.moment, row.step, row.days_since_last))
    expected = {family: oracle.steps(rows) for family, rows in many.families(period).items()}
    assert sum(map(len, expected.values())) == len(frame)
    for family, steps in expected.items():
        assert found[family] == steps, family
    assert set(found) == set(expected)
    if period == WHOLE:
        months = frame[(frame["precision"] == "month") & frame["moment"].notna()]
        assert len(months) > 10, "a month's moment was tried"
        assert frame["moment"].isna().sum() > 50


def test_the_steps_are_in_the_order_that_they_are_numbered(many: Many) -> None:
    review = many.review(WHOLE)
    for family in review.families[:40]:
        steps = review[family].steps
        moments = steps["moment"].dropna().tolist()
        assert moments == sorted(moments), family


@pytest.mark.parametrize("seed", range(3))
def test_who_belongs_where(tmp_path: Path, seed: int) -> None:
    """Random spells of membership, some of separated parents; each contact is tried on each day of its span."""
    rng = Random(seed)
    persons = [f"log:P{n}" for n in range(40)]
    spells: list[tuple[str, str, int, int, str]] = []
    members = []
    first = oracle.number(dt.date(2024, 2, 20))
    for person in persons:
        at = first + rng.randrange(-20, 20)
        for family in rng.sample(["F1", "F2", "F3"], rng.choice((1, 2, 3))):
            begins, out = at + rng.choice((0, 0, 5, -15)), at + rng.randrange(16, 40)
            because = rng.choice((SEPARATED, SEPARATED, "same household"))
            spells.append((person, family, begins, out, because))
            days = {"from_date": f"{oracle.day_of(begins)}", "to_date": f"{oracle.day_of(out)}"}
            members.append({"person_id": person, "family_id": family, **days, "because": because})
            at = out
    rows = []
    for n in range(400):
        row = {"contact_id": str(n), "person_id": rng.choice(persons)[4:], "agency": "school", "activity": "visit"}
        rows.append(row | random_day(rng, 56) | {"recorded_on": ""})
    folder = folder_of_logs(tmp_path / "log", {"log.csv": rows})
    contacts = fj.read_contacts(folder)
    frame = pd.DataFrame(members)
    found = defaultdict(set)
    for step in fj.build_journeys(contacts, frame).steps.df().itertuples():
        found[step.contact_id].add(step.family_id)
    faults = {f.contact_id: f.fault for f in fj.check_contacts(contacts, frame).df().itertuples() if f.contact_id}
    told = defaultdict(int)
    for contact in oracle.typed([("log.csv", row | {"family_id": ""}) for row in rows], NATURES, "log"):
        fits = oracle.families_of(contact, spells)
        told[fits if isinstance(fits, str) else len(fits)] += 1
        if isinstance(fits, str):
            assert faults[contact.id] == fits
            assert contact.id not in found
        else:
            assert found[contact.id] == set(fits), contact
            assert contact.id not in faults
    assert min(told["no_family"], told["span_crosses"], told["two_families"], told[1], told[2]) > 0, dict(told)
