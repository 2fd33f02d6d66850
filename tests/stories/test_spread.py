"""So many different agencies, people or reasons within a window."""

import pytest

from tests.stories.conftest import drawn, firings_of, rule

FOUR, TWO, MONTH, WORKING = "four", "two", "month", "working"
RULES = {
    FOUR: rule("spread", "visit", times=4, distinct="agency", within_days=90),
    TWO: rule("spread", "visit", times=2, distinct="agency", within_days=7),
    MONTH: rule("spread", "visit", times=2, distinct="agency", within_months=1),
    WORKING: rule("spread", "visit", times=2, distinct="agency", within_working_days=3),
}


def visits(*lines: str) -> str:
    """Visits as `day agency id`, drawn as a family."""
    drawing = ["date  activity  agency  id"]
    for line in lines:
        *day, agency, name = line.split()
        drawing.append("  ".join([" ".join(day), "visit", agency, name]))
    return "\n".join(drawing)


BEFORE = ("2024-01-10 school a", "2024-02-01 police b", "2024-02-05 school c", "2024-03-01 gp d")
STORIES = {
    "the fourth agency on day 90 fires, on all of them": (
        FOUR,
        visits(*BEFORE, "2024-04-09 housing e"),
        ["9 Apr 2024 (a b c d e)"],
    ),
    "a day later the first has left, and the school came again": (
        FOUR,
        visits(*BEFORE, "2024-04-10 housing e"),
        ["10 Apr 2024 (b c d e)"],
    ),
    "had the school not come again, nothing": (
        FOUR,
        visits(*(b for b in BEFORE if " c" not in b), "2024-04-10 housing e"),
        [],
    ),
    "four visits by three agencies are three": (
        FOUR,
        visits(*BEFORE, "2024-03-02 police e"),
        [],
    ),
    "four agencies on one day fire once": (
        FOUR,
        visits("2024-03-01 school a", "2024-03-01 gp b", "2024-03-01 police c", "2024-03-01 housing d"),
        ["1 Mar 2024 (a b c d)"],
    ),
    "after a firing the count starts again from the next day": (
        TWO,
        visits("2024-03-01 school a", "2024-03-03 gp b", "2024-03-03 police c", "2024-03-05 school d"),
        ["3 Mar 2024 (a b c)"],
    ),
    "and two more agencies fire again": (
        TWO,
        visits("2024-03-01 school a", "2024-03-03 gp b", "2024-03-04 gp c", "2024-03-11 school d"),
        ["3 Mar 2024 (a b)", "11 Mar 2024 (c d)"],
    ),
    "day 7 is within 7 days": (TWO, visits("2024-03-01 school a", "2024-03-08 gp b"), ["8 Mar 2024 (a b)"]),
    "day 8 is not": (TWO, visits("2024-03-01 school a", "2024-03-09 gp b"), []),
    "at one second they are two all the same": (
        TWO,
        visits("2024-03-01 09:00 school a", "2024-03-01 09:00 gp b"),
        ["1 Mar 2024 (a b)"],
    ),
    "a month ends on the same day of the month": (
        MONTH,
        visits("2024-01-31 school a", "2024-02-29 gp b"),
        ["29 Feb 2024 (a b)"],
    ),
    "and not the day after": (MONTH, visits("2024-01-31 school a", "2024-03-01 gp b"), []),
    "three working days over a bank holiday": (
        WORKING,
        visits("2024-05-02 school a", "2024-05-08 gp b"),
        ["8 May 2024 (a b)"],
    ),
    "and not four": (WORKING, visits("2024-05-02 school a", "2024-05-09 gp b"), []),
    # Imprecise
    "a month that may lie inside is possible": (
        TWO,
        visits("2024-05-10 school a", "2024-05 gp m"),
        ["31 May 2024 possible (a m)"],
    ),
    "a month that lies inside wherever it fell is certain": (
        FOUR,
        visits("2024-05-10 school a", "2024-05-20 police b", "2024-06-03 housing c", "2024-05 gp m"),
        ["3 Jun 2024 (a b c m)"],
    ),
    "a month of an agency that is there already adds nothing": (
        TWO,
        visits("2024-05-10 school a", "2024-05 school m"),
        [],
    ),
    "a month adds nothing where dated ones are enough": (
        TWO,
        visits("2024-05-10 school a", "2024-05-12 gp b", "2024-05 police m"),
        ["12 May 2024 (a b)"],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    families = {name: text for name, (_, text, _) in STORIES.items()}
    review = drawn(tmp_path_factory.mktemp("spread") / "data", families, triggers=RULES)
    return {name: firings_of(review, name) for name in RULES}


@pytest.mark.parametrize("story", STORIES)
def test_spread(found, story):
    trigger, _, expected = STORIES[story]
    assert found[trigger][story] == expected


PEOPLE = """
    family  person  date        activity  id
    three   P1      2024-05-01  N         a
    three   P2      2024-05-02  N         b
    three   P3      2024-05-03  N         c
    blanks  P1      2024-05-01  N         a
    blanks  –       2024-05-02  N         b
    blanks  –       2024-05-03  N         c
    blanks  P2      2024-05-04  N         d
    """


def test_children_are_counted_and_blanks_are_never_one_of_them(tmp_path):
    rules = {
        "three_children": rule("spread", "absence_unexplained", times=3, distinct="person", within_days=28),
        "two_children": rule("spread", "absence_unexplained", times=2, distinct="person", within_days=28),
    }
    review = drawn(tmp_path / "data", PEOPLE, triggers=rules)
    assert firings_of(review, "three_children") == {"blanks": [], "three": ["3 May 2024 (a b c)"]}
    assert firings_of(review, "two_children") == {"blanks": ["4 May 2024 (a d)"], "three": ["2 May 2024 (a b)"]}


def test_per_person_each_childs_agencies_are_counted_apart_and_blanks_stand_alone(tmp_path):
    rules = {"each": RULES[TWO] | {"per": "person"}}
    review = drawn(
        tmp_path / "data",
        """
        family  person  date        agency  activity  id
        F1      P1      2024-05-01  school  visit     a
        F1      P2      2024-05-02  gp      visit     b
        F1      –       2024-05-02  gp      visit     c
        F1      –       2024-05-03  police  visit     d
        F1      P1      2024-05-04  gp      visit     e
        """,
        triggers=rules,
    )
    assert firings_of(review, "each") == {"F1": ["4 May 2024 (a e)"]}
