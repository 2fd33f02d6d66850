"""Worse, or more often: contacts of rising grade within a window, or twice as many as in the window before."""

import pytest

from tests.stories.conftest import drawn, firings_of, rule

THREE, TWO, MONTH, WORKING, OFTEN, OFTEN_EACH, EACH = "three", "two", "month", "working", "often", "often_each", "each"
GRADES = {"grades": ["call", "visit", "incident"]}
RULES = {
    THREE: rule("escalate", None, times=3, within_days=28, **GRADES),
    TWO: rule("escalate", None, times=2, within_days=28, **GRADES),
    MONTH: rule("escalate", None, times=2, within_months=1, **GRADES),
    WORKING: rule("escalate", None, times=2, within_working_days=3, **GRADES),
    EACH: rule("escalate", None, times=2, within_days=28, per="person", **GRADES),
    OFTEN: rule("escalate", "incident", times=3, within_days=28),
    OFTEN_EACH: rule("escalate", "incident", times=3, within_days=28, per="person"),
}


def rows(*lines: str) -> str:
    """Rows as `day grade id`, drawn as a family: L low (a call), M middle (a visit), H high (an incident)."""
    kinds = {"L": "call", "M": "visit", "H": "incident"}
    drawing = ["date  activity  id"]
    for line in lines:
        *day, kind, name = line.split()
        drawing.append("  ".join([" ".join(day), kinds[kind], name]))
    return "\n".join(drawing)


def incidents(*days: str) -> str:
    return rows(*(f"{day} H {name}" for day, name in zip(days, "abcdefghijkl", strict=False)))


STORIES = {
    "each worse than the one before": (
        THREE,
        rows("2024-05-01 L a", "2024-05-10 M b", "2024-05-20 H c"),
        ["20 May 2024 (a b c)"],
    ),
    "day 28 is within 28 days": (
        THREE,
        rows("2024-05-01 L a", "2024-05-10 M b", "2024-05-29 H c"),
        ["29 May 2024 (a b c)"],
    ),
    "day 29 is not": (THREE, rows("2024-05-01 L a", "2024-05-10 M b", "2024-05-30 H c"), []),
    "two grades of three are not three": (THREE, rows("2024-05-01 L a", "2024-05-10 H b", "2024-05-20 H c"), []),
    "the wrong way round is nothing": (TWO, rows("2024-05-01 H a", "2024-05-10 M b", "2024-05-20 L c"), []),
    "a step may be left out": (TWO, rows("2024-05-01 L a", "2024-05-10 H b"), ["10 May 2024 (a b)"]),
    "the same grade again is not worse": (TWO, rows("2024-05-01 M a", "2024-05-10 M b"), []),
    "a milder one between changes nothing": (
        THREE,
        rows("2024-05-01 L a", "2024-05-10 M b", "2024-05-12 L d", "2024-05-20 H c"),
        ["20 May 2024 (a b c)"],
    ),
    "the latest contacts are the evidence": (
        TWO,
        rows("2024-05-01 L a", "2024-05-05 L b", "2024-05-10 M c"),
        ["10 May 2024 (b c)"],
    ),
    "after a firing the count starts again from the next day": (
        TWO,
        rows("2024-05-01 L a", "2024-05-10 M b", "2024-05-12 H c"),
        ["10 May 2024 (a b)"],
    ),
    "and may fire again": (
        TWO,
        rows("2024-05-01 L a", "2024-05-10 M b", "2024-05-11 M c", "2024-05-12 H d"),
        ["10 May 2024 (a b)", "12 May 2024 (c d)"],
    ),
    "on one day without times is possible": (
        TWO,
        rows("2024-05-01 L a", "2024-05-01 M b"),
        ["1 May 2024 possible (a b)"],
    ),
    "at one second is possible": (
        TWO,
        rows("2024-05-01 09:00 L a", "2024-05-01 09:00 M b"),
        ["1 May 2024 possible (a b)"],
    ),
    "on one day with times is certain": (
        TWO,
        rows("2024-05-01 09:00 L a", "2024-05-01 10:00 M b"),
        ["1 May 2024 (a b)"],
    ),
    "on one day with times the wrong way round is nothing": (
        TWO,
        rows("2024-05-01 10:00 L a", "2024-05-01 09:00 M b"),
        [],
    ),
    "a certain chain comes before a possible one": (
        TWO,
        rows("2024-05-01 L a", "2024-05-05 L b", "2024-05-05 M c"),
        ["5 May 2024 (a c)"],
    ),
    "a month ends on the same day of the month": (
        MONTH,
        rows("2024-01-31 L a", "2024-02-29 M b"),
        ["29 Feb 2024 (a b)"],
    ),
    "and not the day after": (MONTH, rows("2024-01-31 L a", "2024-03-01 M b"), []),
    "three working days over a bank holiday": (
        WORKING,
        rows("2024-05-02 L a", "2024-05-08 M b"),
        ["8 May 2024 (a b)"],
    ),
    "and not four": (WORKING, rows("2024-05-02 L a", "2024-05-09 M b"), []),
    "a month whose first days are too early is possible": (
        TWO,
        rows("2024-04 L m", "2024-05-01 M b"),
        ["1 May 2024 possible (b m)"],
    ),
    "a month that surely came first and in time is certain": (
        MONTH,
        rows("2024-04 L m", "2024-05-01 M b"),
        ["1 May 2024 (b m)"],
    ),
    "a month that may have come first is possible": (
        TWO,
        rows("2024-05 L m", "2024-05-10 M b"),
        ["31 May 2024 possible (b m)"],
    ),
    # More often
    "three in 28 days after one in the 28 before": (
        OFTEN,
        incidents("2024-04-05", "2024-05-10", "2024-05-11", "2024-05-12"),
        ["12 May 2024 (b c d)"],
    ),
    "three after two is not twice as many": (
        OFTEN,
        incidents("2024-04-05", "2024-04-06", "2024-05-10", "2024-05-11", "2024-05-12"),
        [],
    ),
    "four after two is": (
        OFTEN,
        incidents("2024-04-05", "2024-04-06", "2024-05-10", "2024-05-11", "2024-05-12", "2024-05-13"),
        ["13 May 2024 (c d e f)"],
    ),
    "three with none before": (
        OFTEN,
        incidents("2024-05-10", "2024-05-11", "2024-05-12"),
        ["12 May 2024 (a b c)"],
    ),
    "two are too few": (OFTEN, incidents("2024-05-10", "2024-05-11"), []),
    "day 28 is within 28 days, more often": (
        OFTEN,
        incidents("2024-05-01", "2024-05-10", "2024-05-29"),
        ["29 May 2024 (a b c)"],
    ),
    "day 29 is not, and belongs to the window before": (
        OFTEN,
        incidents("2024-05-01", "2024-05-10", "2024-05-30", "2024-05-31"),
        ["31 May 2024 (b c d)"],
    ),
    "the window before is as long: its first day is 57 days before": (
        OFTEN,
        incidents("2024-03-16", "2024-03-17", "2024-05-10", "2024-05-11", "2024-05-12"),
        [],
    ),
    "a day earlier they are too long ago": (
        OFTEN,
        incidents("2024-03-15", "2024-03-15", "2024-05-10", "2024-05-11", "2024-05-12"),
        ["12 May 2024 (c d e)"],
    ),
    "after a rise the count starts again": (
        OFTEN,
        incidents("2024-05-10", "2024-05-11", "2024-05-12", "2024-05-13", "2024-05-14"),
        ["12 May 2024 (a b c)"],
    ),
    "one of a month that may lie in either window is possible": (
        OFTEN,
        rows("2024-04-05 H a", "2024-04 H m", "2024-05-10 H b", "2024-05-11 H c", "2024-05-12 H d"),
        ["11 May 2024 possible (b c m)"],
    ),
    "one of a month that may make the third is possible": (
        OFTEN,
        rows("2024-05-10 H a", "2024-05-11 H b", "2024-05 H m"),
        ["31 May 2024 possible (a b m)"],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    families = {name: text for name, (_, text, _) in STORIES.items()}
    review = drawn(tmp_path_factory.mktemp("escalate") / "data", families, triggers=RULES)
    return {name: firings_of(review, name) for name in RULES}


@pytest.mark.parametrize("story", STORIES)
def test_escalate(found, story):
    trigger, _, expected = STORIES[story]
    assert found[trigger][story] == expected


@pytest.mark.parametrize(("begins", "expected"), [("2024-03-16", ["12 May 2024 (a b c)"]), ("2024-03-17", [])])
def test_a_rise_is_judged_where_the_records_reach_back_over_the_window_before(tmp_path, begins, expected):
    text = incidents("2024-05-10", "2024-05-11", "2024-05-12")
    review = drawn(tmp_path / "data", {"F1": text}, covers={"school": (begins, "2024-12-31")}, triggers=RULES)
    assert firings_of(review, OFTEN) == {"F1": expected}


def test_per_person_blanks_are_never_one_person(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  person  date        activity  id
        F1      P1      2024-05-01  call      a
        F1      P2      2024-05-02  visit     b
        F1      –       2024-05-03  call      c
        F1      –       2024-05-04  visit     d
        F2      P1      2024-05-01  call      a
        F2      P2      2024-05-02  visit     b
        F2      P1      2024-05-03  visit     c
        F3      –       2024-05-01  incident  a
        F3      –       2024-05-02  incident  b
        F3      –       2024-05-03  incident  c
        """,
        triggers=RULES,
    )
    assert firings_of(review, EACH) == {"F1": [], "F2": ["3 May 2024 (a c)"], "F3": []}
    assert firings_of(review, TWO)["F1"] == ["2 May 2024 (a b)", "4 May 2024 (c d)"]
    assert firings_of(review, OFTEN)["F3"] == ["3 May 2024 (a b c)"]
    assert firings_of(review, OFTEN_EACH)["F3"] == []
