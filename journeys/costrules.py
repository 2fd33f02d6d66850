"""Which contact costs what: rules/costs.yml, and a folder's own lines over it, read and checked with the figures it names."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from journeys.activities import Activities, fold
from journeys.agreed import known_activity
from journeys.facts import Row
from journeys.unitcosts import DAYS, UnitCost, in_kinds, one_name, read_database, read_deflator, read_list
from lib import files
from lib.errors import DataError, did_you_mean, listed
from lib.prices import Deflator, Money, financial_year

KEYS = ("version", "agreed_by", "base_year", "deflator", "unit_costs", "costs")
SHAPES = ("list", "database")


class Line(Row):
    """One line of rules/costs.yml: a kind of contact and the code of what it costs, or why it has none."""

    code: str = ""
    per: Literal["contact", "day", "week", "month", "year"] = "contact"
    why: str

    def meets(self, other: Line) -> bool:
        """Whether one contact can fit both lines."""

        def apart(mine: Iterable[str], theirs: Iterable[str]) -> bool:
            return bool(mine) and bool(theirs) and not {*map(fold, mine)} & {*map(fold, theirs)}

        return not (
            self.activity != other.activity or apart(self.agency, other.agency) or apart(self.reason, other.reason)
        )


@dataclass(frozen=True)
class Priced:
    """A unit cost at the prices of the base year: low, value and high, each rounded once."""

    cost: UnitCost
    low: Money
    value: Money
    high: Money


@dataclass(frozen=True)
class CostRules:
    """The lines in force with their figures, the base year, and what is to be named with every figure."""

    version: str
    lines: Mapping[str, Line]
    figures: Mapping[str, Mapping[str, UnitCost]]
    deflator: Deflator
    base_year: str
    attributions: Mapping[str, str]
    agreed_by: str = ""

    @cached_property
    def priced(self) -> Mapping[str, tuple[Priced, ...]]:
        """The figures of every code that a line names, at base-year prices, by code."""
        return {line.code: tuple(map(self._bring, self.figures[line.code].values())) for line in self.costed}

    @property
    def costed(self) -> list[Line]:
        """The lines that name a figure."""
        return [line for line in self.lines.values() if line.code]

    def find(self, agency: str, activity: str, reason: str | None) -> Line | None:
        """The line that a contact fits. No contact fits two: that is refused when the rules are read."""
        return next((line for line in self.lines.values() if line.fits(agency, activity, reason)), None)

    def _bring(self, cost: UnitCost) -> Priced:
        low, value, high = (
            self.deflator.bring(v, cost.price_year, self.base_year) for v in (cost.low, cost.value, cost.high)
        )
        return Priced(cost, low, value, high)


def load_costs(paths: Iterable[Path], activities: Activities) -> CostRules:
    """Lines from rules files, the later merged over the earlier by name, with the figures and the series they rest on.

    Raises `RuleError` with file and line for a key, an activity, a code, a year or a unit that cannot be used, and where
    one contact fits two lines; `DataError` for a row of a figures file.

    >>> from journeys.activities import read_activities
    >>> from journeys.sources import RULES
    >>> rules = load_costs([RULES / "costs.yml"], read_activities())
    >>> [str(p.value.pounds) for p in rules.priced["HE4.0"]]
    ['116.64']
    """
    lines: dict[str, Line] = {}
    figures: dict[str, dict[str, UnitCost]] = {}
    attributions: dict[str, str] = {}
    deflator: Deflator | None = None
    version, agreed, base = "", "", ""
    used = []
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), KEYS)
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        agreed = str(yaml.data.get("agreed_by", agreed))
        deflator = _deflator(yaml) if "deflator" in yaml.data else deflator
        base = _base(yaml) if "base_year" in yaml.data else base
        own, said = _figures(yaml)
        figures |= own
        attributions |= dict.fromkeys(own, said) if isinstance(said, str) else said
        for name, given in yaml.keys_at("costs").items():
            files.known_keys(yaml, ("costs", name), Line.model_fields)
            before = lines[name].model_dump(exclude_unset=True) if name in lines else {}
            lines[name] = _read(yaml, name, before | dict(given or {}))
            known_activity(yaml, f"cost '{name}'", lines[name].activity, activities.known, ("costs", name, "activity"))
        used.append(yaml)
    last = used[-1]
    if deflator is None or not base:
        raise last.error("deflator and base_year are needed, once, for all figures.")
    names = one_name(cost for kinds in figures.values() for cost in kinds.values())
    rules = CostRules(version, lines, _spelled(figures, names), deflator, base, attributions, agreed)
    for name, line in lines.items():
        _check(_where(used, name), name, line, rules, activities)
    for (one, a), (two, b) in itertools.combinations(lines.items(), 2):
        if a.meets(b):
            raise _where(used, two).error(
                f"costs '{one}' and '{two}' fit the same contact of activity '{a.activity}', so which is meant cannot be "
                "told. Narrow one by agency or reason, or change the kit's line by giving yours its name.",
                *("costs", two),
            )
    return rules


def _where(used: list[files.Yaml], name: str) -> files.Yaml:
    """The last file that speaks of a line."""
    return next((y for y in reversed(used) if name in (y.data.get("costs") or {})), used[-1])


def _spelled(figures: Mapping[str, Mapping[str, UnitCost]], names: Mapping[str, str]) -> dict[str, dict[str, UnitCost]]:
    from dataclasses import replace

    return {
        code: {kind: replace(cost, bearer=names[cost.bearer.casefold()]) for kind, cost in kinds.items()}
        for code, kinds in figures.items()
    }


def _read(yaml: files.Yaml, name: str, given: dict[str, Any]) -> Line:
    given = {k: v for k, v in given.items() if not (k == "code" and v is None)}
    try:
        return Line.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        expected = first.get("ctx", {}).get("expected")
        what = f"one of {expected} is expected" if expected else first["msg"]
        what = "it is not there" if first["type"] == "missing" else what
        raise yaml.error(f"cost '{name}', '{first['loc'][-1]}': {what}.", "costs", name, *first["loc"]) from None


def _base(yaml: files.Yaml) -> str:
    try:
        return financial_year(str(yaml.data["base_year"]))
    except ValueError as error:
        raise yaml.error(f"base_year: {error}.".replace("..", "."), "base_year") from None


def _deflator(yaml: files.Yaml) -> Deflator:
    files.known_keys(yaml, ("deflator",), ("file", "source", "sheet"))
    given = yaml.data["deflator"] or {}
    for key in ("file", "source"):
        if not given.get(key):
            raise yaml.error(
                f"deflator: '{key}' is not there. Name the file, and the source as it is to be said.", "deflator"
            )
    path = yaml.path.parent / "costs" / str(given["file"])
    try:
        return read_deflator(path, str(given["source"]), str(given.get("sheet") or ""))
    except DataError as error:
        raise yaml.error(f"deflator: {error}", "deflator") from None


def _figures(yaml: files.Yaml) -> tuple[dict[str, dict[str, UnitCost]], dict[str, str]]:
    """The figures of one rules file's lists, by code and kind, and the attribution of each code."""
    found: dict[str, dict[str, UnitCost]] = {}
    said: dict[str, str] = {}
    entries = yaml.data.get("unit_costs") or []
    if not isinstance(entries, list):
        raise yaml.error("unit_costs is a list of files, each with '- file:'.", "unit_costs")
    for n, entry in enumerate(entries):
        at = ("unit_costs", n)
        files.known_keys(yaml, at, ("file", "shape", "sheet", "sheets", "attribution"))
        for key in ("file", "attribution"):
            if not (entry or {}).get(key):
                raise yaml.error(f"unit_costs: '{key}' is not there. Say the file and whose figures they are.", *at)
        shape = entry.get("shape", "list")
        if shape not in SHAPES:
            raise yaml.error(f"unit_costs: there is no shape '{files.visible(str(shape))}'. Use {listed(SHAPES)}.", *at)
        path = yaml.path.parent / "costs" / str(entry["file"])
        try:
            if shape == "list":
                rows = read_list(path, str(entry.get("sheet") or ""))
            else:
                rows = read_database(path, [str(s) for s in entry.get("sheets") or []])
        except DataError as error:
            raise yaml.error(f"unit_costs: {error}", *at) from None
        if both := sorted({cost.code for cost in rows} & set(found)):
            raise yaml.error(f"unit_costs: the code {both[0]} stands in two of these files. Keep it in one.", *at)
        for cost in rows:
            found.setdefault(cost.code, {})[cost.kind] = cost
            said[cost.code] = str(entry["attribution"])
    return found, said


def _check(yaml: files.Yaml, name: str, line: Line, rules: CostRules, activities: Activities) -> None:
    """What no schema can say: agencies and codes that exist, units that mean the same, years that the series holds."""
    at = ("costs", name)
    for agency in line.agency:
        if agency not in activities.agencies:
            raise yaml.error(
                f"cost '{name}' names agency '{files.visible(agency)}', which is not in activities.yml."
                f"{did_you_mean(agency, activities.agencies)} Agencies: {listed(sorted(activities.agencies), 8)}.",
                *(*at, "agency"),
            )
    if not line.code:
        return
    kinds = rules.figures.get(line.code)
    if kinds is None:
        raise yaml.error(
            f"cost '{name}' names code '{files.visible(line.code)}', which no file of unit costs holds."
            f"{did_you_mean(line.code, rules.figures)} Correct it, or add a file under unit_costs.",
            *(*at, "code"),
        )
    for cost in kinds.values():
        runs = cost.period
        if (runs or "contact") != line.per:
            needs = f"runs by the {runs}" if runs else "is of one thing done"
            hint = (
                "No log says how long a contact took, so what runs by the hour cannot be used."
                if runs == "hour"
                else f"Write per: {runs or 'contact'}, where the activity means that; it may be {listed(['contact', *DAYS])}."
            )
            raise yaml.error(
                f"cost '{name}': {line.code} {needs} ('{cost.unit}'), not by the {line.per}. {hint}", *(*at, "per")
            )
        for year, whose in ((cost.price_year, f"{line.code} ({in_kinds(kinds)})"), (rules.base_year, "base_year")):
            try:
                rules.deflator.at(year)
            except ValueError as error:
                raise yaml.error(f"cost '{name}', {whose}: {error}".rstrip(), *at) from None
