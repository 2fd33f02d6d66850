"""The book in which every answer is written down as it is planted.

A `Planter` places one contact at a time and knows the answer because it placed it: it never reads a log back.

Sources. Re-referral: DfE, Characteristics of children in need. Three domestic abuse incidents in 12 months: SafeLives,
Marac referral criteria. Attendance codes: School Attendance (Pupil Registration) (England) Regulations 2024 (SI
2024/208). The other two rules, and the days allowed for help and for an answer, are illustrative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from journeys.sample.dates import CLOSED, END, SCHOOL_DAYS, SESSIONS, START, next_working, plus_working
from journeys.sample.planted import (
    ABSENT,
    HELP,
    TAKES,
    TELLS,
    ClashError,
    Contact,
    Family,
    Handover,
    Person,
    Planted,
    Window,
)
from journeys.sample.suppliers import BY_STEM, agency_of, log_of

SILENT_WORKING_DAYS = 10


class Planter:
    """Places contacts, and books the answer of each as it is placed."""

    def __init__(self, seed: int, reviewed: Sequence[str], comparison: Sequence[str]) -> None:
        """Families of these names, each with a stream of chance of its own."""
        self.truth = Planted(seed, START, END, list(reviewed), list(comparison))
        self.families = {name: Family(name, Random(f"{seed}/{name}")) for name in (*reviewed, *comparison)}
        self.contacts: dict[str, list[Contact]] = defaultdict(list)
        self.strangers: list[Contact] = []
        self.handovers: list[Handover] = []
        self.bounces: list[tuple[Handover, Handover]] = []
        self.firings: list[tuple[str, Family, date, date, list[Contact]]] = []
        self.silences: list[tuple[Family, date, Contact]] = []
        self.decoys: list[tuple[str, Family, str, list[Contact], str]] = []
        self.known: list[tuple[Family, str, Contact]] = []
        self.shared: dict[tuple[str, ...], list[Contact]] = defaultdict(list)
        self._numbers: dict[str, int] = defaultdict(lambda: 1000)
        self._workers: dict[str, int] = defaultdict(int)
        self.absence: dict[str, list[list[int]]] = defaultdict(lambda: [[0, 0] for _ in range(4)])

    def number(self, who: Person, stem: str) -> str:
        """The number by which a supplier knows somebody, given when it first meets them."""
        key = "shared" if BY_STEM[stem].is_shared else stem
        if key not in who.numbers:
            self._numbers[key] += 1
            base = 4000 if stem == "academy_register" else 0
            who.numbers[key] = f"S{self._numbers[key]}" if key == "shared" else str(base + self._numbers[key])
        return who.numbers[key]

    def worker(self, family: Family, stem: str) -> str:
        """One of the few professionals through whom an agency meets a family; now and then the log does not say."""
        if not BY_STEM[stem].worker:
            return ""
        team = family.team.setdefault(stem, [])
        if not team:
            for _ in range(1 + family.rng.randrange(3)):
                self._workers[stem] += 1
                team.append(f"{BY_STEM[stem].worker}{self._workers[stem]:03d}")
        return "" if family.rng.random() < 0.12 else family.rng.choice(team)

    def is_free(self, contact: Contact, spared: Window | None = None) -> bool:
        """Whether no guarded window of its families forbids it, but for the one that it is itself the answer to."""
        windows = (window for family in contact.families() for window in family.quiet)
        return not any(window.meets(contact) for window in windows if window is not spared)

    def place(
        self,
        stem: str,
        who: Person | Family,
        activity: str,
        day: date,
        *,
        answers: Handover | None = None,
        late: int = 0,
        **details: Any,
    ) -> Contact:
        """One contact in a supplier's file, recorded `late` days after it; books whom it touched and what it moved."""
        contact = Contact(stem, who, activity, day, day, **details)
        window = answers.window if answers else None
        if not self.is_free(contact, window):
            raise ClashError(f"{activity} of {stem} on {day} spoils an answer")
        if answers and window:
            answers.answer, window.last = contact, day
        return self.add(contact, late, answers)

    def add(self, contact: Contact, late: int = 0, answers: Handover | None = None, is_noise: bool = False) -> Contact:
        """A contact that spoils nothing, into its file and the answers of every family in which it stands."""
        first, last = BY_STEM[contact.stem].covers
        if not first <= contact.day <= last:
            raise ClashError(f"{contact.activity} on {contact.day} lies outside what {contact.stem} covers")
        contact.recorded, contact.is_noise = min(contact.day + timedelta(days=late), END), is_noise
        families = contact.families()
        if isinstance(contact.who, Person):
            self.number(contact.who, contact.stem)
        for family in families:
            self._touch(family, contact, answers)
        self._book(contact, families)
        return contact

    def _book(self, contact: Contact, families: list[Family]) -> None:
        """Where a contact stands: in no family, in one, or in two at once."""
        self.contacts[contact.stem].append(contact)
        if not families:
            self.strangers.append(contact)
        elif len(families) > 1:
            self.shared[tuple(family.name for family in families)].append(contact)

    def _touch(self, family: Family, contact: Contact, answers: Handover | None) -> None:
        """What one contact adds to one family's answers."""
        family.contacts.append(contact)
        agency = agency_of(contact.stem)
        if contact.activity in HELP:
            family.helped.append(contact.day)
        if contact.activity in TELLS:
            family.told.add((agency, contact.day))
        if contact.activity in TAKES and contact.need:
            holder, since = family.holders.get(contact.need, (agency, contact.day))
            if since > contact.day:
                raise ClashError(f"need {contact.need} is taken out of order")
            if holder != agency and answers is None:
                self.handovers.append(Handover(family, "responsibility", holder, contact, agency))
            family.holders[contact.need] = (agency, contact.day)

    def keep_quiet(self, family: Family, agency: str, first: date, last: date, anything: bool = False) -> Window:
        """Guard some days against what would spoil an answer; whatever already lies there is a mistake in the story."""
        window = Window(agency, first, last, anything)
        if any(window.meets(contact) for contact in family.contacts):
            raise ClashError(f"{agency} already met {family.name} between {first} and {last}")
        family.quiet.append(window)
        return window

    def refer(
        self, who: Person, stem: str, to: str, day: date, *, need: str = "", answers: Handover | None = None
    ) -> Handover:
        """A referral to another agency: a handover, unanswered until something is placed that answers it."""
        (family,) = who.families(day)
        details: dict[str, Any] = {"referred_to": to, "need": need, "professional": self.worker(family, stem)}
        row = self.place(stem, who, "referral", day, answers=answers, **details)
        handover = Handover(family, "referral", agency_of(stem), row, to, self.keep_quiet(family, to, day, END))
        self.handovers.append(handover)
        return handover

    def answer(self, handover: Handover, activity: str, days: int, **details: Any) -> Contact:
        """What the receiving agency did first, that many days after the referral or on the next working day."""
        row, stem = handover.shown_by, log_of(handover.to_agency)
        details = {"need": row.need, "professional": self.worker(handover.family, stem), **details}
        day = next_working(row.day + timedelta(days=days))
        return self.place(stem, row.who, activity, day, answers=handover, **details)

    def bounce(self, there: Handover, back: Handover) -> None:
        """A referral that was answered by sending the family back."""
        self.bounces.append((there, back))

    def absent(self, pupil: Person, stem: str, day: date, late: int = 0, excused_after: int = 0) -> Contact:
        """One unexplained absence, perhaps recorded late, perhaps put down to illness some days later."""
        code, earlier = "N", None
        if excused_after:
            code, earlier = "I", ("N", day + timedelta(days=late))
        return self._mark(pupil, stem, day, code, late + excused_after, earlier)

    def _mark(
        self, pupil: Person, stem: str, day: date, code: str, late: int = 0, earlier: tuple[str, date] | None = None
    ) -> Contact:
        """One mark in a register, counted towards the year's attendance."""
        if day in pupil.marked or not (day in SESSIONS or day in CLOSED):
            raise ClashError(f"no mark can be placed on {day}")
        mark = Contact(stem, pupil, code, day, min(day + timedelta(days=late), END), earlier=earlier)
        pupil.marked.add(day)
        self.number(pupil, stem)
        families = mark.families()
        self._book(mark, families)
        for family in families:
            self.truth.marks[family.name] = self.truth.marks.get(family.name, 0) + 1
            if day not in CLOSED:
                year = self.absence[family.name][day.year - 2021 - (day.month < 9)]
                year[0] += code in ABSENT
                year[1] += 1
        return mark

    def register(self, pupil: Person, stem: str, rates: Sequence[float], first: date = START, last: date = END) -> None:
        """All other marks of a pupil: present, but for explained absences at a rate for each school year.

        DfE, Pupil absence in schools in England: about 7 sessions in 100 are missed across all pupils.
        """
        rng = pupil.spans[0][0].rng
        for day in SCHOOL_DAYS:
            if not first <= day <= last or day in pupil.marked:
                continue
            if day in CLOSED:
                code = CLOSED[day]
            elif rng.random() < rates[day.year - 2021 - (day.month < 9)]:
                code = rng.choice("IIIIIIIMUUOG")
            else:
                code = rng.choice("///////////////////////////////////LLVB")
            self._mark(pupil, stem, day, code)

    def abuse(self, adult: Person, child: Person, day: date, heard: int | None, late: int = 0) -> Contact:
        """A domestic abuse incident that social care heard of that many working days later, or not in time."""
        (family,) = adult.families(day)
        time = f"{17 + family.rng.randrange(6)}:{5 + family.rng.randrange(50):02d}"
        details: dict[str, Any] = {
            "time": time,
            "professional": self.worker(family, "police"),
            "outcome": "advice given",
        }
        incident = self.place("police", adult, "domestic_abuse_incident", day, late=late, **details)
        due = plus_working(day, SILENT_WORKING_DAYS)
        if heard is not None:
            self.place("social_care", child, "csc_contact", plus_working(day, heard), reason="police notice")
            return incident
        self.keep_quiet(family, "social_care", day, due, anything=True)
        if due > END:
            self.silences.append((family, due, incident))
        else:
            self.firings.append(("police_no_social_care", family, due, max(due, incident.recorded), [incident]))
        return incident

    def fires(self, trigger: str, evidence: Sequence[Contact]) -> None:
        """These contacts, and no others, meet a rule; in every family in which they all stand."""
        for family in evidence[-1].families():
            if all(family in contact.families() for contact in evidence):
                on = evidence[-1].day
                known = max(on, *(contact.recorded for contact in evidence))
                self.firings.append((trigger, family, on, known, list(evidence)))

    def episode(self, kind: str, family: Family, contacts: Sequence[Contact], apart: int) -> None:
        """These stand alone: nothing of their kind lies within so many days of them in the family."""
        first, last = contacts[0].day, contacts[-1].day
        for begin, finish in family.episodes[kind]:
            if begin - timedelta(days=apart) <= last and first <= finish + timedelta(days=apart):
                raise ClashError(f"two episodes of {kind} in {family.name} are too close")
        family.episodes[kind].append((first, last))

    def decoy(self, name: str, family: Family, must_not: str, contacts: Iterable[Contact], why: str) -> None:
        """Something that looks like an answer and must not count."""
        self.decoys.append((name, family, must_not, list(contacts), why))

    def knows(self, fact: str, contact: Contact) -> None:
        """From this contact on its agency knew a fact of the family."""
        for family in contact.families():
            self.known.append((family, fact, contact))
