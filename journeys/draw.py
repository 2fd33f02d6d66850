"""The kit's figures: swim-lane, map of moves, who knew what, effort and life, capability, demand, costs, lead times.

matplotlib Axes in hand, alt text and table with them. Each figure says in its title, by rule, what it shows; carries
its alt text into a notebook's output; and has a table of the numbers drawn. Nothing is ever sorted by an agency's
volume.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
from matplotlib.axes import Axes

from journeys import knowledge
from journeys.columns import TABLES
from journeys.drawcheck import (
    capability,
    conditions,
    costs,
    demand,
    effort_and_life,
    months,
    professionals,
    referrals,
    system_picture,
)
from journeys.drawing import (
    chancerow,
    costpanel,
    ecomap,
    lanes,
    leadtimes,
    linkevidence,
    mapdrawing,
    matrix,
    patternlines,
    puzzle,
    swimlane,
)
from journeys.drawing import frontier as warnings
from journeys.drawing.examples import EXAMPLES
from journeys.drawing.levels import known_level
from journeys.people import Links
from journeys.search import Search
from lib import figures
from lib.dates import read_day
from lib.engine import Table
from lib.errors import RequestError, did_you_mean, listed
from lib.figures import Picture

__all__ = [
    "alt",
    "around",
    "capability",
    "conditions",
    "costs",
    "demand",
    "effort_and_life",
    "frontier",
    "lead_times",
    "link_evidence",
    "map",
    "months",
    "pattern",
    "professionals",
    "referrals",
    "save",
    "system_picture",
    "table",
    "timeline",
    "who_knew_what",
]


def timeline(
    journey: Any,
    firings: Any = None,
    *,
    chances: Any = None,
    first_help: Any = None,
    costs: Table | None = None,
    size: str = "a4",
    level: str = "team",
    frame: bool = True,
) -> Axes:
    """One family's contacts by agency, in time, with the family's life on top: the swim-lane.

    Goes in: a journey (`review["F0003"]`) and, if wanted, the firings that `find_triggers` gave, or the `chances` that
    `find_chances` gave (of any families: only this one's are drawn), and the `costs` that `fj.costs` gave: then a panel
    beneath shows the cost so far, where the family has six contacts or more, and the table what each agency's contacts
    cost. With chances a bar shows the time from the first that no reviewer rejected to first help: on the day
    `first_help`, or without one on the first day of help that the first chance has. `size` is the paper, `a4` or `a3`;
    `frame=False` leaves title and footer to the page around. Comes out: the Axes, time across. Lanes stand in the order
    of each agency's first contact.

    Raises RequestError where the size or the level is not known, at level `board`, since it shows one family, where
    both firings and chances are given, or where they are not what they should be.
    """
    _known_size(size)
    known_level(level)
    if level == "board":
        raise RequestError(
            "A swim-lane shows one family, contact by contact, so it is not drawn at level 'board'. "
            "Ask for level='team', for named readers, or draw the map of all families."
        )
    if chances is not None and firings is not None:
        raise RequestError(
            "The row above the lanes holds triggers or chances to help. Give firings or chances, not both."
        )
    if first_help is not None and chances is None:
        raise RequestError("first_help is drawn beside chances to help. Give chances too.")
    given = chances.df() if isinstance(chances, Table) else chances
    if given is not None and not (isinstance(given, pd.DataFrame) and chancerow.is_chances(given)):
        raise RequestError("This is not what find_chances gives. Write chances = fj.find_chances(review) first.")
    day = read_day(first_help, "first_help")
    if isinstance(firings, Table):
        rules = firings.owner.rules.triggers
        firings = firings.df()
        firings["says"] = [rules[name].says for name in firings["trigger"]]
    story = lanes.tell(journey, firings, given, day)
    with figures.style():
        spent = None if costs is None else costpanel.of_family(costs, journey, story.contacts)
        return swimlane.draw(story, journey.review, figures.SHEETS[size], level, frame, spent)


def map(graph: nx.DiGraph, *, level: str = "team", frame: bool = True) -> Axes:
    """The journey map: how often one follows another, for a graph that `review.map(by=...)` or `journey.graph` gave.

    Comes out: the Axes. Bands run left to right, as thick as their moves; moves back are thin dashed lines, in words;
    a move to the same again is words under the name. The smallest bands are left out past 24, and the footer says how
    many moves that hides. Place on the page is order of travel, not rank.

    Raises RequestError where the level is not known, and for a map of professionals at level `board`.
    """
    known_level(level)
    if level == "board" and graph.graph.get("by") == "professional":
        raise RequestError("A map of professionals names people, so it is not drawn at level 'board'. Use by='agency'.")
    with figures.style():
        return mapdrawing.draw(graph, level, frame)


def who_knew_what(
    journey: Any, known: Table | None = None, *, size: str = "a4", level: str = "team", frame: bool = True
) -> Axes:
    """Which agency knew which fact of one family, and from when; and the day by which they together knew enough.

    Goes in: a journey (`review["F0003"]`) and, if wanted, what `who_knew_what` gave (of any families: only this one's
    is drawn); without it, it is worked out here. Comes out: the Axes. Rows stand in the order of each agency's first
    contact, as in the swim-lane, and columns in the order in which anybody first knew. Beneath them, day by day, the
    facts known to all together and to whichever agency knew most, unnamed. Under three facts there is a sentence.

    Raises RequestError where the size or the level is not known, and at level `board`: it shows one family.
    """
    _known_size(size)
    known_level(level)
    if level == "board":
        raise RequestError(
            "Who knew what is about one family, so it is not drawn at level 'board'. Ask for level='team', for named "
            "readers, or give the board fj.measures.knowledge for all families."
        )
    if known is None:
        known = knowledge.who_knew_what(journey.alone)
    with figures.style():
        return matrix.draw(puzzle.read(journey, known), journey.review, size, level, frame)


def around(
    journey: Any, members: Table | pd.DataFrame, *, size: str = "a4", level: str = "team", frame: bool = True
) -> Axes:
    """Who is in one family, and who is around it: its members, who and what was holding it up, and the agencies.

    Goes in: a journey (`review["F0003"]`) and what `read_members` gave. Comes out: the Axes. Members stand in the middle,
    by number; around them, clockwise from the top, who and what people named in the review book, then the agencies in the
    order in which they first met the family. A line is as thick as the touches and referrals of the period, and solid
    where one lies within the last 90 days. Who is whose parent, child or partner no log says, and nothing is guessed.

    Raises RequestError where the size or the level is not known, where members is not what `read_members` gives, and at
    level `board`: it shows one family.
    """
    _known_size(size)
    known_level(level)
    if level == "board":
        raise RequestError(
            "This shows who is in one family, so it is not drawn at level 'board'. Ask for level='team', for named readers, "
            "or give the board fj.measures.agencies for all families."
        )
    with figures.style():
        return ecomap.draw(journey, members, size, level, frame)


def link_evidence(
    links: Links, record_a: str, record_b: str, *, invented: bool = False, level: str = "team", frame: bool = True
) -> Axes:
    """Why two records may be one person: a waterfall of what each column weighs, and what that comes to.

    Goes in: what `link_people` gave, and the ids of two records. `invented` puts the tag of invented data on it. Comes out:
    the Axes. Columns stand in the order of the rules; one in which either record has nothing is not drawn. No value of a
    record is shown, and neither is its id.

    Raises RequestError where the level is not known, at level `board`, since it is about two people, and where the two
    were not weighed: they share nothing by which records are looked up, or weigh too little to be asked about.
    """
    known_level(level)
    if level == "board":
        raise RequestError(
            "This is about two people's records, so it is not drawn at level 'board'. Ask for level='team'."
        )
    if not isinstance(links, Links):
        raise RequestError("links is not what link_people gives. Write links = fj.link_people(records) first.")
    both = sorted((record_a, record_b))
    found = links.pairs[(links.pairs["record_a"] == both[0]) & (links.pairs["record_b"] == both[1])]
    if found.empty or found["match_weight"].isna().all():
        raise RequestError(
            "These two records were not weighed. links.pairs lists those that were, with record_a and record_b."
        )
    with figures.style():
        return linkevidence.draw(found.iloc[0], links.model, level, frame, invented)


def _known_size(size: str) -> None:
    if size not in figures.SHEETS:
        raise RequestError(f"There is no size '{size}'.{did_you_mean(size, figures.SHEETS)} Use 'a4' or 'a3'.")


def pattern(name: str, *, frame: bool = True) -> Axes:
    """What a pattern of rules is: a line of invented contacts that fires, and one that just does not.

    `name` is one of the patterns of triggers.yml: repeat, spread, follow, sequence, silence, rate, escalate, first or
    combine. Comes out: the Axes, time across, the window under each line. The lines are put through the pattern itself.

    Raises RequestError where there is no such pattern.
    """
    if name not in EXAMPLES:
        raise RequestError(f"There is no pattern '{name}'.{did_you_mean(name, EXAMPLES)} Patterns: {listed(EXAMPLES)}.")
    with figures.style():
        return patternlines.draw(name, frame)


def lead_times(backtest: pd.DataFrame, review: Any, *, level: str = "team", frame: bool = True) -> Axes:
    """How long before the crisis each rule first fired, family by family, and in how many families nothing followed.

    Goes in: what `backtest` gave, and the review that it was given. Comes out: the Axes, time running to the crisis at
    the right. Rules stand in the order in which they were agreed; at most nine are drawn, and the table holds them all.
    Open ones ("at least this long") and possible ones are counted, and outside the median, which needs three. Rows of
    groups are not drawn.

    Raises RequestError where the level is not known or the frame is no backtest.
    """
    known_level(level)
    if not isinstance(backtest, pd.DataFrame) or not {c.name for c in TABLES["backtest"]} <= set(backtest.columns):
        raise RequestError(
            "This is not what backtest gives, with all its columns. Write tried = fj.backtest(review) and "
            "fj.draw.lead_times(tried, review)."
        )
    with figures.style():
        return leadtimes.draw(backtest, review, level, frame)


def frontier(search: Search, *, level: str = "team", frame: bool = True) -> Axes:
    """Warning against alarms for every rule that a search tried: which buys more warning for its alarms than any other.

    Goes in: what `search_triggers` gave. Comes out: the Axes, alarms across and days of warning beyond chance up, both
    from 0, on the families held out. The stated load is a line; at most eight rules are named, and the table holds all.

    Raises RequestError where the level is not known or it is no search.
    """
    known_level(level)
    if not isinstance(search, Search):
        raise RequestError(
            "This is not what search_triggers gives. Write search = fj.search_triggers(review, alarms_per_100=30) and "
            "fj.draw.frontier(search)."
        )
    with figures.style():
        return warnings.draw(search, level, frame)


def _picture(ax: Axes) -> Picture:
    picture = ax.get_figure(root=True)
    if not isinstance(picture, Picture):
        raise RequestError("These Axes were not drawn by the kit. Give what one of fj.draw's figures returned.")
    return picture


def alt(ax: Axes) -> str:
    """The alt text of a figure, 350 characters at most, written from what is drawn."""
    return _picture(ax).alt


def table(ax: Axes) -> pd.DataFrame:
    """The numbers of a figure as a table: a row per agency for a swim-lane, per agency and year for costs, per pair for
    a map, per date for who knew what, per contact for a pattern, per kind for why families asked, per member, support
    and agency for who is around a family, per rule for the others.
    """
    data = _picture(ax).data
    return pd.DataFrame() if data is None else data.copy()


def save(ax: Axes, stem: str | Path) -> list[Path]:
    """Write the figure beside `stem` as SVG and PNG, and say where; the same data give the same bytes."""
    _picture(ax)
    return figures.save(ax, stem)
