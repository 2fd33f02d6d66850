"""At board, waits that have not ended are never left out of the middle of those that have."""

from __future__ import annotations

import pandas as pd
import pytest

import journeys as fj


def waits(*days: tuple[int | None, bool | None]) -> str:
    rows = [(f"F{n}", d, o) for n, (d, o) in enumerate(days)]
    frame = pd.DataFrame(rows, columns=["family_id", "days", "is_open"])
    return repr(fj.show(frame.astype({"days": "Int64", "is_open": "boolean"}), "Waits", level="board"))


def cells(said: str, name: str) -> list[str]:
    (line,) = [line for line in said.splitlines() if line.startswith(name)]
    return line.removeprefix(name).split()


def test_open_waits_have_a_line_of_their_own_and_count_in_the_middle() -> None:
    said = waits((10, False), (20, False), (30, False), (400, True))
    assert cells(said, "days, ended") == ["3", "10", "20", "30"]
    assert cells(said, "days, still open") == ["1", "400", "–", "400"]
    assert "the open ones counted" in said


def test_where_half_have_not_ended_there_is_no_middle() -> None:
    said = waits((10, False), (300, True), (400, True))
    assert cells(said, "days, ended") == ["1", "10", "–", "10"]


def test_an_open_wait_of_which_no_days_are_told_leaves_no_middle_and_is_counted() -> None:
    said = waits((10, False), (20, False), (None, True))
    assert cells(said, "days, ended") == ["2", "10", "–", "20"]
    assert cells(said, "days, still open") == ["1", "–", "–", "–"]


@pytest.mark.parametrize("last", [(30, False), (None, False), (None, None)])
def test_with_none_open_days_are_told_as_any_number(last: tuple[int | None, bool | None]) -> None:
    said = waits((10, False), (20, False), last)
    assert cells(said, "days ")[:2] == [str(2 + (last[0] is not None)), "10"] and "open" not in said
