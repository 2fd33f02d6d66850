"""Invented families with a planted early sign: enough of them for a search to find it, and to be tested on others.

In most families that come to a crisis (a child protection conference) the school recorded three unexplained absences
within 28 days, some months before. A few families with the same three absences come to nothing: twins. Everything else,
single and paired absences among it, comes to all families alike, and means nothing. Only `columns` of the kit is used.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from journeys.columns import CONTACT_LOG

START, END = date(2022, 4, 1), date(2025, 3, 31)
SIGN, CRISIS = "absence_unexplained", "protection_conference"
SIGN_DAYS, SIGN_TIMES = 28, 3

ORDINARY = {
    "school": ("call", "meeting", "letter_sent", "exclusion"),
    "police": ("incident", "safety_check", "antisocial_behaviour"),
    "gp": ("consult", "appointment_missed"),
    "housing": ("rent_arrears", "call", "visit"),
    "early_help": ("visit", "no_reply_visit", "chase"),
    "social_care": ("csc_contact", "visit"),
}
"""What comes to all families alike."""


@dataclass
class Early:
    """What was planted: whose crisis when, the day each sign could be known, and the twins with a sign and no crisis."""

    reviewed: list[str]
    comparison: list[str]
    crises: dict[str, date] = field(default_factory=dict)
    signs: dict[str, date] = field(default_factory=dict)
    twins: list[str] = field(default_factory=list)

    def lead(self, family: str) -> int | None:
        """The days from a family's sign to its crisis, where it had both."""
        if family not in self.signs or family not in self.crises:
            return None
        return (self.crises[family] - self.signs[family]).days


def make_early(
    folder: str | Path, families: int = 40, comparison: int = 80, seed: int = 2013, twins: int | None = None
) -> Early:
    """Write an invented data folder with a planted early sign, and return what was planted.

    Of the families under review one in ten comes to no crisis; of the others one in ten comes to one. One crisis in six
    has no sign before it. `twins` is how many comparison families have the sign and no crisis: by default one in twelve.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     planted = make_early(folder, families=20, comparison=20, seed=3)
    >>> len(planted.crises), len(planted.signs), len(planted.twins)
    (20, 18, 1)
    """
    if families < 1 or comparison < 0:
        raise ValueError(f"families must be 1 or more and comparison 0 or more (got {families} and {comparison})")
    names = [f"F{n:04d}" for n in range(1, families + comparison + 1)]
    planted = Early(names[:families], names[families:])
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    many_twins = comparison // 12 if twins is None else twins
    for place, name in enumerate(names):
        rng = Random(f"{seed}/{name}")
        is_reviewed = place < families
        nth = place if is_reviewed else place - families
        if (nth % 10 != 9) if is_reviewed else (nth % 10 == 9):
            planted.crises[name] = date(2023, 4, 3) + timedelta(days=rng.randrange(660))
            _add(rows, name, "social_care", CRISIS, planted.crises[name])
            sign = planted.crises[name] - timedelta(days=60 + rng.randrange(240)) if len(planted.crises) % 6 else None
        else:
            is_twin = not is_reviewed and len(planted.twins) < many_twins
            sign = START + timedelta(days=120 + rng.randrange(800)) if is_twin else None
            planted.twins += [name] if is_twin else []
        absences = _sign(rows, rng, planted, name, sign) if sign else []
        _ordinary(rows, rng, name, absences)
    _write(Path(folder), rows, planted)
    return planted


def describe(planted: Early) -> str:
    """One paragraph on what was planted, for the console.

    >>> describe(Early(["F0001"], []))[:60]
    '1 invented family under review and 0 to compare with, 1 Apri'
    """
    number = len(planted.reviewed)
    leads = sorted(lead for f in planted.crises if (lead := planted.lead(f)) is not None)
    between = f", {leads[0]} to {leads[-1]} days before" if leads else ""
    return (
        f"{number} invented {'family' if number == 1 else 'families'} under review and {len(planted.comparison)} to "
        f"compare with, {START.day} {START:%B %Y} to {END.day} {END:%B %Y}. Planted: {len(planted.crises)} families come to "
        f"a child protection conference, {len(leads)} of them after three unexplained absences in {SIGN_DAYS} days"
        f"{between}; {len(planted.twins)} have the absences and come to nothing."
    )


def _sign(rows: dict[str, list[dict[str, str]]], rng: Random, planted: Early, name: str, last: date) -> list[date]:
    """Three absences within the days, the third on or before a day; some written down late; half are answered."""
    last = _school_day(last, -1)
    span = 12 + rng.randrange(14)
    days = sorted({_school_day(last - timedelta(days=gone), 1) for gone in (span, span // 2)} | {last})
    late = rng.choice((0, 0, 0, 2, 5))
    for day in days:
        _add(rows, name, "school", SIGN, day, late if day == last else 0)
    planted.signs[name] = last + timedelta(days=late)
    if rng.random() < 0.5:
        helped = planted.signs[name] + timedelta(days=7 + rng.randrange(20))
        _add(rows, name, "early_help", "help_started", helped)
    return days


def _ordinary(rows: dict[str, list[dict[str, str]]], rng: Random, name: str, absences: list[date]) -> None:
    """What means nothing: every kind of contact, and absences that never come to three in the days of the sign."""
    for agency, activities in ORDINARY.items():
        for activity in activities:
            for _ in range(rng.randrange(5)):
                _add(rows, name, agency, activity, START + timedelta(days=rng.randrange((END - START).days)))
    kept = list(absences)
    for _ in range(14):
        day = _school_day(START + timedelta(days=rng.randrange((END - START).days - 3)), 1)
        near_sign = any(abs((day - a).days) <= SIGN_DAYS for a in absences)
        if near_sign or sum(abs((day - a).days) <= SIGN_DAYS for a in kept) > 1 or day in kept:
            continue
        beside = [a for a in kept if abs((day - a).days) <= SIGN_DAYS]
        if any(sum(abs((b - a).days) <= SIGN_DAYS for a in kept) > 1 for b in beside):
            continue
        kept.append(day)
        _add(rows, name, "school", SIGN, day)


def _school_day(day: date, way: int) -> date:
    """The day, or the nearest weekday before or after it."""
    while day.weekday() > 4:
        day += timedelta(days=way)
    return day


def _add(
    rows: dict[str, list[dict[str, str]]], family: str, agency: str, activity: str, day: date, late: int = 0
) -> None:
    recorded = min(day + timedelta(days=late), END)
    row = {"contact_id": str(len(rows[agency]) + 1), "person_id": f"{family}-child", "family_id": family}
    row |= {
        "date": f"{day:%d/%m/%Y}",
        "agency": agency,
        "contact_type": activity,
        "recorded_on": f"{recorded:%d/%m/%Y}",
    }
    rows[agency].append(row)


def _write(folder: Path, rows: dict[str, list[dict[str, str]]], planted: Early) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds files, and none of them was touched. Give an empty or a new folder.")
    lines = [
        "# Made by journeys.sample.early: invented, every row of it.",
        f"purpose: Search for early signs in {len(planted.reviewed)} invented families",
        "invented: true",
        f"selection: {len(planted.reviewed)} invented families, most of which came to a child protection conference.",
        f"reviewed: [{', '.join(planted.reviewed)}]",
        "files:",
    ]
    for agency, some in sorted(rows.items()):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, CONTACT_LOG, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(some)
        (folder / f"{agency}.csv").write_bytes(text.getvalue().encode("utf-8"))
        lines.append(f"  {agency}.csv: {{format: contact_log, covers: [{START}, {END}], agency: {agency}}}")
    (folder / "sources.yml").write_bytes(("\n".join(lines) + "\n").encode("utf-8"))
