"""A share of one pupil's possible sessions missed in the year or term so far, judged at the end of each month."""

import datetime as dt

import pytest

import journeys as fj
from tests.stories.conftest import drawn, firings_of, rule

ABSENT = ["absence_unexplained", "absence_unauthorised", "absence_authorised", "absence_ill"]
SHARE = {"possible": "present", "counted_from": "year", "per": "person"}
TEN, TERM, HALF = "ten", "term", "half"
RULES = {
    TEN: rule("rate", ABSENT, percent=10, **SHARE),
    TERM: rule("rate", ABSENT, percent=10, **SHARE | {"counted_from": "term"}),
    HALF: rule("rate", ABSENT, percent=50, **SHARE),
}
HEAD = "family  person  date  activity  id  earliest  latest"


def day(text: str, *codes: str, person: str = "P1") -> list[tuple[str, str, str]]:
    """One day's marks: person, date, code."""
    return [(person, text, code) for code in codes]


def sessions(first: str, number: int, code: str = "/") -> list[tuple[str, str, str]]:
    """So many marks of one code, two on each weekday from a day on."""
    on, found = dt.date.fromisoformat(first), []
    while len(found) < number:
        if on.isoweekday() <= 5:
            found += day(f"{on}", code, code)
        on += dt.timedelta(days=1)
    return found[:number]


def of_families(families: dict[str, list[tuple[str, str, str]]]) -> str:
    """Marks drawn as families; an absence is named by its code and its place in the list, other marks by `m`."""
    lines = [HEAD]
    for family, marks in families.items():
        for n, (person, on, code) in enumerate(marks):
            span = on.split("..") if ".." in on else ("–", "–")
            date = "–" if ".." in on else on
            lines.append("  ".join([family, person, date, code, f"{code}{n}" if code.isalpha() else f"m{n}", *span]))
    return "\n".join(lines)


SEPTEMBER = [
    *day("2024-09-02", "/", "\\"),
    *day("2024-09-03", "I", "\\"),
    *day("2024-09-04", "I", "\\"),
    *day("2024-09-05", "Y4", "Y4"),
    *sessions("2024-09-06", 22),
    *day("2024-09-23", "N", "U"),
    *day("2024-09-24", "L", "\\"),
]
"""Fifteen school days of two marks, then two days more: 4 absent of 32 possible, 12.5 in a hundred."""
OVER = "30 Sep 2024 (I2 I4 N30 U31)"
STORIES = {
    "12.5 in a hundred fires at the month's end": (TEN, SEPTEMBER, [OVER]),
    "still over at the next month's end fires no second time": (
        TEN,
        SEPTEMBER + sessions("2024-10-01", 2),
        [OVER],
    ),
    "4 of 40 is ten in a hundred exactly, and still over": (
        TEN,
        SEPTEMBER + sessions("2024-10-01", 8) + sessions("2024-11-04", 3, "N"),
        [OVER],
    ),
    "4 of 41 is under, so that it fires again in November": (
        TEN,
        SEPTEMBER + sessions("2024-10-01", 9) + sessions("2024-11-04", 3, "N"),
        [OVER, "30 Nov 2024 (I2 I4 N30 N43 N44 N45 U31)"],
    ),
    "ten in a hundred exactly fires": (TEN, sessions("2024-09-02", 9) + day("2024-09-20", "N"), ["30 Sep 2024 (N9)"]),
    "just under does not": (TEN, sessions("2024-09-02", 10) + day("2024-09-20", "N"), []),
    "what is missed on a month's last day counts there": (
        TEN,
        sessions("2024-09-02", 9) + day("2024-09-30", "N"),
        ["30 Sep 2024 (N9)"],
    ),
    "a day later it counts at the next": (
        TEN,
        sessions("2024-09-02", 9) + day("2024-10-01", "N"),
        ["31 Oct 2024 (N9)"],
    ),
    "over in the middle of a month and under at its end is nothing": (
        TEN,
        day("2024-09-02", "N") + sessions("2024-09-03", 10),
        [],
    ),
    "last year's absences are not this year's": (
        TEN,
        day("2024-07-10", "N", "N") + sessions("2024-09-02", 10),
        ["31 Jul 2024 (N0 N1)"],
    ),
    "the first of September begins the year": (TEN, day("2024-09-01", "N"), ["30 Sep 2024 (N0)"]),
    "the last of August ends the one before": (
        TEN,
        day("2024-08-31", "N") + sessions("2024-09-02", 10),
        ["31 Aug 2024 (N0)"],
    ),
    "over since autumn, the year fires once": (
        TEN,
        sessions("2024-10-01", 3, "N") + sessions("2025-01-06", 3, "N"),
        ["31 Oct 2024 (N0 N1 N2)"],
    ),
    "a term counts for itself": (
        TERM,
        sessions("2024-10-01", 3, "N") + sessions("2025-01-06", 3, "N"),
        ["31 Oct 2024 (N0 N1 N2)", "31 Jan 2025 (N3 N4 N5)"],
    ),
    "no session missed is never over": (TEN, sessions("2024-09-02", 10), []),
    # Imprecise: marks are dated, and a register that is not says less
    "an absence that may be of next month is possible": (
        HALF,
        sessions("2024-09-02", 1) + day("2024-09-20..2024-10-05", "N") + sessions("2024-10-07", 9),
        ["30 Sep 2024 possible (N1)"],
    ),
    "where the next month's end is surely over, it fires there and is certain": (
        HALF,
        sessions("2024-09-02", 1) + day("2024-09-20..2024-10-05", "N"),
        ["31 Oct 2024 (N1)"],
    ),
    "marks that may be of next month may leave this one over": (
        HALF,
        day("2024-09-03..2024-10-05", "/", "/", "/") + day("2024-09-04", "N"),
        ["30 Sep 2024 possible (N3)"],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    families = {name: marks for name, (_, marks, _) in STORIES.items()}
    root = tmp_path_factory.mktemp("rate") / "data"
    review = drawn(root, of_families(families), cover_to="2025-08-31", triggers=RULES)
    return {name: firings_of(review, name) for name in RULES}


@pytest.mark.parametrize("story", STORIES)
def test_rate(found, story):
    trigger, _, expected = STORIES[story]
    assert found[trigger][story] == expected


PRESENT = ["/", "\\", "L", "K", "V", "P", "W", "B"]
AWAY = ["N", "G", "O", "U", "C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"]
NO_SESSION = ["D", "Z", "#", "X", "Q", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"]


def test_which_codes_of_the_register_are_absent_present_or_no_session(tmp_path):
    """One absence in ten, and one mark more: present tips it under, absent is evidence, and no session is neither."""
    base = day("2024-09-02", "N") + sessions("2024-09-03", 9)
    families = {f"with {code}": base + day("2024-09-20", code) for code in PRESENT + AWAY + NO_SESSION}
    fired = firings_of(drawn(tmp_path / "data", of_families(families), triggers=RULES), TEN)
    evidence = {family: [line.count(" ") - 2 for line in lines] for family, lines in fired.items()}
    assert [c for c in PRESENT if evidence[f"with {c}"] != []] == []
    assert [c for c in AWAY if evidence[f"with {c}"] != [2]] == []
    assert [c for c in NO_SESSION if evidence[f"with {c}"] != [1]] == []


@pytest.mark.parametrize(
    ("cover_to", "as_at", "expected"),
    [
        ("2024-09-30", None, [OVER]),
        ("2024-09-29", None, []),
        ("2024-12-31", "2024-09-30", [OVER]),
        ("2024-12-31", "2024-09-29", []),
    ],
)
def test_a_month_is_judged_when_it_is_over_and_covered(tmp_path, cover_to, as_at, expected):
    covers = {"school": ("2024-09-01", cover_to)}
    text = of_families({"F1": SEPTEMBER})
    review = drawn(tmp_path / "data", text, covers=covers, triggers=RULES, as_at=as_at)
    assert firings_of(review, TEN) == {"F1": expected}


def test_records_to_the_middle_of_october_leave_october_open(tmp_path):
    marks = sessions("2024-09-02", 20) + sessions("2024-10-01", 10, "N")
    for cover_to, expected in (("2024-10-20", []), ("2024-10-31", 1)):
        root = tmp_path / cover_to
        review = drawn(root, of_families({"F1": marks}), covers={"school": ("2024-09-01", cover_to)}, triggers=RULES)
        assert len(firings_of(review, TEN)["F1"]) == (expected or 0)


def test_each_pupil_counts_alone_and_marks_that_name_nobody_are_nobodys(tmp_path):
    marks = {
        "brothers": day("2024-09-02", "N") + [("P2", on, code) for _, on, code in sessions("2024-09-03", 20)],
        "nobody": [("–", on, code) for _, on, code in day("2024-09-02", "N", "N")],
    }
    fired = firings_of(drawn(tmp_path / "data", of_families(marks), triggers=RULES), TEN)
    assert fired == {"brothers": ["30 Sep 2024 (N0)"], "nobody": []}


def test_a_log_of_absences_alone_says_nothing_of_a_share(tmp_path):
    marks = [m for m in SEPTEMBER if m[2] in ("I", "N", "U")]
    review = drawn(tmp_path / "data", of_families({"F1": marks}), triggers=RULES)
    firings = fj.find_triggers(review, only=[TEN, HALF])
    assert not len(firings)
    assert firings.owner.not_supplied == [TEN, HALF]


def test_a_child_who_never_came_is_seen_where_the_school_marks_others_present(tmp_path):
    families = {"F1": sessions("2024-09-02", 8, "N"), "F2": sessions("2024-09-02", 8)}
    assert firings_of(drawn(tmp_path / "data", of_families(families), triggers=RULES), HALF) == {
        "F1": ["30 Sep 2024 (N0 N1 N2 N3 N4 N5 N6 N7)"],
        "F2": [],
    }
