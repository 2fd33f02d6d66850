"""What the figures of looking back have in common: the paper, the tag, and the words about limits of use."""

from __future__ import annotations

from typing import Any

from lib.figures import Sheet
from lib.lettering import clean
from lib.timescale import said

NAVY, BLUE, GREY, QUIET, PALE, GRID = "#12436D", "#2073BC", "#3D3D3D", "#BFBFBF", "#F3F3F1", "#D9D9D9"
SMALL = Sheet(576, 760, 28.8, 1.0, 14.5, 10.5, 9.5, 9, 8, 8)
"""Eight inches wide, as a board paper takes it."""


def tag(review: Any, level: str) -> str:
    """The boxed words at the top right: that the data are invented, or the level and the marking."""
    if review.about.invented:
        return "INVENTED DATA"
    return f"{level.upper()} · {clean(review.about.marking)[:40]}" if review.about.marking else level.upper()


def source(review: Any) -> str:
    """Over which days, and from where."""
    if review.about.published:
        return f"Period {said(review.start)} to {said(review.end)}. Source: {clean(review.about.published.get('source', ''))}."
    invented = "invented " if review.about.invented else ""
    words = f"Source: {invented}contact logs (data: {clean(review.about.name)})"
    return f"Period {said(review.start)} to {said(review.end)}. {words}."


def use(review: Any, level: str) -> str:
    """Who may read it, and that nobody watches it."""
    parts = ["This is not an alert system."]
    if review.about.safeguarding_contact:
        parts.append(f"Worried about a child now: {clean(review.about.safeguarding_contact)}.")
    parts.append(f"Level: {level.upper()}, named readers only.")
    if review.about.marking:
        parts.append(f"Marking: {clean(review.about.marking)}.")
    return " ".join(parts)
