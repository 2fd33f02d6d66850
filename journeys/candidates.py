"""Rules that a search tries: a bounded number of plain shapes over the activities that came before crises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from journeys.agreed import Rule, Rules, names
from journeys.crises import Crises
from journeys.journey import Journeys

MOST_ACTIVITIES, MOST_PAIRED = 10, 6
TIMES, DAYS, PAIR_DAYS, AGENCIES = (2, 3, 4), (28, 90, 180), (28, 90), (3, 4, 5)
NO_SIGN = ("present", "not_required")
"""Marks that say that nothing was amiss."""

BEFORE = """
SELECT f.name AS family, a.name AS activity, min(s.latest) AS latest
FROM {steps} AS s JOIN {at}families AS f ON s.family = f.code JOIN {at}activities AS a ON s.activity = a.code
GROUP BY f.name, a.name
"""
"""By which day each activity had come for the first time in each journey."""

SHAPES = ("first", "repeat", "spread", "silence", "follow")


@dataclass(frozen=True)
class Candidate:
    """A rule to try. `kind`: agreed, tried, or noise: the same alarms, dealt to other families by chance."""

    name: str
    rule: Rule
    kind: str

    @property
    def contacts(self) -> int:
        """How many contacts it takes to meet it."""
        return 2 if self.rule.pattern in ("follow", "sequence") else self.rule.least

    @property
    def activities(self) -> list[str]:
        """The activities, or groups of them, that it names."""
        return list(dict.fromkeys([*names(self.rule.activity), *names(self.rule.then), *names(self.rule.awaited)]))

    @property
    def plainness(self) -> tuple[int, int, int, int, str]:
        """Plain comes first: fewer activities, then fewer contacts, a plainer shape, a shorter window; then by name."""
        window = self.rule.within.most_days
        return len(self.activities), self.contacts, SHAPES.index(self.rule.pattern), window, self.name


def signs(review: Journeys, crises: Crises, families: Iterable[str]) -> list[str]:
    """The activities that the most of some families had before their crisis, at most ten; a tie goes by name.

    Left out: the crisis itself, help, and marks that say that nothing was amiss.
    """
    left_out = crises.activities | {*review.activities.marked("help"), *NO_SIGN}
    mine, seen = set(families), Counter[str]()
    for family, activity, latest in review.engine.rows(BEFORE.format(steps=review.coded, at=review.codes)):
        if family in mine and activity not in left_out and latest < crises.days[family][0]:
            seen[activity] += 1
    return sorted(seen, key=lambda name: (-seen[name], name))[:MOST_ACTIVITIES]


def candidates(review: Journeys, activities: Sequence[str]) -> Iterator[Candidate]:
    """Every rule to try over these activities: about 180 where there are ten.

    repeat 2, 3 or 4 times in 28, 90 or 180 days; first; so many agencies in 28 or 90 days; one activity and no help,
    or one and then another, within 28 or 90 days, over the first six.
    """
    label = review.activities.label
    for one in activities:
        yield _try("first", f"{label(one)}: the first", activity=one)
        for times in TIMES:
            for days in DAYS:
                said = f"{label(one)}: {times} in {days} days"
                yield _try("repeat", said, activity=one, times=times, within_days=days)
    for times in AGENCIES:
        for days in PAIR_DAYS:
            said = f"{times} agencies in {days} days"
            yield _try("spread", said, activity="any touch", distinct="agency", times=times, within_days=days)
    for one in activities[:MOST_PAIRED]:
        for days in PAIR_DAYS:
            said = f"{label(one)}, and no help in {days} days"
            yield _try("silence", said, activity=one, awaited="any help", within_days=days)
            for then in activities[:MOST_PAIRED]:
                if then != one:
                    said = f"{label(one)}, then {label(then)} within {days} days"
                    yield _try("follow", said, activity=one, then=then, within_days=days)


def _try(pattern: str, says: str, **parts: object) -> Candidate:
    rule = Rule.model_validate(
        {
            "says": says,
            "why": "found by search",
            "source": "found by search",
            "mark": "illustrative",
            "pattern": pattern,
            "answered_by": ["any help"],
            **parts,
        }
    )
    return Candidate(f"search: {says}", rule, "tried")


def as_noise(candidate: Candidate) -> Candidate:
    """The same rule as noise: its alarms are dealt to other families."""
    says = f"{candidate.rule.says}, dealt by chance"
    return Candidate(f"noise: {candidate.rule.says}", candidate.rule.model_copy(update={"says": says}), "noise")


def with_candidates(rules: Rules, tried: Iterable[Candidate]) -> Rules:
    """The rules in force, and beside them those to try."""
    triggers: Mapping[str, Rule] = dict(rules.triggers) | {c.name: c.rule for c in tried}
    return Rules(rules.version, triggers, rules.agreed_by, rules.groups)
