"""Findings in a sentence, written by rule from the same values that the tables and figures show.

Each function returns `Said`: text that a notebook shows as a paragraph, and that holds nothing that its level may not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from journeys import demandwords, flowwords, live, measures, sixsteps, voice
from journeys.asking import demand_of, once
from journeys.book import read_book
from journeys.costing import SPENT
from journeys.costing import costs as _costs
from journeys.flowmeasures import Rows
from journeys import live, measures
from journeys.causes import explained
from journeys.journey import Journey, Journeys, empty
from journeys.life import CANNOT_TELL, IMPROVED, judge, life_lines
from journeys.search import search_triggers
from lib.dates import say
from lib.errors import PermissionRefused, RequestError, count, in_words
from lib.prices import pounds

if TYPE_CHECKING:
    import pandas as pd

    from journeys.search import Search
    from journeys.trials import Trial
    from lib.engine import Table


class Said(str):
    """A sentence or a few, shown as plain text in a notebook.

    >>> Said("2 families")._repr_markdown_()
    '2 families'
    """

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return re.sub(r"([\\`*_{}\[\]()#+!|<>$~&])", r"\\\1", self)


def overview(review: Journeys) -> Said:
    """How many families, contacts, agencies and professionals, between which days; what is shared between families."""
    total = measures.totals(review).iloc[0]
    shared = int(total.shared)
    once = f" {count(shared, 'contact')} of children in two families {_is(shared)} counted once." if shared else ""
    marks = f", {int(total.present_marks):,} of them present marks in a school register" if total.present_marks else ""
    return Said(
        f"{count(int(total.families), 'family', 'families')} between {say(review.start)} and {say(review.end)}: "
        f"{count(int(total.contacts), 'contact')}{marks}, with {count(int(total.agencies), 'agency', 'agencies')}. "
        f"{_professionals(total)}{once}"
    )


def _professionals(total: Any) -> str:
    """How many professionals met or asked a family: at least the named ones, with the unnamed beside them."""
    named, unnamed = int(total.professionals), int(total.professional_unknown)
    nobody = (
        f"{count(unnamed, 'touch or referral', 'touches or referrals')} {'names' if unnamed == 1 else 'name'} nobody"
    )
    if not named:
        return f"How many professionals is not known: {nobody}."
    if not unnamed:
        return f"{count(named, 'professional')} met or asked for them."
    return f"At least {count(named, 'professional')} met or asked for them; {nobody}."


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def between_agencies(review: Journeys) -> Said:
    """Switches beside handovers: what the families lived, and what a row shows."""
    per_family = measures.switches(review)
    hands = measures.handovers(review)
    moves, switched = float(per_family["moves"].sum()), float(per_family["switches"].sum())
    if not moves:
        return Said("No family has two moments of contact in this period, so there is no move to look at.")
    referrals = hands[hands["kind"] == "referral"].iloc[0]
    moved = int(hands.loc[hands["kind"] == "responsibility", "handovers"].iloc[0])
    return Said(
        f"Of {count(moves, 'move')} from one moment of contact to the next, {count(switched, 'was', 'were')} to another agency. "
        f"Rows show {count(int(referrals.handovers), 'referral')} to another agency "
        f"({int(referrals.answered)} answered, {int(referrals.not_answered)} not, {int(referrals.open)} still open) and "
        f"{count(moved, 'other time', 'other times')} that responsibility for a need moved."
    )


def flow(review: Journeys, needs: Rows | None = None, steps: Rows | None = None) -> Said:
    """What families lived while they waited for help: both clocks, referrals, the story told again, professionals, value.

    `needs` and `steps` are rows that people supply, those of the review book unless given (see `two_clocks` and `said_values`).
    """
    return Said(flowwords.say(review, needs, steps))


def fired(firings: Table) -> Said:
    """How often the triggers in force were met, in how many families, and whether help followed."""
    table, each = measures.triggers(firings), measures.once(firings)
    if each.empty:
        return Said(
            "No trigger in force was met in this period. A trigger is a question to ask a family: it is no score, and no alert."
        )
    families = len({f for row in each["families"] for f in row})
    shared = sum(len(row) > 1 for row in each["families"])
    once = f" {count(shared, 'firing')} about a child of two families {_is(shared)} counted once." if shared else ""
    waiting = int(table["waiting"].sum())
    wait = f" {count(waiting, 'answer')} {_is(waiting)} awaited, within the days allowed." if waiting else ""
    return Said(
        f"{count(len(each), 'firing')} in {count(families, 'family', 'families')}: help followed in time after "
        f"{int(table['answered'].sum())}, not after {int(table['not_answered'].sum())}, and may still follow after "
        f"{int(table['open'].sum())}.{once}{wait} A trigger is a question to ask a family: it is no score, and no alert."
    )


def at_risk(firings: Table) -> Said:
    """Whether firings that could be known lately are still open, and whom to ring: this is not an alert system."""
    open_ones, about = live.recent(firings), firings.owner.review.about
    if about.published:
        return Said(
            "Published cases are about people whose story is over: nothing here is open. This is not an alert system."
        )
    contact = about.safeguarding_contact
    if open_ones.empty:
        return Said(
            f"No firing of the last {live.RECENT_DAYS} days of these records is still open. This is not an alert system."
        )
    families = open_ones["family_id"].nunique()
    whom = f"ring {contact}" if contact else "ring your safeguarding contact (sources.yml names none)"
    return Said(
        f"{count(len(open_ones), 'firing')} of {count(families, 'family', 'families')}, known in the last "
        f"{live.RECENT_DAYS} days of these records, {_is(len(open_ones))} still open. If a child may be at risk now, "
        f"{whom}. This is not an alert system."
    )


def listed(frame: pd.DataFrame) -> Said:
    """How many firings a live list holds, who was left out and by which rule, as `live_list` gave it."""
    return Said(frame.attrs["says"])


def chances(chances: Table) -> Said:
    """How many chances to help are proposed, confirmed and rejected, and what hindsight says of them."""
    frame = chances.df()
    if frame.empty:
        return Said(
            "No chance to help is proposed by the rules in force. People who know the families may know of some."
        )
    status = frame["status"].value_counts()
    parts = [
        f"{count(int(status.get('confirmed', 0)), 'was', 'were')} confirmed by a reviewer as missed opportunities",
        f"{int(status.get('rejected', 0))} rejected",
        f"{int(status.get('look again', 0))} to look at again",
    ]
    said = f"{count(len(frame), 'chance')} to help in {count(frame['family_id'].nunique(), 'family', 'families')}"
    decided = len(frame) - int(status.get("proposed", 0))
    tested = frame[frame["looked_the_same"].notna() & (frame["looked_the_same"].fillna(0) > 0)]
    if chances.owner.why_not:
        hindsight = f" Seen with hindsight; not tested: {chances.owner.why_not}."
    elif len(tested):
        same, crisis = int(tested["looked_the_same"].sum()), int(tested["came_to_crisis"].sum())
        hindsight = (
            f" At {count(len(tested), 'of these moments', 'of these moments')} comparison families looked the same: "
            f"{same} times in all, and {crisis} times a crisis followed."
        )
    else:
        hindsight = " At none of these moments did a comparison family look the same."
    review = f"; {', '.join(parts)}" if decided else ". Each is proposed by rule: no reviewer has decided yet"
    return Said(f"{said}{review}.{hindsight}")


def demand(rows: Table) -> Said:
    """How much of asking was failure demand, with its counts and interval, and for how many nobody has said why."""
    total: Any = next(measures.demand(rows).itertuples(index=False))
    asked = demandwords.whose(set(once(rows)["asked_by"]))
    unused = len(demand_of(rows).unused)
    lost = (
        f" {count(unused, 'label')} of reviewers {_is(unused)} of no time that these families asked." if unused else ""
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
    once = f" {count(shared, 'contact')} of children in two families {_is(shared)} counted once." if shared else ""
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
        said.append(f" {count(found.later, 'event')} came, or {_was(found.later)} recorded, after this review's end.")
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


def _was(n: int) -> str:
    return "was" if n == 1 else "were"


class Searched(Said):
    """What a search found, in words; `search` is what it gave, or nothing where there were too few crises to search."""

    search: Search | None = None


def searched(review: Journeys, *, alarms_per_100: float, crisis: str | None = None) -> Searched:
    """Search for triggers, and say what was found; or, where there are too few crises to search, why it was not done."""
    try:
        search = search_triggers(review, alarms_per_100=alarms_per_100, crisis=crisis or None)
    except RequestError as error:
        return Searched(f"No search was made: {error}")
    said = Searched(search.says)
    said.search = search
    return said


def backtested(frame: pd.DataFrame) -> Said:
    """What looking back over the triggers says: which fired before a crisis, and what cannot be told."""
    whole = frame[frame["group"].isna()]
    if whole.empty:
        return Said("No trigger about families is in force.")
    first = whole.iloc[0]
    fired = whole[whole["fired_before"] > 0]
    precision = (
        "Precision is told against the comparison families"
        if whole["comparison"].fillna(0).max() > 0
        else "There is no comparison group that the sources permit, so no precision is told"
    )
    return Said(
        f"{count(int(first['crises']), 'family', 'families')} of {int(first['families'])} came to a crisis ({first['crisis']}). "
        f"{count(len(fired), 'trigger')} of {len(whole)} fired before one. {precision}; {first['fairness']}. Looking back "
        "proves nothing of what help would have changed."
    )


def family(journey: Journey) -> Said:
    """One family's contacts, agencies and professionals; the longest gap; what is imprecise."""
    row = measures.families(journey.alone).iloc[0]
    steps = journey.steps
    inside = steps[~steps["before_period"].fillna(False).astype(bool)]
    gaps = inside["days_since_last"].dropna()
    longest = (
        f" The longest time between two moments of contact was {count(int(gaps.max()), 'day')}." if len(gaps) else ""
    )
    early = int(len(steps) - len(inside))
    before = f" {count(early, 'earlier contact')} {_is(early)} kept, and marked." if early else ""
    vague = int((steps["precision"] != "day").sum())
    spans = (
        f" {count(vague, 'contact')} known to a month, a year or about {_is(vague)} drawn as spans." if vague else ""
    )
    return Said(
        f"{count(int(row.contacts), 'contact')}, with {count(int(row.agencies), 'agency', 'agencies')}. "
        f"{_professionals(row)}{longest}{before}{spans}"
    )


def gaps(review: Journeys, firings: Table, faults: Table) -> Said:
    """What these figures cannot say yet: what nobody recorded, supplied or decided, as sentences."""
    said = []
    cover = review.coverage
    undeclared = cover.loc[~cover["is_declared"].astype(bool), "agency"]
    named = [review.activities.agency(a) for a in undeclared if a != "family"]
    if named:
        said.append(f"No coverage is declared for {', '.join(named)}: it is taken as first to last contact")
    missing = list(dict.fromkeys(firings.owner.not_supplied))
    if missing:
        silent = count(len(missing), "trigger")
        said.append(
            f"{silent} could not be looked at: the awaited agency supplied nothing, or nobody supplied possible sessions"
        )
    total = measures.totals(review).iloc[0]
    if total.imprecise:
        vague = count(int(total.imprecise), "touch or referral", "touches or referrals")
        said.append(f"{vague} known to a month or less make no move")
    if total.unmapped:
        said.append(f"{count(int(total.unmapped), 'contact')} of kinds nobody has agreed make no move")
    undated = faults.sql("select sum(contacts) as n from this where fault = 'no_recorded_on'").df()["n"].iloc[0]
    if not empty(undated) and int(undated):
        late = count(int(undated), "contact")
        said.append(f"{late} in the data do not say when they were recorded, and count as known on their own day")
    kinds = "('no_family', 'span_crosses', 'two_families')"
    nowhere = int(faults.sql(f"select count(*) as n from this where fault in {kinds}").df()["n"].iloc[0])
    if nowhere:
        fit = "fits" if nowhere == 1 else "fit"
        said.append(f"{count(nowhere, 'contact')} {fit} no family, and {_is(nowhere)} in no journey")
    book = read_book(review)
    empty_sheets = [name for name in ("needs", "matters", "quotes", "demand", "conditions") if not book.rows(name)]
    if empty_sheets:
        said.append(f"Nobody has filled in {in_words(empty_sheets)} in the review book: no log holds them")
    if again := book.to_look_at_again:
        said.append(
            f"{count(again, 'decision')} in the review book {_is(again)} to be looked at again: what they rest on changed"
        )
    return Said(". ".join(said) + ".")


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


def coverage(review: Journeys) -> pd.DataFrame:
    """Which days each agency's records cover, by the agency's name, in order of name."""
    frame = review.coverage
    frame = frame[frame["agency"] != "family"].copy()
    frame["agency"] = [review.activities.agency(a) for a in frame["agency"]]
    return frame.sort_values("agency").reset_index(drop=True)
