"""What came of each referral: passed on, sent back, taken on, or no recorded answer; bounces, loops, and feedback.

Only referrals to another agency count here: services side by side switch, and pass nobody on. What rests on the need is
told of referrals that name one; the others are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeys.clocks import Needs, find_needs
from journeys.columns import as_arrow, identifying
from journeys.dealings import Dealing, dealings, is_value, said_values
from journeys.flow import handovers
from journeys.journey import Journeys
from lib.dates import day_number, to_date
from lib.engine import Table

PASSED_ON, SENT_BACK, TAKEN_ON, NO_ANSWER = "passed on", "sent back", "taken on", "no recorded answer"


@dataclass(frozen=True)
class Chain:
    """The referrals for one need, from first asked to the first value step; so far, where none has come."""

    family: str
    need: str
    referrals: int
    value_on: int | None


@dataclass(frozen=True)
class Passed:
    """What came of the referrals beside the rows: the needs, and their chains."""

    review: Journeys
    needs: Needs
    chains: tuple[Chain, ...]


@dataclass
class _Came:
    """What is known of one referral."""

    row: Dealing
    answer: Dealing | None = None
    is_open: bool = False
    bounce: str | None = None
    in_loop: bool | None = None
    feedback: Dealing | None = None
    follows: _Came | None = None
    next: _Came | None = None
    is_return: bool = False
    shares_a_day: bool = False
    is_rejected: bool = False

    @property
    def came(self) -> str:
        """What came of it, in the words of the table."""
        if self.next is not None:
            return SENT_BACK if self.next.is_return else PASSED_ON
        if self.is_rejected:
            return SENT_BACK
        return TAKEN_ON if self.answer is not None else NO_ANSWER


def passed(
    review: Journeys, needs: Sequence[Mapping[str, Any]] | None = None, steps: Sequence[Mapping[str, Any]] | None = None
) -> Table:
    """What came of each referral to another agency.

    `review` from `build_journeys`; `needs` and `steps` as people know them, those of the review book unless given (see
    `two_clocks` and `said_values`). Returns a
    Table with the columns of `columns.TABLES["passed"]`, a row per referral and family; `owner.chains` holds how many
    referrals each need took until its first value step.

    A *bounce*: the next referral on the same need goes straight back to who referred; certain where it is so in every
    order that the records allow, possible where in some. A *rejection*: the answering row, or its outcome, `rejects`
    (activities.yml). A *loop*: referrals for one need of one family that lie in a ring (a strongly connected
    component). *Feedback*: a row of the receiving agency that `feeds_back`, to the referrer or to nobody named; each
    shows it for one referral, the earliest that it may be about. An answer is not yet feedback.
    Of a referral to B, the earliest later referral by B that may be on its need passes it on, or sends it back where it
    goes to who referred; without one it is sent back where it was rejected, taken on where B answered, and else has no
    recorded answer: not one so far, where `is_open`.

    Source: the kit's own definitions, after what Ofsted wrote of early help (2015), "feedback on referrals was neither
    sought nor offered"; strongly connected components by R. E. Tarjan, SIAM Journal on Computing 1 (1972).

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> passed(build_journeys(read_contacts("sample"))).columns[:4]
    ['family_id', 'need_id', 'contact_id', 'from_agency']
    """
    by_family = dealings(review)
    found = find_needs(review, by_family, needs)
    answers = _answers(review)
    rows: list[tuple[object, ...]] = []
    for family, some in by_family.items():
        rows += [_line(family, came) for came in _tell(family, some, answers, review)]
    table = review.engine.fresh_name("passed")
    review.engine.load(table, as_arrow("passed", rows))
    owner = Passed(review, found, tuple(_chains(found, by_family, said_values(review, steps))))
    select = f"SELECT * FROM {table} ORDER BY family_id, referred_on, contact_id"
    return Table(review.engine, "passed", select, identifying("passed"), owner)


def _answers(review: Journeys) -> dict[tuple[str, str], tuple[str | None, bool]]:
    """For each referral of each family: the contact that answered it, and whether it is open."""
    referred = handovers(review).sql(
        "select family_id, shown_by, answered_by, is_open from this where kind = 'referral'"
    )
    return {(f, shown): (by, bool(is_open)) for f, shown, by, is_open in review.engine.rows(referred.select)}


def _tell(
    family: str, rows: Sequence[Dealing], answers: Mapping[tuple[str, str], tuple[str | None, bool]], review: Journeys
) -> list[_Came]:
    by_id = {r.id: r for r in rows}
    found = []
    for row in sorted((r for r in rows if r.passes_on), key=_place):
        by, is_open = answers[family, row.id]
        came = _Came(row, by_id[by] if by else None, is_open)
        came.is_rejected = came.answer is not None and came.answer.carries("rejects", review.activities)
        found.append(came)
    for came in found:
        came.bounce = bounce_of(came.row, [c.row for c in found])
        came.shares_a_day = any(_tied(came.row, c.row) for c in found if c is not came)
    _mark_loops(found)
    _feed_back(found, [r for r in rows if r.carries("feeds_back", review.activities)])
    _join(found)
    return found


def _place(row: Dealing) -> tuple[int, int, int, str]:
    return row.earliest, row.latest, -1 if row.second is None else row.second, row.id


def _tied(a: Dealing, b: Dealing) -> bool:
    return a.earliest == b.earliest and a.may_share_need(b) and not a.surely_before(b) and not b.surely_before(a)


def bounce_of(row: Dealing, referrals: Iterable[Dealing]) -> str | None:
    """Whether the next referral on a referral's need goes straight back: certain, possible, or nothing."""
    if row.need is None:
        return None
    others = [r for r in referrals if r.need == row.need and r.id != row.id]
    after = [r for r in others if row.surely_before(r)]
    may_be_next = [r for r in others if not r.surely_before(row) and not any(b.surely_before(r) for b in after)]
    back = [r for r in may_be_next if r.agency == row.to and r.to == row.agency]
    if not back:
        return None
    return "certain" if after and len(back) == len(may_be_next) else "possible"


def _mark_loops(found: Sequence[_Came]) -> None:
    import networkx as nx

    for need in sorted({str(c.row.need) for c in found if c.row.need is not None}):
        some = [c for c in found if c.row.need == need]
        graph = nx.DiGraph([(c.row.agency, c.row.to) for c in some])
        ring = {node: n for n, part in enumerate(nx.strongly_connected_components(graph)) for node in part}
        for came in some:
            came.in_loop = ring[came.row.agency] == ring[came.row.to]


def _feed_back(found: Sequence[_Came], telling: Sequence[Dealing]) -> None:
    """Each row that feeds back shows it for the earliest referral that it may be about and that none has shown yet."""
    for row in sorted(telling, key=lambda r: (r.latest, r.earliest, r.id)):
        for came in found:
            fits = row.agency == came.row.to and row.to in (came.row.agency, None, row.agency)
            later = row.id != came.row.id and not row.surely_before(came.row)
            if fits and later and came.feedback is None and row.may_share_need(came.row):
                came.feedback = row
                break


def _join(found: Sequence[_Came]) -> None:
    """Say of each referral which one passed it on or sent it back: a referral follows one, and is followed by one."""
    for sure in (True, False):
        for came in found:
            if came.follows is not None:
                continue
            may = [
                c
                for c in found
                if c is not came
                and c.row.to == came.row.agency
                and c.next is None
                and not c.is_return
                and c.row.may_share_need(came.row)
                and (c.row.surely_before(came.row) if sure else not came.row.surely_before(c.row))
                and not _leads_to(came, c)
                # What others have followed already was no way back.
                and not (came.next is not None and came.row.to == c.row.agency)
            ]
            if may:
                before = max(may, key=lambda c: _place(c.row))
                came.follows, before.next = before, came
                came.is_return = came.row.to == before.row.agency


def _leads_to(came: _Came, other: _Came) -> bool:
    after = came.next
    while after is not None and after is not other:
        after = after.next
    return after is not None


def _line(family: str, c: _Came) -> tuple[object, ...]:
    row, answer = c.row, c.answer
    return (
        *(family, row.need, row.id, row.agency, row.to, to_date(row.earliest), row.is_exact),
        *(answer.id if answer else None, to_date(answer.latest) if answer else None, c.is_open, c.is_rejected),
        *(c.bounce, c.in_loop, c.feedback.id if c.feedback else None, c.follows.row.id if c.follows else None),
        *(c.came, c.shares_a_day),
    )


def _chains(needs: Needs, by_family: Mapping[str, Sequence[Dealing]], said: Mapping[str, bool]) -> Iterator[Chain]:
    """For each need that is named: the referrals from first asked to its first value step; of those met on one day, all."""
    over_by, activities = day_number(needs.review.over_by), needs.review.activities
    for need in needs.needs:
        if need.how == "inferred":
            continue
        own = [r for r in by_family[need.family] if r.need == need.id]
        value = [r.latest for r in own if is_value(r, activities, said) and r.latest >= need.asked]
        first = min(value, default=None)
        until = over_by if first is None else first
        n = sum(r.passes_on and r.latest >= need.asked and r.earliest <= until for r in own)
        yield Chain(need.family, need.id, n, first)
