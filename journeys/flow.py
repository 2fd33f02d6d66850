"""What happens between agencies: switches, which the family lives; handovers, which a row shows; waits; repeats.

Services side by side switch; they do not hand over. A switch is the off-diagonal weight of the map by agency. A
handover needs a row: a referral to another agency, or a touch that takes responsibility for a need that another
holds. All is row by row; `journeys.measures` counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.columns import TABLES, identifying
from journeys.journey import Journeys
from journeys.journeymap import tied_moves
from lib.dates import day_number, to_date
from lib.dialect import literal
from lib.engine import Table
from lib.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

SWITCHES = """
SELECT f.name AS family_id, e.moment, a.name AS from_agency, b.name AS to_agency,
  CAST(e.parts AS DOUBLE) / CAST(e.whole AS DOUBLE) AS weight, e.days, e.tied = 1 AS rests_on_tie
FROM (
  SELECT family, moment - 1 AS moment, agency_before AS a, agency AS b, 1 AS parts, 1 AS whole, days, 0 AS tied
  FROM {steps} AS s WHERE simple = 1 AND agency_before <> agency
  UNION ALL
  SELECT family, moment - 1 AS moment, a, b, parts, whole, days, 1 AS tied FROM tied_moves WHERE a <> b
) AS e JOIN {at}families AS f ON e.family = f.code
  JOIN {at}agencies AS a ON e.a = a.code JOIN {at}agencies AS b ON e.b = b.code
"""

PASSED_ON = """
SELECT f.name AS family, c.contact_id, c.agency, c.professional_id, c.referred_to, c.need_id, c.nature, c.activity,
  s.day, s.second, s.earliest, s.latest
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
  LEFT JOIN (
    SELECT r.family, d.referred_to, min(r.earliest) AS since FROM {steps} AS r JOIN {contacts} AS d ON r.c = d.c
    WHERE d.nature = 'referral' AND d.referred_to <> d.agency GROUP BY r.family, d.referred_to
  ) AS w ON s.family = w.family AND c.agency = w.referred_to
WHERE c.nature IN ('touch', 'referral', 'decision') AND (
  s.latest >= w.since OR (c.nature = 'referral' AND c.referred_to <> c.agency) OR c.activity IN ({takes}))
ORDER BY family, s.earliest, c.contact_id
"""
"""Referrals to another agency, what that agency did from the first of them on, and whoever takes responsibility."""

REPEATS = """
SELECT f.name AS family_id, a.name AS activity, r.moment, r.contacts, r.day - r.day_before AS days_since_same
FROM (
  SELECT family, activity, moment, contacts, day, lag(day) OVER w AS day_before, lag(moment) OVER w AS moment_before
  FROM (
    SELECT family, activity, moment, count(*) AS contacts, max(day) AS day FROM {steps} AS s
    WHERE moment IS NOT NULL GROUP BY family, activity, moment
  ) AS m WINDOW w AS (PARTITION BY family, activity ORDER BY moment)
) AS r JOIN {at}families AS f ON r.family = f.code JOIN {at}activities AS a ON r.activity = a.code
WHERE r.moment_before IS NOT NULL
ORDER BY family_id, r.moment, activity
"""


@dataclass(frozen=True)
class _Row:
    """A touch, referral or decision, as handovers see it."""

    family: str
    id: str
    agency: str
    professional: str | None
    to: str | None
    need: str | None
    nature: str
    activity: str
    day: int | None
    second: int | None
    earliest: int
    latest: int

    def surely_before(self, other: _Row) -> bool:
        """Whether it came before another in every order that the records allow."""
        if self.day is not None and self.day == other.day:
            return self.second is not None and other.second is not None and self.second < other.second
        return self.latest < other.earliest

    def may_share_need(self, other: _Row) -> bool:
        """Whether it can be about the same need: where either names none, the family alone must match."""
        return self.need is None or other.need is None or self.need == other.need


def switches(review: Journeys) -> Table:
    """Each change of agency from one moment to the next: what the family lives.

    Returns a Table with the columns of `columns.TABLES["switches"]`. `weight` is the share of one move that goes that
    way (with several contacts in a moment, a move is split evenly); the weights add up to the number of switches.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> switches(build_journeys(read_contacts("sample"))).columns[:4]
    ['family_id', 'moment', 'from_agency', 'to_agency']
    """
    tied_moves(review, "agency")
    name = review.engine.fresh_name("switches")
    review.engine.make(name, SWITCHES.format(steps=review.coded, at=review.codes))
    review.engine.drop("tied_to", "tied_from", "tied_moves")
    select = f"SELECT * FROM {name} ORDER BY family_id, moment, from_agency, to_agency"
    return Table(review.engine, "switches", select, (), review)


def repeats(review: Journeys) -> Table:
    """Each time a family met the same activity again: family, activity, moment, contacts, days since the last one.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> repeats(build_journeys(read_contacts("sample"))).columns
    ['family_id', 'activity', 'moment', 'contacts', 'days_since_same']
    """
    return Table(review.engine, "repeats", REPEATS.format(steps=review.coded, at=review.codes), (), review)


def handovers(review: Journeys, by: str = "agency") -> Table:
    """Each referral to another agency, and each time responsibility for a need moved, with the row that shows it.

    A touch, referral or decision of the receiving agency answers the earliest open referral to it, for the same need
    (where either row names no need, the family alone must match); one on the same day counts, unless both are timed
    and it came first. A referral is open until the days in which it is due have run out, within `as_at` and the
    receiving agency's coverage. A referral answered by taking responsibility is one handover, not two.

    With `by="professional"`, responsibility moved from one professional to another; where either is not named the row
    is of kind "cannot be told", and is no handover.

    Returns a Table with the columns of `columns.TABLES["handovers"]`.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> handovers(build_journeys(read_contacts("sample"))).columns[:5]
    ['family_id', 'need_id', 'kind', 'from_agency', 'to_agency']
    """
    if by not in ("agency", "professional"):
        raise RequestError(f"handovers cannot be told by '{by}'. Choose agency or professional.")
    engine = review.engine
    takes = set(review.activities.marked("takes_responsibility"))
    select = PASSED_ON.format(
        steps=review.coded,
        contacts=review.session.contacts,
        at=review.codes,
        takes=", ".join(literal(t) for t in sorted(takes)) or "''",
    )
    covers = dict(engine.rows("SELECT agency, to_day FROM store.coverage"))
    found: list[tuple[Any, ...]] = []
    for _, group in itertools.groupby((_Row(*r) for r in engine.rows(select)), key=lambda r: r.family):
        rows = list(group)
        if by == "agency":
            answers = _answers(rows)
            found += [_referral(r, a, review, covers) for r, a in answers]
            found += _moved(rows, takes, answers)
        else:
            found += _moved_between_people(rows, takes)
    found.sort(key=lambda r: (r[0], r[7] is None, r[7], r[5], r[6] or ""))
    name = engine.fresh_name("handovers")
    engine.load(name, _as_arrow(found))
    return Table(engine, "handovers", f"SELECT * FROM {name}", identifying("handovers"), review)


def _answers(rows: Sequence[_Row]) -> list[tuple[_Row, _Row | None]]:
    """Each referral to another agency of one family, with the row that answered it, if one did."""
    referrals = sorted(
        (r for r in rows if r.nature == "referral" and r.to and r.to != r.agency),
        key=lambda r: (r.earliest, r.latest, -1 if r.second is None else r.second, r.id),
    )
    waiting: dict[str, list[_Row]] = {}
    for referral in referrals:
        waiting.setdefault(referral.to or "", []).append(referral)
    found: dict[str, _Row] = {}
    late_in_the_day = 86_400
    for row in sorted(rows, key=lambda r: (r.latest, late_in_the_day if r.second is None else r.second, r.id)):
        for referral in waiting.get(row.agency, ()):
            if referral.id not in found and not row.surely_before(referral) and row.may_share_need(referral):
                found[referral.id] = row
                break
    return [(r, found.get(r.id)) for r in referrals]


def _referral(referral: _Row, answer: _Row | None, review: Journeys, covers: dict[str, int]) -> tuple[Any, ...]:
    due = referral.latest + review.activities.referral_answer_days
    covered = covers.get(referral.to or "")
    is_open = answer is None and (due > day_number(review.over_by) or covered is None or due > covered)
    wait = answer.day - referral.day if answer and answer.day is not None and referral.day is not None else None
    answered_on = to_date(answer.latest) if answer else None
    return (
        *(referral.family, referral.need, "referral", referral.agency, referral.to, referral.id),
        *(answer.id if answer else None, to_date(referral.earliest), answered_on, wait, is_open),
    )


def _taken(rows: Sequence[_Row], takes: set[str]) -> Iterable[tuple[str, list[list[_Row]]]]:
    """For each need, the dated touches that took responsibility for it, those that cannot be ordered together."""
    dated = [r for r in rows if r.activity in takes and r.need is not None and r.day is not None]
    for need, group in itertools.groupby(sorted(dated, key=lambda r: r.need or ""), key=lambda r: r.need):
        together: list[list[_Row]] = []
        for _, same in itertools.groupby(sorted(group, key=lambda r: (r.day or 0, r.id)), key=lambda r: r.day):
            day = list(same)
            if any(r.second is None for r in day):
                together.append(day)
            else:
                day.sort(key=lambda r: (r.second or 0, r.id))
                together += [list(s) for _, s in itertools.groupby(day, key=lambda r: r.second)]
        yield need or "", together


def _moved(
    rows: Sequence[_Row], takes: set[str], answers: Sequence[tuple[_Row, _Row | None]]
) -> Iterable[tuple[Any, ...]]:
    """Responsibility moved from one agency to another, where no referral between the two shows it already."""
    for need, moments in _taken(rows, takes):
        holder: set[str] = set()
        used: set[str] = set()
        for moment in moments:
            new = {r.agency for r in moment}
            for agency in sorted(new - holder) if len(holder) == 1 else []:
                row = min((r for r in moment if r.agency == agency), key=lambda r: r.id)
                (giver,) = holder
                shown = [
                    r.id
                    for r, _ in answers
                    if r.agency == giver and r.to == agency and r.may_share_need(row) and not row.surely_before(r)
                ]
                # One referral shows one passing on: the next time between the same two needs a row of its own.
                by_referral = next((i for i in shown if i not in used), None)
                if by_referral is not None:
                    used.add(by_referral)
                else:
                    day = to_date(row.day or 0)
                    yield row.family, need, "responsibility", giver, agency, row.id, None, day, day, None, False
            holder = new


def _moved_between_people(rows: Sequence[_Row], takes: set[str]) -> Iterable[tuple[Any, ...]]:
    for need, moments in _taken(rows, takes):
        holder: set[tuple[str, str | None]] = set()
        for moment in moments:
            new = {(r.agency, r.professional) for r in moment}
            for agency, person in sorted(new - holder, key=str) if len(holder) == 1 else []:
                row = min((r for r in moment if (r.agency, r.professional) == (agency, person)), key=lambda r: r.id)
                (giver, before) = next(iter(holder))
                kind = "cannot be told" if person is None or before is None else "responsibility"
                day = to_date(row.day or 0)
                yield row.family, need, kind, giver, agency, row.id, None, day, day, None, False
            holder = new


def _as_arrow(rows: list[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    kinds = {"date": pa.date32(), "text": pa.string(), "yes/no": pa.bool_(), "whole number": pa.int32()}
    fields = TABLES["handovers"]
    columns = list(zip(*rows, strict=True)) or [()] * len(fields)
    return pa.table({f.name: pa.array(c, kinds[f.type]) for f, c in zip(fields, columns, strict=True)})
