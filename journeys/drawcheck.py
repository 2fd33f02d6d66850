"""The figures of a review's six steps: demand, capability, effort and life, flow, conditions, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from journeys import series, spending, voice
from journeys.causes import explained
from journeys.columns import TABLES
from journeys.drawing import capability as capabilities
from journeys.drawing import (
    conditionmatrix,
    conditionwords,
    costbars,
    effort,
    monthpanels,
    pareto,
    referralmap,
    staffchart,
    systempicture,
)
from journeys.drawing.levels import known_level
from journeys.drawing.serieswords import kind_of
from journeys.journey import Journeys
from journeys.life import Line, life_lines
from journeys.passing import Passed, passed
from lib import figures
from lib.dates import read_day
from lib.engine import Table
from lib.errors import RequestError


def demand(rows: Table, *, level: str = "team", frame: bool = True) -> Axes:
    """Why families asked: failure and value demand with the interval of the share, what is unknown apart, and the kinds.

    Goes in: what `fj.demand` gave. Comes out: the Axes. Kinds stand by how often, failure and value in blocks of their
    own, failure with a running total; past nine kinds the rest are one row, and the table holds them all. A family's own
    words stand in quotation marks. Under 20 asks there is a table, under 5 a sentence. Nothing is by agency.

    Raises RequestError where the level is not known or the rows are of another kind.
    """
    known_level(level)
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
    known_level(level)
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
    known_level(level)
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


def referrals(given: Any, *, level: str = "team", frame: bool = True) -> Axes:
    """The referral map: who noticed, where families were referred to, who took them on, what came back or had no answer.

    Goes in: a review, or what `passed` gave. Comes out: the Axes. Bands run left to right, as thick as their referrals;
    each stop's bar is as long as what came in, split into passed on, sent back and no recorded answer; what came back is
    a thin dashed line, and words. The smallest bands are left out past 24, and the footer says how many that hides.
    Under four referrals there are sentences. Place on the page is order of travel, not rank.

    Raises RequestError where the level is not known, or it is neither.
    """
    known_level(level)
    table = passed(given) if isinstance(given, Journeys) else given
    if not isinstance(table, Table) or not isinstance(table.owner, Passed):
        raise RequestError(
            "This is neither a review nor what passed gives. Write fj.draw.referrals(review), or fj.draw.referrals(fj.passed(review))."
        )
    with figures.style():
        return referralmap.draw(table.df(), table.owner.review, level, frame)


def professionals(journey: Any, *, level: str = "team", frame: bool = True) -> Axes:
    """How many professionals one family had at once, and how many so far, over the whole period: a step chart.

    Goes in: a journey (`review["F0003"]`). Comes out: the Axes, time across, professionals up. Each counts from the
    first to the last touch or referral that names them; contacts that name nobody are counted beneath. Nobody is named.

    Raises RequestError where the level is not known, and at level `board`: it shows one family.
    """
    known_level(level)
    if level == "board":
        raise RequestError(
            "This is about one family, so it is not drawn at level 'board'. Ask for level='team', for named readers, or "
            "give the board fj.measures.professionals for all families."
        )
    with figures.style():
        return staffchart.draw(journey, level, frame)


def months(given: pd.DataFrame, review: Any, *, level: str = "team", frame: bool = True) -> Axes:
    """A month beside the months before it: a small chart for each measure, and a question where there is a signal.

    Goes in: what `fj.measures.month_by_month` gave, and the review that it is of. Comes out: the Axes. The charts stand in
    the same place every month: the families' life first, then what services did.

    Raises RequestError where the level is not known, or the frame is another.
    """
    known_level(level)
    if not isinstance(given, pd.DataFrame) or not {c.name for c in TABLES["month_by_month"]} <= set(given.columns):
        raise RequestError(
            "This is not what fj.measures.month_by_month gave. Write months = fj.measures.month_by_month(review)."
        )
    with figures.style():
        return monthpanels.draw(given, review, level, frame)


def conditions(review: Any, chances: Table | None = None, *, level: str = "team", frame: bool = True) -> Axes:
    """Conditions by what was seen of the events that each explains: a matrix of counts.

    Goes in: a review and, if they are at hand, the chances that `find_chances` gave. Comes out: the Axes. Conditions stand
    by families explained, then by their words; at most twelve are drawn, hunches never: the table holds them all. Where
    none explains two events in two families there is a sentence.

    Raises RequestError where the level is not known, and what `fj.conditions` raises.
    """
    known_level(level)
    told = conditionwords.read(explained(review, chances))
    with figures.style():
        return conditionmatrix.draw(told, level, frame)


def system_picture(review: Any, chances: Table | None = None, *, level: str = "team", frame: bool = True) -> Axes:
    """The system as reviewers explain it: what is taken for granted, the conditions, what was seen; left to right.

    Goes in and comes out: as for `conditions`. Place on the page is chosen so that few lines cross, and is no rank.
    """
    known_level(level)
    told = conditionwords.read(explained(review, chances))
    with figures.style():
        return systempicture.draw(told, level, frame)


def costs(costs: Table, *, level: str = "team", frame: bool = True) -> Axes:
    """What contacts with an agreed unit cost came to, by the agency that recorded them and by financial year.

    Goes in: what `fj.costs` gave. Comes out: the Axes, a row of bars per agency on one scale, in the order in which the
    agencies first met a family, never by size; low to high beside a bar where the source gives a range. Only costs to
    public purses are drawn. The footer says how many contacts have no unit cost, at which prices, and whose figures.

    Raises RequestError where the level is not known, and at level `board` for one family.
    """
    known_level(level)
    spending.read(costs)
    if level == "board" and len(costs.owner.review.families) == 1:
        raise RequestError(
            "These costs are one family's, so they are not drawn at level 'board'. Cost the whole review."
        )
    with figures.style():
        return costbars.draw(costs, level, frame)
