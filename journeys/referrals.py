"""Who answered a referral: each row of the receiving agency answers the earliest open referral that it may be about.

Where the rows of a family and an agency leave no choice of need and no doubt of the order of the referrals, they are a
queue, and one pass in the engine serves it. The rest goes through a loop, in whole numbers.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

    from journeys.journey import Journeys
    from lib.engine import Engine

# A second more than a day has, and one less than none: an untimed referral is open all day, an untimed answer comes last.
OPENS = "CAST(s.earliest AS BIGINT) * 86402 + coalesce(s.second, -1) + 1"
PLACE = "CAST(s.latest AS BIGINT) * 86402 + coalesce(s.second, 86400) + 1"
"""A row surely came before a referral, in every order that the records allow, where its place is before the referral opens."""

REFERRED = f"""
SELECT s.family, s.c, c.contact_id, c.agency, c.referred_to, g.code AS receiver, coalesce(c.need_id, '') AS need, s.day,
  s.earliest, s.latest, {OPENS} AS opens
FROM {{steps}} AS s JOIN {{contacts}} AS c ON s.c = c.c LEFT JOIN {{at}}agencies AS g ON c.referred_to = g.name
WHERE c.nature = 'referral' AND c.referred_to <> c.agency
"""
"""Every referral to another agency. A need that is not named is empty text."""

LATER = f"""
SELECT s.family, s.c, s.agency AS receiver, s.day, s.latest, {PLACE} AS place
FROM {{steps}} AS s JOIN (SELECT family, receiver, min(opens) AS opens FROM referred GROUP BY family, receiver) AS w
  ON s.family = w.family AND s.agency = w.receiver
WHERE {PLACE} >= w.opens
"""
"""What an agency did with a family from the first referral to it on."""

ANSWERING = """
SELECT s.family, s.c, c.contact_id, s.receiver, coalesce(c.need_id, '') AS need, s.day, s.latest, s.place
FROM later AS s JOIN {contacts} AS c ON s.c = c.c WHERE c.nature IN ('touch', 'referral', 'decision')
"""
"""Of that, what may answer one; a statement of its own, so that the few rows meet the many contacts and not the other way round."""

UNCLEAR = """
SELECT r.family, r.receiver FROM (
  SELECT family, receiver, count(*) AS n, count(day) AS dated, min(need) AS low, max(need) AS high FROM referred
  GROUP BY family, receiver
) AS r JOIN (SELECT family, receiver, min(need) AS low FROM answering GROUP BY family, receiver) AS a
  ON r.family = a.family AND r.receiver = a.receiver
WHERE (r.n > 1 AND r.dated < r.n) OR (r.low <> r.high AND (r.low = '' OR a.low = ''))
"""
"""Families and agencies with several referrals and one of them imprecise, or of several needs and something unnamed."""

FITTING = """
SELECT b.family, b.receiver, b.need, a.c, a.place, a.contact_id
FROM answering AS a JOIN (SELECT family, receiver, need, min(opens) AS opens FROM referred GROUP BY family, receiver, need) AS b
    ON a.family = b.family AND a.receiver = b.receiver
  LEFT JOIN unclear AS u ON a.family = u.family AND a.receiver = u.receiver
WHERE u.family IS NULL AND a.place >= b.opens AND (a.need = b.need OR a.need = '' OR b.need = '')
"""

QUEUED = """
SELECT family, receiver, need, c, is_answer, sum(is_answer) OVER w AS answers, sum(1 - is_answer) OVER w AS referrals
FROM (
  SELECT family, receiver, need, c, place, contact_id, 1 AS is_answer FROM fitting
  UNION ALL
  SELECT r.family, r.receiver, r.need, r.c, r.opens AS place, r.contact_id, 0 AS is_answer
  FROM referred AS r JOIN (SELECT DISTINCT family, receiver, need FROM fitting) AS q
    ON r.family = q.family AND r.receiver = q.receiver AND r.need = q.need
) AS e
WINDOW w AS (PARTITION BY family, receiver, need ORDER BY place, is_answer, contact_id
  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
"""
"""Referrals and answers in one line, each with how many of both have come by then."""

SERVED = """
SELECT r.family, r.c AS referral, a.c AS answer
FROM (
  SELECT family, receiver, need, c, referrals + max(answers + 1 - referrals) OVER (
    PARTITION BY family, receiver, need ORDER BY referrals ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn
  FROM queued WHERE is_answer = 0
) AS r JOIN queued AS a
  ON r.family = a.family AND r.receiver = a.receiver AND r.need = a.need AND r.turn = a.answers AND a.is_answer = 1
"""
"""A referral is answered by the first answer after it, or, where that one is taken, by the one after the last referral's."""

CHOICES = """
SELECT r.family, r.receiver, 0 AS is_answer, r.c, r.need, r.opens AS place, r.earliest, r.latest, r.contact_id
FROM referred AS r JOIN unclear AS u ON r.family = u.family AND r.receiver = u.receiver
UNION ALL
SELECT a.family, a.receiver, 1 AS is_answer, a.c, a.need, a.place, 0 AS earliest, 0 AS latest, a.contact_id
FROM answering AS a JOIN unclear AS u ON a.family = u.family AND a.receiver = u.receiver
ORDER BY family, receiver, is_answer, earliest, latest, place, contact_id
"""


class _Row(NamedTuple):
    family: int
    receiver: int
    is_answer: int
    c: int
    need: str
    place: int


def find_answers(review: Journeys) -> None:
    """Make `referred`, `answering` and `answered` (family, referral, answer) in the review's engine."""
    engine = review.engine
    names = {"steps": review.coded, "contacts": review.session.contacts, "at": review.codes}
    engine.make("referred", REFERRED.format(**names))
    engine.make("later", LATER.format(**names))
    engine.make("answering", ANSWERING.format(**names))
    engine.make("unclear", UNCLEAR)
    engine.make("fitting", FITTING)
    engine.make("queued", QUEUED)
    engine.load("picked_answers", _picked(engine))
    engine.make("answered", f"{SERVED} UNION ALL SELECT family, referral, answer FROM picked_answers")
    engine.drop("later", "unclear", "fitting", "queued", "picked_answers")


def _picked(engine: Engine) -> pa.Table:
    """What answers what where the queue cannot tell: each row in turn goes to the first open referral that it may be about."""
    import pyarrow as pa

    found: list[tuple[int, int, int]] = []
    rows = (_Row(*r[:6]) for r in engine.each(CHOICES))
    for (family, _), group in itertools.groupby(rows, key=lambda r: (r.family, r.receiver)):
        waiting: list[_Row] = []
        for row in group:
            if not row.is_answer:
                waiting.append(row)
                continue
            referral = next((r for r in waiting if r.place <= row.place and _may_share_need(r, row)), None)
            if referral is not None:
                waiting.remove(referral)
                found.append((family, referral.c, row.c))
    columns = list(zip(*found, strict=True)) or [()] * 3
    names = ("family", "referral", "answer")
    return pa.table({n: pa.array(c, pa.int64()) for n, c in zip(names, columns, strict=True)})


def _may_share_need(a: _Row, b: _Row) -> bool:
    """Whether both can be about the same need: where either names none, the family alone must match."""
    return not a.need or not b.need or a.need == b.need
