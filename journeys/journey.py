"""A family's steps in order, as a graph; all families pooled as a map.

Most logs hold dates, not times, and file order is not evidence. So order is kept by *moments*: those of a family's
touches and referrals that cannot be told apart in time. If any of them on a day has no time, that day is one moment;
otherwise a moment is one second of one day. Those known to the month are one moment of that month, if the family has
no dated one in it. Everything else is kept, counted and drawn, and makes no moment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from journeys import journeymap
from journeys.columns import identifying
from journeys.contacts import CLOCK, Session
from journeys.steps import KEPT, lay_out
from lib.dates import day_number, read_day, say_short, to_date
from lib.engine import Engine, Table
from lib.errors import PermissionRefused, RequestError, count, did_you_mean, listed

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from journeys.activities import Activities
    from journeys.sources import About

T = TypeVar("T")

READ_STEPS = """
SELECT c.contact_id, c.person_id, c.family_id_given, c.agency, c.professional_id, c.activity, c.nature, c.asked_by,
  c.raw_activity, c.need_id, c.reason, c.outcome, c.referred_to, DATE '1970-01-01' + c.day AS date, {time} AS time,
  c.precision, DATE '1970-01-01' + c.earliest AS earliest, DATE '1970-01-01' + c.latest AS latest,
  DATE '1970-01-01' + c.ends_day AS ends_on, DATE '1970-01-01' + c.recorded_day AS recorded_on, c.replaces,
  c.source_file, c.source_row, f.name AS family_id, s.step, s.moment, s.days AS days_since_last,
  c.latest < {start} AS before_period
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code {where}
ORDER BY family_id, c.earliest, s.moment, c.second, c.contact_id
"""


def build_journeys(
    contacts: Table,
    members: Table | pd.DataFrame | None = None,
    *,
    start: str | dt.date | None = None,
    end: str | dt.date | None = None,
    as_at: str | dt.date | None = None,
    families: Sequence[str] | None = None,
) -> Journeys:
    """What each family lived through, in the order that the records allow.

    `contacts` from `read_contacts`, `members` from `read_members` (or a DataFrame of the same columns). `end` is the
    last day that counts, and by default the last day that the data speak of; `start` marks what came before it, and
    drops nothing. `as_at` (by default `end`) keeps what was recorded by that day, in its version of that day.
    `families` are the families under review: by default those that sources.yml names, or all.

    Returns `Journeys`, a mapping of family -> Journey, with `steps` (a Table) and `map()` (a networkx DiGraph).

    Raises `RequestError` for a family that is not there, days in the wrong order, or a period without contacts.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.families import read_members
    >>> review = build_journeys(read_contacts("sample"), read_members("sample"), start="2022-04-01", end="2025-03-31")
    >>> len(review)
    8
    """
    session = contacts.owner if isinstance(contacts, Table) else None
    if not isinstance(session, Session):
        raise RequestError("contacts is not what read_contacts gives. Write contacts = fj.read_contacts(data) first.")
    session.engine.tell_if_old()
    first, last = read_day(start, "start"), read_day(end, "end")
    last = last or to_date(session.last_day())
    known = read_day(as_at, "as_at") or last
    if first and first > last:
        raise RequestError(f"the period ends ({say_short(last)}) before it starts ({say_short(first)}). Swap the two.")
    if first and known < first:
        raise RequestError(
            f"as_at ({say_short(known)}) is before the period starts ({say_short(first)}): nothing was known yet."
        )
    own = members is None or (isinstance(members, Table) and getattr(members.owner, "key", None) == session.key != "")
    engine, at = lay_out(session, None if own else members, last, known)
    review = Journeys(session, engine, at, first, last, known, families)
    _check_period(review)
    return review


def _check_period(review: Journeys) -> None:
    """Stop where no contact of these families lies in the period: an empty report would read as good news."""
    inside = f"latest >= {day_number(review.start)} AND earliest <= {day_number(review.end)}"
    row = review.engine.rows(
        f"SELECT count(*) FILTER (WHERE {inside}) AS n, min(earliest) AS a, max(latest) AS b FROM {review.session.contacts}"
    )[0]
    if row[1] is None:
        raise RequestError(
            "no record of this data became a contact. Look at fj.account for what was read, and at fj.set_aside for why."
        )
    if not review.families:
        raise RequestError(
            "no contact is in a family yet, so there is no journey to look at. Say who is of which family: in a file that "
            "`members:` of sources.yml names (person_id, family_id, from, to, because), or by `python -m journeys link`, "
            "which works it out from the files that `linkage:` names."
        )
    if not review.engine.rows(f"SELECT count(*) AS n FROM {review.coded} AS s WHERE {inside}")[0][0]:
        raise RequestError(
            f"no contact of these families lies between {say_short(review.start)} and {say_short(review.end)}. The "
            f"contacts run from {say_short(to_date(row[1]))} to {say_short(to_date(row[2]))}. "
            "Choose other days, or look at fj.account for what was read."
        )


class Journeys(Mapping[str, "Journey"]):
    """All the families looked at together: `review["F0003"]` is one journey, `review.steps` every step of all."""

    def __init__(
        self,
        session: Session,
        engine: Engine,
        at: str,
        start: dt.date | None,
        end: dt.date,
        as_at: dt.date,
        families: Sequence[str] | None,
    ) -> None:
        """Made by `build_journeys`."""
        self.session, self.engine, self._at = session, engine, at
        self.end, self.as_at = end, as_at
        known = [name for (name,) in engine.rows(f"SELECT name FROM {at}families ORDER BY name")]
        chosen = list(families) if families is not None else (session.folder.entry.reviewed or known)
        for name in sorted(set(chosen) - set(known)):
            near = did_you_mean(name, known)
            raise RequestError(f"family '{name}' is in no journey here.{near} Families: {listed(known)}.")
        self.families = sorted(dict.fromkeys(chosen))
        self._all = len(self.families) == len(known)
        self._chosen = engine.fresh_name("chosen")
        import pyarrow as pa

        engine.load("picked", pa.table({"name": pa.array(self.families, pa.string())}))
        engine.make(self._chosen, f"SELECT f.code AS family FROM {at}families AS f JOIN picked AS p ON f.name = p.name")
        self.start: dt.date = start or self._first_day()
        self._kept: dict[str, Any] = {}

    def once(self, what: str, work: Callable[[], T]) -> T:
        """What `work` gives, done the first time that anybody asks for `what`: a review does not change."""
        if what not in self._kept:
            self._kept[what] = work()
        found: T = self._kept[what]
        return found

    @property
    def about(self) -> About:
        """What every page says of the data."""
        return self.session.folder.about

    @property
    def activities(self) -> Activities:
        """The activities in force, and the labels of activities and agencies."""
        return self.session.activities

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Which days each agency's records cover: agency, from_date, to_date, is_declared."""
        return self.session.coverage()

    @property
    def over_by(self) -> dt.date:
        """The last day that can be over: `as_at`, or `end` where that is earlier. A window that ends later is open."""
        return min(self.as_at, self.end)

    @property
    def comparison(self) -> Journeys:
        """The families that are not under review; where sources.yml names those that are, none of these.

        Raises `PermissionRefused` where comparison is not allowed, and for published cases: nobody is compared with them.
        """
        folder = self.session.folder
        folder.require("comparison")
        if folder.entry.published:
            raise PermissionRefused("published cases stand for themselves: no family is compared with another.")
        reviewed = {*self.families, *(folder.entry.reviewed or ())}
        everyone = [name for (name,) in self.engine.rows(f"SELECT name FROM {self._at}families ORDER BY name")]
        names = [name for name in everyone if name not in reviewed]
        return Journeys(self.session, self.engine, self._at, self.start, self.end, self.as_at, names)

    @property
    def is_whole(self) -> bool:
        """Whether these journeys rest on all that the folder holds, with its own members: the same for every review."""
        return self._at == KEPT

    @property
    def coded(self) -> str:
        """The coded steps of these families, as a source to select from: whole numbers for every name."""
        if self._all:
            return f"{self._at}steps"
        return f"(SELECT s.* FROM {self._at}steps AS s JOIN {self._chosen} AS q ON s.family = q.family)"

    @property
    def codes(self) -> str:
        """The prefix of the tables that hold the names behind the numbers: families, activities, agencies, professionals."""
        return self._at

    @property
    def steps(self) -> Table:
        """Every step of every family: a Table with the columns of `columns.TABLES["steps"]`."""
        return Table(self.engine, "steps", self._read(self.coded, ""), identifying("steps"), self)

    def map(self, by: str = "activity", order: str = "moments") -> nx.DiGraph:
        """What follows what, over all these families, as a networkx DiGraph.

        `by` is activity, agency or professional. Consecutive moments are joined by one move, its weight of 1 split
        evenly over the pairs of values in them, added exactly and rounded once. Edges carry `moves`, `families` and
        `days_median` (days between the moments; each pair of moments once; pairs with a month's moment left out);
        nodes `contacts`, `families`, `starts` and `ends`; the graph `moves`, `tied_share` (the share of moves that rest
        on a tie; None without moves), `imprecise` (touches and referrals in no moment) and `families`.
        `order="file"` sorts by day, then time (none as 00:00), then row, to compare with other tools.
        """
        return journeymap.journey_map(self, by, order)

    def __getitem__(self, family_id: str) -> Journey:
        if family_id not in self.families:
            raise RequestError(
                f"family '{family_id}' is not in this review.{did_you_mean(str(family_id), self.families)} "
                f"Families: {listed(self.families)}."
            )
        return Journey(self, family_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self.families)

    def __len__(self) -> int:
        return len(self.families)

    def __repr__(self) -> str:
        n, agencies, first, last = self.engine.rows(
            "SELECT count(DISTINCT s.c) AS n, count(DISTINCT CASE WHEN g.name <> 'family' THEN s.agency END) AS g, "
            f"min(s.earliest) AS a, max(s.earliest) AS b FROM {self.coded} AS s JOIN {self.codes}agencies AS g ON s.agency = g.code"
        )[0]
        span = f", {say_short(to_date(first))} to {say_short(to_date(last))}" if n else ""
        return f"<Journeys: {count(len(self), 'family', 'families')}, {count(n, 'contact')}, {count(agencies, 'agency', 'agencies')}{span}>"

    def _first_day(self) -> dt.date:
        """The first day that the agencies declare their records to cover; where none does, the families' first contact."""
        declared = "SELECT min(from_day) AS a FROM store.coverage WHERE is_declared AND agency <> 'family'"
        contact = f"SELECT min(earliest) AS a FROM {self.coded} AS s"
        for select in (declared, contact):
            found = self.engine.rows(select)[0][0]
            if found is not None and to_date(found) <= self.end:
                return to_date(found)
        return self.end

    def _read(self, steps: str, where: str) -> str:
        return READ_STEPS.format(
            time=CLOCK.format(s="c.second"),
            steps=steps,
            contacts=self.session.contacts,
            at=self._at,
            start=day_number(self.start),
            where=where,
        )


def check_review(review: object) -> None:
    """Stop where it is no review: raises `RequestError`."""
    if not isinstance(review, Journeys):
        raise RequestError(
            "review is not what build_journeys gives. Write review = fj.build_journeys(contacts, members) first."
        )


class Journey:
    """One family's steps in order: `family.steps` is a DataFrame, `family.graph` a networkx DiGraph."""

    def __init__(self, review: Journeys, family_id: str) -> None:
        """Made by `review["F0003"]`."""
        self.review, self.family_id = review, family_id
        self.start, self.end = review.start, review.end

    @cached_property
    def steps(self) -> pd.DataFrame:
        """The family's steps in order, with the columns of `columns.TABLES["steps"]`."""
        from lib.dialect import literal

        where = f"WHERE f.name = {literal(self.family_id)}"
        return self.review.engine.frame(self.review._read(f"{self.review.codes}steps", where))

    @cached_property
    def graph(self) -> nx.DiGraph:
        """What follows what in this family, by activity."""
        return self.alone.map()

    @cached_property
    def alone(self) -> Journeys:
        """This family as a review of one."""
        r = self.review
        return Journeys(r.session, r.engine, r.codes, r.start, r.end, r.as_at, [self.family_id])

    def __repr__(self) -> str:
        n, agencies = len(self.steps), self.steps.loc[self.steps["agency"] != "family", "agency"].nunique()
        span = f"{say_short(self.start)} to {say_short(self.end)}"
        return f"<Journey: {count(n, 'contact')}, {count(agencies, 'agency', 'agencies')}, {span}>"

    def _repr_html_(self) -> str:
        import html

        return f"<p>{html.escape(repr(self))}</p>"


def empty(value: Any) -> bool:
    """Whether a cell of a frame is empty."""
    import pandas as pd

    return value is None or (not isinstance(value, list) and bool(pd.isna(value)))
