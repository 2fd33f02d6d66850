"""A switch is what the family lives; a handover needs a row that shows it."""

from fractions import Fraction

import pytest

import journeys as fj
from tests.stories.conftest import drawn, handed

SWITCHES = {
    "services side by side switch at every turn": (
        """
        date        agency          activity
        2024-05-01  school          visit
        2024-05-08  health_visitor  visit
        2024-05-15  school          visit
        2024-05-22  health_visitor  visit
        """,
        Fraction(3),
    ),
    "a referral answered is one switch": (
        """
        date        agency      activity         to          need  by   id
        2024-05-01  school      referral         early_help  N1    –    r1
        2024-05-15  early_help  first_key_visit  –           N1    EH7  a1
        """,
        Fraction(1),
    ),
    "responsibility moved by way of another is two switches": (
        """
        date        agency       activity         need  by
        2024-06-01  social_care  first_key_visit  N2    SW1
        2024-06-20  school       visit            N2    –
        2024-07-01  early_help   first_key_visit  N2    EH7
        """,
        Fraction(2),
    ),
    "two professionals of one agency are no switch": (
        """
        date        agency       activity         need  by
        2024-06-01  social_care  first_key_visit  N2    SW1
        2024-07-01  social_care  first_key_visit  N2    –
        """,
        Fraction(0),
    ),
    "a tie is half a switch": (
        """
        date        agency  activity
        2024-05-01  school  visit
        2024-05-08  school  visit
        2024-05-08  police  incident
        """,
        Fraction(1, 2),
    ),
    "one moment of two agencies is no switch": (
        """
        date        agency  activity
        2024-05-08  school  visit
        2024-05-08  police  incident
        """,
        Fraction(0),
    ),
    "two agencies in both moments switch by half": (
        """
        date        agency  activity
        2024-05-01  school  visit
        2024-05-01  police  incident
        2024-05-08  school  visit
        2024-05-08  police  incident
        """,
        Fraction(1, 2),
    ),
    "thirds add up": (
        """
        date        agency  activity
        2024-05-01  school  visit
        2024-05-08  school  visit
        2024-05-08  police  incident
        2024-05-08  gp      consult
        2024-05-09  school  visit
        """,
        Fraction(4, 3),
    ),
    "a decision between two touches is no switch": (
        """
        date        agency       activity
        2024-05-01  school       visit
        2024-05-03  social_care  csc_referral
        2024-05-08  school       visit
        """,
        Fraction(0),
    ),
    "a switch into a month's moment counts": (
        """
        date        agency  activity
        2024-05-01  school  visit
        2024-06     gp      consult
        """,
        Fraction(1),
    ),
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("switches") / "data", {name: text for name, (text, _) in SWITCHES.items()})


@pytest.mark.parametrize("story", SWITCHES)
def test_switches(lived, story):
    expected = float(SWITCHES[story][1])
    weights = fj.switches(lived).df().query("family_id == @story")["weight"]
    measured = fj.measures.switches(lived).set_index("family_id").loc[story, "switches"]
    assert float(sum(weights)) == pytest.approx(expected, abs=1e-12)
    assert measured == pytest.approx(expected, abs=1e-6)
    graph = lived[story].alone.map(by="agency")
    assert sum(e["moves"] for a, b, e in graph.edges(data=True) if a != b) == pytest.approx(expected, abs=1e-12)


def test_a_switch_says_from_whom_to_whom_after_how_many_days_and_whether_it_rests_on_a_tie(lived):
    rows = fj.switches(lived).df().set_index("family_id")
    tie = rows.loc["a tie is half a switch"]
    assert (tie["from_agency"], tie["to_agency"], tie["weight"], tie["days"]) == ("school", "police", 0.5, 7)
    assert bool(tie["rests_on_tie"])
    answered = rows.loc["a referral answered is one switch"]
    assert (answered["moment"], answered["days"], bool(answered["rests_on_tie"])) == (1, 14, False)


HANDOVERS = {
    "services side by side hand nothing over": (SWITCHES["services side by side switch at every turn"][0], []),
    "a referral answered is one handover": (
        SWITCHES["a referral answered is one switch"][0],
        [("referral", "school", "early_help", "r1", "a1", 14, False)],
    ),
    "responsibility moved is one handover, shown by the row that took it": (
        """
        date        agency       activity         need  by   id
        2024-06-01  social_care  first_key_visit  N2    SW1  1
        2024-06-20  school       visit            N2    –    2
        2024-07-01  early_help   first_key_visit  N2    EH7  3
        """,
        [("responsibility", "social_care", "early_help", "3", None, None, False)],
    ),
    "the first to take responsibility for a need hands over from nobody": (
        """
        date        agency       activity         need  id
        2024-06-01  social_care  first_key_visit  N2    1
        """,
        [],
    ),
    "responsibility for another need is no handover": (
        """
        date        agency       activity         need  id
        2024-06-01  social_care  first_key_visit  N1    1
        2024-07-01  early_help   first_key_visit  N2    2
        """,
        [],
    ),
    "within one agency nothing is handed over": (
        """
        date        agency       activity         need  by   id
        2024-06-01  social_care  first_key_visit  N2    SW1  1
        2024-07-01  social_care  first_key_visit  N2    –    2
        """,
        [],
    ),
    "a tie hands nothing over": (SWITCHES["a tie is half a switch"][0], []),
    "a referral to one's own agency is none": (
        """
        date        agency      activity         to          need  id
        2024-05-01  early_help  referral         early_help  N1    1
        2024-05-15  early_help  first_key_visit  –           N1    2
        """,
        [],
    ),
    "an answer on another need leaves the referral unanswered": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-05-15  early_help  visit     –           N2    2
        """,
        [("referral", "school", "early_help", "1", None, None, False)],
    ),
    "where the answer names no need the family alone must match": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-05-15  early_help  visit     –           –     2
        """,
        [("referral", "school", "early_help", "1", "2", 14, False)],
    ),
    "where the referral names no need the family alone must match": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  –     1
        2024-05-15  early_help  visit     –           N2    2
        """,
        [("referral", "school", "early_help", "1", "2", 14, False)],
    ),
    "one row answers one referral, the earliest open one": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-05-03  gp          referral  early_help  N1    2
        2024-05-15  early_help  visit     –           N1    3
        """,
        [
            ("referral", "school", "early_help", "1", "3", 14, False),
            ("referral", "gp", "early_help", "2", None, None, False),
        ],
    ),
    "a second row answers the second referral": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-05-03  gp          referral  early_help  N1    2
        2024-05-15  early_help  visit     –           N1    3
        2024-05-16  early_help  visit     –           N1    4
        """,
        [
            ("referral", "school", "early_help", "1", "3", 14, False),
            ("referral", "gp", "early_help", "2", "4", 13, False),
        ],
    ),
    "the earliest open referral is the earliest on that need": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-05-03  gp          referral  early_help  N2    2
        2024-05-15  early_help  visit     –           N2    3
        """,
        [
            ("referral", "school", "early_help", "1", None, None, False),
            ("referral", "gp", "early_help", "2", "3", 12, False),
        ],
    ),
    "an answer may be a referral, which then awaits its own": (
        """
        date        agency       activity  to           need  id
        2024-05-01  social_care  referral  early_help   N1    1
        2024-05-15  early_help   referral  social_care  N1    2
        2024-05-20  social_care  visit     –            N1    3
        """,
        [
            ("referral", "social_care", "early_help", "1", "2", 14, False),
            ("referral", "early_help", "social_care", "2", "3", 5, False),
        ],
    ),
    "an answer may be a decision": (
        """
        date        agency      activity      to          need  id
        2024-05-01  school      referral      early_help  N1    1
        2024-05-15  early_help  not_eligible  –           N1    2
        """,
        [("referral", "school", "early_help", "1", "2", 14, False)],
    ),
    "a record, a signal or a status is no answer": (
        """
        date        agency      activity      to          need  id
        2024-05-01  school      referral      early_help  N1    1
        2024-05-02  early_help  case_note     –           N1    2
        2024-05-03  early_help  letter_sent   –           N1    3
        2024-05-04  early_help  waiting_list  –           N1    4
        2024-05-05  police      offence       –           N1    5
        """,
        [("referral", "school", "early_help", "1", None, None, False)],
    ),
    "a mark is no answer from a school": (
        """
        date        agency      activity  to      need  id
        2024-05-01  early_help  referral  school  N1    1
        2024-05-02  school      N         –       –     2
        2024-05-02  school      present   –       –     3
        """,
        [("referral", "early_help", "school", "1", None, None, False)],
    ),
    "a touch by a third agency is no answer": (
        """
        date        agency  activity  to          need  id
        2024-05-01  school  referral  early_help  N1    1
        2024-05-15  gp      consult   –           N1    2
        """,
        [("referral", "school", "early_help", "1", None, None, False)],
    ),
    "an answer on the referral's own day counts": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-05-01  early_help  visit     –           N1    2
        """,
        [("referral", "school", "early_help", "1", "2", 0, False)],
    ),
    "an answer on the own day counts where only one is timed": (
        """
        date              agency      activity  to          need  id
        2024-05-01 14:00  school      referral  early_help  N1    1
        2024-05-01        early_help  visit     –           N1    2
        """,
        [("referral", "school", "early_help", "1", "2", 0, False)],
    ),
    "an answer that came first on that day does not count": (
        """
        date              agency      activity  to          need  id
        2024-05-01 14:00  school      referral  early_help  N1    1
        2024-05-01 09:00  early_help  visit     –           N1    2
        """,
        [("referral", "school", "early_help", "1", None, None, False)],
    ),
    "an answer later on that day counts": (
        """
        date              agency      activity  to          need  id
        2024-05-01 14:00  school      referral  early_help  N1    1
        2024-05-01 14:01  early_help  visit     –           N1    2
        """,
        [("referral", "school", "early_help", "1", "2", 0, False)],
    ),
    "an answer at the very second counts": (
        """
        date              agency      activity  to          need  id
        2024-05-01 14:00  school      referral  early_help  N1    1
        2024-05-01 14:00  early_help  visit     –           N1    2
        """,
        [("referral", "school", "early_help", "1", "2", 0, False)],
    ),
    "an answer the day before does not count": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-04-30  early_help  visit     –           N1    2
        """,
        [("referral", "school", "early_help", "1", None, None, False)],
    ),
    "a late answer answers still": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  early_help  N1    1
        2024-07-01  early_help  visit     –           N1    2
        """,
        [("referral", "school", "early_help", "1", "2", 61, False)],
    ),
    "a referral answered by taking responsibility from the referrer is one handover and not two": (
        """
        date        agency       activity         to          need  id
        2024-04-01  social_care  first_key_visit  –           N1    1
        2024-05-01  social_care  referral         early_help  N1    2
        2024-05-15  early_help   first_key_visit  –           N1    3
        """,
        [("referral", "social_care", "early_help", "2", "3", 14, False)],
    ),
    "responsibility taken from one who did not refer is a handover of its own": (
        """
        date        agency       activity         to          need  id
        2024-04-01  social_care  first_key_visit  –           N1    1
        2024-05-01  school       referral         early_help  N1    2
        2024-05-15  early_help   first_key_visit  –           N1    3
        """,
        [
            ("referral", "school", "early_help", "2", "3", 14, False),
            ("responsibility", "social_care", "early_help", "3", None, None, False),
        ],
    ),
    "responsibility passing there and back is two handovers": (
        """
        date        agency       activity         need  id
        2024-04-01  social_care  first_key_visit  N1    1
        2024-05-01  early_help   first_key_visit  N1    2
        2024-06-01  social_care  first_key_visit  N1    3
        """,
        [
            ("responsibility", "social_care", "early_help", "2", None, None, False),
            ("responsibility", "early_help", "social_care", "3", None, None, False),
        ],
    ),
    "a referral shows one passing on, and not the next between the same two": (
        """
        date        agency       activity         to          need  id
        2024-04-01  social_care  first_key_visit  –           N1    1
        2024-05-01  social_care  referral         early_help  N1    2
        2024-05-15  early_help   first_key_visit  –           N1    3
        2024-06-01  social_care  first_key_visit  –           N1    4
        2024-07-01  early_help   first_key_visit  –           N1    5
        """,
        [
            ("referral", "social_care", "early_help", "2", "3", 14, False),
            ("responsibility", "early_help", "social_care", "4", None, None, False),
            ("responsibility", "social_care", "early_help", "5", None, None, False),
        ],
    ),
    "the same agency taking responsibility again changes no holder": (
        """
        date        agency       activity         need  id
        2024-04-01  social_care  first_key_visit  N1    1
        2024-04-15  social_care  first_key_visit  N1    2
        2024-05-01  early_help   first_key_visit  N1    3
        """,
        [("responsibility", "social_care", "early_help", "3", None, None, False)],
    ),
    "a referral that does not say to whom shows no handover": (
        """
        date        agency  activity  need  id
        2024-04-01  school  referral  N1    1
        """,
        [],
    ),
    "an agency's name as people say it is the same agency": (
        """
        date        agency      activity  to          need  id
        2024-05-01  school      referral  Early Help  N1    1
        2024-05-15  early_help  visit     –           N1    2
        """,
        [("referral", "school", "early_help", "1", "2", 14, False)],
    ),
}


@pytest.fixture(scope="module")
def passed(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("handovers") / "data", {name: text for name, (text, _) in HANDOVERS.items()})


@pytest.mark.parametrize("story", HANDOVERS)
def test_handovers(passed, story):
    assert handed(passed[story].alone) == HANDOVERS[story][1]


REFERRED = """
    family  date        agency  activity  to          need  id
    F1      2024-05-01  school  referral  early_help  N1    1
    """


@pytest.mark.parametrize(
    ("as_at", "cover_to", "is_open"),
    [
        ("2024-05-28", "2024-12-31", True),
        ("2024-05-29", "2024-12-31", False),
        ("2024-12-31", "2024-05-28", True),
        ("2024-12-31", "2024-05-29", False),
    ],
)
def test_a_referral_is_open_until_its_28_days_are_over_within_as_at_and_coverage(tmp_path, as_at, cover_to, is_open):
    covers = {"school": ("2024-01-01", "2024-12-31"), "early_help": ("2024-01-01", cover_to)}
    review = drawn(tmp_path / "data", REFERRED, covers=covers, as_at=as_at)
    assert handed(review) == [("referral", "school", "early_help", "1", None, None, is_open)]


def test_a_referral_to_an_agency_that_supplied_nothing_is_open(tmp_path):
    review = drawn(tmp_path / "data", REFERRED, covers={"school": ("2024-01-01", "2024-12-31")})
    assert handed(review)[0][-1] is True


def test_an_answer_after_as_at_is_no_answer_yet(tmp_path):
    text = REFERRED + "F1  2024-05-15  early_help  visit  –  N1  2\n"
    review = drawn(tmp_path / "data", text, as_at="2024-05-14")
    assert handed(review) == [("referral", "school", "early_help", "1", None, None, True)]


def test_after_the_periods_end_nothing_is_over(tmp_path):
    text = REFERRED + "F1  2024-05-15  early_help  visit  –  N1  2\n"
    review = drawn(tmp_path / "data", text, end="2024-05-14", as_at="2024-12-31")
    assert handed(review) == [("referral", "school", "early_help", "1", None, None, True)]


PEOPLE = {
    "from one professional to another": (("SW1", "SW2"), [("responsibility", "social_care", "social_care", "2")]),
    "to one who is not named cannot be told": (("SW1", "–"), [("cannot be told", "social_care", "social_care", "2")]),
    "from one who is not named cannot be told": (("–", "SW1"), [("cannot be told", "social_care", "social_care", "2")]),
    "to oneself is none": (("SW1", "SW1"), []),
}


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    drawing = "date  agency  activity  need  by  id\n2024-06-01  social_care  first_key_visit  N2  {}  1\n"
    drawing += "2024-07-01  social_care  first_key_visit  N2  {}  2\n"
    return drawn(
        tmp_path_factory.mktemp("people") / "data", {n: drawing.format(*who) for n, (who, _) in PEOPLE.items()}
    )


@pytest.mark.parametrize("story", PEOPLE)
def test_responsibility_by_professional(people, story):
    assert [row[:4] for row in handed(people[story].alone, by="professional")] == PEOPLE[story][1]


def test_the_middle_wait_counts_those_without_an_answer_as_long_as_they_have_waited(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        agency      activity  to          need  id
        F1      2024-05-01  school      referral  early_help  N1    1
        F1      2024-05-15  early_help  visit     –           N1    2
        F2      2024-05-01  school      referral  early_help  N1    3
        F2      2024-05-05  early_help  visit     –           N1    4
        F3      2024-05-01  school      referral  early_help  N1    5
        F4      2024-12-20  school      referral  early_help  N1    6
        """,
    )
    row = fj.measures.handovers(review).set_index("kind").loc["referral"]
    numbers = row[["families", "handovers", "answered", "open", "not_answered", "days_median"]].tolist()
    # Half are answered by day 14: of the two answered alone it would be 9.
    assert numbers == [4, 4, 2, 1, 1, 14.0]
