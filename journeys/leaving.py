"""What a measure's frame rests on: for every count that may leave, the families behind it.

A measure notes this when it makes a frame. A frame that nobody noted, or that was changed since, does not leave: what
would be hidden in it is not known.
"""

from __future__ import annotations

import hashlib
import json
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from journeys.leavecolumns import LEAVES
from lib.disclose import Key, Relation
from lib.errors import RequestError, listed

if TYPE_CHECKING:
    import pandas as pd

    from journeys.journey import Journeys

EVERYBODY: Key = ("families",)
"""The cell of all families: every table of a report shares it."""


@dataclass(frozen=True)
class Line:
    """A row of a table that may leave: what names it, the cell of each count, and what each family brings to a sum.

    `category`: what the row is about, to see whether that is sensitive.
    """

    names: tuple[str, ...]
    cells: Mapping[str, Key]
    amounts: Mapping[str, Sequence[int]] = field(default_factory=dict)
    category: str = ""


@dataclass(frozen=True)
class Behind:
    """All that a table rests on. `families`: who is counted in each cell; `says`: its definition in words.

    `about`: what tells it from a table of the same name (rules, kind of period); the days of the review are told apart.
    """

    table: str
    families: Mapping[Key, frozenset[str]]
    relations: tuple[Relation, ...]
    unseen: frozenset[Key]
    lines: tuple[Line, ...]
    everybody: frozenset[str]
    reviewed: frozenset[str]
    says: str
    about: str
    review: Journeys

    @property
    def definition(self) -> str:
        """A hash of all that defines it, the days among it."""
        return hashlib.sha256(json.dumps([self.table, self.about, self.says]).encode()).hexdigest()[:20]


_NOTED: dict[int, tuple[weakref.ref[Any], str, str, Callable[[], Behind]]] = {}


def note(frame: pd.DataFrame, table: str, behind: Callable[[], Behind]) -> pd.DataFrame:
    """Note what a frame rests on, and give the same frame back. `behind` is called when the frame is to leave."""
    place = id(frame)
    gone = weakref.ref(frame, lambda _: _NOTED.pop(place, None))
    _NOTED[place] = (gone, _print(frame), table, behind)
    return frame


def behind(frame: Any, table: str) -> Behind:
    """What a frame rests on. Raises `RequestError` where nobody noted it, it was changed, or it is of another name."""
    import pandas as pd

    if table not in LEAVES:
        raise RequestError(f"no table '{table}' may leave. Those that may: {listed(LEAVES)}.")
    if not isinstance(frame, pd.DataFrame):
        raise RequestError(f"rows about single families never leave. Count them first: fj.measures.{table}(…).")
    ref, mark, name, work = _NOTED.get(id(frame), (lambda: None, "", "", None))
    if work is None or ref() is not frame:
        raise RequestError(
            "this frame does not say how many families stand behind each of its numbers, so it does not leave. Give it as "
            f"fj.measures.{table} made it: not a copy, not a part, and not one made by hand."
        )
    if name != table:
        raise RequestError(f"this frame is '{name}', and not '{table}'. Write fj.publish(frame, \"{name}\").")
    if _print(frame) != mark:
        raise RequestError(
            "this frame was changed after the measure made it, so its families are no longer known. Give it as "
            f"fj.measures.{table} made it; sort and select what comes out."
        )
    return work()


def _print(frame: pd.DataFrame) -> str:
    text = repr((list(frame.columns), list(frame.index), frame.to_numpy(object).tolist()))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


@dataclass
class Cells:
    """Gathers the cells of one table, and what everybody knows of them."""

    everybody: frozenset[str]
    families: dict[Key, frozenset[str]] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    unseen: set[Key] = field(default_factory=set)

    def __post_init__(self) -> None:
        """All families are a cell of every table."""
        self.families[EVERYBODY] = self.everybody

    def add(self, key: Key, families: frozenset[str], of: Key = EVERYBODY) -> Key:
        """A cell of families who did something, of those in another cell; those who did not are a cell that is unseen."""
        self.families[key] = families
        without = (*key, "not so")
        self.families[without] = self.families[of] - families
        self.unseen.add(without)
        self.relations.append(Relation(of, (key, without)))
        return key

    def union(self, whole: Key, parts: Sequence[Key]) -> None:
        """Each of the whole is in some part, and may be in several."""
        self.relations.append(Relation(whole, tuple(parts), "union"))


def made(review: Journeys, table: str, cells: Cells, lines: Sequence[Line], about: str) -> Behind:
    """What a table of a review rests on."""
    from lib.dates import say

    declared = review.session.folder.entry.reviewed
    return Behind(
        table,
        cells.families,
        tuple(cells.relations),
        frozenset(cells.unseen),
        tuple(lines),
        cells.everybody,
        frozenset(declared or ()),
        f"{say(review.start)} to {say(review.end)}, recorded by {say(review.as_at)}",
        about,
        review,
    )
