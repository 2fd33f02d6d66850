"""Which agency knew which fact, and from when; the day by which they together knew enough.

An agency knows a fact from the first day on which a row of its own shows it, or on which an agency that knew it
referred the family to it. An empty place says that nobody recorded it, which is not the same as not known, and not the
same as not supplied. All is family by family; `journeys.measures` counts over families.
"""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from journeys.book import read_book
from journeys.columns import as_arrow, identifying
from journeys.facts import Fact, Facts, load_facts
from journeys.journey import Journeys, check_review
from journeys.told import SAID, told
from lib.dates import day_number, to_date
from lib.dialect import literal
from lib.engine import Table
from lib.errors import RequestError, did_you_mean, listed

ROWS = """
SELECT f.name AS family, c.contact_id, c.agency, c.activity, c.reason, c.referred_to, s.day, s.second, s.earliest,
  s.latest, c.known_day
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.agency <> 'family' AND c.activity IN ({activities})
ORDER BY family, s.earliest, c.contact_id
"""

Moment = tuple[int, int]
"""A day, and the second of it by which something was known; -1 where the records give no time."""


@dataclass(frozen=True)
class Knowledge:
    """What came of the facts beside the rows themselves: the rules in force, and the facts that people named."""

    review: Journeys
    rules: Facts
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    said: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)

    @property
    def by(self) -> int:
        """The day as at which all is told (a day number)."""
        return day_number(self.review.over_by)


@dataclass(frozen=True)
class _Seen:
    """A contact as the facts see it."""

    id: str
    agency: str
    activity: str
    reason: str | None
    to: str | None
    day: int | None
    second: int | None
    earliest: int
    latest: int
    recorded: int

    @property
    def known(self) -> Moment:
        """When it could be known at the latest: the last day on which it may have happened, or the day it was recorded."""
        on = max(self.latest, self.recorded)
        return on, -1 if self.second is None or self.day != on else self.second

    def too_soon(self, moment: Moment) -> bool:
        """Whether it may lie on a day before a moment, or surely came first on its day: it carries nothing learnt then."""
        on, second = moment
        if self.earliest != on:
            return self.earliest < on
        return second >= 0 and self.day == on and self.second is not None and self.second < second


def who_knew_what(review: Journeys, named: Mapping[str, Sequence[str]] | Sequence[str] = ()) -> Table:
    """Which agency knew which fact, from which day, by which contacts.

    `review` from `build_journeys`; `named` gives further facts that people know to be so, by family or, as a list, for
    every family: they count in the base though no agency recorded them. So do those of the review book, which may also
    say that an agency knew a fact that no row of its own shows (`said`, with no evidence). Returns a Table with the columns of
    `columns.TABLES["known"]`, a row per family, fact and agency. `known_on` is the first day on which the agency could
    have known it: by a row of its own (`recorded`), or by a referral to it from an agency that knew it by then (`passed
    on`), where the fact's declaration says that a referral carries it. A contact makes a fact known on the
    last day on which it may have happened, or the day it was recorded if that is later; a fact that nobody knew by
    `review.over_by` has no row. What the family itself tells is no agency's knowledge.

    Raises `PermissionRefused` where a source may not be used for review, `RuleError` for a fact that cannot be used,
    `RequestError` for a named fact or family that there is not.

    Source: the kit's own definition of information coverage, after what reviews of cases say in words: that no agency
    had all the information.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> known = who_knew_what(build_journeys(read_contacts("sample")))
    >>> known.columns[:5]
    ['family_id', 'fact', 'agency', 'known_on', 'how']
    """
    check_review(review)
    folder = review.session.folder
    folder.require("review")
    review.engine.tell_if_old()
    in_force = load_facts(folder.rule_files("facts.yml"), review.activities)
    said = told(read_book(review), in_force, review.activities)
    asked = _named(review, in_force, named)
    base = {f: tuple(sorted({*asked.get(f, ()), *said.named.get(f, ())})) for f in {*asked, *said.named}}
    owner = Knowledge(review, said.facts, base, said.known)
    table = review.engine.fresh_name("known")
    review.engine.load(table, as_arrow("known", list(_known(owner))))
    select = f"SELECT * FROM {table} ORDER BY family_id, known_on, fact, agency"
    return Table(review.engine, "known", select, identifying("known"), owner)


def _named(
    review: Journeys, rules: Facts, named: Mapping[str, Sequence[str]] | Sequence[str]
) -> dict[str, tuple[str, ...]]:
    by_family = dict(named) if isinstance(named, Mapping) else {f: named for f in review.families if named}
    for family in by_family:
        if family not in review.families:
            raise RequestError(f"family '{family}' is not in this review.{did_you_mean(family, review.families)}")
    for fact in sorted({f for facts in by_family.values() for f in facts}):
        if fact not in rules.facts:
            raise RequestError(
                f"there is no fact '{fact}' in facts.yml.{did_you_mean(fact, rules.facts)} Facts: {listed(rules.facts)}."
            )
    return {family: tuple(sorted(set(facts))) for family, facts in by_family.items()}


def _known(owner: Knowledge) -> Iterator[tuple[object, ...]]:
    seen = dict(_recorded_by_family(owner))
    for family in sorted({*seen, *owner.said}):
        said = {key: day for key, day in owner.said.get(family, {}).items() if day <= owner.by}
        for name, fact in owner.rules.facts.items():
            knew = _knew(fact, seen.get(family, ()))
            for (_, agency), day in ((key, day) for key, day in said.items() if key[0] == name):
                if agency not in knew or day < knew[agency][0]:
                    knew[agency] = (day, SAID, set())
            for agency, (day, how, evidence) in knew.items():
                yield (family, name, agency, to_date(day), how, sorted(evidence), fact.says)


def _recorded_by_family(owner: Knowledge) -> Iterator[tuple[str, list[_Seen]]]:
    """Each family's rows that any fact looks at, and that could be known by the day as at which all is told."""
    activities = sorted({a for fact in owner.rules.facts.values() for a in fact.activities})
    if not activities:
        return
    review = owner.review
    select = ROWS.format(
        steps=review.coded,
        contacts=review.session.contacts,
        at=review.codes,
        activities=", ".join(literal(a) for a in activities),
    )
    for family, group in itertools.groupby(review.engine.rows(select), key=lambda row: row[0]):
        yield family, [row for row in (_Seen(*given) for _, *given in group) if row.known[0] <= owner.by]


def _knew(fact: Fact, rows: Sequence[_Seen]) -> dict[str, tuple[int, str, set[str]]]:
    """For each agency that knew a fact: the first day, how it knew, and the contacts that show it."""
    own: dict[str, list[_Seen]] = defaultdict(list)
    for row in rows:
        if any(kind.fits(row.agency, row.activity, row.reason) for kind in fact.known_by):
            own[row.agency].append(row)
    recorded = {a: shown for a, some in own.items() if (shown := _recorded(fact, some)) is not None}
    sent = [r for r in rows if r.activity in fact.passes_by and r.to is not None and r.to not in (r.agency, "family")]
    links = [(row.agency, str(row.to), row) for row in sent]
    moments = {agency: moment for agency, (moment, _) in recorded.items()}
    # Who was told may tell others in turn, so this goes on until nobody learns anything sooner.
    while True:
        told = {(to, row.known) for by, to, row in links if by in moments and not row.too_soon(moments[by])}
        sooner = {to: moment for to, moment in sorted(told, reverse=True) if to not in moments or moment < moments[to]}
        if not sooner:
            break
        moments |= sooner
    found: dict[str, tuple[int, str, set[str]]] = {}
    for agency, (day, _) in moments.items():
        if agency in recorded and recorded[agency][0][0] == day:
            found[agency] = (day, "recorded", recorded[agency][1])
            continue
        telling = {
            row.id
            for by, to, row in links
            if to == agency and row.known[0] == day and by in moments and not row.too_soon(moments[by])
        }
        found[agency] = (day, "passed on", telling)
    return found


def _recorded(fact: Fact, rows: Sequence[_Seen]) -> tuple[Moment, set[str]] | None:
    """When one agency's own rows first showed a fact, and which: so many of them that surely lie in one window."""
    rows = sorted(rows, key=lambda r: (r.earliest, r.id))
    starts = [r.earliest for r in rows]
    reached: list[tuple[Moment, list[_Seen]]] = []
    for first in sorted(set(starts)) if fact.within_days is not None else starts[:1]:
        last = max(r.latest for r in rows) if fact.within_days is None else first + fact.within_days
        inside = rows[bisect.bisect_left(starts, first) : bisect.bisect_right(starts, last)]
        inside = sorted((r for r in inside if r.latest <= last), key=lambda r: r.known)
        if len(inside) >= fact.times:
            reached.append((inside[fact.times - 1].known, inside))
    if not reached:
        return None
    moment = min(known for known, _ in reached)
    shown = {r.id for known, inside in reached if known[0] == moment[0] for r in inside if r.known[0] <= moment[0]}
    return moment, shown
