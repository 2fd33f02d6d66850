"""The first of a kind: the first ever in the records, or each that comes after so many days with none."""

import pytest

from tests.stories.conftest import drawn, firings_of, rule

EVER, AGAIN, EACH, EACH_AGAIN = "ever", "again", "each", "each_again"
RULES = {
    EVER: rule("first", "visit"),
    AGAIN: rule("first", "visit", since_gap_days=30),
    EACH: rule("first", "visit", per="person"),
    EACH_AGAIN: rule("first", "visit", per="person", since_gap_days=30),
}


def visits(*lines: str) -> str:
    """Visits as `day id`, drawn as a family."""
    drawing = ["date  activity  id"]
    for line in lines:
        *day, name = line.split()
        drawing.append("  ".join([" ".join(day), "visit", name]))
    return "\n".join(drawing)


STORIES = {
    "the first ever fires once": (EVER, visits("2024-05-01 a", "2024-05-02 b", "2024-12-01 c"), ["1 May 2024 (a)"]),
    "two on the first day without times are both its evidence": (
        EVER,
        visits("2024-05-01 a", "2024-05-01 b", "2024-05-02 c"),
        ["1 May 2024 (a b)"],
    ),
    "two with times are told apart": (EVER, visits("2024-05-01 10:00 a", "2024-05-01 09:00 b"), ["1 May 2024 (b)"]),
    "two at one second are not": (EVER, visits("2024-05-01 09:00 a", "2024-05-01 09:00 b"), ["1 May 2024 (a b)"]),
    "of two with times and one without, the later is not the first": (
        EVER,
        visits("2024-05-01 09:00 a", "2024-05-01 10:00 b", "2024-05-01 c"),
        ["1 May 2024 (a c)"],
    ),
    "one of the same month changes nothing: by that day a first had surely happened": (
        EVER,
        visits("2024-05-10 a", "2024-05 m"),
        ["10 May 2024 (a)"],
    ),
    "one of a month alone fires on its last day": (EVER, visits("2024-05 m"), ["31 May 2024 (m)"]),
    # After a gap
    "thirty days with none between": (
        AGAIN,
        visits("2024-05-01 a", "2024-06-01 b"),
        ["1 May 2024 (a)", "1 Jun 2024 (b)"],
    ),
    "twenty-nine are too few": (AGAIN, visits("2024-05-01 a", "2024-05-31 b"), ["1 May 2024 (a)"]),
    "each gap fires again": (
        AGAIN,
        visits("2024-05-01 a", "2024-07-01 b", "2024-07-02 c", "2024-09-01 d"),
        ["1 May 2024 (a)", "1 Jul 2024 (b)", "1 Sep 2024 (d)"],
    ),
    "often enough, none is the first again": (
        AGAIN,
        visits("2024-05-01 a", "2024-05-29 b", "2024-06-26 c", "2024-07-24 d"),
        ["1 May 2024 (a)"],
    ),
    "two on one day without times fire together": (
        AGAIN,
        visits("2024-05-01 a", "2024-05-01 b"),
        ["1 May 2024 (a b)"],
    ),
    "two with times are told apart, after a gap": (
        AGAIN,
        visits("2024-05-01 10:00 a", "2024-05-01 09:00 b"),
        ["1 May 2024 (b)"],
    ),
    "one that may lie in the gap makes it possible": (
        AGAIN,
        visits("2024-02-01 a", "2024-05 m", "2024-06-20 b"),
        ["1 Feb 2024 (a)", "31 May 2024 (m)", "20 Jun 2024 possible (b)"],
    ),
    "of two that may each have ended the gap, one is told": (
        AGAIN,
        visits("2024-05-10 a", "2024-05 m"),
        ["10 May 2024 possible (a)"],
    ),
    "a month of which only the last day is late enough is possible": (
        AGAIN,
        visits("2024-03-31 a", "2024-04-30 b", "2024-05 m"),
        ["31 Mar 2024 (a)", "31 May 2024 possible (m)"],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    families = {name: text for name, (_, text, _) in STORIES.items()}
    review = drawn(tmp_path_factory.mktemp("first") / "data", families, triggers=RULES)
    return {name: firings_of(review, name) for name in RULES}


@pytest.mark.parametrize("story", STORIES)
def test_first(found, story):
    trigger, _, expected = STORIES[story]
    assert found[trigger][story] == expected


@pytest.mark.parametrize(
    ("covers", "expected"),
    [
        ({"school": ("2024-04-01", "2024-12-31")}, ["1 May 2024 (a)"]),
        ({"school": ("2024-04-02", "2024-12-31")}, []),
        ({"school": ("2024-04-01", "2024-05-01")}, ["1 May 2024 (a)"]),
    ],
)
def test_a_gap_that_begins_before_the_records_says_nothing(tmp_path, covers, expected):
    review = drawn(tmp_path / "data", {"F1": visits("2024-05-01 a")}, covers=covers, triggers=RULES)
    assert firings_of(review, AGAIN) == {"F1": expected}
    assert firings_of(review, EVER) == {"F1": ["1 May 2024 (a)"]}


def test_all_who_could_have_seen_one_must_have_been_watching(tmp_path):
    text = """
        family  date        agency  activity  id
        F1      2024-05-01  school  visit     a
        F2      2024-06-20  gp      visit     b
        """
    early, late = ("2024-01-01", "2024-12-31"), ("2024-04-15", "2024-12-31")
    for covers, expected in (({"gp": early}, ["1 May 2024 (a)"]), ({"gp": late}, [])):
        review = drawn(tmp_path / covers["gp"][0], text, covers=covers, triggers=RULES)
        assert firings_of(review, AGAIN)["F1"] == expected


def test_each_person_has_a_first_and_blanks_have_none(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  person  date        activity  id
        F1      P1      2024-05-01  visit     a
        F1      P2      2024-05-05  visit     b
        F1      –       2024-04-01  visit     c
        F1      P1      2024-06-20  visit     d
        F1      P2      2024-05-20  visit     e
        """,
        triggers=RULES,
    )
    assert firings_of(review, EVER) == {"F1": ["1 Apr 2024 (c)"]}
    assert firings_of(review, EACH) == {"F1": ["1 May 2024 (a)", "5 May 2024 (b)"]}
    assert firings_of(review, EACH_AGAIN) == {"F1": ["1 May 2024 (a)", "5 May 2024 (b)", "20 Jun 2024 (d)"]}
