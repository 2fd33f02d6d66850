"""What matters to each family, and what people said: in their own words, and only as far as they agreed to.

No consent, no words: a row whose `share_with` is empty, or says nobody, is shown to nobody. What is not shown is
counted, so that a page never looks as if nobody had been asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.activities import spelled
from journeys.book import Book, read_book
from journeys.judgements import RESOURCES, SHARE_WITH
from lib.dates import say
from lib.errors import RequestError, count, did_you_mean

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from journeys.journey import Journeys

WORDS = {"quotes": "words", "matters": "statement"}
"""The sheets that hold somebody's own words, and the column in which they stand."""

FEWEST_WORDS = 3


@dataclass(frozen=True)
class Quote:
    """Somebody's own words, with whose they are and the consent under which they are shown."""

    family: str
    who: str
    words: str
    on: dt.date | None
    share_with: str

    def whose(self, *, named: bool) -> str:
        """Whose words, when, and under which consent; the family's id only where the reader may know it."""
        family = f", family {self.family}" if named else ", one of the families"
        when = f"Said on {say(self.on)}" if self.on else "In their own words"
        return f"{self.who[:1].upper()}{self.who[1:]}{family}. {when}; agreed to share with: {self.share_with}."


def may_read(share_with: str, level: str) -> bool:
    """Whether words that somebody agreed to share so far may be read at a level.

    >>> may_read("board", "team"), may_read("team", "board"), may_read("", "team"), may_read("nobody", "team")
    (True, False, False, False)
    """
    if level not in SHARE_WITH:
        raise RequestError(f"there is no level '{level}'.{did_you_mean(level, SHARE_WITH[1:])}")
    return share_with in SHARE_WITH[max(1, SHARE_WITH.index(level)) :]


def agreed(review: Journeys, sheet: str, level: str) -> list[dict[str, Any]]:
    """The rows of the book's sheet of quotes, or of matters, that this level may read.

    Where a family's same words stand in several rows, of either sheet and whoever is written down as having said them,
    the narrowest of their consents holds for all of them: whoever took a consent back need not find every row. Capitals,
    spaces and marks make no other words.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> {row["share_with"] for row in agreed(build_journeys(read_contacts("sample")), "quotes", "board")}
    {'board'}
    """
    book = read_book(review)
    narrowest = _narrowest(book)
    held = []
    for row in book.rows(sheet):
        wide = narrowest[row["family_id"], spelled(row[WORDS[sheet]])]
        held.append(row | {"share_with": SHARE_WITH[wide]})
    return [row for row in held if may_read(row["share_with"], level)]


def _narrowest(book: Book) -> dict[tuple[str, str], int]:
    """For each family and its words, in no matter which row, the narrowest consent: its place in `SHARE_WITH`."""
    found: dict[tuple[str, str], int] = {}
    for sheet, words in WORDS.items():
        for row in book.rows(sheet):
            key = (row["family_id"], spelled(row[words]))
            wide = SHARE_WITH.index(row["share_with"] or SHARE_WITH[0])
            found[key] = min(wide, found.get(key, wide))
    return found


def withheld(review: Journeys, level: str) -> dict[str, str]:
    """Words of these families that this level may not read, spelled as they are compared, and where each stands in the book.

    Words of fewer than three, such as "be heard", anybody may say: they are not among them; nor are words that another family
    said too, and agreed to share.
    """
    book = read_book(review)
    narrowest, found = _narrowest(book), dict[str, str]()
    agreed = {words for (_, words), wide in narrowest.items() if may_read(SHARE_WITH[wide], level)}
    for sheet, column in WORDS.items():
        for row in book.written(sheet):
            words = spelled(row.cells[column])
            wide = narrowest.get((row.cells["family_id"], words))
            if wide is not None and words not in agreed and len(words.split()) >= FEWEST_WORDS:
                found.setdefault(words, f"sheet '{sheet}', row {row.line}")
    return found


def quotes(review: Journeys, level: str = "team") -> list[Quote]:
    """What people said, as far as they agreed that this level may read it: in order of family, day and words.

    `level` is team, board or public. Rows come from the review book's sheet of quotes.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> all(may_read(q.share_with, "board") for q in quotes(build_journeys(read_contacts("sample")), "board"))
    True
    """
    rows = agreed(review, "quotes", level)
    found = [Quote(r["family_id"], r["who"], r["words"], r["on"], r["share_with"]) for r in rows]
    return sorted(set(found), key=lambda q: (q.family, str(q.on or ""), q.words, q.who))


def shared_families(review: Journeys, level: str) -> list[str]:
    """The families whose own row or picture this level may see: all of them for the team, else by consent alone."""
    if level == "team":
        return list(review.families)
    return sorted(r["family_id"] for r in read_book(review).rows("families") if may_read(r["share_with"], level))


def first_help(book: Book, family: str) -> dt.date | None:
    """The first day of help in a family's own view, where the book says."""
    days = (r["first_help_on"] for r in book.rows("families") if r["family_id"] == family)
    return next((day for day in days if day is not None), None)


def what_matters(review: Journeys, level: str = "team") -> pd.DataFrame:
    """What matters beside what was delivered: one row per person and statement, for the statements this level may read.

    Columns: family_id, who, statement, delivered, scores (how many), first and last score (0 to 10, theirs, never
    averaged), family_checked. Below the frame `attrs["not_shared"]` counts the statements that are not shown.
    """
    import pandas as pd

    shown: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in agreed(review, "matters", level):
        shown.setdefault((row["family_id"], row["who"], row["statement"]), []).append(row)
    every = {(r["family_id"], r["who"], r["statement"]) for r in read_book(review).rows("matters")}
    found = []
    for key in sorted(shown):
        some = sorted(shown[key], key=lambda r: str(r["on"] or ""))
        scored = [r["score"] for r in some if r["score"] is not None]
        delivered = "; ".join(dict.fromkeys(r["delivered"] for r in some if r["delivered"]))
        checked = next((r["family_checked"] for r in reversed(some) if r["family_checked"]), "not said")
        ends = (scored[0], scored[-1]) if scored else (None, None)
        found.append((*key, delivered or "nothing is recorded", len(scored), *ends, checked))
    names = ["family_id", "who", "statement", "delivered", "scores", "first", "last", "family_checked"]
    frame = pd.DataFrame(found, columns=names)
    frame.attrs["not_shared"] = len(every - set(shown))
    return frame


def resources(review: Journeys) -> pd.DataFrame:
    """Who and what was holding these families up: one row per kind, family and neighbours first.

    Columns: kind, families (how many named any), named (how many were named), families_asked (how many named anything
    at all). A kind that nobody named is a row of noughts; where nobody was asked the frame is empty.
    """
    import pandas as pd

    rows = read_book(review).rows("resources")
    base = len({r["family_id"] for r in rows})
    found = []
    for kind in RESOURCES if rows else ():
        some = [r for r in rows if r["kind"] == kind]
        found.append((kind, len({r["family_id"] for r in some}), len({(r["family_id"], r["who"]) for r in some}), base))
    return pd.DataFrame(found, columns=["kind", "families", "named", "families_asked"])


def held_up(review: Journeys, family: str) -> pd.DataFrame:
    """Who and what was holding one family up, as people wrote it: family and neighbours first, then in order of days.

    Columns: kind, who, from_on (empty: always) and to_on (empty: still). Nobody is asked for consent in this sheet, so
    it is for the team that holds the book.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> held_up(build_journeys(read_contacts("sample")), "F0003")["kind"].tolist()
    ['family']
    """
    import pandas as pd

    rows = [r for r in read_book(review).rows("resources") if r["family_id"] == family]
    rows.sort(key=lambda r: (RESOURCES.index(r["kind"]), str(r["from"] or ""), r["who"]))
    lines = [(r["kind"], r["who"], r["from"], r["to"]) for r in rows]
    return pd.DataFrame(lines, columns=["kind", "who", "from_on", "to_on"])


def said_of(review: Journeys, part: str) -> list[str]:
    """What people wrote in the book for a part of the page: answer, cannot tell, purpose or thinking."""
    return [r["words"] for r in read_book(review).rows("answer") if r["part"] == part]


def in_words(frame: pd.DataFrame) -> str:
    """How many statements of what matters there are, how many were scored, and how many are not shared."""
    hidden = int(frame.attrs.get("not_shared", 0))
    more = f" {count(hidden, 'more is', 'more are')} not shared with this level." if hidden else ""
    if frame.empty:
        return f"Nobody has written down what matters, or nobody agreed that it be shown.{more}"
    scored = int((frame["scores"] > 0).sum())
    checked = int((frame["family_checked"] == "yes").sum())
    return (
        f"{count(len(frame), 'statement')} of what matters from {count(frame['family_id'].nunique(), 'family', 'families')}: "
        f"{scored} scored by the family itself, {checked} checked by it.{more}"
    )
