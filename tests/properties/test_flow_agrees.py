"""Flow of random families against loops over their rows: bounces in every order, rings by walking, days one by one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys import staffing
from tests.properties import oracle
from tests.properties.conftest import PERIODS, WHOLE, Many
from tests.properties.folders import folder_of_logs
from tests.properties.random_logs import AGENCIES, random_day
from tests.properties.test_handovers_agree import ANSWER_DAYS, over_by

MOST_TO_ORDER = 6
FAMILIES = 250


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> Many:
    """Families who are sent about: three agencies, one need or two, days close together."""
    rng = Random(11)
    logs: dict[str, list[dict[str, str]]] = {}
    for n, number in itertools.product(range(FAMILIES), range(7)):
        agency = rng.choice(AGENCIES[:3])
        activity = rng.choice(("referral", "referral", "referral", "visit", "closed", "call"))
        row = {"contact_id": f"F{n:03}-{number}", "family_id": f"F{n:03}", "agency": agency, "activity": activity}
        row["need_id"] = rng.choice(("", f"F{n:03}-N1", f"F{n:03}-N1", f"F{n:03}-N1", f"F{n:03}-N2"))
        row["referred_to"] = rng.choice(AGENCIES[:3]) if activity == "referral" else ""
        logs.setdefault(f"{agency}.csv", []).append(row | random_day(rng, rng.choice((5, 50))))
    about = {name: {"series": "log"} for name in logs}
    folder = folder_of_logs(tmp_path_factory.mktemp("passes") / "passes", logs, files=about)
    return Many(fj.read_contacts(folder), [(name, row) for name in sorted(logs) for row in logs[name]], {})


def referrals(rows: Sequence[oracle.Row]) -> list[oracle.Row]:
    return [r for r in rows if r.nature == "referral" and r.to and r.to != r.agency]


def orders(rows: Sequence[oracle.Row]) -> list[tuple[oracle.Row, ...]]:
    """Every order of the rows in which none stands after one that it surely came before."""
    return [
        way
        for way in itertools.permutations(rows)
        if not any(oracle.surely_before(b, a) for a, b in itertools.combinations(way, 2))
    ]


def bounced(row: oracle.Row, ways: Sequence[tuple[oracle.Row, ...]]) -> str | None:
    held = set()
    for way in ways:
        after = way[way.index(row) + 1 :]
        held.add(bool(after) and (after[0].agency, after[0].to) == (row.to, row.agency))
    return "certain" if held == {True} else "possible" if True in held else None


def reaches(start: str, end: str, edges: set[tuple[str, str]]) -> bool:
    """Whether one can walk from one agency to another."""
    seen, todo = set(), [start]
    while todo:
        at = todo.pop()
        if at == end:
            return True
        if at not in seen:
            seen.add(at)
            todo += [b for a, b in edges if a == at]
    return False


def said(value: Any) -> Any:
    return None if pd.isna(value) else value


@PERIODS
def test_bounces_loops_and_dead_ends(passes: Many, period: tuple[str, str]) -> None:
    ends = {agency: last for agency, (_, last) in passes.covers.items()}
    found = {(r.family_id, r.contact_id): r for r in fj.passed(passes.review(period)).df().itertuples()}
    seen: Counter[Any] = Counter()
    for family, rows in passes.families(period).items():
        answers = {r.id: (a, o) for r, a, o in oracle.referrals(rows, ANSWER_DAYS, over_by(period), ends)}
        for need, some in itertools.groupby(sorted(referrals(rows), key=lambda r: r.need or ""), lambda r: r.need):
            same = list(some)
            ways = orders(same) if len(same) <= MOST_TO_ORDER else []
            edges = {(r.agency, str(r.to)) for r in same}
            for row in same:
                line = found.pop((family, row.id))
                answer, is_open = answers[row.id]
                assert said(line.answered_by) == (answer.id if answer else None)
                assert bool(line.is_open) is is_open
                if not need:
                    assert said(line.bounce) is None and said(line.in_loop) is None
                    continue
                if ways:
                    assert said(line.bounce) == bounced(row, ways), (family, row.id)
                    seen[line.bounce] += 1
                ring = reaches(str(row.to), row.agency, edges)
                assert bool(line.in_loop) is ring, (family, row.id)
                seen["ring"] += ring
    assert not found
    if period == WHOLE:
        assert min(seen["certain"], seen["possible"], seen["ring"]) > 15


@PERIODS
def test_what_came_of_referrals_makes_chains(passes: Many, period: tuple[str, str]) -> None:
    """Each follows one at most and is followed by one at most, by an agency that received it, and never first."""
    frame = fj.passed(passes.review(period)).df()
    rows = {family: {r.id: r for r in some} for family, some in passes.families(period).items()}
    for family, some in frame.groupby("family_id"):
        lines = {r.contact_id: r for r in some.itertuples()}
        followed = Counter(r.follows for r in lines.values() if said(r.follows))
        assert max(followed.values(), default=1) == 1
        back = {r.contact_id for r in lines.values() if said(r.follows) and lines[r.follows].from_agency == r.to_agency}
        for line in lines.values():
            if said(line.follows):
                before, after = rows[family][line.follows], rows[family][line.contact_id]
                assert before.to == after.agency and oracle.same_need(before, after)
                assert not oracle.surely_before(after, before) and line.follows not in back
            expected = (
                "sent back" if any(lines[i].follows == line.contact_id for i in back)
                else "passed on" if followed[line.contact_id]
                else "sent back" if line.is_rejected
                else "taken on" if said(line.answered_by)
                else "no recorded answer"
            )  # fmt: skip
            assert line.came == expected


@PERIODS
def test_professionals_at_once_day_by_day(many: Many, period: tuple[str, str]) -> None:
    frame = staffing.at_once(many.review(period))
    for family, rows in many.families(period).items():
        days: dict[tuple[str, str], list[int]] = {}
        for r in rows:
            if r.nature in ("touch", "referral") and r.who and r.day is not None:
                days.setdefault((r.agency, r.who), []).append(r.day)
        found: dict[int, tuple[int, int]] = {}
        for line in frame[frame["family_id"] == family].itertuples():
            for day in range(oracle.number(line.from_on), oracle.number(line.to_on) + 1):
                assert day not in found
                found[day] = line.at_once, line.so_far
        spans = [(min(d), max(d)) for d in days.values()]
        expected = {
            day: (sum(a <= day <= b for a, b in spans), sum(a <= day for a, _ in spans))
            for day in range(min((a for a, _ in spans), default=0), max((b for _, b in spans), default=-1) + 1)
        }
        assert found == expected, family


@PERIODS
def test_the_clocks_of_needs_that_rows_name(passes: Many, period: tuple[str, str]) -> None:
    frame = fj.two_clocks(passes.review(period)).df()
    found = {
        (r.family_id, r.need_id, said(r.agency)): (oracle.number(r.from_on.date()), int(r.days), bool(r.is_open))
        for r in frame[frame["how"] == "log"].itertuples()
    }
    expected = {}
    over = over_by(period)
    for family, rows in passes.families(period).items():
        for need in {r.need for r in rows if r.need}:
            own = [r for r in rows if r.need == need]
            asking = [r for r in own if r.nature in ("touch", "referral")]
            if not asking:
                continue
            first = min(r.latest for r in asking)
            expected[family, need, None] = (first, max(over - first, 0), True)
            for agency in {r.to for r in referrals(own)}:
                start = sorted(
                    (r for r in referrals(own) if r.to == agency), key=lambda r: (r.latest, r.earliest, r.id)
                )[0]
                ends = [
                    r.latest
                    for r in rows
                    if r.agency == agency and r.activity == "closed" and r.need in (need, None)
                    and r.latest >= start.latest and not oracle.surely_before(r, start)
                ]  # fmt: skip
                last = min(ends, default=None)
                days = max((over if last is None else last) - start.latest, 0)
                expected[family, need, agency] = (start.latest, days, last is None)
    assert found == expected
    if period == WHOLE:
        assert sum(not is_open for *_, is_open in expected.values()) > 30
