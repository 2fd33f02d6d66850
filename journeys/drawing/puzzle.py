"""What the who-knew-what figure shows and says, worked out before anything is drawn: cells, shades, steps, words, table.

Drawing and words both read this, so that the picture, its title, its alt text and its table cannot disagree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from journeys import together
from journeys.drawing import captions
from journeys.drawing.lanes import not_supplied
from lib.dates import day_number, to_date
from lib.engine import Table
from lib.figures import alt_text
from lib.lettering import clean, count
from lib.timescale import number, said

SOON_DAYS = 180
FEWEST = 3
"""Below so many facts there is nothing to compare, and a sentence says what there is."""


@dataclass(frozen=True)
class Cell:
    """When one agency first knew one fact: its day, `first`, `soon` or `later`, told or not, known by the day of enough."""

    day: dt.date
    shade: str
    is_told: bool
    by_enough: bool

    @property
    def words(self) -> str:
        """The month, as it stands in the cell."""
        return f"{self.day:%b %y}"


@dataclass(frozen=True)
class Puzzle:
    """All that one family's who-knew-what figure shows. Rows and columns are numbered from 0."""

    family: str
    start: dt.date
    end: dt.date
    heads: list[list[str]]
    says: list[str]
    rows: list[str]
    notes: list[str]
    counts: list[int]
    cells: dict[tuple[int, int], Cell]
    not_supplied: set[tuple[int, int]]
    steps: list[tuple[float, int, int]]
    enough: int
    enough_on: dt.date | None
    alone: bool
    whole: bool
    helped_before: bool
    help_on: dt.date | None
    days: int | None
    is_open: bool
    rules: str
    table: pd.DataFrame

    @property
    def facts(self) -> int:
        """Over how many facts all is counted."""
        return len(self.heads)

    @property
    def known(self) -> int:
        """How many of them the agencies together knew at the end."""
        return self.steps[-1][1] if self.steps else 0

    @property
    def best(self) -> int:
        """How many whichever agency knew most knew at the end."""
        return max(self.counts, default=0)


def read(journey: Any, known: Table) -> Puzzle:
    """Everything that the figure shows of one family, from its journey and what `who_knew_what` gave."""
    review, p = journey.review, together.pieces(known, journey.family_id)
    row = together.summary(known, journey.family_id).iloc[0]
    rules, activities = p.owner.rules, review.activities
    needed = {a for f in p.facts for a in rules.facts[f].needed_by}
    silent = sorted(needed - set(p.covers) - set(p.agencies), key=lambda a: (activities.agency(a), a))
    agencies = [*p.agencies, *silent]
    enough_on = None if pd.isna(row.enough_on) else row.enough_on.date()
    cells, missing = {}, set()
    for j, fact in enumerate(p.facts):
        first = p.first(fact)
        for i, agency in enumerate(agencies):
            day = p.known.get((fact, agency))
            if day is not None and first is not None:
                shade = "first" if day == first else "soon" if day - first <= SOON_DAYS else "later"
                by_enough = enough_on is not None and day <= day_number(enough_on)
                cells[i, j] = Cell(to_date(day), shade, p.how[fact, agency] == "passed on", by_enough)
            elif not p.is_supplied(agency, fact):
                missing.add((i, j))
    start, after = number(review.start), number(review.end) + 1
    names = [clean(activities.agency(a)) for a in agencies]
    return Puzzle(
        family=clean(journey.family_id),
        start=review.start,
        end=review.end,
        heads=[[clean(line) for line in rules.facts[f].short] for f in p.facts],
        says=[clean(rules.facts[f].says) for f in p.facts],
        rows=names,
        notes=[
            "no records supplied" if a in silent else not_supplied(review.coverage, a, start, after)[1]
            for a in agencies
        ],
        counts=[sum((i, j) in cells for j in range(len(p.facts))) for i in range(len(agencies))],
        cells=cells,
        not_supplied=missing,
        steps=[
            (number(r.day.date()), int(r.together), int(r.best_alone))
            for r in together.by_day(known, journey.family_id).itertuples()
        ],
        enough=rules.enough,
        enough_on=enough_on,
        alone=not pd.isna(row.alone_enough_on),
        whole=not pd.isna(row.whole_picture_on),
        helped_before=bool(row.helped_before),
        help_on=None if pd.isna(row.first_help_on) else row.first_help_on.date(),
        days=None if pd.isna(row.days_to_help) else int(row.days_to_help),
        is_open=bool(row.is_open),
        rules=clean(f"{rules.version}; {rules.agreed_by}" if rules.agreed_by else rules.version),
        table=_table(p, agencies, names, cells),
    )


def _table(
    p: together.Pieces, agencies: list[str], names: list[str], cells: dict[tuple[int, int], Cell]
) -> pd.DataFrame:
    """A row per date that is drawn, with the contacts that show it: fact by fact in their order, the sooner first."""
    rows = [
        (j, cell.day, names[i], agencies[i], p.facts[j], "passed on" if cell.is_told else "recorded")
        for (i, j), cell in cells.items()
    ]
    table = pd.DataFrame(
        [
            (p.owner.rules.facts[fact].says, name, day, how, p.evidence[fact, agency])
            for _, day, name, agency, fact, how in sorted(rows)
        ],
        columns=["fact", "agency", "first_known_on", "how", "evidence"],
    )
    return table.astype({"first_known_on": "datetime64[us]"})


def finding(p: Puzzle) -> str:
    """The title: one finding with its number, true of what is drawn."""
    if not p.facts:
        return "No fact that the rules look for is on record for this family"
    if p.facts < FEWEST:
        few = "One fact of this family is" if p.facts == 1 else "Two facts of this family are"
        return f"{few} on record, too few to say who knew what"
    return f"{_alone(p)}. {_together(p)}"


def _alone(p: Puzzle) -> str:
    if p.whole:
        return f"At least one agency held all {p.facts} facts"
    if p.alone:
        return "At least one agency held enough by itself"
    if all(p.counts):
        return "Every agency held a piece, none held enough"
    return "No agency held enough by itself"


def _together(p: Puzzle) -> str:
    if p.enough_on is None:
        return f"Together they knew {p.known} of {p.facts} facts, and {p.enough} would be enough"
    if p.helped_before:
        return "Help had begun before they together knew enough"
    if p.is_open:
        return f"Together they have known enough for {count(p.days or 0, 'day')}, and no help is recorded yet"
    if p.days == 0:
        return "Help began on the day by which they together knew enough"
    return f"Together they knew enough {count(p.days or 0, 'day')} before help began"


def subtitle(p: Puzzle) -> str:
    """Whose it is, and what is drawn."""
    if p.facts < FEWEST:
        return f"Family {p.family}: the facts that the rules look for, as agencies recorded them"
    return f"Family {p.family}: when each agency first knew each fact that mattered"


def footer(p: Puzzle, review: Any, level: str) -> list[str]:
    """Counts and source; conventions; limits of use."""
    about = review.about
    source = f"{'invented ' if about.invented else ''}contact logs (data: {clean(about.name)})"
    if about.published:
        source = clean(about.published.get("source", "a published report"))
    n = f"{count(p.facts, 'fact')}, {count(len(p.rows), 'agency', 'agencies')}, 1 family"
    first = f"n = {n}. Period {said(review.start)} to {said(review.end)}. Source: {source}."
    if p.facts < FEWEST:
        return [first, f"Not recorded is not the same as not known. {captions.limits(review, level)}"]
    words = [
        f"Enough: {count(p.enough, 'fact')}, a number set in the rules for every family, not chosen from these dates "
        f"({p.rules}).",
        "Known: on the day it was recorded, or the last day on which it may have happened.",
    ]
    told = sum(cell.is_told for cell in p.cells.values())
    if told:
        words.append(
            f"{count(told, 'date rests', 'dates rest')} on a referral by an agency that knew by then (italic)."
        )
    words.append("Seen with hindsight: no comparison family has been looked at.")
    limits = ["Rows: order of first contact, not rank."] if len(p.rows) > 1 else []
    limits.append("Empty: not recorded, which is not the same as not known.")
    return [first, " ".join(words), " ".join([*limits, captions.limits(review, level)])]


def alt(p: Puzzle, invented: bool) -> str:
    """The alt text, 350 characters at most."""
    if p.facts < FEWEST:
        return alt_text(f"A sentence on family {p.family[:40]}: {finding(p)}.", invented=invented)
    parts = [
        f"Table-like chart: {count(len(p.rows), 'agency', 'agencies')} by {p.facts} facts, with the month each was first "
        f"recorded. No agency held more than {p.best} of {p.facts}."
    ]
    if p.enough_on is not None:
        after = ""
        if p.is_open:
            after = f"; {count(p.days or 0, 'day')} later no help is recorded"
        elif p.helped_before:
            after = ", after help had begun"
        elif p.help_on is not None:
            after = f", {count(p.days or 0, 'day')} before help began on {said(p.help_on)}"
        parts.append(f"Together they held {p.enough} or more from {said(p.enough_on)}{after}.")
    else:
        parts.append(f"Together they held {p.known}; enough would be {p.enough}.")
    return alt_text(*parts, invented=invented)
