"""Comparison families with a planted early sign: enough of them for a search to find it, and to be judged on others.

Half of them come to a crisis: a child is reported missing. Before most of these the school noted three unexplained
absences within 28 days, five to thirteen months earlier. A few families have the same three absences and come to
nothing: twins. Everything else, single and paired absences among it, comes to all of them alike, and means nothing.

Their schools supply no register. The absences stand in the school's log, which names the family and not the pupil: a
share of sessions missed can then be told of nobody, since no log says how many sessions there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from journeys.sample.dates import END, SESSIONS, START, next_working
from journeys.sample.ordinary import ordinary
from journeys.sample.planted import Contact, Family, Person
from journeys.sample.planter import Planter

SIGN, CRISIS = "absence_unexplained", "missing_episode"
SIGN_DAYS, SIGN_TIMES = 28, 3
SIGNLESS = 8
"""One crisis in so many has no sign before it."""

ALIKE = {"school_log": 3, "social_care": 4, "early_help": 4, "police": 4, "gp": 4, "housing": 4}
"""How much each supplier records of every one of these families; none of it is a crisis, a sign or help."""


def early_sign(p: Planter, f: Family, place: int, twins: int) -> None:
    """One of these families: every other one comes to a crisis, and the first so many of the others are twins."""
    _adult, child = f.person("adult"), f.person("child")
    nth, is_calm = divmod(place, 2)
    absences: list[Contact] = []
    if is_calm:
        if nth < twins:
            absences = _sign(p, f)
            p.truth.twins.append(f.name)
    elif nth % SIGNLESS == SIGNLESS - 1:
        _crisis(p, f, child, START + timedelta(days=150 + f.rng.randrange(800)))
    else:
        absences = _sign(p, f)
        _crisis(p, f, child, absences[-1].day + timedelta(days=150 + f.rng.randrange(240)))
    _single_absences(p, f, [absence.day for absence in absences])
    ordinary(p, f, ALIKE)


def _crisis(p: Planter, f: Family, child: Person, day: date) -> None:
    time = f"{18 + f.rng.randrange(5)}:{10 + f.rng.randrange(50)}"
    p.place("police", child, CRISIS, day, time=time, professional=p.worker(f, "police"))


def _absent(p: Planter, f: Family, day: date, late: int = 0) -> Contact:
    return p.place("school_log", f, SIGN, day, late=late)


def _sign(p: Planter, f: Family) -> list[Contact]:
    """Three absences within the days, the third of them perhaps written down late; half are answered."""
    span = 12 + f.rng.randrange(14)
    after = START + timedelta(days=60 + f.rng.randrange(550))
    *two, last = f.school_days(after.isoformat(), span // 2, span)
    late = f.rng.choice((0, 0, 0, 2, 5))
    absences = [*(_absent(p, f, day) for day in two), _absent(p, f, last, late)]
    p.fires("unexplained_absence", absences)
    if f.rng.random() < 0.5:
        helped = absences[-1].recorded + timedelta(days=7 + f.rng.randrange(20))
        p.place("early_help", f, "help_started", next_working(helped))
    return absences


def _single_absences(p: Planter, f: Family, sign: Sequence[date]) -> None:
    """Absences that mean nothing: they keep away from the sign, and never come to three in its days."""
    kept: list[date] = []
    for _ in range(20):
        day = START + timedelta(days=f.rng.randrange((END - START).days))
        if day not in SESSIONS or day in kept or any(abs((day - s).days) <= SIGN_DAYS for s in sign):
            continue
        if not _are_three([*kept, day]):
            kept.append(day)
            _absent(p, f, day)


def _are_three(days: Sequence[date]) -> bool:
    """Whether so many of these days as make a sign lie within its days."""
    days = sorted(days)
    pairs = zip(days, days[SIGN_TIMES - 1 :], strict=False)
    return any((last - first).days <= SIGN_DAYS for first, last in pairs)
