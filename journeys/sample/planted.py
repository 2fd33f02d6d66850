"""What is planted in invented logs: contacts, people and families while they are made, and the answers at the end.

The words here are the kit's own, written down a second time: nothing of the kit is used but the names in `columns`,
so that a mistake in the kit cannot hide in the answers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from journeys.columns import SEPARATED, UNMAPPED
from journeys.sample.dates import SESSIONS, next_working
from journeys.sample.suppliers import agency_of

NATURE = {
    "touch": "visit call message meeting appointment consult incident intake assessment safety_check first_key_visit "
    "request_for_help chase help_started support_session domestic_abuse_incident missing_episode ae_attendance "
    "homelessness_approach",
    "referral": "referral",
    "decision": "exclusion no_further_action not_eligible closed plan_opened csc_referral strategy_discussion "
    "benefit_sanction",
    "record": "appointment_missed no_reply_visit case_note letter_sent csc_contact",
    "signal": "offence rent_arrears absence_unexplained",
    "status": "waiting_list benefit_award",
    "life": "birth bereavement household_change separation job_lost moved_home new_job",
}
NATURE_OF = {activity: nature for nature, activities in NATURE.items() for activity in activities.split()}
HELP = frozenset({"help_started", "support_session"})
TAKES = frozenset({"first_key_visit", "help_started"})
CRISES = frozenset({"domestic_abuse_incident", "missing_episode", "ae_attendance", "homelessness_approach"})
TELLS = frozenset({"intake", "assessment", "homelessness_approach"})
ABSENT = frozenset({"N", "I", "M", "U", "O", "G"})


@dataclass
class Planted:
    """The planted answers, as at the last day of the period. Days are `datetime.date`, contacts their contact_id."""

    seed: int
    start: date
    end: date
    reviewed: list[str]
    comparison: list[str]
    account: dict[str, dict[str, int]] = field(default_factory=dict)
    """file -> read, accepted, set_aside, collapsed, in_no_family."""
    mess: list[dict[str, Any]] = field(default_factory=list)
    """file, kind, rows: what was put wrong on purpose, and in how many rows."""
    handovers: list[dict[str, Any]] = field(default_factory=list)
    """The columns of the kit's handovers table."""
    bounces: list[dict[str, Any]] = field(default_factory=list)
    """family_id, need_id, agencies (A, B, A), referrals (two contact_ids)."""
    firings: list[dict[str, Any]] = field(default_factory=list)
    """trigger, family_id, fired_on, known_on, evidence, certainty, state, answered_on, first_help_on, lead_days."""
    open_silences: list[dict[str, Any]] = field(default_factory=list)
    """trigger, family_id, due_on, evidence: the days have not run out, so no firing yet."""
    decoys: list[dict[str, Any]] = field(default_factory=list)
    """name, family_id, must_not (a trigger, or handover), contacts, why."""
    told: dict[str, int] = field(default_factory=dict)
    """family -> times its story was told."""
    contacts: dict[str, int] = field(default_factory=dict)
    """family -> contacts, the registers' marks apart."""
    marks: dict[str, int] = field(default_factory=dict)
    """family -> marks in the registers."""
    agencies: dict[str, int] = field(default_factory=dict)
    """family -> distinct agencies that touched or referred it."""
    professionals: dict[str, int] = field(default_factory=dict)
    """family -> distinct professionals named on its touches and referrals."""
    unnamed: dict[str, int] = field(default_factory=dict)
    """family -> touches and referrals that name no professional."""
    switches: dict[str, int] = field(default_factory=dict)
    """family -> switches, for families whose few contacts were all placed by hand."""
    known: list[dict[str, Any]] = field(default_factory=list)
    """family_id, fact, agency, known_on, contact_id: which agency knew what, and from when."""
    crises: dict[str, date] = field(default_factory=dict)
    """family -> the day of its first crisis, of whatever kind; families that came to none are not there."""
    signs: dict[str, date] = field(default_factory=dict)
    """family -> the first day on which three unexplained absences in 28 days could be known."""
    twins: list[str] = field(default_factory=list)
    """Comparison families in which the sign of a crisis was planted, and no crisis."""
    quarters: dict[str, list[int]] = field(default_factory=dict)
    """family -> contacts in each of the twelve quarters, the registers' marks apart."""
    absence: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """family -> (absent, possible) sessions in each school year from 2021/22."""
    improving: list[str] = field(default_factory=list)
    flat: list[str] = field(default_factory=list)
    shared: list[dict[str, Any]] = field(default_factory=list)
    """family_ids, contacts, marks: how much of a child of separated parents stands in both journeys."""
    coverage: dict[str, tuple[date, date]] = field(default_factory=dict)
    """file -> first and last day declared."""

    def lead(self, family: str) -> int | None:
        """The days from a family's sign to its crisis, where the sign could be known before."""
        if family not in self.signs or family not in self.crises:
            return None
        days = (self.crises[family] - self.signs[family]).days
        return days if days > 0 else None


class ClashError(Exception):
    """A story would spoil an answer that was planted before it: the story is wrong, and is mended in the code."""


@dataclass(eq=False)
class Person:
    """Somebody, known by a number to each supplier, and the families they belong to: (family, from, to, because)."""

    role: str
    spans: list[tuple[Family, date | None, date | None, str]] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    marked: set[date] = field(default_factory=set)

    def families(self, day: date) -> list[Family]:
        """The families that the person belongs to on a day: the first day is in, the last is out."""
        return [f for f, first, last, _ in self.spans if (not first or first <= day) and (not last or day < last)]


@dataclass(eq=False)
class Family:
    """A family while it is planted: its people, its own stream of chance, and what must stay undisturbed."""

    name: str
    rng: Random
    people: list[Person] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    quiet: list[Window] = field(default_factory=list)
    holders: dict[str, tuple[str, date]] = field(default_factory=dict)
    helped: list[date] = field(default_factory=list)
    told: set[tuple[str, date]] = field(default_factory=set)
    team: dict[str, list[str]] = field(default_factory=dict)
    episodes: dict[str, list[tuple[date, date]]] = field(default_factory=lambda: defaultdict(list))

    def person(self, role: str, first: date | None = None, last: date | None = None, because: str = "") -> Person:
        """Somebody new in the family, from a first day in to a first day out."""
        somebody = Person(role, [(self, first, last, because)])
        self.people.append(somebody)
        return somebody

    def near(self, day: str, spread: int = 10) -> date:
        """A working day on or soon after a day, the seed saying which."""
        return next_working(date.fromisoformat(day) + timedelta(days=self.rng.randrange(spread + 1)))

    def school_days(self, after: str, *offsets: int, spread: int = 10) -> list[date]:
        """School days at these distances from a first one, which the seed chooses soon after a day."""
        day = date.fromisoformat(after) + timedelta(days=self.rng.randrange(spread + 1))
        while not all(day + timedelta(days=n) in SESSIONS for n in (0, *offsets)):
            day += timedelta(days=1)
        return [day + timedelta(days=n) for n in (0, *offsets)]


@dataclass(eq=False)
class Contact:
    """One contact as planted; `number` is the supplier's own id, given when its file is written."""

    stem: str
    who: Person | Family
    activity: str
    day: date
    recorded: date
    time: str = ""
    precision: str = "day"
    need: str = ""
    professional: str = ""
    referred_to: str = ""
    reason: str = ""
    outcome: str = ""
    ends: date | None = None
    earlier: tuple[str, date] | None = None
    is_noise: bool = False
    number: str = ""

    @property
    def contact_id(self) -> str:
        """The id that the kit is to give it."""
        return f"{self.stem}:{self.number}"

    @property
    def nature(self) -> str:
        """What kind of contact it was; a word that no rule lists is unknown."""
        return NATURE_OF.get(self.activity, UNMAPPED)

    def families(self) -> list[Family]:
        """The families whose journeys it stands in."""
        return [self.who] if isinstance(self.who, Family) else self.who.families(self.day)


@dataclass(eq=False)
class Window:
    """Days on which an agency must do nothing for a family, or nothing that answers, lest an answer be spoilt."""

    agency: str
    first: date
    last: date
    anything: bool

    def meets(self, contact: Contact) -> bool:
        """Whether the contact would spoil what this window guards."""
        return (
            agency_of(contact.stem) == self.agency
            and self.first <= contact.day <= self.last
            and (self.anything or contact.nature in ("touch", "referral", "decision"))
        )


@dataclass(eq=False)
class Handover:
    """A handover as planted: the row that shows it, and the one that answers it."""

    family: Family
    kind: str
    from_agency: str
    shown_by: Contact
    to_agency: str
    window: Window | None = None
    answer: Contact | None = None


def separated(child: Person, other: Family, since: date) -> None:
    """From a day on the child belongs to another family too, and both rows say why."""
    family, first, last, _ = child.spans[0]
    child.spans = [(family, first, last, SEPARATED), (other, since, None, SEPARATED)]
    other.people.append(child)
