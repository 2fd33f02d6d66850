"""The front page of the sample's review, counted again from its files and its book, slowly and without the kit's measures."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from statistics import median

import pytest
from openpyxl import load_workbook

import journeys as fj
from tests.sample.test_sample import END, SAMPLE, Reading

REVIEWED = [f"F{number:04}" for number in range(1, 9)]


@pytest.fixture(scope="module")
def steps() -> dict[str, list[dict]]:
    read = Reading(SAMPLE).steps
    return {family: read[family] for family in REVIEWED}


@pytest.fixture(scope="module")
def review():
    return fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"))


@pytest.fixture(scope="module")
def numbers(review):
    return {number.question: number for number in fj.front.numbers(review).numbers}


def sheet(name: str) -> list[dict]:
    """The rows of one sheet of the book."""
    heads, *rows = load_workbook(SAMPLE / "review" / "review.xlsx")[name].iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows if any(row)]


def whole(number: float) -> str:
    return f"{number:.0f}" if number == int(number) else f"{number:.1f}"


def test_agencies_and_professionals_met(steps, numbers):
    met = [[s for s in some if s["nature"] in ("touch", "referral")] for some in steps.values()]
    agencies = [len({s["agency"] for s in some}) for some in met]
    staff = [len({s["professional_id"] for s in some} - {""}) for some in met]
    nobody = len({s["id"] for some in met for s in some if not s["professional_id"]})
    said = numbers["Agencies and professionals met"]
    assert (said.number, said.unit) == (whole(median(agencies)), f"and {whole(median(staff))}")
    assert f"from {min(agencies)} and {min(staff)} to {max(agencies)} and {max(staff)}." in said.base
    assert f"{nobody} touches and referrals name nobody" in said.sure


def test_days_from_the_earliest_concern_to_help(steps, review, numbers):
    """The concerns are the kit's, whose rules have oracles of their own; the help and the median are counted here."""
    concern: dict[str, date] = {}
    firings, chances = fj.find_triggers(review).df(), fj.find_chances(review).df()
    days = list(zip(firings["family_id"], firings["known_on"], strict=True))
    days += [(r.family_id, r.on) for r in chances.itertuples() if r.status != "rejected"]
    for family, day in days:
        concern[family] = min(day.date(), concern.get(family, day.date()))
    helped, waiting = [], []
    for family, on in concern.items():
        later = [s["day"] for s in steps[family] if s["rule"].get("help") and s["day"] >= on]
        (helped if later else waiting).append(((min(later) if later else END) - on).days)
    still, half = 1.0, None
    for day in sorted(set(helped)):
        still *= 1 - helped.count(day) / sum(d >= day for d in helped + waiting)
        half = day if half is None and still <= 0.5 else half
    said = numbers["Days from earliest concern to help"]
    assert said.number == ("not reached" if half is None else str(half))
    assert f"elp reached {len(helped)} of {len(concern)} families; {min(helped)} to {max(helped)} days" in said.base
    assert said.sure.startswith(f"{len(waiting)} families are still waiting, the longest {max(waiting):,} days")


def test_times_a_family_told_its_story(steps, review, numbers):
    told = {
        family: len({(s["agency"], s["day"]) for s in some if s["rule"].get("tells_story")})
        for family, some in steps.items()
    }
    said = numbers["Times a family told its story"]
    assert said.number == whole(median(told.values()))
    assert f"from {min(told.values())} to {max(told.values())}." in said.base
    again = sum(max(0, n - 1) for n in told.values())
    assert said.sure.startswith(f"{again} of {sum(told.values())} tellings")
    frame = fj.measures.story(review).set_index("family_id")
    assert frame["told"].to_dict() == told
    assert int(frame["told"].sum()) == sum(told.values()) and int(frame["again"].sum()) == again


def test_asking_that_was_failure_demand(steps, numbers):
    """A label is the class. Without one, a referral to social care after another, or after a no, is failure."""
    asked = ("family", "other agency")
    asks = {s["id"]: s for some in steps.values() for s in some if s["rule"].get("asked_by") in asked}
    labels = {row["contact id"]: row["label"] for row in sheet("demand") if row["label"]}
    rest = [(f, s) for f, some in steps.items() for s in some if s["id"] in set(asks) - set(labels)]
    assert {s["activity"] for _, s in rest} == {"consult", "csc_referral"}
    no = ("not_eligible", "no_further_action")

    def brings_back(earlier: dict, ask: dict) -> bool:
        days = (ask["day"] - earlier["day"]).days
        turned_away = earlier["activity"] in no and ask["need_id"] and earlier["need_id"] == ask["need_id"]
        return (0 < days <= 365 and earlier["activity"] == "csc_referral") or (0 < days <= 180 and bool(turned_away))

    again = [
        s for f, s in rest if s["activity"] == "csc_referral" and any(brings_back(earlier, s) for earlier in steps[f])
    ]
    assert again
    failure, value = (list(labels.values()).count(word) for word in ("failure", "value"))
    failure += len(again)
    said = numbers["Asking that was failure demand"]
    assert (said.number, said.unit) == (str(failure), f"of {failure + value}")
    assert f"{failure / (failure + value):.0%}, interval" in said.base
    assert f"{len(asks) - failure - value} more unknown" in said.base


def test_what_the_best_informed_agency_knew(review, numbers):
    """Which agency knew which fact has an oracle of its own; who knew most, and of how many, is counted here."""
    known: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in fj.who_knew_what(review).df().itertuples():
        known[row.family_id][row.fact].add(row.agency)
    for row in sheet("facts"):
        known[row["family id"]][row["fact"]] |= {row["agency"]} - {None, ""}
    best = []
    for facts in known.values():
        agencies = {agency for who in facts.values() for agency in who}
        best.append((max(sum(agency in who for who in facts.values()) for agency in agencies), len(facts)))
    low, high = (edge(best, key=lambda pair: pair[0] / pair[1]) for edge in (min, max))
    said = numbers["What the best-informed agency knew"]
    assert said.number == f"{median(few / of for few, of in best):.0%}"
    assert f"median of {len(best)} families, from {low[0]} of {low[1]} to {high[0]} of {high[1]}." in said.base
