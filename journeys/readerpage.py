"""A page for one named reader of a family, made row by row from what a practitioner ticked.

A page handed to a household can show the one who did harm that somebody called the police, or a parent what a child
told school. So a page is never made for "the family": it is made for one reader, declared in the review book's sheet
`readers`, and holds only rows that are ticked for this reader in its sheet `page`. What is not on the page changes
nothing on it: it leaves no gap, no number, no count and no order.

Which rows may be ticked at all, always by the stricter reading:

- the row is about the reader, or about a child for whom the reader is declared to answer. A row that names only a
  family is about nobody in particular;
- on every day on which it may have happened, whom it is about was a member of this family by the members file, and so
  was the reader. What came before somebody joined, or after a child or the reader left, is not the reader's;
- it has agreed plain words, in rules/readers.yml.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.book import Book, basis_of, read_book
from journeys.columns import TABLES
from journeys.families import load_members
from journeys.journey import Journeys
from journeys.judgements import SHEETS
from journeys.readerwords import About, ReaderRules, Record, load_reader_rules
from journeys.sources import Folder
from lib.dates import add_months, day_number, month_end, say, to_date
from lib.dialect import literal
from lib.errors import RequestError, count

if TYPE_CHECKING:
    import pandas as pd

    from journeys.activities import Activities

ABOUT: dict[About, str] = {"reader": "You", "child": "A child"}
ELSEWHERE = "on that day the child belonged to another family too, and it may be about them"

ROWS = """
SELECT c.contact_id, c.person_id, c.activity, c.agency, c.nature, c.asked_by, coalesce(c.referred_to, '') AS referred_to,
  coalesce(c.raw_activity, '') AS raw_activity, coalesce(c.reason, '') AS reason, coalesce(c.outcome, '') AS outcome,
  s.earliest, s.latest, c.precision
FROM {at}steps AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE f.name = {family} AND c.person_id IN ({persons})
"""

Spell = tuple[str, str, int, int]
"""Who was in which family: person, family, first day in, first day out (day numbers)."""


@dataclass(frozen=True)
class Reader:
    """One reader of a family as the book declares them: by all the numbers that suppliers know them by, with children."""

    family: str
    numbers: tuple[str, ...]
    children: tuple[str, ...]

    @property
    def named(self) -> str:
        """How the sheet `page` names the reader."""
        return "; ".join(self.numbers)


@dataclass(frozen=True)
class Line:
    """One row that a practitioner may tick: everything of it that the reader would see, and why it is held back."""

    contact_id: str
    earliest: int
    latest: int
    when: str
    about: str
    what: str
    held_back: str

    def proposed(self, reader: Reader) -> dict[str, Any]:
        """The line as a row of the book's sheet: what it says is what the reader would read, word for word."""
        return {
            "reader": reader.named,
            "contact_id": self.contact_id,
            "family_id": reader.family,
            "on": to_date(self.earliest) if self.earliest == self.latest else None,
            "says": f"{self.when}. {self.about}: {self.what}" if self.what else "",
            "held_back": self.held_back,
        }

    def shown(self) -> tuple[str, ...]:
        """The line as a row of the page."""
        return self.when, self.about, self.what, ""


def reader_rules(folder: Folder, activities: Activities) -> ReaderRules:
    """The rules in force for pages of a data folder: the kit's, with the folder's own lines merged over them."""
    return load_reader_rules(folder.rule_files("readers.yml"), activities)


def page_proposals(review: Journeys, book: Book) -> list[dict[str, Any]]:
    """The rows of the book's sheet `page`: for each declared reader, every row that may be ticked, in order of day.

    Each has reader, contact_id, family_id, on, says (what the reader would read, word for word) and held_back (why the
    kit would hold it back; empty where it would not). A reader for whom no page may be made gets no rows: `page_for`
    says why.
    """
    found = []
    declared = {(row["family_id"], _numbers(row["reader"])) for row in book.rows("readers")}
    for family, numbers in sorted(declared):
        try:
            reader = _reader(book, family, numbers)
            lines = _lines(review, book, reader)
        except RequestError:
            continue
        found += [line.proposed(reader) for line in lines]
    return found


def page_for(review: Journeys, family: str, reader: str, book: Book | None = None) -> pd.DataFrame:
    """What may stand on a page for one named reader of a family, in order of day.

    `reader` is the reader's number in the members file, as declared in the review book's sheet `readers`; where suppliers
    have numbers of their own, one of those that stand there together, parted by ;. `book` from `read_book`, if it is at
    hand. A row stands on the page only where its tick in the sheet `page` rests on what the row
    says today: one that says "look again" is no tick until somebody has looked.

    Returns a DataFrame with the columns of `columns.TABLES["reader_page"]`, all text: `when`, `about`, `what_happened`
    (and what came of it) and `is_this_right`, left empty for the reader. No id, no note and no worker is in it. A row known
    to the month says so; one whose day is known to no month says between which days.

    Raises `RequestError` where no page may be made: a reader whom nobody declared, who is not in this family on the last
    day of the review, or who answers for somebody who never was in it, or who is a reader in their own right; no members
    file to say who was in the family when; no row ticked. No message names a person.

    >>> import journeys as fj
    >>> review = fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"))
    >>> page_for(review, "F0003", "nobody")
    Traceback (most recent call last):
    ...
    lib.errors.RequestError: nobody has declared this reader for this family. ...
    """
    import pandas as pd

    _ = review[family]
    book = book if book is not None else read_book(review)
    declared = _reader(book, family, _numbers(reader))
    lines, ticked, sheet = _lines(review, book, declared), _ticked(book, declared), SHEETS["page"]
    stands = []
    for line in lines:
        tick = ticked.get(line.contact_id)
        if tick and line.what and not tick["look"] and tick["basis"] == basis_of(sheet, line.proposed(declared)):
            stands.append(line)
    if not stands:
        stale = (
            f" {count(len(ticked), 'tick')} cannot count: the ground has changed, or was never there." if ticked else ""
        )
        raise RequestError(
            f"no row is ticked for this reader, so there is no page.{stale} Write the book anew (python -m journeys book), "
            "read its sheet 'page' row by row, and tick what this reader may see."
        )
    return pd.DataFrame([line.shown() for line in stands], columns=[c.name for c in TABLES["reader_page"]], dtype=str)


def _numbers(cell: str) -> tuple[str, ...]:
    """The numbers by which suppliers know a reader, in order, from a cell of the sheet `readers`."""
    return tuple(sorted({part.strip() for part in cell.split(";")} - {""}))


def _reader(book: Book, family: str, numbers: tuple[str, ...]) -> Reader:
    """The reader of a family whom the book declares by these numbers."""
    rows = [(_numbers(row["reader"]), row["answers_for"]) for row in book.rows("readers") if row["family_id"] == family]
    rows = [(of, child) for of, child in rows if set(of) & set(numbers)]
    if not rows or not all(set(numbers) <= set(of) for of, _ in rows):
        raise RequestError(
            "nobody has declared this reader for this family. Say who may read a page, and for which children they answer, "
            "in the review book's sheet 'readers' (python -m journeys book); a reader is a number in the members file."
        )
    if len({of for of, _ in rows}) > 1:
        raise RequestError(
            "this reader is declared with different numbers in two rows of the review book's sheet 'readers'. Write the "
            "same numbers in each of them, parted by ;."
        )
    return Reader(family, rows[0][0], tuple(sorted({child for _, child in rows} - {""})))


def _ticked(book: Book, reader: Reader) -> dict[str, dict[str, Any]]:
    rows = [row for row in book.rows("page") if (row["family_id"], row["reader"]) == (reader.family, reader.named)]
    return {row["contact_id"]: row for row in rows if row["show"] == "yes"}


def _lines(review: Journeys, book: Book, reader: Reader) -> list[Line]:
    """Every row that may be ticked for a reader, in order of day; where two are alike in that, of their words alone."""
    spells = _spells(review)
    _check(review, book, spells, reader)
    rules = reader_rules(review.session.folder, review.activities)
    found = _found(review, rules, spells, reader)
    return sorted(found, key=lambda a: (a.earliest, a.latest, a.about, a.what, a.contact_id))


def _spells(review: Journeys) -> list[Spell]:
    session = review.session
    if not session.folder.entry.members:
        raise RequestError(
            "a page for a reader needs a members file: who belongs to a family, and when, is otherwise only what the logs "
            "themselves say, and rows that are not on the page could decide what is. Name one in sources.yml."
        )
    load_members(session, session.engine)
    return session.engine.rows("SELECT person_id, family_id, from_day, to_day FROM spells")


def _check(review: Journeys, book: Book, spells: Sequence[Spell], reader: Reader) -> None:
    """Stop where no page may be made for this reader, and say why without naming anybody."""
    today = day_number(review.over_by)
    if not all(_within(spells, number, reader.family, today, today) for number in reader.numbers):
        raise RequestError(
            f"this reader is not in this family on {say(review.over_by)}, by the members file: no page is made for them. "
            "Correct the members file, or the sheet 'readers' of the review book."
        )
    readers = {number for row in book.rows("readers") for number in _numbers(row["reader"])}
    members = {person for person, of, first, _ in spells if of == reader.family and first <= today}
    for child in reader.children:
        if child not in members:
            raise RequestError(
                "this reader is declared to answer for somebody who never was in this family, by the members file. Correct "
                "the column 'answers_for' of the review book's sheet 'readers': one number in each row."
            )
        if child in readers:
            raise RequestError(
                "this reader is declared to answer for somebody who is a reader too, and nobody answers for them but "
                "themselves. Correct the review book's sheet 'readers'."
            )


def _within(spells: Sequence[Spell], person: str, family: str, earliest: int, latest: int) -> bool:
    """Whether somebody was in a family on every one of these days."""
    return any(p == person and f == family and a <= earliest and latest < b for p, f, a, b in spells)


def _found(review: Journeys, rules: ReaderRules, spells: Sequence[Spell], reader: Reader) -> Iterator[Line]:
    family, own = reader.family, reader.numbers
    persons = ", ".join(literal(person) for person in (*own, *reader.children))
    select = ROWS.format(at=review.codes, contacts=review.session.contacts, family=literal(family), persons=persons)
    for (
        contact,
        person,
        activity,
        agency,
        nature,
        asked_by,
        to,
        raw,
        reason,
        outcome,
        a,
        b,
        precision,
    ) in review.engine.rows(select):
        if not all(_within(spells, who, family, a, b) for who in (person, *own)) or activity in rules.left_out:
            continue
        about: About = "reader" if person in own else "child"
        record = Record(about, activity, agency, nature, asked_by, to, outcome, (raw, reason, outcome, agency, to))
        shared = about == "child" and any(p == person and f != family and x <= b and a < y for p, f, x, y in spells)
        why = "; ".join(filter(None, (rules.why_not(record), ELSEWHERE if shared else "")))
        when = _in_words(a, b, is_exact=precision == "day")
        yield Line(contact, a, b, when, ABOUT[about], rules.what(record), why)


def _in_words(earliest: int, latest: int, *, is_exact: bool) -> str:
    """When something happened, as exactly as it is known and no more.

    >>> march = day_number(dt.date(2024, 3, 1))
    >>> _in_words(march, march + 30, is_exact=False), _in_words(march, march, is_exact=True)
    ('In March 2024', '1 March 2024')
    """
    first, last = to_date(earliest), to_date(latest)
    if earliest == latest:
        return say(first) if is_exact else f"About {say(first)}"
    if first.day == 1 and latest == month_end(earliest):
        return f"In {say(first).partition(' ')[2]}"
    if first == dt.date(first.year, 1, 1) and latest == add_months(earliest, 12) - 1:
        return f"In {first.year}"
    return f"Between {say(first)} and {say(last)}"
