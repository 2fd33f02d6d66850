"""Write a seeded, invented folder for a review: ten years, eight families under review and forty to compare with.

For the benchmark and for nothing else. Eight families of 300 to 560 contacts with ten agencies, forty of 20 to 60, one
child's school register for each, and a review book in which every step of Check has something to stand on.

    python make_review.py FOLDER
    python make_review.py FOLDER --years 1 --comparison 2      a small one
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from make_log import OUTCOMES, REASONS, REGISTER, recorded, shares

from journeys.bookfile import Row, as_bytes
from journeys.judgements import SHEETS

FIRST = dt.date(2016, 1, 1)
REVIEWED, COMPARISON, YEARS = 8, 40, 10
MANY, FEW = (300, 560), (20, 60)
"""Contacts of a family in ten years: of one under review, and of one to compare with."""

ASKING = {
    "school": shares("request_for_help 6"),
    "social_care": shares("intake 8, chase 10, csc_contact 10"),
    "early_help": shares("request_for_help 10, intake 10, chase 6, waiting_list 3"),
    "housing": shares("chase 12, homelessness_approach 8"),
    "gp": shares("appointment_missed 8"),
    "mental_health": shares("intake 6, chase 8, waiting_list 5"),
    "voluntary": shares("support_session 40, visit 20, call 10, request_for_help 8"),
}
"""What agencies record beside what the logs of other measurements hold: asking, asking again and waiting."""
FAMILY_LIFE = ("moved_home", "job_lost", "new_job", "birth", "bereavement", "separation", "household_change")
MARKS = ("present",) * 26 + REGISTER[1:3]
COLUMNS = (
    *("contact_id", "person_id", "family_id", "date", "agency", "contact_type", "reason", "need_id", "outcome"),
    *("referred_to", "professional_id", "recorded_on", "note"),
)
Rows = list[dict[str, Any]]


def family_rows(rng: Random, name: str, contacts: int, end: dt.date) -> Rows:
    """One family's contacts with agencies, and what happened in its life: agencies come and stay for a while."""
    agencies = {a: (share, what | ASKING.get(a, {})) for a, (share, what) in recorded(True).items()}
    agencies["voluntary"] = (0.06, ASKING["voluntary"])
    days = (end - FIRST).days
    rows: Rows = []
    agency = ""
    for day in sorted(rng.randrange(days) for _ in range(contacts)):
        if not agency or rng.random() > 0.45:
            agency = rng.choices(list(agencies), [share for share, _ in agencies.values()])[0]
        what = {a: w for a, w in agencies[agency][1].items() if a not in REGISTER}
        activity = rng.choices(list(what), list(what.values()))[0]
        on = FIRST + dt.timedelta(days=day)
        row = dict.fromkeys(COLUMNS, "") | {"family_id": name, "agency": agency, "contact_type": activity}
        row["date"] = f"{on:%d/%m/%Y}" + (f" {rng.randrange(8, 20):02}:{rng.randrange(60):02}" if day % 10 > 2 else "")
        row["recorded_on"] = f"{min(end, on + dt.timedelta(days=rng.choice((0, 0, 0, 1, 9)))):%d/%m/%Y}"
        row["person_id"] = f"{name}-{rng.randrange(5)}"
        row["reason"] = rng.choices(list(REASONS), list(REASONS.values()))[0]
        row["outcome"] = rng.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        row["need_id"] = f"{name}-N{1 + day * 12 // days}"
        row["referred_to"] = rng.choice(sorted(agencies)) if activity == "referral" else ""
        row["professional_id"] = f"{agency[:3]}{day // 400}{rng.randrange(3)}x" if rng.random() < 0.9 else ""
        rows.append(row)
    for day in sorted(rng.sample(range(days), 6)):
        life = {"family_id": name, "agency": "family", "contact_type": rng.choice(FAMILY_LIFE)}
        rows.append(dict.fromkeys(COLUMNS, "") | life | {"date": f"{FIRST + dt.timedelta(days=day):%d/%m/%Y}"})
    return rows


def register_rows(rng: Random, name: str, end: dt.date) -> Iterator[dict[str, Any]]:
    """One child's mark for every weekday outside August."""
    for number in range((end - FIRST).days):
        on = FIRST + dt.timedelta(days=number)
        if on.weekday() < 5 and on.month != 8:
            row = {"family_id": name, "person_id": f"{name}-0", "agency": "school", "contact_type": rng.choice(MARKS)}
            yield dict.fromkeys(COLUMNS, "") | row | {"date": f"{on:%d/%m/%Y}"}


def book(rng: Random, names: list[str], rows: Rows, end: dt.date) -> bytes:
    """A review book in which each step of Check has something to stand on, and each sheet of words some rows."""
    of = {name: [row for row in rows if row["family_id"] == name] for name in names}
    asks = [r for name in names for r in of[name] if r["contact_type"] in ("request_for_help", "chase", "intake")]
    sheets: dict[str, Rows] = {
        "needs": [
            {"family_id": name, "need_id": f"{name}-N{n}", "words": f"What need {n} was, in our words"}
            | ({"met_on": FIRST + (end - FIRST) * (n + 1) / 12, "met_by_whose_view": "mother"} if n < 4 else {})
            for name in names
            for n in range(1, 13)
        ],
        "matters": [
            {
                "family_id": name,
                "who": "mother",
                "statement": statement,
                "score": rng.randrange(11),
                "share_with": "board",
            }
            | {"on": FIRST + dt.timedelta(days=200 * n + 7), "family_checked": "yes", "delivered": "an assessment"}
            for name in names
            for statement in ("Somebody listens to us", "We can stay in our home")
            for n in range((end - FIRST).days // 200)
        ],
        "quotes": [
            {"family_id": name, "who": "mother", "words": "Every new person started again.", "share_with": "board"}
            for name in names
        ],
        "demand": [
            {"contact_id": r["contact_id"], "family_id": r["family_id"], "label": "failure", "kind": "asking again"}
            if r["contact_type"] == "chase"
            else {"contact_id": r["contact_id"], "family_id": r["family_id"], "label": "value", "kind": "help"}
            for r in asks
        ],
        "conditions": [
            {"category": "thresholds", "condition": "A request is closed early", "thinking": "Demand is rationed"}
            | {"family_id": name, "evidence": [of[name][n]["contact_id"]]}
            for name in names
            for n in (3, 9)
        ],
        "resources": [{"family_id": name, "kind": "family", "who": "grandmother"} for name in names],
        "answer": [{"part": "answer", "words": "None could see the whole."}, {"part": "purpose", "words": "Help us."}],
        "decisions": [{"order": 1, "decision": "Let a school ring one person", "how": "In two schools."}],
        "plans": [
            {"plan": "One worker stays", "prediction": "Fewer chases", "measure": "days_to_help"}
            | {"start": end - dt.timedelta(days=60), "stop": end + dt.timedelta(days=300)}
        ],
        "families": [{"family_id": name, "share_with": "board"} for name in names[:2]],
    }
    given = {name: [_written(name, cells) for cells in some] for name, some in sheets.items()}
    return as_bytes("Invented, for a benchmark. INVENTED DATA.", given)


def _written(sheet: str, cells: dict[str, Any]) -> Row:
    said = {"decided_by": "panel", "decided_on": dt.date(2026, 1, 5)}
    return Row(0, {f.name: None for f in SHEETS[sheet].columns} | said | cells)


def make(folder: Path, years: int = YEARS, comparison: int = COMPARISON, seed: int = 7) -> Path:
    """Write the folder: contacts.csv, register.csv, sources.yml and a review book. The same arguments, the same rows."""
    rng = Random(seed)
    end = FIRST.replace(year=FIRST.year + years) - dt.timedelta(days=1)
    names = [f"F{number:03}" for number in range(1, REVIEWED + comparison + 1)]
    contacts: Rows = []
    for place, name in enumerate(names):
        number = rng.randint(*(MANY if place < REVIEWED else FEW)) * years // YEARS
        contacts += family_rows(rng, name, max(12, number), end)
    marks = [row for name in names for row in register_rows(rng, name, end)]
    files = {}
    (folder / "review").mkdir(parents=True)
    for stem, rows in (("contacts", contacts), ("register", marks)):
        rng.shuffle(rows)
        for number, row in enumerate(rows, start=1):
            row["contact_id"] = f"{stem}:{number}"
        with open(folder / f"{stem}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(row | {"contact_id": row["contact_id"].split(":")[1]} for row in rows)
        files[f"{stem}.csv"] = {"format": "contact_log", "covers": [f"{FIRST}", f"{end}"]}
    sources = {"purpose": "a benchmark", "invented": True, "reviewed": names[:REVIEWED], "files": files}
    (folder / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    (folder / "review" / "review.xlsx").write_bytes(book(rng, names[:REVIEWED], contacts, end))
    return folder


def main() -> None:
    """Make one folder."""
    parser = argparse.ArgumentParser(description="Write an invented folder for a review of ten years.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--years", type=int, default=YEARS)
    parser.add_argument("--comparison", type=int, default=COMPARISON)
    asked = parser.parse_args()
    make(asked.folder, asked.years, asked.comparison)


if __name__ == "__main__":
    main()
