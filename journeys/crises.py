"""What a family came to: the first crisis in each journey, and how long the records would have shown one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeys.agreed import Rules, names
from journeys.journey import Journeys
from journeys.matching import Matching
from journeys.triggers import fire
from lib.dates import day_number
from lib.dialect import literal
from lib.errors import RequestError, did_you_mean, listed

ANY_CRISIS = "any crisis"

FIRST = """
SELECT f.name, min(s.earliest) AS earliest, min(s.latest) AS latest
FROM {steps} AS s JOIN {at}families AS f ON s.family = f.code JOIN {at}activities AS a ON s.activity = a.code
WHERE a.name IN ({which}) GROUP BY f.name
"""
"""The days between which a family's first crisis fell: surely none before the one, surely one by the other."""


@dataclass(frozen=True)
class Crises:
    """Each family's first crisis: the first and the last day on which it may have fallen, as day numbers.

    `start` and `end` are the days looked at. `until` is the last day by which the records of everybody who could have
    recorded a crisis would show one: a family without a crisis is followed so far and no further.
    """

    says: str
    activities: frozenset[str]
    trigger: str | None
    days: Mapping[str, tuple[int, int]]
    start: int
    end: int
    until: int

    def is_already(self, family: str) -> bool:
        """Whether a family was in crisis before the days looked at: nothing can warn of what has come."""
        return family in self.days and self.days[family][1] < self.start


def find_crises(review: Journeys, rules: Rules, given: str | Sequence[str] | None, matching: Matching) -> Crises:
    """The first crisis of each family: by default the first contact of an activity marked `crisis`.

    `given` are activities or groups of them, or one trigger: its first certain firing is then the crisis.

    Raises `RequestError` for a name that is neither.
    """
    asked = names(list(given) if given is not None and not isinstance(given, str) else given) or [ANY_CRISIS]
    recorded = [name for (name,) in review.engine.rows(f"SELECT name FROM {review.codes}activities ORDER BY name")]
    kinds = {*review.activities.known, *rules.groups, *recorded}
    for name in asked:
        if name not in kinds and not (name in rules.triggers and len(asked) == 1):
            near = did_you_mean(name, {*kinds, *rules.triggers})
            marked = listed(review.activities.marked("crisis"))
            several = " A trigger stands alone: give it by itself." if name in rules.triggers else ""
            raise RequestError(
                f"crisis: there is no activity or trigger '{name}'.{near}{several} Activities marked crisis: {marked}."
            )
    trigger = asked[0] if asked[0] not in kinds else None
    start, end = day_number(review.start), day_number(review.over_by)
    if trigger:
        rule = rules.triggers[trigger]
        found: dict[str, tuple[int, int]] = {}
        for _, _, _, family, _, fired_on, _, _, certainty, *_ in fire(review, rules, [trigger])[0]:
            if certainty == "certain":
                found.setdefault(family, (fired_on, fired_on))
        activities = rules.activities([*names(rule.activity), *names(rule.then)])
        says = f"firing of: {rule.says}"
    else:
        activities = rules.activities(asked)
        which = ", ".join(literal(a) for a in activities) or "''"
        select = FIRST.format(steps=review.coded, at=review.codes, which=which)
        found = {family: (earliest, latest) for family, earliest, latest in review.engine.rows(select)}
        says = _words(review, asked, activities)
    covers = [matching.covers[a].to_day for a in matching.agencies(activities) if a in matching.covers]
    days = {family: span for family, span in found.items() if span[0] <= end}
    return Crises(says, frozenset(activities), trigger, days, start, end, min([end, *covers]))


def _words(review: Journeys, asked: Sequence[str], activities: Sequence[str]) -> str:
    """What counts as the crisis, in words: of the activities asked for, those that these records know."""
    recorded = {name for (name,) in review.engine.rows(f"SELECT name FROM {review.codes}activities")}
    known = [a for a in activities if a in recorded] or list(activities)
    labels = [review.activities.label(a) for a in known] or list(asked)
    return " or ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))
