"""From the earliest point of concern to help, family by family: the days a family waits, those still waiting counted.

The earliest concern is the first day on which somebody could have known that a trigger about the family was met, or
the first chance to help that no reviewer has rejected, whichever came sooner. Help counts from that day on.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from journeys.book import read_book
from journeys.chances import MARKED, Chances, find_chances
from journeys.columns import TABLES
from journeys.journey import Journeys
from journeys.triggers import Firings, find_triggers
from journeys.voice import first_help
from lib.dates import day_number, to_date
from lib.dialect import literal
from lib.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table


def days_to_help(review: Journeys, firings: Table | None = None, chances: Table | None = None) -> pd.DataFrame:
    """One row per family: its earliest concern, the first help from that day on, and the days between.

    `firings` from `find_triggers` and `chances` from `find_chances`, if they are at hand. Returns the columns of
    `columns.TABLES["days_to_help"]`. A family with no concern has an empty row; one that no help has reached is open,
    with the days so far by `review.over_by`; in a published case no days run on. Where the review book says since when
    help was help in the family's own view, that day stands in place of the rule's, if it is not before the concern.

    Source: the two days that Portsmouth's redesign set out to bring together, "the earliest point of concern" and help
    (LGA, "Councillor workbook: commissioning services"); the rule for each is the kit's own.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> frame = days_to_help(build_journeys(read_contacts("sample")))
    >>> bool((frame["days"].dropna() >= 0).all())
    True
    """
    import pandas as pd

    found = firings if firings is not None else find_triggers(review)
    if not isinstance(found.owner, Firings):
        raise RequestError("firings is not what find_triggers gives. Write firings = fj.find_triggers(review) first.")
    proposed = chances if chances is not None else find_chances(review, found)
    if not isinstance(proposed.owner, Chances):
        raise RequestError("chances is not what find_chances gives. Write chances = fj.find_chances(review) first.")
    concerns = _concerns(found, proposed)
    helped, book, by = _helped(review), read_book(review), day_number(review.over_by)
    rows: list[tuple[Any, ...]] = []
    for family in review.families:
        if family not in concerns:
            rows.append((family, None, None, None, None, None))
            continue
        on, says = min(concerns[family])
        said = first_help(book, family)
        later = [latest for earliest, latest in helped.get(family, ()) if earliest >= on]
        day = day_number(said) if said and day_number(said) >= on else min(later, default=None)
        if day is not None and day <= by:
            rows.append((family, to_date(on), says, to_date(day), day - on, False))
        elif review.about.published:
            rows.append((family, to_date(on), says, None, None, None))
        else:
            rows.append((family, to_date(on), says, None, by - on, True))
    kinds = {"date": "datetime64[us]", "whole number": "Int64", "yes/no": "boolean"}
    frame = pd.DataFrame(rows, columns=[c.name for c in TABLES["days_to_help"]])
    return frame.astype({c.name: kinds.get(c.type, "str") for c in TABLES["days_to_help"]})


def _concerns(firings: Table, chances: Table) -> dict[str, list[tuple[int, str]]]:
    """Every day of concern of each family, with what it was."""
    rules = firings.owner.rules.triggers
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in firings.df().itertuples():
        if rules[row.trigger].about == "family":
            found[row.family_id].append((day_number(row.known_on.date()), row.says))
    for row in chances.df().itertuples():
        if row.status != "rejected":
            found[row.family_id].append((day_number(row.on.date()), row.says))
    return found


def _helped(review: Journeys) -> dict[str, list[tuple[int, int]]]:
    """The help that each family had: first and last day on which it may have fallen."""
    activities = ", ".join(literal(a) for a in review.activities.marked("help"))
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    if activities:
        where = {"steps": review.coded, "contacts": review.session.contacts, "at": review.codes}
        for family, earliest, latest in review.engine.rows(MARKED.format(activities=activities, **where)):
            found[family].append((earliest, latest))
    return found
