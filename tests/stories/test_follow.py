"""One kind, then another within a window; each first starts one firing at most, and each second ends one at most."""

import pytest

from tests.stories.conftest import drawn, firings_of, rule

AGAIN, THEN, WORKING = "again", "then", "working"
RULES = {
    AGAIN: rule("follow", "csc_referral", then="csc_referral", within_months=12),
    THEN: rule("follow", "visit", then="meeting", within_days=60),
    WORKING: rule("follow", "visit", then="meeting", within_working_days=3),
}


def rows(*lines: str) -> str:
    """Rows as `day kind id`, drawn as a family: R a referral received, A the first kind, B the second."""
    kinds = {"R": ("social_care", "csc_referral"), "A": ("school", "visit"), "B": ("school", "meeting")}
    drawing = ["date  agency  activity  id"]
    for line in lines:
        *day, kind, name = line.split()
        drawing.append("  ".join([" ".join(day), *kinds[kind], name]))
    return "\n".join(drawing)


STORIES = {
    "each re-referral ends one firing and starts the next; a day late is none": (
        AGAIN,
        rows("2023-01-10 R r1", "2023-06-01 R r2", "2024-06-01 R r3", "2025-06-02 R r4"),
        ["1 Jun 2023 (r1 r2)", "1 Jun 2024 (r2 r3)"],
    ),
    "one referral alone is none": (AGAIN, rows("2023-01-10 R r1"), []),
    "two referrals on one untimed day are possible, once": (
        AGAIN,
        rows("2023-01-10 R r1", "2023-01-10 R r2"),
        ["10 Jan 2023 possible (r1 r2)"],
    ),
    "two referrals on one day with times are certain": (
        AGAIN,
        rows("2023-01-10 09:00 R r1", "2023-01-10 11:00 R r2"),
        ["10 Jan 2023 (r1 r2)"],
    ),
    "a first and then a second": (THEN, rows("2024-05-01 A a", "2024-05-20 B b"), ["20 May 2024 (a b)"]),
    "the other way round is nothing": (THEN, rows("2024-05-20 A a", "2024-05-01 B b"), []),
    "day 60 is within 60 days": (THEN, rows("2024-05-01 A a", "2024-06-30 B b"), ["30 Jun 2024 (a b)"]),
    "day 61 is not": (THEN, rows("2024-05-01 A a", "2024-07-01 B b"), []),
    "of two firsts the later is taken": (
        THEN,
        rows("2024-05-01 A a1", "2024-05-10 A a2", "2024-05-20 B b"),
        ["20 May 2024 (a2 b)"],
    ),
    "of two seconds the earlier is taken and the later has no first left": (
        THEN,
        rows("2024-05-01 A a", "2024-05-10 B b1", "2024-05-20 B b2"),
        ["10 May 2024 (a b1)"],
    ),
    "a second with no near first takes the one before it that is free": (
        THEN,
        rows("2024-05-01 A a1", "2024-05-10 A a2", "2024-05-20 B b1", "2024-05-25 B b2"),
        ["20 May 2024 (a2 b1)", "25 May 2024 (a1 b2)"],
    ),
    "both on one untimed day are possible": (
        THEN,
        rows("2024-05-20 A a", "2024-05-20 B b"),
        ["20 May 2024 possible (a b)"],
    ),
    "both on one day and one timed are possible": (
        THEN,
        rows("2024-05-20 14:00 A a", "2024-05-20 B b"),
        ["20 May 2024 possible (a b)"],
    ),
    "both on one day with times are certain": (
        THEN,
        rows("2024-05-20 09:00 A a", "2024-05-20 10:00 B b"),
        ["20 May 2024 (a b)"],
    ),
    "both on one day with times the other way round are nothing": (
        THEN,
        rows("2024-05-20 10:00 A a", "2024-05-20 09:00 B b"),
        [],
    ),
    "at one second the records cannot say": (
        THEN,
        rows("2024-05-20 10:00 A a", "2024-05-20 10:00 B b"),
        ["20 May 2024 possible (a b)"],
    ),
    "a certain pair is made before a possible one": (
        THEN,
        rows("2024-05-01 A a1", "2024-05-20 A a2", "2024-05-20 B b"),
        ["20 May 2024 (a1 b)"],
    ),
    "what certain pairs leave over makes possible ones": (
        THEN,
        rows("2024-05-01 A a1", "2024-05-20 A a2", "2024-05-20 B b1", "2024-05-20 B b2"),
        ["20 May 2024 (a1 b1)", "20 May 2024 possible (a2 b2)"],
    ),
    "a month before a day is certain where no day of it is too early": (
        THEN,
        rows("2024-05 A a", "2024-06-20 B b"),
        ["20 Jun 2024 (a b)"],
    ),
    "a month that may be too early is possible": (
        THEN,
        rows("2024-05 A a", "2024-07-10 B b"),
        ["10 Jul 2024 possible (a b)"],
    ),
    "a month of which every day is too early is nothing": (THEN, rows("2024-05 A a", "2024-07-31 B b"), []),
    "a month as the second fires on its last day": (
        THEN,
        rows("2024-05-10 A a", "2024-06 B b"),
        ["30 Jun 2024 (a b)"],
    ),
    "a month as the second that may be too late is possible": (
        THEN,
        rows("2024-05-10 A a", "2024-07 B b"),
        ["31 Jul 2024 possible (a b)"],
    ),
    "a second that may have come first is possible": (
        THEN,
        rows("2024-05-10 A a", "2024-05 B b"),
        ["31 May 2024 possible (a b)"],
    ),
    "a second of the month that ends on the first's day is possible": (
        THEN,
        rows("2024-05-31 A a", "2024-05 B b"),
        ["31 May 2024 possible (a b)"],
    ),
    "two of one month are possible": (THEN, rows("2024-05 A a", "2024-05 B b"), ["31 May 2024 possible (a b)"]),
    "three working days from a Thursday end on Tuesday": (
        WORKING,
        rows("2024-05-09 A a", "2024-05-14 B b"),
        ["14 May 2024 (a b)"],
    ),
    "and not on Wednesday": (WORKING, rows("2024-05-09 A a", "2024-05-15 B b"), []),
    "three working days over the early May holiday": (
        WORKING,
        rows("2024-05-02 A a", "2024-05-08 B b"),
        ["8 May 2024 (a b)"],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    families = {name: text for name, (_, text, _) in STORIES.items()}
    review = drawn(tmp_path_factory.mktemp("follow") / "data", families, cover_to="2026-12-31", triggers=RULES)
    return {name: firings_of(review, name) for name in RULES}


@pytest.mark.parametrize("story", STORIES)
def test_follow(found, story):
    trigger, _, expected = STORIES[story]
    assert found[trigger][story] == expected


def test_by_person_one_childs_first_is_not_anothers(tmp_path):
    rules = {"family": RULES[THEN], "each": RULES[THEN] | {"per": "person"}}
    review = drawn(
        tmp_path / "data",
        """
        family  person  date        activity  id
        F1      P1      2024-05-01  visit     a
        F1      P2      2024-05-10  meeting   b
        """,
        triggers=rules,
    )
    assert firings_of(review, "family") == {"F1": ["10 May 2024 (a b)"]}
    assert firings_of(review, "each") == {"F1": []}


def test_a_first_of_before_the_period_counts(tmp_path):
    review = drawn(
        tmp_path / "data", {"F1": rows("2024-03-20 A a", "2024-04-10 B b")}, triggers=RULES, start="2024-04-01"
    )
    assert firings_of(review, THEN) == {"F1": ["10 Apr 2024 (a b)"]}
