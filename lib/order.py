"""Which of two things surely came first, where some are known to the second, some to the day, and some to a span."""

from __future__ import annotations


class Dated:
    """Something with its day and second, where they are known, and the first and last day on which it may have been.

    Where the records cannot say, neither of two came first; the place of a row in a file is not evidence.

    >>> from typing import NamedTuple
    >>> class Fine(NamedTuple):
    ...     day: int | None
    ...     second: int | None
    ...     earliest: int
    ...     latest: int
    ...     surely_before = Dated.surely_before
    >>> Fine(10, None, 10, 10).surely_before(Fine(None, None, 11, 40))
    True
    >>> Fine(10, None, 10, 10).surely_before(Fine(10, 3600, 10, 10))
    False
    """

    __slots__ = ()
    day: int | None
    second: int | None
    earliest: int
    latest: int

    def surely_before(self, other: Dated) -> bool:
        """Whether it came before another in every order that the records allow."""
        if self.day is not None and self.day == other.day:
            return self.second is not None and other.second is not None and self.second < other.second
        return self.latest < other.earliest
