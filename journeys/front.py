"""The front page of a review: five numbers each with its base, one family's words, and what people ask the board to decide.

Every number is a measure of `fj.measures` or `fj.days_to_help`; nothing is worked out here but medians. The words are
people's, from the review book, as far as they agreed that this level may read them. A number that cannot be given says
so, with what would be needed.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from journeys import measures, voice
from journeys.asked import demand
from journeys.book import read_book
from journeys.concern import days_to_help
from journeys.demandwords import mostly_unknown
from journeys.journey import Journey, Journeys, empty
from journeys.knowledge import who_knew_what
from journeys.life import Line
from lib.errors import count
from lib.front import AllWords, Asked, Heading, Lede, Number, Numbers, Words
from lib.limits import median_wait

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from lib.engine import Table

NOT_KNOWN = "not known"

NAMES = ("met", "waited", "told", "failed", "knew")
"""What the five numbers are called, in their order."""


def answer(review: Journeys) -> Lede:
    """The answer in two sentences, as people wrote it in the review book; until then, that nobody has written it yet."""
    words = " ".join(voice.said_of(review, "answer"))
    return Lede(words or "Nobody has written the answer yet: it comes last, in the sheet “answer” of the review book.")


def numbers(
    review: Journeys, firings: Table | None = None, chances: Table | None = None, known: Table | None = None
) -> Numbers:
    """The five numbers of a review, each with its base and how sure it is.

    `firings`, `chances` and `known` as `find_triggers`, `find_chances` and `who_knew_what` gave them, if they are at hand.
    Agencies and professionals that a family met; days from the earliest concern to help, open ones counted; how often a
    family told its story; how much of asking was failure demand; what the best-informed agency knew. No family is named.
    """
    return Numbers(
        [
            _met(measures.families(review), int(measures.totals(review)["professional_unknown"].iloc[0])),
            _waited(days_to_help(review, firings, chances)),
            _told(measures.story(review)),
            _failed(demand(review)),
            _knew(measures.knowledge(known if known is not None else who_knew_what(review))),
        ]
    )


def _whole(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _families(n: int) -> str:
    return count(n, "family", "families")


def _met(frame: pd.DataFrame, unnamed: int) -> Number:
    agencies, staff = frame["agencies"].tolist(), frame["professionals"].tolist()
    base = (
        f"Median of {_families(len(frame))}; from {min(agencies)} and {min(staff)} to {max(agencies)} and {max(staff)}."
    )
    sure = (
        f"At least: {count(unnamed, 'touch or referral names', 'touches and referrals name')} nobody."
        if unnamed
        else ""
    )
    return Number(
        "Agencies and professionals met", _whole(median(agencies)), base, f"and {_whole(median(staff))}", sure
    )


def _waited(frame: pd.DataFrame) -> Number:
    question = "Days from earliest concern to help"
    told = frame[frame["is_open"].notna()]
    if told.empty:
        return Number(question, NOT_KNOWN, "No concern and no help can be told from these records.")
    is_open = told["is_open"].astype(bool)
    ended, still = told.loc[~is_open, "days"].astype(int).tolist(), told.loc[is_open, "days"].astype(int).tolist()
    half = median_wait(ended, still)
    spread = f"; {min(ended):,} to {max(ended):,} days" if ended else ""
    base = f"Help reached {len(ended)} of {_families(len(told))}{spread}."
    waiting = ""
    if still:
        longest = f"{'the longest ' if len(still) > 1 else ''}{max(still):,} days so far"
        waiting = f"{count(len(still), 'family is', 'families are')} still waiting, {longest}."
    if half is None:
        return Number(question, "not reached", f"By half of the families: {base[0].lower()}{base[1:]}", "", waiting)
    return Number(question, _whole(half), f"Median, those still waiting counted. {base}", "", waiting)


def _told(frame: pd.DataFrame) -> Number:
    told = frame["told"].astype(int).tolist()
    again = int(frame["again"].sum())
    base = f"Median of {_families(len(told))}; from {min(told)} to {max(told)}."
    sure = f"{again} of {sum(told)} tellings were of a story told before. Counted by rule: no log holds every telling."
    return Number("Times a family told its story", _whole(median(told)), base, "", sure)


def _failed(rows: Table) -> Number:
    total: Any = next(measures.demand(rows).itertuples())
    question = "Asking that was failure demand"
    classed = int(total.failure + total.value)
    if not classed or mostly_unknown(total):
        found = f" Of the {classed} classed, {total.failure} were." if classed else ""
        base = f"For {total.unknown} of {count(int(total.asked), 'time')} somebody asked, nobody has said why.{found}"
        return Number(question, NOT_KNOWN, base, "", "Needed: reviewers’ labels, in the review book’s sheet “demand”.")
    base = f"{total.share:.0%}, interval {total.low:.0%} to {total.high:.0%}. "
    base += f"{total.unknown} more unknown, kept apart." if total.unknown else "None is unknown."
    gloss = "Failure demand: asking again because something was not done, or not done right."
    return Number(question, f"{total.failure}", base, f"of {classed}", gloss)


def _knew(frame: pd.DataFrame) -> Number:
    question = "What the best-informed agency knew"
    some = frame[frame["facts"] > 0]
    if some.empty:
        return Number(question, NOT_KNOWN, "No fact that matters is known of any family.")
    pairs = sorted(
        zip(some["best_known"].astype(int), some["facts"].astype(int), strict=True), key=lambda p: p[0] / p[1]
    )
    (few, of_few), (most, of_most) = pairs[0], pairs[-1]
    whole = int(some["whole_picture_on"].notna().sum())
    base = (
        f"Of the facts that mattered; median of {_families(len(some))}, from {few} of {of_few} to {most} of {of_most}."
    )
    held = "in none" if not whole else f"in {whole}"
    sure = f"One agency had the whole picture {held} of them. Recorded is not the same as known."
    return Number(question, f"{median(k / n for k, n in pairs):.0%}", base, "", sure)


def chosen(review: Journeys, level: str = "team") -> Journey | None:
    """The family whose effort and life may stand on the front page: of those that agreed, the one most was done with.

    At level team too a family stands there only with its consent, since a front page is passed on. None where no family
    agreed.
    """
    agreed = {r["family_id"] for r in read_book(review).rows("families") if voice.may_read(r["share_with"], level)}
    frame = measures.families(review)
    some = frame[frame["family_id"].isin(agreed)]
    if some.empty:
        return None
    first = some.sort_values(["touches_and_referrals", "family_id"], ascending=[False, True]).iloc[0]
    return review[str(first["family_id"])]


def life(family: Journey | None, level: str = "team") -> Heading:
    """What the life lines of the family on the front page say, by rule; or why no family stands there."""
    if family is None:
        return Heading(
            "No family has agreed that its effort and life be shown here: the sheet “families” of the review book."
        )
    every = measures.life_lines(family, level=level)
    drawn, of = len(lines(family, level)), len(every)
    some = f" Of its {of} life lines, {drawn} are drawn here." if drawn < of else ""
    return Heading(f"For one family, much was done. {measures.improvement(every)}{some}")


MOST_LINES = 3


def lines(family: Journey, level: str = "team") -> list[Line]:
    """The life lines that the front page has room for: the first attendance, days between crises, the first own score.

    The heading above them speaks of all its lines; the team's page on the family shows each.
    """
    every = measures.life_lines(family, level=level)
    first = {line.name: line for line in reversed(every)}
    return [line for line in every if first[line.name] is line][:MOST_LINES]


def first_help(family: Journey, firings: Table | None = None, chances: Table | None = None) -> dt.date | None:
    """The first day of help of one family: in its own view where the review book says, else by rule.

    `firings` and `chances` of the whole review, if they are at hand.
    """
    said = voice.first_help(read_book(family.review), family.family_id)
    if said is not None:
        return said
    review = family.review if firings is not None and chances is not None else family.alone
    frame = days_to_help(review, firings, chances)
    day = frame.loc[frame["family_id"] == family.family_id, "first_help_on"].iloc[0]
    return None if empty(day) else day.date()


def splits(review: Journeys, measure: str) -> dict[dt.date, str]:
    """Where a chart of a measure is split, and why: at the start of each plan of the book that is to change it.

    Only plans that started within the period: nothing is split because it looks better.
    """
    rows = [r for r in read_book(review).rows("plans") if r["measure"] == measure]
    return {r["start"]: r["plan"] for r in rows if r["start"] and review.start < r["start"] <= review.over_by}


def words(review: Journeys, level: str = "team") -> Words:
    """One sentence from a family, with whose it is and the consent; nothing where none agreed that this level read it."""
    said = voice.quotes(review, level)
    if not said:
        return Words("", "")
    consented = [q for q in said if voice.may_read(q.share_with, "board")] or said
    return Words(consented[0].words, consented[0].whose(named=level == "team"))


def all_words(review: Journeys, level: str = "team") -> AllWords:
    """Everything that these families said and agreed that this level read, and how much more is not shown.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> all_words(build_journeys(read_contacts("sample"), families=["F0003"]))
    No words are shared with this level; 1 more saying is not.
    """
    said = voice.quotes(review, level)
    hidden = len(read_book(review).rows("quotes")) - len(said)
    more = f"{count(hidden, 'more saying is', 'more sayings are')} not."
    note = "" if said else "Nobody’s words are in the review book."
    if hidden:
        note = (
            f"These words are shared with this level; {more}"
            if said
            else f"No words are shared with this level; {more}"
        )
    return AllWords([Words(q.words, q.whose(named=level == "team")) for q in said], note)


def decisions(review: Journeys) -> Asked:
    """What the review asks for, as people wrote it in the review book, in their order."""
    rows = sorted(read_book(review).rows("decisions"), key=lambda r: (r["order"], r["decision"]))
    heading = {
        0: "What we ask for",
        1: "One decision we ask for",
        2: "Two decisions we ask for",
        3: "Three decisions we ask for",
    }
    instead = "Nobody has written down what is asked for yet: the sheet “decisions” of the review book."
    return Asked(
        heading.get(len(rows), f"{len(rows)} decisions we ask for"), [(r["decision"], r["how"]) for r in rows], instead
    )
