"""Series of random families, month by month and crisis by crisis, gone through day by day from the steps alone."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections import defaultdict
from random import Random

import pandas as pd
import pytest

import journeys as fj
from tests.properties.folders import folder_of_logs
from tests.properties.random_logs import random_rows

CRISIS = "domestic_abuse_incident"
COVERS = {"school": ("2024-02-01", "2024-04-20"), "police": ("2024-03-01", "2024-03-31"),
          "social_care": ("2024-02-01", "2024-03-30"), "early_help": ("2024-02-10", "2024-04-30")}  # fmt: skip
START, END = dt.date(2024, 2, 1), dt.date(2024, 5, 15)
DAYS = [START + dt.timedelta(days=n) for n in range((END - START).days + 1)]


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    rng = Random(11)
    logs = defaultdict(list)
    for n in range(24):
        for row in random_rows(rng, f"F{n:03}", 60):
            if row["agency"] == "school" and rng.random() < 0.5:
                row["activity"] = rng.choice(("present", "absence_ill", "absence_unexplained", "not_required"))
            if row["agency"] == "police" and rng.random() < 0.7:
                row["activity"] = CRISIS
            row["person_id"] = f"{row['family_id']}-{rng.choice('AB')}" if rng.random() < 0.9 else ""
            logs[f"{row['agency']}.csv"].append(row)
    about = {f"{agency}.csv": {"covers": list(days), "agency": agency} for agency, days in COVERS.items()}
    folder = folder_of_logs(tmp_path_factory.mktemp("series") / "logs", logs, files=about)
    return fj.build_journeys(fj.read_contacts(folder), start=START, end=END)


def months():
    return [day for day in DAYS if day.day == 1]


@functools.cache
def months_of(earliest, latest):
    """The months of all days on which a contact may have fallen, gone through one by one."""
    days = (earliest + dt.timedelta(days=n) for n in range((latest - earliest).days + 1))
    return {(day.year, day.month) for day in days}


def whole(row, month):
    """Whether a contact surely fell in a month."""
    return months_of(row.earliest, row.latest) == {(month.year, month.month)}


def covered(agency, month):
    a, b = (dt.date.fromisoformat(day) for day in COVERS[agency])
    return all(a <= day <= b for day in DAYS if (day.year, day.month) == (month.year, month.month))


def plain(frame):
    return [None if pd.isna(v) else round(float(v), 9) for v in frame["value"]]


def test_contacts_a_month(review):
    steps = review.steps.df().drop_duplicates("contact_id")
    met = steps[steps["nature"].isin(["touch", "referral"])]
    expected = []
    for month in months():
        n = sum(whole(row, month) for row in met.itertuples())
        expected.append(float(n) if any(covered(a, month) for a in COVERS) else None)
    found = fj.measures.monthly(review)
    assert plain(found) == expected
    assert expected[-1] is None and expected[1] > 20
    assert found["is_open"].tolist() == [False, False, False, True]
    told = int((found.attrs["says"] or "0").split()[0])
    assert told == sum(
        not any(whole(row, month) for month in [dt.date(2024, 1, 1), *months()])
        and row.latest.date() >= START and row.earliest.date() <= END
        for row in met.itertuples()
    )  # fmt: skip


def test_attendance_of_each_family(review):
    several = 0
    for family in review.families:
        steps = review[family].steps
        marks = steps[
            steps["activity"].isin(["present", "absence_ill", "absence_unexplained"]) & steps["person_id"].notna()
        ]
        expected = []
        for month in months():
            inside = [row.activity for row in marks.itertuples() if whole(row, month)]
            kept = inside.count("present")
            expected.append(round(kept / len(inside), 9) if inside else None)
        if "present" not in set(marks["activity"]):
            expected = [None] * len(months())
        several += sum(v is not None and 0 < v < 1 for v in expected)
        assert plain(fj.measures.attendance(review[family])) == expected, family
    assert several > 5


def test_attendance_of_all_families_together_is_their_sessions_added_up(review):
    together = fj.measures.attendance(review)
    steps = review.steps.df()
    marks = steps[
        steps["activity"].isin(["present", "absence_ill", "absence_unexplained"]) & steps["person_id"].notna()
    ]
    kept = {(row.family_id, row.agency) for row in marks.itertuples() if row.activity == "present"}
    counted = {row.contact_id: row for row in marks.itertuples() if (row.family_id, row.agency) in kept}
    expected = []
    for month in months():
        inside = [row.activity for row in counted.values() if whole(row, month)]
        expected.append(round(inside.count("present") / len(inside), 9) if inside else None)
    assert plain(together) == expected
    assert together["families"].unique().tolist() == [len(review)]


def test_days_between_crises(review):
    until = dt.date.fromisoformat(COVERS["police"][1])
    told = gaps = 0
    for family in review.families:
        steps = review[family].steps
        crises = steps[
            (steps["activity"] == CRISIS) & (steps["latest"].dt.date >= START) & (steps["earliest"].dt.date <= END)
        ]
        on = sorted({row.earliest.date() for row in crises.itertuples() if row.earliest == row.latest})
        vague = [
            {day.date() for day in pd.date_range(row.earliest, row.latest)}
            for row in crises.itertuples() if row.earliest != row.latest
        ]  # fmt: skip
        expected = []
        for a, b in itertools.pairwise(on):
            between = {a + dt.timedelta(days=n) for n in range(1, (b - a).days)}
            expected.append(None if any(between & span for span in vague) else float((b - a).days))
        if on and on[-1] <= until:
            after = {on[-1] + dt.timedelta(days=n) for n in range(1, (until - on[-1]).days + 1)}
            expected.append(None if any(after & span for span in vague) else float((until - on[-1]).days))
        assert plain(fj.measures.between_crises(review[family])) == expected, family
        told, gaps = told + len(expected), gaps + expected.count(None)
    assert told > 20 and gaps > 2
