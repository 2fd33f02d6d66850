"""What happens between agencies: switches, which the family lives; handovers, which a row shows; waits; repeats.

Services side by side switch; they do not hand over. A switch is the off-diagonal weight of the map by agency. A
handover needs a row: a referral to another agency, or a touch that takes responsibility for a need that another
holds. All is row by row; `journeys.measures` counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from journeys.columns import as_arrow, identifying
from journeys.journey import Journeys
from journeys.journeymap import tied_moves
from journeys.referrals import PLACE, find_answers
from lib.dates import day_number, to_date
from lib.dialect import literal
from lib.engine import Engine, Table
from lib.errors import RequestError

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

REFERRALS = """
SELECT f.name AS family_id, CASE WHEN r.need <> '' THEN r.need END AS need_id, 'referral' AS kind, r.agency AS from_agency,
  r.referred_to AS to_agency, r.contact_id AS shown_by, a.contact_id AS answered_by,
  DATE '1970-01-01' + r.earliest AS referred_on, DATE '1970-01-01' + a.latest AS answered_on, a.day - r.day AS days_wait,
  x.referral IS NULL AND (r.latest + {days} > {over_by} OR v.to_day IS NULL OR r.latest + {days} > v.to_day) AS is_open
FROM referred AS r JOIN {at}families AS f ON r.family = f.code LEFT JOIN store.coverage AS v ON r.referred_to = v.agency
  LEFT JOIN answered AS x ON r.family = x.family AND r.c = x.referral
  LEFT JOIN answering AS a ON x.family = a.family AND x.answer = a.c
"""

TAKEN = f"""
SELECT s.family, c.need_id AS need, c.agency, c.professional_id AS professional, c.contact_id, s.day, s.second, {PLACE} AS place
FROM {{steps}} AS s JOIN {{contacts}} AS c ON s.c = c.c
WHERE c.nature IN ('touch', 'referral', 'decision') AND c.activity IN ({{takes}}) AND c.need_id IS NOT NULL AND s.day IS NOT NULL
"""
"""Dated rows that took responsibility for a need."""

TAKEN_IN_TURN = """
SELECT t.family, f.name, t.need, t.agency, t.professional, t.contact_id, t.day, t.second, t.place
FROM taken AS t JOIN {at}families AS f ON t.family = f.code JOIN (
  SELECT family, need FROM taken GROUP BY family, need
  HAVING min(agency) <> max(agency) OR min({who}) <> max({who}) OR count({who}) BETWEEN 1 AND count(*) - 1
) AS m ON t.family = m.family AND t.need = m.need
ORDER BY t.family, t.need, t.day, t.second, t.contact_id
"""
"""Those of the needs that more than one took."""

SHOWN = """
SELECT r.family, r.agency, r.referred_to, r.need, r.opens, r.contact_id
FROM referred AS r JOIN (SELECT DISTINCT family, agency FROM taken) AS a ON r.family = a.family AND r.agency = a.agency
  JOIN (SELECT DISTINCT family, agency FROM taken) AS b ON r.family = b.family AND r.referred_to = b.agency
ORDER BY r.family, r.earliest, r.latest, r.opens, r.contact_id
"""
"""Referrals from one that took responsibility to another, in order."""

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


class _Taken(NamedTuple):
    """A dated row that took responsibility for a need."""

    family: int
    family_name: str
    need: str
    agency: str
    professional: str | None
    id: str
    day: int
    second: int | None
    place: int


class _Shown(NamedTuple):
    """A referral that may show it."""

    family: int
    agency: str
    to: str
    need: str
    opens: int
    id: str


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
    name = review.once(f"handovers by {by}", lambda: _found(review, by))
    select = f"SELECT * FROM {name} ORDER BY family_id, referred_on, shown_by, coalesce(answered_by, ''), kind"
    return Table(review.engine, "handovers", select, identifying("handovers"), review)


def _found(review: Journeys, by: str) -> str:
    """Find the handovers, and give the name of the table that holds them."""
    engine = review.engine
    names = {"steps": review.coded, "contacts": review.session.contacts, "at": review.codes}
    takes = ", ".join(literal(t) for t in sorted(review.activities.marked("takes_responsibility"))) or "''"
    engine.make("taken", TAKEN.format(takes=takes, **names))
    who = "agency" if by == "agency" else "professional"
    taken = (_Taken(*r) for r in engine.each(TAKEN_IN_TURN.format(at=review.codes, who=who)))
    name = engine.fresh_name("handovers")
    if by == "agency":
        find_answers(review)
        engine.load("moved", as_arrow("handovers", _moved(taken, _shown(engine))))
        days, over_by = review.activities.referral_answer_days, day_number(review.over_by)
        referrals = REFERRALS.format(at=review.codes, days=days, over_by=over_by)
        engine.make(name, f"{referrals} UNION ALL SELECT * FROM moved")
        engine.drop("referred", "answering", "answered", "moved")
    else:
        engine.load(name, as_arrow("handovers", _moved_between_people(taken)))
    engine.drop("taken")
    return name


def _shown(engine: Engine) -> dict[tuple[int, str, str], list[_Shown]]:
    """The referrals of each family from one agency that took responsibility to another."""
    found: dict[tuple[int, str, str], list[_Shown]] = {}
    for row in engine.each(SHOWN):
        referral = _Shown(*row)
        found.setdefault((referral.family, referral.agency, referral.to), []).append(referral)
    return found


def _in_turn(taken: Iterable[_Taken]) -> Iterator[Iterator[list[_Taken]]]:
    """For each need of a family, the rows that took responsibility for it, those that cannot be ordered together."""
    for _, rows in itertools.groupby(taken, key=lambda r: (r.family, r.need)):
        yield _moments(rows)


def _moments(rows: Iterable[_Taken]) -> Iterator[list[_Taken]]:
    for _, same in itertools.groupby(rows, key=lambda r: r.day):
        day = list(same)
        if any(r.second is None for r in day):
            yield day
        else:
            yield from (list(s) for _, s in itertools.groupby(day, key=lambda r: r.second))


def _moved(taken: Iterable[_Taken], shown: dict[tuple[int, str, str], list[_Shown]]) -> Iterator[tuple[Any, ...]]:
    """Responsibility moved from one agency to another, where no referral between the two shows it already."""
    for moments in _in_turn(taken):
        holder: set[str] = set()
        used: set[str] = set()
        for moment in moments:
            new = {r.agency for r in moment}
            for agency in sorted(new - holder) if len(holder) == 1 else []:
                row = min((r for r in moment if r.agency == agency), key=lambda r: r.id)
                (giver,) = holder
                between = (
                    r.id
                    for r in shown.get((row.family, giver, agency), ())
                    if r.need in ("", row.need) and r.opens <= row.place and r.id not in used
                )
                # One referral shows one passing on: the next time between the same two needs a row of its own.
                by_referral = next(between, None)
                if by_referral is not None:
                    used.add(by_referral)
                else:
                    yield _responsibility(row, giver, "responsibility")
            holder = new


def _moved_between_people(taken: Iterable[_Taken]) -> Iterator[tuple[Any, ...]]:
    for moments in _in_turn(taken):
        holder: set[tuple[str, str | None]] = set()
        for moment in moments:
            new = {(r.agency, r.professional) for r in moment}
            for agency, person in sorted(new - holder, key=str) if len(holder) == 1 else []:
                row = min((r for r in moment if (r.agency, r.professional) == (agency, person)), key=lambda r: r.id)
                (giver, before) = next(iter(holder))
                yield _responsibility(
                    row, giver, "cannot be told" if person is None or before is None else "responsibility"
                )
            holder = new


def _responsibility(row: _Taken, giver: str, kind: str) -> tuple[Any, ...]:
    day = to_date(row.day)
    return row.family_name, row.need, kind, giver, row.agency, row.id, None, day, day, None, False
