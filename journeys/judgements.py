"""The sheets of the review book: what only people can supply, a sheet per judgement, each column declared once.

A column is *given* (the kit fills it, and fills it anew in every run) or *asked* (people fill it, and no run changes
it). A row is known again by its *key*; rows that people add of their own need none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeys.conditionkinds import load_condition_kinds

SHARE_WITH = ("nobody", "team", "board", "public")
"""Who may read a family's own row or words, by consent; nobody where the cell is empty."""

YES_NO = ("yes", "no")
RESOURCES = ("family", "neighbours and friends", "community", "school or work", "paid help", "own strengths")
"""Who and what was holding a family up: family and neighbours first, services last but one."""

CATEGORIES = tuple(load_condition_kinds())
"""Kinds of system conditions, as rules/conditions.yml has them."""

STATUSES = ("proposed", "confirmed", "rejected", "look again")


@dataclass(frozen=True)
class Field:
    """One column of a sheet: `kind` is text, words, day, number, ids, or a choice from `choices`."""

    name: str
    kind: str
    meaning: str
    is_given: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One judgement: what is asked, its columns, by which of them a row is known again, and what a decided row needs."""

    name: str
    asks: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    asks_who: bool = True

    @property
    def columns(self) -> tuple[Field, ...]:
        """Every column, with those that all sheets end on."""
        tail = (*_WHO, *((LOOK, BASIS) if self.key else ())) if self.asks_who else ()
        return (*self.fields, *tail)

    @property
    def asked(self) -> tuple[str, ...]:
        """The columns that people fill in."""
        return tuple(f.name for f in self.columns if not f.is_given and f.name not in self.key)


def _given(name: str, kind: str, meaning: str) -> Field:
    return Field(name, kind, meaning, True)


def _choice(name: str, choices: Sequence[str], meaning: str) -> Field:
    return Field(name, "choice", meaning, False, tuple(choices))


LOOK = Field("look", "text", "look again: what this rests on has changed since. Empty the cell when you have looked")
BASIS = _given("basis", "text", "the kit's own mark of what the decision rested on; leave it as it is")
_WHO = (
    Field("decided_by", "text", "who decided or said so: a role, such as early help panel or mother, never a name"),
    Field("decided_on", "day", "the day on which"),
    Field("note", "words", "anything to add; no worker is named"),
)
ASIDE = ("decided_by", "decided_on", "note", "look")
"""Columns that say something about a judgement, and are none."""

_FAMILY = Field("family_id", "text", "the family")
_GIVEN_FAMILY = _given("family_id", "text", "the family")
_CONTACT = _given("contact_id", "text", "the contact")
_SHARE = _choice("share_with", SHARE_WITH, "who may read it, by consent of whoever said it; empty: nobody")
_ON = _given("on", "day", "the day of the contact")
_SAYS = _given("says", "words", "what is recorded")

_ALL = (
    Sheet(
        "needs",
        "What did each family need, when did it first ask, and when was the need met in its own view?",
        (
            _given("need_id", "text", "the need, as the logs number it; your own rows may use a number of your own"),
            _GIVEN_FAMILY,
            _given("first_in_records_on", "day", "the first day on which the records name this need"),
            Field("words", "words", "the need in the family's own words"),
            Field("first_asked_on", "day", "the day it first asked; empty: the first day in the records"),
            Field("met_on", "day", "the day the need was met; empty: not yet"),
            Field("met_by_whose_view", "text", "in whose view it was met: mother, young person, …"),
        ),
        ("family_id", "need_id"),
        ("words",),
    ),
    Sheet(
        "facts",
        "Which facts that mattered are in no log, or were known to an agency that did not record them?",
        (
            _FAMILY,
            Field("fact", "text", "a fact by its name in facts.yml, or in words of your own"),
            Field("agency", "text", "an agency that knew it; empty: nobody did"),
            Field("known_on", "day", "the day from which that agency knew it"),
        ),
        (),
        ("family_id", "fact"),
    ),
    Sheet(
        "matters",
        "What matters to each person, in their own words, and how true is it now? Scores are theirs, 0 to 10.",
        (
            _FAMILY,
            Field("who", "text", "whose statement: mother, father, young person, …"),
            Field("statement", "words", "what matters, in their own words"),
            Field("on", "day", "the day they said so, or scored it"),
            Field("score", "number", "how true it is now, 0 (not at all) to 10 (wholly), by their own view"),
            Field("delivered", "words", "what services delivered instead, or towards it"),
            _choice("family_checked", YES_NO, "whether the family has read and agreed to this row"),
            _SHARE,
        ),
        (),
        ("family_id", "who", "statement"),
    ),
    Sheet(
        "quotes",
        "What did people say that others should hear, in their own words, and whom may it be shown to?",
        (
            _FAMILY,
            Field("who", "text", "who said it: mother, young person, …"),
            Field("words", "words", "the words, exactly as said"),
            Field("on", "day", "the day they were said"),
            _SHARE,
        ),
        (),
        ("family_id", "who", "words"),
    ),
    Sheet(
        "demand",
        "Each time somebody asked: was it value demand (it mattered) or failure demand (asking again because something "
        "was not done, or not done right)? Judge from the family's side.",
        (
            _CONTACT,
            _GIVEN_FAMILY,
            _ON,
            _SAYS,
            _given("proposed", "text", "what the rules say"),
            _given("rule", "text", "which rule said so"),
            _choice("label", ("value", "failure", "unknown"), "your judgement; empty: the rule stands"),
            Field("kind", "text", "what was asked, as the family would say it"),
        ),
        ("contact_id", "family_id"),
        ("label",),
    ),
    Sheet(
        "steps",
        "Which steps moved something that matters to the family? The kit takes help to be a value step.",
        (
            _CONTACT,
            _GIVEN_FAMILY,
            _ON,
            _SAYS,
            _choice("is_value", YES_NO, "your judgement; empty: the rule stands"),
        ),
        ("contact_id", "family_id"),
        ("is_value",),
    ),
    Sheet(
        "chances",
        "Was this a missed opportunity? Confirm or reject it, and for a confirmed one say which condition in the system "
        "made it hard to help. You may add rows of your own: a family, a day and words.",
        (
            _given("chance_id", "text", "the chance"),
            _GIVEN_FAMILY,
            _given("on", "day", "the first day on which somebody could have seen it"),
            _given("kind", "text", "why it is proposed"),
            _given("says", "words", "the same in a sentence"),
            _given("what_was_known", "words", "the facts that any agency knew by that day"),
            _given("what_was_done", "words", "what is recorded next"),
            _given("hindsight", "words", "how many other families looked the same that day"),
            _given("evidence", "ids", "the contacts it rests on"),
            _choice("status", STATUSES, "confirmed (a missed opportunity) or rejected; empty: proposed"),
            Field("condition", "words", "what in the system made it so; no worker is named"),
        ),
    ),
    Sheet(
        "conditions",
        "Why does the system behave this way? One row for each event that a condition explains.",
        (
            _choice("category", CATEGORIES, "what kind of condition"),
            Field("condition", "words", "the condition, in the same words in each of its rows"),
            Field("thinking", "words", "the assumption behind it"),
            _FAMILY,
            Field("evidence", "ids", "the contacts or the chance that it explains, parted by ;"),
        ),
        (),
        ("category", "condition", "family_id"),
    ),
    Sheet(
        "life",
        "Other lines of a family's life that no log holds, such as days in work or nights in one's own home.",
        (
            _FAMILY,
            Field("measure", "text", "a measure by its name in measures.yml"),
            Field("on", "day", "the day it speaks of"),
            Field("value", "number", "its value"),
        ),
        (),
        ("family_id", "measure", "on", "value"),
    ),
    Sheet(
        "resources",
        "Who and what was holding this family up? Family and neighbours first.",
        (
            _FAMILY,
            _choice("kind", RESOURCES, "what kind of support"),
            Field("who", "text", "who or what: grandmother, football club, …"),
            Field("from", "day", "since when; empty: always"),
            Field("to", "day", "until when; empty: still"),
        ),
        (),
        ("family_id", "kind", "who"),
    ),
    Sheet(
        "answer",
        "The front page in words: the answer in two sentences, and what this cannot tell you.",
        (
            _choice("part", ("answer", "cannot tell", "purpose", "thinking"), "where the words stand"),
            Field("words", "words", "the words"),
        ),
        (),
        ("part", "words"),
    ),
    Sheet(
        "decisions",
        "Which three decisions does the review ask for?",
        (
            Field("order", "number", "1, 2 or 3"),
            Field("decision", "words", "the act, in a few words"),
            Field("how", "words", "where, when, and which measure will tell"),
        ),
        (),
        ("order", "decision"),
    ),
    Sheet(
        "plans",
        "What is tried, and what is expected of it? A prediction stands once its start has come.",
        (
            Field("plan", "words", "what is tried"),
            Field("prediction", "words", "what is expected, before it starts"),
            Field("measure", "text", "the measure that will tell, by its name in measures.yml"),
            Field("start", "day", "the first day"),
            Field("stop", "day", "the day on which to look"),
            Field("what_happened", "words", "what was found"),
        ),
        (),
        ("plan", "prediction", "measure", "start"),
    ),
    Sheet(
        "navigator",
        "What would one point of contact have made needless? Strike out what would still have been wanted.",
        (
            _CONTACT,
            _GIVEN_FAMILY,
            _ON,
            _SAYS,
            _given("because", "words", "why one point of contact might have made it needless"),
            _choice("strike_out", YES_NO, "yes: it would still have been wanted"),
        ),
        ("contact_id", "family_id"),
        ("strike_out",),
    ),
    Sheet(
        "families",
        "May one family's row, picture or story be shown beyond the team? Only with its consent.",
        (
            _GIVEN_FAMILY,
            _SHARE,
            Field("first_help_on", "day", "the first day of help in the family's own view; empty: by rule"),
        ),
        ("family_id",),
    ),
    Sheet(
        "readers",
        "A page can be made for one named reader of a family. Who is it, and for which children do they answer? One row "
        "for each child, and one with no child for the reader alone.",
        (
            _FAMILY,
            Field(
                "reader", "text", "the reader, by their number in members.csv; several of the same person parted by ;"
            ),
            Field(
                "answers_for", "text", "a child for whom the reader answers, by their number; empty: the reader alone"
            ),
        ),
        (),
        ("family_id", "reader"),
    ),
    Sheet(
        "page",
        "Which rows may this reader see? Only rows that you tick are on the page.",
        (
            _given("reader", "text", "the reader"),
            _CONTACT,
            _GIVEN_FAMILY,
            _ON,
            _SAYS,
            _given("held_back", "words", "why the kit would hold it back; look twice"),
            _choice("show", YES_NO, "yes: it may stand on the page; empty: it does not"),
        ),
        ("reader", "contact_id", "family_id"),
        ("show",),
    ),
)

SHEETS: dict[str, Sheet] = {sheet.name: sheet for sheet in _ALL}
