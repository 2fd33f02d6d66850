"""The facts that a partnership agreed to look for: rules/facts.yml, and a folder's own lines over it, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from journeys.activities import Activities, fold
from journeys.agreed import known_activity
from lib import files
from lib.errors import did_you_mean, listed

MOST_LETTERS = 12
"""As many as a line of a column's head holds in the picture."""


class Row(BaseModel):
    """A kind of row: an activity, perhaps of some agencies or for some reasons only."""

    model_config = ConfigDict(extra="forbid")
    activity: str
    agency: list[str] = []
    reason: list[str] = []

    @field_validator("agency", "reason", mode="before")
    @classmethod
    def _as_list(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    def fits(self, agency: str, activity: str, reason: str | None) -> bool:
        """Whether a contact is of this kind. Reasons are compared without regard to capitals."""
        return (
            activity == self.activity
            and (not self.agency or agency in self.agency)
            and (not self.reason or fold(reason or "") in map(fold, self.reason))
        )


class Fact(BaseModel):
    """One fact, as rules/facts.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    says: str
    short: list[str]
    known_by: list[Row]
    times: int = 1
    within_days: int | None = None
    passes_by: list[str] = []
    needed_by: list[str] = []
    source: str
    mark: Literal["statutory", "national", "local", "illustrative"]

    @field_validator("known_by", mode="before")
    @classmethod
    def _as_rows(cls, given: Any) -> Any:
        if not isinstance(given, list):
            return given
        return [{"activity": one} if isinstance(one, str) else one for one in given]

    @property
    def activities(self) -> set[str]:
        """Every activity that this fact looks at."""
        return {row.activity for row in self.known_by} | set(self.passes_by)


@dataclass(frozen=True)
class Facts:
    """The facts in force, how many of them are enough, and their version."""

    version: str
    facts: Mapping[str, Fact]
    enough: int
    agreed_by: str = ""


def load_facts(paths: Iterable[Path], activities: Activities) -> Facts:
    """Facts from rules files, the later merged over the earlier by name, checked against the activities.

    Raises `RuleError` with file and line for a key, an activity, an agency or a number that cannot be used.

    >>> from journeys.activities import read_activities
    >>> from journeys.sources import RULES
    >>> load_facts([RULES / "facts.yml"], read_activities()).facts["low_mood"].short
    ['Low', 'mood']
    """
    facts: dict[str, Fact] = {}
    version, agreed, enough = "", "", 0
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "enough", "facts"))
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        agreed = str(yaml.data.get("agreed_by", agreed))
        enough = yaml.data.get("enough", enough)
        if not isinstance(enough, int) or isinstance(enough, bool) or enough < 1:
            raise yaml.error("enough is a whole number of facts, 1 or more.", "enough")
        for name, given in yaml.keys_at("facts").items():
            files.known_keys(yaml, ("facts", name), Fact.model_fields)
            before = facts[name].model_dump(exclude_unset=True) if name in facts else {}
            facts[name] = _read(yaml, name, before | dict(given or {}))
            _check(yaml, name, facts[name], activities)
    return Facts(version, facts, enough, agreed)


def _read(yaml: files.Yaml, name: str, given: dict[str, Any]) -> Fact:
    rows = given.get("known_by")
    for n, row in enumerate(rows if isinstance(rows, list) else []):
        for key in row if isinstance(row, dict) else ():
            if key not in Row.model_fields:
                found = files.visible(str(key))
                raise yaml.error(
                    f"fact '{name}', 'known_by': unknown key '{found}'.{did_you_mean(found, Row.model_fields)} "
                    f"Keys that may stand here: {listed(Row.model_fields)}.",
                    *("facts", name, "known_by", n, key),
                )
    try:
        return Fact.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = [p for p in first["loc"] if p != "str"]
        expected = first.get("ctx", {}).get("expected")
        what = f"one of {expected} is expected" if expected else first["msg"]
        what = "it is not there" if first["type"] == "missing" else what
        raise yaml.error(f"fact '{name}', '{where[-1]}': {what}.", "facts", name, *where) from None


def _check(yaml: files.Yaml, name: str, fact: Fact, activities: Activities) -> None:
    """What no schema can say: activities and agencies that exist, two short lines, numbers that mean something."""
    asked = [("known_by", n, r.activity) for n, r in enumerate(fact.known_by)]
    asked += [("passes_by", n, a) for n, a in enumerate(fact.passes_by)]
    for key, n, activity in asked:
        known_activity(yaml, f"fact '{name}'", activity, activities.known, ("facts", name, key, n))
    called = [("needed_by", n, a) for n, a in enumerate(fact.needed_by)]
    called += [("known_by", n, a) for n, r in enumerate(fact.known_by) for a in r.agency]
    for key, n, agency in called:
        if agency not in activities.agencies:
            raise yaml.error(
                f"fact '{name}' names agency '{files.visible(agency)}', which is not in activities.yml."
                f"{did_you_mean(agency, activities.agencies)} Agencies: {listed(sorted(activities.agencies), 8)}. "
                "Correct it, or add the agency there.",
                *("facts", name, key, n),
            )
    if not fact.known_by:
        raise yaml.error(f"fact '{name}': nothing makes it known. Name an activity in known_by.", "facts", name)
    if not 1 <= len(fact.short) <= 2 or any(not 0 < len(line.strip()) <= MOST_LETTERS for line in fact.short):
        raise yaml.error(
            f"fact '{name}', 'short': one or two lines of 1 to {MOST_LETTERS} letters, as [Missing, school].",
            *("facts", name, "short"),
        )
    if fact.times < 1 or (fact.within_days is not None and fact.within_days < 0):
        raise yaml.error(f"fact '{name}': a number is too small to mean anything.", "facts", name)
    if (fact.times > 1) != (fact.within_days is not None):
        raise yaml.error(
            f"fact '{name}': times and within_days go together: so many rows, in so many days. Give both, or neither.",
            *("facts", name),
        )
