"""What reviewers decided about chances to help, in the review book: kept from run to run by its evidence.

A reviewer confirms a chance (then it is a missed opportunity, with the condition in the system that made it so),
rejects it, or adds one that no rule proposes. No run ever loses a decision: it stands as it was written until a
reviewer decides on what has taken its place. Where the evidence has changed since, the chance says "look again", with
the decision beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.book import Book
from journeys.bookfile import Row
from journeys.judgements import SHEETS
from lib import files
from lib.dates import day_number
from lib.errors import DataError

if TYPE_CHECKING:
    from journeys.journey import Journeys
    from lib.engine import Table

DECIDED = ("confirmed", "rejected")
ADDED = "added by a reviewer"
GONE = "no rule proposes it any more"


@dataclass(frozen=True)
class Verdict:
    """One decided row of the book's sheet of chances."""

    chance_id: str
    family: str
    on: int
    kind: str
    says: str
    evidence: frozenset[str]
    status: str
    condition: str
    decided_by: str
    decided_on: int | None
    note: str


def verdicts(book: Book) -> list[Verdict]:
    """What reviewers decided about the families of this review, in the order of the sheet.

    Raises `DataError` with the row for one that cannot be used: a confirmed chance without its condition, one without
    the role that decided, or without a day.
    """
    return [
        _verdict(book, row) for row in book.sheets.get("chances", ()) if book.is_about(row) and _says_something(row)
    ]


def _says_something(row: Row) -> bool:
    """Whether a reviewer wrote in a row: a decision, a word, or a row of their own. "look again" is the kit's own word."""
    cells = row.cells
    if cells["status"] == "look again":
        return False
    added = cells["kind"] in ("", ADDED)
    return added or cells["status"] not in ("", "proposed") or bool(cells["condition"] or cells["note"])


def _verdict(book: Book, row: Row) -> Verdict:
    cells = row.cells

    def wrong(message: str) -> DataError:
        return DataError(f"{files.shown(book.path or '')}, sheet 'chances', row {row.line}: {message}")

    status = cells["status"] or "proposed"
    if not cells["family_id"]:
        raise wrong("whose chance was it? Fill in the column 'family_id'.")
    if status == "confirmed" and not cells["condition"]:
        raise wrong(
            "a confirmed chance needs its condition: what in the system made it hard to help. Fill in the column 'condition'."
        )
    if status in DECIDED and not cells["decided_by"]:
        raise wrong("who decided? Give a role, such as 'early help panel', in the column 'decided_by'.")
    if cells["on"] is None:
        raise wrong("the day of this chance is empty. Fill in the column 'on'.")
    evidence = frozenset(cells["evidence"] or ())
    parts = sorted(evidence) or [cells["on"].isoformat(), cells["says"]]
    decided = cells["decided_on"]
    return Verdict(
        cells["chance_id"] or _id(cells["family_id"], parts),
        cells["family_id"],
        day_number(cells["on"]),
        cells["kind"] or ADDED,
        cells["says"],
        evidence,
        status,
        cells["condition"],
        cells["decided_by"],
        day_number(decided) if decided else None,
        cells["note"],
    )


def _id(family: str, parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join((family, *parts)).encode()).hexdigest()[:12]


def decide(rows: Sequence[dict[str, Any]], verdicts: Sequence[Verdict], review: Journeys) -> list[dict[str, Any]]:
    """Chances as proposed, with what reviewers decided of each; and those that a reviewer added or that have gone.

    A decision belongs to a chance of the same family and the same evidence. Where the evidence has changed, or no rule
    proposes it any more, the chance says "look again", with the decision beside it.
    """
    found = [row | {"status": "proposed"} for row in rows]
    exact = {(row["family_id"], frozenset(row["evidence"])): row for row in found}
    for verdict in verdicts:
        if (row := exact.get((verdict.family, verdict.evidence))) is not None:
            row.update(_said(verdict, verdict.status))
    for verdict in verdicts:
        if (verdict.family, verdict.evidence) in exact:
            continue
        near = [r for r in found if r["family_id"] == verdict.family and verdict.evidence & set(r["evidence"])]
        if near:
            before = f"{verdict.status} before its evidence changed"
            note = "; ".join(filter(None, (before, verdict.note)))
            for row in [r for r in near if r["status"] not in DECIDED][:1]:
                row.update(_said(verdict, "look again") | {"reviewer_note": note})
            continue
        is_added = verdict.kind == ADDED
        status = verdict.status if is_added else "look again"
        note = verdict.note if is_added else "; ".join(filter(None, (f"{verdict.status}, but {GONE}", verdict.note)))
        by = day_number(review.over_by)
        found.append(
            {
                "chance_id": verdict.chance_id,
                "family_id": verdict.family,
                "on": verdict.on,
                "kind": verdict.kind,
                "says": verdict.says,
                "known_by": "",
                "what_was_known": "",
                "what_was_done": "",
                "first_help_on": None,
                "days_lost": by - verdict.on,
                "is_open": None,
                "hindsight": "not tested",
                "evidence": sorted(verdict.evidence),
                **_said(verdict, status),
                "reviewer_note": note,
            }
        )
    return sorted(found, key=lambda r: (r["family_id"], r["on"], r["chance_id"]))


def _said(verdict: Verdict, status: str) -> dict[str, Any]:
    return {
        "status": status,
        "condition": verdict.condition,
        "decided_by": verdict.decided_by,
        "decided_on": verdict.decided_on,
        "reviewer_note": verdict.note,
    }


def chance_rows(chances: Table, book: Book) -> list[Row]:
    """The rows of the book's sheet of chances as they are to be written: what is proposed, then what stands as it is."""
    owner = chances.owner
    proposed = [row for row in chances.df().to_dict("records") if row["chance_id"] in owner.proposed]
    kept = [row for row in book.sheets.get("chances", ()) if _stays(row, proposed, book)]
    extra = {frozenset(row.cells["evidence"] or ()): row.extra for row in book.sheets.get("chances", ())}
    written = (Row(0, _as_written(row), extra.get(frozenset(row["evidence"]), {})) for row in proposed)
    return [*written, *kept]


def _stays(row: Row, proposed: Sequence[Mapping[str, Any]], book: Book) -> bool:
    """Whether a row of the sheet stands as it is: another family's, or one that no decided proposal has replaced."""
    if not book.is_about(row):
        return True
    evidence = frozenset(row.cells["evidence"] or ())
    same = [p for p in proposed if p["family_id"] == row.cells["family_id"] and evidence & set(p["evidence"])]
    replaced = any(set(p["evidence"]) == evidence or p["status"] in DECIDED for p in same)
    return _says_something(row) and not replaced


def _as_written(row: Mapping[str, Any]) -> dict[str, Any]:
    """A proposal as a row of the sheet."""
    named = {**row, "note": row["reviewer_note"]}
    return {f.name: None if _empty(named[f.name]) else named[f.name] for f in SHEETS["chances"].columns}


def _empty(value: Any) -> bool:
    import pandas as pd

    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))
