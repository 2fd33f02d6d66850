"""What a data folder's own rules add to the kit's, or change in them: said on every report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journeys.sources import RULES, Folder
from lib import files

if TYPE_CHECKING:
    import pandas as pd

RULE_FILES = (
    *("activities", "triggers", "facts", "chances", "demand", "costs", "measures"),
    *("conditions", "navigator", "readers", "questions", "worlds", "disclosure", "kinship", "linkage"),
)


def own_rules(folder: Folder) -> pd.DataFrame:
    """One row per line that a folder's own rules add or change: rules, name, change, and what it says now and before.

    >>> from journeys.sources import open_folder
    >>> own_rules(open_folder("published")).columns.tolist()
    ['rules', 'name', 'change', 'now', 'before']
    """
    import pandas as pd

    rows = []
    for rules in RULE_FILES:
        paths = folder.rule_files(f"{rules}.yml")
        if len(paths) < 2:
            continue
        base = files.load(RULES / f"{rules}.yml").data
        own = files.load(paths[-1]).data
        for name, given in (own.get(rules) or {}).items():
            before = (base.get(rules) or {}).get(name)
            if before is None:
                rows.append((rules, name, "added", _said(given or {}), ""))
                continue
            changed = {k: v for k, v in (given or {}).items() if before.get(k) != v}
            if changed:
                rows.append((rules, name, "changed", _said(changed), _said({k: before.get(k) for k in changed})))
        for key in sorted(set(own) - {rules, "version"}):
            if own[key] != base.get(key):
                rows.append((rules, key, "changed", _said({key: own[key]}), _said({key: base.get(key)})))
    return pd.DataFrame(rows, columns=["rules", "name", "change", "now", "before"])


def in_words(folder: Folder) -> str:
    """How many lines a folder's own rules add and change, in a sentence.

    >>> from journeys.sources import open_folder
    >>> print(in_words(open_folder("sample")))
    The rules in force are the kit's own; this folder adds and changes nothing.
    """
    frame = own_rules(folder)
    if frame.empty:
        return "The rules in force are the kit's own; this folder adds and changes nothing."
    counts = frame.groupby(["rules", "change"]).size()
    said = ", ".join(f"{n} {change} in {rules}" for (rules, change), n in counts.items())
    return f"This folder has rules of its own, over the kit's: {said}."


def _said(given: dict[str, Any]) -> str:
    def plain(value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(map(plain, value))
        if isinstance(value, dict):
            return f"({_said(value)})"
        return "nothing" if value is None else str(value)

    return "; ".join(f"{k}: {plain(v)}" for k, v in given.items())
