"""What the measures of flow say, in sentences made by rule from the same frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journeys import flowmeasures, measures
from journeys.flowmeasures import Rows
from journeys.journey import Journeys
from lib.errors import count

if TYPE_CHECKING:
    import pandas as pd


def say(review: Journeys, needs: Rows | None = None, steps: Rows | None = None) -> list[str]:
    """All of it, in the order in which a review asks."""
    both = flowmeasures.needs(review, needs)
    parts = [
        family_clock(both),
        agency_clock(both),
        referrals(flowmeasures.referral_flow(review, needs, steps)),
        story(flowmeasures.story(review)),
        assessed(flowmeasures.assessments(review)),
        people(flowmeasures.professionals(review), int(measures.totals(review).iloc[0].professional_unknown)),
        valued(flowmeasures.value(review, steps)),
    ]
    return parts


def family_clock(both: pd.DataFrame) -> str:
    """From first asking to met in the family's view; refused in words where no need is known."""
    row = both.iloc[0]
    left = int(row.families_not_told)
    untold = (
        f"For {_families(left)} no need is named by a row or by people, so the family's clock is not told, and no "
        "agency's clock stands in for it."
        if left
        else ""
    )
    if not int(row.needs):
        return untold or "There is no family to tell a clock of."
    inferred = (
        f" {_one_of(int(row.inferred), 'need is', 'needs are')} inferred from what the contacts were plainly about: "
        "nobody named them."
        if int(row.inferred)
        else ""
    )
    inexact = (
        f" {_one_of(int(row.not_to_the_day), 'is', 'are')} not known to the day." if int(row.not_to_the_day) else ""
    )
    met = (
        f"{int(row.ended)} of {count(int(row.needs), 'need')} of {_families(int(row.families))} "
        f"{'was' if int(row.ended) == 1 else 'were'} met in the family's own view so far, as far as anybody has said; "
        f"{int(row.open)} {'is' if int(row.open) == 1 else 'are'} open"
    )
    return f"{met}{_longest(row)}. {_median(row, 'From first asking to met')}{inferred}{inexact} {untold}".strip()


def agency_clock(both: pd.DataFrame) -> str:
    """From the first referral received to closure, pooled over agencies."""
    row = both.iloc[1]
    if not int(row.needs):
        return "No referral names a need and an agency, so no agency's clock is told."
    times = count(int(row.needs), "time")
    return (
        f"By the agencies' own clocks, {times} that a need was referred to one, {int(row.ended)} "
        f"{'was' if int(row.ended) == 1 else 'were'} closed. {_median(row, 'From the first referral received to closure')}"
    )


def _median(row: Any, what: str) -> str:
    if not int(row.ended):
        return f"{what}, no median can be told: none has ended."
    if _missing(row.days_median):
        return f"{what}, the median is not reached: half have not ended."
    return f"{what}, the median is {count(int(row.days_median), 'day')}, the open ones counted."


def _longest(row: Any) -> str:
    return f", the longest for {count(int(row.days_longest_open), 'day')}" if int(row.open) else ""


def referrals(frame: pd.DataFrame) -> str:
    """Bounces, dead ends, rejections, loops, feedback and chains, each with its base."""
    row = {r.measure: r for r in frame.itertuples()}
    n = int(row["dead ends"].of)
    if not n:
        return "No row refers a family to another agency."
    said = [
        f"{int(row['dead ends'].n)} had no recorded answer once the days for one had run",
        f"{int(row['rejections'].n)} {'was' if row['rejections'].n == 1 else 'were'} answered with not eligible or no further action",
        f"{int(row['feedback'].n)} {'has' if row['feedback'].n == 1 else 'have'} feedback to the referrer recorded",
    ]
    still = int(row["dead ends"].open)
    if still:
        said.append(f"{still} {'is' if still == 1 else 'are'} open")
    text = f"Of {count(n, 'referral')} to another agency, {'; '.join(said)}."
    named = int(row["bounces"].of)
    if named:
        possible = int(row["bounces"].possible)
        may = f" (and perhaps {possible} more: the records give no order)" if possible else ""
        text += (
            f" Of {named} that name a need, {int(row['bounces'].n)} went straight back{may}, and {int(row['loops'].n)} "
            "lie in a ring of referrals."
        )
    if n > named:
        text += f" {_one_of(n - named, 'names', 'name')} no need, so whether {'it' if n - named == 1 else 'they'} came back is not told."
    return text + _chains(row["chain length"])


def _chains(row: Any) -> str:
    if not int(row.of):
        return ""
    some = f" {int(row.n)} of {count(int(row.of), 'need')} had a step that helped"
    if _missing(row.median):
        return f"{some}; how many referrals half of them take is not reached."
    return f"{some}; half of them had one by referral {int(row.median)}, the open ones counted."


def story(frame: pd.DataFrame) -> str:
    """How often families told their story, and again."""
    told, again = int(frame["told"].sum()), int(frame["again"].sum())
    some = int((frame["told"] > 0).sum())
    if not told:
        return "No contact is recorded in which a family told its story."
    facts = int(frame["facts_asked_again"].sum())
    known = f" {count(facts, 'telling was', 'tellings were')} of a fact that an agency already knew." if facts else ""
    return f"{_families(some)} told {'its' if some == 1 else 'their'} story {count(told, 'time')}, {again} of them again.{known}"


def assessed(frame: pd.DataFrame) -> str:
    """Assessments, duplicates, and help that followed."""
    row = frame.iloc[0]
    n, about = int(row.assessments), int(row.assessments - row.about_nothing_named)
    if not n:
        return "No assessment is recorded."
    twice = (
        f"{int(row.duplicates)} of the {about} of which it is known what they were about came within "
        f"{int(row.duplicate_days)} days of another about the same"
        if about
        else "of none is it known what it was about, so duplicates are not told"
    )
    return (
        f"Of {count(n, 'assessment')}, {twice}; help followed within {int(row.help_days)} days after {int(row.helped)}, "
        f"not after {int(row.no_help)}, and may still follow after {int(row.open)}."
    )


def people(frame: pd.DataFrame, unknown: int) -> str:
    """The most professionals at once, and changes of key worker."""
    some = frame[frame["professionals"] > 0]
    if some.empty:
        return "No contact names a professional, so how many met a family is not known."
    most = int(some["at_once"].max())
    changes, untold = int(frame["key_worker_changes"].sum()), int(frame["cannot_be_told"].sum())
    may = f" (and {count(untold, 'time')} it cannot be told, since a name is missing)" if untold else ""
    return (
        f"Half of {_families(len(some))} had at least {int(some['at_once'].quantile(0.5, interpolation='higher'))} "
        f"professionals at once, and one had {most}; {count(unknown, 'contact names', 'contacts name')} nobody. "
        f"Responsibility for a need moved from one key worker to another {count(changes, 'time')}{may}."
    )


def valued(frame: pd.DataFrame) -> str:
    """Value steps and value days, side by side, as a range over families."""
    some = frame[frame["steps"] > 0]
    if some.empty:
        return ""
    none = int((some["value_steps"] == 0).sum())
    best = some.sort_values(["share_steps", "family_id"]).iloc[-1]
    if none == len(some):
        return f"No step of {_families(len(some))} was one that did what matters to the family."
    return (
        f"In {none} of {_families(len(some))} no step did what matters to the family; where it was most, "
        f"{int(best.value_steps)} of {count(int(best.steps), 'step')} did, on {int(best.value_days)} of "
        f"{count(int(best.days), 'day')}."
    )


def _families(n: int) -> str:
    return count(n, "family", "families")


def _one_of(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))
