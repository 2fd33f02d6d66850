"""A committee's questions are answered by the parts of the review, word for word, or by "no evidence"; worlds only read."""

from __future__ import annotations

import json
import re
import shutil

import nbformat
import pytest

import journeys as fj
from journeys import front, overlays
from journeys.activities import read_activities
from journeys.agreed import load_rules
from journeys.questions import AREAS, load_questions
from journeys.scrutiny import PARTS
from journeys.sources import RULES
from journeys.worlds import CANNOT, WORLDS, load_worlds
from lib.errors import RuleError
from lib.front import Numbers
from tests.stories.conftest import drawn

FIGURE = re.compile(r"\d[\d,.]*\d|\d")


@pytest.fixture(scope="module")
def sample():
    review = fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"))
    return review, fj.scrutiny_pack(review, level="board")


def evidence(pack):
    return dict(zip(pack["part"], pack["answer"], strict=True))


def test_every_area_has_questions_and_every_part_answers_one(sample):
    _, pack = sample
    assert list(dict.fromkeys(pack["area"])) == list(AREAS)
    assert set(pack["part"]) == set(PARTS)
    assert all(q.asks.endswith("?") for q in load_questions(parts=PARTS).values())


def test_what_stands_beside_a_question_is_the_parts_own_finding(sample):
    review, pack = sample
    said = evidence(pack)
    firings, known = fj.find_triggers(review), fj.who_knew_what(review)
    chances = fj.find_chances(review, firings, known)
    series = fj.measures.monthly(review)
    drawn_title = (
        fj.draw.capability(series, review, splits=front.splits(review, "contacts")).get_figure(root=True).finding
    )
    own = {
        "matters": fj.voice.in_words(fj.voice.what_matters(review, "board")),
        "demand": fj.findings.demand(fj.demand(review)),
        "capability": f"{drawn_title}.",
        "life": fj.findings.life(review),
        "conditions": fj.findings.conditions(review, chances),
        "thinking": fj.findings.thinking(review),
        "chances": fj.findings.chances(chances),
        "triggers": fj.findings.fired(firings),
        "costs": fj.findings.costed(review),
    }
    assert {part: said[part] for part in own} == {part: str(words) for part, words in own.items()}
    flow = fj.findings.flow(review).points
    assert [said[p] for p in ("clock", "referrals", "told", "professionals", "value") if said[p] not in flow] == []
    numbers = repr(fj.front.numbers(review, firings, chances, known)).splitlines()
    assert {said["waited"], said["knew"]} <= set(numbers)


def test_each_section_named_is_a_heading_of_the_review(sample):
    cells = nbformat.read(RULES.parent.parent / "notebooks" / "4_system_review.ipynb", 4).cells
    headings = {
        line[3:] for c in cells if c.cell_type == "markdown" for line in c.source.splitlines() if line[:3] == "## "
    }
    for section in set(sample[1]["section"]):
        assert [h for h in headings if re.match(rf"{section}[:?,]", h)], section


def test_no_family_is_named_at_board(sample):
    review, pack = sample
    worlds = fj.four_worlds(review)
    shown = " ".join([*pack.to_numpy().ravel(), *worlds.to_numpy().ravel()])
    assert [family for family in review.families if family in shown] == []


def test_both_tables_stand_on_a_boards_page(sample):
    review, pack = sample
    assert evidence(pack)["told"] in repr(fj.show(pack, "asked", level="board"))
    assert "front line" in repr(fj.show(fj.four_worlds(review), "worlds", level="board"))


ONE = """
    family  date        agency  activity  id
    F1      2024-03-01  school  visit     a
"""


def test_a_review_without_a_book_or_a_need_says_no_evidence_and_leaves_no_question_out(tmp_path, sample):
    pack = fj.scrutiny_pack(drawn(tmp_path / "data", ONE))
    assert pack["asks"].tolist() == sample[1]["asks"].tolist()
    has = {part for part, said in evidence(pack).items() if said != "no evidence"}
    assert has == {"capability", "value"}
    assert fj.findings.answered(pack).startswith("2 of 16 questions have evidence")


def copied(tmp_path, change):
    folder = tmp_path / "sample"
    shutil.copytree(RULES.parent.parent / "data" / "sample", folder)
    change(folder)
    return fj.build_journeys(fj.read_contacts(folder), fj.read_members(folder), start="2022-04-01", end="2025-03-31")


def without_book(folder):
    shutil.rmtree(folder / "review")


def without_triggers(folder):
    path = folder / "rules"
    path.mkdir(exist_ok=True)
    off = {name: {"in_force": False} for name in load_rules([RULES / "triggers.yml"], read_activities()).triggers}
    (path / "triggers.yml").write_text(json.dumps({"triggers": off}), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("take", "gone", "left"),
    [
        (without_book, {"matters", "conditions", "thinking", "plans"}, {"demand", "told", "knew", "costs", "triggers"}),
        (without_triggers, {"triggers"}, set(PARTS) - {"triggers"}),
    ],
)
def test_taking_a_parts_data_away_leaves_its_questions_without_evidence(tmp_path, sample, take, gone, left):
    said = evidence(fj.scrutiny_pack(copied(tmp_path, take), level="board"))
    assert {part for part in said if said[part] == "no evidence"} >= gone
    assert {part for part in left if said[part] == "no evidence"} == set()
    assert "no evidence" not in evidence(sample[1]).values()


def test_records_alone_answer_nothing_of_flow_and_a_few_months_nothing_of_capability(tmp_path):
    kinds = {"written": {"says": "Written down", "nature": "record", "asked_by": "agency"}}
    rows = "family  date  agency  activity  id\nF1  2024-11-01  school  written  a"
    pack = fj.scrutiny_pack(drawn(tmp_path / "a", rows, activities=kinds))
    assert {"clock", "referrals", "told", "professionals", "value"} <= {
        part for part, said in evidence(pack).items() if said == "no evidence"
    }
    late = drawn(tmp_path / "b", ONE.replace("03-01", "11-01"), start="2024-10-01")
    assert evidence(fj.scrutiny_pack(late))["capability"] == "no evidence"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"new": {"area": "risk", "asks": "Why?", "answered_by": ["chanses"], "source": "ours"}},
            "Did you mean 'chances'",
        ),
        (
            {"new": {"area": "luck", "asks": "Why?", "answered_by": ["chances"], "source": "ours"}},
            "'performance and quality'",
        ),
        ({"new": {"area": "risk", "asks": "Why?", "answered_by": [], "source": "ours"}}, "'answered_by'"),
        ({"new": {"area": "risk", "answered_by": ["chances"], "source": "ours"}}, "'asks': it is not there"),
        ({"signs": {"ask": "Why?"}}, "Did you mean 'asks'"),
    ],
)
def test_a_question_that_cannot_be_used_says_where_and_what(tmp_path, given, line):
    review = overlaid(tmp_path, "questions", given)
    with pytest.raises(RuleError, match=r"questions\.yml, line 1: ") as error:
        fj.scrutiny_pack(review)
    assert line in str(error.value)


def overlaid(tmp_path, rules, given):
    review = drawn(tmp_path / "data", ONE)
    folder = tmp_path / "data" / "rules"
    folder.mkdir(exist_ok=True)
    (folder / f"{rules}.yml").write_text(json.dumps({rules: given}), encoding="utf-8")
    return review


def test_a_councils_own_question_is_asked_and_said_to_be_its_own(tmp_path):
    own = {"area": "risk", "asks": "Who answers the door?", "answered_by": ["told"], "source": "our committee"}
    review = overlaid(tmp_path, "questions", {"door": own, "signs": {"asks": "Which signs?"}})
    pack = fj.scrutiny_pack(review)
    assert {"Who answers the door?", "Which signs?"} <= set(pack["asks"])
    frame = overlays.own_rules(review.session.folder)
    assert frame[["rules", "name", "change"]].values.tolist() == [
        ["questions", "door", "added"],
        ["questions", "signs", "changed"],
    ]


def figures(words):
    return sorted(FIGURE.findall(words))


def test_every_number_in_the_four_readings_is_the_results_own(sample):
    review, _ = sample
    five = fj.front.numbers(review).numbers
    frame = fj.four_worlds(review)
    assert len(frame) == len(five) == len(front.NAMES)
    for number, row in zip(five, frame.itertuples(), strict=True):
        assert row.finding == repr(Numbers([number]))
        for world in WORLDS:
            reading = getattr(row, world)
            if not any(c.isdigit() for c in number.number):
                assert reading == CANNOT
            else:
                assert figures(reading) and set(figures(reading)) <= set(figures(f"{number.number} {number.unit}"))
                assert number.number in reading


def test_a_number_that_cannot_be_given_is_told_in_no_world(tmp_path):
    frame = fj.four_worlds(drawn(tmp_path / "data", ONE)).set_index("finding")
    row = next(row for found, row in frame.iterrows() if "not known" in found)
    assert set(row[list(WORLDS)]) == {CANNOT}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"told": {"customer": "I told it 14 times: {number}"}}, "a figure is written by hand"),
        ({"told": {"customer": "I told it {number} times, ½ of them to you"}}, "a figure is written by hand"),
        ({"told": {"customer": "I told it often."}}, "{number} is not there"),
        ({"told": {"customer": "{number} of {n}"}}, "may stand in braces"),
        ({"told": {"customer": "{number.__class__} {number}"}}, "may stand in braces"),
        ({"told": {"divide": "the river"}}, "'front line'"),
        ({"tolt": {"customer": "{number}"}}, "Did you mean 'told'"),
    ],
)
def test_a_reading_that_cannot_be_used_says_where_and_what(tmp_path, given, words):
    review = overlaid(tmp_path, "worlds", given)
    with pytest.raises(RuleError, match=r"worlds\.yml, line 1: ") as error:
        fj.four_worlds(review)
    assert words in str(error.value)


def test_each_divide_is_crossed_and_every_number_is_read():
    readings = load_worlds()
    assert list(readings) == list(front.NAMES)
    assert {r.divide for r in readings.values()} == {"front line", "performance information", "policies and governance"}
