"""Findings in a sentence, written by rule from the same values that the tables and figures show.

Each function returns `Said`: text that a notebook shows as a paragraph, and that holds nothing that its level may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journeys import live, measures
from journeys.book import read_book
from journeys.checkfindings import (
    TOLD_OF_LIFE,
    Costed,
    answered,
    conditions,
    costed,
    costs,
    demand,
    flow,
    life,
    measured,
    navigator,
    plan,
    purpose,
    step,
    thinking,
    tried,
    waits,
)
from journeys.journey import Journey, Journeys, empty
from journeys.monthfindings import month, opened, supplied, tried_so_far
from journeys.saying import Said, is_are
from journeys.search import search_triggers
from lib.dates import say
from lib.errors import RequestError, count, in_words

__all__ = [
    "TOLD_OF_LIFE",
    "Costed",
    "Said",
    "Searched",
    "answered",
    "at_risk",
    "backtested",
    "between_agencies",
    "chances",
    "conditions",
    "costed",
    "costs",
    "coverage",
    "demand",
    "family",
    "fired",
    "flow",
    "gaps",
    "life",
    "listed",
    "measured",
    "month",
    "navigator",
    "opened",
    "overview",
    "plan",
    "purpose",
    "searched",
    "step",
    "supplied",
    "thinking",
    "tried",
    "tried_so_far",
    "waits",
]

if TYPE_CHECKING:
    import pandas as pd

    from journeys.search import Search
    from lib.engine import Table


def overview(review: Journeys) -> Said:
    """How many families, contacts, agencies and professionals, between which days; what is shared between families."""
    total = measures.totals(review).iloc[0]
    shared = int(total.shared)
    once = f" {count(shared, 'contact')} of children in two families {is_are(shared)} counted once." if shared else ""
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


def fired(firings: Table) -> Said:
    """How often the triggers in force were met, in how many families, and whether help followed."""
    table, each = measures.triggers(firings), measures.once(firings)
    if each.empty:
        return Said(
            "No trigger in force was met in this period. A trigger is a question to ask a family: it is no score, and no alert."
        )
    families = len({f for row in each["families"] for f in row})
    shared = sum(len(row) > 1 for row in each["families"])
    once = f" {count(shared, 'firing')} about a child of two families {is_are(shared)} counted once." if shared else ""
    waiting = int(table["waiting"].sum())
    wait = f" {count(waiting, 'answer')} {is_are(waiting)} awaited, within the days allowed." if waiting else ""
    answered, missed, still = (int(table[c].sum()) for c in ("answered", "not_answered", "open"))
    followed = (
        f"help followed in time after {answered}, not after {missed}, and may still follow after {still}.{once}{wait}"
    )
    if firings.owner.review.about.published:
        # The story is over, and its rows are a part of what happened: nothing is awaited, and silence proves nothing.
        followed = (
            f"help in time is in these rows after {answered}; after {missed + still} they say nothing of it.{once}"
        )
    return Said(
        f"{count(len(each), 'firing')} in {count(families, 'family', 'families')}: {followed} "
        "A trigger is a question to ask a family: it is no score, and no alert."
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
        f"{live.RECENT_DAYS} days of these records, {is_are(len(open_ones))} still open. If a child may be at risk now, "
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
    several = int(frame["kind"].str.contains(" + ", regex=False).sum())
    twice = (
        f" {count(several, 'is', 'are')} proposed for more than one reason, and counted under each." if several else ""
    )
    return Said(f"{said}{review}.{twice}{hindsight}")


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
    before = f" {count(early, 'earlier contact')} {is_are(early)} kept, and marked." if early else ""
    vague = int((steps["precision"] != "day").sum())
    spans = (
        f" {count(vague, 'contact')} known to a month, a year or about {is_are(vague)} drawn as spans." if vague else ""
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
        said.append(f"{count(nowhere, 'contact')} {fit} no family, and {is_are(nowhere)} in no journey")
    book = read_book(review)
    empty_sheets = [name for name in ("needs", "matters", "quotes", "demand", "conditions") if not book.rows(name)]
    if empty_sheets:
        said.append(f"Nobody has filled in {in_words(empty_sheets)} in the review book: no log holds them")
    if again := book.to_look_at_again:
        said.append(
            f"{count(again, 'decision')} in the review book {is_are(again)} to be looked at again: what they rest on changed"
        )
    return Said(". ".join(said) + ".")


def coverage(review: Journeys) -> pd.DataFrame:
    """Which days each agency's records cover, by the agency's name, in order of name."""
    frame = review.coverage
    frame = frame[frame["agency"] != "family"].copy()
    frame["agency"] = [review.activities.agency(a) for a in frame["agency"]]
    return frame.sort_values("agency").reset_index(drop=True)
