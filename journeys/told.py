"""Facts that people add in the review book: known to nobody, to an agency that did not record them, or in no list."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from journeys.activities import Activities
from journeys.book import Book
from journeys.facts import MOST_LETTERS, Fact, Facts
from lib import files
from lib.dates import day_number
from lib.errors import DataError, did_you_mean, listed

SAID = "said"
"""How an agency knew what people say it knew, and no row of its own shows."""


@dataclass(frozen=True)
class Told:
    """What the book adds: facts of its own words, the facts it names for each family, and who is said to have known."""

    facts: Facts
    named: Mapping[str, tuple[str, ...]]
    known: Mapping[str, Mapping[tuple[str, str], int]]


def told(book: Book, rules: Facts, activities: Activities) -> Told:
    """What the book's sheet of facts adds to the facts in force.

    A fact is named as in facts.yml, or in words, which then stand for it. Raises `DataError` with the row for an agency
    that there is not, or one that is said to have known with no day.
    """
    facts = dict(rules.facts)
    named: dict[str, set[str]] = {}
    known: dict[str, dict[tuple[str, str], int]] = {}
    for cells, wrong in _rows(book):
        name = cells["fact"].strip()
        name = name if name in facts else next((n for n, f in facts.items() if f.says == name), name)
        if name not in facts:
            short = _two_lines(name)
            facts[name] = Fact(says=name, short=short, known_by=[], source="the review book", mark="local")
        named.setdefault(cells["family_id"], set()).add(name)
        agency = cells["agency"]
        if not agency:
            continue
        if agency not in activities.agencies:
            near = did_you_mean(agency, activities.agencies)
            raise wrong(f"there is no agency of that name.{near} Agencies: {listed(sorted(activities.agencies), 8)}.")
        if cells["known_on"] is None:
            raise wrong("since when did that agency know it? Fill in the column 'known_on', or leave the agency empty.")
        of_family = known.setdefault(cells["family_id"], {})
        day = day_number(cells["known_on"])
        of_family[name, agency] = min(day, of_family.get((name, agency), day))
    by_family = {family: tuple(sorted(names)) for family, names in named.items()}
    return Told(dataclasses.replace(rules, facts=facts), by_family, known)


def _rows(book: Book) -> Iterator[tuple[Mapping[str, Any], Any]]:
    for row in book.written("facts"):
        if book.is_about(row):

            def wrong(message: str, line: int = row.line) -> DataError:
                return DataError(f"{files.shown(book.path or '')}, sheet 'facts', row {line}: {message}")

            yield row.cells, wrong


def _two_lines(words: str) -> list[str]:
    """The head of a column in the picture: two lines, cut where need be.

    >>> _two_lines("Grandmother moved away in spring")
    ['Grandmother', 'moved away …']
    """
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= MOST_LETTERS:
            lines[-1] = longer
        elif len(lines) == 2 or not lines[-1]:
            lines[-1] = f"{longer[: MOST_LETTERS - 2].rstrip()} …" if not lines[-1] else _cut(lines[-1])
            break
        else:
            lines.append(word if len(word) <= MOST_LETTERS else f"{word[: MOST_LETTERS - 2]} …")
    return lines


def _cut(line: str) -> str:
    while len(f"{line} …") > MOST_LETTERS and " " in line:
        line = line.rsplit(" ", 1)[0]
    return f"{line[: MOST_LETTERS - 2]} …"
