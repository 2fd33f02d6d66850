"""What the tests of a reader's page share: a household drawn as tables, and a book with readers and ticks in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import journeys as fj
from journeys.book import Book, Row, basis_of
from journeys.journey import Journeys
from journeys.judgements import SHEETS
from journeys.readerpage import page_proposals
from tests.conftest import folder_of, table

SINCE = """
    person  family  from        to
    ana     F1      –           –
    ben     F1      –           –
    kim     F1      –           –
"""
"""Two adults and a child, in one family throughout."""

Tick = Callable[[Mapping[str, Any]], bool]


def household(
    root: Path, log: str | pd.DataFrame, members: str = SINCE, rules: str = "", end: str = "2024-12-31"
) -> Journeys:
    """A family's log and members, drawn as tables, become journeys; `rules` are lines of its own in readers.yml."""
    root.mkdir(exist_ok=True)
    drawn = table(members).rename(columns={"person": "person_id", "family": "family_id"})
    drawn.to_csv(root / "members.csv", index=False)
    frame = table(log) if isinstance(log, str) else log
    files = {"log": {"person_ids": "shared", "covers": ["2000-01-01", "2024-12-31"]}}
    folder_of(root, {"log": frame}, files=files, members="members.csv")
    if rules:
        (root / "rules").mkdir(exist_ok=True)
        (root / "rules" / "readers.yml").write_text(rules, encoding="utf-8")
    return fj.build_journeys(fj.read_contacts(root), fj.read_members(root), end=end)


def everything(_: Mapping[str, Any]) -> bool:
    """Tick every row."""
    return True


def book_with(
    review: Journeys,
    readers: Sequence[tuple[str, str]] = (("ana", "kim"),),
    tick: Tick = everything,
    family: str = "F1",
) -> Book:
    """A book that declares readers (who, and for whom they answer) and ticks of the rows proposed those it is told to."""

    def row(sheet: str, line: int, **cells: Any) -> Row:
        empty = {f.name: None if f.kind in ("day", "number", "ids") else "" for f in SHEETS[sheet].columns}
        return Row(line, empty | {"decided_by": "early help panel"} | cells)

    declared = tuple(
        row("readers", n, family_id=family, reader=reader, answers_for=child)
        for n, (reader, child) in enumerate(readers, start=2)
    )
    empty = Book(None, frozenset(review.families), {"readers": declared})
    ticked = [given for given in page_proposals(review, empty) if tick(given)]
    page = tuple(
        row("page", n, **given, show="yes", basis=basis_of(SHEETS["page"], given))
        for n, given in enumerate(ticked, start=2)
    )
    return Book(None, empty.families, {"readers": declared, "page": page})


def page_of(review: Journeys, reader: str = "ana", **more: Any) -> list[str]:
    """The page as its reader reads it, a line each."""
    frame = fj.page_for(review, "F1", reader, more.pop("book", None) or book_with(review, **more))
    assert list(frame.columns) == ["when", "about", "what_happened", "is_this_right"]
    assert (frame["is_this_right"] == "").all()
    return [f"{row.when}. {row.about}: {row.what_happened}" for row in frame.itertuples()]


def held(review: Journeys, **more: Any) -> dict[str, str]:
    """Why each row that is proposed would be held back, by the id that the story gave it."""
    book = book_with(review, **more)
    return {row["contact_id"].split(":")[-1]: row["held_back"] for row in page_proposals(review, book)}
