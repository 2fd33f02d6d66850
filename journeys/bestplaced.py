"""Who could have been the one who stayed with a family: how long, how lately and how broadly each knew it, side by side.

Three counts and no score: nobody is ranked, none is declared the one, and no worker is named. Who the family would have
chosen is in no log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from journeys.columns import TABLES
from journeys.dealings import Dealing, by_agencies
from journeys.journey import Journey
from journeys.knowledge import Knowledge, who_knew_what
from lib.dates import day_number, to_date
from lib.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table


def best_placed(journey: Journey, known: Table | None = None) -> pd.DataFrame:
    """Who could have stayed: each agency that met the family, and below it each of its workers, none of them named.

    `journey` is one family's (`review["F0003"]`); `known` from `who_knew_what`, if it is at hand. Returns a frame with the
    columns of `columns.TABLES["best_placed"]`, on touches up to the end of the review: continuity (days from the first to
    the last), recency (days from the last to the end) and breadth (needs named; facts known). Agencies stand in the order
    in which they first met the family, then by name; workers by their first day, as "one worker of Early help". A touch
    that names nobody, or is not known to the day, counts for the agency, the latter in no days.

    Source: the kit's own, after the idea of a single point of contact. Raises `RequestError` for anything else.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> best_placed(build_journeys(read_contacts("sample"))["F0001"]).columns.tolist()[:3]
    ['who', 'agency', 'touches']
    """
    import pandas as pd

    if not isinstance(journey, Journey):
        raise RequestError("journey is one family's. Write fj.best_placed(review['F0003']).")
    if known is not None and not isinstance(known.owner, Knowledge):
        raise RequestError("this is not what who_knew_what gives. Write fj.who_knew_what(review) first.")
    alone = journey.alone
    touches = [row for row in by_agencies(alone)[journey.family_id] if row.nature == "touch"]
    facts = (known if known is not None else who_knew_what(alone)).df()
    facts = facts[facts["family_id"] == journey.family_id]
    label, over_by = alone.activities.agency, day_number(alone.over_by)
    rows = []
    for agency, some in _in_order(touches):
        mine = facts[facts["agency"] == agency]
        rows.append((label(agency), label(agency), *_counts(some, over_by), mine["fact"].nunique()))
        workers = {w: [r for r in some if r.professional == w] for w in {r.professional for r in some} - {None}}
        said = []
        for own in workers.values():
            ids = {row.id for row in own}
            shown = sum(bool(ids & set(evidence)) for evidence in mine["evidence"])
            said.append((f"one worker of {label(agency)}", label(agency), *_counts(own, over_by), shown))
        rows += sorted(said, key=lambda row: [(cell is None, cell) for cell in (*row[3:], row[2])])
    return pd.DataFrame(rows, columns=[c.name for c in TABLES["best_placed"]]).astype(
        {"first_on": "datetime64[us]", "last_on": "datetime64[us]", "days_known": "Int64", "days_since": "Int64"}
    )


def _in_order(touches: Sequence[Dealing]) -> Iterator[tuple[str, list[Dealing]]]:
    """The touches of each agency, in the order in which they first met the family, then by name."""
    by_agency: dict[str, list[Dealing]] = {}
    for row in touches:
        by_agency.setdefault(row.agency, []).append(row)
    yield from sorted(by_agency.items(), key=lambda one: (min(r.earliest for r in one[1]), one[0]))


def _counts(some: Sequence[Dealing], over_by: int) -> tuple[object, ...]:
    """Touches, first and last day, days between, days since, needs."""
    days = [row.day for row in some if row.day is not None]
    needs = len({row.need for row in some if row.need is not None})
    if not days:
        return len(some), None, None, None, None, needs
    first, last = min(days), max(days)
    return len(some), to_date(first), to_date(last), last - first, over_by - last, needs
