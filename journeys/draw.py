"""The kit's figures: swim-lane, map of moves, who knew what, effort and life, capability, demand, costs, lead times.

matplotlib Axes in hand, alt text and table with them. Each figure says in its title, by rule, what it shows; carries
its alt text into a notebook's output; and has a table of the numbers drawn. Nothing is ever sorted by an agency's
volume.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
from matplotlib.axes import Axes

from journeys import knowledge, series, spending, voice
from journeys.causes import explained
from journeys.columns import TABLES
from journeys.drawing import capability as capabilities
from journeys.drawing import (
    chancerow,
    conditionmatrix,
    conditionwords,
    costbars,
    costpanel,
    effort,
    lanes,
    leadtimes,
    mapdrawing,
    matrix,
    pareto,
    patternlines,
    puzzle,
    referralmap,
    staffchart,
    swimlane,
    systempicture,
)
from journeys.drawing import frontier as warnings
from journeys.drawing.examples import EXAMPLES
from journeys.drawing.serieswords import kind_of
from journeys.journey import Journeys
from journeys.life import Line, life_lines
from journeys.passing import Passed, passed
from journeys.search import Search
from lib import figures
from lib.dates import read_day
from lib.engine import Table
from lib.errors import RequestError, did_you_mean, listed
from lib.figures import Picture

LEVELS = ("raw", "team", "board")

__all__ = [
    "alt",
    "capability",
    "conditions",
    "costs",
    "demand",
    "effort_and_life",
    "frontier",
    "lead_times",
    "map",
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
    _known_level(level)
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


def costs(costs: Table, *, level: str = "team", frame: bool = True) -> Axes:
    """What contacts with an agreed unit cost came to, by the agency that recorded them and by financial year.

    Goes in: what `fj.costs` gave. Comes out: the Axes, a row of bars per agency on one scale, in the order in which the
    agencies first met a family, never by size; low to high beside a bar where the source gives a range. Only costs to
    public purses are drawn. The footer says how many contacts have no unit cost, at which prices, and whose figures.

    Raises RequestError where the level is not known, and at level `board` for one family.
    """
    _known_level(level)
    spending.read(costs)
    if level == "board" and len(costs.owner.review.families) == 1:
        raise RequestError(
            "These costs are one family's, so they are not drawn at level 'board'. Cost the whole review."
        )
    with figures.style():
        return costbars.draw(costs, level, frame)


def map(graph: nx.DiGraph, *, level: str = "team", frame: bool = True) -> Axes:
    """The journey map: how often one follows another, for a graph that `review.map(by=...)` or `journey.graph` gave.

    Comes out: the Axes. Bands run left to right, as thick as their moves; moves back are thin dashed lines, in words;
    a move to the same again is words under the name. The smallest bands are left out past 24, and the footer says how
    many moves that hides. Place on the page is order of travel, not rank.

    Raises RequestError where the level is not known, and for a map of professionals at level `board`.
    """
    _known_level(level)
    if level == "board" and graph.graph.get("by") == "professional":
        raise RequestError("A map of professionals names people, so it is not drawn at level 'board'. Use by='agency'.")
    with figures.style():
        return mapdrawing.draw(graph, level, frame)


def professionals(journey: Any, *, level: str = "team", frame: bool = True) -> Axes:
    """How many professionals one family had at once, and how many so far, over the whole period: a step chart.

    Goes in: a journey (`review["F0003"]`). Comes out: the Axes, time across, professionals up. Each counts from the
    first to the last touch or referral that names them; contacts that name nobody are counted beneath. Nobody is named.

    Raises RequestError where the level is not known, and at level `board`: it shows one family.
    """
    _known_level(level)
    if level == "board":
        raise RequestError(
            "This is about one family, so it is not drawn at level 'board'. Ask for level='team', for named readers, or "
            "give the board fj.measures.professionals for all families."
        )
    with figures.style():
        return staffchart.draw(journey, level, frame)


def referrals(given: Any, *, level: str = "team", frame: bool = True) -> Axes:
    """The referral map: who noticed, where families were referred to, who took them on, what came back or had no answer.

    Goes in: a review, or what `passed` gave. Comes out: the Axes. Bands run left to right, as thick as their referrals;
    each stop's bar is as long as what came in, split into passed on, sent back and no recorded answer; what came back is
    a thin dashed line, and words. The smallest bands are left out past 24, and the footer says how many that hides.
    Under four referrals there are sentences. Place on the page is order of travel, not rank.

    Raises RequestError where the level is not known, or it is neither.
    """
    _known_level(level)
    table = passed(given) if isinstance(given, Journeys) else given
    if not isinstance(table, Table) or not isinstance(table.owner, Passed):
        raise RequestError(
            "This is neither a review nor what passed gives. Write fj.draw.referrals(review), or fj.draw.referrals(fj.passed(review))."
        )
    with figures.style():
        return referralmap.draw(table.df(), table.owner.review, level, frame)


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
    _known_level(level)
    if level == "board":
        raise RequestError(
            "Who knew what is about one family, so it is not drawn at level 'board'. Ask for level='team', for named "
            "readers, or give the board fj.measures.knowledge for all families."
        )
    if known is None:
        known = knowledge.who_knew_what(journey.alone)
    with figures.style():
        return matrix.draw(puzzle.read(journey, known), journey.review, size, level, frame)


def conditions(review: Any, chances: Table | None = None, *, level: str = "team", frame: bool = True) -> Axes:
    """Conditions by what was seen of the events that each explains: a matrix of counts.

    Goes in: a review and, if they are at hand, the chances that `find_chances` gave. Comes out: the Axes. Conditions stand
    by families explained, then by their words; at most twelve are drawn, hunches never: the table holds them all. Where
    none explains two events in two families there is a sentence.

    Raises RequestError where the level is not known, and what `fj.conditions` raises.
    """
    _known_level(level)
    told = conditionwords.read(explained(review, chances))
    with figures.style():
        return conditionmatrix.draw(told, level, frame)


def system_picture(review: Any, chances: Table | None = None, *, level: str = "team", frame: bool = True) -> Axes:
    """The system as reviewers explain it: what is taken for granted, the conditions, what was seen; left to right.

    Goes in and comes out: as for `conditions`. Place on the page is chosen so that few lines cross, and is no rank.
    """
    _known_level(level)
    told = conditionwords.read(explained(review, chances))
    with figures.style():
        return systempicture.draw(told, level, frame)


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
    _known_level(level)
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
    _known_level(level)
    if not isinstance(search, Search):
        raise RequestError(
            "This is not what search_triggers gives. Write search = fj.search_triggers(review, alarms_per_100=30) and "
            "fj.draw.frontier(search)."
        )
    with figures.style():
        return warnings.draw(search, level, frame)


def demand(rows: Table, *, level: str = "team", frame: bool = True) -> Axes:
    """Why families asked: failure and value demand with the interval of the share, what is unknown apart, and the kinds.

    Goes in: what `fj.demand` gave. Comes out: the Axes. Kinds stand by how often, failure and value in blocks of their
    own, failure with a running total; past nine kinds the rest are one row, and the table holds them all. A family's own
    words stand in quotation marks. Under 20 asks there is a table, under 5 a sentence. Nothing is by agency.

    Raises RequestError where the level is not known or the rows are of another kind.
    """
    _known_level(level)
    with figures.style():
        return pareto.draw(rows, level, frame)


def capability(
    values: pd.DataFrame,
    review: Any,
    *,
    splits: Mapping[Any, str] | None = None,
    decided_beforehand: bool | None = None,
    method: str = "mean",
    exclude: str = "none",
    signals: str = "wheeler",
    level: str = "team",
    frame: bool = True,
) -> Axes:
    """What a measure predictably does: its values in time, natural limits, and a question at each signal.

    Goes in: what `fj.measures.monthly`, `attendance` or `between_crises` gave, and the review, or the journey, that it is
    of. `splits` gives days and the reason for each ({"2024-07-01": "one point of contact begins"}); `decided_beforehand`
    says whether they were. `method`, `exclude` and `signals` name the convention, as `lib.xmr.xmr` takes them. Comes out:
    the Axes, values above and moves from one value to the next below. Under 6 values there are no limits, and under 12
    they are on trial.

    Raises RequestError where the level or a convention is not known, where a split has no reason, where it is no series,
    and at level `board` for a series of one family.
    """
    _known_level(level)
    family = getattr(review, "family_id", None)
    kind_of(values)
    if level == "board" and len(values) and int(values["families"].max()) < 2:
        raise RequestError(
            "This series is of one family, so it is not drawn at level 'board'. Ask for level='team', for named readers, "
            "or draw the months of all families: fj.measures.monthly(review)."
        )
    how = {"method": method, "exclude": exclude, "signals": signals}
    of = review.review if family else review
    with figures.style():
        return capabilities.draw(values, of, splits or {}, decided_beforehand, how, family, level, frame)


def effort_and_life(
    journey: Any,
    lines: Sequence[Line] | None = None,
    *,
    costs: pd.DataFrame | None = None,
    first_help: Any = None,
    close: bool = False,
    level: str = "team",
    frame: bool = True,
) -> Axes:
    """What was done for one family and what changed in its life, on one time axis, with a verdict by rule on each line.

    Goes in: a journey (`review["F0003"]`); its life lines, as `fj.measures.life_lines` gives them (without them, those
    that the records hold); if wanted, the cost so far, a frame with day, low, value and high, each added up; and the day
    help first began. Comes out: the Axes. Above, contacts a month; below, a panel for each life line. Without any life
    line that panel is hatched and says so: no picture is drawn from effort alone. Under 6 contacts no verdict is given.

    At level `board` it is drawn only for a family that agreed to it in the review book, and without its number. Raises
    RequestError where the level is not known, for a family that did not agree, and for costs that are not such a frame.
    """
    _known_level(level)
    if level == "board" and journey.family_id not in voice.shared_families(journey.review, level):
        raise RequestError(
            "Effort and life are of one family, and the review book does not say that it agreed to be shown at level "
            "'board'. Ask for level='team', for named readers, or draw the months of all families: "
            "fj.draw.capability(fj.measures.monthly(review), review)."
        )
    if costs is not None and not {"day", "low", "value", "high"} <= set(costs.columns):
        raise RequestError("costs is a frame with the columns day, low, value and high, each added up so far.")
    given = life_lines(journey, level=level) if lines is None else list(lines)
    day = read_day(first_help, "first_help")
    whose = "One family, shown with its consent" if level == "board" else f"Family {journey.family_id}"
    with figures.style():
        return effort.draw(whose, series.monthly(journey), given, costs, day, journey.review, level, frame, close)


def _known_level(level: str) -> None:
    if level not in LEVELS:
        raise RequestError(f"There is no level '{level}' for a figure.{did_you_mean(level, LEVELS)} {listed(LEVELS)}.")


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
    a map, per date for who knew what, per contact for a pattern, per kind for why families asked, per rule for the
    others.
    """
    data = _picture(ax).data
    return pd.DataFrame() if data is None else data.copy()


def save(ax: Axes, stem: str | Path) -> list[Path]:
    """Write the figure beside `stem` as SVG and PNG, and say where; the same data give the same bytes."""
    _picture(ax)
    return figures.save(ax, stem)
