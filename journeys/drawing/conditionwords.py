"""Conditions as the figures show them: which are drawn, their counts, and the words round them, made by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from journeys.causes import OTHER, Condition, Explained
from journeys.drawing import captions
from lib.figures import Frame, Picture, Sheet, alt_text, open_picture
from lib.lettering import clean, count, in_words, sentence, wrap, write
from lib.timescale import said

MOST = 12
"""As many conditions, and as many assumptions, as a picture holds; the table holds all."""

NARROW = Sheet(576, 600, 28.8, 1.0, 14.5, 10.5, 9.5, 9, 8, 8)
MIDDLE = Sheet(691.2, 600, 28.8, 1.0, 14.5, 10.5, 9.5, 9, 8, 8)
WIDE = Sheet(842, 600, 32.4, 1.0, 15, 10.5, 9.5, 9, 8, 8)


@dataclass(frozen=True)
class Told:
    """What the figures draw: conditions that are no hunches, and the events of each that show each effect."""

    found: Explained
    drawn: list[Condition]
    named: int
    hunches: int
    effects: list[str]
    cells: Mapping[tuple[int, str], int]
    seen: Mapping[str, int]
    table: pd.DataFrame

    @property
    def events(self) -> int:
        """Events that the conditions explain, each once."""
        return len({e for one in self.found.conditions if not one.is_hunch for e in one.events})

    @property
    def families(self) -> int:
        """Families in whose journeys these are."""
        return len({f for one in self.found.conditions if not one.is_hunch for f in one.families})

    def head(self, effect: str) -> list[str]:
        """An effect as the head of a column."""
        return [clean(line) for line in self.found.effects[effect].short] if effect != OTHER else ["None of", "these"]


def read(found: Explained) -> Told:
    """What is drawn of the conditions of a review; the table holds the hunches as well."""
    counts = [_counts(found, one) for one in found.conditions]
    named = [one for one in found.conditions if not one.is_hunch]
    shown = [name for name in (*found.effects, OTHER) if any(c.get(name) for c in counts[: min(len(named), MOST)])]
    cells = {(i, name): counts[i].get(name, 0) for i in range(min(len(named), MOST)) for name in shown}
    rows = [
        {
            "condition": one.words,
            "category": one.category,
            "thinking": one.thoughts,
            "events": len(one.events),
            "families": len(one.families),
            "is_hunch": one.is_hunch,
        }
        | {found.says(name): some.get(name, 0) for name in (*found.effects, OTHER)}
        for one, some in zip(found.conditions, counts, strict=True)
    ]
    heads = ["condition", "category", "thinking", "events", "families", "is_hunch"]
    table = pd.DataFrame(rows, columns=[*heads, *(found.says(name) for name in (*found.effects, OTHER))])
    events = {event: wheres for one in named[:MOST] for event, wheres in one.events.items()}
    seen = {name: sum(name in found.effects_of(wheres) for wheres in events.values()) for name in shown}
    return Told(found, named[:MOST], len(named), len(found.conditions) - len(named), shown, cells, seen, table)


def _counts(found: Explained, one: Condition) -> dict[str, int]:
    counts: dict[str, int] = {}
    for wheres in one.events.values():
        for name in found.effects_of(wheres):
            counts[name] = counts.get(name, 0) + 1
    return counts


def finding(told: Told) -> str:
    """The title: how many conditions explain how many events in how many families, and what was most often seen."""
    if not told.named:
        return "No condition that reviewers named explains two events in two families yet"
    explain = "condition explains" if told.named == 1 else "conditions explain"
    first = f"{in_words(told.named)} {explain} {count(told.events, 'event')} in {in_words(told.families)} families"
    return sentence(first)


def thinking_finding(told: Told) -> str:
    """The title of the system picture: how much thinking is named behind the conditions."""
    if not told.named:
        return finding(told)
    thoughts = len({t for one in told.found.conditions if not one.is_hunch for t in one.thoughts})
    conditions = f"{in_words(told.named)} {'condition' if told.named == 1 else 'conditions'}"
    if not thoughts:
        return f"No thinking is named yet behind {conditions} and {count(told.events, 'event')}"
    lies = "assumption lies" if thoughts == 1 else "assumptions lie"
    unsaid = sum(not one.thoughts for one in told.found.conditions if not one.is_hunch)
    ends = f"; behind {in_words(unsaid)} none is named yet" if unsaid else ""
    some = f"{in_words(told.named - unsaid)} of {conditions}" if unsaid else conditions
    return sentence(f"{in_words(thoughts)} {lies} behind {some}{ends}")


def footer(told: Told, level: str, notes: list[str]) -> list[str]:
    """Counts and source; convention; limits of use."""
    review, about = told.found.review, told.found.review.about
    invented = "invented " if about.invented else ""
    n = (
        f"n = {count(told.named, 'condition')} named by reviewers, {count(told.events, 'event')}, {told.families} of "
        f"{count(len(review), 'family', 'families')}. Period {said(review.start)} to {said(review.end)}. Source: {invented}"
        f"contact logs and the review book (data: {clean(about.name)})."
    )
    convention = [
        "A condition explains at least two events in at least two families; reviewers say that it does, and no log proves it. "
        "An event may show several things, so rows need not add up."
    ]
    if told.hunches:
        are = "hunch explains" if told.hunches == 1 else "hunches explain"
        convention.append(f"{told.hunches} {are} less, and {'is' if told.hunches == 1 else 'are'} in the table alone.")
    if told.named > len(told.drawn):
        convention.append(f"{told.named - len(told.drawn)} more conditions stand in the table.")
    if told.found.later:
        convention.append(f"{count(told.found.later, 'event')} after the period or not yet recorded not counted.")
    return [n, " ".join(convention + notes), captions.limits(review, level)]


def alt(told: Told, what: str, title: str) -> str:
    """The alt text of either figure."""
    most = sorted(told.effects, key=lambda name: (-told.seen[name], name))
    seen = [f"{told.found.says(name)}: {count(told.seen[name], 'event')}." for name in most[:2]]
    return alt_text(what, f"{title}.", *seen, invented=bool(told.found.review.about.invented))


def sentence_only(told: Told, title: str, level: str, shown: bool) -> Axes:
    """Nothing to draw yet: what there is, in words."""
    words = (
        f"{count(told.hunches, 'hunch', 'hunches')} so far: each explains fewer than two events, or one family alone."
        if told.hunches
        else "Conditions are named on the book's sheet 'conditions', each with the events that it explains."
    )
    review = told.found.review
    frame = Frame(
        title, "What in the system explains what was seen", captions.tag(review, level), [], footer(told, level, [])
    )
    lines = wrap(words, NARROW.width - 2 * NARROW.margin, NARROW.subtitle)
    step = NARROW.subtitle * 1.45
    ax, _ = open_picture(frame, NARROW, len(lines) * step + 10, left=NARROW.margin, right=NARROW.margin, shown=shown)
    for n, line in enumerate(lines):
        write(ax, 0, (n + 0.5) * step + 5, line, NARROW.subtitle)
    return finish(ax, told, "Conditions in the system: none to draw.", title)


def finish(ax: Axes, told: Told, what: str, title: str) -> Axes:
    """Give a picture its table and its alt text."""
    picture: Any = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data, picture.alt = told.table, alt(told, what, title)
    return ax
