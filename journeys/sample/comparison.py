"""The comparison group: a few ordinary contacts each, and for one family in three a single planted episode."""

from __future__ import annotations

from datetime import date, timedelta

from journeys.sample.dates import next_working, plus_months
from journeys.sample.ordinary import ordinary
from journeys.sample.planted import Family, Person
from journeys.sample.planter import Planter
from journeys.sample.stories import three_absences

EPISODES = 40
"""So many comparison families are told here; in those after them the early sign is planted."""


def compare(p: Planter, f: Family, place: int) -> None:
    """A comparison family: a few ordinary contacts, and for some of them one episode."""
    adult, child = f.person("adult"), f.person("child")
    if f.rng.random() < 0.4:
        f.person("baby")
    _episode(p, f, adult, child, place)
    stems = f.rng.sample(["gp", "hospital", "housing", "benefits", "health_visitor", "police", "mental_health"], 3)
    stems += ["school_log", "voluntary"][: f.rng.randrange(3)]
    ordinary(p, f, {stem: 1 + f.rng.randrange(4) for stem in stems})
    if place < 12:
        p.absent(child, _school(place), f.school_days("2024-11-06")[0], excused_after=2 + f.rng.randrange(9))
        p.register(child, _school(place), (0.07, 0.07, 0.07, 0.07))


def _school(place: int) -> str:
    """Which of the two schools a comparison family's child goes to."""
    return "attendance" if place < 8 else "academy_register"


def _episode(p: Planter, f: Family, adult: Person, child: Person, place: int) -> None:
    """The one planted episode of a comparison family, by its place in the group."""
    kind = place % 40
    if place in (1, 4, 7):
        after, spread = {1: ("2023-02-20", 10), 4: ("2023-11-06", 6), 7: ("2025-03-03", 5)}[place]
        absences = three_absences(p, f, child, _school(place), f.school_days(after, 3, 10, spread=spread))
        if place == 4:
            p.place("early_help", adult, "help_started", next_working(absences[-1].day + timedelta(days=14)))
    elif kind == 2:
        days = [f.near(day) for day in ("2022-10-10", "2023-02-06", "2023-08-07")]
        incidents = [p.abuse(adult, child, day, heard) for day, heard in zip(days, (2, None, 5), strict=True)]
        p.episode("abuse", f, incidents, 366)
        p.fires("domestic_abuse_three", incidents)
    elif kind == 9:
        first = f.near("2023-02-06")
        days = [first, f.near("2023-09-04"), plus_months(first, 12) + timedelta(days=1)]
        incidents = [p.abuse(adult, child, day, heard=4) for day in days]
        p.episode("abuse", f, incidents, 366)
        why = "the third incident came 12 months and a day after the first"
        p.decoy("third incident a day late", f, "domestic_abuse_three", incidents, why)
    elif kind in (5, 15):
        first, second = (f.near(day) for day in ("2022-12-05", "2023-06-12"))
        pair = [p.place("social_care", child, "csc_referral", day) for day in (first, second)]
        p.fires("re_referral", pair)
        if kind == 5:
            p.place("early_help", adult, "help_started", next_working(second + timedelta(days=9)))
    elif kind == 12:
        p.abuse(adult, child, f.near("2024-06-03"), heard=None)
    elif kind == 18:
        p.abuse(adult, child, f.near("2025-03-24", 4), heard=None)
    elif kind == 20:
        easter = p.abuse(adult, child, date(2024, 3, 21) + timedelta(days=f.rng.randrange(6)), heard=10)
        why = "social care recorded a contact on the tenth working day, over Easter"
        p.decoy("tenth working day, Easter", f, "police_no_social_care", [easter, f.contacts[-1]], why)
    elif kind == 22:
        asked = p.refer(child, "health_visitor", "early_help", f.near("2023-05-09"), need=f"{f.name}-N1")
        p.answer(asked, "visit", 12)
    elif kind == 26:
        p.refer(child, "school_log", "early_help", f.near("2025-03-10", 8), need=f"{f.name}-N1")
    elif kind == 31:
        need = f"{f.name}-N1"
        p.place("early_help", adult, "first_key_visit", f.near("2023-03-06"), need=need)
        p.place("social_care", child, "first_key_visit", f.near("2023-10-09"), need=need)
