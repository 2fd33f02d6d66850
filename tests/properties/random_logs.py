"""Small random families: a few agencies and activities, days close together, some timed, some known to a span."""

from __future__ import annotations

import datetime as dt
from random import Random

FIRST = dt.date(2024, 2, 26)
"""The first of the eight weeks; they cross two ends of month, and Easter."""

AGENCIES = ("school", "social_care", "early_help", "police")
PROFESSIONALS = ("", "A1", "B2")
ACTIVITIES = {
    "school": ("visit", "meeting", "referral", "absence_unexplained", "call"),
    "social_care": ("visit", "first_key_visit", "referral", "csc_referral", "closed", "case_note"),
    "early_help": ("visit", "first_key_visit", "referral", "help_started", "support_session"),
    "police": ("domestic_abuse_incident", "visit", "referral", "incident"),
}
PASSING_ON = ("first_key_visit", "first_key_visit", "referral", "visit", "help_started")
"""What three families in ten are about: help that is passed from one agency to another, and back."""


def random_rows(rng: Random, family: str, most: int, days: int = 56, per_day: float = 0.5) -> list[dict[str, str]]:
    """Rows of a family's log, in no order; each has an id of its own within its agency's file."""
    spread = max(2, int(days * rng.random() ** 2) if rng.random() < per_day else days)
    rows = []
    passed_on = rng.random() < 0.3
    for number in range(rng.randint(0, most)):
        agency = rng.choice(AGENCIES)
        activity = rng.choice(PASSING_ON if passed_on else ACTIVITIES[agency])
        row = {
            "contact_id": f"{family}-{number}",
            "family_id": family,
            "agency": agency,
            "activity": activity,
            "need_id": rng.choice(("" if not passed_on else f"{family}-N1", "", f"{family}-N1", f"{family}-N2")),
            "professional_id": rng.choice(PROFESSIONALS),
        }
        if activity == "referral":
            row["referred_to"] = rng.choice((*AGENCIES, ""))
        row |= random_day(rng, spread)
        rows.append(row)
    return rows


def random_day(rng: Random, days: int) -> dict[str, str]:
    """A day, with a time or without, or only its month, or a rough one; and perhaps the day on which it was recorded."""
    day = FIRST + dt.timedelta(days=rng.randrange(days))
    kind = rng.random()
    if kind < 0.5:
        row = {"date": f"{day}"}
    elif kind < 0.85:
        row = {"date": f"{day} {rng.choice(('09:00:00', '09:00:01', '14:30:00'))}"}
    elif kind < 0.95:
        row = {"date": f"{day:%Y-%m}"}
    elif kind < 0.97:
        row = {"date": f"{day:%Y}"}
    else:
        row = {"date": f"{day}", "precision": "approximate"}
    if rng.random() < 0.3:
        row["recorded_on"] = f"{day + dt.timedelta(days=rng.randrange(20))}"
    return row
