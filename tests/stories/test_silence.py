"""One kind, then nothing of another within a window: fired, answered, still open, or not covered."""

import pytest

import journeys as fj
from tests.stories.conftest import drawn, firings_of, rule

RULES = {
    "silence": rule("silence", "domestic_abuse_incident", awaited_agency="social_care", within_working_days=10),
    "no_strategy": rule("silence", "domestic_abuse_incident", awaited="strategy_discussion", within_working_days=10),
    "in_days": rule("silence", "domestic_abuse_incident", awaited_agency="social_care", within_days=14),
    "in_a_month": rule("silence", "domestic_abuse_incident", awaited_agency="social_care", within_months=1),
}
WIDE = {"police": ("2023-01-01", "2025-03-31"), "social_care": ("2023-01-01", "2025-03-31")}
KINDS = {"I": ("police", "DA incident"), "C": ("social_care", "visit"), "R": ("social_care", "case note")}
KINDS |= {"S": ("social_care", "strategy meeting"), "L": ("social_care", "letter"), "P": ("police", "visit")}


def rows(*lines: str) -> str:
    """Rows as `day kind id`: I an incident of the police, C a visit by social care, R its case note, P a police visit."""
    drawing = ["date  agency  activity  id"]
    for line in lines:
        *day, kind, name = line.split()
        drawing.append("  ".join([" ".join(day), *KINDS[kind], name]))
    return "\n".join(drawing)


FRIDAY = "2024-12-20 I i"
STORIES = {
    "nothing by the tenth working day fires on it": (rows(FRIDAY), ["8 Jan 2025 (i)"]),
    "contact on the tenth working day answers": (rows(FRIDAY, "2025-01-08 C c"), []),
    "contact on the eleventh comes too late": (rows(FRIDAY, "2025-01-09 C c"), ["8 Jan 2025 (i)"]),
    "contact on the incident's day without a time answers": (rows(FRIDAY, "2024-12-20 C c"), []),
    "contact on that day with a time, the incident without, answers": (rows(FRIDAY, "2024-12-20 09:00 C c"), []),
    "contact on that day without a time, the incident with, answers": (
        rows("2024-12-20 18:00 I i", "2024-12-20 C c"),
        [],
    ),
    "contact earlier on that day does not answer": (
        rows("2024-12-20 18:00 I i", "2024-12-20 09:00 C c"),
        ["8 Jan 2025 (i)"],
    ),
    "contact later on that day answers": (rows("2024-12-20 18:00 I i", "2024-12-20 18:01 C c"), []),
    "contact at that very second answers": (rows("2024-12-20 18:00 I i", "2024-12-20 18:00 C c"), []),
    "contact the day before does not answer": (rows(FRIDAY, "2024-12-19 C c"), ["8 Jan 2025 (i)"]),
    "a note of the awaited agency is contact recorded by it": (rows(FRIDAY, "2024-12-23 R c"), []),
    "contact by another agency is no answer": (rows(FRIDAY, "2024-12-23 P c"), ["8 Jan 2025 (i)"]),
    "from a Saturday the first working day is Monday": (rows("2024-12-21 I i"), ["8 Jan 2025 (i)"]),
    "from Monday the count ends a day later": (rows("2024-12-23 I i"), ["9 Jan 2025 (i)"]),
    "from Christmas Day the first working day is the 27th": (rows("2024-12-25 I i"), ["10 Jan 2025 (i)"]),
    "from Sunday before Easter Monday": (rows("2024-03-31 I i"), ["15 Apr 2024 (i)"]),
    "from Maundy Thursday over Easter": (rows("2024-03-28 I i"), ["15 Apr 2024 (i)"]),
    "each day asks for itself": (rows("2024-05-01 I i", "2024-05-03 I j", "2024-05-17 C c"), ["16 May 2024 (i)"]),
    "one contact answers every day that still waits": (rows("2024-05-01 I i", "2024-05-03 I j", "2024-05-16 C c"), []),
    "two incidents of one day without times ask once": (
        rows("2024-05-01 I i", "2024-05-01 I j"),
        ["16 May 2024 (i j)"],
    ),
    "two incidents of one day, one timed, ask once": (
        rows("2024-05-01 10:00 I i", "2024-05-01 I j"),
        ["16 May 2024 (i j)"],
    ),
    "two timed incidents of one day ask twice": (
        rows("2024-05-01 10:00 I i", "2024-05-01 18:00 I j"),
        ["16 May 2024 (i)", "16 May 2024 (j)"],
    ),
    "contact between two timed incidents of one day answers the first alone": (
        rows("2024-05-01 10:00 I i", "2024-05-01 18:00 I j", "2024-05-01 12:00 C c"),
        ["16 May 2024 (j)"],
    ),
    "contact between two incidents of which one has no time answers both": (
        rows("2024-05-01 10:00 I i", "2024-05-01 I j", "2024-05-01 09:00 C c"),
        [],
    ),
    "two incidents at one second ask once": (
        rows("2024-05-01 10:00 I i", "2024-05-01 10:00 I j"),
        ["16 May 2024 (i j)"],
    ),
    "an untimed touch of another kind does not join timed incidents": (
        rows("2024-05-01 10:00 I i", "2024-05-01 18:00 I j", "2024-05-01 P p"),
        ["16 May 2024 (i)", "16 May 2024 (j)"],
    ),
    # Imprecise
    "an answer that may have come before or in time fires as possible": (
        rows("2024-05-07 I i", "2024-05 C c"),
        ["21 May 2024 possible (i)"],
    ),
    "an answer of the month before is none": (rows("2024-05-07 I i", "2024-04 C c"), ["21 May 2024 (i)"]),
    "an answer of a later month is too late": (rows("2024-05-07 I i", "2024-06 C c"), ["21 May 2024 (i)"]),
    "a sure answer beside a doubtful one answers": (rows("2024-05-07 I i", "2024-05 C c", "2024-05-20 C d"), []),
    "an incident known to the month is due from its last day": (rows("2024-05 I i"), ["14 Jun 2024 (i)"]),
    "an incident known to the month, answered after only some of its days, is possible": (
        rows("2024-05 I i", "2024-06-05 C c"),
        ["14 Jun 2024 possible (i)"],
    ),
    "an incident known to the month whose every day was answered in time does not fire": (
        rows("2024-05 I i", "2024-05-14 C c", "2024-05-28 C d", "2024-05-31 C e"),
        [],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    families = {name: text for name, (text, _) in STORIES.items()}
    return firings_of(
        drawn(
            tmp_path_factory.mktemp("silence") / "data", families, covers=WIDE, cover_to="2025-03-31", triggers=RULES
        ),
        "silence",
    )


@pytest.mark.parametrize("story", STORIES)
def test_silence(found, story):
    assert found[story] == STORIES[story][1]


def test_an_answer_within_a_span_that_is_all_inside_answers(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        agency       activity     id  earliest    latest
        inside  2024-05-07  police       DA incident  i   –           –
        inside  –           social_care  visit        c   2024-05-08  2024-05-10
        early   2024-05-07  police       DA incident  i   –           –
        early   –           social_care  visit        c   2024-05-06  2024-05-08
        late    2024-05-07  police       DA incident  i   –           –
        late    –           social_care  visit        c   2024-05-21  2024-05-22
        """,
        triggers=RULES,
    )
    assert firings_of(review, "silence") == {
        "inside": [],
        "early": ["21 May 2024 possible (i)"],
        "late": ["21 May 2024 possible (i)"],
    }


# Whether the window is over, and covered

ENDS = {
    "coverage to the day before it is due": ({"social_care": ("2023-01-01", "2025-01-07")}, None, [], ["2025-01-08"]),
    "coverage to the day it is due": ({"social_care": ("2023-01-01", "2025-01-08")}, None, ["8 Jan 2025 (i)"], []),
    "as at the day before": ({}, "2025-01-07", [], ["2025-01-08"]),
    "as at the day itself": ({}, "2025-01-08", ["8 Jan 2025 (i)"], []),
    "coverage that begins a day late": ({"social_care": ("2024-12-21", "2025-03-31")}, None, [], []),
    "coverage that begins a day late, seen before it is due": (
        {"social_care": ("2024-12-21", "2025-03-31")},
        "2025-01-07",
        [],
        [],
    ),
    "coverage that begins on the day": ({"social_care": ("2024-12-20", "2025-03-31")}, None, ["8 Jan 2025 (i)"], []),
}


@pytest.mark.parametrize("story", ENDS)
def test_a_silence_is_fired_open_or_not_covered(tmp_path, story):
    covers, as_at, fired, due = ENDS[story]
    text = {"F1": rows(FRIDAY, "2024-12-19 C c")}
    review = drawn(tmp_path / "data", text, covers=WIDE | covers, cover_to="2025-03-31", triggers=RULES, as_at=as_at)
    firings = fj.find_triggers(review, only=["silence"])
    assert firings_of(review, "silence") == {"F1": fired}
    assert [str(d) for d in firings.owner.open_silences["due_on"]] == due
    waiting = fj.measures.triggers(firings).set_index("trigger").loc["silence", "waiting"]
    assert waiting == len(due)


def test_an_open_silence_is_counted_beside_the_firings_and_is_none(tmp_path):
    text = {"F1": rows("2024-05-01 I i", "2024-12-20 I j", "2024-12-19 C c")}
    review = drawn(tmp_path / "data", text, triggers=RULES)
    row = fj.measures.triggers(fj.find_triggers(review)).set_index("trigger").loc["silence"]
    assert (row["firings"], row["waiting"]) == (1, 1)


def test_an_agency_that_supplied_nothing_makes_no_silence(tmp_path):
    review = drawn(tmp_path / "data", {"F1": rows("2024-05-01 I i")}, covers={"police": WIDE["police"]}, triggers=RULES)
    firings = fj.find_triggers(review, only=["silence"])
    assert (len(firings), len(firings.owner.open_silences)) == (0, 0)
    assert "silence" in firings.owner.not_supplied


def test_contact_with_another_family_is_no_answer(tmp_path):
    families = {"F1": rows("2024-05-01 I i"), "F2": rows("2024-05-02 C c")}
    assert firings_of(drawn(tmp_path / "data", families, triggers=RULES), "silence")["F1"] == ["16 May 2024 (i)"]


def test_an_awaited_activity_is_answered_by_that_alone(tmp_path):
    families = {
        "visited": rows("2024-05-01 I i", "2024-05-02 C c"),
        "discussed": rows("2024-05-01 I i", "2024-05-02 S s"),
    }
    review = drawn(tmp_path / "data", families, triggers=RULES)
    assert firings_of(review, "no_strategy") == {"visited": ["16 May 2024 (i)"], "discussed": []}


def test_days_and_months_as_windows(tmp_path):
    families = {
        "fourteenth": rows("2024-01-31 I i", "2024-02-14 C c"),
        "fifteenth": rows("2024-01-31 I i", "2024-02-15 C c"),
        "month": rows("2024-01-31 I i", "2024-03-01 C c"),
    }
    review = drawn(tmp_path / "data", families, covers=WIDE, triggers=RULES)
    assert firings_of(review, "in_days") == {
        "fourteenth": [],
        "fifteenth": ["14 Feb 2024 (i)"],
        "month": ["14 Feb 2024 (i)"],
    }
    assert firings_of(review, "in_a_month") == {"fourteenth": [], "fifteenth": [], "month": ["29 Feb 2024 (i)"]}


def test_after_the_periods_end_no_silence_is_over(tmp_path):
    text = {"F1": rows(FRIDAY, "2025-01-03 C c")}
    review = drawn(tmp_path / "data", text, covers=WIDE, triggers=RULES, end="2024-12-31", as_at="2025-03-31")
    firings = fj.find_triggers(review, only=["silence"])
    assert (len(firings), len(firings.owner.open_silences)) == (0, 1)


def test_undeclared_coverage_is_the_first_to_the_last_contact_and_flagged(tmp_path):
    from tests.stories.conftest import faults_of, supplied

    columns = {"family_id": "family", "date": "date", "activity": "what", "contact_id": "id"}
    form = {"format": {"columns": columns, "dates": ["%Y-%m-%d"]}}
    files = {
        "police.csv": "id,family,date,what\n1,F1,2024-05-01,DA incident\n2,F1,2024-06-03,DA incident\n",
        "social_care.csv": "id,family,date,what\n3,F2,2024-04-01,visit\n4,F2,2024-06-10,visit\n",
    }
    entries = {"police.csv": form | {"agency": "police"}, "social_care.csv": form | {"agency": "social_care"}}
    contacts = fj.read_contacts(supplied(tmp_path / "data", files, entries))
    firings = fj.find_triggers(fj.build_journeys(contacts, end="2024-12-31"), only=["police_no_social_care"])
    assert [f"{d:%Y-%m-%d}" for d in firings.df()["fired_on"]] == ["2024-05-16"]
    assert [str(d) for d in firings.owner.open_silences["due_on"]] == ["2024-06-17"]
    assert faults_of(contacts)["coverage_not_declared"] == 2
