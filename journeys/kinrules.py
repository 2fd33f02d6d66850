"""Which declared evidence makes people one family: rules/kinship.yml, and a folder's own lines over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from lib import files

TOP: Mapping[str, Any] = {
    "most_in_family": 15,
    "ends_with_next": True,
    "alone": True,
    "blanks": [],
}


class Kind(BaseModel):
    """One kind of evidence, as rules/kinship.yml declares it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    says: str
    why: str
    source: str
    mark: Literal["statutory", "national", "local", "illustrative"]
    shape: Literal["household", "parent", "address"]
    most: PositiveInt
    until_age: PositiveInt | None = None
    in_force: bool = True


@dataclass(frozen=True)
class Kinship:
    """The kinds of evidence in force, by shape, and what bounds a family."""

    version: str
    kinds: Mapping[str, Kind]
    most_in_family: int
    ends_with_next: bool
    alone: bool
    blanks: frozenset[str]

    def of(self, shape: str) -> Kind | None:
        """The kind of a shape that is in force; nothing where it is switched off."""
        return next((kind for kind in self.kinds.values() if kind.shape == shape and kind.in_force), None)


def load_kinship(paths: Iterable[Path]) -> Kinship:
    """The rules of one file, or of the kit's file and an overlay, merged by name.

    Raises `RuleError` with file and line for what cannot be used.

    >>> from journeys.sources import RULES
    >>> load_kinship([RULES / "kinship.yml"]).of("household").most
    15
    """
    kinds: dict[str, Kind] = {}
    top = dict(TOP)
    version = ""
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "kinship", *TOP))
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        for key in TOP:
            if key in yaml.data:
                top[key] = yaml.data[key]
                _check_top(yaml, key)
        files.known_keys(yaml, ("kinship",), [*kinds, *yaml.keys_at("kinship")])
        for name, given in yaml.keys_at("kinship").items():
            files.known_keys(yaml, ("kinship", name), Kind.model_fields)
            before = kinds[name].model_dump(exclude_unset=True) if name in kinds else {}
            try:
                kinds[name] = Kind.model_validate(before | dict(given or {}))
            except ValidationError as error:
                first = error.errors()[0]
                expected = first.get("ctx", {}).get("expected")
                what = f"one of {expected} is expected" if expected else first["msg"]
                place = ".".join(map(str, first["loc"]))
                raise yaml.error(f"kind '{name}', '{place}': {what}.", "kinship", name) from None
            _check(yaml, name, kinds)
    return Kinship(
        version,
        kinds,
        top["most_in_family"],
        top["ends_with_next"],
        top["alone"],
        frozenset(map(str, top["blanks"])),
    )


def _check_top(yaml: files.Yaml, key: str) -> None:
    value = yaml.data[key]
    if key == "most_in_family" and (type(value) is not int or value < 2):
        raise yaml.error("most_in_family is a whole number of people, 2 or more.", key)
    if key in ("ends_with_next", "alone") and type(value) is not bool:
        raise yaml.error(f"{key} is true or false.", key)
    if key == "blanks" and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise yaml.error("blanks is a list of words; put quotes round a number.", key)


def _check(yaml: files.Yaml, name: str, kinds: Mapping[str, Kind]) -> None:
    kind = kinds[name]
    if kind.until_age is not None and kind.shape != "parent":
        raise yaml.error(f"kind '{name}': until_age stands only with shape parent. Remove it.", "kinship", name)
    same = [other for other, one in kinds.items() if one.shape == kind.shape and one.in_force]
    if len(same) > 1:
        raise yaml.error(
            f"kinds '{same[0]}' and '{same[1]}' are both of shape {kind.shape}. Keep one, or switch one off: in_force: false.",
            "kinship",
            name,
        )
