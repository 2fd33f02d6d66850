"""What agencies' linkage records declare about who belongs together: pairs of people, of which kind, from when to when.

A blank joins nobody. A household or an address that many people had joins nobody. A person with a confidential record is
joined by no household and no address at all.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from journeys.families import ALWAYS, STILL
from journeys.kinrules import Kind, Kinship
from lib.dates import day_number

if TYPE_CHECKING:
    import pandas as pd

POSTCODE = re.compile(r"(GIR0AA|[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2})")
"""The shape of a British postcode, without its space."""

UPRN = re.compile(r"0*([1-9][0-9]{0,11})")
"""A unique property reference number: up to twelve figures."""

NO_NUMBER = re.compile(r"0+|9{3,}|([0-9])\1{5,}")
"""What is typed where a number is wanted and there is none."""

TEXTS = ("last_name", "postcode", "address", "uprn", "household_id")

Span = tuple[int, int]
Keyed = dict[str, dict[str, list[Span]]]
"""For each household or address, each of its people and when they had it."""


@dataclass(frozen=True)
class Pair:
    """Two people joined by one kind of evidence, from the first day to the first day out. Of a parent and a child, the
    child is `b`.
    """

    a: str
    b: str
    shape: str
    start: int
    end: int


@dataclass
class Evidence:
    """All pairs; who is in the records, and over which days; and what could join nobody, counted."""

    pairs: list[Pair]
    people: list[str]
    confidential: frozenset[str]
    alive: dict[str, list[Span]] = field(default_factory=dict)
    shared_keys: dict[str, int] = field(default_factory=dict)
    shared_people: dict[str, int] = field(default_factory=dict)
    unknown_parents: int = 0
    backward: int = 0


def read_evidence(records: pd.DataFrame, persons: Mapping[str, str], rules: Kinship) -> Evidence:
    """What the records say of who belongs together.

    `records`: a row per record, as `journeys.people` reads them. `persons`: the person behind each record id; a record
    of nobody's is left out. Returns `Evidence`; pairs are in order, and the order of the rows never matters.
    """
    rows, backward = _rows(records, persons, rules)
    hidden = frozenset(row["person"] for row in rows if row["confidential"])
    surnames: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if name := surname(row["last_name"], rules.blanks):
            surnames[row["person"]].add(name)
    found = Evidence([], sorted({row["person"] for row in rows}), hidden, backward=backward)
    spans: dict[str, list[Span]] = defaultdict(list)
    for row in rows:
        if row["start"] < row["end"]:
            spans[row["person"]].append((row["start"], row["end"]))
    found.alive = {person: union(some) for person, some in sorted(spans.items())}
    pairs: set[Pair] = set()
    if kind := rules.of("household"):
        keys = _keyed(rows, lambda row: household_key(row["household_id"], rules.blanks))
        pairs |= _together(found, "household", keys, kind.most)
    if kind := rules.of("address"):
        keys = _keyed(rows, lambda row: address_keys(row, rules.blanks))
        pairs |= _together(found, "address", keys, kind.most, surnames)
    if kind := rules.of("parent"):
        pairs |= _parents(found, rows, persons, kind)
    found.pairs = sorted(pairs, key=lambda p: (p.a, p.b, p.shape, p.start, p.end))
    return found


# Records


def _rows(records: pd.DataFrame, persons: Mapping[str, str], rules: Kinship) -> tuple[list[dict[str, Any]], int]:
    """The records with a person, their days as numbers; and how many have their days in the wrong order."""
    kept: list[dict[str, Any]] = []
    backward = 0
    for row in records.to_dict("records"):
        person = persons.get(str(row["record_id"]))
        if person is None:
            continue
        start, end = _day(row.get("from_date"), ALWAYS), _day(row.get("to_date"), STILL)
        if start >= end:
            # Whose the record is, and that it is confidential, still counts; when it held is not known.
            backward += 1
            start = end
        more: dict[str, Any] = {name: text(row.get(name)) for name in TEXTS}
        parents = row.get("parent_ids")
        more |= {"record": str(row["record_id"]), "person": person, "start": start, "end": end}
        more |= {
            "parents": tuple(parents) if isinstance(parents, tuple | list) else (),
            "born": row.get("date_of_birth"),
        }
        kept.append(more | {"confidential": row.get("confidential") is True or str(row.get("confidential")) == "True"})
    if rules.ends_with_next:
        _end_with_next(kept)
    return kept, backward


def _end_with_next(rows: Iterable[dict[str, Any]]) -> None:
    of: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["start"] < row["end"]:
            of[row["record"]].append(row)
    for some in of.values():
        starts = sorted({row["start"] for row in some})
        for row in some if len(starts) > 1 else ():
            if row["end"] == STILL:
                row["end"] = next((day for day in starts if day > row["start"]), STILL)


def _day(value: Any, empty: int) -> int:
    if value is None or value != value:
        return empty
    try:
        return day_number(value.date() if hasattr(value, "date") else value)
    except (AttributeError, TypeError, ValueError):
        return empty


def text(value: Any) -> str:
    """A cell as text; nothing for an empty one.

    >>> text(None), text(float("nan")), text(" A ")
    ('', '', 'A')
    """
    return value.strip() if isinstance(value, str) else ""


# Keys


def words(value: str) -> str:
    """Text to compare: one spelling of each letter, small, letters and figures alone, one space between.

    >>> words("Flat 2,  12 St. Mary’s Rd")
    'flat 2 12 st mary s rd'
    """
    plain = unicodedata.normalize("NFKC", value).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def is_blank(value: str, blanks: frozenset[str]) -> bool:
    """Whether a value stands for nothing: empty, a word that means so, noughts, nines, or one figure again and again.

    >>> [is_blank(one, frozenset({"n/a"})) for one in ("N/A", "000", "999", "111111", "11", "99")]
    [True, True, True, True, False, False]
    """
    plain = words(value)
    return not plain or plain in _plain(blanks) or NO_NUMBER.fullmatch(plain.replace(" ", "")) is not None


@functools.lru_cache(maxsize=8)
def _plain(blanks: frozenset[str]) -> frozenset[str]:
    return frozenset(map(words, blanks))


def surname(value: str, blanks: frozenset[str]) -> str:
    """A surname to compare; nothing for a blank or a single letter."""
    plain = "" if is_blank(value, blanks) else words(value).replace(" ", "")
    return plain if len(plain) > 1 and not plain.isdigit() else ""


def household_key(value: str, blanks: frozenset[str]) -> tuple[str, ...]:
    """The household that an id of a supplier's names; nothing for a blank."""
    own = value.partition(":")[2] if ":" in value else value
    return () if is_blank(own, blanks) else (value,)


def address_keys(row: Mapping[str, Any], blanks: frozenset[str]) -> tuple[str, ...]:
    """The keys of a place: its UPRN, and its address line with its postcode, each where it is one.

    >>> place = {"uprn": "010012345678", "address": "12, High St", "postcode": "po1 2ab"}
    >>> address_keys(place, frozenset())
    ('uprn 10012345678', 'place 12 high st PO12AB')
    >>> address_keys({"uprn": "0", "address": "No fixed abode", "postcode": "PO1 2AB"}, frozenset({"no fixed abode"}))
    ()
    """
    found = []
    number = UPRN.fullmatch("".join(unicodedata.normalize("NFKC", row["uprn"]).split()))
    if number and number[1].isascii() and not is_blank(number[1], blanks):
        found.append(f"uprn {number[1]}")
    code = words(row["postcode"]).replace(" ", "").upper()
    if POSTCODE.fullmatch(code) and not is_blank(row["address"], blanks):
        found.append(f"place {words(row['address'])} {code}")
    return tuple(found)


def _keyed(rows: Iterable[Mapping[str, Any]], keys: Callable[[Mapping[str, Any]], tuple[str, ...]]) -> Keyed:
    """For each key, the people who had it and when."""
    found: Keyed = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for key in keys(row):
            found[key][row["person"]].append((row["start"], row["end"]))
    return found


# Pairs


def _together(
    found: Evidence,
    shape: str,
    keys: Keyed,
    most: int,
    surnames: Mapping[str, set[str]] | None = None,
) -> set[Pair]:
    """Pairs of people with one key over the same days; keys that too many had are counted, and join nobody.

    A confidential person counts among the many, so that a refuge stays one, and is joined to nobody.
    """
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    crowd: set[str] = set()
    found.shared_keys[shape] = 0
    for people in keys.values():
        if len(people) > most:
            found.shared_keys[shape] += 1
            crowd |= set(people)
            continue
        for a, b in combinations(sorted(set(people) - found.confidential), 2):
            if surnames is None or surnames.get(a, set()) & surnames.get(b, set()):
                spans[a, b] += overlaps(people[a], people[b])
    found.shared_people[shape] = len(crowd)
    return {Pair(a, b, shape, *span) for (a, b), some in spans.items() for span in union(some)}


def _parents(found: Evidence, rows: Iterable[Mapping[str, Any]], persons: Mapping[str, str], kind: Kind) -> set[Pair]:
    """A parent and a child, from the child's own record, up to a birthday where the date of birth is known.

    Whoever is named by too many children is an office and no parent, and so is a list of too many parents.
    """
    alive = {person: (some[0][0], some[-1][1]) for person, some in found.alive.items()}
    born: dict[str, int] = {}
    for row in rows:
        if hasattr(row["born"], "year") and row["born"] == row["born"]:
            birth = day_number(row["born"].date() if hasattr(row["born"], "date") else row["born"])
            # Two suppliers may differ: the later birthday keeps a child a child for longer.
            born[row["person"]] = max(birth, born.get(row["person"], birth))
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    unknown: set[tuple[str, str]] = set()
    for row in rows:
        child = row["person"]
        until = _birthday(born[child], kind.until_age) if kind.until_age and child in born else STILL
        for record in row["parents"]:
            parent = persons.get(str(record))
            if parent is None:
                unknown.add((child, str(record)))
            elif parent != child and parent in alive:
                spans[parent, child] += overlaps([(row["start"], min(row["end"], until))], [alive[parent]])
    found.unknown_parents = len(unknown)
    named: dict[str, set[str]] = defaultdict(set)
    for parent, child in spans:
        named[f"of {parent}"].add(child)
        named[f"to {child}"].add(parent)
    many = {key: people for key, people in named.items() if len(people) > kind.most}
    found.shared_keys["parent"] = len(many)
    found.shared_people["parent"] = len({person for people in many.values() for person in people})
    kept = {pair: some for pair, some in spans.items() if not {f"of {pair[0]}", f"to {pair[1]}"} & many.keys()}
    return {Pair(a, b, "parent", *span) for (a, b), some in kept.items() for span in union(some)}


def _birthday(born: int, age: int) -> int:
    """The day on which somebody is so old. Who is born on 29 February is so on 1 March of other years."""
    day = dt.date(1970, 1, 1) + dt.timedelta(days=born)
    try:
        return day_number(day.replace(year=day.year + age))
    except ValueError:
        return day_number(dt.date(day.year + age, 3, 1))


def overlaps(some: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Where spans of one and spans of another lie over each other.

    >>> overlaps([(0, 5), (8, 9)], [(3, 10)])
    [(3, 5), (8, 9)]
    """
    others = list(others)
    found = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return [span for span in found if span[0] < span[1]]


def without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What is left of spans where others lie over them.

    >>> without([(0, 9)], [(2, 4), (8, 12)])
    [(0, 2), (4, 8)]
    """
    found = []
    others = union(others)
    for start, end in spans:
        for first, last in others:
            if start < first < end:
                found.append((start, first))
            if start < last:
                start = max(start, last)
        if start < end:
            found.append((start, end))
    return found


def union(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch or lie over each other, as one.

    >>> union([(5, 7), (0, 3), (3, 4)])
    [(0, 4), (5, 7)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
