"""What one family's agencies knew together: each one's share, the day they knew enough, how long a fact took to arrive.

The base is fixed: all facts of the family that any agency knew by the day looked at, or that people named. Agencies
stand in the order in which they first met the family, and are never ranked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.columns import TABLES
from journeys.knowledge import Knowledge
from lib.dates import day_number, to_date
from lib.dialect import literal
from lib.engine import Table
from lib.errors import RequestError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd

    from journeys.journey import Journeys

MET = """
SELECT c.agency,
  min(CASE WHEN s.latest >= {start} AND c.activity NOT IN ('present', 'not_required') THEN s.earliest END) AS met,
  min(CASE WHEN s.latest >= {start} OR (c.nature = 'status' AND c.ends_day >= {start}) THEN s.earliest END) AS inside,
  min(s.earliest) AS ever
FROM {at}steps AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE f.name = {family} AND c.agency <> 'family' AND c.nature <> 'life' GROUP BY c.agency
"""
"""When each agency first met a family in the period. A register's marks of a pupil at school are no meeting: they count
only where an agency has nothing else, and so do statuses from before the period that still lasted."""

HELPED = """
SELECT s.earliest, s.latest
FROM {at}steps AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE f.name = {family} AND c.activity IN ({help}) ORDER BY s.latest, s.earliest
"""


@dataclass(frozen=True)
class Pieces:
    """One family's pieces, in day numbers: who knew what, since when, and over which facts it is counted.

    `facts` in the order in which anybody first knew them, those that nobody knew last; `agencies` in the order in
    which they first met the family, those that never met it last.
    """

    owner: Knowledge
    family: str
    known: dict[tuple[str, str], int]
    how: dict[tuple[str, str], str]
    evidence: dict[tuple[str, str], list[str]]
    facts: list[str]
    agencies: list[str]
    covers: dict[str, tuple[int, int, bool]]

    def first(self, fact: str) -> int | None:
        """The day any agency first knew a fact."""
        return min((day for (f, _), day in self.known.items() if f == fact), default=None)

    def of(self, agency: str) -> list[int]:
        """The days on which an agency learnt the facts it knew, in order."""
        return sorted(day for (_, a), day in self.known.items() if a == agency)

    def together(self) -> list[int]:
        """The days on which facts first became known to anybody, in order."""
        return sorted(day for fact in self.facts if (day := self.first(fact)) is not None)

    def is_supplied(self, agency: str, fact: str) -> bool:
        """Whether an agency supplied records of any day from the one on which the fact was first known.

        Where coverage is not declared, its contacts only hint at it, and no gap is claimed from them.
        """
        if agency not in self.covers:
            return False
        first, last, is_declared = self.covers[agency]
        since = self.first(fact)
        since = day_number(self.owner.review.start) if since is None else since
        return not is_declared or (last >= since and first <= self.owner.by)


def pieces(known: Table, family_id: str) -> Pieces:
    """One family's pieces out of what `who_knew_what` gave. Raises `RequestError` for a family that is not there."""
    return next(_pieces(known, [family_id]))


def _pieces(known: Table, families: list[str]) -> Iterator[Pieces]:
    owner = known.owner if isinstance(known, Table) else None
    if not isinstance(owner, Knowledge):
        raise RequestError("known is not what who_knew_what gives. Write known = fj.who_knew_what(review) first.")
    review = owner.review
    for family in families:
        if family not in review.families:
            raise RequestError(
                f"family '{family}' is not in this review.{did_you_mean(str(family), review.families)} "
                f"Families: {listed(review.families)}."
            )
    rows: dict[str, list[Any]] = {}
    for row in known.df().itertuples():
        rows.setdefault(row.family_id, []).append(row)
    cover = {r.agency: r for r in review.coverage.itertuples()}
    covers = {
        agency: (day_number(r.from_date.date()), day_number(r.to_date.date()), bool(r.is_declared))
        for agency, r in cover.items()
    }
    for family in families:
        some = rows.get(family, [])
        days = {(r.fact, r.agency): day_number(r.known_on.date()) for r in some}
        how = {(r.fact, r.agency): r.how for r in some}
        evidence = {(r.fact, r.agency): r.evidence for r in some}
        facts = sorted({f for f, _ in days} | set(owner.named.get(family, ())))
        firsts = {f: min((d for (g, _), d in days.items() if g == f), default=None) for f in facts}
        facts.sort(key=lambda f: (firsts[f] is None, firsts[f] or 0, f))
        yield Pieces(owner, family, days, how, evidence, facts, _agencies(owner, family, days), covers)


def _agencies(owner: Knowledge, family: str, days: dict[tuple[str, str], int]) -> list[str]:
    """The agencies that met the family, in order of first contact in the period, then those met before it alone.

    An agency that was only told of the family comes after them.
    """
    review = owner.review
    met = review.once(f"agencies that met {family}", lambda: _met(review, family))
    said = review.activities.agency
    found = sorted(met, key=lambda a: (*met[a], said(a), a))
    return found + sorted({a for _, a in days} - set(found), key=lambda a: (said(a), a))


def _met(review: Journeys, family: str) -> Mapping[str, tuple[bool, int]]:
    """Each agency, whether only before the period, and when first."""
    where = {"at": review.codes, "contacts": review.session.contacts, "family": literal(family)}
    return {
        a: (inside is None, next(day for day in (first, inside, ever) if day is not None))
        for a, first, inside, ever in review.engine.rows(MET.format(start=day_number(review.start), **where))
    }


def shares(known: Table, family_id: str) -> pd.DataFrame:
    """One row per agency that met the family: how many of its facts it ever knew, over how many there are.

    With the columns of `columns.TABLES["shares"]`; `share` is empty where there is no fact. `not_supplied` counts the
    facts for whose days the agency supplied no records: there, not recorded says nothing.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> from journeys.knowledge import who_knew_what
    >>> known = who_knew_what(build_journeys(read_contacts("sample")))
    >>> frame = shares(known, "F0003")
    >>> bool((frame["known"] + frame["not_supplied"] <= frame["facts"]).all())
    True
    """
    p = pieces(known, family_id)
    rows = []
    for agency in p.agencies:
        days = p.of(agency)
        away = sum(not p.is_supplied(agency, f) and (f, agency) not in p.known for f in p.facts)
        share = round(len(days) / len(p.facts), 6) if p.facts else None
        rows.append((family_id, agency, len(days), len(p.facts), share, away, to_date(days[0]) if days else None))
    return _frame("shares", rows)


def by_day(known: Table, family_id: str) -> pd.DataFrame:
    """One row per day on which anything became known: facts known together, and to the best informed, unnamed.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> from journeys.knowledge import who_knew_what
    >>> frame = by_day(who_knew_what(build_journeys(read_contacts("sample"))), "F0003")
    >>> bool((frame["best_alone"] <= frame["together"]).all())
    True
    """
    p = pieces(known, family_id)
    firsts = p.together()
    rows = []
    for day in sorted(set(p.known.values())):
        best = max(sum(d <= day for d in p.of(a)) for a in {a for _, a in p.known})
        rows.append((family_id, to_date(day), sum(d <= day for d in firsts), best, len(p.facts)))
    return _frame("known_by_day", rows)


def lags(known: Table, family_id: str) -> pd.DataFrame:
    """One row per fact: days from the first agency that knew it to the last that ought to have known it.

    Open, and counted so far, while an agency that ought to know it and supplied its records does not. Where the only
    ones missing supplied no records of those days it cannot be told, and the lag is empty. A lag is 0 where whoever
    ought to know it knew it first, and empty where nobody is declared to need it or nobody knew it.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> from journeys.knowledge import who_knew_what
    >>> lags(who_knew_what(build_journeys(read_contacts("sample"))), "F0003").columns[-2:].tolist()
    ['days_lag', 'is_open']
    """
    p = pieces(known, family_id)
    rows = []
    for name in p.facts:
        fact, first = p.owner.rules.facts[name], p.first(name)
        knew = [p.known[name, a] for a in fact.needed_by if (name, a) in p.known]
        missing = [a for a in fact.needed_by if (name, a) not in p.known]
        away = sum(not p.is_supplied(a, name) for a in missing)
        last = to_date(max(knew)) if knew and not missing else None
        is_open = first is not None and len(missing) > away
        lag = None
        if first is not None and is_open:
            lag = p.owner.by - first
        elif first is not None and last is not None:
            lag = max(knew) - first
        since = to_date(first) if first is not None else None
        counts = (len(fact.needed_by), len(knew), away)
        rows.append((family_id, name, fact.says, since, *counts, last, lag, is_open))
    return _frame("lags", rows)


def summary(known: Table, family_id: str | None = None) -> pd.DataFrame:
    """One row for a family, or for each: the day they together knew enough, what any agency knew alone, days to help.

    With the columns of `columns.TABLES["together"]`. An agency is named as the best informed only where no other knew
    as much. Help counts from the day they knew enough on; where it had begun before, no days are counted.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> from journeys.knowledge import who_knew_what
    >>> summary(who_knew_what(build_journeys(read_contacts("sample"))))["family_id"].tolist()[:2]
    ['F0001', 'F0002']
    """
    owner = getattr(known, "owner", None)
    every = list(owner.review.families) if isinstance(owner, Knowledge) else []
    families = [family_id] if family_id is not None or not every else every
    return _frame("together", [_summed(p) for p in _pieces(known, [f for f in families if f is not None])])


def _summed(p: Pieces) -> tuple[Any, ...]:
    enough, firsts = p.owner.rules.enough, p.together()
    knowing = sorted({a for _, a in p.known})
    days = {a: p.of(a) for a in knowing}
    best = max((len(d) for d in days.values()), default=0)
    most = [a for a in knowing if len(days[a]) == best]
    enough_on = firsts[enough - 1] if len(firsts) >= enough else None
    alone = min((d[enough - 1] for d in days.values() if len(d) >= enough), default=None)
    whole = min((d[-1] for d in days.values() if len(d) == len(p.facts)), default=None)
    before, help_on = _help(p, enough_on)
    is_open = enough_on is not None and not before and help_on is None
    until = p.owner.by if is_open else help_on
    wait = until - enough_on if until is not None and enough_on is not None and not before else None
    return (
        *(p.family, len(p.facts), len(knowing), enough, _day(enough_on), best),
        *(most[0] if len(most) == 1 else None, _day(alone), _day(whole)),
        *(before, _day(help_on), wait, is_open),
    )


def _help(p: Pieces, enough_on: int | None) -> tuple[bool, int | None]:
    """Whether help had begun before the agencies together knew enough, and the first help from that day on."""
    review = p.owner.review
    given = [literal(a) for a in review.activities.marked("help")]
    if enough_on is None or not given:
        return False, None
    where = {"at": review.codes, "contacts": review.session.contacts, "family": literal(p.family)}
    rows = review.engine.rows(HELPED.format(help=", ".join(given), **where))
    rows = [(a, b) for a, b in rows if b <= p.owner.by]
    return any(a < enough_on for a, _ in rows), min((b for a, b in rows if a >= enough_on), default=None)


def _day(day: int | None) -> Any:
    return None if day is None else to_date(day)


def _frame(table: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    kinds = {"date": "datetime64[us]", "whole number": "Int64", "number": "Float64", "yes/no": "boolean"}
    frame = pd.DataFrame(rows, columns=[c.name for c in TABLES[table]])
    return frame.astype({c.name: kinds.get(c.type, "str") for c in TABLES[table]})
