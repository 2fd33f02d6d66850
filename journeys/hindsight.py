"""What a trigger would have bought: how long before a crisis it fired, for whom it did not, and what it asks of teams.

Looking back proves nothing of what help would have changed. Nor is it a score: a trigger asks a question of a family.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.agreed import Rule, Rules, read_rules
from journeys.columns import TABLES
from journeys.crises import Crises, find_crises
from journeys.journey import Journeys, check_review
from journeys.leads import Fired, Lead, leads
from journeys.stability import stays
from journeys.triggers import fire
from lib.errors import PermissionRefused, RequestError, count, did_you_mean, in_words, listed
from lib.limits import median_wait, wilson

if TYPE_CHECKING:
    import pandas as pd

LEAST_IN_GROUP = 10
"""A share of a group is told where at least so many families stand under it."""

LEAST_FOR_MEDIAN = 3
"""Under so many certain and ended lead times, the days are told one by one and no median is drawn."""

YEAR = 365.25


@dataclass
class Alarms:
    """The firings of one trigger in the period: by family for lead times, each once over families for the load."""

    fired: dict[str, list[Fired]]
    once: dict[frozenset[str], tuple[set[str], str]]


def backtest(
    review: Journeys,
    only: Sequence[str] | None = None,
    *,
    crisis: str | Sequence[str] | None = None,
    workers: int | None = None,
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """What each trigger would have bought: warning before a crisis, for whom, and at what load.

    `review` from `build_journeys`. The triggers in force about families are tried, or those that `only` names. The
    crisis is a family's first contact of an activity marked `crisis`, or of the activities that `crisis` names; or it
    is the first certain firing of the trigger that it names. `workers` is how many people would answer. `groups` says
    of which group a family is, and adds a row for each trigger and group.

    Returns the columns of `columns.TABLES["backtest"]`, a row per trigger, in the order of the rules. Only what was
    known before the day of the crisis is foresight. Precision and recall rest on the comparison families; where the
    sources do not permit them, or there are none, they are empty and the sentence says so.

    Raises `PermissionRefused` where a source may not be used for triggers, or, with `groups`, for fairness;
    `RequestError` for a trigger, a crisis or a family that is not there, and for triggers about services.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.families import read_members
    >>> from journeys.journey import build_journeys
    >>> review = build_journeys(read_contacts("sample"), read_members("sample"), end="2025-03-31")
    >>> frame = backtest(review, ["unexplained_absence"], crisis="homelessness_approach")
    >>> frame[["families", "crises", "fired_before", "late", "missed"]].iloc[0].tolist()
    [8, 2, 1, 1, 0]
    """
    import pandas as pd

    check_review(review)
    if workers is not None and workers < 1:
        raise RequestError(f"workers is how many people would answer: 1 or more, not {workers}.")
    review.session.folder.require("triggers")
    if groups is not None:
        review.session.folder.require("fairness")
    rules = read_rules(review)
    chosen = about_families(rules, only)
    everyone, refused = with_comparison(review)
    _known_families(groups, everyone)
    rows, matching = fire(everyone, rules, chosen)
    crises = find_crises(everyone, rules, crisis, matching)
    chosen = [name for name in chosen if name != crises.trigger]
    alarms = _alarms(rows, chosen, crises)
    stay = stays(everyone, rules, {n: [(f, e) for e, (fs, _) in a.once.items() for f in fs] for n, a in alarms.items()})
    found = []
    for name in chosen:
        tried = Tried(review, rules, crises, name, alarms[name], workers, refused)
        found.append(tried.row(everyone.families, None, groups) | {"stays": stay[name]})
        for group in sorted(set((groups or {}).values())):
            some = [f for f in everyone.families if (groups or {}).get(f) == group]
            found.append(tried.row(some, group, groups))
    frame = pd.DataFrame(found, columns=[c.name for c in TABLES["backtest"]])
    kinds = {"whole number": "Int64", "number": "Float64", "share": "Float64"}
    return frame.astype({c.name: kinds[c.type] for c in TABLES["backtest"] if c.type in kinds})


def about_families(rules: Rules, only: Sequence[str] | None) -> list[str]:
    """The triggers in force about families, or those named. A service's deadline is no sign of what a family needs."""
    for name in only or ():
        if name not in rules.triggers:
            raise RequestError(
                f"there is no trigger '{name}'.{did_you_mean(name, rules.triggers)} Triggers: {listed(rules.triggers)}."
            )
        if rules.triggers[name].about != "family":
            raise RequestError(
                f"trigger '{name}' is about a service's own deadline, which says nothing of a family: it has no "
                f"lead time. Take it out. Triggers about families: {listed(rules.in_force('family'))}."
            )
    return rules.in_force("family") if only is None else [name for name in rules.triggers if name in only]


def with_comparison(review: Journeys) -> tuple[Journeys, str]:
    """The families under review and those to compare them with, together; or why there are none to compare with."""
    try:
        others = review.comparison
    except PermissionRefused:
        return review, "the sources do not permit a comparison group"
    if not len(others):
        return review, "no comparison group"
    families = [*review.families, *others.families]
    return Journeys(review.session, review.engine, review.codes, review.start, review.end, review.as_at, families), ""


def _known_families(groups: Mapping[str, str] | None, everyone: Journeys) -> None:
    for family in groups or ():
        if family not in everyone.families:
            near = did_you_mean(str(family), everyone.families)
            raise RequestError(f"groups: family '{family}' is not looked at here.{near}")


def _alarms(rows: Iterable[tuple[Any, ...]], chosen: Sequence[str], crises: Crises) -> dict[str, Alarms]:
    found = {name: Alarms(defaultdict(list), {}) for name in chosen}
    for _, name, _, family, _, _, known, evidence, certainty, answered_on, is_open, _ in rows:
        if name not in found or not crises.start <= known <= crises.end:
            continue
        alarms, key = found[name], frozenset(evidence)
        alarms.fired[family].append(Fired(known, certainty == "certain"))
        state = "answered" if answered_on is not None else "open" if is_open else "not answered"
        families, before = alarms.once.get(key, (set(), state))
        best = min(before, state, key=["answered", "open", "not answered"].index)
        alarms.once[key] = (families | {family}, best)
    return found


@dataclass
class Tried:
    """One trigger, tried on a set of families: what becomes a row of the table."""

    review: Journeys
    rules: Rules
    crises: Crises
    name: str
    alarms: Alarms
    workers: int | None
    refused: str

    @property
    def rule(self) -> Rule:
        """The rule itself."""
        return self.rules.triggers[self.name]

    def row(self, families: Sequence[str], group: str | None, groups: Mapping[str, str] | None) -> dict[str, Any]:
        """The row over some families: all of them, or a group."""
        mine, crises = set(families), self.crises
        reviewed = [f for f in self.review.families if f in mine]
        counted = [f for f in reviewed if not crises.is_already(f)]
        others = [f for f in families if f not in set(reviewed) and not crises.is_already(f)]
        led = leads([*counted, *others], self.alarms.fired, crises)
        own = {f: led[f] for f in counted if f in led}
        came = [f for f in counted if f in crises.days]
        calm = [f for f in others if f not in crises.days]
        sure = [x.days for x in own.values() if x.ended and x.certain]
        still = [x.days for x in own.values() if not x.ended]
        row: dict[str, Any] = {
            "trigger": self.name,
            "group": group,
            "rule": self.rule.says,
            "mark": self.rule.mark,
            "crisis": crises.says,
            "families": len(counted),
            "already": len(reviewed) - len(counted),
            "crises": len(came),
            "fired": len(own),
            "fired_before": sum(f in own for f in came),
            "late": sum(f not in own and bool(self.alarms.fired.get(f)) for f in came),
            "missed": sum(not self.alarms.fired.get(f) for f in came),
            "open": len(still),
            "possible": sum(not x.certain for x in own.values()),
            "days_median": statistics.median(sure) if sure else None,
            "days_median_with_open": median_wait(sure, [x.days for x in own.values() if not x.ended and x.certain]),
            "days_ended": sorted(sure, reverse=True),
            "days_possible": sorted((x.days for x in own.values() if x.ended and not x.certain), reverse=True),
            "days_open": sorted(still, reverse=True),
            "fairness": _fairness(groups),
        }
        if not self.refused:
            row |= {"comparison": len(others), "no_crisis": len(calm), "fired_no_crisis": sum(f in led for f in calm)}
            row |= self._shares([*counted, *others], led, LEAST_IN_GROUP if group is not None else 1)
        row |= self._load(mine)
        row["says"] = _sentence(row, self.refused, waits_for_crisis(self.rules, self.rule, crises))
        return row

    def _shares(self, families: Sequence[str], led: Mapping[str, Lead], least: int) -> dict[str, Any]:
        came = [f for f in families if f in self.crises.days]
        before = sum(f in led for f in came)
        found: dict[str, Any] = {}
        for name, base in (("precision", len(led)), ("recall", len(came))):
            interval = wilson(before, base) if base >= least else None
            if interval:
                found |= {name: before / base, f"{name}_low": interval[0], f"{name}_high": interval[1]}
        return found

    def _load(self, families: set[str]) -> dict[str, Any]:
        """What the trigger asks of teams: its firings in these families, each once."""
        days = self.crises.end - self.crises.start + 1
        states = [state for whose, state in self.alarms.once.values() if whose & families]
        answered, still = states.count("answered"), states.count("open")
        ended = len(states) - still
        a_month = len(states) / days * YEAR / 12
        return {
            "alarms": len(states),
            "alarm_families": len(families),
            "alarms_a_month": a_month,
            "alarms_per_100": len(states) / days * YEAR / len(families) * 100 if families else None,
            "alarms_per_worker": a_month / self.workers if self.workers else None,
            "answered": answered,
            "not_answered": ended - answered,
            "answer_open": still,
            "share_answered": answered / ended if ended else None,
        }


def waits_for_crisis(rules: Rules, rule: Rule, crises: Crises) -> bool:
    """Whether a rule is met by nothing but the crisis itself, so that it cannot come before it."""
    last = rules.activities(rule.then if rule.pattern in ("follow", "sequence") else rule.activity)
    return crises.trigger is None and bool(last) and set(last) <= crises.activities


def _fairness(groups: Mapping[str, str] | None) -> str:
    if groups is None:
        return "fairness untested: no groups of families were given"
    return f"groups in rows of their own; a share is told where {LEAST_IN_GROUP} families or more stand under it"


def _sentence(row: Mapping[str, Any], refused: str, on_crisis: bool) -> str:
    """A row in words: warning first, then for whom it was wrong, then what could not be told."""
    came, before = row["crises"], row["fired_before"]
    if not came:
        parts = ["No family under review came to crisis in the period, so there is no lead time."]
    else:
        parts = [f"Fired before the crisis for {before} of {count(came, 'family', 'families')} that came to one"]
        parts[0] += f"{_how_long(row)}."
    if row["late"]:
        parts.append(f"For {row['late']} it fired only on the day or after.")
    if on_crisis:
        parts.append("It waits for the crisis itself, so it cannot come before it.")
    if row["open"]:
        parts.append(f"{row['open']} not ended: no crisis so far.")
    if row["possible"]:
        parts.append(f"{row['possible']} only possible.")
    if refused:
        parts.append(f"{refused[:1].upper()}{refused[1:]}: precision is not told.")
    elif row.get("precision") is not None:
        low, high = row["precision_low"], row["precision_high"]
        parts.append(
            f"It also fired for {row['fired_no_crisis']} of {row['no_crisis']} comparison families with no crisis: of all it "
            f"fired for, {row['precision']:.0%} came to crisis ({low:.0%} to {high:.0%})."
        )
    elif row["comparison"]:
        parts.append(f"It fired for {row['fired_no_crisis']} of {row['no_crisis']} comparison families with no crisis.")
    return " ".join(parts)


def _how_long(row: Mapping[str, Any]) -> str:
    """The warning: a median of three or more, or else the days themselves."""
    days = row["days_ended"]
    if len(days) >= LEAST_FOR_MEDIAN:
        return f", a median of {row['days_median']:g} days before"
    return f", {in_words(str(d) for d in days)} days before" if days else ""
