"""Rules over journeys, firings out: each with its evidence, and whether help followed, did not, or still may.

A trigger is a question to ask a family. It is no risk score, and no alert.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from journeys.agreed import Rule, Rules, read_rules
from journeys.columns import as_arrow, identifying
from journeys.journey import Journeys
from journeys.matching import Matching, in_one_go
from journeys.patterns import Met
from journeys.watched import FAR, NONE
from lib.dates import day_number, say_short, to_date
from lib.engine import Table
from lib.errors import RequestError, count, did_you_mean, in_words, listed

if TYPE_CHECKING:
    import pandas as pd


ABOUT = ("family", "service")
MOST_DAYS_NAMED = 6


@dataclass
class Firings:
    """What came of the rules beside the firings themselves: the absences whose window has not closed."""

    review: Journeys
    rules: Rules
    asked: list[str]
    open_silences: pd.DataFrame
    not_supplied: list[str] = field(default_factory=list)


def find_triggers(review: Journeys, only: Sequence[str] | None = None, *, about: str = "family") -> Table:
    """Which rules were met, when, by which contacts, and whether help followed.

    `review` from `build_journeys`. The triggers in force about families are looked at; with `about="service"`, those
    about services' own deadlines, which say nothing of a family; with `only`, those that it names, in force or not.

    Returns a Table with the columns of `columns.TABLES["firings"]`, a row per firing. `fired_on` is the last day on
    which the evidence may have fallen; `known_on` the first day on which anybody could have known it. Help from
    `fired_on` on, and no later than the agreed days after `known_on`, answers; until those days have run out, within
    `as_at` and the coverage of whoever could answer, a firing is open. Absences whose window has not closed are in
    `firings.owner.open_silences`.

    Raises `PermissionRefused` where a source may not be used for triggers, `RuleError` for a rule that cannot be used,
    `RequestError` for a trigger that is not there.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> firings = find_triggers(build_journeys(read_contacts("sample")))
    >>> firings.columns[:4]
    ['firing_id', 'trigger', 'rules_version', 'family_id']
    """
    import pandas as pd
    import pyarrow as pa

    review.session.folder.require("triggers")
    rules = read_rules(review)
    if about not in ABOUT:
        raise RequestError(f"no trigger is about '{about}'.{did_you_mean(about, ABOUT)} Say family or service.")
    for name in only or ():
        if name not in rules.triggers:
            raise RequestError(
                f"there is no trigger '{name}'.{did_you_mean(name, rules.triggers)} Triggers: {listed(rules.triggers)}."
            )
    chosen = rules.in_force(about) if only is None else [name for name in rules.triggers if name in only]
    table = review.engine.fresh_name("firings")
    matching = Matching(review, rules, chosen, day_number(review.over_by))
    fired = (as_arrow("firings", some) for some in _in_turn(matching, rules, chosen))
    review.engine.load(table, pa.concat_tables([as_arrow("firings", []), *fired]))
    families = matching.watched.families
    waiting = [
        (name, families[family], to_date(w.due_on), [r.id for r in w.evidence])
        for name, family, w in matching.waiting
        if name in chosen
    ]
    silences = pd.DataFrame(sorted(waiting), columns=["trigger", "family_id", "due_on", "evidence"])
    owner = Firings(review, rules, chosen, silences, [name for name in chosen if name in matching.not_supplied])
    select = f"SELECT * FROM {table} ORDER BY fired_on, trigger, family_id, firing_id"
    return Table(review.engine, "firings", select, identifying("firings"), owner)


def fire(review: Journeys, rules: Rules, names: Sequence[str]) -> tuple[list[tuple[Any, ...]], Matching]:
    """The firings of some triggers as rows of `columns.TABLES["firings"]`, days as numbers, in order of day."""
    matching = Matching(review, rules, names, day_number(review.over_by))
    rows = [row for some in _in_turn(matching, rules, names) for row in some]
    rows.sort(key=lambda r: (r[5], r[1], r[3], r[0]))
    return rows, matching


def _in_turn(matching: Matching, rules: Rules, names: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """The firings of one trigger after another: only what a combination still needs is held beside them."""
    for at, name in enumerate(names):
        yield _fired(name, rules, matching)
        needed = {part for later in names[at + 1 :] for part in rules.triggers[later].of or ()}
        for done in {name, *(rules.triggers[name].of or ())} - needed - set(names[at + 1 :]):
            matching.forget(done)


def _fired(name: str, rules: Rules, matching: Matching) -> list[tuple[Any, ...]]:
    """A row for each firing of one trigger."""
    rule, families = rules.triggers[name], matching.watched.families
    version = rule.version or rules.version
    rows = []
    with in_one_go():
        found = matching.found(name)
        known = [max([one.met.fired_on, *[r.known for r in one.met.evidence]]) for one in found]
        states = answered(matching, rule, [(o.family, o.met, k) for o, k in zip(found, known, strict=True)])
        for (family_code, person, met), known_on, (answered_on, is_open) in zip(found, known, states, strict=True):
            ids = [r.id for r in met.evidence]
            family = families[family_code]
            key = hashlib.sha256("\n".join((family, *sorted(ids))).encode()).hexdigest()[:12]
            certainty = "certain" if met.certain else "possible"
            about = (f"{name}:{key}", name, version, family, person, met.fired_on, known_on, ids, certainty)
            rows.append((*about, answered_on, is_open, sentence(rule, met)))
    return rows


def sentence(rule: Rule, met: Met) -> str:
    """A firing in words: what the rule says, and the days that met it.

    >>> from journeys.patterns import Seen
    >>> rule = Rule(says="Two absences", why="", source="", mark="local", pattern="repeat", activity="absence", times=2)
    >>> sentence(rule, Met(19002, tuple(Seen(str(d), d, None, d, d, d) for d in (19000, 19002)), True))
    'Two absences: 8 Jan 2022 and 10 Jan 2022'
    """
    if rule.pattern == "rate":
        return f"{rule.says}: {count(len(met.evidence), 'session')} missed by {_day(met.fired_on)}"
    days = dict.fromkeys(_span(r.earliest, r.latest) for r in met.evidence)
    if len(days) > MOST_DAYS_NAMED:
        first, last = min(r.earliest for r in met.evidence), max(r.latest for r in met.evidence)
        return f"{rule.says}: {count(len(met.evidence), 'contact')}, {_day(first)} to {_day(last)}"
    nothing = f", and nothing by {_day(met.fired_on)}" if rule.pattern == "silence" else ""
    # Two marks of one day are two contacts: without their number the days alone would seem too few.
    several = f"{count(len(met.evidence), 'contact')}, on " if len(met.evidence) > len(days) else ""
    return f"{rule.says}: {several}{in_words(days)}{nothing}"


@cache
def _day(number: int) -> str:
    return say_short(to_date(number))


def _span(earliest: int, latest: int) -> str:
    return _day(earliest) if earliest == latest else f"between {_day(earliest)} and {_day(latest)}"


def answered(
    matching: Matching, rule: Rule, fired: Sequence[tuple[int, Met, int]]
) -> Iterator[tuple[int | None, bool]]:
    """For each firing (its family, what met the rule, the day it could be known): the day help followed, if it did in
    time; and whether it still may.
    """
    import numpy as np

    watched = matching.watched
    helps = watched.places(matching.rules.activities(rule.answered_by))
    could = matching.agencies(rule.answered_by) or [a for a in matching.covers if a != "family"]
    covered = [matching.covers[a].to_day if a in matching.covers else NONE for a in could] if rule.answered_by else []
    until = min([matching.as_at, *covered])
    columns = {name: watched.columns[name][helps] for name in ("family", "latest", "earliest", "day", "second")}
    order = np.lexsort((columns["latest"], columns["family"]))
    family, latest, earliest, day, second = (column[order].tolist() for column in columns.values())
    keys = columns["family"][order] * FAR + columns["latest"][order]
    asked = np.array([one * FAR + met.fired_on for one, met, _ in fired], np.int64)
    for (one, met, known_on), at in zip(fired, np.searchsorted(keys, asked).tolist(), strict=True):
        last, helped = known_on + rule.answered_within_days, None
        while at < len(family) and family[at] == one and latest[at] <= last:
            same_day = day[at] == met.fired_on and met.second is not None and second[at] != NONE
            if earliest[at] >= met.fired_on and not (same_day and second[at] < (met.second or 0)):
                helped = latest[at]
                break
            at += 1
        yield helped, helped is None and last > until
