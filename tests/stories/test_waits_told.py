"""Waits that have not ended are never left out of the middle of those that have."""

from __future__ import annotations

from fractions import Fraction

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


def half_ended(ended: list[int], still: list[int]) -> float | None:
    """By hand: the first wait by which half have ended, each open one leaving the count when it was last seen."""
    left = Fraction(1)
    for day in sorted({*ended}):
        at_risk = sum(d >= day for d in [*ended, *still])
        left *= Fraction(at_risk - ended.count(day), at_risk)
        if left <= Fraction(1, 2):
            return float(day)
    return None


@pytest.fixture(scope="module")
def review() -> fj.journey.Journeys:
    return fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"))


def test_the_middle_of_days_lost_counts_the_chances_still_open() -> None:
    helped = ["F0001", "F0003", "F0005"]
    review = fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"), families=helped)
    found = fj.find_chances(review, fj.find_triggers(review))
    frame = found.df()
    told = fj.measures.chances(found)
    assert (told["open"] > 0).any() and told["days_lost_median"].notna().any()
    for row, name in zip(told.itertuples(), found.owner.kinds.kinds, strict=True):
        some = [r for r in frame.itertuples() if name in r.kind.split(" + ")]
        ended = [r.days_lost for r in some if not r.is_open and not pd.isna(r.days_lost)]
        wanted = half_ended(ended, [r.days_lost for r in some if r.is_open])
        assert (None if pd.isna(row.days_lost_median) else row.days_lost_median) == wanted, name


def test_the_middle_of_days_to_help_counts_the_firings_without_any(review: fj.journey.Journeys) -> None:
    firings = fj.find_triggers(review)
    told = fj.measures.triggers(firings).set_index("trigger")
    met: dict[str, dict[tuple[str, ...], list[object]]] = {}
    for row in firings.df().itertuples():
        met.setdefault(row.trigger, {}).setdefault(tuple(sorted(row.evidence)), []).append(row)
    waiting = 0
    for trigger, same in met.items():
        ended, still = [], []
        for rows in same.values():
            known = min(r.known_on for r in rows)
            helped = [r.answered_on for r in rows if not pd.isna(r.answered_on)]
            (ended if helped else still).append(
                ((min(helped) if helped else pd.Timestamp(review.over_by)) - known).days
            )
        waiting += len(still)
        found = told.loc[trigger, "days_to_help_median"]
        assert (None if pd.isna(found) else found) == half_ended(ended, still), trigger
    assert waiting > 10
