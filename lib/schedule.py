"""What was asked to run by itself: a strict YAML file of named reports, each line of which can be argued with."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib import files
from lib.errors import RequestError, did_you_mean, listed
from lib.periods import EVERYTHING, Due, due, period

KEYS = ("notebook", "data", "level", "period", "every", "on", "parameters", "pdf")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Asked:
    """One report of the schedule. `due`: when, or None for one that is built only when all are. `at`: file and line."""

    name: str
    notebook: str
    data: str
    level: str
    period: str = EVERYTHING
    due: Due | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pdf: bool = True
    at: str = ""

    def parameters_on(self, day: dt.date) -> dict[str, Any]:
        """The notebook's parameters for a run reckoned from a day: its own, and the period's days where it has them."""
        first, last = period(self.period, day)
        days = {"start": first.isoformat(), "end": last.isoformat()} if first and last else {}
        return {**self.parameters, **days}


def read_schedule(path: Path, notebooks: Iterable[str], levels: Iterable[str]) -> list[Asked]:
    """The reports that a schedule asks for, in its order.

    `notebooks` and `levels`: those that there are. Raises `RuleError` with file and line for the first thing that is not
    as it should be; nothing of a schedule with a fault in it is run.
    """
    yaml = files.load(path)
    if not isinstance(yaml.data, dict):
        raise yaml.error("keys and values were expected, and a list was found. Begin with `reports:`.")
    files.known_keys(yaml, (), ["reports"])
    reports = yaml.data.get("reports")
    if not isinstance(reports, dict) or not reports:
        raise yaml.error("no report is named. Write `reports:` and, below it, a name for each.", "reports")
    return [_asked(yaml, name, list(notebooks), list(levels)) for name in reports]


def chosen(asked: list[Asked], names: Iterable[str], data: str = "") -> list[Asked]:
    """Those of a schedule that were named, or all; of one data folder where one is named. Raises `RequestError`."""
    wanted = list(names)
    known = [a.name for a in asked]
    for name in wanted:
        if name not in known:
            raise RequestError(
                f"the schedule has no report '{name}'.{did_you_mean(name, known)} Reports: {listed(known)}."
            )
    folders = sorted({a.data for a in asked})
    if data and data not in folders:
        raise RequestError(f"no report of the schedule is on '{data}'.{did_you_mean(data, folders)} {listed(folders)}.")
    return [a for a in asked if (not wanted or a.name in wanted) and (not data or a.data == data)]


def _asked(yaml: files.Yaml, name: Any, notebooks: list[str], levels: list[str]) -> Asked:
    where = ("reports", name)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise yaml.error(
            "a report's name is 1 to 64 letters, digits, _ or -, and begins with a letter or digit.", *where
        )
    files.known_keys(yaml, where, KEYS)
    entry = yaml.data["reports"][name] or {}
    for key in ("notebook", "data", "level"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise yaml.error(f"'{name}' needs `{key}:`, in words.", *where, key)
    for key, known in (("notebook", notebooks), ("level", levels)):
        if entry[key] not in known:
            found = files.visible(entry[key])
            raise yaml.error(
                f"there is no {key} '{found}'.{did_you_mean(found, known)} There are {listed(known)}.", *where, key
            )
    for key in ("period", "every", "on"):
        if key in entry and not isinstance(entry[key], str):
            raise yaml.error(f"`{key}:` should be words, and is {files.kind_of(entry[key])}.", *where, key)
    if not isinstance(entry.get("pdf", True), bool):
        raise yaml.error("`pdf:` is true or false.", *where, "pdf")
    if "on" in entry and "every" not in entry:
        raise yaml.error("`on:` says on which day of what: add `every:`.", *where, "on")
    try:
        said = entry.get("period", EVERYTHING)
        period(said, dt.date(2025, 6, 2))
    except RequestError as fault:
        raise yaml.error(f"`period:` {fault}", *where, "period") from None
    try:
        when = due(entry["every"], entry.get("on", "")) if "every" in entry else None
    except RequestError as fault:
        raise yaml.error(str(fault), *where, "on" if "on" in entry else "every") from None
    return Asked(
        name=name,
        notebook=entry["notebook"],
        data=entry["data"],
        level=entry["level"],
        period=said,
        due=when,
        parameters=_parameters(yaml, where),
        pdf=entry.get("pdf", True),
        at=f"{files.shown(yaml.path)}, line {yaml.line(*where)}",
    )


def _parameters(yaml: files.Yaml, where: tuple[Any, ...]) -> dict[str, Any]:
    given = yaml.data["reports"][where[1]].get("parameters")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise yaml.error(
            f"`parameters:` should hold names and values, and holds {files.kind_of(given)}.", *where, "parameters"
        )
    for key, value in given.items():
        if key in ("data", "level", "start", "end"):
            line = "`period:`" if key in ("start", "end") else f"`{key}:`"
            raise yaml.error(f"'{key}' is asked for by {line}, not here.", *where, "parameters", key)
        if isinstance(value, dict):
            raise yaml.error(f"'{key}' should be one value or a list.", *where, "parameters", key)
    return {str(key): value.isoformat() if isinstance(value, dt.date) else value for key, value in given.items()}
