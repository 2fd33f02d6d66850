"""Predictions that stand: what was expected of a plan is fixed once its start has come, and nobody can better it afterwards.

Beside the review book, `review/predictions.json` holds a digest of each plan that has started: its words, measure and
start. What happened, and when to look, may still be written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lib.dates import say
from lib.errors import DataError
from lib.files import write_whole

LEDGER, SCHEMA = "predictions.json", 1
FIXED = ("plan", "prediction", "measure", "start")


def fix(folder: Path, plans: Iterable[Mapping[str, Any]], today: dt.date) -> None:
    """Fix the predictions of plans that have started by today and are not fixed yet.

    `folder` holds the review book. Raises `DataError` where one that was fixed has been changed, or is gone.
    """
    rows = list(plans)
    held = fixed(folder)
    check(folder, rows)
    new = {digest(row): row for row in rows if row["start"] is not None and row["start"] <= today}
    added = [
        {
            "digest": name,
            "measure": row["measure"],
            "start": f"{row['start']:%Y-%m-%d}",
            "fixed_on": f"{today:%Y-%m-%d}",
        }
        for name, row in sorted(new.items())
        if name not in held
    ]
    if added:
        text = json.dumps({"schema": SCHEMA, "predictions": [*held.values(), *added]}, indent=1)
        write_whole(folder / LEDGER, text.encode())


def check(folder: Path, plans: Iterable[Mapping[str, Any]]) -> dict[str, dt.date]:
    """By digest, the day on which each prediction was fixed. Raises `DataError` where one was changed since, or is gone."""
    held, there = fixed(folder), {digest(row) for row in plans if row["start"] is not None}
    for name, entry in held.items():
        if name not in there:
            raise DataError(
                f"review.xlsx, sheet plans: the plan that started on {say(dt.date.fromisoformat(entry['start']))}, with the "
                f"measure {entry['measure']}, was changed after its start, or is gone. A prediction stands once its start "
                "has come: put back its plan, prediction, measure and start as they were (the book before is kept beside "
                "it). What you expect now is a plan of its own, with a start to come."
            )
    return {name: dt.date.fromisoformat(entry["fixed_on"]) for name, entry in held.items()}


def fixed(folder: Path) -> dict[str, dict[str, str]]:
    """What is fixed, by digest. Raises `DataError` for a ledger that cannot be read: it is never begun anew by itself."""
    path = folder / LEDGER
    if not path.exists():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["schema"] != SCHEMA:
            raise ValueError
        return {
            entry["digest"]: {k: str(entry[k]) for k in ("digest", "measure", "start", "fixed_on")}
            for entry in told["predictions"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"review/{LEDGER}: this file says which predictions are fixed, and cannot be read. Put back the copy of your last "
            "backup; it is never begun anew by itself."
        ) from None


def digest(row: Mapping[str, Any]) -> str:
    """What a plan is known again by: spaces at the ends and doubled ones do not count.

    >>> row = {"plan": "Ring", "prediction": "Fewer", "measure": "contacts", "start": dt.date(2025, 9, 1)}
    >>> digest(row) == digest(row | {"prediction": " Fewer "}), digest(row) == digest(row | {"prediction": "More"})
    (True, False)
    """
    parts = [f"{row[name]:%Y-%m-%d}" if name == "start" else " ".join(str(row[name] or "").split()) for name in FIXED]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
