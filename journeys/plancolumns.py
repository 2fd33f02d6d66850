"""The columns of the tables and frames that tell of Check's steps, of conditions, and of what is planned and tried.

Read by `journeys.columns`, which makes columns of them: name, type, meaning and, where there is one, unit.
"""

from __future__ import annotations

Row = tuple[str, str, str] | tuple[str, str, str, str]

PLAN: dict[str, tuple[Row, ...]] = {
    "conditions": (
        ("condition", "text", "what in the system made it so, in the words of most of its rows"),
        ("category", "text", "what kind of condition, of rules/conditions.yml; empty where nobody chose one"),
        ("ask", "text", "what to ask next of the people who work in it"),
        ("thinking", "list of text", "the assumptions that reviewers named behind it"),
        ("events", "whole number", "events that it explains, each once", "events"),
        ("families", "whole number", "families in whose journeys they are", "families"),
        ("is_hunch", "yes/no", "fewer than two events, or one family alone: no finding"),
        ("effects", "list of text", "what was seen of these events, by rule"),
        ("evidence", "list of text", "the contacts, or the chances, that are these events"),
    ),
    "condition_effects": (
        ("condition", "text", "the condition"),
        ("category", "text", "what kind of condition"),
        ("is_hunch", "yes/no", "fewer than two events, or one family alone: no finding"),
        ("effect", "text", "what was seen, by its name in rules/conditions.yml; other: none of these"),
        ("says", "text", "the same in a sentence"),
        ("events", "whole number", "events of the condition that show it; an event may show several", "events"),
        ("families", "whole number", "families in whose journeys these are", "families"),
        ("of_events", "whole number", "events that the condition explains", "events"),
        ("of_families", "whole number", "families in whose journeys those are", "families"),
    ),
    "could_fall_away": (
        ("contact_id", "text", "the contact"),
        ("family_id", "text", "whose journey"),
        ("on", "date", "the first day on which it may have been"),
        ("agency", "text", "who recorded it"),
        ("says", "text", "what is recorded"),
        ("because", "text", "why one point of contact might have made it needless"),
        ("reasons", "list of text", "the same by name, as in rules/navigator.yml"),
        ("rests_on", "list of text", "the other contacts by which it might have been"),
        ("doubts", "text", "what might make it wanted all the same; empty: none of the doubts that a log can show"),
        ("is_certain", "yes/no", "no such doubt"),
    ),
    "navigator": (
        ("part", "text", "what might have fallen away; the point of contact's own; the net"),
        ("contacts_low", "whole number", "contacts at least; of the net, fell away less own, at worst", "contacts"),
        ("contacts_high", "whole number", "contacts at most", "contacts"),
        ("families", "whole number", "families in whose journeys these are", "families"),
        ("of_families", "whole number", "families of the review", "families"),
        ("of_contacts", "whole number", "touches, referrals and decisions of the period, each once", "contacts"),
        ("struck_out", "whole number", "contacts proposed, and struck out by a practitioner", "contacts"),
        (
            "costed",
            "whole number",
            "of the contacts at most, those that have a cost; only where costs are given",
            "contacts",
        ),
        ("uncosted", "whole number", "those that have none and are in no sum; only where costs are given", "contacts"),
        ("pounds_low", "number", "spent on those costed, at least; empty where none is, which is not £0", "pounds"),
        ("pounds_high", "number", "at most", "pounds"),
    ),
    "best_placed": (
        ("who", "text", "an agency, or one worker of it, never by name or number"),
        ("agency", "text", "the agency, in the order in which they first met the family"),
        ("touches", "whole number", "times it saw, spoke to or wrote with the family", "contacts"),
        ("first_on", "date", "the first day of these that is known"),
        ("last_on", "date", "the last"),
        ("days_known", "whole number", "continuity: days from the first to the last", "days"),
        ("days_since", "whole number", "recency: days from the last to the end of the review", "days"),
        ("needs", "whole number", "breadth: needs of the family that these name", "needs"),
        ("facts", "whole number", "breadth: facts it knew; of one worker, those that its own contacts show", "facts"),
    ),
    "plans": (
        ("plan", "text", "what is tried"),
        ("prediction", "text", "what was expected"),
        ("measure", "text", "the measure that will tell"),
        ("start", "date", "the first day"),
        ("stop", "date", "the day on which to look"),
        ("status", "text", "not begun, running, or to be looked at, by the end of the review; or looked at"),
        ("beforehand", "yes/no", "the prediction was written by the day it started; empty: nobody said when"),
        ("fixed_on", "date", "the day from which the prediction stands, unchanged; empty: not fixed yet"),
        ("what_happened", "text", "what was found"),
    ),
    "six_steps": (
        ("step", "text", "the step of Check"),
        ("question", "text", "what it asks"),
        ("stands_on", "text", "what this review has to answer it with"),
        ("is_empty", "yes/no", "it has nothing"),
    ),
    "scrutiny": (
        ("area", "text", "customer, value, risk, system, or performance and quality"),
        ("asks", "text", "the question"),
        ("part", "text", "the part of the review that answers it"),
        ("section", "text", "how the heading begins under which that part stands"),
        ("answer", "text", "the part's own finding, word for word; no evidence where it has no data"),
    ),
    "four_worlds": (
        ("finding", "text", "the number of the front page, with its base"),
        ("customer", "text", "how it may sound to a customer"),
        ("service", "text", "how it may sound in a service"),
        ("management", "text", "how it may sound to management"),
        ("political", "text", "how it may sound in politics"),
        ("divide", "text", "the divide between worlds that it crosses"),
    ),
}
