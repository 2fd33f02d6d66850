"""A prediction stands once its start has come: nobody can better it, take it away, or begin the list of them anew."""

from __future__ import annotations

import datetime as dt
import json

import pytest

import journeys as fj
from journeys import predictions
from journeys.__main__ import main
from journeys.book import save
from journeys.bookfile import Row
from journeys.judgements import SHEETS
from journeys.predictions import LEDGER, check, fix, fixed
from lib.errors import DataError
from lib.files import cannot_write
from tests.stories.conftest import drawn

PLAN = {"plan": "Ring each morning", "prediction": "Fewer wait", "measure": "contacts", "start": dt.date(2024, 3, 1)}
DAY_BEFORE, START = dt.date(2024, 2, 29), dt.date(2024, 3, 1)


@pytest.mark.parametrize(("today", "n"), [(DAY_BEFORE, 0), (START, 1)])
def test_it_is_fixed_on_the_day_it_starts_and_not_the_day_before(tmp_path, today, n):
    fix(tmp_path, [PLAN], today)
    assert len(fixed(tmp_path)) == n


@pytest.mark.parametrize(
    "change",
    [{"prediction": "More wait"}, {"start": dt.date(2024, 9, 1)}, {"measure": "attendance"}, {"plan": "Write"}],
)
def test_what_was_fixed_cannot_be_changed(tmp_path, change):
    fix(tmp_path, [PLAN], START)
    with pytest.raises(DataError, match="1 March 2024, with the measure contacts, was changed after its start") as told:
        fix(tmp_path, [PLAN | change], START)
    assert "Fewer" not in str(told.value)


def test_it_cannot_be_taken_away_and_another_may_be_added(tmp_path):
    fix(tmp_path, [PLAN], START)
    with pytest.raises(DataError, match="or is gone"):
        check(tmp_path, [])
    fix(tmp_path, [PLAN | {"plan": "Another"}, PLAN], dt.date(2024, 4, 1))
    assert sorted(fixed_on for fixed_on in check(tmp_path, [PLAN, PLAN | {"plan": "Another"}]).values()) == [
        START,
        dt.date(2024, 4, 1),
    ]


def test_before_its_start_it_may_be_bettered(tmp_path):
    fix(tmp_path, [PLAN], DAY_BEFORE)
    fix(tmp_path, [PLAN | {"prediction": "More wait"}], START)
    assert len(fixed(tmp_path)) == 1


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"schema": 2, "predictions": []}', '{"schema": 1, "predictions": [{}]}']
)
def test_a_list_that_cannot_be_read_is_never_begun_anew(tmp_path, text):
    (tmp_path / LEDGER).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="never begun anew"):
        fix(tmp_path, [PLAN], START)
    assert (tmp_path / LEDGER).read_text(encoding="utf-8") == text


def book_with(review, *plans):
    rows = [
        Row(0, dict.fromkeys(f.name for f in SHEETS["plans"].columns) | {"decided_by": "panel"} | plan)
        for plan in plans
    ]
    save(review, {name: rows if name == "plans" else [] for name in SHEETS})


def test_the_book_fixes_it_the_log_says_since_when_and_a_changed_one_stops_both(tmp_path):
    text = "family  date        agency  activity\nF1  2024-01-10  school  visit\nF1  2024-09-10  school  visit"
    review = drawn(tmp_path / "data", text)
    late = {
        "plan": "Overdue",
        "prediction": "y",
        "measure": "contacts",
        "start": dt.date(2024, 5, 1),
        "stop": dt.date(2024, 6, 1),
    }
    to_come = PLAN | {"plan": "To come", "start": dt.date(2100, 1, 1)}
    book_with(review, PLAN, late, to_come)
    assert fj.plans(review)["fixed_on"].isna().all()
    fj.write_book(review)
    log = fj.plans(review).set_index("plan")
    assert log.index.tolist() == ["Overdue", "Ring each morning", "To come"]
    assert log["status"].tolist() == ["to be looked at", "running", "not begun"]
    assert log["fixed_on"].notna().tolist() == [True, True, False]
    assert json.loads((tmp_path / "data" / "review" / LEDGER).read_text("utf-8"))["schema"] == 1
    book_with(review, PLAN | {"prediction": "Anything"}, late, to_come)
    for verb in (fj.plans, fj.write_book):
        with pytest.raises(DataError, match="A prediction stands"):
            verb(review)


def test_a_report_fixes_it_too_and_is_not_built_once_it_was_changed(tmp_path, capsys):
    text = "family  date        agency  activity\nF1  2024-01-10  school  visit\nF1  2024-09-10  school  visit"
    review = drawn(tmp_path / "data", text)
    book_with(review, PLAN)
    assert asked_for(tmp_path) == 2 and "has no parameter" in capsys.readouterr().err
    assert len(fixed(tmp_path / "data" / "review")) == 1
    book_with(review, PLAN | {"prediction": "Anything"})
    assert asked_for(tmp_path) == 2 and "A prediction stands" in capsys.readouterr().err


def test_a_folder_that_may_not_be_written_stops_no_report(tmp_path, capsys, monkeypatch):
    text = "family  date        agency  activity\nF1  2024-01-10  school  visit\nF1  2024-09-10  school  visit"
    book_with(drawn(tmp_path / "data", text), PLAN)
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(
        predictions, "write_whole", lambda path, content: (_ for _ in ()).throw(cannot_write(path, full))
    )
    asked_for(tmp_path)
    said = capsys.readouterr().err
    assert "could not be fixed" in said and "has no parameter" in said


def asked_for(root):
    """The exit status of a report that is stopped by a parameter that it has not, before any cell is run."""
    with pytest.raises(SystemExit) as stop:
        main(["report", "1_check_contacts", "--data", str(root / "data"), "--reports", str(root / "r"), "-p", "none=1"])
    return stop.value.code
