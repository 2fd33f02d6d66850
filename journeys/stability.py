"""Whether a rule would still have fired had the records been a day out: dates are often those of writing down."""

from __future__ import annotations

import copy
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from journeys.agreed import Rules
from journeys.journey import Journeys
from journeys.matching import Matching
from journeys.watched import FAR, NONE, Watched
from lib.dates import day_number

DRAWS = 5
"""So many times every dated contact is moved."""


class Moved(Watched):
    """What is watched, with every dated contact moved a day earlier or a day later, by chance."""

    def __init__(self, watched: Watched, draw: int) -> None:
        """`draw` numbers the throws of the coin: the same number moves the same contacts the same way."""
        import numpy as np

        self.__dict__.update(copy.copy(watched.__dict__))
        ids = watched._ids.take(watched._row).to_pylist()
        # The coin is thrown for the contact, whatever its place: a shared child's contact moves once, and rows may shuffle.
        coin = np.array([_coin(f"{draw}:{name}") for name in ids], np.int64)
        by = np.where(watched.columns["day"] == NONE, 0, coin)
        days = {name: watched.columns[name] + by for name in ("day", "earliest", "latest")}
        second = np.where(watched.columns["second"] == NONE, 0, watched.columns["second"] + 1)
        key = (watched.columns["family"].astype(np.int64) * FAR + days["earliest"] + FAR // 2) * FAR + second
        order = np.argsort(key, kind="stable")
        self._row = watched._row[order]
        self.columns = {name: column[order] for name, column in (watched.columns | days).items()}


def stays(
    review: Journeys, rules: Rules, alarms: Mapping[str, Sequence[tuple[str, frozenset[str]]]], draws: int = DRAWS
) -> dict[str, float | None]:
    """For each trigger, the share of its firings that stay when every dated contact moves by a day, one way or the other.

    `alarms` are trigger -> (family, evidence). A firing stays where the trigger still fires for the family on a
    contact that was its evidence. The mean of so many draws; the same answer each time.
    """
    kept: dict[str, int] = defaultdict(int)
    for draw in range(draws):
        matching = Matching(review, rules, list(alarms), day_number(review.over_by))
        matching.watched = Moved(matching.watched, draw)
        for name, fired in alarms.items():
            again: dict[str, set[str]] = defaultdict(set)
            for one in matching.found(name):
                again[matching.watched.families[one.family]] |= {r.id for r in one.met.evidence}
            kept[name] += sum(bool(evidence & again[family]) for family, evidence in fired)
    return {name: kept[name] / (draws * len(fired)) if fired else None for name, fired in alarms.items()}


def _coin(name: str) -> int:
    return 1 if hashlib.blake2b(name.encode(), digest_size=1).digest()[0] & 1 else -1
