"""How long before a family's crisis a rule first fired: ended, still open, or only possible.

Nothing counts as foresight but what could be known before the first day on which the crisis may have fallen: a rule
that fires on the crisis's own day has seen the crisis, and not what came before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from journeys.crises import Crises


class Fired(NamedTuple):
    """A firing for a family: the day it could be known, and whether the rule was certainly met."""

    known: int
    certain: bool


class Lead(NamedTuple):
    """The days from a family's first firing to its crisis, or to the end of its records where it came to none.

    `certain` where both the firing and the day of the crisis are; the first certain firing comes before a possible one.
    """

    days: int
    ended: bool
    certain: bool


def first_lead(fired: Iterable[Fired], crisis: tuple[int, int] | None, crises: Crises) -> Lead | None:
    """The lead of one family; nothing where no firing of the period came before its crisis.

    >>> about = Crises("a crisis", frozenset(), None, {}, 0, 100, 90)
    >>> first_lead([Fired(39, True)], (40, 40), about), first_lead([Fired(40, True)], (40, 40), about)
    (Lead(days=1, ended=True, certain=True), None)
    >>> first_lead([Fired(30, True)], None, about)
    Lead(days=60, ended=False, certain=True)
    """
    inside = [f for f in fired if crises.start <= f.known <= crises.end and (crisis is None or f.known < crisis[0])]
    if not inside:
        return None
    first = min(inside, key=lambda f: (not f.certain, f.known))
    if crisis is None:
        return Lead(max(crises.until - first.known, 0), False, first.certain)
    return Lead(crisis[0] - first.known, True, first.certain and crisis[0] == crisis[1])


def leads(families: Sequence[str], fired: Mapping[str, Sequence[Fired]], crises: Crises) -> dict[str, Lead]:
    """The lead of each family that a rule fired for; families in crisis before the period have none."""
    found = {}
    for family in families:
        if not crises.is_already(family):
            lead = first_lead(fired.get(family, ()), crises.days.get(family), crises)
            if lead is not None:
                found[family] = lead
    return found
