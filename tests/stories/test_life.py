"""Life lines and the verdict on them, edge by edge; and the sentence that is refused without a line."""

import datetime as dt
from dataclasses import replace

import pytest

import journeys as fj
from journeys.life import Line, improvement, judge
from journeys.register import Measure
from lib.errors import RequestError

LOW, HIGH = [3, 4] * 4, [7, 8] * 4


def line(values, better="higher", **more):
    measure = Measure(says="", kind="outcome", better=better, whose_view="family", source="ours", scale=(0, 10))
    days = tuple(dt.date(2022, 4, 1) + dt.timedelta(days=30 * n) for n in range(len(values)))
    return Line("Their own score", "“We feel listened to”", "score", measure, days, tuple(values), **more)


def test_five_values_are_too_few_to_tell_and_six_may_be_judged():
    assert judge(line([1, 2, 1, 2, 1])).says == "Too few to tell: 5 scores, limits need 6"
    assert judge(line([1, 2, 1, 2, 1, 2])).verdict == "no signal of change"


def test_a_shift_to_the_better_in_the_latest_values_is_an_improvement():
    assert judge(line(LOW + HIGH)).verdict == "improved"
    assert judge(line(HIGH + LOW)).verdict == "worsened"
    assert judge(line(HIGH + LOW, "lower")).verdict == "improved"


def test_a_shift_that_is_over_by_the_latest_eight_values_decides_nothing():
    found = judge(line([5, 3, 6, 4] * 3 + [6, 6, 6, 6, 6, 6, 6, 6] + [4, 6, 3, 6, 4, 6, 3, 6]))
    assert [s.rule for s in found.chart.signals] == ["run"]
    assert found.verdict == "no signal of change"
    assert found.says == "No lasting change (28 scores)"


def test_one_value_outside_is_a_question_and_no_change():
    found = judge(line([3, 4] * 7 + [9]))
    assert (found.verdict, found.says) == (
        "no signal of change",
        "No lasting change (15 scores); 1 outside: ask",
    )


def test_a_wait_that_still_runs_counts_once_it_is_longer_than_the_upper_limit():
    waits = replace(line([10, 20, 10, 20, 10, 20]), what="wait", open_on=dt.date(2025, 3, 31), open_value=30.0)
    waits = replace(waits, measure=waits.measure.model_copy(update={"scale": (0, None)}))
    assert judge(waits).chart.segments[0].upper == 41.6
    assert judge(replace(waits, open_value=41.6)).verdict == "no signal of change"
    assert judge(replace(waits, open_value=41.7)).verdict == "improved"
    fewer = replace(waits, measure=waits.measure.model_copy(update={"better": "lower"}))
    assert judge(replace(fewer, open_value=400.0)).verdict == "no signal of change"


def test_no_discernible_improvement_is_said_only_of_lines_that_could_have_shown_one():
    flat, few, up = line([3, 4] * 6), line([3, 4]), line(LOW + HIGH)
    assert improvement([]).startswith("Nobody recorded how this family's life went")
    assert improvement([few]) == "1 life line, too few values in each to tell whether life improved."
    assert improvement([flat]) == "No discernible improvement in 1 life line."
    assert improvement([flat, few]) == "No discernible improvement in 1 life line. 1 more has too few values to tell."
    assert improvement([flat, up]) == "1 of 2 life lines improved."
    assert improvement([line(HIGH + LOW), flat]) == "No discernible improvement in 2 life lines. 1 of them worsened."


RAW = "date  person  activity\n2024-01-10  P1  meeting"


def scores(family, *rows):
    return fj.measures.life_lines(family(RAW, start="2024-01-01")["F1"], rows)


def test_a_family_of_whom_nobody_recorded_anything_has_no_line(family):
    assert scores(family) == []


def test_each_person_s_statement_and_each_measure_is_a_line_of_its_own(family):
    found = scores(
        family,
        {"family_id": "F1", "who": "mother", "statement": "We feel listened to", "on": "2024-03-01", "score": 4},
        {"family_id": "F1", "who": "mother", "statement": "We feel listened to", "on": "2024-02-01", "score": 3},
        {"family_id": "F1", "who": "son", "statement": "We feel listened to", "on": "2024-02-01", "score": 9},
        {"family_id": "F1", "measure": "own_score", "on": "2024-02-01", "value": 5},
        {"family_id": "F2", "measure": "own_score", "on": "2024-02-01", "value": 5},
        {"family_id": "F1", "measure": "own_score", "on": None, "value": 5},
        {"family_id": "F1", "measure": "own_score", "on": "2024-02-02", "value": None},
        {"family_id": "F1", "measure": "own_score", "on": "2023-12-31", "value": 5},
    )
    assert [(one.name, one.about, one.values) for one in found] == [
        ("Their own score", "“We feel listened to” (mother)", (3.0, 4.0)),
        ("Their own score", "“We feel listened to” (son)", (9.0,)),
        ("Own score", "How far it is true now, 0 to 10", (5.0,)),
    ]


def test_a_measure_that_is_no_outcome_is_no_life_line(family):
    row = {"family_id": "F1", "on": "2024-02-01", "value": 5}
    for name, words in (
        ("contacts", "it is an output"),
        ("own_scor", "Did you mean 'own_score'"),
        ("hope", "not in measures.yml"),
    ):
        with pytest.raises(RequestError, match=words):
            scores(family, row | {"measure": name})
    with pytest.raises(RequestError, match="outside its scale, 0 to 10"):
        scores(family, row | {"measure": "own_score", "value": 11})


def test_attendance_and_crises_are_lines_where_they_are_recorded(family):
    text = """
    date        agency    person  activity
    2024-01-10  school    P1      present
    2024-01-11  school    P1      absence_ill
    2024-01-12  hospital  P1      ae_attendance
    2024-01-22  hospital  P1      ae_attendance
    """
    found = fj.measures.life_lines(family(text, start="2024-01-01", end="2024-02-29")["F1"])
    assert [(one.name, one.values, one.open_value) for one in found] == [
        ("Attendance", (0.5, None), None), ("Days between crises", (10.0,), 38.0),
    ]  # fmt: skip
    table = fj.measures.life(found)
    assert table["verdict"].tolist() == ["too few to tell"] * 2
    assert table.columns.tolist() == [c.name for c in fj.columns.TABLES["life"]]
