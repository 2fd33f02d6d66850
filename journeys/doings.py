"""What agencies did with each family, in whole numbers, and which of two contacts surely came first.

Two contacts are ordered by themselves: by day, then by time if both have one. Where the records cannot say, neither came
first; the place of a row in a file is not evidence.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from journeys.journey import Journeys
from lib.dialect import literal
from lib.errors import RequestError

ROWS = """
SELECT f.name AS family, c.contact_id, c.agency, c.professional_id, c.activity, c.nature, c.reason, c.need_id, c.referred_to,
  s.day, s.second, s.earliest, s.latest, s.moment
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.agency <> 'family' AND (c.nature IN ('touch', 'referral', 'decision') OR c.activity IN ({activities}))
ORDER BY family, s.earliest, s.latest, s.second, c.contact_id
"""


@dataclass(frozen=True, slots=True)
class Doing:
    """One contact of a family: who did what, about which need, when."""

    id: str
    agency: str
    professional: str | None
    activity: str
    nature: str
    reason: str | None
    need: str | None
    to: str | None
    day: int | None
    second: int | None
    earliest: int
    latest: int
    moment: int | None

    @property
    def moves(self) -> bool:
        """Whether it is a touch or a referral: what moments and switches rest on."""
        return self.nature in ("touch", "referral")

    @property
    def is_exact(self) -> bool:
        """Whether its day is known."""
        return self.day is not None

    def surely_before(self, other: Doing) -> bool:
        """Whether it came first in every order that the records allow."""
        if self.day is not None and self.day == other.day:
            return self.second is not None and other.second is not None and self.second < other.second
        return self.latest < other.earliest

    def may_share_need(self, other: Doing) -> bool:
        """Whether both can be about one need: where either names none, the family alone must match."""
        return self.need is None or other.need is None or self.need == other.need


def doings(review: Journeys, activities: Iterable[str] = ()) -> dict[str, list[Doing]]:
    """Each family's touches, referrals and decisions, and its contacts of some other activities, in order of day.

    Raises `RequestError` where it is no review.
    """
    check_review(review)
    review.engine.tell_if_old()
    select = ROWS.format(
        steps=review.coded,
        contacts=review.session.contacts,
        at=review.codes,
        activities=", ".join(literal(a) for a in sorted(activities)) or "''",
    )
    found: dict[str, list[Doing]] = {family: [] for family in review.families}
    for family, rows in itertools.groupby(review.engine.each(select), key=lambda r: r[0]):
        found[family] = [Doing(*row) for _, *row in rows]
    return found


def check_review(review: object) -> None:
    """Stop where it is no review: raises `RequestError`."""
    if not isinstance(review, Journeys):
        raise RequestError(
            "review is not what build_journeys gives. Write review = fj.build_journeys(contacts, members) first."
        )


def by_moment(rows: Iterable[Doing]) -> dict[int, list[Doing]]:
    """The touches and referrals of each moment of one family."""
    found: dict[int, list[Doing]] = {}
    for row in rows:
        if row.moment is not None:
            found.setdefault(row.moment, []).append(row)
    return found
