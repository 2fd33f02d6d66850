"""How much a rule warns of crises beyond what chance would, on some families, and how many alarms it raises."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from journeys.crises import Crises
from journeys.leads import Fired, first_lead

YEAR = 365.25
NORMAL = 1.959964
"""So many standard errors to each side make a 95% interval."""


Firing = tuple[str, Fired, frozenset[str]]
"""A family, a firing for it, and the evidence."""


class Score(NamedTuple):
    """What one rule did on some families."""

    crises: int
    fired_before: int
    days_median: float | None
    warning: float
    chance: float
    beyond_low: float
    beyond_high: float
    no_crisis: int
    fired_no_crisis: int
    alarms_per_100: float

    @property
    def beyond(self) -> float:
        """Mean days of warning beyond chance."""
        return self.warning - self.chance


def score(fired: Sequence[Firing], families: Sequence[str], crises: Crises) -> Score:
    """What a rule's firings did for some families.

    `warning`: the mean days from a family's first firing to its crisis; a family it missed counts 0. `chance`: the same
    for families with no crisis, had each crisis day been theirs, on average. A rule that fires for everybody alike
    warns no one: its two numbers are the same. The interval of the difference is that of two means (normal).
    """
    import numpy as np

    mine, own, alarms = set(families), defaultdict(list), set()
    for family, one, evidence in fired:
        if family in mine and crises.start <= one.known <= crises.end:
            own[family].append(one)
            alarms.add(evidence)
    first = {f: min(one.known for one in ones) for f, ones in own.items()}
    came, calm = [f for f in families if f in crises.days], [f for f in families if f not in crises.days]
    days = np.array([crises.days[f][0] for f in came], float)
    warnings = np.array([max(crises.days[f][0] - first[f], 0) if f in first else 0 for f in came], float)
    chances = np.array([np.maximum(days - first[f], 0).mean() if f in first else 0 for f in calm], float)
    warning, chance = float(warnings.mean()), float(chances.mean())
    # A mean's own error, for each side; the two sides are different families. The days of crises are taken as they are.
    error = math.sqrt(sum(float(a.var(ddof=1)) / len(a) for a in (warnings, chances) if len(a) > 1))
    low, high = warning - chance - NORMAL * error, warning - chance + NORMAL * error
    leads = [lead for f in came if (lead := first_lead(own.get(f, ()), crises.days[f], crises))]
    sure = [lead.days for lead in leads if lead.certain]
    years = (crises.end - crises.start + 1) / YEAR
    return Score(
        crises=len(came),
        fired_before=len(leads),
        days_median=statistics.median(sure) if sure else None,
        warning=warning,
        chance=chance,
        beyond_low=low,
        beyond_high=high,
        no_crisis=len(calm),
        fired_no_crisis=sum(f in first for f in calm),
        alarms_per_100=len(alarms) / years / len(families) * 100,
    )
