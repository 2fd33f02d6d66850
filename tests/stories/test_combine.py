"""So many of other triggers in a window: rules built of rules."""

import pytest

import journeys as fj
from tests.stories.conftest import drawn, firings_of, rule

ABSENCES, INCIDENTS, CALLS = "absences", "incidents", "calls"
TWO, ALL, ANY, MONTH, WORKING = "two", "all", "any", "month", "working"
PARTS = [ABSENCES, INCIDENTS, CALLS]
RULES = {
    ABSENCES: rule("repeat", "absence_unexplained", times=2, within_days=7),
    INCIDENTS: rule("repeat", "incident", times=1, within_days=7),
    CALLS: rule("repeat", "call", times=1, within_days=7, per="person"),
    TWO: rule("combine", None, of=PARTS, times=2, within_days=28),
    ALL: rule("combine", None, of=PARTS, times="all", within_days=28),
    ANY: rule("combine", None, of=PARTS[:2], times="any", within_days=28),
    MONTH: rule("combine", None, of=PARTS, times=2, within_months=1),
    WORKING: rule("combine", None, of=PARTS, times=2, within_working_days=3),
}


def rows(*lines: str) -> str:
    """Rows as `day kind id`, drawn as a family: N an absence (two make a firing), H an incident, L a call."""
    kinds = {"N": "N", "H": "incident", "L": "call"}
    drawing = ["date  activity  id  person"]
    for line in lines:
        *day, kind, name = line.split()
        drawing.append("  ".join([" ".join(day), kinds[kind], name, "P1"]))
    return "\n".join(drawing)


N2 = ("2024-05-01 N a", "2024-05-03 N b")
STORIES = {
    "two triggers in 28 days, on the day of the later, with the evidence of both": (
        TWO,
        rows(*N2, "2024-05-20 H c"),
        ["20 May 2024 (a b c)"],
    ),
    "day 28 counts from the day the first fired": (TWO, rows(*N2, "2024-05-31 H c"), ["31 May 2024 (a b c)"]),
    "day 29 is not within 28 days": (TWO, rows(*N2, "2024-06-01 H c"), []),
    "one trigger twice is one": (TWO, rows("2024-05-01 H a", "2024-05-03 H b"), []),
    "on one day, in whatever order": (
        TWO,
        rows("2024-05-03 12:00 H c", "2024-05-03 12:00 L d"),
        ["3 May 2024 (c d)"],
    ),
    "after a firing the count starts again from the next day": (
        TWO,
        rows(*N2, "2024-05-20 H c", "2024-05-21 L d"),
        ["20 May 2024 (a b c)"],
    ),
    "and two more fire again": (
        TWO,
        rows(*N2, "2024-05-20 H c", "2024-05-21 L d", "2024-05-25 H e"),
        ["20 May 2024 (a b c)", "25 May 2024 (d e)"],
    ),
    "all of three": (ALL, rows(*N2, "2024-05-20 H c", "2024-05-21 L d"), ["21 May 2024 (a b c d)"]),
    "two of three are not all": (ALL, rows(*N2, "2024-05-20 H c"), []),
    "any one": (ANY, rows(*N2, "2024-05-20 H c"), ["3 May 2024 (a b)", "20 May 2024 (c)"]),
    "a month ends on the same day of the month": (
        MONTH,
        rows("2024-01-31 H a", "2024-02-29 L b"),
        ["29 Feb 2024 (a b)"],
    ),
    "and not the day after": (MONTH, rows("2024-01-31 H a", "2024-03-01 L b"), []),
    "three working days over a bank holiday": (
        WORKING,
        rows("2024-05-02 H a", "2024-05-08 L b"),
        ["8 May 2024 (a b)"],
    ),
    "and not four": (WORKING, rows("2024-05-02 H a", "2024-05-09 L b"), []),
    # Possible
    "a firing that is only possible makes a combination that is": (
        TWO,
        rows("2024-05-01 N a", "2024-05 N m", "2024-06-10 H c"),
        ["10 Jun 2024 possible (a c m)"],
    ),
    "certain ones are tried alone first": (
        TWO,
        rows("2024-05-25 N a", "2024-05 N m", "2024-06-01 H c", "2024-06-02 L d"),
        ["2 Jun 2024 (c d)"],
    ),
    "a possible one counts with none on the other side of a firing": (
        TWO,
        rows("2024-05-25 N a", "2024-05 N m", "2024-06-01 H c", "2024-06-02 L d", "2024-06-03 H e"),
        ["2 Jun 2024 (c d)"],
    ),
    "a firing of a month's contact falls on the month's last day": (
        TWO,
        rows("2024-05 H m", "2024-06-28 L d"),
        ["28 Jun 2024 (d m)"],
    ),
    "and so is too early a day later": (TWO, rows("2024-05 H m", "2024-06-29 L d"), []),
}


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    families = {name: text for name, (_, text, _) in STORIES.items()}
    return drawn(tmp_path_factory.mktemp("combine") / "data", families, triggers=RULES)


@pytest.fixture(scope="module")
def found(review):
    return {name: firings_of(review, name) for name in RULES}


@pytest.mark.parametrize("story", STORIES)
def test_combine(found, story):
    trigger, _, expected = STORIES[story]
    assert found[trigger][story] == expected


def test_what_it_combines_is_told_only_where_it_is_asked_for(review):
    assert set(fj.find_triggers(review, only=[TWO]).df()["trigger"]) == {TWO}


def test_firings_about_two_children_of_a_family_count_together(tmp_path):
    text = """
        family  person  date        activity  id
        F1      P1      2024-05-01  call      a
        F1      P2      2024-05-03  incident  b
        """
    assert firings_of(drawn(tmp_path / "data", text, triggers=RULES), TWO) == {"F1": ["3 May 2024 (a b)"]}


def test_a_silence_in_a_combination_waits_where_it_is_asked_for_and_nowhere_else(tmp_path):
    rules = {
        "unheard": rule("silence", "incident", awaited_agency="social_care", within_days=10),
        CALLS: RULES[CALLS],
        "both": rule("combine", None, of=["unheard", CALLS], times="all", within_days=28),
    }
    text = """
        family  date        agency       activity  id
        F1      2024-05-01  police       incident  a
        F1      2024-05-12  school       call      b
        F2      2024-12-28  police       incident  c
        F3      2024-05-01  social_care  visit     d
        """
    review = drawn(tmp_path / "data", text, triggers=rules)
    assert firings_of(review, "both") == {"F1": ["12 May 2024 (a b)"], "F2": [], "F3": []}
    assert len(fj.find_triggers(review, only=["both"]).owner.open_silences) == 0
    assert len(fj.find_triggers(review, only=["unheard", "both"]).owner.open_silences) == 1
