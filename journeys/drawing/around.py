"""Who is in a family and who is around it, worked out before anything is drawn: members, what held it up, agencies, words.

Drawing and words both read this, so that the picture, its title, its alt text and its table cannot disagree.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from journeys.columns import TABLES
from journeys.drawing import captions
from journeys.drawing.captions import count_in_words
from journeys.drawing.lanes import not_supplied, tell
from journeys.drawing.limits import source
from journeys.household import NAMED, members_of
from journeys.voice import held_up
from lib.dates import say_short
from lib.figures import alt_text
from lib.lettering import clean, count, in_words, sentence
from lib.timescale import length_in_words, number

LATELY_DAYS = 90
LATELY, NOT_SINCE, CANNOT_TELL, RECORDS = "lately", "not since", "cannot be told", "records only"
STILL, ENDED = "still", "ended"


@dataclass(frozen=True)
class Member:
    """One line of the family: a person by number, or all the numbers of one supplier; and whether any is in it at the end."""

    words: str
    is_in: bool


@dataclass(frozen=True)
class Near:
    """Something joined to the family by a line: a support that people named, or an agency with its contacts."""

    name: str
    words: str
    line: str
    contacts: int | None
    from_on: Any
    to_on: Any


@dataclass(frozen=True)
class Around:
    """All that one family's ecomap shows."""

    family: str
    members: list[Member]
    numbers: int
    suppliers: int
    gone: int
    by_log: bool
    supports: list[Near]
    past_supports: int
    agencies: list[Near]
    end: dt.date
    period: str
    is_part: bool
    table: pd.DataFrame

    @property
    def met(self) -> list[Near]:
        """The agencies that met the family, or referred it or were asked for it; not those with records alone."""
        return [a for a in self.agencies if a.contacts]

    def lines(self, line: str) -> int:
        """How many agencies are joined by lines of one kind."""
        return sum(a.line == line for a in self.agencies)


def read(journey: Any, members: Any) -> Around:
    """Everything that the ecomap shows of one family, from its journey and what `read_members` gave."""
    review = journey.review
    end = review.over_by
    own = members_of(journey, members)
    persons = _persons(own, review.start, end)
    named = held_up(review, journey.family_id)
    inside = [r for r in named.itertuples() if _overlaps(r.from_on, r.to_on, review.start, end)]
    supports = [_support(r, end) for r in inside]
    agencies = _agencies(journey, end)
    return Around(
        family=clean(journey.family_id),
        members=_members(persons),
        numbers=len(persons),
        suppliers=len({p.supplier for p in persons}),
        gone=own["person_id"].nunique() - len(persons),
        by_log=bool(len(own)) and bool((own["because"] == NAMED).all()),
        supports=supports,
        past_supports=len(named) - len(inside),
        agencies=agencies,
        end=end,
        period=length_in_words(review.start, review.end),
        is_part=bool(review.about.published),
        table=_table(own, supports, agencies),
    )


def _overlaps(first: Any, last: Any, start: dt.date, end: dt.date) -> bool:
    return (_none(first) or _day(first) <= end) and (_none(last) or _day(last) >= start)


def _none(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _day(value: Any) -> dt.date:
    day: dt.date = pd.Timestamp(value).date()
    return day


@dataclass(frozen=True)
class _Person:
    """One number in the family: whose number it is, and in words since when and until when."""

    supplier: str
    number: str
    words: str
    is_in: bool


def _persons(own: pd.DataFrame, start: dt.date, end: dt.date) -> list[_Person]:
    """The numbers in the family at some time of the period, in order of the day in."""
    found = []
    for person in dict.fromkeys(own["person_id"]):
        words, is_in, seen = [], False, False
        for row in own[own["person_id"] == person].itertuples():
            first, out = row.from_date, row.to_date
            if not ((_none(first) or _day(first) <= end) and (_none(out) or _day(out) > start)):
                continue
            seen, is_in = True, _none(out) or _day(out) > end
            by_log = row.because == NAMED
            if not _none(first) and _day(first) > start:
                words.append(f"{'first named' if by_log else 'from'} {say_short(_day(first))}")
            if not is_in:
                words.append(f"{'named elsewhere' if by_log else 'left'} {say_short(_day(out))}")
        supplier, colon, number_ = person.partition(":")
        if seen:
            named = (supplier, number_) if colon and number_ else ("", person)
            found.append(_Person(clean(named[0]), clean(named[1]), ", ".join(words), is_in))
    return found


def _members(persons: list[_Person]) -> list[Member]:
    """A line a person; where several suppliers give numbers of their own, a line a supplier: nobody says who is who."""
    suppliers = sorted({p.supplier for p in persons})
    if len(suppliers) < 2:
        return [Member(f"{p.number}, {p.words}" if p.words else p.number, p.is_in) for p in persons]
    found = []
    for supplier in suppliers:
        some = [p for p in persons if p.supplier == supplier]
        words = ", ".join(f"{p.number} ({p.words})" if p.words else p.number for p in some)
        name = supplier.replace("_", " ") or "shared"
        found.append(Member(f"{name}: {words}", any(p.is_in for p in some)))
    return found


def _support(row: Any, end: dt.date) -> Near:
    ended = not _none(row.to_on) and _day(row.to_on) < end
    words = [clean(row.kind)]
    if not _none(row.from_on):
        words.append(f"from {_month(row.from_on)}")
    if not _none(row.to_on):
        words.append(f"until {_month(row.to_on)}")
    line = ENDED if ended else STILL
    return Near(clean(row.who) or clean(row.kind), ", ".join(words), line, None, row.from_on, row.to_on)


def _month(value: Any) -> str:
    return f"{_day(value):%b %Y}"


def _agencies(journey: Any, end: dt.date) -> list[Near]:
    """Every lane of the swim-lane, in its order, with how often it met the family and whether it did so lately."""
    review, told = journey.review, tell(journey, None)
    edge = pd.Timestamp(end - dt.timedelta(days=LATELY_DAYS - 1))
    start, after = pd.Timestamp(review.start), pd.Timestamp(review.end + dt.timedelta(days=1))
    steps = journey.steps[journey.steps["nature"].isin(["touch", "referral"])]
    first = steps["date"].fillna(steps["earliest"])
    last = steps["date"].fillna(steps["latest"])
    met = steps[(last >= start) & (first < after)].assign(first=first, last=last)
    found = []
    for agency, lane in zip(told.order, told.table.itertuples(), strict=True):
        own = met[met["agency"] == agency]
        gap = not_supplied(review.coverage, agency, number(edge.date()), number(end) + 1)[1]
        if own.empty:
            since, until, line = lane.first, lane.last, RECORDS
            words = f"records only, {_span(since, until)}"
        else:
            since, until = own["first"].min(), own["last"].max()
            words = f"{count(len(own), 'contact')}, {_span(since, until)}"
            line = LATELY if (own["first"] >= edge).any() else CANNOT_TELL if gap or until >= edge else NOT_SINCE
            if line == CANNOT_TELL:
                words += "; later ones not known" if gap else "; perhaps lately"
        found.append(Near(lane.agency, words, line, len(own), since, until))
    return found


def _span(first: Any, last: Any) -> str:
    return _month(first) if _month(first) == _month(last) else f"{_month(first)} to {_month(last)}"


def _table(own: pd.DataFrame, supports: list[Near], agencies: list[Near]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = [
        ("member", clean(r.person_id), r.from_date, r.to_date, None, "") for r in own.itertuples()
    ]
    rows += [("held it up", s.name, s.from_on, s.to_on, None, s.line) for s in supports]
    rows += [("agency", a.name, a.from_on, a.to_on, a.contacts, a.line) for a in agencies]
    frame = pd.DataFrame(rows, columns=[c.name for c in TABLES["around"]])
    for column in ("from_on", "to_on"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    return frame.astype({"contacts": "Int64"})


def finding(a: Around) -> str:
    """The title: how many agencies met the family, how many of them lately, and what else people wrote down."""
    supports = count_in_words(len(a.supports), "support")
    wrote = f"People wrote down {supports}" if a.supports else "Nobody has written down who or what was holding it up"
    return f"{_met(a)}. {wrote}"


def _met(a: Around) -> str:
    met, late = len(a.met), a.lines(LATELY)
    if not met:
        return f"No agency met this family in {a.period}"
    first = f"{sentence(count_in_words(met, 'agency', 'agencies'))} met this family in {a.period}"
    if a.is_part:
        return f"{first}, as the published reports tell"
    if met == 1:
        return f"{first}, {'and' if late else 'but not'} in the last {LATELY_DAYS} days"
    of = "all" if late == met else in_words(late) if late else "none"
    return f"{first}, {of} of them in the last {LATELY_DAYS} days"


def people(a: Around) -> str:
    """How many members; or, where suppliers give numbers of their own, how many numbers: one person may have several."""
    return count(a.numbers, "member") if a.suppliers < 2 else f"members ({a.numbers} numbers)"


def subtitle(a: Around) -> str:
    """Whose it is, and what is drawn in what order."""
    named = "who and what held it up, then " if a.supports else ""
    return (
        f"Family {a.family}: its {people(a)} in the middle; around it, clockwise from the top, {named}agencies as they first "
        "met it"
    )


def footer(a: Around, review: Any, level: str, left_out: list[str]) -> list[str]:
    """Counts and source; conventions; limits of use. `left_out` names what found no place in the picture."""
    n = [count(sum(x.contacts or 0 for x in a.agencies), "touch or referral", "touches and referrals")]
    n += [count(len(a.agencies), "agency", "agencies"), people(a), "1 family"]
    first = f"n = {', '.join(n)}. {source(review)}"
    words = [
        "Members are those whom the logs name, from the day of the first; who lived there is not recorded."
        if a.by_log
        else "Members are those of the members file.",
        "One person may have a number with each supplier: which are one person no record says."
        if a.suppliers > 1
        else "",
        "Who is whose parent, child or partner no log says, and none is drawn.",
        f"Contacts: touches and referrals. The last {LATELY_DAYS} days end on {say_short(a.end)}; none on record is not the same as "
        "ended.",
    ]
    if a.gone:
        words.append(f"{count(a.gone, 'person', 'people')} in the family only before or after are in the table.")
    if a.past_supports:
        words.append(f"{count(a.past_supports, 'support')} of other years not drawn.")
    if left_out:
        words.append(f"No room for {', '.join(left_out)}: in the table.")
    return [
        first,
        " ".join(filter(None, words)),
        f"Order of first meeting is no rank. {captions.limits(review, level)}",
    ]


def alt(a: Around, invented: bool) -> str:
    """The alt text, 350 characters at most; no person's number stands in it."""
    parts = [
        f"Ecomap of family {a.family[:40]}: {people(a)} in the middle, "
        f"{count(len(a.agencies), 'agency', 'agencies')} around, {count(len(a.supports), 'support')} that people named.",
        f"{finding(a)}.",
    ]
    busiest = max((x.contacts or 0 for x in a.agencies), default=0)
    if busiest:
        parts.append(f"The thickest line is {count(busiest, 'contact')}.")
    return alt_text(*parts, invented=invented)
