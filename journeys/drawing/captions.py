"""The words round a swim-lane, made by rule from what it shows: title, subtitle, footer, alt text."""

from __future__ import annotations

from typing import Any

from journeys.drawing import chancerow
from journeys.drawing.story import Story
from lib.figures import alt_text
from lib.lettering import clean, count, in_words, sentence
from lib.timescale import day_of, length_in_words, said


def finding(story: Story) -> str:
    """The title: one finding with its number, true of what is drawn."""
    period = length_in_words(story.start, story.end)
    agencies = count_in_words(len(story.table), "agency", "agencies")
    marks = sum(len(lane.marks) for lane in story.lanes)
    if not story.contacts:
        return f"No contact with this family is drawn in {period}"
    if story.spans * 2 > marks:
        return f"{story.spans} of {story.contacts} contacts are not known to the day, so no wait in days is claimed"
    crises = f"{count_in_words(story.crises, 'crisis', 'crises')}" if story.crises else ""
    if story.contacts <= 5:
        first = f"{agencies}, {count_in_words(story.contacts, 'contact')} in {period}"
    elif story.has_bars or not story.staff:
        first = f"{count(story.contacts, 'contact')} with {agencies} in {period}"
    else:
        first = f"{agencies} and {count_in_words(story.staff, 'professional')} in {period}"
    if story.chanced is not None:
        return sentence(first) + chancerow.finding(story.chanced)
    return sentence(first) + _triggers(story, crises)


def _triggers(story: Story, crises: str) -> str:
    if story.firings is None:
        return f", and {crises}" if crises else ""
    if not story.firings:
        return f", {crises} and no trigger met" if crises else ", and no trigger met"
    fired = len(story.firings)
    answered = sum(f.is_answered for f in story.firings)
    still = sum(f.is_open for f in story.firings)
    what = "A trigger was met once" if fired == 1 else f"Triggers were met {in_words(fired)} times"
    if answered == 0 and still == fired:
        return f". {what}; the time for help to follow has not run out"
    if answered == fired:
        return f". {what}, and help followed in time{'' if fired == 1 else ' each time'}"
    if answered == 0:
        return f". {what}; help has {'not' if fired == 1 else 'never'} followed in time"
    followed = "once" if answered == 1 else f"{in_words(answered)} times"
    return f". {what}; help followed {followed} in time"


def count_in_words(number: int, one: str, many: str = "") -> str:
    """A number, in a word up to ten, with its noun.

    >>> count_in_words(2, "agency", "agencies"), count_in_words(1, "contact")
    ('two agencies', 'one contact')
    """
    return f"{in_words(number)} {one if number == 1 else many or one + 's'}"


def subtitle(story: Story) -> str:
    """Whose it is, what is drawn and in what order."""
    if not story.lanes:
        return f"Family {story.family}: no agency has a contact to draw in this period"
    order = "in the order of each agency’s first contact"
    if story.has_bars:
        return f"Family {story.family}: contacts by agency and month, {order}; above 25 marks a lane, bars on one scale"
    if len(story.lanes) == 1:
        return f"Family {story.family}: every recorded contact; the same time axis as every other family"
    return f"Family {story.family}: every recorded contact, by agency, {order}"


def footer(story: Story, review: Any, level: str, notes: list[str]) -> list[str]:
    """Counts and source; convention; limits of use. `notes` are what the drawing itself could not show."""
    return [_counts(story, review), _convention(story, review, notes), limits(review, level)]


def _counts(story: Story, review: Any) -> str:
    about = review.about
    n = [count(story.contacts, "contact"), "1 family", count(len(story.table), "agency", "agencies")]
    if story.staff:
        n.append(count(story.staff, "professional"))
    said_n = ", ".join(n)
    if story.staff_unsaid:
        said_n += f" ({count(story.staff_unsaid, 'touch or referral', 'touches or referrals')} with nobody named)"
    silent = len(set(review.coverage["agency"]) - story.agency_ids)
    agencies = len(set(review.coverage["agency"]) | story.agency_ids)
    invented = "invented " if about.invented else ""
    source = f"Source: {invented}contact logs of {count(agencies, 'agency', 'agencies')} (data: {clean(about.name)})"
    if about.published:
        source = f"Source: {clean(about.published.get('source', 'a published report'))}"
        source += ", a subset" if about.published.get("subset") else ""
    others = f", of which {silent} record{'s' if silent == 1 else ''} no contact with this family" if silent else ""
    return f"n = {said_n}. Period {said(review.start)} to {said(review.end)}. {source}{others}."


def _convention(story: Story, review: Any, notes: list[str]) -> str:
    parts = ["Lanes: order of first contact in the period, not rank."] if len(story.lanes) > 1 else []
    if story.spans:
        known = count(story.spans, "contact is", "contacts are")
        parts.append(
            f"{known} not known to the day: drawn as {'a span' if story.spans == 1 else 'spans'}, left out of waits."
        )
    for activity, n in sorted(story.counted_only.items()):
        label = {"present": "present mark", "not_required": "mark of no session"}.get(activity, activity)
        many = "marks of no session" if activity == "not_required" else ""
        parts.append(f"{count(n, label + ' is', (many or label + 's') + ' are')} counted, not drawn.")
    left = [(story.before, "before"), (story.after, "after")]
    said_left = [f"{count(n, 'contact')} {side} the period" for n, side in left if n]
    if story.undated:
        said_left.append(f"{count(story.undated, 'contact')} with no date")
    if said_left:
        parts.append(sentence(f"{' and '.join(said_left)} not drawn."))
    if story.pooled:
        parts.append(f"The last lane holds {', '.join(story.pooled)}.")
    if story.chanced is not None:
        parts.append(chancerow.footer(story))
    elif story.firings is not None:
        parts.append(_firing_words(story))
    return " ".join(parts + notes)


def _firing_words(story: Story) -> str:
    drawn = story.firings or []
    words = "Triggers are met by rule and prove nothing; a reviewer decides." if drawn else "No trigger was met."
    possible = sum(f.is_possible for f in drawn)
    if possible:
        words += f" {sentence(in_words(possible))} of them {'is' if possible == 1 else 'are'} only possible."
    if story.firings_outside:
        words += f" {count(story.firings_outside, 'firing')} outside the period not drawn."
    if story.evidence_not_drawn:
        words += f" {count(story.evidence_not_drawn, 'contact')} they rest on not drawn here."
    return words


def limits(review: Any, level: str) -> str:
    """Limits of use: level and readers, marking, purpose, and whom to ring."""
    about = review.about
    parts = [f"Level: {level.upper()}, named readers only."]
    if about.marking:
        parts.append(f"Marking: {clean(about.marking)}.")
    if about.purpose:
        parts.append(f"Purpose: {clean(about.purpose).rstrip('.')}.")
    parts.append("This is not an alert system.")
    if about.safeguarding_contact:
        parts.append(f"Worried about a child now: {clean(about.safeguarding_contact)}.")
    return " ".join(parts)


def tag(review: Any, level: str) -> str:
    """What stands in the box at the top right: invented data, or the level and the marking."""
    if review.about.invented:
        return "INVENTED DATA"
    return f"{level.upper()} · {clean(review.about.marking)[:40]}" if review.about.marking else level.upper()


def alt(story: Story, invented: bool, cost: str = "") -> str:
    """The alt text of a swim-lane, 350 characters at most; `cost` is the sum in words, where costs are given."""
    met = f"{count(story.contacts, 'contact')} with {count(len(story.table), 'agency', 'agencies')}"
    if story.staff:
        met += f" and {count(story.staff, 'professional')}"
    what = f"Swim-lane of family {story.family[:40]}: {met}, {story.start:%B %Y} to {story.end:%B %Y}."
    parts = [what]
    if story.chanced is not None:
        parts.append(chancerow.alt(story.chanced))
    elif story.firings:
        days = [said_day(f.day) for f in story.firings]
        named = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
        parts.append(f"{count(len(days), 'trigger')} met, {named}; help {_times(story)} in time.")
    if story.crises:
        parts.append(f"{count(story.crises, 'crisis', 'crises')}.")
    if cost:
        parts.append(cost)
    if story.spans:
        parts.append(f"{count(story.spans, 'contact')} not known to the day.")
    if story.life:
        parts.append(f"{count(len(story.life), 'event')} in the family’s life.")
    return alt_text(*parts, invented=invented)


def _times(story: Story) -> str:
    answered = sum(f.is_answered for f in story.firings or [])
    return "never followed" if not answered else "followed " + ("once" if answered == 1 else f"{answered} times")


def said_day(day: float) -> str:
    """A day, counted from 1970, in words.

    >>> said_day(0)
    '1 January 1970'
    """
    return said(day_of(day))
