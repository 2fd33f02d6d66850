"""Why a system behaves as it does: the conditions that reviewers name, and the events that each explains.

A condition is printed as one only where it explains at least two events in at least two families; one that explains
fewer is a hunch, shown apart. No condition is a person or an agency, and none is proved: people who know the work say
that it explains what was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from journeys.activities import fold
from journeys.book import Book, read_book
from journeys.bookfile import Row
from journeys.chances import Chances, find_chances
from journeys.columns import TABLES
from journeys.conditionkinds import ConditionKind, load_condition_kinds
from journeys.effects import Effect, Where, find_effects, load_effects
from journeys.journey import Journeys, check_review
from lib import files
from lib.dates import day_number
from lib.errors import DataError, RequestError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

LEAST_EVENTS, LEAST_FAMILIES = 2, 2
OTHER = "other"
"""The effect of an event of which none of the declared effects is seen."""

PLACED = """
SELECT f.name AS family, c.contact_id FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c
  JOIN {at}families AS f ON s.family = f.code JOIN asked_after AS a ON c.contact_id = a.contact_id
"""
LATER = """
SELECT c.contact_id FROM {contacts} AS c JOIN asked_after AS a ON c.contact_id = a.contact_id
WHERE c.known_day > {as_at} OR c.earliest > {end} GROUP BY c.contact_id
"""
"""Contacts that had not happened, or were not recorded, by the day that this review looks at."""


@dataclass
class Condition:
    """A condition in a reviewer's words, and what it explains: each event with the journeys in which it stands."""

    said: Counter[str] = field(default_factory=Counter)
    category: str = ""
    category_row: int = 0
    thinking: dict[str, Counter[str]] = field(default_factory=dict)
    events: dict[str, set[Where]] = field(default_factory=dict)
    families: set[str] = field(default_factory=set)

    @property
    def words(self) -> str:
        """The words that most of its rows use."""
        return _commonest(self.said)

    @property
    def thoughts(self) -> list[str]:
        """The assumptions that reviewers named behind it, in order of the alphabet."""
        return sorted((_commonest(said) for said in self.thinking.values()), key=lambda t: (fold(t), t))

    @property
    def is_hunch(self) -> bool:
        """Whether it explains fewer than two events, or one family alone."""
        return len(self.events) < LEAST_EVENTS or len(self.families) < LEAST_FAMILIES


@dataclass(frozen=True)
class Explained:
    """The conditions of a review, those that are hunches last, and what was seen of the events."""

    review: Journeys
    kinds: Mapping[str, ConditionKind]
    effects: Mapping[str, Effect]
    seen: Mapping[str, set[Where]]
    conditions: tuple[Condition, ...]
    later: int

    def effects_of(self, wheres: set[Where]) -> list[str]:
        """What was seen of one event, in the order in which the effects are declared."""
        return [name for name in self.effects if wheres & self.seen[name]] or [OTHER]

    def says(self, effect: str) -> str:
        """An effect in a sentence."""
        return self.effects[effect].says if effect != OTHER else "None of these"


def conditions(review: Journeys, chances: Table | None = None) -> pd.DataFrame:
    """What in the system made it hard to help: each condition that reviewers named, and what it explains.

    `review` from `build_journeys`; `chances` from `find_chances`, if they are at hand. Conditions come from the review
    book's sheet of conditions and from the condition of each confirmed chance; the same words are the same condition.
    Returns a frame with the columns of `columns.TABLES["conditions"]`, a row per condition: how many events (contacts,
    one that happened in two journeys once) and families it explains, and what was seen of them. With fewer than two
    events, or in one family alone, it `is_hunch`: those stand last, and are no finding. Order: by families explained,
    then by the words. `attrs["later"]` counts events that this review cannot see yet: after its end, or recorded later.

    Source of the definition: "the things that explain why a system behaves in the way it does" ("System conditions, a
    powerful lever for change", beyondcommandandcontrol.com, 2016); two events in two families is a rule of the kit's own.

    Raises `DataError` with sheet and row for evidence that is in no journey of the family, and for one condition under
    two categories; `RuleError` for a line of conditions.yml; what `find_chances` raises.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> conditions(build_journeys(read_contacts("sample"))).columns.tolist()[:4]
    ['condition', 'category', 'ask', 'thinking']
    """
    import pandas as pd

    found = explained(review, chances)
    rows = []
    for one in found.conditions:
        seen = {name for wheres in one.events.values() for name in found.effects_of(wheres)}
        ask = found.kinds[one.category].ask if one.category else ""
        effects = [found.says(name) for name in (*found.effects, OTHER) if name in seen]
        numbers = (len(one.events), len(one.families), one.is_hunch)
        rows.append((one.words, one.category, ask, one.thoughts, *numbers, effects, sorted(one.events)))
    frame = pd.DataFrame(rows, columns=[c.name for c in TABLES["conditions"]])
    frame.attrs["later"] = found.later
    return frame


def explained(review: Journeys, chances: Table | None = None) -> Explained:
    """The conditions of a review with the events that each explains: what `conditions` and the figures rest on."""
    check_review(review)
    if chances is not None and not isinstance(chances.owner, Chances):
        raise RequestError("chances is not what find_chances gives. Write chances = fj.find_chances(review) first.")
    found = chances if chances is not None else find_chances(review)
    frame, book = found.df(), read_book(review)
    paths = review.session.folder.rule_files("conditions.yml")
    effects = load_effects(paths, review.activities, found.owner.kinds.kinds)
    named = list(_named(book, frame))
    of, later = _gathered(named, review)
    order = sorted(of.values(), key=lambda c: (c.is_hunch, -len(c.families), fold(c.words), c.words))
    seen = find_effects(review, effects, frame) if order else {name: set() for name in effects}
    return Explained(review, load_condition_kinds(paths), effects, seen, tuple(order), later)


@dataclass(frozen=True)
class _Named:
    """One row in which a reviewer says that a condition explains something; an event without contacts has a name."""

    where: str
    row: int
    words: str
    category: str
    thinking: str
    family: str
    contacts: tuple[str, ...]
    event: str = ""

    def wrong(self, message: str) -> DataError:
        return DataError(f"{self.where}, row {self.row}: {message}")


def _named(book: Book, chances: pd.DataFrame) -> Iterator[_Named]:
    """What the sheet of conditions says, and what the confirmed chances say."""
    place = files.shown(book.path or "")
    known = _chances_by_id(book, chances)
    for row in book.written("conditions"):
        if book.is_about(row):
            yield from _of_row(f"{place}, sheet 'conditions'", row, known)
    lines = {
        (r.cells["family_id"], frozenset(r.cells["evidence"] or ())): r.line for r in book.sheets.get("chances", ())
    }
    for chance in chances[chances["status"] == "confirmed"].itertuples():
        line = lines.get((chance.family_id, frozenset(chance.evidence)), 0)
        head = (f"{place}, sheet 'chances'", line, chance.condition, "", "", chance.family_id)
        yield _Named(*head, tuple(chance.evidence), "" if chance.evidence else chance.chance_id)


def _chances_by_id(book: Book, chances: pd.DataFrame) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each chance's family and evidence: as it is proposed now, or else as the book knows it."""
    written = (r.cells for r in book.sheets.get("chances", ()) if r.cells["chance_id"])
    found = {c["chance_id"]: (c["family_id"], tuple(c["evidence"] or ())) for c in written}
    return found | {r.chance_id: (r.family_id, tuple(r.evidence)) for r in chances.itertuples()}


def _of_row(where: str, row: Row, chances: Mapping[str, tuple[str, tuple[str, ...]]]) -> Iterator[_Named]:
    cells: Mapping[str, Any] = row.cells
    family = cells["family_id"]
    head = (where, row.line, cells["condition"], cells["category"], cells["thinking"], family)
    contacts = [part for part in cells["evidence"] or () if part not in chances]
    yield _Named(*head, tuple(contacts))
    for part in cells["evidence"] or ():
        if part in chances:
            whose, evidence = chances[part]
            named = _Named(*head, evidence, "" if evidence else part)
            if whose != family:
                raise named.wrong(f"the chance '{part}' is of another family's journey. Correct one of the two.")
            yield named


def _gathered(named: Sequence[_Named], review: Journeys) -> tuple[dict[str, Condition], int]:
    """Rows of the same words as one condition; how many of the events this review cannot see yet."""
    placed, later = _placed({c for one in named for c in one.contacts}, review)
    families: dict[str, set[str]] = {}
    for family, contact in placed:
        families.setdefault(contact, set()).add(family)
    found: dict[str, Condition] = {}
    unseen: set[str] = set()
    for one in named:
        condition = found.setdefault(fold(one.words), Condition())
        _describe(condition, one)
        if one.event:
            condition.events.setdefault(one.event, set()).add((one.family, one.event))
            condition.families.add(one.family)
        for number, contact in enumerate(one.contacts, 1):
            # A record that names two agencies is two contacts, and still one thing that happened.
            event = contact.split("#")[0]
            if one.family in families.get(contact, ()):
                condition.events.setdefault(event, set()).add((one.family, contact))
                condition.families.add(one.family)
            elif contact in later:
                unseen.add(event)
            else:
                near = did_you_mean(contact, sorted(c for f, c in placed if f == one.family))
                raise one.wrong(
                    f"its evidence, number {number}, is no contact of this family's journey, and no chance.{near} Copy a contact's "
                    "number from the journey, or a chance's from the sheet 'chances'."
                )
    return found, len(unseen)


def _describe(condition: Condition, one: _Named) -> None:
    condition.said[one.words] += 1
    if one.category:
        if condition.category not in ("", one.category):
            raise one.wrong(
                f"this condition stands under '{condition.category}' in row {condition.category_row}, and under "
                f"'{one.category}' here. Choose one of the two."
            )
        condition.category, condition.category_row = one.category, condition.category_row or one.row
    if one.thinking:
        condition.thinking.setdefault(fold(one.thinking), Counter())[one.thinking] += 1


def _placed(contacts: set[str], review: Journeys) -> tuple[set[Where], set[str]]:
    """In which families' journeys contacts stand; and those that this review cannot see yet."""
    import pyarrow as pa

    if not contacts:
        return set(), set()
    engine = review.engine
    engine.load("asked_after", pa.table({"contact_id": pa.array(sorted(contacts), pa.string())}))
    names = {"steps": review.coded, "contacts": review.session.contacts, "at": review.codes}
    placed = {(family, contact) for family, contact in engine.rows(PLACED.format(**names))}
    days = {"as_at": day_number(review.as_at), "end": day_number(review.over_by)}
    later = {contact for (contact,) in engine.rows(LATER.format(contacts=review.session.contacts, **days))}
    engine.drop("asked_after")
    return placed, later


def _commonest(said: Counter[str]) -> str:
    return min(said, key=lambda words: (-said[words], words))
