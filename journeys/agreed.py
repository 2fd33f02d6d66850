"""The triggers that practitioners agreed: rules/triggers.yml, and a folder's own lines over it, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.activities import Activities
from journeys.journey import Journeys
from journeys.patterns import Within
from lib import files
from lib.errors import did_you_mean, listed

WINDOWS = ("within_days", "within_months", "within_working_days")
ANY = {"any crisis": "crisis", "any help": "help", "any touch": "touch", "any referral": "referral"}
"""Words for every activity with a mark, or of a nature, of activities.yml."""


class Shape(NamedTuple):
    """What a rule of a pattern is made of: what must be there, what may be, and how many windows it has."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    windows: int = 1


SHAPES = {
    "repeat": Shape(("activity", "times")),
    "spread": Shape(("activity", "times", "distinct")),
    "follow": Shape(("activity", "then")),
    "sequence": Shape(("activity", "then", "without")),
    "silence": Shape(("activity",), ("awaited", "awaited_agency")),
    "rate": Shape(("activity", "possible", "percent", "counted_from"), windows=0),
    "escalate": Shape(("times",), ("activity", "grades")),
    "first": Shape(("activity",), ("since_gap_days",), windows=0),
    "combine": Shape(("of", "times")),
}
PARTS = sorted({part for shape in SHAPES.values() for part in (*shape.needs, *shape.may)})


class Rule(BaseModel):
    """One trigger, as rules/triggers.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    says: str
    why: str
    source: str
    mark: Literal["statutory", "national", "local", "illustrative"]
    about: Literal["family", "service"] = "family"
    in_force: bool = True
    pattern: Literal["repeat", "spread", "follow", "sequence", "silence", "rate", "escalate", "first", "combine"]
    activity: str | list[str] | None = None
    then: str | list[str] | None = None
    without: str | list[str] | None = None
    awaited: str | list[str] | None = None
    awaited_agency: str | None = None
    possible: str | list[str] | None = None
    grades: list[str] | None = None
    of: list[str] | None = None
    distinct: Literal["agency", "person", "reason", "day"] | None = None
    times: int | Literal["all", "any"] | None = None
    percent: int | None = None
    counted_from: Literal["year", "term"] | None = None
    since_gap_days: int | None = None
    within_days: int | None = None
    within_months: int | None = None
    within_working_days: int | None = None
    per: Literal["family", "person"] = "family"
    answered_by: list[str] = []
    answered_within_days: int = 30
    answers: str = ""
    offers: str = ""
    version: str = ""
    agreed_by: str = ""

    @cached_property
    def within(self) -> Within:
        """The rule's window."""
        return Within(self.within_days, self.within_months, self.within_working_days)

    @property
    def least(self) -> int:
        """How many it takes: of a combination, all of its triggers, any one, or so many."""
        if isinstance(self.times, int):
            return self.times
        return len(self.of or ()) if self.times == "all" else 1


@dataclass(frozen=True)
class Rules:
    """The triggers in force, the groups of activities that they name, and their version."""

    version: str
    triggers: Mapping[str, Rule]
    agreed_by: str = ""
    groups: Mapping[str, list[str]] = field(default_factory=dict)

    def in_force(self, about: str = "family") -> list[str]:
        """The triggers in force about families, or about services' own deadlines, by name."""
        return [name for name, rule in self.triggers.items() if rule.in_force and rule.about == about]

    def activities(self, given: str | list[str] | None) -> list[str]:
        """The activities that a name, or several, stand for: each its own, or those of a group."""
        found = [a for name in names(given) for a in self.groups.get(name, [name])]
        return list(dict.fromkeys(found))


def read_rules(review: Journeys) -> Rules:
    """The triggers in force for a review: the kit's, with the folder's own lines merged over them by name.

    Raises `RuleError` with file and line for a key, an activity or a number that cannot be used.
    """
    return load_rules(review.session.folder.rule_files("triggers.yml"), review.activities)


def load_rules(paths: Iterable[Any], activities: Activities) -> Rules:
    """Triggers from rules files, the later merged over the earlier by name, checked against the activities."""
    triggers: dict[str, Rule] = {}
    groups = any_of(activities)
    version, agreed = "", ""
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "groups", "triggers"))
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        agreed = str(yaml.data.get("agreed_by", agreed))
        for name, members in yaml.keys_at("groups").items():
            for activity in names(members):
                known_activity(yaml, f"group '{name}'", activity, activities.known, ("groups", name))
            groups[name] = names(members)
        for name, given in yaml.keys_at("triggers").items():
            files.known_keys(yaml, ("triggers", name), Rule.model_fields)
            before = triggers[name].model_dump(exclude_unset=True) if name in triggers else {}
            triggers[name] = _rule(yaml, name, before | dict(given or {}))
            _check(yaml, name, triggers, activities, groups)
        for name in yaml.data.get("triggers") or {}:
            _check_parts(yaml, name, triggers)
    return Rules(version, triggers, agreed, groups)


def any_of(activities: Activities) -> dict[str, list[str]]:
    """The words that stand for every activity with a mark or of a nature."""
    marked = {word: activities.marked(mark) for word, mark in ANY.items() if mark in ("crisis", "help")}
    natures = {w: sorted(n for n, a in activities.known.items() if a.nature == ANY[w]) for w in set(ANY) - set(marked)}
    return marked | natures


def _rule(yaml: files.Yaml, name: str, given: dict[str, Any]) -> Rule:
    try:
        return Rule.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = first["loc"][0]
        expected = first.get("ctx", {}).get("expected")
        what = (
            f"one of {expected} is expected"
            if expected
            else "it is not there"
            if first["type"] == "missing"
            else first["msg"]
        )
        raise yaml.error(f"trigger '{name}', '{key}': {what}.", "triggers", name, key) from None


def known_activity(yaml: files.Yaml, who: str, activity: str, known: Iterable[str], place: tuple[Any, ...]) -> None:
    """Stop, with the nearest guess, where a rule asks for an activity that nobody has agreed."""
    if activity not in known:
        known = sorted(known)
        raise yaml.error(
            f"{who} asks for activity '{files.visible(activity)}', which is not in activities.yml."
            f"{did_you_mean(activity, known)} Activities: {listed(known, 8)}.",
            *place,
        )


def _check(
    yaml: files.Yaml, name: str, triggers: Mapping[str, Rule], activities: Activities, groups: Mapping[str, list[str]]
) -> None:
    rule = triggers[name]
    shape = SHAPES[rule.pattern]
    for key in ("activity", "then", "without", "awaited", "possible", "grades", "answered_by"):
        for activity in names(getattr(rule, key)):
            known_activity(yaml, f"trigger '{name}'", activity, {*activities.known, *groups}, ("triggers", name, key))
    windows = [k for k in WINDOWS if getattr(rule, k) is not None]
    if len(windows) != shape.windows:
        raise yaml.error(
            f"trigger '{name}' needs one window, and has {len(windows)}. Give within_days, within_months or "
            "within_working_days."
            if shape.windows
            else f"trigger '{name}' is a {rule.pattern}, which has no window. Remove {listed(windows)}.",
            "triggers",
            name,
        )
    numbers = [getattr(rule, k) for k in windows] + [rule.answered_within_days]
    most = [(rule.times, 1), (rule.percent, 1), (rule.since_gap_days, 1)]
    if any(n < 0 for n in numbers) or any(isinstance(n, int) and n < least for n, least in most):
        raise yaml.error(f"trigger '{name}': a number is too small to mean anything.", "triggers", name)
    for key in shape.needs:
        if getattr(rule, key) is None:
            raise yaml.error(
                f"trigger '{name}' is a {rule.pattern}, and '{key}' is not there. Add it.", "triggers", name
            )
    for key in PARTS:
        if key not in (*shape.needs, *shape.may) and getattr(rule, key) is not None:
            raise yaml.error(
                f"trigger '{name}' is a {rule.pattern}, which has no '{key}'. Remove it.", "triggers", name, key
            )
    problem = _problem(rule)
    if problem:
        raise yaml.error(f"trigger '{name}' {problem}", "triggers", name)


def _problem(rule: Rule) -> str:
    """What is wrong with the parts of a rule taken together, or nothing."""
    if rule.pattern == "silence" and rule.awaited is None and rule.awaited_agency is None:
        return "is a silence: say what it waits for, as `awaited` (activities), `awaited_agency`, or both."
    if rule.pattern == "escalate" and (rule.activity is None) == (rule.grades is None):
        return "is an escalate: name `grades`, lowest first, or one `activity` that comes more often, and not both."
    if rule.pattern == "escalate" and rule.activity is not None and rule.within_days is None:
        return "compares two windows of one length: give it as within_days."
    if rule.pattern == "escalate" and rule.grades is not None and rule.least > len(rule.grades):
        return f"waits for {rule.least} grades, and names {len(rule.grades)}."
    if rule.pattern == "rate" and rule.per != "person":
        return "is a share of one person's sessions: add `per: person`."
    if isinstance(rule.times, str) and rule.pattern != "combine":
        return f"is a {rule.pattern}: `times` is a number."
    if rule.pattern == "combine" and (rule.per == "person" or rule.least > len(rule.of or ())):
        return "combines triggers of a family, and so many of them at most as it names."
    return ""


def _check_parts(yaml: files.Yaml, name: str, triggers: Mapping[str, Rule]) -> None:
    """Whether what a combination names is there, is no combination itself, and is about the same."""
    for part in triggers[name].of or ():
        place = ("triggers", name, "of")
        if part not in triggers:
            near = did_you_mean(part, triggers)
            raise yaml.error(f"trigger '{name}' combines '{part}', which is no trigger.{near}", *place)
        if triggers[part].pattern == "combine":
            raise yaml.error(f"trigger '{name}' combines '{part}', which is a combination itself.", *place)
        if triggers[part].about != triggers[name].about:
            raise yaml.error(
                f"trigger '{name}' is about a {triggers[name].about}, and '{part}' is about a {triggers[part].about}: a "
                "service's deadline is no sign that a family needs help. Take it out.",
                *place,
            )


def names(given: str | list[str] | None) -> list[str]:
    """One name or several, as a list."""
    return [] if given is None else [given] if isinstance(given, str) else list(given)
