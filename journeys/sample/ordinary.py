"""Ordinary contacts: what agencies record between the episodes, of kinds that can make no planted answer.

They keep off the days that a planted answer needs undisturbed. Rates are ours: 60 to 140 contacts in three years for a
family of three or four under review, against about eight a year for one person in Locality's *Saving money by doing
the right thing* (2014), which counted 129 in 16 years.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from journeys.sample.dates import END, START, next_working, plus_months
from journeys.sample.planted import Contact, Family, Person
from journeys.sample.planter import Planter
from journeys.sample.suppliers import BY_STEM

STEADY = (1,) * 12
FALLING = (7, 8, 8, 7, 6, 5, 3, 2, 2, 1, 1, 1)
UNTIL_MOVE = (1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0)

ORDINARY: dict[str, tuple[str, str]] = {
    "school_log": ("child teen", "call call call meeting meeting letter_sent letter_sent case_note visit"),
    "social_care": ("child teen baby", "visit visit visit call call meeting case_note no_reply_visit letter_sent"),
    "early_help": ("adult", "call call visit visit meeting case_note chase no_reply_visit"),
    "police": ("adult teen", "incident incident safety_check call offence"),
    "health_visitor": ("baby child", "visit visit appointment call no_reply_visit appointment_missed"),
    "gp": ("adult child baby", "consult consult consult consult appointment_missed letter_sent"),
    "hospital": ("child adult teen", "ae_attendance appointment appointment appointment_missed"),
    "housing": ("adult", "rent_arrears rent_arrears call call chase visit no_reply_visit letter_sent"),
    "mental_health": ("adult", "appointment appointment call appointment_missed letter_sent"),
    "benefits": ("adult", "benefit_award call call chase benefit_sanction letter_sent"),
    "youth_justice": ("teen", "appointment appointment meeting case_note offence"),
    "voluntary": ("", "request_for_help visit call call"),
}
"""Supplier -> whose contacts they are (nobody's: the log names the family), and what ordinarily happens there."""

REASONS = {
    "housing": ("tenant's boiler", "it's damp'; -- see letter", "rent", "repairs won't wait", "neighbours"),
    "gp": ("can’t sleep", "rash", "low mood", "fit note, £0 charge", "asthma review"),
    "benefits": ("change of circumstances", "claimant's journal"),
    "hospital": ("fall", "asthma", "child's fever"),
    "police": ("noise", "neighbour's call", "concern for safety"),
}
OUTCOMES = ("", "", "", "advice given", "seen", "follow up", "no further action")
TIMED = {"police": (7, 16), "hospital": (8, 14), "youth_justice": (9, 8)}


def ordinary(p: Planter, family: Family, amounts: dict[str, int], shape: Sequence[int] = STEADY) -> None:
    """So many ordinary contacts from each supplier, spread over the twelve quarters in proportion to a shape."""
    spread = [quarter for quarter, weight in enumerate(shape) for _ in range(weight)]
    for stem, amount in amounts.items():
        for number in range(amount):
            quarter = spread[(2 * number + 1) * len(spread) // (2 * amount)]
            _one_ordinary(p, family, stem, quarter)


def _one_ordinary(p: Planter, family: Family, stem: str, quarter: int) -> None:
    """One ordinary contact on a day of the quarter on which it spoils nothing; none if there is no such day."""
    rng = family.rng
    roles, activities = ORDINARY[stem]
    first, last = plus_months(START, 3 * quarter), plus_months(START, 3 * quarter + 3)
    for _ in range(80):
        day = first + timedelta(days=rng.randrange((last - first).days))
        if stem not in ("police", "hospital"):
            day = next_working(day)
        people = [person for person in family.people if person.role in roles.split() and family in person.families(day)]
        if not first <= day < last or day > BY_STEM[stem].covers[1] or (roles and not people):
            continue
        who: Person | Family = rng.choice(people) if people else family
        activity, late = rng.choice(activities.split()), rng.choice((0, 0, 0, 0, 1, 1, 2, 3, 15 + rng.randrange(40)))
        contact = Contact(stem, who, activity, day, day, outcome=rng.choice(OUTCOMES))
        if not p.is_free(contact) or any(c.day == day and c.stem == stem for c in family.contacts):
            continue
        if stem in TIMED:
            start, hours = TIMED[stem]
            contact.time = f"{start + rng.randrange(hours):02d}:{1 + rng.randrange(59):02d}"
        if stem == "gp" and rng.random() < 0.12 and isinstance(who, Person) and len(who.spans) == 1:
            contact.precision = "month"
        if activity == "benefit_award":
            contact.ends = min(day + timedelta(days=90 + rng.randrange(200)), END)
        contact.reason = rng.choice(REASONS.get(stem, ("",)))
        contact.professional = p.worker(family, stem)
        p.add(contact, late=late if BY_STEM[stem].header("recorded_on") else 0, is_noise=True)
        return
