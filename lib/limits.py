"""Intervals for shares, and waits that have not ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean, variance

CLOSE = 1e-9


def wilson(some: int, all_of: int) -> tuple[float, float] | None:
    """The 95% Wilson interval of a share; nothing where there is nothing to share.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

    >>> low, high = wilson(204, 484)
    >>> round(low, 4), round(high, 4)
    (0.3783, 0.4659)
    """
    from scipy.stats import binomtest

    if not all_of:
        return None
    found = binomtest(some, all_of).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def median_wait(ended: Sequence[float], still_open: Sequence[float]) -> float | None:
    """The first wait by which half have ended, those still open counted as long as they have lasted (Kaplan and Meier).

    Nothing where half have not ended: the median is not reached. Leaving the open ones out would flatter it.

    E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958).

    >>> median_wait([130, 20], [274]), median_wait([20], [274, 300]), median_wait([], [])
    (130.0, None, None)
    """
    from scipy.stats import CensoredData, ecdf

    if not ended:
        return None
    left = ecdf(CensoredData(uncensored=list(ended), right=list(still_open))).sf
    half = [float(t) for t, share in zip(left.quantiles, left.probabilities, strict=True) if share <= 0.5 + CLOSE]
    return half[0] if half else None


def middle_half(values: Sequence[float]) -> tuple[float, float] | None:
    """Between which values the middle half lies, read between neighbours where need be.

    >>> middle_half([1, 2, 3, 4, 5])
    (2.0, 4.0)
    """
    if not values:
        return None
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))

    return at(0.25), at(0.75)


def difference(before: Sequence[float], after: Sequence[float]) -> tuple[float, float] | None:
    """The 95% interval of how far the mean moved, the two sides as unlike in spread as they are; nothing under two each.

    It takes values to be independent of each other.

    B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
    Biometrika 34 (1947).

    >>> low, high = difference([1, 2, 3, 4, 5], [4, 5, 6, 7, 8])
    >>> round(low, 4), round(high, 4)
    (0.694, 5.306)
    """
    from scipy.stats import t

    if min(len(before), len(after)) < 2:
        return None
    moved = mean(after) - mean(before)
    parts = [(variance(side) / len(side), len(side) - 1) for side in (before, after)]
    spread = sum(part for part, _ in parts)
    if spread < CLOSE**2:
        return float(moved), float(moved)
    free = spread**2 / sum(part**2 / n for part, n in parts)
    reach = float(t.ppf(0.975, free)) * math.sqrt(spread)
    return float(moved - reach), float(moved + reach)
