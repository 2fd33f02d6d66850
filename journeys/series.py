"""Long series over the period: contacts a month, attendance a month, days between crises; what is missing is a gap.

Each is a small frame in time order, as `columns` declares it. What has not ended is marked open, and is outside any
limits. A month that nobody's records cover is empty, never 0.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from journeys.agreed import read_rules
from journeys.columns import TABLES
from journeys.crises import find_crises
from journeys.journey import Journey, Journeys
from journeys.matching import Matching
from lib.dates import add_months, day_number, month_end, to_date
from lib.dialect import literal
from lib.errors import RequestError, count

if TYPE_CHECKING:
    import pandas as pd

POSSIBLE, MISSED = "present", "absence"
"""An activity and a group of them, as the rules about attendance name them: sessions kept, and sessions missed."""

PLACED = """
SELECT s.earliest, s.latest, {told}, count(DISTINCT s.c) AS contacts
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c WHERE {where} GROUP BY s.earliest, s.latest, {told}
"""

MARKS = """
SELECT s.family, s.c, s.earliest, s.latest, c.agency, c.person_id, c.activity
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c WHERE c.activity IN ({activities}) AND c.person_id IS NOT NULL
"""


def monthly(review: Journeys | Journey) -> pd.DataFrame:
    """Touches and referrals a month, of all families of a review together or of one family, each contact once.

    Goes in: a review, or one journey (`review["F0003"]`). Comes out: a row for each whole month from the period's
    start, with the columns of `columns.TABLES["contacts_a_month"]`. A month that no agency's records cover is a gap; of
    `of_agencies` that ever met these families, `agencies` cover the month. A month that was not over is open.
    `attrs["says"]` tells what could be put in no month.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> series = monthly(build_journeys(read_contacts("sample"), start="2022-04-01", end="2025-03-31"))
    >>> len(series), int(series["is_open"].sum())
    (36, 0)
    """
    of = _families(review)
    rows = _placed(of, "c.nature IN ('touch', 'referral') AND c.agency <> 'family'", "c.agency")
    met = {agency for _, _, agency, _ in rows}
    first, last = day_number(of.start), day_number(of.over_by)
    counts, vague = _by_month(((a, b, n) for a, b, _, n in rows), first, last)
    covers = [span for agency, span in _covers(of).items() if agency in met]
    found = []
    for month in _months(first, last):
        covering = sum(a <= month and b >= min(month_end(month), last) for a, b in covers)
        value = float(counts.get(month, 0)) if covering else None
        found.append((to_date(month), value, covering, len(met), len(of), month_end(month) > last))
    return _frame("contacts_a_month", found, _vague(vague, "contact"))


def pupils(journey: Journey) -> list[str]:
    """Whose sessions a register marks in a family, each a person_id, in order of their first mark."""
    of = _one(journey)
    first: dict[str, int] = {}
    for earliest, latest, _, who, _, _ in _sessions(of):
        if latest >= day_number(of.start) and earliest <= day_number(of.over_by):
            first[who] = min(earliest, first.get(who, earliest))
    return sorted(first, key=lambda who: (first[who], who))


def attendance(journey: Journeys | Journey, *, person: str | None = None) -> pd.DataFrame:
    """The share of possible sessions attended each month by the children of a family, or of a whole review together.

    A possible session is one that a register marks present or absent, as the rules about attendance count it: marks of
    whoever writes down both, about a named pupil. Comes out: a row a month with the columns of
    `columns.TABLES["attendance_a_month"]`. A month without a possible session is a gap. Where `people` changes, so does
    what is counted: give `person` (a person_id) for one child's own line.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> review = build_journeys(read_contacts("sample"), start="2022-04-01", end="2025-03-31")
    >>> attendance(review["F0001"]).columns.tolist()
    ['on', 'value', 'possible', 'missed', 'people', 'families', 'is_open']
    """
    of = _families(journey)
    rows = [row for row in _sessions(of) if person in (None, row[3])]
    first, last = day_number(of.start), day_number(of.over_by)
    possible, vague = _by_month(((a, b, n) for a, b, _, _, _, n in rows), first, last)
    away, _ = _by_month(((a, b, n) for a, b, _, _, is_missed, n in rows if is_missed), first, last)
    pupils = {(_month(a), who) for a, b, _, who, _, _ in rows if _month(a) == _month(b)}
    found = []
    for month in _months(first, last):
        n, gone = possible.get(month, 0), away.get(month, 0)
        people = sum(m == month for m, _ in pupils)
        value = (n - gone) / n if n else None
        found.append((to_date(month), value, n, gone, people, len(of), month_end(month) > last))
    return _frame("attendance_a_month", found, _vague(vague, "mark"))


def between_crises(journey: Journey) -> pd.DataFrame:
    """Days from each crisis of a family to the next, and of the wait that still runs, the days so far.

    A crisis is a contact of an activity marked `crisis`, by days: two on one day are one. Comes out: a row for each wait
    with the columns of `columns.TABLES["days_between_crises"]`, in order of the day it ended; the last is open, up to
    the last day that the records of everybody who could have recorded a crisis cover. Where a crisis known only to a
    month or less may lie between two others, the days between them are not known, and the row is a gap.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> review = build_journeys(read_contacts("sample"), start="2022-04-01", end="2025-03-31")
    >>> [int(days) for days in between_crises(review["F0003"])["value"]]
    [33, 160, 205, 480, 21]
    """
    of = _one(journey)
    rules, by = read_rules(of), day_number(of.over_by)
    crises = find_crises(of, rules, None, Matching(of, rules, [], by))
    which = ", ".join(literal(a) for a in sorted(crises.activities)) or "''"
    placed = _placed(of, f"c.activity IN ({which})", "c.activity")
    spans = {(a, b) for a, b, *_ in placed if b >= crises.start and a <= crises.end}
    days = sorted(a for a, b in spans if a == b)
    vague = [(a, b) for a, b in spans if a != b]

    def known(since: int, until: int) -> bool:
        return not any(max(a, since + 1) <= min(b, until - 1) for a, b in vague)

    found: list[tuple[Any, ...]] = []
    for since, on in itertools.pairwise(days):
        found.append((to_date(on), float(on - since) if known(since, on) else None, to_date(since), 1, False))
    if days and crises.until >= days[-1]:
        since, until = days[-1], crises.until
        so_far = float(until - since) if known(since, until + 1) else None
        found.append((to_date(until), so_far, to_date(since), 1, True))
    says = f"{count(len(vague), 'crisis is', 'crises are')} not known to the day." if vague else ""
    return _frame("days_between_crises", found, says)


def _families(review: Any) -> Journeys:
    of = review.alone if isinstance(review, Journey) else review
    if not isinstance(of, Journeys):
        raise RequestError(
            "This is not what build_journeys gives. Write review = fj.build_journeys(contacts, members), and give it, or "
            "one family of it: review['F0003']."
        )
    of.engine.tell_if_old()
    return of


def _one(journey: Any) -> Journeys:
    if not isinstance(journey, Journey):
        raise RequestError("This is not one family's journey. Give one of a review: review['F0003'].")
    return _families(journey)


def _sessions(of: Journeys) -> list[tuple[Any, ...]]:
    """A family's possible sessions: first and last possible day, agency, pupil, whether missed, how many."""
    return of.once("possible sessions", lambda: _read_sessions(of))


def _read_sessions(of: Journeys) -> list[tuple[Any, ...]]:
    rules = read_rules(of)
    kept, missed = set(rules.activities(POSSIBLE)), set(rules.activities(MISSED))
    which = ", ".join(literal(a) for a in sorted(kept | missed))
    rows = of.engine.rows(MARKS.format(steps=of.coded, contacts=of.session.contacts, activities=which))
    # Who writes down a family's absences alone cannot say of how many sessions: every share would be the whole.
    keepers = {(family, agency) for family, _, _, _, agency, _, activity in rows if activity in kept}
    # A child of two families is counted once.
    marks = {c: (a, b, agency, who, act in missed) for f, c, a, b, agency, who, act in rows if (f, agency) in keepers}
    return [(*mark, n) for mark, n in Counter(marks.values()).items()]


def _placed(of: Journeys, where: str, told: str) -> list[tuple[Any, ...]]:
    """First and last possible day, what they are told apart by, and of how many contacts."""
    return of.engine.rows(PLACED.format(steps=of.coded, contacts=of.session.contacts, where=where, told=told))


def _covers(of: Journeys) -> dict[str, tuple[int, int]]:
    """Which days each agency's records cover; where that is not declared, the whole months of its first and last contact."""
    found = {}
    for agency, first, last, is_declared in of.engine.rows(
        "SELECT agency, from_day, to_day, is_declared FROM store.coverage WHERE from_day IS NOT NULL AND to_day IS NOT NULL"
    ):
        found[agency] = (first, last) if is_declared else (_month(first), month_end(last))
    return found


@cache
def _month(day: int) -> int:
    return day_number(to_date(day).replace(day=1))


def _months(first: int, last: int) -> list[int]:
    """The first days of the months from the first whole one; the month of the last day may not be over."""
    month = _month(first) if _month(first) == first else add_months(_month(first), 1)
    found = []
    while month <= last:
        found.append(month)
        month = add_months(month, 1)
    return found


def _by_month(spans: Iterable[tuple[int, int, int]], first: int, last: int) -> tuple[dict[int, int], int]:
    """How many fall in each month; and of those that may lie in the period, how many are in no one month."""
    counts: dict[int, int] = {}
    vague = 0
    for earliest, latest, n in spans:
        if _month(earliest) == _month(latest):
            counts[_month(earliest)] = counts.get(_month(earliest), 0) + n
        elif latest >= first and earliest <= last:
            vague += n
    return counts, vague


def _vague(n: int, what: str) -> str:
    return f"{count(n, f'{what} is', f'{what}s are')} not known to the month, and in none of them." if n else ""


def _frame(table: str, rows: Sequence[tuple[Any, ...]], says: str) -> pd.DataFrame:
    import pandas as pd

    columns = TABLES[table]
    kinds = {
        "date": "datetime64[us]",
        "number": "Float64",
        "share": "Float64",
        "whole number": "Int64",
        "yes/no": "bool",
    }
    frame = pd.DataFrame(rows, columns=[c.name for c in columns]).astype({c.name: kinds[c.type] for c in columns})
    frame.attrs["says"] = says
    return frame
