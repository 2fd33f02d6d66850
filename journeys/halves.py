"""Families to learn on, and families held out to judge by: dealt by chance, those that came to crisis evenly."""

from __future__ import annotations

import hashlib

from journeys.crises import Crises
from journeys.journey import Journeys
from lib.errors import RequestError

LEAST_CRISES = 20
"""Families that must have come to crisis, and as many that did not: ten of each to learn on, ten to judge by."""

SHARING = """
SELECT f.name AS one, g.name AS other
FROM {steps} AS s JOIN {steps} AS t ON s.c = t.c JOIN {at}families AS f ON s.family = f.code
  JOIN {at}families AS g ON t.family = g.code
WHERE s.family < t.family GROUP BY f.name, g.name
"""
"""Families in whose journeys the same contact stands: a child of both."""


def halves(review: Journeys, crises: Crises, seed: int) -> tuple[list[str], list[str]]:
    """Families to learn on and families held out. Families in crisis before the period are in neither.

    Families that share a child stay together, or what was learned on the one would be known of the other. The same
    seed deals the same families the same way, whatever else is in the data.

    Raises `RequestError` where too few families came to crisis, or too few did not.
    """
    counted = [f for f in review.families if not crises.is_already(f)]
    came = [f for f in counted if f in crises.days]
    if min(len(came), len(counted) - len(came)) < LEAST_CRISES:
        raise RequestError(
            f"a search needs {LEAST_CRISES} families that came to crisis and {LEAST_CRISES} that did not, and there are "
            f"{len(came)} and {len(counted) - len(came)}: fewer would find chance. Take in more families, a longer "
            f"period, or a commoner crisis (here: first {crises.says})."
        )
    together = _together(review, counted)
    learn: set[str] = set()
    for with_crisis in (True, False):
        some = [g for g in together if any(f in crises.days for f in g) == with_crisis]
        some.sort(key=lambda g: hashlib.sha256(f"{seed}:{g[0]}".encode()).digest())
        learn |= {f for group in some[: (len(some) + 1) // 2] for f in group}
    return sorted(learn), sorted(set(counted) - learn)


def _together(review: Journeys, families: list[str]) -> list[list[str]]:
    """The families, those that share a child in one group, in order of name."""
    group = {f: [f] for f in families}
    for one, other in review.engine.rows(SHARING.format(steps=review.coded, at=review.codes)):
        if one in group and other in group and group[one] is not group[other]:
            group[one] += group[other]
            for family in group[other]:
                group[family] = group[one]
    return [sorted(members) for family, members in group.items() if family == min(members)]
