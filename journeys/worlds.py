"""The review's five numbers as they may sound in four worlds: readings, worded in rules/worlds.yml, and no findings.

Four Worlds is RedQuadrant's, in the LGA, Councillor workbook: commissioning services. A reading adds no number of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from journeys import front
from journeys.columns import TABLES
from journeys.conditionkinds import in_words
from journeys.journey import Journeys, check_review
from journeys.sources import RULES
from lib import files
from lib.errors import did_you_mean, listed
from lib.front import Number, Numbers

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

WORLDS = ("customer", "service", "management", "political")
"""The four, each beside the one that it meets across a divide."""

CANNOT = "cannot be told yet"


class Reading(BaseModel):
    """How one number may sound in each world, as rules/worlds.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    divide: Literal["front line", "performance information", "policies and governance"]
    customer: str = Field(min_length=1)
    service: str = Field(min_length=1)
    management: str = Field(min_length=1)
    political: str = Field(min_length=1)

    def of(self, world: str, number: Number) -> str:
        """The reading with its number; where the number cannot be given, that it cannot be told."""
        if not any(c.isdigit() for c in number.number):
            return CANNOT
        words: str = getattr(self, world)
        return words.replace("{number}", number.number).replace("{unit}", number.unit)


def load_worlds(paths: Iterable[Path] = (RULES / "worlds.yml",)) -> dict[str, Reading]:
    """The readings in force, in the order of the front page, the later file merged over the earlier by name.

    Raises `RuleError` with file and line for what cannot be used: another name than a number's, a figure written by hand,
    a reading without its number, or anything else in braces.

    >>> load_worlds()["told"].divide
    'front line'
    """
    found: dict[str, Reading] = {}
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "worlds"))
        for name, given in yaml.keys_at("worlds").items():
            where = ("worlds", name)
            if name not in front.NAMES:
                seen = files.visible(str(name))
                near = did_you_mean(seen, front.NAMES)
                raise yaml.error(
                    f"'{seen}' is no number of the front page.{near} Numbers: {listed(front.NAMES)}.", *where
                )
            files.known_keys(yaml, where, Reading.model_fields)
            before = found[name].model_dump() if name in found else {}
            try:
                found[name] = Reading.model_validate(before | dict(given or {}))
            except ValidationError as error:
                first = error.errors()[0]
                key = first["loc"][0]
                raise yaml.error(f"reading of '{name}', '{key}': {in_words(dict(first))}.", *where, key) from None
            for world in WORLDS:
                _check_words(yaml, found[name], name, world)
    return {name: found[name] for name in front.NAMES if name in found}


def _check_words(yaml: files.Yaml, reading: Reading, name: str, world: str) -> None:
    words: str = getattr(reading, world)
    rest = words.replace("{number}", "").replace("{unit}", "")
    fault = ""
    if any(c.isnumeric() for c in rest):
        fault = "a figure is written by hand. Write {number}: numbers come from the results alone"
    elif re.search(r"[{}]", rest):
        fault = "only {number} and {unit} may stand in braces"
    elif "{number}" not in words:
        fault = "{number} is not there. A reading is of its number"
    if fault:
        raise yaml.error(f"reading of '{name}' in the {world} world: {fault}.", "worlds", name, world)


def four_worlds(
    review: Journeys, firings: Table | None = None, chances: Table | None = None, known: Table | None = None
) -> pd.DataFrame:
    """The front page's numbers, each as it may sound in four worlds, and the divide that it crosses.

    `firings`, `chances` and `known` as for `fj.front.numbers`. Comes out: a frame with the columns of
    `columns.TABLES["four_worlds"]`, a row for each number. They are readings, made by rule from the same numbers, and no
    findings; a number that cannot be given "cannot be told yet" in any world.

    Raises `RuleError` for readings that cannot be used, `RequestError` for no review.

    Source: Four Worlds, RedQuadrant, in the LGA, Councillor workbook: commissioning services; the words are ours.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> frame = four_worlds(build_journeys(read_contacts("sample")))
    >>> frame["divide"].tolist()[0]
    'front line'
    """
    import pandas as pd

    check_review(review)
    readings = load_worlds(review.session.folder.rule_files("worlds.yml"))
    five = dict(zip(front.NAMES, front.numbers(review, firings, chances, known).numbers, strict=True))
    rows: list[tuple[Any, ...]] = []
    for name, reading in readings.items():
        number = five[name]
        rows.append((repr(Numbers([number])), *(reading.of(world, number) for world in WORLDS), reading.divide))
    return pd.DataFrame(rows, columns=[c.name for c in TABLES["four_worlds"]])
