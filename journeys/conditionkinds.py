"""The kinds of conditions that a review looks for in a system: rules/conditions.yml, and a folder's own words for them.

The nine kinds are a working vocabulary of the kit's own, after causes that Vanguard's writers name. They stand in one
place: the drop-down of the review book is made from that file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.sources import RULES
from lib import files
from lib.errors import did_you_mean, listed

TOP = ("version", "agreed_by", "conditions", "effects")
"""What may stand at the top of conditions.yml; `journeys.effects` reads the last."""


class ConditionKind(BaseModel):
    """One kind of condition, as rules/conditions.yml declares it; `ask` is what to ask the people who work in it."""

    model_config = ConfigDict(extra="forbid")
    says: str
    ask: str
    source: str
    mark: Literal["statutory", "national", "local", "illustrative"]


def load_condition_kinds(paths: Iterable[Path] = (RULES / "conditions.yml",)) -> dict[str, ConditionKind]:
    """The kinds of the kit's file, in its order, with an overlay's words for them.

    Raises `RuleError` with file and line for what cannot be used, and for a kind that the kit does not have: the
    drop-down of the review book holds the kit's.

    >>> kinds = load_condition_kinds()
    >>> len(kinds), kinds["thresholds"].says
    (9, 'Rules for who may have help, and how bad it must be')
    """
    kinds: dict[str, ConditionKind] = {}
    for at, path in enumerate(paths):
        yaml = files.load(path)
        files.known_keys(yaml, (), TOP)
        for name, given in yaml.keys_at("conditions").items():
            if at and name not in kinds:
                found = files.visible(str(name))
                raise yaml.error(
                    f"'{found}' is no kind of condition.{did_you_mean(found, kinds)} The review book offers {listed(kinds)}: "
                    "reword one of these.",
                    *("conditions", name),
                )
            files.known_keys(yaml, ("conditions", name), ConditionKind.model_fields)
            before = kinds[name].model_dump() if name in kinds else {}
            try:
                kinds[name] = ConditionKind.model_validate(before | dict(given or {}))
            except ValidationError as error:
                first = error.errors()[0]
                raise yaml.error(
                    f"kind of condition '{name}', '{first['loc'][0]}': {in_words(dict(first))}.",
                    *("conditions", name, first["loc"][0]),
                ) from None
    return kinds


def in_words(fault: dict[str, object]) -> str:
    """What pydantic found wrong with a key of a rules file, in words."""
    if fault["type"] == "missing":
        return "it is not there"
    context = fault.get("ctx")
    expected = context.get("expected") if isinstance(context, dict) else None
    return f"one of {expected} is expected" if expected else str(fault["msg"])
