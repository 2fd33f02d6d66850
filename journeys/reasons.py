"""Why somebody asked, as a partnership declares it: rules/demand.yml read and checked, and what each rule says of a row.

A rule says something only where it holds in every order and on every day that the records allow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from journeys.activities import Activities
from journeys.agreed import any_of, known_activity, names
from lib import files
from lib.order import Dated

ASKERS = ("family", "other agency")
"""Who asks: the family, or another agency on its behalf. An agency that acts of its own accord was not asked."""


class Reason(BaseModel):
    """One rule of why somebody asked, as rules/demand.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    says: str
    why: str
    source: str
    mark: Literal["statutory", "national", "local", "illustrative"]
    label: Literal["value", "failure"] = Field(alias="class")
    kind: str = ""
    shape: Literal["itself", "again", "unanswered", "first"]
    asked: str | list[str] | None = None
    after: str | list[str] | None = None
    same: Literal["need", "person"] | None = None
    other_agency: bool | None = None
    within_days: int | None = None
    in_force: bool = True


KEYS = [field.alias or name for name, field in Reason.model_fields.items()]
PARTS = ("asked", "after", "same", "other_agency", "within_days")
NEEDS = {"itself": ("asked",), "again": ("after", "same", "within_days"), "unanswered": ("within_days",), "first": ()}
MAY = {"again": ("asked", "other_agency")}


@dataclass(frozen=True)
class Reasons:
    """The rules in force in the order in which they are asked, the activities behind their names, and their version."""

    version: str
    reasons: Mapping[str, Reason]
    groups: Mapping[str, list[str]]
    agreed_by: str = ""

    def activities(self, given: str | list[str] | None) -> frozenset[str]:
        """The activities that a name, or several, stand for."""
        return frozenset(a for name in names(given) for a in self.groups.get(name, [name]))

    @property
    def named(self) -> list[str]:
        """Every activity that a rule looks back to, in order of name."""
        return sorted({a for r in self.reasons.values() for a in self.activities(r.after)})


@dataclass(frozen=True)
class Row(Dated):
    """A contact, as these rules see it. Days are day numbers."""

    family: str
    id: str
    agency: str
    activity: str
    nature: str
    asked_by: str
    need: str | None
    person: str | None
    day: int | None
    second: int | None
    earliest: int
    latest: int

    @property
    def is_ask(self) -> bool:
        """Whether somebody asked."""
        return self.asked_by in ASKERS


Covers = Callable[[str, int, int], bool]
"""Whether an agency's records run from one day to another."""


def load_reasons(paths: Iterable[Path], activities: Activities) -> Reasons:
    """The rules of one file, or of the kit's file and an overlay, merged by name; new ones come last.

    Raises `RuleError` with file and line for what cannot be used.

    >>> from journeys.activities import read_activities
    >>> from journeys.sources import RULES
    >>> load_reasons([RULES / "demand.yml"], read_activities()).reasons["chase"].kind
    'finding out what was happening'
    """
    reasons: dict[str, Reason] = {}
    version, agreed = "", ""
    groups = any_of(activities) | {"any story": activities.marked("tells_story")}
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "demand"))
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        agreed = str(yaml.data.get("agreed_by", agreed))
        for name, given in yaml.keys_at("demand").items():
            files.known_keys(yaml, ("demand", name), KEYS)
            before = reasons[name].model_dump(by_alias=True, exclude_unset=True) if name in reasons else {}
            try:
                reasons[name] = Reason.model_validate(before | dict(given or {}))
            except ValidationError as error:
                first = error.errors()[0]
                expected = first.get("ctx", {}).get("expected")
                what = f"one of {expected} is expected" if expected else first["msg"]
                what = "it is not there" if first["type"] == "missing" else what
                place = ("demand", name, first["loc"][0])
                raise yaml.error(f"rule '{name}' of demand, '{first['loc'][0]}': {what}.", *place) from None
            _check(yaml, name, reasons[name], {*activities.known, *groups})
    return Reasons(version, reasons, groups, agreed)


def _check(yaml: files.Yaml, name: str, reason: Reason, known: set[str]) -> None:
    for key in ("asked", "after"):
        for activity in names(getattr(reason, key)):
            known_activity(yaml, f"rule '{name}' of demand", activity, known, ("demand", name, key))
    for key in PARTS:
        is_there, needed = getattr(reason, key) is not None, key in NEEDS[reason.shape]
        if (needed and not is_there) or (is_there and not needed and key not in MAY.get(reason.shape, ())):
            has, mend = ("needs", "Add it") if needed else ("has no", "Remove it")
            raise yaml.error(
                f"rule '{name}' of demand is of shape {reason.shape}, which {has} '{key}'. {mend}.", "demand", name, key
            )
    if reason.within_days is not None and reason.within_days < 1:
        raise yaml.error(f"rule '{name}' of demand: within_days is a whole number of days, 1 or more.", "demand", name)


class Told:
    """The contacts of one family, and what the rules in force say of each time that somebody asked."""

    def __init__(self, reasons: Reasons, rows: Sequence[Row], activities: Activities, covers: Covers) -> None:
        """`rows`: the family's asks, the contacts that rules look back to, and all that may answer an ask."""
        self._covers = covers
        self._by_need: dict[str | None, list[Row]] = defaultdict(list)
        self._by_person: dict[str | None, list[Row]] = defaultdict(list)
        for row in rows:
            self._by_need[row.need].append(row)
            self._by_person[row.person].append(row)
        self._answers = [r for r in rows if _may_answer(r, activities)]
        self._is_help = activities.is_help
        self._rules = [
            (name, rule, reasons.activities(rule.asked), reasons.activities(rule.after))
            for name, rule in reasons.reasons.items()
            if rule.in_force
        ]

    def why(self, ask: Row) -> tuple[str, list[Row]] | None:
        """The first rule that holds of an ask, with the earlier contacts by which it does; nothing where none holds."""
        for name, rule, asked, after in self._rules:
            # Coming for help that has begun is not asking again, unless a rule names that activity.
            if ask.activity not in asked if asked else rule.shape != "first" and self._is_help(ask.activity):
                continue
            if rule.shape == "itself" or (rule.shape == "first" and self._is_first(ask)):
                return name, []
            if rule.shape == "again" and (earlier := self._again(rule, after, ask)):
                return name, earlier
            if rule.shape == "unanswered" and (earlier := self._unanswered(rule, ask)):
                return name, earlier
        return None

    def _again(self, rule: Reason, after: frozenset[str], ask: Row) -> list[Row]:
        mine, group = (ask.need, self._by_need) if rule.same == "need" else (ask.person, self._by_person)
        return [
            row
            for row in (group[mine] if mine is not None else ())
            if row.activity in after
            and not (rule.other_agency and row.agency == ask.agency)
            and row.surely_before(ask)
            and ask.latest <= row.earliest + (rule.within_days or 0)
        ]

    def _unanswered(self, rule: Reason, ask: Row) -> list[Row]:
        """The family's earlier asks about the same need, where nothing that may have answered them lies in between."""
        if ask.asked_by != "family" or ask.need is None:
            return []
        return [
            row
            for row in self._by_need[ask.need]
            if row.asked_by == "family"
            and not self._is_help(row.activity)
            and row.surely_before(ask)
            and ask.latest <= row.earliest + (rule.within_days or 0)
            and self._covers(row.agency, row.earliest, ask.latest)
            and not any(self._may_lie_between(row, answer, ask) for answer in self._answers)
        ]

    def _may_lie_between(self, first: Row, answer: Row, then: Row) -> bool:
        return (
            answer.id not in (first.id, then.id)
            and answer.need in (None, first.need)
            and not answer.surely_before(first)
            and not then.surely_before(answer)
        )

    def _is_first(self, ask: Row) -> bool:
        """Whether every other ask about its need surely came after it."""
        return ask.need is not None and all(
            ask.surely_before(row) for row in self._by_need[ask.need] if row.is_ask and row.id != ask.id
        )


def _may_answer(row: Row, activities: Activities) -> bool:
    """Whether a contact may be an answer: help, or what an agency did that the family had not come to ask for."""
    is_act = row.nature in ("touch", "referral", "decision") and row.asked_by != "family"
    return is_act or activities.is_help(row.activity)
