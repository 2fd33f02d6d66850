"""What a page for one named reader may say, as rules/readers.yml declares it: what is held back, and the plain words.

Whatever nobody has agreed, an activity or an agency without plain words, cannot stand on such a page at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.activities import Activities, spelled
from journeys.agreed import known_activity
from lib import files
from lib.errors import did_you_mean, listed

About = Literal["reader", "child"]
WHO: Mapping[About, str] = {"reader": "you", "child": "the child"}
"""How a sentence speaks of whom a row is about."""

KEYS = ("version", "agreed_by", "purpose", "read_by", "ask", "held_back", "left_out", "agencies", "plain", "outcomes")
NO_WORDS = (
    "nobody has agreed what this is, so it cannot be shown, ticked or not: give it plain words in readers.yml first"
)


@dataclass(frozen=True)
class Record:
    """A contact about the reader or a child, as these rules look at it."""

    about: About
    activity: str
    agency: str
    nature: str
    asked_by: str
    referred_to: str
    outcome: str
    texts: tuple[str, ...]


class Kind(BaseModel):
    """A kind of row: it must meet everything that is given here."""

    model_config = ConfigDict(extra="forbid")
    about: About | None = None
    activities: list[str] = []
    agencies: list[str] = []
    natures: list[Literal["touch", "referral", "decision", "record", "signal", "status", "life"]] = []
    asked_by: list[Literal["family", "other agency", "agency", "unknown"]] = []
    words: list[str] = []

    def fits(self, record: Record) -> bool:
        """Whether a record is of this kind."""
        texts = [f" {spelled(text)} " for text in record.texts]
        return (
            self.about in (None, record.about)
            and (not self.activities or record.activity in self.activities)
            and (not self.agencies or record.agency in self.agencies or record.referred_to in self.agencies)
            and (not self.natures or record.nature in self.natures)
            and (not self.asked_by or record.asked_by in self.asked_by)
            and (not self.words or any(f" {spelled(word)} " in text for word in self.words for text in texts))
        )


class HeldBack(BaseModel):
    """Rows that a page does not show unless a practitioner ticks them, and why."""

    model_config = ConfigDict(extra="forbid")
    because: str
    rows: list[Kind]


class Plain(BaseModel):
    """What happened in plain words, of the reader and of a child."""

    model_config = ConfigDict(extra="forbid")
    reader: str
    child: str


@dataclass(frozen=True)
class ReaderRules:
    """The rules in force for a page, and their version."""

    version: str
    said: Mapping[str, str]
    held_back: Mapping[str, HeldBack]
    left_out: frozenset[str]
    agencies: Mapping[str, str]
    plain: Mapping[str, Plain]
    outcomes: Mapping[str, str]

    def why_not(self, record: Record) -> str:
        """Why a row is held back until it is ticked, in plain words for whoever ticks; nothing where it is not."""
        if not self.what(record):
            return NO_WORDS
        reasons = [held.because for held in self.held_back.values() if any(kind.fits(record) for kind in held.rows)]
        return "; ".join(dict.fromkeys(reasons))

    def what(self, record: Record) -> str:
        """What happened, in a plain sentence, and what came of it, where the agency's word for that has plain words too.

        Nothing where nobody has agreed words for the activity or the agency.
        """
        plain, agency = self.plain.get(record.activity), self.agencies.get(record.agency)
        if plain is None or agency is None:
            return ""
        words = plain.child if record.about == "child" else plain.reader
        said = words.replace("{agency}", agency).replace("{who}", WHO[record.about])
        came_of_it = self.outcomes.get(spelled(record.outcome), "")
        return f"{said[0].upper()}{said[1:]}. {came_of_it}".strip()


def load_reader_rules(paths: Iterable[Path], activities: Activities) -> ReaderRules:
    """The rules of one file, or of the kit's file and an overlay, merged by name.

    Raises `RuleError` with file and line for a key, an activity, an agency or words that cannot be used.

    >>> from journeys.activities import read_activities
    >>> from journeys.sources import RULES
    >>> rules = load_reader_rules([RULES / "readers.yml"], read_activities())
    >>> rules.what(Record("reader", "request_for_help", "school", "touch", "family", "", "", ()))
    'You asked the school for help.'
    >>> rules.why_not(Record("reader", "incident", "police", "touch", "unknown", "", "", ()))
    'it may be police intelligence, or show who called the police'
    """
    said: dict[str, str] = {}
    held: dict[str, HeldBack] = {}
    plain: dict[str, Plain] = {}
    agencies: dict[str, str] = {}
    outcomes: dict[str, str] = {}
    left_out: list[str] = []
    version = ""
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), KEYS)
        for section in ("held_back", "agencies", "plain", "outcomes"):
            keys = yaml.data.get(section)
            files.known_keys(yaml, (section,), keys if isinstance(keys, dict) else ())
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        said |= {key: _words(yaml, yaml.data[key], key) for key in ("purpose", "read_by", "ask") if key in yaml.data}
        for name, given in yaml.keys_at("held_back").items():
            files.known_keys(yaml, ("held_back", name), HeldBack.model_fields)
            before = held[name].model_dump(exclude_unset=True) if name in held else {}
            held[name] = _read(yaml, HeldBack, before | dict(given or {}), "held_back", name)
            _check(yaml, name, held[name], activities)
        for n, activity in enumerate(yaml.data.get("left_out") or ()):
            known_activity(yaml, "left_out", activity, activities.known, ("left_out", n))
            left_out.append(activity)
        for name, given in yaml.keys_at("agencies").items():
            _check_agency(yaml, str(name), activities, "agencies", name)
            agencies[name] = _words(yaml, given, "agencies", name)
        for name, given in yaml.keys_at("plain").items():
            known_activity(yaml, "plain", name, activities.known, ("plain", name))
            both = given if isinstance(given, dict) else dict.fromkeys(Plain.model_fields, given)
            plain[name] = _read(yaml, Plain, dict(both), "plain", name)
            for words in (plain[name].reader, plain[name].child):
                _words(yaml, words, "plain", name)
        for name, given in yaml.keys_at("outcomes").items():
            outcomes[spelled(str(name))] = _words(yaml, given, "outcomes", name)
    return ReaderRules(version, said, held, frozenset(left_out), agencies, plain, outcomes)


def _read(yaml: files.Yaml, kind: Any, given: dict[str, Any], *place: Any) -> Any:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        expected = first.get("ctx", {}).get("expected")
        what = f"one of {expected} is expected" if expected else first["msg"]
        what = "it is not there" if first["type"] == "missing" else what
        what = "it is no key that may stand here" if first["type"] == "extra_forbidden" else what
        raise yaml.error(f"'{place[-1]}', '{first['loc'][-1]}': {what}.", *place, *first["loc"]) from None


def _check(yaml: files.Yaml, name: str, held: HeldBack, activities: Activities) -> None:
    if not held.because.strip():
        raise yaml.error(f"'{name}' does not say why. Fill in 'because'.", "held_back", name)
    for n, kind in enumerate(held.rows):
        place = ("held_back", name, "rows", n)
        if not any(getattr(kind, key) for key in Kind.model_fields):
            raise yaml.error(f"'{name}', row {n + 1}: it says nothing, and would hold back everything.", *place)
        for activity in kind.activities:
            known_activity(yaml, f"'{name}'", activity, activities.known, (*place, "activities"))
        for agency in kind.agencies:
            _check_agency(yaml, agency, activities, *place, "agencies")


def _check_agency(yaml: files.Yaml, agency: str, activities: Activities, *place: Any) -> None:
    if agency not in activities.agencies:
        raise yaml.error(
            f"agency '{files.visible(agency)}' is not in activities.yml.{did_you_mean(agency, activities.agencies)} "
            f"Agencies: {listed(sorted(activities.agencies), 8)}. Correct it, or add the agency there.",
            *place,
        )


def _words(yaml: files.Yaml, given: Any, *place: Any) -> str:
    """Plain words: some, and with no gap to fill but the two that there are."""
    if not isinstance(given, str) or not given.strip():
        raise yaml.error(f"'{place[-1]}' has no words. Write some, or take the line out.", *place)
    gaps = set(re.findall(r"\{[^}]*\}", given)) - ({"{agency}", "{who}"} if place[0] == "plain" else set())
    if gaps:
        raise yaml.error(
            f"'{place[-1]}': {files.visible(listed(sorted(gaps)))} is no word that the kit fills in. "
            "In 'plain' it fills in {agency} and {who}, and nothing elsewhere.",
            *place,
        )
    return " ".join(given.split())
