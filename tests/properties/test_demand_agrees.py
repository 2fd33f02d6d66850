"""Value or failure demand, against every family gone through slowly: each rule is tried in every world of its contacts."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from random import Random
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from lib.limits import wilson
from tests.properties import oracle
from tests.properties.conftest import Many
from tests.properties.folders import folder_of_logs
from tests.properties.shapes import worlds

KINDS = {
    "consult": ("touch", "family"),
    "request_for_help": ("touch", "family"),
    "chase": ("touch", "family"),
    "complaint": ("touch", "family"),
    "intake": ("touch", "family"),
    "support_session": ("touch", "family"),
    "csc_contact": ("record", "other agency"),
    "csc_referral": ("decision", "other agency"),
    "assessment": ("touch", "agency"),
    "visit": ("touch", "agency"),
    "call": ("touch", "unknown"),
    "not_eligible": ("decision", "agency"),
    "no_further_action": ("decision", "agency"),
    "case_note": ("record", "agency"),
}
"""What each activity is and who asks, written down here and not asked of the kit."""
STORY, HELP, NO = {"intake", "assessment"}, {"support_session"}, {"not_eligible", "no_further_action"}
SPREADS = (4, 30, 200, 500)
COVERS = {"gp": ("2023-01-01", "2024-02-20"), "housing": ("2023-02-10", "2024-12-31")}
AGENCIES = ("gp", "housing", "social_care")
FIRST = dt.date(2023, 1, 20)
WHOLE, PART = ("2024-12-31", "2024-12-31"), ("2023-06-30", "2023-05-31")


def random_day(rng: Random, spread: int) -> dict[str, str]:
    """A day, with a time or without, or a few days in a row; and perhaps the day on which it was recorded."""
    day = FIRST + dt.timedelta(days=rng.randrange(spread))
    kind = rng.random()
    if kind < 0.5:
        row = {"date": f"{day}"}
    elif kind < 0.85:
        row = {"date": f"{day} {rng.choice(('09:00:00', '09:00:01', '14:30:00'))}"}
    else:
        row = {"earliest": f"{day}", "latest": f"{day + dt.timedelta(days=rng.randrange(1, 4))}"}
    if rng.random() < 0.2:
        row["recorded_on"] = f"{day + dt.timedelta(days=rng.randrange(4, 60))}"
    return row


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Many:
    rng = Random(20090101)
    logs: dict[str, list[dict[str, str]]] = defaultdict(list)
    for n in range(400):
        spread, many_needs = rng.choice(SPREADS), rng.random() < 0.5
        for number in range(rng.choice((3, 6, 10))):
            activity = rng.choice((*KINDS, "csc_referral", "csc_referral", "intake"))
            agency = "social_care" if activity.startswith("csc") else rng.choice(AGENCIES)
            row = {"contact_id": f"{n}-{number}", "family_id": f"F{n:03}", "agency": agency, "activity": activity}
            row |= {
                "need_id": rng.choice(("", "N1", "N2") if many_needs else ("N1", "N1", "")),
                "person_id": rng.choice(("", "P1", "P2")),
            }
            if row["person_id"]:
                row["person_id"] += f"-{n}"
            logs[f"{agency}.csv"].append(row | random_day(rng, spread))
    for rows in logs.values():
        rng.shuffle(rows)
    about: dict[str, dict[str, Any]] = {name: {"series": "log"} for name in logs}
    for agency, days in COVERS.items():
        about[f"{agency}.csv"] |= {"covers": list(days), "agency": agency}
    folder = folder_of_logs(tmp_path_factory.mktemp("demand") / "demand", logs, files=about)
    return Many(fj.read_contacts(folder), [(name, row) for name in sorted(logs) for row in logs[name]], COVERS)


@pytest.fixture(scope="module", autouse=True)
def _natures(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.properties.conftest.NATURES", {a: nature for a, (nature, _) in KINDS.items()})
        yield


def asks(row: oracle.Row) -> bool:
    return KINDS[row.activity][1] in ("family", "other agency")


def within(row: oracle.Row, ask: oracle.Row, days: int) -> bool:
    """Whether on every day and in every order an ask came after a contact, so many days after it at most."""
    return oracle.follows(row, ask, oracle.days_on(days)) == "certain"


def may_lie_between(first: oracle.Row, between: oracle.Row, then: oracle.Row) -> bool:
    return any([row.id for _, row in w] == [first.id, between.id, then.id] for w in worlds([first, between, then]))


def may_answer(row: oracle.Row) -> bool:
    nature, asked_by = KINDS[row.activity]
    return row.activity in HELP or (nature in ("touch", "referral", "decision") and asked_by != "family")


def why(ask: oracle.Row, rows: list[oracle.Row], covers: dict[str, tuple[int, int]]) -> tuple[str, str, set[str]]:
    """Class, rule and evidence, one definition after the other."""
    others = [r for r in rows if r.id != ask.id]
    same_need = [r for r in others if r.need and r.need == ask.need]
    if ask.activity == "chase":
        return "failure", "chase", {ask.id}
    if ask.activity == "complaint":
        return "failure", "correction", {ask.id}
    found = {r.id for r in same_need if r.activity in NO and within(r, ask, 180)}
    if found and ask.activity not in HELP:
        return "failure", "turned_away", found | {ask.id}
    found = {r.id for r in same_need if r.activity in STORY and r.agency != ask.agency and within(r, ask, 365)}
    if found and ask.activity in STORY:
        return "failure", "told_before", found | {ask.id}
    found = {
        r.id
        for r in others
        if r.person and r.person == ask.person and r.activity == "csc_referral" and within(r, ask, 365)
    }
    if found and ask.activity == "csc_referral":
        return "failure", "referred_again", found | {ask.id}
    if KINDS[ask.activity][1] == "family" and ask.activity not in HELP:
        found = set()
        for earlier in same_need:
            if KINDS[earlier.activity][1] != "family" or earlier.activity in HELP or not within(earlier, ask, 180):
                continue
            begins, ends = covers[earlier.agency]
            if not all(begins <= day <= ends for day in range(earlier.earliest, ask.latest + 1)):
                continue
            answers = [r for r in others if r.id != earlier.id and may_answer(r) and r.need in (None, "", ask.need)]
            if not any(may_lie_between(earlier, answer, ask) for answer in answers):
                found.add(earlier.id)
        if found:
            return "failure", "still_waiting", found | {ask.id}
    if ask.need and not any(may_come_first(r, ask) for r in same_need if asks(r)):
        return "value", "first_asked", {ask.id}
    return "unknown", "", {ask.id}


def may_come_first(other: oracle.Row, ask: oracle.Row) -> bool:
    return any(w[0][1].id == other.id for w in worlds([other, ask]))


@pytest.mark.slow
@pytest.mark.parametrize("period", [WHOLE, PART], ids=["all", "as at"])
def test_every_ask_is_classed_as_going_through_every_world_does(families: Many, period: tuple[str, str]) -> None:
    over_by = min(oracle.number(dt.date.fromisoformat(d)) for d in period)
    review = families.review(period)
    covers = {a: (begins, min(ends, over_by)) for a, (begins, ends) in families.covers.items()}
    start = oracle.number(review.start)
    rows = fj.demand(review)
    found = {
        (r["family_id"], r["contact_id"]): (r["class"], "" if pd.isna(r["rule"]) else r["rule"], set(r["evidence"]))
        for r in rows.df().to_dict("records")
    }
    expected = {
        (family, ask.id): why(ask, some, covers)
        for family, some in families.families(period).items()
        for ask in some
        if asks(ask) and ask.latest >= start
    }
    assert found == expected
    seen = Counter(rule for _, rule, _ in expected.values())
    assert min(seen[rule] for rule in rows.owner.rules.reasons) >= (5 if period == WHOLE else 1), seen
    counted = Counter(label for label, _, _ in expected.values())
    total = fj.measures.demand(rows).iloc[0]
    assert [total[c] for c in ("value", "failure", "unknown")] == [counted[c] for c in ("value", "failure", "unknown")]
    assert (total["low"], total["high"]) == wilson(counted["failure"], counted["failure"] + counted["value"])
    classes = ["value", "failure", "unknown"]
    for every in ("month", "quarter", "year", "kind", "family"):
        frame = fj.measures.demand(rows, every)
        assert frame["asked"].sum() == len(expected)
        assert (frame[classes].sum(axis=1) == frame["asked"]).all(), every
        assert frame[classes].sum().to_dict() == {name: counted[name] for name in classes}, every
