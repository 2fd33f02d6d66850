"""One point of contact: the contacts that it might have made needless, each for a practitioner to strike out.

A value step is always kept, and so are contacts about safety and consent. What is left is a range, from what no doubt
touches to everything proposed; beside it stands the point of contact's own time, so the net may be more work, not less.
Nothing here says that anybody did wrong, or what a trial would find.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeys.activities import Activities, fold
from journeys.agreed import any_of, names
from journeys.book import read_book
from journeys.columns import TABLES, as_arrow, identifying
from journeys.dealings import Dealing, by_agencies, by_moment
from journeys.effects import tellings
from journeys.journey import Journeys, check_review
from journeys.navigatorrules import NavigatorRules, Reason, load_navigator
from journeys.story import assessments, subjects_of
from lib.dates import day_number, to_date
from lib.engine import Table

NO_DAY = "its day is not known"
NO_NEED = "no need is named"
TWO_NEEDS = "two needs are named"
PERHAPS_LATE = "it may have come later than the days looked at"
SHARED = "it stands in another family's journey as well"

Rests = tuple[Dealing, ...]
"""The earlier, or later, contacts by which one might have been needless."""


@dataclass(frozen=True)
class FallAway:
    """What came of the search beside the rows: the rules, the base, and every proposal, struck out or not."""

    review: Journeys
    rules: NavigatorRules
    base: int
    proposed: tuple[dict[str, Any], ...]
    struck: int


@dataclass
class _Proposal:
    """A contact of one family, with every reason for which it might have been needless."""

    row: Dealing
    because: dict[str, None]
    rests_on: set[str]
    doubts: list[set[str]]


def could_fall_away(review: Journeys) -> Table:
    """Contacts of the period that one point of contact might have made needless, and why, less those struck out.

    `review` from `build_journeys`. The reasons are those of rules/navigator.yml. Returns a Table with the columns of
    `columns.TABLES["could_fall_away"]`, a row per contact and family. `is_certain` where no doubt touches it: it and what
    it rests on are known to the day, all name one need, and it could fall away in every journey in which it stands.
    Never there: help, or what a reviewer called a value step in the review book; safety and consent; and contacts that a
    practitioner struck out on the book's sheet `navigator`. The book is written with every proposal: `write_book`.

    Source: the idea of a single point of contact, who makes sure that a family is offered the right service at the right
    time, is in the LGA's councillor workbook on commissioning (Portsmouth); the reasons are the kit's own, illustrative.

    Raises `RuleError` for a line of navigator.yml, `DataError` for a row of the book, `RequestError` for no review.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> could_fall_away(build_journeys(read_contacts("sample"))).columns[:4]
    ['contact_id', 'family_id', 'on', 'agency']
    """
    check_review(review)
    rules = load_navigator(review.session.folder.rule_files("navigator.yml"), review.activities)
    by_family = by_agencies(review, _named(rules, review.activities))
    book = read_book(review)
    said = {row["contact_id"]: row["is_value"] == "yes" for row in book.rows("steps") if row["is_value"]}
    start = day_number(review.start)
    proposed = tuple(_rows(by_family, rules, review, said, start))
    struck = {row["contact_id"] for row in book.rows("navigator") if row["strike_out"] == "yes"}
    # What one family would still have wanted is no needless contact for its other family either.
    kept = [row for row in proposed if row["contact_id"] not in struck]
    table = review.engine.fresh_name("fall_away")
    fields = [c.name for c in TABLES["could_fall_away"]]
    review.engine.load(table, as_arrow("could_fall_away", [[row[name] for name in fields] for row in kept]))
    in_period = {r.id for rows in by_family.values() for r in rows if _counts(r) and r.latest >= start}
    gone = len({row["contact_id"] for row in proposed} & struck)
    owner = FallAway(review, rules, len(in_period), proposed, gone)
    select = f'SELECT * FROM {table} ORDER BY family_id, "on", contact_id'
    return Table(review.engine, "could_fall_away", select, identifying("could_fall_away"), owner)


def navigator_rows(review: Journeys) -> list[dict[str, Any]]:
    """The rows of the book's sheet `navigator` as they are proposed, struck out or not."""
    return [row | {"on": to_date(row["on"])} for row in could_fall_away(review).owner.proposed]


def _named(rules: NavigatorRules, activities: Activities) -> set[str]:
    groups = any_of(activities)
    return {a for r in rules.reasons.values() for name in names(r.activity) for a in groups.get(name, [name])}


def _counts(row: Dealing) -> bool:
    """Whether it is part of the base: something that an agency did with the family."""
    return row.nature in ("touch", "referral", "decision")


def _rows(
    by_family: Mapping[str, Sequence[Dealing]],
    rules: NavigatorRules,
    review: Journeys,
    said: Mapping[str, bool],
    start: int,
) -> Iterator[dict[str, Any]]:
    again = _assessed_again(review)
    found = {
        family: _proposals(rows, again.get(family, ()), rules, review.activities, said, start)
        for family, rows in by_family.items()
    }
    stands: dict[str, set[str]] = {}
    for family, rows in by_family.items():
        for row in rows:
            stands.setdefault(row.id, set()).add(family)
    for family, proposals in found.items():
        for id, proposal in sorted(proposals.items()):
            # One reason free of doubt is enough.
            doubts = set(sorted(proposal.doubts, key=_plainest)[0])
            doubts |= {SHARED} if any(id not in found[other] for other in stands[id]) else set()
            row, words = proposal.row, review.activities
            yield {
                "contact_id": id,
                "family_id": family,
                "on": row.earliest,
                "agency": row.agency,
                "says": f"{words.label(row.activity)}, {words.agency(row.agency)}",
                "because": "; ".join(rules.reasons[name].says for name in proposal.because),
                "reasons": list(proposal.because),
                "rests_on": sorted(proposal.rests_on),
                "doubts": "; ".join(sorted(doubts)),
                "is_certain": not doubts,
            }


def _proposals(
    rows: Sequence[Dealing],
    again: Sequence[tuple[Dealing, Rests]],
    rules: NavigatorRules,
    activities: Activities,
    said: Mapping[str, bool],
    start: int,
) -> dict[str, _Proposal]:
    """For one family, each contact that might have been needless."""
    groups = any_of(activities)
    found: dict[str, _Proposal] = {}
    for name, reason in rules.reasons.items():
        kinds = {a for given in names(reason.activity) for a in groups.get(given, [given])}
        shown = (
            ((row, _surest(reason, row, earlier)) for row, earlier in again)
            if reason.shape == "assessed_again"
            else _shown(reason, kinds, rows, activities)
        )
        for row, rests in shown:
            if row.latest < start or _is_kept(row, rules, activities, said):
                continue
            proposal = found.setdefault(row.id, _Proposal(row, {}, set(), []))
            proposal.because[name] = None
            proposal.rests_on |= {r.id for r in rests}
            proposal.doubts.append(_doubts(reason, row, rests))
    return found


def _is_kept(row: Dealing, rules: NavigatorRules, activities: Activities, said: Mapping[str, bool]) -> bool:
    """Whether a contact is a value step, by rule or by a reviewer, or is about safety or consent."""
    if said.get(row.id, activities.is_help(row.activity)):
        return True
    return row.activity in rules.never or fold(row.reason or "") in rules.never_reasons


def _doubts(reason: Reason, row: Dealing, rests: Rests) -> set[str]:
    """What might make it wanted all the same."""
    every = (row, *rests)
    doubts = {NO_DAY} if not all(r.is_exact for r in every) else set()
    needs = {r.need for r in every}
    if len(needs) > 1 or None in needs:
        doubts.add(NO_NEED if None in needs else TWO_NEEDS)
    if reason.within_days is not None and any(
        max(row.latest, r.latest) - min(row.earliest, r.earliest) > reason.within_days for r in _window(reason, rests)
    ):
        doubts.add(PERHAPS_LATE)
    return doubts


def _plainest(doubts: set[str]) -> tuple[int, list[str]]:
    return len(doubts), sorted(doubts)


def _window(reason: Reason, rests: Rests) -> Rests:
    """Of what a contact rests on, what must lie within the days: of a referral that came back, the coming back."""
    return rests[-1:] if reason.shape == "came_back" else rests


def _shown(
    reason: Reason, kinds: set[str], rows: Sequence[Dealing], activities: Activities
) -> Iterator[tuple[Dealing, Rests]]:
    """Each contact that a reason fits, with the contacts it rests on."""
    some = [row for row in rows if row.activity in kinds]
    if reason.shape == "activity":
        yield from ((row, ()) for row in some)
    elif reason.shape == "told_again":
        yield from _after(tellings(rows, activities), reason, lambda a, b: a.agency != b.agency)
    elif reason.shape == "came_back":
        yield from _came_back(reason, kinds, rows)
    else:
        moments = by_moment(rows)
        before = {n: {row.agency for row in here} for n, here in moments.items()}
        yield from _after(
            [row for row in some if row.moment is not None],
            reason,
            lambda a, b: a.moment == (b.moment or 0) - 1 and b.agency not in before[b.moment - 1],
        )


def _after(some: Sequence[Dealing], reason: Reason, fits: Any) -> Iterator[tuple[Dealing, Rests]]:
    """Each contact that surely came after another that fits, of the same need, within the days; with the surest of these."""
    for row in some:
        earlier = [
            e
            for e in some
            if e.surely_before(row)
            and row.earliest - e.latest <= (reason.within_days or 0)
            and e.may_share_need(row)
            and fits(e, row)
        ]
        if earlier:
            yield row, _surest(reason, row, earlier)


def _surest(reason: Reason, row: Dealing, earlier: Iterable[Dealing]) -> Rests:
    """Of the contacts on which one might rest, that with the fewest doubts; the latest of these."""
    return (min(earlier, key=lambda e: (len(_doubts(reason, row, (e,))), -e.latest, e.id)),)


def _assessed_again(review: Journeys) -> dict[str, list[tuple[Dealing, Rests]]]:
    """Of each family, the contacts of an assessment that repeats another, with those of the other that surely came first."""
    found: dict[str, list[tuple[Dealing, Rests]]] = {}
    for one in assessments(review):
        for row in one.rows:
            same = [
                e for other in one.earlier for e in other.rows if subjects_of([e], review) & subjects_of([row], review)
            ]
            earlier = tuple(e for e in same if e.surely_before(row))
            if earlier:
                found.setdefault(one.family, []).append((row, earlier))
    return found


def _came_back(reason: Reason, kinds: set[str], rows: Sequence[Dealing]) -> Iterator[tuple[Dealing, Rests]]:
    """Each referral on, by an agency to which another had referred the family, to a third that sent it back in the days."""
    passed = [r for r in rows if r.nature == "referral" and r.to is not None and r.to != r.agency]
    for on in passed:
        first = [
            r
            for r in passed
            if r.to == on.agency and r.agency != on.to and r.surely_before(on) and r.may_share_need(on)
        ]
        back = [
            r
            for r in rows
            if r.agency == on.to
            and (r.activity in kinds or (r.nature == "referral" and r.to == on.agency))
            and on.surely_before(r)
            and r.earliest - on.latest <= (reason.within_days or 0)
            and r.may_share_need(on)
        ]
        pairs = [(a, b) for a in first for b in back]
        if pairs:
            yield (
                on,
                min(pairs, key=lambda p: (len(_doubts(reason, on, p)), -p[0].latest, p[1].latest, p[0].id, p[1].id)),
            )
