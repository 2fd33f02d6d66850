"""The review book written, or refreshed: each sheet pre-filled with what the kit proposes, and two copies made one.

What people wrote is read first and written back as it was. The given columns are filled in anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys import predictions
from journeys.asked import demand_proposals
from journeys.book import Book, book_of, read_book, refreshed, save
from journeys.bookfile import Row
from journeys.chances import Chances, find_chances
from journeys.judgements import ASIDE, SHARE_WITH, SHEETS, Sheet
from journeys.navigator import navigator_rows
from journeys.readerpage import page_proposals
from journeys.verdicts import chance_rows
from lib.agreement import kappa
from lib.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from journeys.journey import Journeys
    from lib.engine import Table

NEEDS = """
SELECT f.name AS family_id, c.need_id, min(s.earliest) AS first_day
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.need_id IS NOT NULL GROUP BY f.name, c.need_id ORDER BY family_id, first_day, c.need_id
"""

RATED = {"demand": "label", "steps": "is_value", "chances": "status", "navigator": "strike_out", "page": "show"}
"""The sheets on which two people may judge the same thing, and the column in which they do."""

NOTHING = ("", None, ())


def write_book(review: Journeys, chances: Table | None = None) -> Path:
    """Write, or refresh, the review book: review/review.xlsx in the data folder. Returns its path.

    `chances` from `find_chances`, if they are at hand. Every sheet is pre-filled with what the kit proposes for the
    families of this review. What people wrote stands as it was; where what it rested on has changed, its row says
    "look again". The book before it is kept beside it. It holds families' journeys: it is for the review team.

    From now on the predictions of plans that have started stand: see `fj.plans`.

    Raises `RequestError` where the contacts came as frames, so that there is no folder to keep it in; `DataError` where
    the book that is there cannot be read, or a prediction that stands was changed; `BusyError` where somebody has it open.
    """
    book = read_book(review)
    found = chances if chances is not None else find_chances(review)
    if not isinstance(found.owner, Chances):
        raise RequestError("chances is not what find_chances gives. Write chances = fj.find_chances(review) first.")
    _fix(review, book)
    return save(review, _rows(review, found, book), book.others)


def fix_predictions(review: Journeys) -> None:
    """Fix the predictions of plans that have started by today: see `fj.plans`. Raises `DataError` for one changed since."""
    _fix(review, read_book(review))


def _fix(review: Journeys, book: Book) -> None:
    path = book_of(review)
    if path is not None and book.sheets:
        predictions.fix(path.parent, [row.cells for row in book.written("plans")], dt.date.today())


def _rows(review: Journeys, chances: Table, book: Book) -> dict[str, list[Row]]:
    proposals = {
        "needs": list(_needs(review)),
        "demand": demand_proposals(review).to_dict("records"),
        "families": [{"family_id": family} for family in review.families],
        "page": page_proposals(review, book),
        "navigator": navigator_rows(review),
    }
    rows = {name: refreshed(sheet, proposals.get(name, ()), book) for name, sheet in SHEETS.items()}
    return rows | {"chances": chance_rows(chances, book)}


def _needs(review: Journeys) -> Iterator[dict[str, Any]]:
    """Every need that the logs number."""
    from lib.dates import to_date

    select = NEEDS.format(steps=review.coded, contacts=review.session.contacts, at=review.codes)
    for family, need, first in review.engine.rows(select):
        yield {"family_id": family, "need_id": need, "first_in_records_on": to_date(first)}


def merge_books(review: Journeys, other: str | Path) -> pd.DataFrame:
    """Make one of two copies of the book that two people filled in, and say how far they agree.

    What one of them alone decided is taken over; what both decided alike stands; where they differ the cell is left
    empty, and the note says so, for the two to settle together. Rows of people's own are all kept, the same one once.
    Returns one row per sheet on which both judged: `sheet`, `both` (rows that both judged), `agree`, `share`, and
    `kappa`, Cohen's measure of agreement beyond chance (J. Cohen, "A coefficient of agreement for nominal scales",
    Educational and Psychological Measurement 20, 1960); nothing where it cannot be told.

    Raises what `write_book` raises, and `RequestError` where there is no such copy.
    """
    import pandas as pd

    mine, theirs = read_book(review), read_book(review, other)
    if not mine.sheets:
        raise RequestError("there is no book in this folder to merge into. Write it first.")
    merged, told = {}, []
    for name, sheet in SHEETS.items():
        pairs = list(_judged_by_both(sheet, mine, theirs))
        if pairs:
            agree = sum(a == b for a, b in pairs)
            told.append((name, len(pairs), agree, agree / len(pairs), kappa(pairs)))
        merged[name] = tuple(_merged(sheet, mine, theirs))
    book = Book(mine.path, mine.families, merged, {**theirs.others, **mine.others})
    _fix(review, book)
    save(review, _rows(review, find_chances(review), book), book.others)
    return pd.DataFrame(told, columns=["sheet", "both", "agree", "share", "kappa"])


def _same(sheet: Sheet, row: Row) -> tuple[str, ...]:
    """What two copies know the same row by: the key; for a chance its family and evidence."""
    if sheet.name == "chances":
        return (row.cells["family_id"], *sorted(row.cells["evidence"] or ())) if row.cells["evidence"] else ()
    return tuple(str(row.cells[name]) for name in sheet.key)


def _judged_by_both(sheet: Sheet, mine: Book, theirs: Book) -> Iterator[tuple[str, str]]:
    column = RATED.get(sheet.name)
    if column is None:
        return
    other = {_same(sheet, row): row.cells[column] for row in theirs.sheets.get(sheet.name, ())}
    for row in mine.sheets.get(sheet.name, ()):
        a, b = row.cells[column], other.get(_same(sheet, row))
        if a and b and "proposed" not in (a, b) and "look again" not in (a, b):
            yield a, b


def _merged(sheet: Sheet, mine: Book, theirs: Book) -> Iterator[Row]:
    column = RATED.get(sheet.name, "")
    other = {key: row for row in theirs.sheets.get(sheet.name, ()) if (key := _same(sheet, row))}
    cells_of_mine = [row.cells for row in mine.sheets.get(sheet.name, ())]
    for row in mine.sheets.get(sheet.name, ()):
        twin = other.pop(_same(sheet, row), None) if _same(sheet, row) else None
        if twin is None or not _decides(sheet, twin, column):
            yield row
        elif not _decides(sheet, row, column):
            # With the ground that the twin was judged on: where it has changed since, the row is to be looked at again.
            theirs_of = (*sheet.asked, *(name for name in ("basis",) if name in twin.cells))
            yield Row(
                row.line, {**row.cells, **{name: twin.cells[name] for name in theirs_of}}, {**twin.extra, **row.extra}
            )
        else:
            yield Row(row.line, _settled(sheet, row.cells, twin.cells, column), {**twin.extra, **row.extra})
    for row in theirs.sheets.get(sheet.name, ()):
        is_new = _same(sheet, row) in other if _same(sheet, row) else row.cells not in cells_of_mine
        if is_new and row.is_touched(sheet):
            yield row


def _settled(sheet: Sheet, mine: Mapping[str, Any], theirs: Mapping[str, Any], column: str) -> dict[str, Any]:
    """One row out of two that were both decided, with nothing that either wrote left out.

    Where the judgement itself differs nothing is decided, and the note holds what both wrote. Otherwise mine stands, what
    I left empty is theirs, and what they wrote differently goes into the note; of two consents the narrower stands.
    """
    words = [name for name in sheet.asked if name not in ASIDE]
    apart = [n for n in words if mine[n] not in NOTHING and theirs[n] not in NOTHING and mine[n] != theirs[n]]
    filled = {n: theirs[n] if mine[n] in NOTHING else mine[n] for n in words}
    notes = [mine["note"]] + [theirs["note"]] * (theirs["note"] != mine["note"])
    if column in apart:
        both = " and ".join(_told(words, cells) for cells in (mine, theirs))
        settled = dict.fromkeys(words, "") | {"decided_by": "", "decided_on": None}
        return {**mine, **settled, "note": "; ".join(filter(None, (f"two judged apart: {both}", *notes)))}
    if "share_with" in apart:
        filled["share_with"] = min(mine["share_with"], theirs["share_with"], key=SHARE_WITH.index)
    if apart:
        notes.insert(0, f"two wrote apart, the other: {_told(apart, theirs)}")
    return {**mine, **filled, "note": "; ".join(filter(None, notes))}


def _told(names: Sequence[str], cells: Mapping[str, Any]) -> str:
    return ", ".join(f"{cells[n]}" for n in names if cells[n] not in NOTHING)


def _decides(sheet: Sheet, row: Row, column: str) -> bool:
    if not column:
        return row.is_decided(sheet)
    return row.cells[column] not in ("", None, "proposed", "look again")
