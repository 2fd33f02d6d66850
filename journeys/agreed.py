"""The triggers that practitioners agreed: rules/triggers.yml, and a folder's own lines over it, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.activities import Activities
from journeys.journey import Journeys
from journeys.patterns import Within
from lib import files
from lib.errors import did_you_mean, listed


class Rule(BaseModel):
    """One trigger, as rules/triggers.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    says: str
    why: str
    source: str
    mark: Literal["statutory", "national", "local", "illustrative"]
    pattern: Literal["repeat", "follow", "silence"]
    activity: str | list[str]
    then: str | list[str] | None = None
    awaited: str | list[str] | None = None
    awaited_agency: str | None = None
    times: int | None = None
    within_days: int | None = None
    within_months: int | None = None
    within_working_days: int | None = None
    per: Literal["family", "person"] = "family"
    answered_by: list[str] = []
    answered_within_days: int = 30
    agreed_by: str = ""

    @property
    def within(self) -> Within:
        """The rule's window."""
        return Within(self.within_days, self.within_months, self.within_working_days)


@dataclass(frozen=True)
class Rules:
    """The triggers in force, and their version."""

    version: str
    triggers: Mapping[str, Rule]
    agreed_by: str = ""


def read_rules(review: Journeys) -> Rules:
    """The triggers in force for a review: the kit's, with the folder's own lines merged over them by name.

    Raises `RuleError` with file and line for a key, an activity or a number that cannot be used.
    """
    return load_rules(review.session.folder.rule_files("triggers.yml"), review.activities)


def load_rules(paths: Iterable[Any], activities: Activities) -> Rules:
    """Triggers from rules files, the later merged over the earlier by name, checked against the activities."""
    triggers: dict[str, Rule] = {}
    version, agreed = "", ""
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "triggers"))
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        agreed = str(yaml.data.get("agreed_by", agreed))
        for name, given in (yaml.data.get("triggers") or {}).items():
            files.known_keys(yaml, ("triggers", name), Rule.model_fields)
            before = triggers[name].model_dump(exclude_unset=True) if name in triggers else {}
            try:
                triggers[name] = Rule.model_validate(before | dict(given or {}))
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
            _check(yaml, name, triggers[name], activities)
    return Rules(version, triggers, agreed)


def _check(yaml: files.Yaml, name: str, rule: Rule, activities: Activities) -> None:
    for key in ("activity", "then", "awaited", "answered_by"):
        for activity in names(getattr(rule, key)):
            if activity not in activities.known:
                near = did_you_mean(activity, activities.known)
                raise yaml.error(
                    f"trigger '{name}' asks for activity '{files.visible(activity)}', which is not in activities.yml.{near} "
                    f"Activities: {listed(sorted(activities.known), 8)}.",
                    "triggers",
                    name,
                    key,
                )
    windows = [k for k in ("within_days", "within_months", "within_working_days") if getattr(rule, k) is not None]
    if len(windows) != 1:
        raise yaml.error(
            f"trigger '{name}' needs one window, and has {len(windows)}. Give within_days, within_months or within_working_days.",
            "triggers",
            name,
        )
    if getattr(rule, windows[0]) < 0 or (rule.times is not None and rule.times < 1):
        raise yaml.error(f"trigger '{name}': a number is too small to mean anything.", "triggers", name)
    needs = {"repeat": ("times",), "follow": ("then",), "silence": ()}[rule.pattern]
    for key in needs:
        if getattr(rule, key) is None:
            raise yaml.error(
                f"trigger '{name}' is a {rule.pattern}, and '{key}' is not there. Add it.", "triggers", name
            )
    takes = {"repeat": {"times"}, "follow": {"then"}, "silence": {"awaited", "awaited_agency"}}[rule.pattern]
    for key in {"times", "then", "awaited", "awaited_agency"} - takes:
        if getattr(rule, key) is not None:
            raise yaml.error(
                f"trigger '{name}' is a {rule.pattern}, which has no '{key}'. Remove it.", "triggers", name, key
            )
    if rule.pattern == "silence" and (rule.awaited is None) == (rule.awaited_agency is None):
        raise yaml.error(
            f"trigger '{name}' is a silence: say what it waits for, as `awaited` (activities) or `awaited_agency`, and not both.",
            "triggers",
            name,
        )


def names(given: str | list[str] | None) -> list[str]:
    """One name or several, as a list."""
    return [] if given is None else [given] if isinstance(given, str) else list(given)
