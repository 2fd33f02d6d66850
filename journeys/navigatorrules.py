"""What one point of contact might have made needless, as a partnership agreed it: rules/navigator.yml, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.activities import Activities, fold
from journeys.agreed import any_of, known_activity, names
from journeys.conditionkinds import in_words
from lib import files

MARKS = Literal["statutory", "national", "local", "illustrative"]


class Reason(BaseModel):
    """One reason for which a contact might have been needless."""

    model_config = ConfigDict(extra="forbid")
    says: str
    shape: Literal["told_again", "came_back", "assessed_again", "activity", "screened"]
    activity: str | list[str] | None = None
    within_days: int | None = None
    in_force: bool = True
    source: str
    mark: MARKS


class Never(BaseModel):
    """What is never proposed."""

    model_config = ConfigDict(extra="forbid")
    activities: list[str] = []
    reasons: list[str] = []


class Own(BaseModel):
    """The own time of one point of contact for a family: fewest and most."""

    model_config = ConfigDict(extra="forbid")
    visits_a_month: tuple[int, int]
    months: tuple[int, int]
    source: str
    mark: MARKS

    @property
    def visits(self) -> tuple[int, int]:
        """Visits to one family, fewest and most."""
        return self.visits_a_month[0] * self.months[0], self.visits_a_month[1] * self.months[1]


NEEDS = {
    "told_again": ("within_days",),
    "came_back": ("activity", "within_days"),
    "assessed_again": (),
    "activity": ("activity",),
    "screened": ("activity", "within_days"),
}


@dataclass(frozen=True)
class NavigatorRules:
    """The reasons in force, what is never proposed, and the point of contact's own time."""

    version: str
    reasons: Mapping[str, Reason]
    never: frozenset[str]
    never_reasons: frozenset[str]
    own: Own
    agreed_by: str = ""


def load_navigator(paths: Iterable[Path], activities: Activities) -> NavigatorRules:
    """The rules of one file, or of the kit's file and an overlay, merged by name.

    Raises `RuleError` with file and line for what cannot be used.

    >>> from journeys.activities import read_activities
    >>> from journeys.sources import RULES
    >>> load_navigator([RULES / "navigator.yml"], read_activities()).own.visits
    (12, 48)
    """
    reasons, never, own = dict[str, Reason](), dict[str, Any](), dict[str, Any]()
    version, agreed, groups = "", "", any_of(activities)
    left_out = Never()
    found: Own | None = None
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "navigator", "never", "own"))
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        agreed = str(yaml.data.get("agreed_by", agreed))
        for name, given in yaml.keys_at("navigator").items():
            before = reasons[name].model_dump(exclude_unset=True) if name in reasons else {}
            reasons[name] = _model(yaml, Reason, before | dict(given or {}), "navigator", name)
            _check(yaml, name, reasons[name], {*activities.known, *groups})
        never |= yaml.data.get("never") or {}
        own |= yaml.data.get("own") or {}
        left_out, found = _model(yaml, Never, never, "never"), _model(yaml, Own, own, "own")
        for activity in left_out.activities:
            known_activity(yaml, "'never'", activity, {*activities.known, *groups}, ("never", "activities"))
        for key, (low, high) in (("visits_a_month", found.visits_a_month), ("months", found.months)):
            if not 0 <= low <= high:
                raise yaml.error(f"'{key}' is [fewest, most]: two whole numbers, the smaller first.", "own", key)
    assert found is not None
    kept = frozenset(activities.marked("safety")) | {a for n in left_out.activities for a in groups.get(n, [n])}
    words = frozenset(map(fold, left_out.reasons))
    in_force = {name: reason for name, reason in reasons.items() if reason.in_force}
    return NavigatorRules(version, in_force, kept, words, found, agreed)


def _model(yaml: files.Yaml, model: type[Any], given: Mapping[str, Any], *where: str) -> Any:
    files.known_keys(yaml, where, model.model_fields)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = first["loc"][0]
        raise yaml.error(f"'{where[-1]}', '{key}': {in_words(dict(first))}.", *where, key) from None


def _check(yaml: files.Yaml, name: str, reason: Reason, known: set[str]) -> None:
    for key in ("activity", "within_days"):
        is_needed = key in NEEDS[reason.shape]
        if (getattr(reason, key) is not None) != is_needed:
            what = f"needs '{key}'. Add it" if is_needed else f"has no '{key}'. Remove it"
            raise yaml.error(f"'{name}' is of shape {reason.shape}, which {what}.", "navigator", name)
    for activity in names(reason.activity):
        known_activity(yaml, f"'{name}'", activity, known, ("navigator", name, "activity"))
    if reason.within_days is not None and reason.within_days < 1:
        raise yaml.error(f"'{name}': within_days is a whole number of days, 1 or more.", "navigator", name)
