"""Rules over what is watched: which families, on which days, by which contacts. A method for each pattern."""

from __future__ import annotations

import gc
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from journeys import patterns
from journeys.agreed import Rule, Rules
from journeys.patterns import Cover, Met, Seen, Waiting, in_order
from journeys.patterns.rates import KEPT, MISSED
from journeys.watched import FAR, NONE, Runs, Watched
from lib.dates import school_term, school_year

if TYPE_CHECKING:
    from journeys.journey import Journeys
    from journeys.watched import Marks, Numbers


AT_A_TIME = 100_000
"""Contacts that are held as objects while their runs are looked at one by one."""


@contextmanager
def in_one_go() -> Iterator[None]:
    """Python's search for objects that hold each other waits until this is over.

    Contacts and firings never do, yet with so many of them it would go through all of memory again and again: a quarter
    of what rules take.

    >>> with in_one_go():
    ...     gc.isenabled()
    False
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Found(NamedTuple):
    """A rule met for a family, or for a person in it."""

    family: int
    person: str | None
    met: Met


class Matching:
    """The rules in force over one review: one pass over the steps serves all of them."""

    def __init__(self, review: Journeys, rules: Rules, names: Iterable[str], as_at: int) -> None:
        """`names` are the triggers to be looked at; those that they combine come with them."""
        self.review, self.rules, self.as_at = review, rules, as_at
        wanted = [rules.triggers[n] for name in names for n in (name, *(rules.triggers[name].of or ()))]
        self.watched = Watched(
            review,
            [a for rule in wanted for given in _activities_in(rule) for a in rules.activities(given)],
            [rule.awaited_agency for rule in wanted if rule.awaited_agency],
            [column for rule in wanted for column in _told_apart_by(rule)],
        )
        covers = review.engine.rows("SELECT agency, from_day, to_day FROM store.coverage")
        self.covers = {agency: Cover(a, b) for agency, a, b in covers}
        self._recorders: dict[str, set[str]] = defaultdict(set)
        for agency, activity in review.engine.rows("SELECT DISTINCT agency, activity FROM store.kinds"):
            self._recorders[activity].add(agency)
        self.not_supplied: list[str] = []
        self.waiting: list[tuple[str, int, Waiting]] = []
        self._found: dict[str, list[Found]] = {}

    def found(self, name: str) -> list[Found]:
        """Each time a rule was met. Absences whose window has not closed are added to `waiting`."""
        if name not in self._found:
            rule = self.rules.triggers[name]
            looks: dict[str, Callable[[str, Rule], Iterator[Found]]] = {
                "repeat": self._repeat,
                "spread": self._spread,
                "follow": self._follow,
                "sequence": self._sequence,
                "silence": self._silence,
                "rate": self._rate,
                "escalate": self._escalate,
                "first": self._first,
                "combine": self._combine,
            }
            with in_one_go():
                self._found[name] = list(looks[rule.pattern](name, rule))
        return self._found[name]

    def forget(self, name: str) -> None:
        """Let go of what met a rule; asked again, it is looked for anew."""
        self._found.pop(name, None)

    def agencies(self, given: str | list[str] | None) -> list[str]:
        """The agencies that record any of these activities, in the whole of the data, or are declared to and supplied it."""
        known = self.review.activities.known
        found: set[str] = set()
        for name in self.rules.activities(given):
            found |= self._recorders[name]
            found |= {a for a in (known[name].agencies if name in known else ()) if a in self.covers}
        return sorted(found)

    def _covered(self, given: str | list[str] | None) -> list[Cover]:
        return [self.covers[a] for a in self.agencies(given) if a in self.covers]

    def _places(self, *given: str | list[str] | None) -> Numbers:
        return self.watched.places([a for names in given for a in self.rules.activities(names)])

    def _marks(self, given: str | list[str] | None, runs: Runs) -> Marks:
        """For each place of some runs, whether it is of these activities."""
        import numpy as np

        codes = [self.watched.activities.get(a, -1) for a in self.rules.activities(given)]
        return np.isin(self.watched.columns["activity"][runs.places], codes)

    def _each(
        self, runs: Runs, by_person: bool, values: Sequence[str | None] | None = None
    ) -> Iterator[tuple[int, str | None, int, list[Seen]]]:
        """Each run: the family, the person (where the rule is about one), where it starts, and its contacts."""
        heads = runs.places[runs.starts] if len(runs.starts) else runs.places
        families = self.watched.columns["family"][heads].tolist()
        people = self.watched.text("person_id", heads) if by_person else itertools.repeat(None)
        rows: list[Seen] = []
        begins = ends = 0
        for family, person, start, stop in zip(
            families, people, runs.starts.tolist(), runs.stops.tolist(), strict=False
        ):
            if stop > ends:
                # So many at a time, so that a large log's contacts are not all held at once.
                begins, ends = start, min(max(stop, start + AT_A_TIME), len(runs.places))
                rows = self.watched.seen(runs.places[begins:ends], None if values is None else values[begins:ends])
            yield family, person, start, rows[start - begins : stop - begins]

    def _repeat(self, name: str, rule: Rule) -> Iterator[Found]:
        reach, by_person = rule.within.most_days, rule.per == "person"
        runs = self.watched.runs(self._places(rule.activity), reach, by_person)
        runs = self.watched.crowded(runs, rule.least, reach)
        for family, person, _, rows in self._each(runs, by_person):
            yield from (Found(family, person, m) for m in patterns.repeat(rows, rule.least, rule.within))

    def _spread(self, name: str, rule: Rule) -> Iterator[Found]:
        assert rule.distinct is not None
        reach, by_person = rule.within.most_days, rule.per == "person"
        runs = self.watched.runs(self._places(rule.activity), reach, by_person)
        runs = self.watched.crowded(runs, rule.least, reach)
        values = self.watched.values(rule.distinct, runs.places)
        for family, person, _, rows in self._each(runs, by_person, values):
            yield from (Found(family, person, m) for m in patterns.spread(rows, rule.least, rule.within))

    def _follow(self, name: str, rule: Rule) -> Iterator[Found]:
        yield from self._pairs(rule)

    def _sequence(self, name: str, rule: Rule) -> Iterator[Found]:
        yield from self._pairs(rule)

    def _pairs(self, rule: Rule) -> Iterator[Found]:
        reach, by_person = rule.within.most_days, rule.per == "person"
        runs = self.watched.runs(self._places(rule.activity, rule.then), reach, by_person)
        runs = self.watched.crowded(runs, 2, reach)
        runs = runs.having(runs.any(self._marks(rule.activity, runs)) & runs.any(self._marks(rule.then, runs)))
        a, b = (self._marks(given, runs).tolist() for given in (rule.activity, rule.then))
        # What is between may be with anybody in the family, as an answer to a silence may: a visit is to all of them.
        between = self._of_families(self._places(rule.without), runs) if rule.without else {}
        for family, person, start, rows in self._each(runs, by_person):
            firsts = [r for n, r in enumerate(rows, start) if a[n]]
            thens = [r for n, r in enumerate(rows, start) if b[n]]
            if rule.without is None:
                met = patterns.follow(firsts, thens, rule.within)
            else:
                met = patterns.sequence(firsts, thens, between.get(family, []), rule.within)
            yield from (Found(family, person, m) for m in met)

    def _of_families(self, places: Numbers, runs: Runs) -> dict[int, list[Seen]]:
        """The contacts at some places, by family, of those families that have runs."""
        import numpy as np

        family = self.watched.columns["family"]
        places = places[np.isin(family[places], family[runs.places[runs.starts]])] if len(runs.starts) else places[:0]
        found: dict[int, list[Seen]] = defaultdict(list)
        for code, row in zip(family[places].tolist(), self.watched.seen(places), strict=True):
            found[code].append(row)
        return found

    def _silence(self, name: str, rule: Rule) -> Iterator[Found]:
        reach, by_person = rule.within.most_days, rule.per == "person"
        awaited, agencies = self._awaited(rule)
        covers = [self.covers[a] for a in agencies if a in self.covers]
        if len(covers) < len(agencies) or not agencies:
            self.not_supplied.append(name)
            return
        asked = self._unanswered(self._places(rule.activity), awaited, rule.within.least_days)
        runs = self.watched.runs(asked, reach, by_person)
        answers = self._of_families(awaited, runs)
        for family, person, _, rows in self._each(runs, by_person):
            near = answers.get(family, [])
            if near:
                begins, ends = min(r.earliest for r in rows), max(r.latest for r in rows) + reach
                near = [c for c in near if c.latest >= begins and c.earliest <= ends]
            met, waiting = patterns.silence(rows, near, rule.within, covers, self.as_at)
            yield from (Found(family, person, m) for m in met)
            self.waiting += [(name, family, w) for w in waiting]

    def _awaited(self, rule: Rule) -> tuple[Numbers, list[str]]:
        """Where the contacts that answer stand, and the agencies whose records would show one."""
        import numpy as np

        if rule.awaited_agency is None:
            return self._places(rule.awaited), self.agencies(rule.awaited)
        mine = self.watched.recorded_by(rule.awaited_agency)
        named = mine if rule.awaited is None else np.intersect1d(mine, self._places(rule.awaited))
        return named, [rule.awaited_agency]

    def _unanswered(self, asked: Numbers, awaited: Numbers, days: int) -> Numbers:
        """What was asked, without what was plainly answered: by a contact on a known later day, inside any window."""
        import numpy as np

        columns = self.watched.columns
        exact = awaited[columns["day"][awaited] != NONE]
        answers = columns["family"][exact] * FAR + columns["day"][exact]
        asks = columns["family"][asked] * FAR + columns["latest"][asked]
        after = np.searchsorted(answers, asks, side="right")
        if not len(answers):
            return asked
        following = answers[np.minimum(after, len(answers) - 1)]
        plainly = (after < len(answers)) & (following <= asks + days) & (columns["day"][asked] != NONE)
        rest: Numbers = asked[~plainly]
        return rest

    def _rate(self, name: str, rule: Rule) -> Iterator[Found]:
        assert rule.percent is not None
        period = school_year if rule.counted_from == "year" else school_term
        covers = self._covered(rule.activity)
        # Who writes down absences alone cannot say of how many sessions: every share would be the whole.
        keepers = {agency for a in self.rules.activities(rule.possible) for agency in self._recorders[a]}
        if not keepers:
            self.not_supplied.append(name)
            return
        places = self.watched.only(self._places(rule.activity, rule.possible), keepers)
        places = places[self.watched.codes("person_id", places) >= 0]
        runs = self.watched.runs(places, None, by_person=True)
        vague = runs.any(self.watched.columns["day"][runs.places] == NONE)
        found = list(self._rate_of_known_days(rule, period, covers, runs.having(~vague)))
        runs = runs.having(vague)
        values = [MISSED if m else KEPT for m in self._marks(rule.activity, runs).tolist()]
        for family, person, _, rows in self._each(runs, True, values):
            met = patterns.rate(rows, rule.percent, period, covers, self.as_at)
            found += [Found(family, person, m) for m in met]
        yield from sorted(found, key=lambda one: (one.family, one.person))

    def _rate_of_known_days(
        self, rule: Rule, period: Callable[[int], int], covers: Sequence[Cover], runs: Runs
    ) -> Iterator[Found]:
        """Shares of registers whose every day is known, all at once: only sessions that are evidence become objects."""
        import numpy as np

        assert rule.percent is not None
        since, until = patterns.judged_between(covers, self.as_at)
        whose = np.repeat(np.arange(len(runs.starts)), runs.stops - runs.starts)
        days, missed = self.watched.columns["latest"][runs.places], self._marks(rule.activity, runs)
        on, first, stop = patterns.months_over(whose, days, missed, rule.percent, period, since, until)
        # Of all sessions missed, those that each rise counts, one rise after another; two rises may share some.
        so_far = np.append(0, np.cumsum(missed))
        sizes = so_far[stop] - so_far[first]
        ends = np.cumsum(sizes)
        evidence = np.arange(sizes.sum()) + np.repeat(so_far[stop] - ends, sizes)
        rows = self.watched.seen(runs.places[missed][evidence], itertools.repeat(MISSED))
        heads = runs.places[first]
        families, people = self.watched.columns["family"][heads].tolist(), self.watched.text("person_id", heads)
        spans = zip((ends - sizes).tolist(), ends.tolist(), strict=True)
        for family, person, day, (begin, end) in zip(families, people, on.tolist(), spans, strict=True):
            yield Found(family, person, Met(day, tuple(in_order(rows[begin:end])), True))

    def _escalate(self, name: str, rule: Rule) -> Iterator[Found]:
        reach, by_person = rule.within.most_days, rule.per == "person"
        if rule.grades is not None:
            grades = {a: f"{n:03d}" for n, grade in enumerate(rule.grades) for a in self.rules.activities(grade)}
            runs = self.watched.runs(self.watched.places(grades), reach, by_person)
            runs = self.watched.crowded(runs, rule.least, reach)
            for family, person, _, rows in self._each(runs, by_person, self.watched.graded(grades, runs.places)):
                yield from (Found(family, person, m) for m in patterns.escalate(rows, rule.least, rule.within))
            return
        covers = self._covered(rule.activity)
        runs = self.watched.runs(self._places(rule.activity), 2 * reach + 1, by_person)
        runs = self.watched.crowded(runs, rule.least, reach)
        for family, person, _, rows in self._each(runs, by_person):
            yield from (Found(family, person, m) for m in patterns.rise(rows, rule.least, rule.within, covers))

    def _first(self, name: str, rule: Rule) -> Iterator[Found]:
        by_person = rule.per == "person"
        covers, gap = self._covered(rule.activity), rule.since_gap_days
        places = self._places(rule.activity)
        if by_person:
            places = places[self.watched.codes("person_id", places) >= 0]
        runs = self.watched.runs(places, gap, by_person)
        if gap is not None:
            runs = self.watched.headed(runs)
        for family, person, _, rows in self._each(runs, by_person):
            yield from (Found(family, person, m) for m in patterns.first(rows, gap, covers))

    def _combine(self, name: str, rule: Rule) -> Iterator[Found]:
        fired: dict[int, list[tuple[str, Met]]] = defaultdict(list)
        for part in rule.of or ():
            for found in self.found(part):
                fired[found.family].append((part, found.met))
        for family, firings in sorted(fired.items()):
            yield from (Found(family, None, m) for m in patterns.combine(firings, rule.least, rule.within))


def _activities_in(rule: Rule) -> list[str | list[str] | None]:
    return [rule.activity, rule.then, rule.without, rule.awaited, rule.possible, rule.grades, rule.answered_by]


def _told_apart_by(rule: Rule) -> list[str]:
    people = rule.per == "person" or rule.distinct == "person"
    return (["person_id"] if people else []) + (["reason"] if rule.distinct == "reason" else [])
