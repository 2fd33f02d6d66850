"""So many of one kind within a window: what fires, on which day, on what evidence, and when it may fire again."""

import pytest

import journeys as fj
from tests.stories.conftest import drawn, firings_of, rule

RULES = {
    "in_28_days": rule("repeat", "absence_unexplained", times=3, within_days=28),
    "in_12_months": rule("repeat", "absence_unexplained", times=3, within_months=12),
    "two_in_a_month": rule("repeat", "absence_unexplained", times=2, within_months=1),
    "two_in_12_months": rule("repeat", "absence_unexplained", times=2, within_months=12),
    "two_in_5_working_days": rule("repeat", "absence_unexplained", times=2, within_working_days=5),
    "two_on_a_day": rule("repeat", "absence_unexplained", times=2, within_days=0),
}

D28, M12, M1, M12_2, W5, D0 = RULES


def absences(days: str) -> str:
    """Days as one line, `16 Apr a, 29 Apr b`, drawn as a family's absences."""
    lines = ["date  activity  id"]
    for part in days.split(","):
        *day, name = part.split()
        lines.append(f"{' '.join(day)}  N  {name}")
    return "\n".join(lines)


STORIES = {
    "what may have fallen before an earlier firing is only possible after it": (
        D28,
        "2024-05-10 a, 2024-05-15 b, 2024-05-20 c, 2024-05-25 d, 2024-05-28 e, 2024-05 m",
        ["20 May 2024 (a b c)", "31 May 2024 possible (d e m)"],
    ),
    "day 28 is within 28 days": (D28, "2024-04-16 a, 2024-04-29 b, 2024-05-14 c", ["14 May 2024 (a b c)"]),
    "day 29 is not within 28 days": (D28, "2024-04-16 a, 2024-04-29 b, 2024-05-15 c", []),
    "a lasting pattern asks again at the rule's own pace": (
        D28,
        "2024-09-02 a, 2024-09-09 b, 2024-09-16 c, 2024-09-23 d, 2024-09-30 e, 2024-10-07 f, 2024-10-14 g",
        ["16 Sep 2024 (a b c)", "7 Oct 2024 (d e f)"],
    ),
    "two on the day of firing fire once": (
        D28,
        "2024-09-02 a, 2024-09-09 b, 2024-09-16 c, 2024-09-16 d, 2024-09-23 e, 2024-09-30 f",
        ["16 Sep 2024 (a b c d)"],
    ),
    "all three on one day fire that day": (D28, "2024-09-02 a, 2024-09-02 b, 2024-09-02 c", ["2 Sep 2024 (a b c)"]),
    "six on one day fire once": (
        D28,
        "2024-09-02 a, 2024-09-02 b, 2024-09-02 c, 2024-09-02 d, 2024-09-02 e, 2024-09-02 f",
        ["2 Sep 2024 (a b c d e f)"],
    ),
    "three times of one day fire once": (
        D28,
        "2024-09-02 09:00 a, 2024-09-02 10:00 b, 2024-09-02 11:00 c, 2024-09-02 12:00 d",
        ["2 Sep 2024 (a b c d)"],
    ),
    "what has left the window is no evidence": (
        D28,
        "2024-04-01 a, 2024-04-16 b, 2024-04-29 c, 2024-05-14 d",
        ["29 Apr 2024 (a b c)"],
    ),
    "an early one that is too old is left and the later three fire": (
        D28,
        "2024-04-01 a, 2024-04-20 b, 2024-04-30 c, 2024-05-14 d",
        ["14 May 2024 (b c d)"],
    ),
    "a window of months ends on the same day of the month": (
        M12,
        "2023-03-10 a, 2023-11-01 b, 2024-03-10 c",
        ["10 Mar 2024 (a b c)"],
    ),
    "a day past the same day of the month is outside": (M12, "2023-03-10 a, 2023-11-01 b, 2024-03-11 c", []),
    "twelve months from 29 February run to 28 February": (M12_2, "2024-02-29 a, 2025-02-28 b", ["28 Feb 2025 (a b)"]),
    "and not to 1 March": (M12_2, "2024-02-29 a, 2025-03-01 b", []),
    "twelve months into a leap year end on the 28th as well": (M12_2, "2023-02-28 a, 2024-02-29 b", []),
    "a month from 31 January runs to 29 February in a leap year": (
        M1,
        "2024-01-31 a, 2024-02-29 b",
        ["29 Feb 2024 (a b)"],
    ),
    "a month from 31 January does not reach 1 March": (M1, "2024-01-31 a, 2024-03-01 b", []),
    "a month from 30 April runs to 30 May and no further": (M1, "2024-04-30 a, 2024-05-31 b", []),
    "a month from 31 May runs to 30 June": (M1, "2024-05-31 a, 2024-06-30 b", ["30 Jun 2024 (a b)"]),
    "five working days from a Friday end on the next Friday": (W5, "2024-05-10 a, 2024-05-17 b", ["17 May 2024 (a b)"]),
    "the weekend after the last working day is outside": (W5, "2024-05-10 a, 2024-05-18 b", []),
    "five working days over Easter": (W5, "2024-03-28 a, 2024-04-08 b", ["8 Apr 2024 (a b)"]),
    "and not six": (W5, "2024-03-28 a, 2024-04-09 b", []),
    "from a Saturday the first working day is Monday": (W5, "2024-05-11 a, 2024-05-17 b", ["17 May 2024 (a b)"]),
    "no days at all is the day itself": (D0, "2024-05-10 a, 2024-05-10 b, 2024-05-11 c", ["10 May 2024 (a b)"]),
    # Imprecise
    "a month that fits wherever it fell is certain": (
        D28,
        "2024-05-10 a, 2024-05-20 b, 2024-05 m",
        ["31 May 2024 (a b m)"],
    ),
    "a month that fits on some of its days is possible": (
        D28,
        "2024-04-29 a, 2024-05-13 b, 2024-05 m",
        ["31 May 2024 possible (a b m)"],
    ),
    "a month that fits on one of its days is possible": (
        D28,
        "2024-04-03 a, 2024-04-20 b, 2024-05 m",
        ["31 May 2024 possible (a b m)"],
    ),
    "a month that fits on none of its days fires nothing": (D28, "2024-04-01 a, 2024-04-02 b, 2024-05 m", []),
    "a month adds nothing where dated ones are enough": (
        D28,
        "2024-05-10 a, 2024-05-15 b, 2024-05-20 c, 2024-05 m",
        ["20 May 2024 (a b c)"],
    ),
    "a month that fits from the other side is possible, on the last of the evidence": (
        D28,
        "2024-06-10 a, 2024-06-20 b, 2024-05 m",
        ["20 Jun 2024 possible (a b m)"],
    ),
    "a month a day too early fires nothing": (D28, "2024-06-10 a, 2024-06-29 b, 2024-05 m", []),
    "three of one month are possible or certain by the length of the month": (
        D28,
        "2024-02 m, 2024-02 n, 2024-02 o",
        ["29 Feb 2024 (m n o)"],
    ),
    "three of a month of 31 days are possible": (
        D28,
        "2024-05 m, 2024-05 n, 2024-05 o",
        ["31 May 2024 possible (m n o)"],
    ),
    "a year may have fallen inside": (
        D28,
        "2024-05-10 a, 2024-05-20 b, 2024 y",
        ["31 Dec 2024 possible (a b y)"],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    families = {name: absences(days) for name, (_, days, _) in STORIES.items()}
    review = drawn(tmp_path_factory.mktemp("repeat") / "data", families, cover_to="2026-12-31", triggers=RULES)
    return {name: firings_of(review, name) for name in RULES}


@pytest.mark.parametrize("story", STORIES)
def test_repeat(found, story):
    trigger, _, expected = STORIES[story]
    assert found[trigger][story] == expected


def test_a_span_of_days_is_certain_where_every_day_of_it_is_inside(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity  id  earliest    latest
        inside  2024-04-20  N         a   –           –
        inside  2024-04-29  N         b   –           –
        inside  –           N         c   2024-05-08  2024-05-10
        across  2024-04-11  N         a   –           –
        across  2024-04-29  N         b   –           –
        across  –           N         c   2024-05-08  2024-05-10
        out     2024-04-09  N         a   –           –
        out     2024-04-29  N         b   –           –
        out     –           N         c   2024-05-08  2024-05-10
        """,
        triggers=RULES,
    )
    assert firings_of(review, D28) == {
        "inside": ["10 May 2024 (a b c)"],
        "across": ["10 May 2024 possible (a b c)"],
        "out": [],
    }


def test_the_family_counts_together_and_a_person_alone_where_the_rule_says_so(tmp_path):
    rules = {"together": RULES[D28], "each": RULES[D28] | {"per": "person"}}
    review = drawn(
        tmp_path / "data",
        """
        family  person  date        activity  id
        F1      P1      2024-05-01  N         a
        F1      P2      2024-05-02  N         b
        F1      P1      2024-05-03  N         c
        F2      P3      2024-05-01  N         a
        F2      P3      2024-05-02  N         b
        F2      P4      2024-05-03  N         c
        F2      P3      2024-05-04  N         d
        """,
        triggers=rules,
    )
    assert firings_of(review, "together") == {"F1": ["3 May 2024 (a b c)"], "F2": ["3 May 2024 (a b c)"]}
    assert firings_of(review, "each") == {"F1": [], "F2": ["4 May 2024 (a b d)"]}


def test_an_unrelated_row_changes_no_firing(tmp_path):
    text = "date  activity  id\n2024-05-01  N  a\n2024-05-02  N  b\n2024-05-03  N  c\n"
    more = "2024-05-02  visit  x\n2024-05-02 10:00  call  y\n2024-05  meeting  z\n2024-05-03  present  p\n2024  N  q\n"
    review = drawn(tmp_path / "data", {"bare": text, "busy": text + more}, triggers=RULES)
    assert firings_of(review, D28)["bare"] == firings_of(review, D28)["busy"] == ["3 May 2024 (a b c)"]


def test_several_activities_count_as_one_kind(tmp_path):
    rules = {"any": rule("repeat", ["absence_unexplained", "absence_unauthorised"], times=3, within_days=28)}
    text = "date  activity  id\n2024-05-01  N  a\n2024-05-02  U  b\n2024-05-03  N  c\n2024-05-04  I  d\n"
    assert firings_of(drawn(tmp_path / "data", {"F1": text}, triggers=rules), "any") == {"F1": ["3 May 2024 (a b c)"]}


def test_the_families_of_a_review_are_counted_apart(tmp_path):
    rows = "2024-05-01  N  a\n2024-05-02  N  b\n"
    families = {"F1": f"date  activity  id\n{rows}", "F2": "date  activity  id\n2024-05-03  N  c\n"}
    assert firings_of(drawn(tmp_path / "data", families, triggers=RULES), D28) == {"F1": [], "F2": []}


def test_a_firing_says_the_days_that_met_it_and_how_many_contacts_where_a_day_has_two(tmp_path):
    rules = {"three": rule("repeat", "absence_unexplained", times=3, within_days=28)}
    text = """
        family  date        activity             id
        F1      2024-04-16  absence_unexplained  a
        F1      2024-04-29  absence_unexplained  b
        F1      2024-05-13  absence_unexplained  c
        F2      2024-04-16  absence_unexplained  a
        F2      2024-04-29  absence_unexplained  b
        F2      2024-04-29  absence_unexplained  c
    """
    frame = fj.find_triggers(drawn(tmp_path / "data", text, triggers=rules), only=["three"]).df().set_index("family_id")
    assert frame.loc["F1", "says"] == "a rule: 16 Apr 2024, 29 Apr 2024 and 13 May 2024"
    assert frame.loc["F2", "says"] == "a rule: 3 contacts, on 16 Apr 2024 and 29 Apr 2024"
