"""What one point of contact might have made needless, on random families against loops over their rows; what is kept."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest

import journeys as fj
from tests.properties import oracle
from tests.properties.folders import folder_of_logs
from tests.properties.random_logs import AGENCIES, random_day

KINDS = {
    "intake": "touch", "assessment": "touch", "chase": "touch", "visit": "touch", "help_started": "touch",
    "homelessness_approach": "touch", "safety_check": "touch", "message": "touch",
    "referral": "referral", "not_eligible": "decision", "case_note": "record",
}  # fmt: skip
TELLS, HELP = {"intake", "assessment", "homelessness_approach"}, {"help_started"}
NEVER = {"homelessness_approach", "safety_check"}
ASSESSES = {"assessment": "", "visit": "home", "message": "home", "intake": ""}
DAYS = {"told_again": 20, "came_back": 12, "assessed_again": 15, "screened_again": 10}
START = "2024-03-10"


def log(rng: random.Random, families: int = 150) -> list[dict[str, str]]:
    rows = []
    for n in range(families):
        # Some families are passed on and sent back, and little else.
        some = ("referral", "referral", "not_eligible") if n % 3 == 0 else (*KINDS, "assessment", "intake")
        for at in range(rng.randint(0, 14)):
            activity = rng.choice(some)
            row = {
                "contact_id": f"F{n}-{at}",
                "family_id": f"F{n}",
                "agency": rng.choice(AGENCIES),
                "activity": activity,
            }
            row["need_id"] = rng.choice(("", "N1", "N1", "N2"))
            if activity == "referral":
                row["referred_to"] = rng.choice((*AGENCIES, ""))
            rows.append(row | random_day(rng, 40))
    return rows


def folder(root: Path, rows: list[dict[str, str]], **marks: Any) -> Path:
    made = folder_of_logs(root, {"log.csv": rows})
    (made / "rules").mkdir()
    domains = {name: {"assesses": True, "domain": domain} for name, domain in ASSESSES.items()}
    anybody = {"homelessness_approach": {"agencies": []}, "safety_check": {"agencies": []}} | domains | marks
    text = {"activities": anybody, "duplicate_assessment_days": DAYS["assessed_again"]}
    (made / "rules" / "activities.yml").write_text(json.dumps(text))
    reasons = {name: {"within_days": days} for name, days in DAYS.items() if name != "assessed_again"}
    (made / "rules" / "navigator.yml").write_text(json.dumps({"navigator": reasons}))
    return made


def fits(earlier: Any, later: Any, days: int) -> bool:
    """Surely before, perhaps within the days, perhaps of the same need."""
    near = later.earliest - earlier.latest <= days
    return (
        oracle.surely_before(earlier, later)
        and near
        and (not earlier.need or not later.need or earlier.need == later.need)
    )


def repeats(earlier: Any, later: Any, rows: list[Any], moments: list[Any]) -> bool:
    """Whether both are known to the day, of two assessments in their order, and about one domain or else one need."""
    if earlier.day is None or later.day is None or not oracle.surely_before(earlier, later):
        return False
    near = later.day - earlier.day <= DAYS["assessed_again"]
    domains = ASSESSES[earlier.activity], ASSESSES[later.activity]
    about = domains[0] == domains[1] if any(domains) else bool(earlier.need) and earlier.need == later.need

    def one(row: Any) -> list[Any]:
        """The whole assessment: what its agency recorded in the moment."""
        here = [m.rows for m in moments if row.id in [r.id for r in m.rows]]
        return [r for r in (here[0] if here else [row]) if r.agency == row.agency and r.activity in ASSESSES]

    first, second = one(earlier), one(later)
    begins = [
        min(((r.second, r.id) for r in some if r.second is not None), default=(-1, "")) for some in (first, second)
    ]
    return (
        near and about and later.id not in [r.id for r in first] and (earlier.day < later.day or begins[0] < begins[1])
    )


def sure(rows: list[Any], pair: tuple[Any, Any] | None = None, days: int = 0) -> bool:
    exact = all(r.day is not None and r.need for r in rows) and len({r.need for r in rows}) == 1
    return exact and (pair is None or abs(pair[0].day - pair[1].day) <= days)


def slow(rows: list[Any], start: int) -> dict[str, tuple[set[str], bool]]:
    """For one family: contact -> its reasons, and whether one of them is free of doubt."""
    found: dict[str, tuple[set[str], bool]] = {}
    moments = oracle.moments(rows)

    def say(row: Any, reason: str, is_sure: bool) -> None:
        if row.latest < start or row.activity in HELP | NEVER:
            return
        reasons, before = found.get(row.id, (set(), False))
        found[row.id] = (reasons | {reason}, before or is_sure)

    for row in rows:
        if row.activity == "chase":
            say(row, "asked_what_happens", sure([row]))
        for other in rows:
            if row.activity in TELLS and other.activity in TELLS and row.agency != other.agency:
                days = DAYS["told_again"]
                if fits(other, row, days):
                    say(row, "told_again", sure([other, row], (other, row), days))
            if {row.activity, other.activity} <= ASSESSES.keys() and repeats(other, row, rows, moments):
                say(row, "assessed_again", sure([other, row]))
            if {row.activity, other.activity} <= {"assessment", "intake"} and fits(other, row, DAYS["screened_again"]):
                for first, second in itertools.pairwise(moments):
                    mine = row.id in [r.id for r in second.rows] and other.id in [r.id for r in first.rows]
                    if mine and row.agency not in {r.agency for r in first.rows}:
                        say(row, "screened_again", sure([other, row], (other, row), DAYS["screened_again"]))
        if row.activity == "referral" and row.to and row.to != row.agency:
            for a in rows:
                to_it = a.activity == "referral" and a.to == row.agency and a.agency not in (row.to, row.agency)
                if not to_it or not fits(a, row, 10_000):
                    continue
                for b in rows:
                    refused = b.activity == "not_eligible" or (b.activity == "referral" and b.to == row.agency)
                    if b.agency == row.to and refused and fits(row, b, DAYS["came_back"]):
                        say(row, "came_back", sure([a, row, b], (row, b), DAYS["came_back"]))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_proposal_and_every_doubt(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    rows = log(rng)
    place = folder(tmp_path / "log", rows)
    review = fj.build_journeys(fj.read_contacts(place), start=START, end="2024-12-31")
    frame = fj.could_fall_away(review).df()
    found = {(r.family_id, r.contact_id): (set(r.reasons), bool(r.is_certain)) for r in frame.itertuples()}
    end = oracle.number(review.end)
    families: dict[str, list[Any]] = {}
    for row in oracle.read([("log.csv", r) for r in rows], KINDS, "log", end, end):
        families.setdefault(row.family, []).append(row)
    start = oracle.number(review.start)
    expected = {(f, c): said for f, some in families.items() for c, said in slow(some, start).items()}
    assert found == expected
    reasons = [name for some, _ in expected.values() for name in some]
    assert {name: reasons.count(name) > 0 for name in (*DAYS, "asked_what_happens")} == dict.fromkeys(
        (*DAYS, "asked_what_happens"), True
    )
    assert {is_sure for _, is_sure in expected.values()} == {True, False}
    base = {r.id for some in families.values() for r in some if r.activity != "case_note" and r.latest >= start}
    assert fj.could_fall_away(review).owner.base == len(base)


@pytest.mark.parametrize("seed", range(2))
def test_value_steps_and_safety_are_kept_and_the_range_is_a_range(tmp_path: Path, seed: int) -> None:
    """Whatever tells a story or assesses: help, crises and safety stay, in every family."""
    rng = random.Random(100 + seed)
    place = folder(tmp_path / "log", log(rng), help_started={"tells_story": True}, visit={"tells_story": True})
    every = {
        "navigator": {"all": {"says": "all", "shape": "activity", "activity": [*KINDS], "source": "x", "mark": "local"}}
    }
    (place / "rules" / "navigator.yml").write_text(json.dumps(every))
    review = fj.build_journeys(fj.read_contacts(place))
    found = fj.could_fall_away(review)
    gone, steps = set(found.df()["contact_id"]), review.steps.df()
    kept = steps[steps["activity"].isin(HELP | NEVER)]
    assert len(kept) > 10 and not gone & set(kept["contact_id"])
    rest = steps[steps["nature"].isin(["touch", "referral", "decision"]) & ~steps["activity"].isin(HELP | NEVER)]
    assert set(rest["contact_id"]) <= gone
    away, own, net = fj.measures.navigator(found).itertuples()
    assert 0 <= away.contacts_low <= away.contacts_high == len(gone)
    assert (net.contacts_low, net.contacts_high) == (
        away.contacts_low - own.contacts_high,
        away.contacts_high - own.contacts_low,
    )


@pytest.mark.parametrize("seed", range(2))
def test_rows_in_another_order_change_nothing(tmp_path: Path, seed: int) -> None:
    rng = random.Random(200 + seed)
    rows = log(rng, 60)
    told = []
    for name in ("one", "two"):
        review = fj.build_journeys(fj.read_contacts(folder(tmp_path / name, rows)))
        known = fj.who_knew_what(review)
        frames = [fj.could_fall_away(review).df(), fj.measures.navigator(fj.could_fall_away(review))]
        frames += [fj.best_placed(review[f], known) for f in review.families]
        told.append([frame.to_csv() for frame in frames])
        rng.shuffle(rows)
    assert told[0] == told[1]
