"""What the counts of asking say, in words: once, for the sentence of a report and for the figure beside it."""

from __future__ import annotations

from typing import Any

from lib.errors import count

GLOSS = "asking again because something was not done, or not done right"

LEANING = "A chase shows by itself, a first request only where its need is named: with so many unknown, the share can be too high."


def whose(askers: set[str]) -> str:
    """Who asked: the families alone, or somebody on their behalf as well."""
    return "a family asked" if askers <= {"family"} else "somebody asked"


def percent(counts: Any) -> str:
    """The share with the counts it rests on and its interval; counts first, never a percentage alone.

    >>> from types import SimpleNamespace
    >>> percent(SimpleNamespace(failure=77, value=104, share=77 / 181, low=0.3557, high=0.4983))
    '77 of 181 = 43% (95% interval 36% to 50%)'
    """
    classed = counts.failure + counts.value
    return (
        f"{counts.failure:,} of {classed:,} = {counts.share:.0%} (95% interval {counts.low:.0%} to {counts.high:.0%})"
    )


def mostly_unknown(counts: Any) -> bool:
    """Whether more is unknown than is classed, so that the share says little."""
    return bool(counts.unknown > counts.failure + counts.value)


def finding(counts: Any, asked: str) -> str:
    """The finding as a title: true of the counts alone. `asked` is who asked, as `whose` gives it."""
    classed, why = counts.failure + counts.value, "because something had not been done, or not done right"
    if not counts.asked:
        return f"No time that {asked} is in these records"
    if not classed:
        return f"Why {asked} is not known for any of {count(counts.asked, 'time')}"
    if mostly_unknown(counts):
        were = "was" if classed == 1 else "were"
        return (
            f"For {counts.unknown:,} of {counts.asked:,} times that {asked}, nobody has said why; {counts.failure:,} of "
            f"the other {classed:,} {were} failure demand"
        )
    return f"{counts.failure:,} of {count(classed, 'time')} that {asked}, it was {why}"
