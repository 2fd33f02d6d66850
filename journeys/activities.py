"""What agencies call things, in the kit's words: rules/activities.yml, and a council's own lines over it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.columns import UNMAPPED
from journeys.sources import RULES
from lib import files


class Activity(BaseModel):
    """One kind of contact: what it was, who asked, what agencies call it, and its marks."""

    model_config = ConfigDict(extra="forbid")
    says: str
    nature: Literal["touch", "referral", "decision", "record", "signal", "status", "life"]
    asked_by: Literal["family", "other agency", "agency", "unknown"] = "unknown"
    agencies: list[str] = []
    also: list[str] = []
    help: bool = False
    crisis: bool = False
    takes_responsibility: bool = False
    tells_story: bool = False
    assesses: bool = False
    safety: bool = False
    closes: bool = False
    rejects: bool = False
    feeds_back: bool = False
    domain: str = ""


@dataclass(frozen=True)
class Activities:
    """The activities in force: the kit's, with a folder's own lines merged over them by name."""

    version: str
    known: Mapping[str, Activity]
    agencies: Mapping[str, str]
    files: tuple[Path, ...]
    referral_answer_days: int = 28
    duplicate_assessment_days: int = 90
    service_after_assessment_days: int = 90

    def label(self, activity: str) -> str:
        """An activity as people say it.

        >>> read_activities().label("absence_unexplained")
        'Absent, no reason yet'
        """
        found = self.known.get(activity)
        return found.says if found else str(activity)

    def agency(self, agency: str) -> str:
        """An agency's name as people say it; one that nobody declared keeps its own."""
        return self.agencies.get(agency, str(agency))

    def is_crisis(self, activity: str) -> bool:
        """Whether the activity is declared a crisis."""
        return activity in self.known and self.known[activity].crisis

    def is_help(self, activity: str) -> bool:
        """Whether the activity is declared help: it does what matters to the family."""
        return activity in self.known and self.known[activity].help

    def marked(self, mark: str) -> list[str]:
        """The activities that carry a mark, in order of name."""
        return sorted(name for name, activity in self.known.items() if getattr(activity, mark))

    def means(self, mark: str, agency: str, activity: str, outcome: str | None) -> bool:
        """Whether a contact carries a mark: by its activity, or by an outcome that is one of a marked activity's words."""
        said = self.find(agency, outcome) if outcome else None
        return any(name in self.known and bool(getattr(self.known[name], mark)) for name in (activity, said or ""))

    def find(self, agency: str, raw: str) -> str | None:
        """The activity that an agency's own word means, or nothing. Words are compared without regard to capitals."""
        named = self._words.get(fold(raw), ())
        return next((n for n in named if not self.known[n].agencies or agency in self.known[n].agencies), None)

    @cached_property
    def _words(self) -> Mapping[str, tuple[str, ...]]:
        return _index(tuple((n, (n, *a.also), bool(a.agencies)) for n, a in self.known.items()))

    def nature(self, activity: str | None) -> str:
        """What a contact of this activity was; unknown where it is unmapped."""
        return self.known[activity].nature if activity is not None and activity in self.known else UNMAPPED


@lru_cache(maxsize=8)
def _index(rows: tuple[tuple[str, tuple[str, ...], bool], ...]) -> Mapping[str, tuple[str, ...]]:
    index: dict[str, list[str]] = {}
    for name, words, _ in sorted(rows, key=lambda r: (not r[2], r[0])):
        for word in words:
            index.setdefault(fold(word), []).append(name)
    return {w: tuple(dict.fromkeys(n)) for w, n in index.items()}


def fold(word: str) -> str:
    """A word as it is compared: NFKC, trimmed, without regard to capitals.

    >>> fold(" School  Visit ")
    'school visit'
    """
    return " ".join(unicodedata.normalize("NFKC", str(word)).casefold().split())


def spelled(text: str) -> str:
    """Words as they are compared where people wrote them freely: letters and figures alone, without regard to capitals.

    >>> spelled(" “Nobody – not once – asked.” ")
    'nobody not once asked'
    """
    return " ".join(re.sub(r"[\W_]", " ", unicodedata.normalize("NFKC", text).casefold()).split())


def read_activities(paths: Iterable[Path] = (RULES / "activities.yml",)) -> Activities:
    """The activities of one file, or of the kit's file and an overlay, merged by name.

    Raises `RuleError` with file and line for what cannot be used.

    >>> read_activities().find("school", "n")
    'absence_unexplained'
    """
    known: dict[str, Activity] = {}
    agencies: dict[str, str] = {}
    version, used = "", []
    days = {"referral_answer_days": 28, "duplicate_assessment_days": 90, "service_after_assessment_days": 90}
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", *days, "agencies", "activities"))
        files.known_keys(yaml, ("agencies",), yaml.keys_at("agencies"))
        for name, given in yaml.keys_at("activities").items():
            files.known_keys(yaml, ("activities", name), Activity.model_fields)
            before = known[name].model_dump() if name in known else {}
            try:
                known[name] = Activity.model_validate(before | dict(given or {}))
            except ValidationError as error:
                first = error.errors()[0]
                expected = first.get("ctx", {}).get("expected")
                what = f"one of {expected} is expected here" if expected else first["msg"]
                raise yaml.error(
                    f"activity '{name}', '{first['loc'][-1]}': {what}.", "activities", name, *first["loc"]
                ) from None
            if (known[name].takes_responsibility or known[name].tells_story) and known[name].nature != "touch":
                raise yaml.error(
                    f"activity '{name}': only a touch takes responsibility or tells a story.", "activities", name
                )
            if known[name].safety and (known[name].tells_story or known[name].help):
                raise yaml.error(
                    f"activity '{name}': a question of safety is neither the story told again nor help. Take one mark out.",
                    *("activities", name),
                )
        for key in days:
            days[key] = yaml.data.get(key, days[key])
            if not isinstance(days[key], int) or days[key] < 0:
                raise yaml.error(f"{key} is a whole number of days.", key)
        agencies |= yaml.data.get("agencies") or {}
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        used.append(path)
    return Activities(version, known, agencies, tuple(used), **days)
