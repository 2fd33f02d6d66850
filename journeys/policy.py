"""What may leave: rules/disclosure.yml, a folder's own lines over it, and what its suppliers ask for; the strictest holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from journeys.sources import Folder
from lib import files
from lib.disclose import FLOOR, Rule

NUMBERS = {"threshold": FLOOR, "base": 1, "afresh_after": 1, "least_beyond": FLOOR}
"""Each number of the policy, and the least that it may be."""

KEYS = ("version", "agreed_by", "approved_by", "reason", "sensitive", *NUMBERS)


@dataclass(frozen=True)
class Policy:
    """The policy in force for one data folder. `because`: who approved that it is less strict, and why."""

    version: str
    rule: Rule
    afresh_after: int
    least_beyond: int
    sensitive: tuple[str, ...]
    because: str = ""

    def is_sensitive(self, category: str) -> bool:
        """Whether a share of nobody, or of everybody, in a category would itself tell something.

        >>> from journeys.sources import open_folder
        >>> policy_of(open_folder("sample")).is_sensitive("child_protection_plan")
        True
        """
        return any(word in category.casefold() for word in self.sensitive)


def policy_of(folder: Folder) -> Policy:
    """The policy in force for a data folder.

    Raises `RuleError` with file and line for a key, or a number, that cannot be used, for a threshold under 8, and for a
    folder that is less strict than the kit and does not say who approved it, and why.

    >>> from journeys.sources import open_folder
    >>> policy_of(open_folder("sample")).rule
    Rule(threshold=10, base=5)
    """
    base, *own = (files.load(path) for path in folder.rule_files("disclosure.yml"))
    found = _read(base)
    version, because = str(found["version"]), ""
    for yaml in own:
        given = _read(yaml)
        because = _allowed(yaml, found, given)
        version = " + ".join(filter(None, (version, str(given.get("version", "")))))
        # A folder adds to what is sensitive, and takes nothing away.
        words = [*found["sensitive"], *given.get("sensitive", [])]
        found = found | given | {"sensitive": list(dict.fromkeys(words))}
    strictest = max([found["threshold"], *(f.least_families or 0 for f in folder.entry.files.values())])
    if found["base"] > strictest:
        raise (own or [base])[-1].error(
            f"base is {found['base']}, and more than the threshold of {strictest}: what is shown could be rounded to nought.",
            "base",
        )
    rule = Rule(strictest, found["base"])
    sensitive = tuple(str(word).casefold() for word in found["sensitive"])
    return Policy(version, rule, found["afresh_after"], max(found["least_beyond"], strictest), sensitive, because)


def _read(yaml: files.Yaml) -> dict[str, Any]:
    files.known_keys(yaml, (), KEYS)
    given: dict[str, Any] = dict(yaml.data)
    for name, least in NUMBERS.items():
        value = given.get(name, least)
        if type(value) is not int or value < least:
            raise yaml.error(f"{name} is a whole number of {least} or more.", name)
    words = given.get("sensitive", [])
    if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
        raise yaml.error("sensitive is a list of words, as [abuse, police].", "sensitive")
    return given


def _allowed(yaml: files.Yaml, before: dict[str, Any], given: dict[str, Any]) -> str:
    """Stricter as it likes; less strict only with a name and a reason. Returns these."""
    lower = [name for name in NUMBERS if given.get(name, before[name]) < before[name]]
    said = [str(given.get(key) or "").strip() for key in ("approved_by", "reason")]
    if lower and not all(said):
        name = lower[0]
        raise yaml.error(
            f"{name} is {given[name]} here and {before[name]} in the kit's own rules: less strict. Say who approved it and "
            f"why (approved_by: a name; reason: a sentence), or leave it at {before[name]}.",
            name,
        )
    return f"{', '.join(lower)} lowered, approved by {said[0]}: {said[1]}" if lower else ""
