"""Families' journeys through public services: contact logs in; journeys, triggers and a review report out.

The verbs, in the order in which data flow:

    contacts = fj.read_contacts("sample")          # what each agency recorded: a Table
    fj.account("sample")                           # records read = accepted + set aside + collapsed, per file
    fj.set_aside("sample")                         # the records that could not be used, and why
    linkage = fj.read_linkage("data/x")            # names and birth dates, for joining records alone: in memory, nowhere else
    links = fj.link_people(linkage.records)        # records into persons: same, not, or ask a person; and why, pair by pair
    fj.ask_people("data/x", links, linkage.records)   # the questions left, in the private room; fj.read_decisions: the answers
    members = fj.read_members("sample")            # who belongs to which family, and when
    faults = fj.check_contacts(contacts)           # what is wrong or doubtful, one row each
    review = fj.build_journeys(contacts, members)  # what each family lived through: family -> Journey
    fj.members_of(review["F0003"], members)        # who is in one family, from when until when, and how that is known
    fj.switches(review), fj.handovers(review)      # what happens between agencies
    fj.repeats(review)                             # the same activity again
    fj.two_clocks(review)                          # each need's clocks: the family's, and each agency's
    fj.passed(review)                              # what came of each referral: passed on, sent back, taken on, no answer
    firings = fj.find_triggers(review)             # which rules were met, and whether help followed
    fj.rules_in_force(review)                      # the triggers as a table; fj.rule_changes: before one is adopted
    known = fj.who_knew_what(review)               # which agency knew which fact, and from when
    fj.together                                    # what one family's agencies knew together: fj.together.lags(known, "F0003")
    chances = fj.find_chances(review, firings, known)   # moments at which somebody could have helped, each proposed
    fj.days_to_help(review, firings, chances)      # from the earliest concern to help, those still waiting counted
    fj.write_book(review, chances)                 # the review book: what only people can supply and decide
    fj.conditions(review, chances)                 # what in the system explains them: two events in two families, or a hunch
    fj.could_fall_away(review)                     # what one point of contact might have made needless, for people to strike out
    fj.best_placed(review["F0003"])                # who could have been the one who stayed, side by side
    fj.trial(series, start, reason)                # before and after, split once; fj.plans(review): what the book says is tried
    book = fj.read_book(review)                    # what they wrote: book.rows("needs"); fj.merge_books: two copies
    fj.voice                                       # what matters, and words, as far as people agreed: fj.voice.quotes(review)
    rows = fj.demand(review)                       # each time somebody asked: value, failure or unknown, and why
    fj.page_for(review, family, reader)            # for one named reader of a family: only the rows ticked in the book
    fj.live_list(firings)                          # families to offer help now: only where the sources name who answers
    fj.export_savvi(firings, folder)               # triggers as SAVVI's attribute message and risk model
    fj.backtest(review)                            # what each trigger would have bought: warning, and at what load
    fj.search_triggers(review, alarms_per_100=30)  # candidates for better ones, judged on families held out
    spent = fj.costs(review)                       # contacts and periods × sourced unit costs; uncosted ones counted
    month = fj.month_of(contacts)                  # the last whole month: fj.measures.month_by_month, fj.draw.months
    fj.measures                                    # counts, each with its base
    fj.findings                                    # what they say, in a sentence made by rule
    fj.draw                                        # pictures: fj.draw.timeline(review["F0003"])
    fj.six_steps(review)                           # what each step of Check stands on; Plan waits while one is empty
    fj.front                                       # page one: fj.front.numbers(review), with what people wrote
    fj.publish(frame, "agencies")                  # a measure's table as it would leave: small counts hidden; a preview
    fj.public                                      # the public page: fj.public.said(review), fj.public.area(review)
    fj.pseudonymised(rows, project="housing")      # rows for one project: its own pseudonyms, no free text
    fj.scrutiny_pack(review)                       # what a scrutiny committee asks, and which part answers
    fj.four_worlds(review)                         # the same numbers as four worlds may hear them: readings, no findings
    fj.show(frame, "a caption")                    # a table that reads well on a page

Each is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_VERBS = {
    "read_contacts": "journeys.contacts",
    "read_linkage": "journeys.linkage",
    "link_people": "journeys.people",
    "ask_people": "journeys.linkasks",
    "read_decisions": "journeys.linkasks",
    "account": "journeys.checks",
    "set_aside": "journeys.contacts",
    "read_members": "journeys.families",
    "members_of": "journeys.household",
    "check_contacts": "journeys.checks",
    "build_journeys": "journeys.journey",
    "switches": "journeys.flow",
    "handovers": "journeys.flow",
    "repeats": "journeys.flow",
    "two_clocks": "journeys.clocks",
    "passed": "journeys.passing",
    "find_triggers": "journeys.triggers",
    "rules_in_force": "journeys.adoption",
    "rule_changes": "journeys.adoption",
    "who_knew_what": "journeys.knowledge",
    "costs": "journeys.costing",
    "live_list": "journeys.live",
    "export_savvi": "journeys.savvi",
    "find_chances": "journeys.chances",
    "days_to_help": "journeys.concern",
    "six_steps": "journeys.sixsteps",
    "conditions": "journeys.causes",
    "could_fall_away": "journeys.navigator",
    "best_placed": "journeys.bestplaced",
    "plans": "journeys.sixsteps",
    "trial": "journeys.trials",
    "month_of": "journeys.months",
    "write_book": "journeys.filling",
    "scrutiny_pack": "journeys.scrutiny",
    "four_worlds": "journeys.worlds",
    "read_book": "journeys.book",
    "merge_books": "journeys.filling",
    "demand": "journeys.asked",
    "demand_proposals": "journeys.asked",
    "page_for": "journeys.readerpage",
    "backtest": "journeys.hindsight",
    "search_triggers": "journeys.search",
    "publish": "journeys.release",
    "pseudonymised": "journeys.pseudonymous",
    "show": "journeys.pages",
}
_ROOMS = ("together", "voice", "public", "measures", "draw", "findings", "front", "columns")

__all__ = [
    "account",
    "ask_people",
    "backtest",
    "best_placed",
    "build_journeys",
    "check_contacts",
    "columns",
    "conditions",
    "costs",
    "could_fall_away",
    "days_to_help",
    "demand",
    "demand_proposals",
    "draw",
    "export_savvi",
    "find_chances",
    "find_triggers",
    "findings",
    "four_worlds",
    "front",
    "handovers",
    "link_people",
    "live_list",
    "measures",
    "members_of",
    "merge_books",
    "month_of",
    "page_for",
    "passed",
    "plans",
    "pseudonymised",
    "public",
    "publish",
    "read_book",
    "read_contacts",
    "read_decisions",
    "read_linkage",
    "read_members",
    "repeats",
    "rule_changes",
    "rules_in_force",
    "scrutiny_pack",
    "search_triggers",
    "set_aside",
    "show",
    "six_steps",
    "switches",
    "together",
    "trial",
    "two_clocks",
    "voice",
    "who_knew_what",
    "write_book",
]

if TYPE_CHECKING:
    from journeys import columns, draw, findings, front, measures, public, together, voice
    from journeys.adoption import rule_changes, rules_in_force
    from journeys.asked import demand, demand_proposals
    from journeys.bestplaced import best_placed
    from journeys.book import read_book
    from journeys.causes import conditions
    from journeys.chances import find_chances
    from journeys.checks import account, check_contacts
    from journeys.clocks import two_clocks
    from journeys.concern import days_to_help
    from journeys.contacts import read_contacts, set_aside
    from journeys.costing import costs
    from journeys.families import read_members
    from journeys.filling import merge_books, write_book
    from journeys.flow import handovers, repeats, switches
    from journeys.hindsight import backtest
    from journeys.household import members_of
    from journeys.journey import build_journeys
    from journeys.knowledge import who_knew_what
    from journeys.live import live_list
    from journeys.months import month_of
    from journeys.navigator import could_fall_away
    from journeys.pages import show
    from journeys.passing import passed
    from journeys.pseudonymous import pseudonymised
    from journeys.readerpage import page_for
    from journeys.release import publish
    from journeys.savvi import export_savvi
    from journeys.scrutiny import scrutiny_pack
    from journeys.search import search_triggers
    from journeys.sixsteps import plans, six_steps
    from journeys.trials import trial
    from journeys.triggers import find_triggers
    from journeys.worlds import four_worlds


def __getattr__(name: str) -> Any:
    if name in _VERBS:
        value = getattr(importlib.import_module(_VERBS[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"journeys.{name}")
    else:
        from lib.errors import did_you_mean

        raise AttributeError(f"fj has no '{name}'.{did_you_mean(name, __all__)} It has: {', '.join(__all__)}.")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


def _check_lib() -> None:
    """Say so in words if another package called `lib` stands where ours should."""
    from importlib.util import find_spec

    spec = find_spec("lib")
    if spec is None or find_spec("lib.engine") is None:
        where = next(iter(spec.submodule_search_locations or []), "elsewhere") if spec else "nowhere"
        raise ImportError(
            f"another package called 'lib' ({where}) stands before this kit's own. Run from the kit's folder, or in its .venv."
        )


_check_lib()
