"""From the earliest concern to help: which day begins it, which ends it, and who still waits."""

from __future__ import annotations

import pandas as pd
import pytest

import journeys as fj
from tests.stories.conftest import drawn, fill, rule

PAIR = {"pair": rule("follow", "visit", then="call", within_days=90)}


def waited(root, text, **more):
    review = drawn(root, text, triggers=PAIR, **more)
    rows = {r.family_id: r for r in fj.days_to_help(review).itertuples()}
    return review, rows


def said(row):
    if pd.isna(row.concern_on):
        return "no concern"
    help_on = "" if pd.isna(row.first_help_on) else f"{row.first_help_on:%-d %b}"
    return f"{row.concern_on:%-d %b}, {help_on or 'no help'}, {row.days}{' so far' if row.is_open else ''}"


STORY = """
    family  date        agency      activity      id
    F1      2024-03-01  gp          visit         a
    F1      2024-03-10  gp          call          b
    F1      {help}      early_help  help_started  c
    F2      2024-03-01  gp          visit         d
"""


@pytest.mark.parametrize(
    ("help_on", "result"),
    [
        ("2024-03-09", "10 Mar, no help, 296 so far"),
        ("2024-03-10", "10 Mar, 10 Mar, 0"),
        ("2024-03-11", "10 Mar, 11 Mar, 1"),
        ("2024-12-31", "10 Mar, 31 Dec, 296"),
    ],
)
def test_days_run_from_the_first_concern_to_the_first_help_from_that_day_on(tmp_path, help_on, result):
    _, rows = waited(tmp_path / "data", STORY.format(help=help_on))
    assert said(rows["F1"]) == result
    assert said(rows["F2"]) == "no concern"


def test_help_recorded_after_the_day_looked_at_has_not_come_yet(tmp_path):
    _, rows = waited(tmp_path / "data", STORY.format(help="2024-06-01"), end="2024-05-31")
    assert said(rows["F1"]) == "10 Mar, no help, 82 so far"


def test_the_familys_own_view_of_when_help_began_stands_in_place_of_the_rules(tmp_path):
    review, _ = waited(tmp_path / "data", STORY.format(help="2024-03-11"))
    path = fj.write_book(review)
    fill(path, "families", 2, first_help_on="19/05/2024", decided_by="mother")
    assert said(next(fj.days_to_help(review).itertuples())) == "10 Mar, 19 May, 70"
    fill(path, "families", 2, first_help_on="01/02/2024")
    assert said(next(fj.days_to_help(review).itertuples())) == "10 Mar, 11 Mar, 1"
