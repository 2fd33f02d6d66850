"""What one family's swim-lane holds: lanes, marks, periods, life events, firings, and the counts its words need."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pandas as pd

BARS_FROM = 25


@dataclass(frozen=True)
class Mark:
    """One contact: where it lies in time (in days), what it was, and what is drawn round it."""

    first: float
    after: float
    nature: str
    is_crisis: bool
    is_evidence: bool
    is_span: bool
    contact_id: str

    @property
    def rank(self) -> int:
        """What must not be hidden by what: evidence 2, a crisis 1, anything else 0."""
        return 2 if self.is_evidence else int(self.is_crisis)

    @property
    def middle(self) -> float:
        """The day, or the middle of the span."""
        return (self.first + self.after) / 2 if self.is_span else self.first


@dataclass(frozen=True)
class Period:
    """Something that lasted: from a day to the end of another, in days."""

    first: float
    after: float
    label: str
    is_waiting: bool


@dataclass
class Lane:
    """One agency, or the few smallest together, with all that is drawn in its lane."""

    name: str
    agencies: list[str]
    contacts: int
    staff: int | None
    note: str = ""
    marks: list[Mark] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class LifeEvent:
    """Something in the family's life, in days."""

    first: float
    after: float
    label: str


@dataclass(frozen=True)
class Firing:
    """One firing inside the period: its number in the picture, its day, and its rule in words."""

    number: int
    day: float
    words: str
    is_possible: bool
    is_answered: bool
    is_open: bool


@dataclass
class Chanced:
    """How chances to help were judged, the first of them and first help, in days; and the days between, where told."""

    proposed: int = 0
    confirmed: int = 0
    rejected: int = 0
    first: float | None = None
    first_number: int = 1
    is_vague: bool = False
    hindsight: str = ""
    help: float | None = None
    elsewhere: float | None = None
    is_open: bool = False
    days: int | None = None


@dataclass
class Story:
    """All that one family's swim-lane shows. With `chanced`, its `firings` are chances to help, and not triggers met."""

    family: str
    start: dt.date
    end: dt.date
    lanes: list[Lane]
    life: list[LifeEvent]
    firings: list[Firing] | None
    table: pd.DataFrame
    crises: int = 0
    spans: int = 0
    months_only: int = 0
    before: int = 0
    after: int = 0
    undated: int = 0
    counted_only: dict[str, int] = field(default_factory=dict)
    statuses_open: bool = False
    firings_outside: int = 0
    evidence_not_drawn: int = 0
    pooled: list[str] = field(default_factory=list)
    staff_unsaid: int = 0
    order: tuple[str, ...] = ()
    chanced: Chanced | None = None

    @property
    def agency_ids(self) -> frozenset[str]:
        """The agencies of the table's rows, whose own names stand in `order`."""
        return frozenset(self.order)

    @property
    def contacts(self) -> int:
        """Contacts in the period that the lanes stand for."""
        return int(self.table["contacts"].sum())

    @property
    def staff(self) -> int:
        """Distinct professionals, agency by agency."""
        return int(self.table["staff"].fillna(0).sum())

    @property
    def row_name(self) -> str:
        """What the row above the lanes holds."""
        return "Triggers" if self.chanced is None else "Chances to help"

    @property
    def has_bars(self) -> bool:
        """So many marks a lane that monthly bars say more."""
        marks = sum(len(lane.marks) for lane in self.lanes)
        return bool(self.lanes) and marks / len(self.lanes) >= BARS_FROM
