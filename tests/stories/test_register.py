"""The register of measures: read strictly, and what a set of measures cannot tell."""

import json

import pytest

import journeys as fj
from journeys.register import lint, load_measures
from journeys.sources import RULES
from lib.errors import RequestError, RuleError

PAIRS = {
    "teaching hours": "student learning", "benefits paid": "social equity", "parks cared for": "improved environment",
    "waste recycling": "environmental responsibility", "food inspections": "community wellbeing",
}  # fmt: skip
"""Services and the outcomes they are for: the ten examples of the LGA's Councillor workbook on commissioning."""


def of(says, kind):
    return {"says": says, "kind": kind, "better": "higher", "whose_view": "agency",
            "source": "LGA, Councillor workbook: commissioning services"}  # fmt: skip


def register(tmp_path, measures):
    (tmp_path / "measures.yml").write_text(json.dumps({"measures": measures}, indent=1), encoding="utf-8")
    return load_measures([RULES / "measures.yml", tmp_path / "measures.yml"])


@pytest.fixture
def workbook(tmp_path):
    """The ten examples, each as the workbook classes it."""
    both = {a: of(a, "output") for a in PAIRS} | {b: of(b, "outcome") for b in PAIRS.values()}
    return register(tmp_path, both)


def test_services_alone_are_all_outputs_and_one_outcome_is_enough(workbook):
    assert lint(PAIRS, workbook) == "all outputs, no outcome: nobody can tell whether life improved"
    for outcome in PAIRS.values():
        assert lint([*PAIRS, outcome], workbook) == ""
    assert lint([*PAIRS, "cost"], workbook).startswith("all inputs and outputs, no outcome")
    assert lint([], workbook).startswith("no measure at all")


def test_the_kit_s_own_effort_says_nothing_of_life(family):
    review = family("date  activity\n2024-01-10  meeting")
    assert "all inputs and outputs, no outcome" in fj.measures.what_they_miss(review, ["contacts", "cost", "agencies"])
    assert fj.measures.what_they_miss(review, ["contacts", "days_between_crises"]) == ""
    table = fj.measures.register(review)
    assert table.columns.tolist() == [c.name for c in fj.columns.TABLES["measures"]]
    assert set(table["kind"]) == {"input", "output", "outcome"}


def test_a_folder_s_line_changes_what_it_names_and_nothing_else(tmp_path):
    found = register(tmp_path, {"attendance": {"says": "Half days at school"}})
    assert (found["attendance"].says, found["attendance"].kind) == ("Half days at school", "outcome")
    assert found["attendance"].scale == (0, 1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kin": "output"}, "unknown key 'kin'. Did you mean 'kind'?"),
        ({"kind": "result"}, "measure 'x', 'kind': one of 'input', 'output' or 'outcome' is expected."),
        ({"better": "up"}, "measure 'x', 'better': one of"),
        ({"source": None}, "measure 'x', 'source'"),
        ({"scale": [10, 0]}, "measure 'x', 'scale': its low end comes first"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_file(tmp_path, given, words):
    with pytest.raises(RuleError, match=r"measures\.yml, line \d+") as told:
        register(tmp_path, {"x": of("x", "output") | given})
    assert words in str(told.value)


def test_what_is_missing_is_told(tmp_path):
    with pytest.raises(RuleError, match="measure 'x', 'says': it is not there"):
        register(tmp_path, {"x": {"kind": "output"}})


def test_a_measure_that_nobody_declared_is_told(workbook):
    with pytest.raises(RequestError, match="Did you mean 'teaching hours'"):
        lint(["teaching hour"], workbook)
