"""Two clocks for each need: the family's, from first asking to met in its own view; and each agency's, from the first
referral it received to its own closure.

A need that is not met is open, and counted as long as it has lasted. The one clock never stands in for the other: where
nobody names a need and no activity declares what it is about, the family's clock is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeys.activities import Activities, fold
from journeys.book import read_book
from journeys.columns import as_arrow, identifying
from journeys.dealings import Dealing, dealings
from journeys.journey import Journeys
from lib.dates import day_number, to_date
from lib.engine import Table
from lib.errors import RequestError, listed

ASKING = ("family", "other agency")


@dataclass(frozen=True)
class Need:
    """One need of one family: how it is known, when it was first asked for, and when it was met in the family's view."""

    family: str
    id: str
    words: str
    how: str
    asked: int
    is_exact: bool
    met: int | None
    note: str


@dataclass(frozen=True)
class Needs:
    """The needs of a review, and the families of whom none can be told."""

    review: Journeys
    needs: tuple[Need, ...]
    unnamed: tuple[str, ...]

    def of(self, family: str) -> list[Need]:
        """One family's needs."""
        return [need for need in self.needs if need.family == family]


def two_clocks(review: Journeys, needs: Sequence[Mapping[str, Any]] | None = None) -> Table:
    """The family's clock and each agency's clock, need by need.

    `review` from `build_journeys`; `needs` are rows of need_id, family_id, words, first_asked_on, met_on and
    met_by_whose_view, as people know them: those of the review book unless given. Returns a Table with the columns of
    `columns.TABLES["clocks"]`: a row per need for the family, and one for each agency that received a referral for it.

    A need is asked for first on the day that `needs` gives; else on the day of the first touch, referral or asking row
    that names it. It is met on the day that `needs` gives, in the family's view: with an agency's view, or nobody's,
    it stays open. A family in which nothing names a need has those that its touches and referrals are plainly about
    (the `domain` of activities.yml), marked `inferred`; where there is none, it has no row, and `owner.unnamed` names it.
    An agency's clock runs from the first referral to it for the need to its first row that `closes` (activities.yml) on
    that need, or on none that is named. What is known to a span counts on the last day on which it may have happened.

    Raises `RequestError` for a need that is given twice, or met before it was asked for.

    Source: the counting rule of Locality and Vanguard, "Saving money by doing the right thing" (2014): start from the
    person, and stop only when the need has been met as the person sees it.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> two_clocks(build_journeys(read_contacts("sample"))).columns[:4]
    ['family_id', 'need_id', 'words', 'how']
    """
    by_family = dealings(review)
    found = find_needs(review, by_family, needs)
    table = review.engine.fresh_name("clocks")
    review.engine.load(table, as_arrow("clocks", list(_told(found, by_family))))
    select = f"SELECT * FROM {table} ORDER BY family_id, need_id, coalesce(agency, ''), from_on"
    return Table(review.engine, "clocks", select, identifying("clocks"), found)


def find_needs(
    review: Journeys, by_family: Mapping[str, Sequence[Dealing]], given: Sequence[Mapping[str, Any]] | None = None
) -> Needs:
    """The needs of each family: those that people named, those that rows name, or else those that can be inferred."""
    over_by, activities = day_number(review.over_by), review.activities
    told = _given(review, read_book(review).rows("needs") if given is None else given)
    needs: list[Need] = []
    unnamed = []
    for family, rows in by_family.items():
        first = _first_asked(rows)
        own = [row for (of, _), row in told.items() if of == family]
        some = [_from_book(row, first, over_by, activities) for row in own]
        named = {str(row["need_id"]) for row in own}
        some += [_open(family, n, "", "log", r) for n, r in first.items() if n not in named]
        if not named and not first:
            domains = _domains(rows, activities)
            some += [_open(family, domain, f"about {domain}", "inferred", r) for domain, r in domains.items()]
        if not some:
            unnamed.append(family)
        needs += sorted((n for n in some if n is not None), key=lambda n: n.id)
    return Needs(review, tuple(needs), tuple(unnamed))


def _given(review: Journeys, given: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    told: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in given:
        key = (str(row["family_id"]), str(row["need_id"]))
        if not all(key):
            raise RequestError("a row of needs lacks its family_id or its need_id. Fill both in, or take the row out.")
        if key in told:
            raise RequestError(f"need '{key[1]}' of family '{key[0]}' is given twice. Keep one row.")
        asked, met = row.get("first_asked_on"), row.get("met_on")
        if asked and met and met < asked:
            raise RequestError(
                f"need '{key[1]}' of family '{key[0]}' is met before it was first asked for. Correct one of the days."
            )
        told[key] = row
    return {key: told[key] for key in sorted(told) if key[0] in review.families}


def _first_asked(rows: Sequence[Dealing]) -> dict[str, Dealing]:
    """For each need that rows name, the first touch, referral or asking row."""
    asking = [r for r in rows if r.need is not None and (r.moves or r.asked_by in ASKING)]
    return {
        need: min((r for r in asking if r.need == need), key=_by_last) for need in sorted({str(r.need) for r in asking})
    }


def _domains(rows: Sequence[Dealing], activities: Activities) -> dict[str, Dealing]:
    """For each domain that a touch or referral declares, in which the family or another agency asked, the first of them."""
    found: dict[str, Dealing] = {}
    for row in sorted(rows, key=_by_last):
        domain = activities.known[row.activity].domain if row.activity in activities.known else ""
        if domain and row.moves and (row.asked_by in ASKING or row.nature == "referral"):
            found.setdefault(domain, row)
    return dict(sorted(found.items()))


def _by_last(row: Dealing) -> tuple[int, int, str]:
    return row.latest, row.earliest, row.id


def _open(family: str, need: str, words: str, how: str, first: Dealing) -> Need:
    note = "nobody has said when it was met"
    return Need(family, need, words, how, first.latest, first.is_exact, None, note)


def _from_book(
    row: Mapping[str, Any], first: Mapping[str, Dealing], over_by: int, activities: Activities
) -> Need | None:
    """A need as people named it; nothing where no day of asking is known, or it lies after the period."""
    need, words = str(row["need_id"]), str(row.get("words") or "")
    seen = first.get(need)
    given = row.get("first_asked_on")
    asked = day_number(given) if given else seen.latest if seen else None
    if asked is None or asked > over_by:
        return None
    met, view = row.get("met_on"), fold(row.get("met_by_whose_view") or "")
    on = day_number(met) if met else None
    if on is None or on > over_by:
        note, on = "nobody has said when it was met", None
    elif not view:
        note, on = "met, but nobody has said in whose view", None
    elif view == "agency" or view in {fold(w) for pair in activities.agencies.items() for w in pair} - {
        "family",
        "the family",
    }:
        note, on = "met in an agency's view, not in the family's", None
    else:
        note = "met in the family's view"
    if on is not None and on < asked:
        raise RequestError(
            f"need '{need}' of family '{row['family_id']}' is met before its first row in the logs. Give first_asked_on."
        )
    return Need(
        str(row["family_id"]), need, words, "book", asked, bool(given) or seen is None or seen.is_exact, on, note
    )


def _told(found: Needs, by_family: Mapping[str, Sequence[Dealing]]) -> Iterator[tuple[object, ...]]:
    over_by, activities = day_number(found.review.over_by), found.review.activities
    for need in found.needs:
        end = need.met if need.met is not None else over_by
        days = max(end - need.asked, 0)
        asked, met = to_date(need.asked), None if need.met is None else to_date(need.met)
        yield need.family, need.id, need.words, need.how, None, asked, met, days, met is None, need.is_exact, need.note
        if need.how == "inferred":
            continue
        for agency, first, last in _agencies(need, by_family[need.family], activities):
            days = max((last.latest if last else over_by) - first.latest, 0)
            exact = first.is_exact and (last is None or last.is_exact)
            note = "closed" if last else "not closed"
            ends = to_date(last.latest) if last else None
            yield (
                *(need.family, need.id, need.words, need.how, agency, to_date(first.latest), ends, days),
                *(last is None, exact, f"{activities.agency(agency)}: {note}"),
            )


def _agencies(
    need: Need, rows: Sequence[Dealing], activities: Activities
) -> Iterator[tuple[str, Dealing, Dealing | None]]:
    """For each agency, the first referral to it for a need, and its first row from then on that closes."""
    received = [r for r in rows if r.passes_on and r.need == need.id]
    for agency in sorted({str(r.to) for r in received}):
        first = min((r for r in received if r.to == agency), key=_by_last)
        closing = [
            r
            for r in rows
            if r.agency == agency
            and r.need in (need.id, None)
            and r.carries("closes", activities)
            and not r.surely_before(first)
            and r.latest >= first.latest
        ]
        yield agency, first, min(closing, key=_by_last, default=None)


def refused(found: Needs) -> str:
    """In words, for whom the family's clock is not told; empty where it is told for all."""
    if not found.unnamed:
        return ""
    whom = listed(list(found.unnamed), 8)
    return (
        f"No need of {whom} is named by a row or by people, and none can be inferred: the family's clock is not told for "
        "them, and no agency's clock stands in for it."
    )
