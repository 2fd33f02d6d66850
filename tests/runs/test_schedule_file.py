"""The schedule as a file: read strictly, and every fault with its line."""

import datetime as dt
from pathlib import Path

import pytest

from lib.errors import RequestError, RuleError
from lib.schedule import chosen, read_schedule

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS, LEVELS = ["1_check", "2_one"], ["team", "board"]
GOOD = """
reports:
  monthly:
    notebook: 1_check
    data: north
    level: board
    period: last full month
    every: month
    on: 5th working day
  one:
    notebook: 2_one
    data: south
    level: team
    parameters: {family: F0003, first: 2024-04-01, workers: 3}
    pdf: false
"""


def read(tmp_path, text):
    (tmp_path / "schedule.yml").write_text(text, encoding="utf-8")
    return read_schedule(tmp_path / "schedule.yml", NOTEBOOKS, LEVELS)


def test_a_schedule_is_read_in_its_order(tmp_path):
    monthly, one = read(tmp_path, GOOD)
    assert (monthly.name, monthly.level, monthly.pdf, one.pdf, one.due) == ("monthly", "board", True, False, None)
    assert monthly.parameters_on(dt.date(2025, 4, 7)) == {"start": "2025-03-01", "end": "2025-03-31"}
    assert one.parameters_on(dt.date(2025, 4, 7)) == {"family": "F0003", "first": "2024-04-01", "workers": 3}
    assert one.at.endswith("schedule.yml, line 10")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("reports:", "report:", 2, "unknown key 'report'. Did you mean 'reports'"),
        ("level: board", "levle: board", 6, "unknown key 'levle'. Did you mean 'level'"),
        ("level: board", "level: bord", 6, "Did you mean 'board'"),
        ("level: board", "level: public", 6, "there is no level 'public'"),
        ("notebook: 1_check", "notebook: 1_chek", 4, "Did you mean '1_check'"),
        ("data: north", "data:", 5, "'monthly' needs `data:`"),
        ("last full month", "last ful month", 7, "Did you mean 'last full month'"),
        ("period: last full month", "period: 28", 7, "should be words, and is a whole number"),
        ("5th working day", "5th wroking day", 9, "Write '5th working day'"),
        ("every: month", "every: mnth", 9, "Did you mean 'month'"),
        ("    every: month\n", "", 8, "add `every:`"),
        ("pdf: false", "pdf: perhaps", 15, "true or false"),
        ("{family: F0003,", "{level: team, family: F0003,", 14, "'level' is asked for by `level:`"),
        ("{family: F0003,", "{end: 2024-01-01, family: F0003,", 14, "'end' is asked for by `period:`"),
        ("{family: F0003, first: 2024-04-01, workers: 3}", "F0003", 14, "names and values"),
        ("  one:", "  ../one:", 10, "letters, digits"),
        ("  one:", "  monthly:", 10, "monthly"),
        ("  one:", "\tone:", 10, "spaces, not tabs"),
    ],
)
def test_a_fault_in_the_schedule_is_named_with_its_line(tmp_path, old, new, line, said):
    assert old in GOOD
    with pytest.raises(RuleError, match=rf"schedule\.yml, line {line}: ") as raised:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert said in str(raised.value)


def test_an_empty_schedule_says_how_to_begin(tmp_path):
    for text in ("", "reports:\n", "reports: []\n"):
        with pytest.raises(RuleError, match="no report is named"):
            read(tmp_path, text)


def test_a_report_that_is_not_in_the_schedule_has_a_nearest_guess(tmp_path):
    asked = read(tmp_path, GOOD)
    assert [a.name for a in chosen(asked, ["one"])] == ["one"]
    assert [a.name for a in chosen(asked, [], "north")] == ["monthly"]
    with pytest.raises(RequestError, match="Did you mean 'monthly'"):
        chosen(asked, ["montly"])
    with pytest.raises(RequestError, match="Did you mean 'north'"):
        chosen(asked, [], "nroth")


def test_the_schedule_that_ships_is_read_and_kept_by_git():
    import subprocess

    from journeys.pages import LEVELS as levels

    asked = read_schedule(
        ROOT / "reports" / "schedule.yml",
        [p.stem for p in (ROOT / "notebooks").glob("*.ipynb")],
        (*levels, "public"),
    )
    assert {a.data for a in asked} == {"sample"} and {a.level for a in asked} == {"team", "board", "public"}
    built = {a.notebook for a in asked}
    assert built == {p.stem for p in (ROOT / "notebooks").glob("[0-9]_*.ipynb")}
    if (ROOT / ".git").exists():
        kept = subprocess.run(["git", "-C", str(ROOT), "check-ignore", "reports/schedule.yml"], check=False)
        assert kept.returncode == 1
