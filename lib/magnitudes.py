"""Figures that rest on counts, and leave only where the counts do: shares, sums, means, medians, weeks.

All in whole numbers, so that a page is the same on every machine.

Source: dominance as in ACRO (the two largest, 90%); denominators, medians and class disclosure as in the output checks
of the Secure Research Service of the Office for National Statistics.
"""

from __future__ import annotations

from collections.abc import Sequence

from lib.disclose import HIDDEN, NOT_APPLICABLE, ROUNDS_TO_NOTHING, Rule, Shown
from lib.errors import RequestError

LEAST_DENOMINATOR = 20
LARGEST_OF_A_SUM, LARGEST_TWO = 50, 90
"""Per cent of a sum that one unit, and two, may make up."""

BEYOND = 5
"""A median, or a percentile, has at least so many values on its thinner side."""


def share(part: int, whole: int, rule: Rule, *, is_sensitive: bool = False) -> Shown:
    """A share in whole per cent, from the rounded counts; hidden unless all three counts that it tells may be shown.

    `is_sensitive`: nobody and everybody are hidden too. `k` where some did and the share rounds to 0; `z` where there is
    nobody to be a share of. Raises RequestError where the part is more than the whole.

    >>> share(30, 100, Rule()), share(4, 100, Rule()), share(95, 100, Rule()), share(0, 0, Rule())
    (30, 'c', 'c', 'z')
    >>> share(100, 100, Rule()), share(100, 100, Rule(), is_sensitive=True)
    (100, 'c')
    """
    if not 0 <= part <= whole:
        raise RequestError("a share's part lies between 0 and its whole. Count both from the same rows.")
    if whole == 0:
        return NOT_APPLICABLE
    if whole < LEAST_DENOMINATOR or any(0 < n < rule.threshold for n in (part, whole - part)):
        return HIDDEN
    if is_sensitive and part in (0, whole):
        return HIDDEN
    over, under = rule.round(part), rule.round(whole)
    found = (200 * over + under) // (2 * under)
    return ROUNDS_TO_NOTHING if part and not found else found


def total(of_each: Sequence[int], rule: Rule) -> Shown:
    """A sum over units, to two figures; hidden where few units, or one or two of them, make it up.

    `of_each`: what each unit brings, in whole numbers from 0; units that bring nothing do not count.

    >>> total([10] * 12, Rule()), total([10] * 11 + [200], Rule()), total([10] * 9, Rule())
    (120, 'c', 'c')
    """
    brought = _whole(of_each)
    if not brought:
        return 0
    if len(brought) < rule.threshold or _is_dominated(brought):
        return HIDDEN
    return two_figures(sum(brought))


def mean(of_each: Sequence[int], rule: Rule) -> Shown:
    """A mean over units, to two figures of the sum and the rounded count, in whole numbers; hidden where the sum is.

    >>> mean([10] * 12, Rule()), mean([10] * 3, Rule())
    (12, 'c')
    """
    brought = _whole(of_each)
    if not of_each:
        return NOT_APPLICABLE
    if not brought:
        return 0 if len(of_each) >= rule.threshold else HIDDEN
    if len(brought) < rule.threshold or _is_dominated(brought):
        return HIDDEN
    units = rule.round(len(of_each))
    return (2 * two_figures(sum(brought)) + units) // (2 * units)


def middle(values: Sequence[int], rule: Rule, *, percent: int = 50) -> Shown:
    """A median, or another percentile, of whole numbers: the lower of two in the middle; hidden where too few are near.

    At least 5 values lie on the thinner side, and the values are as many as the threshold. There is no lowest, highest
    or most frequent value, which are one unit's.

    >>> middle(range(10), Rule()), middle(range(9), Rule()), middle(range(40), Rule(), percent=10)
    (4, 'c', 'c')
    """
    if not 0 < percent < 100:
        raise RequestError("a percentile lies between 0 and 100: the lowest and the highest are one unit's.")
    if not values:
        return NOT_APPLICABLE
    if len(values) < rule.threshold or len(values) * min(percent, 100 - percent) < BEYOND * 100:
        return HIDDEN
    return sorted(values)[(len(values) * percent - 1) // 100]


def weeks(days: int) -> int:
    """Days as whole weeks, halves up: outside the partnership nothing is told to the day.

    >>> weeks(3), weeks(4), weeks(10), weeks(11)
    (0, 1, 1, 2)
    """
    return (2 * days + 7) // 14


def two_figures(number: int) -> int:
    """A whole number to two figures, halves up.

    >>> two_figures(1249), two_figures(1250), two_figures(99), two_figures(995)
    (1200, 1300, 99, 1000)
    """
    step = 10 ** max(0, len(str(number)) - 2)
    return step * ((number + step // 2) // step)


def _whole(of_each: Sequence[int]) -> list[int]:
    if any(type(n) is not int or n < 0 for n in of_each):
        raise RequestError("a sum is of whole numbers from 0. Round pounds to pounds, and leave out what is owed.")
    return sorted((n for n in of_each if n), reverse=True)


def _is_dominated(brought: Sequence[int]) -> bool:
    whole = sum(brought)
    return 100 * brought[0] > LARGEST_OF_A_SUM * whole or 100 * sum(brought[:2]) > LARGEST_TWO * whole
