"""The questions that a scrutiny committee may ask: rules/questions.yml, and a folder's own over it, read and checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from journeys.conditionkinds import in_words
from journeys.sources import RULES
from lib import files
from lib.errors import did_you_mean, listed

Area = Literal["customer", "value", "risk", "system", "performance and quality"]
AREAS: tuple[str, ...] = get_args(Area)
"""The five areas of scrutiny, in the order of the LGA, Councillor workbook: commissioning services."""

NO_EVIDENCE = "no evidence"
"""What stands beside a question where the part that would answer it has no data."""


class Question(BaseModel):
    """One question, as rules/questions.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    area: Area
    asks: str = Field(min_length=1)
    answered_by: list[str] = Field(min_length=1)
    source: str = Field(min_length=1)


def load_questions(
    paths: Iterable[Path] = (RULES / "questions.yml",), parts: Collection[str] = ()
) -> dict[str, Question]:
    """The questions in force by name, the later file merged over the earlier; area by area, and as the files have them.

    `parts` are the names that `answered_by` may hold. Raises `RuleError` with file and line for what cannot be used.

    >>> from journeys.scrutiny import PARTS
    >>> list(load_questions(parts=PARTS))[0]
    'what_matters'
    """
    found: dict[str, Question] = {}
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "questions"))
        for name, given in yaml.keys_at("questions").items():
            where = ("questions", name)
            files.known_keys(yaml, where, Question.model_fields)
            before = found[name].model_dump() if name in found else {}
            try:
                found[name] = Question.model_validate(before | dict(given or {}))
            except ValidationError as error:
                first = error.errors()[0]
                key = first["loc"][0]
                raise yaml.error(f"question '{name}', '{key}': {in_words(dict(first))}.", *where, key) from None
            for part in found[name].answered_by:
                if part not in parts:
                    seen = files.visible(part)
                    raise yaml.error(
                        f"question '{name}' is answered by '{seen}', which is no part of the review."
                        f"{did_you_mean(seen, parts)} Parts: {listed(parts, 30)}.",
                        *where,
                        "answered_by",
                    )
    return dict(sorted(found.items(), key=lambda pair: AREAS.index(pair[1].area)))
