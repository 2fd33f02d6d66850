"""What was done with each family, row by row in whole numbers: who, about which need, when.

Rows come in an order that is the same every time, which is no evidence: `surely_before` says which of two came first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeys.activities import Activities
from journeys.book import read_book
from journeys.journey import Journeys, check_review
from lib.dialect import literal
from lib.errors import RequestError
from lib.order import Dated

ROWS = """
SELECT f.name AS family, c.contact_id, c.agency, c.professional_id, c.activity, c.nature, c.asked_by, c.need_id, c.outcome,
  c.reason, c.referred_to, s.day, s.second, s.earliest, s.latest, s.moment
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.nature IN ('touch', 'referral', 'decision') OR c.activity IN ({activities})
  OR (c.need_id IS NOT NULL AND c.asked_by IN ('family', 'other agency'))
ORDER BY family, s.earliest, s.latest, s.second, c.contact_id
"""


@dataclass(frozen=True, slots=True)
class Dealing(Dated):
    """One contact of a family: who did what, about which need, when."""

    id: str
    agency: str
    professional: str | None
    activity: str
    nature: str
    asked_by: str
    need: str | None
    outcome: str | None
    reason: str | None
    to: str | None
    day: int | None
    second: int | None
    earliest: int
    latest: int
    moment: int | None

    @property
    def moves(self) -> bool:
        """Whether it is a touch or a referral: what moments, professionals and steps rest on."""
        return self.nature in ("touch", "referral")

    @property
    def passes_on(self) -> bool:
        """Whether it refers the family to another agency, and says to which."""
        return self.nature == "referral" and self.to is not None and self.to != self.agency

    @property
    def is_exact(self) -> bool:
        """Whether its day is known."""
        return self.day is not None

    def may_share_need(self, other: Dealing) -> bool:
        """Whether both can be about one need: where either names none, the family alone must match."""
        return self.need is None or other.need is None or self.need == other.need

    def carries(self, mark: str, activities: Activities) -> bool:
        """Whether its activity carries a mark, or its outcome is one of a marked activity's words."""
        return activities.means(mark, self.agency, self.activity, self.outcome)


FEW_FAMILIES = 200
"""So many families' dealings are kept for who asks next; those of a whole area would fill the memory."""


def dealings(review: Journeys, named: Iterable[str] = ()) -> Mapping[str, Sequence[Dealing]]:
    """Each family's touches, referrals and decisions, what carries feedback, and rows in which somebody asked.

    `named` are further activities whose rows are wanted. Raises `RequestError` where it is no review.
    """
    check_review(review)
    review.engine.tell_if_old()
    marked = sorted({*review.activities.marked("feeds_back"), *review.activities.marked("closes"), *named})
    if len(review.families) > FEW_FAMILIES:
        return _read(review, marked)
    return review.once(f"dealings, also {marked}", lambda: _read(review, marked))


def _read(review: Journeys, marked: Sequence[str]) -> Mapping[str, Sequence[Dealing]]:
    select = ROWS.format(
        steps=review.coded,
        contacts=review.session.contacts,
        at=review.codes,
        activities=", ".join(literal(a) for a in marked) or "''",
    )
    found: dict[str, Sequence[Dealing]] = dict.fromkeys(review.families, ())
    for family, rows in itertools.groupby(review.engine.each(select), key=lambda r: r[0]):
        found[family] = tuple(Dealing(*row) for _, *row in rows)
    return found


def by_agencies(review: Journeys, named: Iterable[str] = ()) -> Mapping[str, Sequence[Dealing]]:
    """The same, less what the family itself recorded."""
    return {family: [row for row in rows if row.agency != "family"] for family, rows in dealings(review, named).items()}


def by_moment(rows: Iterable[Dealing]) -> dict[int, list[Dealing]]:
    """The touches and referrals of each moment of one family."""
    found: dict[int, list[Dealing]] = {}
    for row in rows:
        if row.moment is not None:
            found.setdefault(row.moment, []).append(row)
    return found


def each_once(by_family: Mapping[str, Sequence[Dealing]]) -> Iterator[Dealing]:
    """Every contact once, though a child of two families has it in two journeys."""
    seen: set[str] = set()
    for rows in by_family.values():
        for row in rows:
            if row.id not in seen:
                seen.add(row.id)
                yield row


def said_values(review: Journeys, steps: Sequence[Mapping[str, Any]] | None = None) -> dict[str, bool]:
    """What reviewers said of contacts: contact -> whether it was a value step; rows that say neither are left out.

    `steps` are rows of contact_id and is_value (yes, no or empty), those of the review book unless given.
    """
    said: dict[str, bool] = {}
    for row in read_book(review).rows("steps") if steps is None else steps:
        contact, word = str(row["contact_id"]), str(row.get("is_value") or "").strip().lower()
        if word not in ("yes", "no", ""):
            raise RequestError(f"contact '{contact}': is_value is yes, no or empty. Correct it in the review book.")
        if word and said.setdefault(contact, word == "yes") != (word == "yes"):
            raise RequestError(f"contact '{contact}' is called a value step in one row and none in another. Keep one.")
    return said


def is_value(row: Dealing, activities: Activities, said: Mapping[str, bool]) -> bool:
    """Whether a contact was a value step: a touch that is help, unless a reviewer said otherwise."""
    return said.get(row.id, row.nature == "touch" and activities.is_help(row.activity))
