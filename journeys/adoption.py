"""The rules in force, for a board to read; and what a change to them would gain and lose before anybody adopts it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.agreed import Rule, Rules, load_rules
from journeys.columns import TABLES
from journeys.journey import Journeys
from journeys.sources import RULES
from journeys.triggers import fire

if TYPE_CHECKING:
    import pandas as pd


def rules_in_force(review: Journeys) -> pd.DataFrame:
    """The triggers of a review, one row each, with the columns of `columns.TABLES["rules"]`.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> frame = rules_in_force(build_journeys(read_contacts("sample"))).set_index("trigger")
    >>> frame.loc["re_referral", "window"], frame.loc["re_referral", "mark"]
    ('12 months', 'national')
    """
    return as_frame(load_rules(review.session.folder.rule_files("triggers.yml"), review.activities))


def as_frame(rules: Rules) -> pd.DataFrame:
    """Rules as a table, in the order of their files."""
    import pandas as pd

    rows = [
        (
            *(name, rule.about, rule.in_force, rule.says, rule.why, rule.pattern, window(rule), rule.mark, rule.source),
            *(rule.answers, rule.offers, rule.version or rules.version, rule.agreed_by or rules.agreed_by),
        )
        for name, rule in rules.triggers.items()
    ]
    return pd.DataFrame(rows, columns=[c.name for c in TABLES["rules"]])


def window(rule: Rule) -> str:
    """The window of a rule in words."""
    if rule.pattern == "rate":
        return f"school {rule.counted_from} to date, at each month's end"
    if rule.pattern == "first":
        return "ever" if rule.since_gap_days is None else f"{rule.since_gap_days} days with none before"
    return rule.within.says


def rule_changes(review: Journeys, proposed: str | Path | None = None) -> pd.DataFrame:
    """What a change of rules gains and loses in firings, trigger by trigger, before it is adopted.

    With `proposed`, a file of triggers as it would stand in the data folder's rules/triggers.yml: the rules in force
    against the same with that file merged over them. Without it: the kit's own rules against the rules in force, so
    what the folder's lines have changed. Firings are compared by their evidence. Triggers that are in force before or
    after are looked at, those about families and those about services.

    Returns the columns of `columns.TABLES["rule_changes"]`, a row per trigger. Raises `RuleError` with file and line
    for a rule that cannot be used, `PermissionRefused` where a source may not be used for triggers.
    """
    import pandas as pd

    review.session.folder.require("triggers")
    in_force = review.session.folder.rule_files("triggers.yml")
    old = in_force if proposed is not None else (RULES / "triggers.yml",)
    new = (*in_force, Path(proposed)) if proposed is not None else in_force
    before, after = load_rules(old, review.activities), load_rules(new, review.activities)
    was, now = _firings(review, before), _firings(review, after)
    rows = []
    for name in dict.fromkeys([*before.triggers, *after.triggers]):
        if name not in {*was, *now}:
            continue
        a, b = was.get(name, {}), now.get(name, {})
        change = "added" if name not in was else "removed" if name not in now else _change(name, before, after)
        families = {f for f, _ in a}, {f for f, _ in b}
        counts = (sum(a.values()), sum(b.values()), len(b.keys() - a.keys()), len(a.keys() - b.keys()))
        rows.append((name, change, *counts, len(families[1] - families[0]), len(families[0] - families[1])))
    return pd.DataFrame(rows, columns=[c.name for c in TABLES["rule_changes"]])


def _firings(review: Journeys, rules: Rules) -> dict[str, dict[tuple[str, Any], int]]:
    """Trigger -> (family, evidence) -> firings, of every trigger in force."""
    names = [*rules.in_force("family"), *rules.in_force("service")]
    found: dict[str, dict[tuple[str, Any], int]] = {name: defaultdict(int) for name in names}
    place = {c.name: n for n, c in enumerate(TABLES["firings"])}
    for row in fire(review, rules, names)[0]:
        found[row[place["trigger"]]][row[place["family_id"]], tuple(sorted(row[place["evidence"]]))] += 1
    return found


def _change(name: str, before: Rules, after: Rules) -> str:
    was, now = before.triggers[name], after.triggers[name]
    if was != now or _means(before, was) != _means(after, now):
        return "changed"
    return "in a part" if any(_change(part, before, after) != "the same" for part in now.of or ()) else "the same"


def _means(rules: Rules, rule: Rule) -> list[list[str]]:
    """The activities behind the names that a rule uses: a group may change while the rule stands."""
    given = (rule.activity, rule.then, rule.without, rule.awaited, rule.possible, rule.grades, rule.answered_by)
    return [rules.activities(some) for some in given]
