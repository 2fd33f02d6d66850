"""One kind, then another within a window, and none of a third between the two."""

import pytest

from tests.stories.conftest import drawn, firings_of, rule

DAYS, MONTH, WORKING, EACH = "days", "month", "working", "each"
RULES = {
    DAYS: rule("sequence", "visit", then="meeting", without="call", within_days=60),
    MONTH: rule("sequence", "visit", then="meeting", without="call", within_months=1),
    WORKING: rule("sequence", "visit", then="meeting", without="call", within_working_days=3),
    EACH: rule("sequence", "visit", then="meeting", without="call", within_days=60, per="person"),
}


def rows(*lines: str) -> str:
    """Rows as `day kind id`, drawn as a family: A the first kind, B the second, C what may not come between."""
    kinds = {"A": "visit", "B": "meeting", "C": "call"}
    drawing = ["date  activity  id"]
    for line in lines:
        *day, kind, name = line.split()
        drawing.append("  ".join([" ".join(day), kinds[kind], name]))
    return "\n".join(drawing)


A, B = "2024-05-01 A a", "2024-05-20 B b"
FIRES, POSSIBLE = ["20 May 2024 (a b)"], ["20 May 2024 possible (a b)"]
STORIES = {
    "nothing between": (DAYS, rows(A, B), FIRES),
    "one between stops it": (DAYS, rows(A, "2024-05-10 C c", B), []),
    "one after does not": (DAYS, rows(A, B, "2024-05-21 C c"), FIRES),
    "one before does not": (DAYS, rows("2024-04-30 C c", A, B), FIRES),
    "one on the second's day without times is possible": (DAYS, rows(A, B, "2024-05-20 C c"), POSSIBLE),
    "one on the first's day without times is possible": (DAYS, rows(A, B, "2024-05-01 C c"), POSSIBLE),
    "one on the second's day at the same second is possible": (
        DAYS,
        rows(A, "2024-05-20 10:00 B b", "2024-05-20 10:00 C c"),
        POSSIBLE,
    ),
    "one earlier on the second's day stops it": (DAYS, rows(A, "2024-05-20 10:00 B b", "2024-05-20 09:00 C c"), []),
    "one later on the second's day does not": (DAYS, rows(A, "2024-05-20 10:00 B b", "2024-05-20 11:00 C c"), FIRES),
    "one later on the first's day stops it": (DAYS, rows("2024-05-01 10:00 A a", "2024-05-01 11:00 C c", B), []),
    "one earlier on the first's day does not": (DAYS, rows("2024-05-01 10:00 A a", "2024-05-01 09:00 C c", B), FIRES),
    "on the second's day with one time alone is possible": (DAYS, rows(A, B, "2024-05-20 11:00 C c"), POSSIBLE),
    "the day between the two is between": (DAYS, rows("2024-05-18 A a", "2024-05-19 C c", B), []),
    "day 60 is within 60 days": (DAYS, rows(A, "2024-06-30 B b"), ["30 Jun 2024 (a b)"]),
    "day 61 is not": (DAYS, rows(A, "2024-07-01 B b"), []),
    "both on one untimed day are possible": (DAYS, rows(A, "2024-05-01 B b"), ["1 May 2024 possible (a b)"]),
    "the other way round is nothing": (DAYS, rows("2024-05-20 A a", "2024-05-01 B b"), []),
    "the latest first is taken, so that what came before it matters not": (
        DAYS,
        rows(A, "2024-05-10 C c", "2024-05-12 A d", B),
        ["20 May 2024 (b d)"],
    ),
    "each first and each second is used once": (
        DAYS,
        rows(A, B, "2024-05-21 B d"),
        FIRES,
    ),
    "a month ends on the same day of the month": (MONTH, rows(A, "2024-06-01 B b"), ["1 Jun 2024 (a b)"]),
    "and not the day after": (MONTH, rows(A, "2024-06-02 B b"), []),
    "three working days over a bank holiday": (WORKING, rows("2024-05-02 A a", "2024-05-08 B b"), ["8 May 2024 (a b)"]),
    "and not four": (WORKING, rows("2024-05-02 A a", "2024-05-09 B b"), []),
    # Imprecise
    "one of a month that may lie between is possible": (DAYS, rows(A, B, "2024-05 C c"), POSSIBLE),
    "one of the month before lies before": (DAYS, rows(A, B, "2024-04 C c"), FIRES),
    "one of a month that lies between wherever it fell stops it": (
        DAYS,
        rows("2024-04-30 A a", "2024-05 C c", "2024-06-01 B b"),
        [],
    ),
    "a second known to the month fires on its last day": (DAYS, rows(A, "2024-06 B b"), ["30 Jun 2024 (a b)"]),
    "a first that may be too early is possible": (
        DAYS,
        rows("2024-05 A a", "2024-07-10 B b"),
        ["10 Jul 2024 possible (a b)"],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    families = {name: text for name, (_, text, _) in STORIES.items()}
    review = drawn(tmp_path_factory.mktemp("sequence") / "data", families, triggers=RULES)
    return {name: firings_of(review, name) for name in RULES}


@pytest.mark.parametrize("story", STORIES)
def test_sequence(found, story):
    trigger, _, expected = STORIES[story]
    assert found[trigger][story] == expected


def test_by_person_the_two_are_one_childs_and_what_comes_between_may_be_with_anybody_in_the_family(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family   person  date        activity  id
        apart    P1      2024-05-01  visit     a
        apart    P2      2024-05-20  meeting   b
        same     P1      2024-05-01  visit     a
        same     P1      2024-05-20  meeting   b
        mother   P1      2024-05-01  visit     a
        mother   P9      2024-05-10  call      c
        mother   P1      2024-05-20  meeting   b
        blanks   –       2024-05-01  visit     a
        blanks   –       2024-05-20  meeting   b
        """,
        triggers=RULES,
    )
    assert firings_of(review, EACH) == {"apart": [], "blanks": [], "mother": [], "same": FIRES}
    assert firings_of(review, DAYS) == {"apart": FIRES, "blanks": FIRES, "mother": [], "same": FIRES}
