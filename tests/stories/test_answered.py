"""Whether help followed: the first on or after the day of firing, within the agreed days after it could be known."""

import pandas as pd
import pytest

import journeys as fj
from tests.stories.conftest import drawn, rule

RULES = {"three": rule("repeat", "absence_unexplained", times=3, within_days=28, answered_within_days=30)}
FIRED = """
    family  date        agency      activity      id
    F1      2024-04-20  school      N             a
    F1      2024-05-01  school      N             b
    F1      2024-05-13  school      N             c
    """
CASES = {
    "help on the last day answers": ("2024-06-12", "2024-12-31", "2024-12-31", "12 Jun 2024", False),
    "help a day late does not": ("2024-06-13", "2024-12-31", "2024-12-31", None, False),
    "help on the day of firing answers": ("2024-05-13", "2024-12-31", "2024-12-31", "13 May 2024", False),
    "help the day before came before": ("2024-05-12", "2024-12-31", "2024-12-31", None, False),
    "without help it is open until the last day is over": (None, "2024-06-11", "2024-12-31", None, True),
    "and then it is not answered": (None, "2024-06-12", "2024-12-31", None, False),
    "help after as_at answers nothing": ("2024-06-12", "2024-06-11", "2024-12-31", None, True),
    "without help it is open where coverage ends early": (None, "2024-12-31", "2024-06-05", None, True),
    "and help within that coverage answers": ("2024-06-02", "2024-12-31", "2024-06-05", "2 Jun 2024", False),
    "coverage to the last day is enough": (None, "2024-12-31", "2024-06-12", None, False),
    "and to the day before is not": (None, "2024-12-31", "2024-06-11", None, True),
}


def state(review, trigger="three"):
    (row,) = fj.find_triggers(review, only=[trigger]).df().itertuples()
    return None if pd.isna(row.answered_on) else f"{row.answered_on:%-d %b %Y}", bool(row.is_open)


def reviewed(root, *help_rows, as_at="2024-12-31", cover_to="2024-12-31", triggers=RULES, **more):
    covers = {"school": ("2024-01-01", "2024-12-31"), "early_help": ("2024-01-01", cover_to)}
    # Another family's help shows that early help records it.
    text = FIRED + "F9  2024-02-01  early_help  help started  z\n" + "\n".join(help_rows)
    root.mkdir(exist_ok=True)
    return drawn(root / "data", text, covers=covers, triggers=triggers, as_at=as_at, **more)


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Each case as a family of its own; those that share coverage share a store."""
    root = tmp_path_factory.mktemp("answered")
    found = {}
    for cover_to in {case[2] for case in CASES.values()}:
        cases = {name: case for name, case in CASES.items() if case[2] == cover_to}
        fired = "\n".join(line.replace("    F1      ", "") for line in FIRED.strip().splitlines()[1:])
        log = {name: DAY_ROWS + fired + helped(case[0]) for name, case in cases.items()}
        log["another"] = DAY_ROWS + helped("2024-02-01")
        covers = {"school": ("2024-01-01", "2024-12-31"), "early_help": ("2024-01-01", cover_to)}
        place = root / cover_to
        contacts = fj.read_contacts(drawn(place, log, covers=covers, triggers=RULES).session.folder.path)
        for name, (_, as_at, _, _, _) in cases.items():
            review = fj.build_journeys(contacts, end="2024-12-31", as_at=as_at, families=[name])
            found[name] = state(review)
    return found


DAY_ROWS = "date  agency  activity  id\n"


def helped(day):
    return f"\n{day}  early_help  help started  h" if day else ""


@pytest.mark.parametrize("case", CASES)
def test_answered_not_answered_or_open(states, case):
    assert states[case] == CASES[case][3:]


def test_help_on_the_day_does_not_answer_where_both_are_timed_and_it_came_first(tmp_path):
    timed = """
        family  date              agency      activity      id
        F1      2024-04-20        school      N             a
        F1      2024-05-01        school      N             b
        F1      2024-05-13 10:00  school      N             c
        F1      2024-05-13 09:00  early_help  help started  h
        """
    first = drawn(tmp_path / "first", timed, triggers=RULES)
    assert state(first) == (None, False)
    assert state(drawn(tmp_path / "later", timed.replace("09:00", "11:00"), triggers=RULES)) == ("13 May 2024", False)
    assert state(drawn(tmp_path / "same", timed.replace("09:00", "10:00"), triggers=RULES)) == ("13 May 2024", False)
    assert state(drawn(tmp_path / "one", timed.replace(" 10:00", ""), triggers=RULES)) == ("13 May 2024", False)


def test_the_first_help_in_time_is_the_one_that_answers(tmp_path):
    helps = ["F1  2024-05-12  early_help  help started  g"]
    helps += [f"F1  2024-0{m}  early_help  help started  {n}" for m, n in (("6-10", "h"), ("5-20", "i"), ("7-01", "j"))]
    assert state(reviewed(tmp_path, *helps)) == ("20 May 2024", False)


def test_one_help_answers_every_firing_that_still_waits(tmp_path):
    more = [f"F1  2024-05-{d}  school  N  {n}" for d, n in ((20, "d"), (21, "e"), (22, "f"))]
    review = reviewed(tmp_path, *more, "F1  2024-05-25  early_help  help started  h")
    rows = fj.find_triggers(review, only=["three"]).df()
    assert [f"{d:%-d %b}" for d in rows["fired_on"]] == ["13 May", "22 May"]
    assert [f"{d:%-d %b}" for d in rows["answered_on"]] == ["25 May", "25 May"]


def test_contact_that_is_no_help_answers_nothing(tmp_path):
    review = reviewed(tmp_path, "F1  2024-05-20  early_help  visit  h", "F1  2024-05-21  early_help  referral  i")
    assert state(review) == (None, False)


def test_another_familys_help_answers_nothing(tmp_path):
    assert state(reviewed(tmp_path, "F2  2024-05-20  early_help  help started  h")) == (None, False)


def test_help_by_any_agency_answers(tmp_path):
    assert state(reviewed(tmp_path, "F1  2024-05-20  school  help started  h")) == ("20 May 2024", False)


def test_late_help_still_leaves_the_firing_unanswered_in_the_counts(tmp_path):
    review = reviewed(tmp_path, "F1  2024-06-13  early_help  help started  h")
    row = fj.measures.triggers(fj.find_triggers(review)).set_index("trigger").loc["three"]
    assert row[["firings", "answered", "open", "not_answered"]].tolist() == [1, 0, 0, 1]


def test_the_days_allowed_are_the_rules_own(tmp_path):
    week = {"three": RULES["three"] | {"answered_within_days": 7}}
    assert state(reviewed(tmp_path / "a", "F1  2024-05-20  early_help  help started  h", triggers=week)) == (
        "20 May 2024",
        False,
    )
    assert state(reviewed(tmp_path / "b", "F1  2024-05-21  early_help  help started  h", triggers=week)) == (
        None,
        False,
    )


def test_a_firing_near_the_periods_end_is_open_though_as_at_is_later(tmp_path):
    review = reviewed(tmp_path, "F1  2024-06-02  early_help  help started  h", end="2024-05-31")
    assert state(review) == (None, True)


def test_help_planned_for_after_as_at_answers_nothing_yet(tmp_path):
    text = """
        family  date        agency      activity      id  recorded
        F1      2024-04-20  school      N             a   2024-04-20
        F1      2024-05-01  school      N             b   2024-05-01
        F1      2024-05-13  school      N             c   2024-05-13
        F1      2024-06-02  early_help  help started  h   2024-05-14
        """
    assert state(drawn(tmp_path / "data", text, triggers=RULES, as_at="2024-05-31")) == (None, True)
    assert state(drawn(tmp_path / "then", text, triggers=RULES, as_at="2024-06-02")) == ("2 Jun 2024", False)
