"""What reviewers decided about chances to help: a sheet in the data folder, kept from run to run by its evidence.

`review/chances.csv` has a row for each chance. A reviewer confirms one (then it is a missed opportunity, with the
condition in the system that made it so), rejects it, or adds one that no rule proposes. No run ever loses a decision:
it stands as it was written until a reviewer decides on what has taken its place. Where the evidence has changed since,
the chance says "look again", with the decision beside it.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib import files
from lib.dates import day_number, read_day
from lib.errors import DataError, RequestError, did_you_mean, listed

if TYPE_CHECKING:
    from journeys.journey import Journeys
    from lib.engine import Table

SHEET = ("review", "chances.csv")
COLUMNS = (
    *("chance_id", "family_id", "on", "kind", "says", "what_was_known", "what_was_done", "hindsight", "evidence"),
    *("status", "condition", "decided_by", "decided_on", "reviewer_note"),
)
DECIDED = ("confirmed", "rejected")
STATUSES = ("proposed", *DECIDED, "look again")
ADDED = "added by a reviewer"
GONE = "no rule proposes it any more"


@dataclass(frozen=True)
class Verdict:
    """One decided row of the sheet."""

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


def sheet_of(review: Journeys) -> Path | None:
    """Where the sheet of a review stands; none where its contacts came as frames."""
    folder = review.session.folder.path
    return folder.joinpath(*SHEET) if folder else None


def read_verdicts(review: Journeys) -> list[Verdict]:
    """What reviewers decided, in the order of the sheet; nothing where there is no sheet yet.

    Raises `DataError` with the line for a row that cannot be read: an unknown status, a confirmed chance without its
    condition or without the role that decided, a day that does not exist, a family that is not there, or a worker's
    number where the system's condition belongs.
    """
    path = sheet_of(review)
    if path is None or not path.exists():
        return []
    known = {name for (name,) in review.engine.rows(f"SELECT name FROM {review.codes}families")}
    workers = {
        w
        for (w,) in review.engine.rows(
            "SELECT DISTINCT professional_id AS w FROM store.rows WHERE professional_id IS NOT NULL"
        )
    }
    found = [_verdict(path, line, row, known, workers) for line, row in _read(path) if _says_something(row)]
    return [verdict for verdict in found if verdict.family in review.families]


def _read(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of the sheet, each with its line. Spreadsheets write it back as UTF-8, or as Windows' own letters."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        lost = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
        rows = (
            [] if lost else [(reader.line_num, {c: _loud((row[c] or "").strip()) for c in COLUMNS}) for row in reader]
        )
    except csv.Error as error:
        raise DataError(
            f"{files.shown(path)}, line {max(reader.line_num, 1)}: this is no CSV ({error}). Save it as CSV again."
        ) from None
    if lost:
        raise DataError(
            f"{files.shown(path)}, line 1: the sheet has no column {listed(lost)}. Put it back, or move the sheet away."
        )
    return rows


def _says_something(row: Mapping[str, str]) -> bool:
    """Whether a reviewer wrote in a row: a decision, a word, or a row of their own. "look again" is the kit's own word."""
    if row["status"].casefold() == "look again" or not any(row.values()):
        return False
    added = row["kind"] in ("", ADDED)
    return added or row["status"].casefold() not in ("", "proposed") or bool(row["condition"] or row["reviewer_note"])


def _verdict(path: Path, line: int, row: Mapping[str, str], known: set[str], workers: set[str]) -> Verdict:
    def wrong(message: str) -> DataError:
        return DataError(f"{files.shown(path)}, line {line}: {message}")

    status = row["status"].casefold() or "proposed"
    if status not in STATUSES:
        raise wrong(f"a status is one of {listed(STATUSES)}.{did_you_mean(status, STATUSES)}")
    if row["family_id"] not in known:
        raise wrong("the family of this row is in no journey here. Correct its family_id, or take the row out.")
    if status == "confirmed" and not row["condition"]:
        raise wrong(
            "a confirmed chance needs its condition: what in the system made it hard to help. Fill in the column 'condition'."
        )
    if status in DECIDED and not row["decided_by"]:
        raise wrong("who decided? Give a role, such as 'early help panel', in the column 'decided_by'.")
    words = set(row["condition"].replace(",", " ").split()) | set(row["reviewer_note"].replace(",", " ").split())
    if words & workers:
        raise wrong(
            "a worker's number stands in the condition or the note. Say what in the system made it so; no worker is named."
        )
    try:
        on, decided = read_day(row["on"], "on"), read_day(row["decided_on"], "decided_on")
    except RequestError as error:
        raise wrong(str(error)) from None
    if on is None:
        raise wrong("the day of this chance is empty. Fill in the column 'on'.")
    evidence = _evidence(row)
    return Verdict(
        row["chance_id"] or _id(row["family_id"], sorted(evidence) or [row["on"], row["says"]]),
        row["family_id"],
        day_number(on),
        row["kind"] or ADDED,
        row["says"],
        evidence,
        status,
        row["condition"],
        row["decided_by"],
        day_number(decided) if decided else None,
        row["reviewer_note"],
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


def write_chances(chances: Table) -> Path:
    """Write, or refresh, the sheet in which reviewers decide: review/chances.csv in the data folder.

    Every decision in it is kept. Returns its path. A reviewer sets `status` to confirmed or rejected, gives the
    `condition` (what in the system made it hard to help, for a confirmed one) and the role that decided, and may add
    rows of their own with a family, a day and words. The sheet holds families' journeys: it is for the review team.

    Raises `RequestError` where the contacts came as frames, so that there is no folder to keep it in; `DataError` where
    the sheet that is there cannot be read.
    """
    owner = getattr(chances, "owner", None)
    if owner is None or not hasattr(owner, "kinds"):
        raise RequestError("chances is not what find_chances gives. Write chances = fj.find_chances(review) first.")
    path = sheet_of(owner.review)
    if path is None:
        raise RequestError("these contacts came as frames, so there is no data folder to keep the sheet in.")
    proposed = [row for row in chances.df().to_dict("records") if row["chance_id"] in owner.proposed]
    kept = [row for _, row in (_read(path) if path.exists() else []) if _stays(row, proposed, owner.review)]
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in [*map(_as_written, proposed), *kept]:
        writer.writerow({column: _quiet(text) for column, text in row.items()})
    files.private_dir(path.parent)
    files.write_whole(path, ("\ufeff" + out.getvalue()).encode())
    return path


def _stays(row: Mapping[str, str], proposed: Sequence[Mapping[str, Any]], review: Journeys) -> bool:
    """Whether a row of the sheet stands as it is: another family's, or one that no decided proposal has replaced."""
    if row["family_id"] not in review.families:
        return any(row.values())
    evidence = _evidence(row)
    same = [p for p in proposed if p["family_id"] == row["family_id"] and evidence & set(p["evidence"])]
    replaced = any(set(p["evidence"]) == evidence or p["status"] in DECIDED for p in same)
    return _says_something(row) and not replaced


def _as_written(row: Mapping[str, Any]) -> dict[str, str]:
    """A proposal as a row of the sheet."""
    days = {c: "" if _empty(row[c]) else row[c].date().isoformat() for c in ("on", "decided_on")}
    texts = {c: "" if _empty(row[c]) else str(row[c]) for c in COLUMNS if c not in (*days, "evidence")}
    written = texts | days | {"evidence": "; ".join(row["evidence"])}
    return {column: written[column] for column in COLUMNS}


def _evidence(row: Mapping[str, str]) -> frozenset[str]:
    return frozenset(c.strip() for c in row["evidence"].split(";") if c.strip())


def _empty(value: Any) -> bool:
    import pandas as pd

    return value is None or bool(pd.isna(value))


FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _quiet(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> _quiet("=1+1"), _loud(_quiet("=1+1"))
    ("'=1+1", '=1+1')
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def _loud(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
