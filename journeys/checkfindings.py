"""Findings of Check and Plan in a sentence: purpose, demand, flow, conditions, thinking, life, cost, and what is tried.

Written by rule from the same values that the tables and figures show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from journeys import demandwords, flowwords, measures, sixsteps, voice
from journeys.asking import demand_of, once
from journeys.causes import explained
from journeys.costing import SPENT
from journeys.costing import costs as _costs
from journeys.flowmeasures import Rows
from journeys.journey import Journeys
from journeys.life import CANNOT_TELL, IMPROVED, judge, life_lines
from journeys.questions import AREAS, NO_EVIDENCE
from journeys.saying import Points, Said, is_are, was_were
from lib.errors import PermissionRefused, count, in_words
from lib.prices import pounds

if TYPE_CHECKING:
    import pandas as pd

    from journeys.trials import Trial
    from lib.engine import Table


def flow(review: Journeys, needs: Rows | None = None, steps: Rows | None = None) -> Points:
    """What families lived while they waited for help: both clocks, referrals, the story told again, professionals, value.

    `needs` and `steps` are rows that people supply, those of the review book unless given (see `two_clocks` and `said_values`).
    """
    return Points.of(flowwords.say(review, needs, steps))


def waits(review: Journeys) -> Said:
    """The family's clock, from first asking to met in its own view, and the agencies' clocks."""
    both = measures.needs(review)
    return Said(f"{flowwords.family_clock(both)} {flowwords.agency_clock(both)}")


def demand(rows: Table) -> Said:
    """How much of asking was failure demand, with its counts and interval, and for how many nobody has said why."""
    total: Any = next(measures.demand(rows).itertuples(index=False))
    asked = demandwords.whose(set(once(rows)["asked_by"]))
    unused = len(demand_of(rows).unused)
    lost = (
        f" {count(unused, 'label')} of reviewers {is_are(unused)} of no time that these families asked."
        if unused
        else ""
    )
    if not total.asked:
        return Said(f"No time that {asked} is in these records.{lost}")
    classed, unknown = total.failure + total.value, total.unknown
    if not classed:
        none = f"{asked.capitalize()} {count(unknown, 'time')}, and nobody has said why"
        return Said(f"{none}: there is no share of failure demand ({demandwords.GLOSS}) to give.{lost}")
    failed = f"{total.failure:,}", f"{total.share:.0%}, with a 95% interval of {total.low:.0%} to {total.high:.0%}"
    were = f"{'was' if total.failure == 1 else 'were'} failure demand ({demandwords.GLOSS}), {failed[1]}"
    if demandwords.mostly_unknown(total):
        said = f"For {unknown:,} of {total.asked:,} times that {asked}, nobody has said why; of the other {classed:,}, "
        return Said(f"{said}{failed[0]} {were}. {demandwords.LEANING}{lost}")
    rest = f"; for {unknown:,} more nobody has said why" if unknown else ""
    return Said(f"{failed[0]} of {count(classed, 'time')} that {asked} {were}{rest}.{lost}")


def costs(costs: Table) -> Said:
    """What the contacts with an agreed unit cost came to, and who bore it; economic and social figures apart, never added."""
    by_bearer = measures.costs(costs, by="bearer")
    whole, parts = by_bearer.iloc[-1], by_bearer.iloc[:-1]
    if not int(whole.contacts):
        return Said(f"No contact has an agreed unit cost, so no cost can be told. {costs.owner.note}")
    said = []
    if whole.fiscal is not None:
        bore = [f"{row.bearer} {pounds(row.fiscal)}" for row in parts.itertuples() if row.fiscal is not None]
        ranged = whole.fiscal_low != whole.fiscal_high
        between = f" ({pounds(whole.fiscal_low)} to {pounds(whole.fiscal_high)})" if ranged else ""
        said.append(f"{pounds(whole.fiscal)}{between} to public purses (borne by {in_words(bore)})")
    for kind, whom in (("economic", "to the economy"), ("social", "to people")):
        if whole[kind] is not None:
            said.append(f"{pounds(whole[kind])} {whom}")
    apart = "; these are different things, and are not added up" if len(said) > 1 else ""
    shared = int(costs.sql("select count(distinct contact_id) as n from this where is_shared").df()["n"].iloc[0])
    once = f" {count(shared, 'contact')} of children in two families {is_are(shared)} counted once." if shared else ""
    n = count(int(whole.contacts), "contact")
    return Said(
        f"{n} with an agreed unit cost came to {in_words(said)}{apart}.{once}{_ranges(costs)} {SPENT} At {costs.owner.prices}"
    )


def _ranges(costs: Table) -> str:
    """How many of the figures have a low and a high in their source; the others have one figure, and no range is made."""
    select = "select count(*) as n, count(case when has_range then 1 end) as ranged from this"
    n, ranged = costs.sql(select).df().iloc[0]
    if ranged == n:
        return ""
    return (
        " There is no range in the source of any figure."
        if not ranged
        else f" {n - ranged} of {n} figures have no range."
    )


def conditions(review: Journeys, chances: Table | None = None) -> Said:
    """How many conditions explain what was seen, in how many families; the hunches apart; what has no thinking yet."""
    found = explained(review, chances)
    named = [one for one in found.conditions if not one.is_hunch]
    hunches = len(found.conditions) - len(named)
    more = "more " if named else ""
    ends = f" {count(hunches, f'{more}is a hunch', f'{more}are hunches')}: fewer than two events, or one family alone."
    said = [ends] if hunches else []
    if found.later:
        said.append(
            f" {count(found.later, 'event')} came, or {was_were(found.later)} recorded, after this review's end."
        )
    if not named:
        return Said("No condition that reviewers named explains two events in two families yet." + "".join(said))
    events = len({event for one in named for event in one.events})
    families = len({family for one in named for family in one.families})
    unsaid = sum(not one.thoughts for one in named)
    if unsaid:
        said.append(f" Behind {unsaid} of them no thinking is named yet: what would one have to believe to work so?")
    return Said(
        f"{count(len(named), 'condition explains', 'conditions explain')} {count(events, 'event')} in {families} of "
        f"{count(len(review), 'family', 'families')}.{''.join(said)} A condition is what reviewers say explains what was "
        "seen: no person, no agency, and no proof."
    )


def navigator(found: Table) -> Said:
    """What one point of contact might have made needless, in a range, beside its own time; as `could_fall_away` gave it."""
    gone, own, net = measures.navigator(found).itertuples()
    struck = f" {count(gone.struck_out, 'more was', 'more were')} struck out." if gone.struck_out else ""
    less = "fewer" if net.contacts_low >= 0 else "more" if net.contacts_high <= 0 else ""
    if less:
        low, high = sorted((abs(net.contacts_low), abs(net.contacts_high)))
        said = f"{low:,} to {high:,} {less}"
    else:
        said = f"anything from {-net.contacts_low:,} more to {net.contacts_high:,} fewer"
    return Said(
        f"Of {count(gone.of_contacts, 'contact')} of {count(gone.of_families, 'family', 'families')}, "
        f"{gone.contacts_low:,} to {gone.contacts_high:,} might have fallen away with one point of contact, in "
        f"{count(gone.families, 'family', 'families')}.{struck} Its own visits would have been {own.contacts_low:,} to "
        f"{own.contacts_high:,} (illustrative), so the net is {said}. Help, safety and consent are kept. Practitioners "
        "strike out what would still have been wanted; only a trial can tell."
    )


def tried(trial: Trial) -> Said:
    """What can be said of a trial, as `fj.trial` gave it: how few points and families, the change, what it does not show."""
    return Said(trial.says)


def step(steps: pd.DataFrame, name: str) -> Said:
    """What one step of Check stands on, out of `fj.six_steps`; or that it is a gap, and what would fill it."""
    return Said(sixsteps.gap(steps, name))


def plan(steps: pd.DataFrame) -> Said:
    """Whether Plan may be read: not while a step of Check has nothing to stand on."""
    return Said(sixsteps.plan_refused(steps) or "Every step of Check has something to stand on, so Plan can be read.")


def purpose(review: Journeys, level: str = "team") -> Said:
    """The purpose as people wrote it, and how many statements of what matters there are at this level."""
    said = [f"“{words}”" for words in voice.said_of(review, "purpose")]
    stated = (
        f"The purpose, in the families' words: {in_words(said)}. " if said else "Nobody has written the purpose down. "
    )
    return Said(stated + voice.in_words(voice.what_matters(review, level)))


def answered(pack: pd.DataFrame) -> Said:
    """How many of a scrutiny committee's questions have evidence, and in which areas none has; as `scrutiny_pack` gave them.

    >>> import pandas as pd
    >>> answered(pd.DataFrame({"area": ["risk", "risk"], "asks": ["a?", "b?"], "answer": ["no evidence", "1 of 2."]}))
    '1 of 2 questions has evidence in this review. No evidence on: customer, value, system, performance and quality.'
    """
    has = pack[pack["answer"] != NO_EVIDENCE]
    n, of = has["asks"].nunique(), pack["asks"].nunique()
    without = [area for area in AREAS if area not in set(has["area"])]
    rest = f" No evidence on: {', '.join(without)}." if without else ""
    return Said(f"{n} of {of} questions {'has' if n == 1 else 'have'} evidence in this review.{rest}")


def thinking(review: Journeys) -> Said:
    """The assumptions that people found behind the conditions, in their words."""
    said = [f"“{words}”" for words in voice.said_of(review, "thinking")]
    if not said:
        return Said("Nobody has written down the thinking behind it.")
    return Said(f"Behind it all, as the review team put it: {in_words(said)}")


def measured(review: Journeys, names: Sequence[str]) -> Said:
    """What the measures of a page, by their names in the register, cannot tell: all outputs say nothing of life."""
    missed = measures.what_they_miss(review, names)
    if missed:
        return Said(f"The measures of this page are {missed}.")
    return Said(
        "Beside inputs and outputs this page has outcomes: what changed for the families can be told, where it was recorded."
    )


def life(review: Journeys) -> Said:
    """Whether life improved, family by family, by rule from life lines: how many families each answer is true of."""
    told: dict[str, int] = {}
    for family in review:
        verdicts = {judge(line).verdict for line in life_lines(review[family], level="team")}
        told[_overall(verdicts)] = told.get(_overall(verdicts), 0) + 1
    parts = [f"{n} {what}" for what in (IMPROVED_SOME, NO_IMPROVEMENT, CANNOT) if (n := told.get(what, 0))]
    return Said(
        f"Of {count(len(review), 'family', 'families')}: {'; '.join(parts)}. Told by rule from each family's own life lines "
        "(attendance, days between crises, their own scores), never averaged. No signal is no proof that nothing changed."
    )


IMPROVED_SOME = "with a life line that improved"


NO_IMPROVEMENT = "with no discernible improvement in any life line that could show one"


CANNOT = "of which it cannot be told"


TOLD_OF_LIFE = (IMPROVED_SOME, NO_IMPROVEMENT)
"""The words of a family of which something can be told."""


def _overall(verdicts: set[str]) -> str:
    if IMPROVED in verdicts:
        return IMPROVED_SOME
    return NO_IMPROVEMENT if verdicts - {CANNOT_TELL} else CANNOT


class Costed(Said):
    """What the contacts came to, in words; `costs` is the Table, or nothing where the sources do not permit it."""

    costs: Table | None = None


def costed(review: Journeys) -> Costed:
    """Cost the contacts, and say what they came to; or, where a source may not be used for it, why it was not done."""
    try:
        table = _costs(review)
    except PermissionRefused as error:
        return Costed(f"Nothing was costed: {error}")
    said = Costed(costs(table))
    said.costs = table
    return said
