"""Who is in a family, and until when: as the members file says it, or as the logs name them. Who is whose child no log says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journeys.columns import TABLES
from lib.engine import Table
from lib.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from journeys.journey import Journey

NAMED = "named in the log"
"""What `because` says where no members file does: then `from_date` is the day on which a log first named the person."""


def members_of(journey: Journey, members: Table | pd.DataFrame) -> pd.DataFrame:
    """Who is or was in one family, a row for each time that they were in it.

    Goes in: a journey (`review["F0003"]`), and what `read_members` gave. Comes out: a frame with the columns of
    `columns.TABLES["household"]`: person_id (without the supplier's name where they all have the same one), from_date
    (the first day in; empty: always), to_date (the first day out; empty: still) and because; in order of the day in, then
    of the person. It is for the team that holds the data. Nothing says who is whose parent, child or partner.

    Raises RequestError where members is not what `read_members` gives.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.families import read_members
    >>> from journeys.journey import build_journeys
    >>> review = build_journeys(read_contacts("sample"))
    >>> found = members_of(review["F0003"], read_members("sample"))
    >>> found[["person_id", "because"]].iloc[0].tolist()
    ['S1008', 'went to live with a grandparent']
    """
    import pandas as pd

    frame = members.df() if isinstance(members, Table) else members
    if not isinstance(frame, pd.DataFrame) or not {c.name for c in TABLES["members"]} <= set(frame.columns):
        raise RequestError("members is not what read_members gives. Write members = fj.read_members(data) first.")
    names = [c.name for c in TABLES["household"]]
    own = frame.loc[frame["family_id"] == journey.family_id, names].copy()
    for column in ("from_date", "to_date"):
        own[column] = pd.to_datetime(own[column]).astype("datetime64[us]")
    own["because"] = own["because"].fillna("").astype(object)
    own["person_id"] = _without_supplier([str(p) for p in own["person_id"]])
    by: Any = ["from_date", "person_id", "to_date", "because"]
    return own.sort_values(by, na_position="first", ignore_index=True)


def _without_supplier(persons: list[str]) -> list[str]:
    """The persons' own numbers, where one supplier gave them all; with two suppliers the same number may be two people."""
    pairs = [person.partition(":") for person in persons]
    same = len({supplier for supplier, colon, own in pairs if colon and own}) == 1
    return [own for _, _, own in pairs] if same and all(colon and own for _, colon, own in pairs) else persons
