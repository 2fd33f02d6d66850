"""A finding in words, as a notebook shows it: plain text that nothing on a page takes for more."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Said(str):
    """A sentence or a few, shown as plain text in a notebook.

    >>> Said("2 families")._repr_markdown_()
    '2 families'
    """

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return re.sub(r"([\\`*_{}\[\]()#+!|<>$~&])", r"\\\1", self)


class Points(Said):
    """Several findings, each a point of its own on a page; as text they follow one another.

    >>> print(Points.of(["One thing.", "", "Another."])._repr_markdown_())
    - One thing.
    - Another.
    """

    __slots__ = ("points",)
    points: tuple[str, ...]

    @classmethod
    def of(cls, points: Iterable[str]) -> Points:
        """Points from sentences; empty ones are left out."""
        some = tuple(point for point in points if point)
        made = cls(" ".join(some))
        made.points = some
        return made

    def _repr_markdown_(self) -> str:
        return "\n".join(f"- {Said(point)._repr_markdown_()}" for point in self.points)


def is_are(n: int) -> str:
    """The verb for a number of things."""
    return "is" if n == 1 else "are"


def was_were(n: int) -> str:
    """The same, of what is over."""
    return "was" if n == 1 else "were"
