"""Costs on random logs: a slow loop in Decimals agrees, parts add up to the whole, and the order of rows is no evidence."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys.sources import RULES
from lib.engine import Table

START, END = dt.date(2023, 10, 10), dt.date(2024, 10, 31)
KITS = {"ae_attendance": "HE4.0", "consult": "HE20.2", "csc_contact": "SS6.1", "csc_referral": "SS6.2"}
OWN = {"hostel": ("HO4.0", 7), "care": ("SS1.0", 365), "domestic_abuse_incident": ("CR2.0", 0), "session": ("OWN1", 0)}
AGENCIES = {
    "ae_attendance": "hospital", "consult": "gp", "csc_contact": "social_care", "csc_referral": "social_care",
    "hostel": "housing", "care": "social_care", "domestic_abuse_incident": "police", "session": "voluntary",
    "meeting": "school", "call": "gp",
}  # fmt: skip
KINDS = ("fiscal", "economic", "social")
COLUMNS = ("contact_id", "person_id", "date", "ends_on", "agency", "activity")
LIST = (
    "code,says,unit,bearer,kind,low,value,high,price_year,rag,source\n"
    "OWN1,A session,Per session,Northshire,fiscal,10.01,20.03,33.335,2007/08,A,ours\n"
    "OWN1,A session,Per session,Northshire,social,,5.005,,2015/16,,ours\n"
)


def a_log(rng: Random) -> list[dict[str, str]]:
    rows = []
    for n in range(rng.randint(0, 40)):
        activity = rng.choice(sorted(AGENCIES))
        day = START + dt.timedelta(days=rng.randint(-60, 360))
        row = {"contact_id": str(n), "person_id": f"P{rng.randint(1, 4)}", "agency": AGENCIES[activity]}
        row |= {"activity": activity, "date": f"{day:%Y-%m}" if rng.random() < 0.2 else f"{day}", "ends_on": ""}
        if activity in ("hostel", "care") and rng.random() < 0.8:
            row["ends_on"] = f"{day + dt.timedelta(days=rng.choice((0, 1, 6, 7, 40, 300)))}"
        rows.append(row)
    return rows


def spent_on(root: Path, rows: list[dict[str, str]]) -> Table:
    """The costs of a log, P2 a child of two families."""
    (root / "rules" / "costs").mkdir(parents=True)
    with open(root / "log.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    form = {"columns": {c: c for c in COLUMNS}, "dates": ["%Y-%m-%d", "%Y-%m"]}
    sources = {"purpose": "a property", "invented": True, "files": {"log.csv": {"format": form}}}
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    kinds = {a: {"says": a, "nature": "status"} for a in ("hostel", "care")}
    kinds["session"] = {"says": "A session", "nature": "touch"}
    (root / "rules" / "activities.yml").write_text(json.dumps({"activities": kinds}), encoding="utf-8")
    (root / "rules" / "costs" / "own.csv").write_text(LIST, encoding="utf-8")
    per = {7: "week", 365: "year", 0: "contact"}
    lines = {a: {"activity": a, "code": c, "per": per[d], "why": "a property"} for a, (c, d) in OWN.items()}
    rules: dict[str, Any] = {"costs": lines, "unit_costs": [{"file": "own.csv", "attribution": "Northshire"}]}
    (root / "rules" / "costs.yml").write_text(json.dumps(rules), encoding="utf-8")
    belongs = [("P1", "F1"), ("P2", "F1"), ("P2", "F2"), ("P3", "F2"), ("P4", "F3")]
    members = pd.DataFrame(
        [(f"log:{p}", f, "2000-01-01", None, "separated parents" if p == "P2" else None) for p, f in belongs],
        columns=["person_id", "family_id", "from_date", "to_date", "because"],
    )
    contacts = fj.read_contacts(root)
    return fj.costs(fj.build_journeys(contacts, members, start=START, end=END))


def half_up(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def units() -> dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]]:
    """Units at 2015/16 prices, straight from the files."""
    with open(RULES / "costs" / "gdp_deflator_march_2015.csv", encoding="utf-8", newline="") as file:
        index = {row["financial_year"]: Decimal(row["index"]) for row in csv.DictReader(file)}
    found = {}
    with open(RULES / "costs" / "ucd_v1_4.csv", encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file), *csv.DictReader(LIST.splitlines())]
    with localcontext() as context:
        context.prec = 60
        for row in rows:
            three = [Decimal(row[c] or row["value"]) for c in ("low", "value", "high")]
            up = [half_up(v * index["2015/16"] / index[row["price_year"]]) for v in three]
            found[row["code"], row["kind"]] = (up[0], up[1], up[2])
    return found


def slowly(
    rows: list[dict[str, str]],
) -> tuple[dict[tuple[str, str], tuple[Decimal, ...]], dict[str, Decimal], set[str]]:
    """By contact and kind: low, value, high; fiscal by year; and the contacts of the period that have no cost."""
    costs: dict[tuple[str, str], tuple[Decimal, ...]] = {}
    by_year: dict[str, Decimal] = defaultdict(Decimal)
    missing: set[str] = set()
    prices = units()
    for row in rows:
        month = len(row["date"]) == 7
        first = dt.date.fromisoformat(row["date"] + ("-01" if month else ""))
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1) if month else first
        code, length = OWN.get(row["activity"]) or (KITS.get(row["activity"], ""), 0)
        inside = last >= START
        if not code:
            missing |= {row["contact_id"]} if inside else set()
            continue
        days: list[dt.date] = []
        if length:
            if month or not row["ends_on"]:
                missing |= {row["contact_id"]} if inside else set()
                continue
            every = (dt.date.fromisoformat(row["ends_on"]) - first).days + 1
            days = [d for d in (first + dt.timedelta(days=n) for n in range(every)) if START <= d <= END]
            if not days:
                continue
        elif not inside:
            continue
        for kind in KINDS:
            if (code, kind) not in prices:
                continue
            unit = prices[code, kind]
            amounts = tuple(half_up(u * len(days) / length) for u in unit) if length else unit
            costs[row["contact_id"], kind] = amounts
            if kind == "fiscal":
                if length:
                    done, before = 0, Decimal(0)
                    for year in sorted({year_of(d) for d in days}):
                        done += sum(year_of(d) == year for d in days)
                        so_far = half_up(unit[1] * done / length)
                        by_year[year] += so_far - before
                        before = so_far
                else:
                    by_year[year_of(first) if year_of(first) == year_of(last) else "not known"] += amounts[1]
    return costs, dict(by_year), missing


def year_of(day: dt.date) -> str:
    first = day.year if day >= dt.date(day.year, 4, 1) else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def whole(costs: Table) -> dict[str, Any]:
    """Everything that is told of costs."""
    frames = {by: fj.measures.costs(costs, by=by) for by in ("agency", "year", "bearer", "family", "activity")}
    classes = {c: ("value", "failure")[hash_of(c)] for c in costs.df()["contact_id"]}
    frames["demand"] = fj.measures.costs(costs, by="demand", demand=classes)
    frames |= {f: fj.measures.cost_so_far(costs, f) for f in costs.owner.review.families}
    return frames | {"uncosted": fj.measures.uncosted(costs), "rows": costs.df()}


def hash_of(contact: str) -> int:
    return sum(map(ord, contact)) % 2


@pytest.mark.parametrize("seed", range(12))
def test_a_slow_loop_agrees_and_parts_add_up_in_any_order_of_rows(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    rows = a_log(rng)
    if not rows:
        rows = [dict(zip(COLUMNS, ("0", "P1", f"{START}", "", "gp", "consult"), strict=True))]
    rows.append(dict(zip(COLUMNS, ("x", "P1", f"{START}", "", "school", "meeting"), strict=True)))
    costs = spent_on(tmp_path / "a" / "d", rows)
    told = whole(costs)

    expected, by_year, missing = slowly(rows)
    found = {(r.contact_id.split(":")[-1], r.kind): (r.low, r.value, r.high) for r in told["rows"].itertuples()}
    assert found == expected
    years = told["year"].iloc[:-1].dropna(subset=["fiscal"])
    assert dict(zip(years["year"], years["fiscal"], strict=True)) == by_year
    assert told["uncosted"]["contacts"].sum() == len(missing)
    assert sum(costs.owner.costed.values()) == len({c for c, _ in expected})

    for by in ("agency", "year", "bearer", "family", "activity", "demand"):
        frame = told[by]
        for column in ("fiscal_low", "fiscal", "fiscal_high", "economic", "social"):
            parts, total = frame[column].iloc[:-1].dropna(), frame[column].iloc[-1]
            assert sum(parts) == (0 if pd.isna(total) else total), (by, column)
        kind = {"fiscal": 1, "fiscal_low": 0, "fiscal_high": 2}
        for column, at in kind.items():
            sums = sum((a[at] for (_, k), a in expected.items() if k == "fiscal"), Decimal(0))
            assert sums == (0 if pd.isna(frame[column].iloc[-1]) else frame[column].iloc[-1])
    mine = told["rows"][told["rows"]["kind"] == "fiscal"]
    for family in costs.owner.review.families:
        grown = told[family]
        own = mine[mine["family_id"] == family]
        assert (grown["value"].iloc[-1] if len(grown) else 0) == sum(own["value"])
        assert (grown["value"].diff().dropna() >= 0).all()

    rng.shuffle(rows)
    again = whole(spent_on(tmp_path / "b" / "d", rows))
    for name, frame in told.items():
        pd.testing.assert_frame_equal(frame, again[name])
