"""The search for better triggers: what would have warned earliest at a load that the teams can answer.

Rules are fitted on one half of the families and judged on the other, which played no part in choosing them. What comes
out are candidates. Nothing runs one until a person puts it in a rules file, with a reason.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from journeys.agreed import Rules, read_rules
from journeys.candidates import Candidate, as_noise, candidates, signs, with_candidates
from journeys.columns import TABLES
from journeys.crises import find_crises
from journeys.halves import halves
from journeys.hindsight import with_comparison
from journeys.journey import Journeys, check_review, empty
from journeys.leads import Fired
from journeys.matching import Matching
from journeys.scores import Firing, Score, score
from lib.dates import day_number, say
from lib.errors import RequestError, count

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE, LEAST_DIFFERENCE = 0.05, 1.0
"""Rules whose warning differs by less than a twentieth, or a day, are of equal worth: the plainer one comes first."""

NOISE = 3
"""The alarms of so many of the best rules are dealt to other families by chance as well, to show what chance does."""


@dataclass(frozen=True)
class Search:
    """What a search found. `frame` has a row per rule, with the columns of `columns.TABLES["search"]`."""

    review: Journeys
    frame: pd.DataFrame
    found: Mapping[str, Candidate]
    crisis: str
    tried: int
    alarms_per_100: float
    seed: int
    learned_on: Sequence[str]
    held_out: Sequence[str]
    refused: str
    until: dt.date

    @property
    def says(self) -> str:
        """What was found, in words, with the number of rules tried."""
        ranked = self.frame[self.frame["rank"].notna()]
        tried = f"{count(self.tried, 'rule')} tried on {count(len(self.learned_on), 'family', 'families')}"
        load = f"at no more than {self.alarms_per_100:g} alarms per 100 families a year"
        if ranked.empty:
            return f"{tried}: none warned of a crisis beyond chance {load}."
        best = ranked.iloc[0]
        held = (
            f"On {count(len(self.held_out), 'other family', 'other families')} it fired before the crisis for "
            f"{best['fired_before']} of {best['crises']}"
            + ("" if empty(best["days_median"]) else f", a median of {best['days_median']:g} days")
            + f", and for {best['fired_no_crisis']} of {best['no_crisis']} with no crisis; "
            f"{best['alarms_per_100']:.1f} alarms per 100 families a year."
        )
        verdict = "A candidate: nothing runs it until a person puts it in a rules file, with a reason."
        if not best["holds"]:
            others = f"{int(ranked['holds'].sum())} of {len(ranked) - 1} others in the running held"
            verdict = f"It did not hold there, so it is not put forward; {others}."
        return f"{tried}. Most warning {load}: {best['rule']}. {held} {verdict}"

    def as_yaml(self, name: str, reason: str, rank: int = 1) -> str:
        """A candidate as lines for a rules file, under a name and with the reason of whoever puts it forward.

        `fj.rule_changes(review, file)` shows what it would gain before anybody adopts it.

        Raises `RequestError` for a rank that is not there or did not hold on the families held out, for a name that is
        taken or is none, and without a reason.
        """
        from ruamel.yaml import YAML

        chosen = self.frame[self.frame["rank"] == rank]
        if chosen.empty:
            raise RequestError(f"there is no rule of rank {rank}. Ranks: 1 to {int(self.frame['rank'].count())}.")
        row = chosen.iloc[0]
        if not row["holds"]:
            raise RequestError(
                f"rank {rank} ({row['rule']}) did not hold on the families held out, so it is no candidate. "
                "Look at search.frame for those that held."
            )
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in read_rules(self.review).triggers:
            raise RequestError(
                f"'{name}' cannot name a trigger: it is taken, or is not small letters, digits and _. Give another."
            )
        if not reason.strip():
            raise RequestError("say why anybody would ask a family this: a rule with no reason is not put forward.")
        rule = self.found[str(row["trigger"])].rule
        parts = rule.model_dump(exclude_unset=True, exclude={"why", "source", "mark", "says", "pattern"})
        source = (
            f"Found by search in records to {say(self.until)}: rank {rank} of {self.tried} rules tried at "
            f"{self.alarms_per_100:g} alarms per 100 families a year. On families held out it fired before the crisis "
            f"(first {self.crisis}) for {row['fired_before']} of {row['crises']}. Not yet tried on later families"
        )
        lines = {"says": rule.says, "why": reason.strip(), "source": source, "mark": "illustrative"}
        lines |= {"agreed_by": "nobody yet: a candidate", "pattern": rule.pattern} | parts
        lines |= {"answers": "to be agreed", "offers": "to be agreed"}
        text = io.StringIO()
        yaml = YAML()
        yaml.width = 110
        yaml.dump({"triggers": {name: lines}}, text)
        return "# A candidate. It is a rule once it stands in a data folder's rules/triggers.yml.\n" + text.getvalue()

    def __repr__(self) -> str:
        return self.says


def search_triggers(
    review: Journeys, *, alarms_per_100: float, crisis: str | Sequence[str] | None = None, seed: int = 0
) -> Search:
    """Rules that would have warned of a crisis earliest, at no more than so many alarms per 100 families a year.

    `review` from `build_journeys`; the comparison families are taken in where the sources permit it. `crisis` as in
    `backtest`. `seed` deals the families into two halves, those with a crisis evenly and those that share a child together.

    Some 180 plain rules are made from the activities that came before crises in the first half, and ranked there by
    *days of warning beyond chance*: the mean days from a first firing to the crisis (a family it missed counts 0), less
    what families with no crisis had by the same days; by the lower end of its 95% interval, so that luck does not lead.
    At equal worth the plainer rule comes first. Each is then judged on the second half: it holds if it stays within the
    load there and the interval lies above 0. The rules in force are judged beside them; and, as noise, the best few
    with their alarms dealt to other families by chance.

    Returns a `Search`: `print(search)`, `search.frame`, `search.as_yaml(name, reason)`.

    Raises `RequestError` where fewer than 20 families came to crisis, or fewer than 20 did not; `PermissionRefused`
    where a source may not be used for triggers.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> search_triggers(build_journeys(read_contacts("sample")), alarms_per_100=30, crisis="homelessness_approach")
    Traceback (most recent call last):
        ...
    lib.errors.RequestError: a search needs 20 families that came to crisis and 20 that did not...
    """
    import pandas as pd

    check_review(review)
    if not alarms_per_100 > 0:
        raise RequestError("alarms_per_100 is how many alarms per 100 families a year can be answered: more than 0.")
    review.session.folder.require("triggers")
    rules, (everyone, refused) = read_rules(review), with_comparison(review)
    agreed = [Candidate(name, rules.triggers[name], "agreed") for name in rules.in_force()]
    crises = find_crises(everyone, rules, crisis, Matching(everyone, rules, [], day_number(everyone.over_by)))
    learn, held = halves(everyone, crises, seed)
    tried = list(candidates(everyone, signs(everyone, crises, [f for f in learn if f in crises.days])))
    agreed = [c for c in agreed if c.name != crises.trigger]
    fired, not_covered = _fired(everyone, rules, [*agreed, *tried])
    tried = [c for c in tried if c.name not in not_covered]
    learned = {c.name: score(fired[c.name], learn, crises) for c in tried}
    ranked = _ranked([c for c in tried if _is_able(learned[c.name], alarms_per_100)], learned)
    place = {c.name: n for n, c in enumerate(ranked, 1)}
    rest = sorted((c for c in tried if c.name not in place), key=lambda c: (-learned[c.name].beyond_low, c.plainness))
    noise = [as_noise(c) for c in [*ranked, *rest][:NOISE]]
    for one, real in zip(noise, [*ranked, *rest], strict=False):
        fired[one.name] = _dealt(fired[real.name], held, f"{seed}:{real.name}")
    rows = [
        _row(c, place.get(c.name), learned.get(c.name), score(fired[c.name], held, crises), alarms_per_100, refused)
        for c in [*ranked, *agreed, *noise, *rest]
    ]
    frame = pd.DataFrame(rows, columns=[c.name for c in TABLES["search"]])
    kinds = {"whole number": "Int64", "number": "Float64", "share": "Float64"}
    frame = frame.astype({c.name: kinds[c.type] for c in TABLES["search"] if c.type in kinds})
    about = (crises.says, len(tried), alarms_per_100, seed, learn, held, refused, everyone.over_by)
    return Search(review, frame, {c.name: c for c in tried}, *about)


def _fired(review: Journeys, rules: Rules, some: Sequence[Candidate]) -> tuple[dict[str, list[Firing]], set[str]]:
    """Each rule's firings: the family, the day it could be known and how surely, the evidence; and rules not covered."""
    matching = Matching(review, with_candidates(rules, some), [c.name for c in some], day_number(review.over_by))
    families = matching.watched.families
    found: dict[str, list[Firing]] = {one.name: [] for one in some}
    for one in some:
        for family, _, met in matching.found(one.name):
            known = max(met.fired_on, *(r.known for r in met.evidence))
            found[one.name].append((families[family], Fired(known, met.certain), frozenset(r.id for r in met.evidence)))
    return found, set(matching.not_supplied)


def _dealt(fired: Sequence[Firing], families: Sequence[str], seed: str) -> list[Firing]:
    """The same alarms, each family's given to another by chance: as many, on the same days, and they mean nothing."""
    others = list(families)
    Random(seed).shuffle(others)
    given = dict(zip(families, others, strict=True))
    return [(given[family], one, evidence) for family, one, evidence in fired if family in given]


def _is_able(learned: Score, alarms_per_100: float) -> bool:
    """Whether a rule keeps within the load where it was fitted, and surely warned beyond chance there."""
    return learned.alarms_per_100 <= alarms_per_100 and learned.beyond_low > 0


def _ranked(able: Sequence[Candidate], learned: Mapping[str, Score]) -> list[Candidate]:
    """The most warning first, by the lower end of its interval: a few long warnings by luck do not lead. Among those
    of equal worth the plainest."""
    left = sorted(able, key=lambda c: (-learned[c.name].beyond_low, c.plainness))
    ranked = []
    while left:
        most = learned[left[0].name].beyond_low
        equal = [c for c in left if most - learned[c.name].beyond_low <= max(TOLERANCE * most, LEAST_DIFFERENCE)]
        ranked.append(min(equal, key=lambda c: c.plainness))
        left.remove(ranked[-1])
    return ranked


def _row(
    one: Candidate, rank: int | None, learned: Score | None, held: Score, alarms_per_100: float, refused: str
) -> dict[str, Any]:
    within = held.alarms_per_100 <= alarms_per_100
    fired = held.fired_before + held.fired_no_crisis
    row = {
        "rank": rank,
        "trigger": one.name,
        "kind": one.kind,
        "rule": one.rule.says,
        "pattern": one.rule.pattern,
        "activities": one.activities,
        "contacts": one.contacts,
        "window_days": one.rule.within.most_days or None,
        "learned_beyond_chance": learned.beyond if learned else None,
        "learned_beyond_low": learned.beyond_low if learned else None,
        "learned_alarms_per_100": learned.alarms_per_100 if learned else None,
        "within_load": within,
        "holds": within and held.beyond_low > 0,
        **{name: getattr(held, name) for name in ("crises", "fired_before", "days_median", "warning", "chance")},
        "beyond_chance": held.beyond,
        **{name: getattr(held, name) for name in ("beyond_low", "beyond_high", "alarms_per_100")},
        "no_crisis": held.no_crisis,
        "fired_no_crisis": held.fired_no_crisis,
    }
    if not refused:
        row["precision"] = held.fired_before / fired if fired else None
    row["recall"] = held.fired_before / held.crises if not refused else None
    return row
