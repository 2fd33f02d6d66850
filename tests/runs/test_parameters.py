import datetime
import json
import os
import pathlib

import pytest

from lib.errors import RequestError
from lib.parameters import check_parameters, declared

SOURCE = """
data = "sample"             # the data folder
times: int = 3              # how often
share: float = 0.5          # how much
is_draft: bool = True       # still a draft
families: list = ["F0001"]  # which families
days = [1, 2]               # which days
as_at = None                # a day, or nothing
most: int | None = None     # a number, or nothing
start, end = "2022-04-01", "2025-03-31"
worked_out = len(data)
"""
HOSTILE_NAMES = [
    "q=__import__('os').system('touch FJCANARY');r",
    "data\nimport os",
    "data ",
    "",
    "class",
    "__builtins__",
    "ｄata",
    "data;x",
    "\ud800",
]


@pytest.fixture
def cells():
    return {"cells": [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": SOURCE}]}


def test_literals_are_parameters_with_their_comments(cells):
    found = declared(cells)
    assert list(found) == ["data", "times", "share", "is_draft", "families", "days", "as_at", "most", "start", "end"]
    assert found["times"].comment == "how often"


def test_defaults_hold_where_nothing_was_given(cells):
    values = check_parameters(cells, {})
    assert values["families"] == ["F0001"] and values["as_at"] is None and values["end"] == "2025-03-31"


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("data", "3", "3"),
        ("data", "yes", "yes"),
        ("start", datetime.date(2024, 4, 5), "2024-04-05"),
        ("times", "-4", -4),
        ("times", 4, 4),
        ("share", "1", 1.0),
        ("share", 1, 1.0),
        ("share", "2.5e-1", 0.25),
        ("is_draft", "no", False),
        ("is_draft", "True", True),
        ("families", "F0001, F0002", ["F0001", "F0002"]),
        ("families", "", []),
        ("days", "3,4", [3, 4]),
        ("as_at", "2024-04-05", "2024-04-05"),
        ("as_at", "", None),
        ("most", "5", 5),
        ("most", "", None),
    ],
)
def test_text_becomes_the_kind_that_is_declared(cells, name, given, value):
    got = check_parameters(cells, {name: given})[name]
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("times", "three", "a whole number"),
        ("times", "3.0", "a whole number"),
        ("times", " 3", "a whole number"),
        ("times", "٣", "a whole number"),
        ("times", "1_000", "a whole number"),
        ("times", True, "a whole number"),
        ("times", 3.0, "a whole number"),
        ("times", None, "a whole number"),
        ("share", "nan", "a number"),
        ("share", "inf", "a number"),
        ("share", float("inf"), "a number"),
        ("is_draft", "1", "yes or no"),
        ("is_draft", 1, "yes or no"),
        ("days", "1,x", "a list"),
        ("data", 3, "text"),
        ("data", "\ud800", "text"),
        ("data", ["a"], "text"),
    ],
)
def test_another_kind_stops_the_run_and_the_message_says_what_fits(cells, name, given, wanted):
    with pytest.raises(RequestError) as raised:
        check_parameters(cells, {name: given}, name="4_system_review")
    message = str(raised.value)
    assert message.startswith(f"4_system_review: parameter '{name}'") and f"takes {wanted}" in message
    message.encode("utf-8")


def test_a_mistyped_name_is_met_with_the_nearest_and_the_list(cells):
    with pytest.raises(RequestError) as raised:
        check_parameters(cells, {"strat": "2024-01-01"}, name="4_system_review")
    message = str(raised.value)
    assert message.startswith("4_system_review has no parameter 'strat'. Did you mean 'start'?")
    assert "times (how often)" in message


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_is_code_is_refused(cells, name):
    with pytest.raises(RequestError, match="has no parameter"):
        check_parameters(cells, {name: "x"})


def test_a_value_worked_out_in_the_cell_is_no_parameter(cells):
    with pytest.raises(RequestError, match="has no parameter 'worked_out'"):
        check_parameters(cells, {"worked_out": "3"})


def test_a_notebook_without_a_parameters_cell_takes_none():
    with pytest.raises(RequestError, match="It takes none"):
        check_parameters({"cells": []}, {"x": "1"})


def extra_payloads():
    folder = os.environ.get("FJ_EXTRA_DATA")
    found = sorted(pathlib.Path(folder).rglob("payloads.txt")) if folder else []
    lines = [
        line.split("\t") for f in found for line in f.read_text("utf-8").splitlines() if line.startswith("param\t")
    ]
    return [json.loads(line[2]) for line in lines]


@pytest.mark.parametrize("value", extra_payloads() or ["a"])
def test_text_given_for_text_is_not_touched(cells, value):
    assert check_parameters(cells, {"data": value})["data"] == value
