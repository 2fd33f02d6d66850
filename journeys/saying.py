"""A finding in words, as a notebook shows it: plain text that nothing on a page takes for more."""

from __future__ import annotations

import re


class Said(str):
    """A sentence or a few, shown as plain text in a notebook.

    >>> Said("2 families")._repr_markdown_()
    '2 families'
    """

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return re.sub(r"([\\`*_{}\[\]()#+!|<>$~&])", r"\\\1", self)


def is_are(n: int) -> str:
    """The verb for a number of things."""
    return "is" if n == 1 else "are"


def was_were(n: int) -> str:
    """The same, of what is over."""
    return "was" if n == 1 else "were"
