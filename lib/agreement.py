"""How far two people who judged the same things agree, beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Cohen's kappa of pairs of judgements: 1 where all agree, 0 where they agree no more than chance would.

    Nothing where there are no pairs, or where both only ever said one and the same thing, so that chance alone would
    agree as well. J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20 (1960).

    >>> both_yes, only_first, only_second, both_no = [("y", "y")] * 20, [("y", "n")] * 5, [("n", "y")] * 10, [("n", "n")] * 15
    >>> kappa(both_yes + only_first + only_second + both_no), kappa([("y", "y")]), kappa([])
    (0.4, None, None)
    """
    n = len(pairs)
    agree = sum(a == b for a, b in pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    # In whole numbers as long as may be: agreement by chance is `expected` of n * n.
    expected = sum(first[name] * second[name] for name in first)
    if expected == n * n:
        return None
    return (n * agree - expected) / (n * n - expected)
