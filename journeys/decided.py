"""What people decided about two records, as it is obeyed: the latest word on each pair, and the pairs never to be joined."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib.errors import RequestError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd

DECISIONS = ("same", "not", "cannot tell")


@dataclass(frozen=True)
class Decided:
    """What people decided about two cards: the latest word, by whom and when."""

    decision: str
    by: str
    on: dt.date


def latest_words(
    decisions: pd.DataFrame | Iterable[Mapping[str, Any]] | None, at: Mapping[str, int]
) -> dict[tuple[int, int], Decided]:
    """The latest word on each pair; two different words of one day are a disagreement. Pairs no longer here are left."""
    import pandas as pd

    given = decisions.to_dict("records") if isinstance(decisions, pd.DataFrame) else list(decisions or ())
    found: dict[tuple[int, int], Decided] = {}
    for n, row in enumerate(given, start=1):
        word, on = str(row.get("decision") or "").strip().casefold(), row.get("decided_on")
        if not word:
            continue
        if word not in DECISIONS:
            raise RequestError(
                f"decisions, row {n}: a decision is one of {listed(DECISIONS)}.{did_you_mean(word, DECISIONS)}"
            )
        by = str(row.get("decided_by") or "").strip()
        if not by or not isinstance(on, dt.date) or on != on:
            raise RequestError(
                f"decisions, row {n}: who decided (a role), and on which day? Fill in decided_by and decided_on."
            )
        pair = _pair(row.get("record_a"), row.get("record_b"), at)
        if pair is None:
            continue
        day = on.date() if isinstance(on, dt.datetime) else on
        before = found.get(pair)
        if before is None or before.on < day:
            found[pair] = Decided(word, by, day)
        elif before.on == day and before.decision != word:
            found[pair] = Decided("", by, day)
    return found


def kept_apart(never: Iterable[tuple[str, str]], at: Mapping[str, int]) -> set[tuple[int, int]]:
    """The pairs that are never to be joined. Raises `RequestError` for what is no pair of record ids."""
    found = set()
    for pair in never:
        if len(pair) != 2 or not all(isinstance(p, str) for p in pair):
            raise RequestError("never: each is two record ids, such as ('school:1', 'police:9').")
        found.add(_pair(*pair, at))
    return {p for p in found if p is not None}


def _pair(a: Any, b: Any, at: Mapping[str, int]) -> tuple[int, int] | None:
    if a not in at or b not in at or a == b:
        return None
    low, high = sorted((at[a], at[b]))
    return low, high
