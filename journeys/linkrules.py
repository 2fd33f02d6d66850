"""How records are joined into persons, as rules/linkage.yml declares it, with a folder's own lines over the kit's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from journeys.conditionkinds import in_words
from journeys.sources import RULES
from lib import files

Share = Annotated[float, Field(gt=0, lt=1)]
TOP = ("version", "source", "agreed_by", "linkage")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Way(_Strict):
    """One way in which two values of a column compare: in words, and how often it is met in pairs of one person and of two."""

    says: str
    m: Share
    u: Share
    kept: bool = False


class Caps(_Strict):
    """How many may share a value, be one person, and be looked up together."""

    shared_by: PositiveInt
    one_person: PositiveInt
    one_block: PositiveInt


class Thresholds(_Strict):
    """The probabilities from which two records are one person, and from which people are asked; and why these."""

    same: Share
    ask: Share
    why: str


class TrainingRules(_Strict):
    """From how many records on m and u are estimated, and how."""

    records: PositiveInt
    agreeing_pairs: PositiveInt
    sampled_pairs: PositiveInt
    seed: int
    sure_finds: Share
    chance: Share


@dataclass(frozen=True)
class LinkRules:
    """The rules in force."""

    version: str
    placeholders: Mapping[str, frozenset[Any]]
    caps: Caps
    thresholds: Thresholds
    training: TrainingRules
    columns: Mapping[str, Mapping[str, Way]]
    short_forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


COLUMNS = {
    "first_name": ("swapped", "same", "short_form", "one_letter", "part", "two_letters", "different"),
    "last_name": ("same", "once", "one_letter", "part", "two_letters", "different"),
    "date_of_birth": ("same", "turned", "one_figure", "two_figures", "different"),
    "sex": ("same", "different"),
    "home": ("same", "postcode", "district", "different"),
    "phone": ("same", "different"),
    "email": ("same", "two_letters", "different"),
    "nhs_number": ("same", "different"),
    "upn": ("same", "different"),
}
"""The columns that are compared and the ways in which two values may compare, best first."""

_TEXTS = ("any", "first_name", "last_name", "postcode", "phone", "email", "nhs_number", "upn")
_PARTS: dict[str, type[_Strict]] = {"caps": Caps, "thresholds": Thresholds, "training": TrainingRules}


def load_link_rules(paths: Iterable[Path] = (RULES / "linkage.yml",)) -> LinkRules:
    """The rules of the kit's file, with a folder's own lines over them: keys are replaced, lists added to.

    Raises `RuleError` with file and line for what cannot be used.

    >>> rules = load_link_rules()
    >>> rules.caps.shared_by, rules.columns["home"]["district"].says
    (15, 'home: same postcode district')
    >>> "zz99" in rules.placeholders["postcode"]
    True
    """
    version = ""
    words: dict[str, set[Any]] = {name: set() for name in (*_TEXTS, "date_of_birth")}
    parts: dict[str, dict[str, Any]] = {name: {} for name in _PARTS}
    ways: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in COLUMNS}
    forms: list[list[str]] = []
    yaml = None
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), TOP)
        version = str(yaml.data.get("version", version))
        given = yaml.data.get("linkage") or {}
        files.known_keys(yaml, ("linkage",), ("placeholders", *_PARTS, "columns", "short_forms"))
        files.known_keys(yaml, ("linkage", "placeholders"), words)
        for name, some in (given.get("placeholders") or {}).items():
            words[name] |= set(_list(yaml, some, dt.date if name == "date_of_birth" else str, "placeholders", name))
        for name, model in _PARTS.items():
            files.known_keys(yaml, ("linkage", name), model.model_fields)
            parts[name] |= given.get(name) or {}
        files.known_keys(yaml, ("linkage", "columns"), COLUMNS)
        for name, some in (given.get("columns") or {}).items():
            files.known_keys(yaml, ("linkage", "columns", name), COLUMNS[name])
            for way, values in (some or {}).items():
                files.known_keys(yaml, ("linkage", "columns", name, way), Way.model_fields)
                ways[name][way] = ways[name].get(way, {}) | (values or {})
        for n, group in enumerate(_list(yaml, given.get("short_forms") or [], list, "short_forms")):
            forms.append(_list(yaml, group, str, "short_forms", n))
    assert yaml is not None
    columns = {n: {w: _made(yaml, Way, ways[n].get(w, {}), "columns", n, w) for w in COLUMNS[n]} for n in COLUMNS}
    made = {name: _made(yaml, model, parts[name], name) for name, model in _PARTS.items()}
    if made["thresholds"].ask > made["thresholds"].same:
        raise yaml.error("thresholds: `ask` is above `same`, so nobody would be asked.", "linkage", "thresholds")
    called: dict[str, list[str]] = {}
    for group in forms:
        for name in group:
            called.setdefault(name, []).append(group[0])
    plain = {n: frozenset(v if isinstance(v, dt.date) else folded_word(v) for v in some) for n, some in words.items()}
    return LinkRules(version, plain, **made, columns=columns, short_forms={n: tuple(g) for n, g in called.items()})


def folded_word(text: str) -> str:
    """A text as placeholders are compared: letters, digits and @ alone, in small letters."""
    return "".join(c for c in text.casefold() if c.isalnum() or c == "@")


def _list(yaml: files.Yaml, given: Any, kind: type, *where: Any) -> list[Any]:
    if not isinstance(given, list) or not all(isinstance(item, kind) for item in given):
        what = {str: "texts", dt.date: "days, as 1900-01-01", list: "lists"}[kind]
        raise yaml.error(f"a list of {what} is expected here.", "linkage", *where)
    return given


def _made(yaml: files.Yaml, model: type[Any], given: dict[str, Any], *where: Any) -> Any:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise yaml.error(f"'{name}': {in_words(dict(first))}.", "linkage", *where, name) from None
