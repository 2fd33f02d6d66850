"""As at a day: each contact in its latest version recorded by then, and nothing that nobody knew."""

import functools
import json

import pandas as pd
import pytest

import journeys as fj
from tests.stories.conftest import drawn, rule, table

RULES = {
    "three": rule("repeat", "absence_unexplained", times=3, within_days=28, answered_within_days=30),
    "silence": rule("silence", "domestic_abuse_incident", awaited_agency="social_care", within_days=10),
}
MARKS = """
    family  date        agency  activity  id  recorded
    F1      2024-09-03  school  N         1   2024-09-03
    F1      2024-09-10  school  N         2   2024-09-10
    F1      2024-09-10  school  I         2   2024-09-16
    F1      2024-09-12  school  N         3   2024-09-30
    F1      2024-09-17  school  N         4   2024-09-17
    """


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    path = tmp_path_factory.mktemp("as_at") / "data"
    drawn(path, MARKS, triggers=RULES)
    return path


@functools.cache
def read(root):
    return fj.read_contacts(root)


def at(root, day, **more):
    return fj.build_journeys(read(root), **({"end": "2024-12-31"} | more), as_at=day)


def known(review):
    frame = review.steps.df().sort_values("contact_id")
    return " ".join(f"{i.split('.')[-1]}{a}" for i, a in zip(frame["contact_id"], frame["raw_activity"], strict=True))


def three(review):
    rows = fj.find_triggers(review, only=["three"]).df().itertuples()
    return [
        (f"{r.fired_on:%-d %b}", f"{r.known_on:%-d %b}", " ".join(e.split(".")[-1] for e in sorted(r.evidence)))
        for r in rows
    ]


KNOWN = {
    "2024-09-03": ("1N", []),
    "2024-09-09": ("1N", []),
    "2024-09-15": ("1N 2N", []),
    "2024-09-16": ("1N 2I", []),
    "2024-09-17": ("1N 2I 4N", []),
    "2024-09-29": ("1N 2I 4N", []),
    "2024-09-30": ("1N 2I 3N 4N", [("17 Sep", "30 Sep", "1 3 4")]),
    "2024-12-31": ("1N 2I 3N 4N", [("17 Sep", "30 Sep", "1 3 4")]),
}


@pytest.mark.parametrize("day", KNOWN)
def test_what_was_known_and_what_had_fired(root, day):
    review = at(root, day)
    assert (known(review), three(review)) == KNOWN[day]


def test_without_the_amendment_it_would_have_fired_earlier(tmp_path):
    text = "\n".join(line for line in MARKS.splitlines() if " I " not in line)
    assert three(drawn(tmp_path / "data", text, triggers=RULES, as_at="2024-09-17")) == [("17 Sep", "17 Sep", "1 2 4")]


@pytest.mark.parametrize("day", ["2024-09-15", "2024-09-17", "2024-09-30"])
def test_a_run_as_at_a_day_equals_a_run_on_the_rows_recorded_by_it(tmp_path, root, day):
    rows = table(MARKS)
    kept = rows[rows["recorded"] <= day]
    text = "\n".join(["  ".join(kept.columns), *("  ".join(r) for r in kept.itertuples(index=False))])
    cut = drawn(tmp_path / "cut", text, triggers=RULES, as_at=day)
    columns = ["contact_id", "activity", "date", "recorded_on", "step", "moment"]
    pd.testing.assert_frame_equal(at(root, day).steps.df()[columns], cut.steps.df()[columns])
    firings = [fj.find_triggers(review).df().drop(columns="firing_id") for review in (at(root, day), cut)]
    pd.testing.assert_frame_equal(firings[0].astype(str), firings[1].astype(str))


HELPED = {
    "2024-10-25": ("25 Oct", False),
    "2024-10-30": ("30 Oct", False),
    "2024-10-31": (None, False),
    "2024-09-16": (None, False),
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    head, *marks = (line.strip() for line in MARKS.strip().splitlines())
    rows = [f"{day}{mark.removeprefix('F1')}" for day in HELPED for mark in marks]
    rows += [f"{day}  {day}  school  help started  h  {day}" for day in HELPED]
    review = drawn(tmp_path_factory.mktemp("helped") / "data", "\n".join([head, *rows]), triggers=RULES)
    frame = fj.find_triggers(review, only=["three"]).df().set_index("family_id")
    return {
        day: (None if pd.isna(row["answered_on"]) else f"{row['answered_on']:%-d %b}", bool(row["is_open"]))
        for day, row in frame.iterrows()
    }


@pytest.mark.parametrize("day", HELPED)
def test_help_is_due_from_the_day_it_could_be_known(answered, day):
    assert answered[day] == HELPED[day]


def test_help_between_the_day_of_firing_and_the_day_it_could_be_known_answers(tmp_path):
    review = drawn(tmp_path / "data", MARKS + "F1  2024-09-20  school  help started  h  2024-09-20", triggers=RULES)
    (row,) = fj.find_triggers(review, only=["three"]).df().itertuples()
    assert f"{row.answered_on:%-d %b}" == "20 Sep"


def test_it_is_open_until_thirty_days_after_it_could_be_known(root):
    states = [
        bool(fj.find_triggers(at(root, day), only=["three"]).df()["is_open"].iloc[0])
        for day in ("2024-10-29", "2024-10-30")
    ]
    assert states == [True, False]


def test_a_contact_that_does_not_say_when_it_was_recorded_is_known_on_its_own_day_and_flagged(tmp_path):
    text = "family  date  activity  id\nF1  2024-09-03  N  1\nF1  2024-09-10  N  2\nF1  2024-09  visit  3\nF1  2024-09-30  call  4"
    drawn(tmp_path / "data", text)
    assert known(at(tmp_path / "data", "2024-09-09")) == "1N"
    assert known(at(tmp_path / "data", "2024-09-29")) == "1N 2N"
    assert known(at(tmp_path / "data", "2024-09-30")) == "1N 2N 3visit 4call"
    faults = fj.check_contacts(fj.read_contacts(tmp_path / "data")).df().query("fault == 'no_recorded_on'")
    assert faults["contacts"].tolist() == [4]


def test_an_amendment_may_move_a_contact_to_another_day_and_the_rule_with_it(tmp_path):
    text = """
        family  date        activity  id  recorded
        F1      2024-09-03  N         1   2024-09-03
        F1      2024-09-10  N         2   2024-09-10
        F1      2024-09-17  N         3   2024-09-17
        F1      2024-07-17  N         3   2024-09-20
        """
    drawn(tmp_path / "data", text, triggers=RULES)
    assert three(at(tmp_path / "data", "2024-09-19")) == [("17 Sep", "17 Sep", "1 2 3")]
    assert three(at(tmp_path / "data", "2024-09-20")) == []


def test_an_amendment_that_makes_the_rule_true_is_known_when_it_was_made(tmp_path):
    text = """
        family  date        activity  id  recorded
        F1      2024-09-03  N         1   2024-09-03
        F1      2024-09-10  N         2   2024-09-10
        F1      2024-09-17  I         3   2024-09-17
        F1      2024-09-17  N         3   2024-09-24
        """
    assert three(drawn(tmp_path / "data", text, triggers=RULES)) == [("17 Sep", "24 Sep", "1 2 3")]


def test_three_versions_each_hold_until_the_next(tmp_path):
    text = """
        family  date        activity  id  recorded
        F1      2024-09-03  N         1   2024-09-03
        F1      2024-09-03  I         1   2024-09-05
        F1      2024-09-03  U         1   2024-09-07
        """
    drawn(tmp_path / "data", text)
    seen = [known(at(tmp_path / "data", f"2024-09-0{day}")) for day in (3, 4, 5, 6, 7, 8)]
    assert seen == ["1N", "1N", "1I", "1I", "1U", "1U"]


def test_two_versions_of_one_day_leave_only_the_later_at_its_end(tmp_path):
    text = """
        family  date        activity  id  recorded
        F1      2024-09-03  N         1   2024-09-03 09:00
        F1      2024-09-03  I         1   2024-09-03 15:00
        """
    assert known(drawn(tmp_path / "data", text, as_at="2024-09-03")) == "1I"


def test_a_late_record_fires_on_the_day_it_was_met_and_is_known_when_the_last_of_it_was_recorded(tmp_path):
    text = """
        family  date        activity  id  recorded
        F1      2024-09-03  N         1   2024-10-20
        F1      2024-09-10  N         2   2024-10-05
        F1      2024-09-17  N         3   2024-09-17
        """
    assert three(drawn(tmp_path / "data", text, triggers=RULES)) == [("17 Sep", "20 Oct", "1 2 3")]


def test_a_silence_is_known_on_its_last_day_or_when_the_incident_was_recorded(tmp_path):
    text = """
        family  date        agency       activity     id  recorded
        F1      2024-05-01  police       DA incident  i   2024-05-02
        F2      2024-05-01  police       DA incident  j   2024-06-20
        F3      2024-04-01  social_care  visit        c   2024-04-01
        """
    frame = fj.find_triggers(drawn(tmp_path / "data", text, triggers=RULES), only=["silence"]).df()
    assert {r.family_id: (f"{r.fired_on:%-d %b}", f"{r.known_on:%-d %b}") for r in frame.itertuples()} == {
        "F1": ("11 May", "11 May"),
        "F2": ("11 May", "20 Jun"),
    }


def test_social_cares_contact_recorded_late_leaves_the_silence_standing_until_then(tmp_path):
    text = """
        family  date        agency       activity     id  recorded
        F1      2024-05-01  police       DA incident  i   2024-05-01
        F1      2024-05-05  social_care  visit        c   2024-06-01
        """
    drawn(tmp_path / "data", text, triggers=RULES)
    counts = [
        len(fj.find_triggers(at(tmp_path / "data", day), only=["silence"]))
        for day in ("2024-05-10", "2024-05-11", "2024-06-01")
    ]
    assert counts == [0, 1, 0]


def test_the_end_is_inclusive_and_is_the_default_as_at(root):
    review = fj.build_journeys(fj.read_contacts(root), end="2024-09-17")
    assert (str(review.as_at), known(review)) == ("2024-09-17", "1N 2I 4N")


def test_what_was_recorded_before_it_happened_has_not_happened_yet(tmp_path):
    text = (
        "family  date  activity  id  recorded\nF1  2024-09-03  N  1  2024-09-03\nF1  2024-09-20  visit  2  2024-09-01"
    )
    drawn(tmp_path / "data", text)
    assert known(at(tmp_path / "data", "2024-09-19")) == "1N"
    assert known(at(tmp_path / "data", "2024-09-20")) == "1N 2visit"


def test_midnight_is_settled_on_the_whole_file_and_holds_as_at_every_day(tmp_path):
    # On 1 September nobody has seen a time yet; the column has times all the same, so midnight is none.
    log = "id,family,date,what,seen\n1,F1,2024-09-01 00:00,visit,2024-09-01\n2,F1,2024-09-05 09:30,visit,2024-09-05\n"
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "log.csv").write_text(log)
    columns = {"contact_id": "id", "family_id": "family", "date": "date", "activity": "what", "recorded_on": "seen"}
    entry = {"agency": "school", "format": {"columns": columns, "dates": ["%Y-%m-%d", "%Y-%m-%d %H:%M"]}}
    entry["midnight"] = "time"
    sources = {"purpose": "a story", "invented": True, "files": {"log.csv": entry}}
    (folder / "sources.yml").write_text(json.dumps(sources))
    assert at(folder, "2024-09-01").steps.df()["time"].tolist() == ["00:00:00"]
