"""Rules over journeys, firings out: each with its evidence, and whether help followed, did not, or still may.

A trigger is a question to ask a family. It is no risk score, and no alert.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from journeys import patterns
from journeys.agreed import Rule, Rules, names, read_rules
from journeys.columns import TABLES, identifying
from journeys.journey import Journeys
from journeys.patterns import Cover, Met, Seen, Within
from lib.dates import day_number, to_date
from lib.dialect import literal
from lib.engine import Table
from lib.errors import RequestError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROWS = """
SELECT f.name AS family, c.person_id, c.contact_id, s.day, s.second, s.earliest, s.latest, c.known_day
FROM {steps} AS s JOIN {at}families AS f ON s.family = f.code JOIN {contacts} AS c ON s.c = c.c
WHERE {which} AND {families}
ORDER BY family, s.earliest, c.contact_id
"""

CROWDED = """
SELECT family FROM (
  SELECT s.family, s.earliest, lag(s.earliest, {back}) OVER (PARTITION BY s.family ORDER BY s.earliest) AS before,
    count(*) OVER (PARTITION BY s.family) AS n,
    max(CASE WHEN s.grain <> 0 THEN 1 ELSE 0 END) OVER (PARTITION BY s.family) AS vague
  FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c WHERE {which}
) AS r GROUP BY family HAVING max(CASE WHEN earliest - before <= {window} THEN 1 ELSE 0 END) = 1 OR (max(vague) = 1 AND max(n) > {back})
"""
"""Families in whom enough contacts of a kind lie near enough for the rule to be looked at closely."""


@dataclass
class Firings:
    """What came of the rules beside the firings themselves: the absences whose window has not closed."""

    review: Journeys
    rules: Rules
    open_silences: pd.DataFrame
    not_supplied: list[str] = field(default_factory=list)


def find_triggers(review: Journeys, only: Sequence[str] | None = None) -> Table:
    """Which rules were met, when, by which contacts, and whether help followed.

    `review` from `build_journeys`; `only` names some of the triggers in force. Returns a Table with the columns of
    `columns.TABLES["firings"]`, a row per firing. `fired_on` is the last day on which the evidence may have fallen;
    `known_on` the first day on which anybody could have known it. Help from `fired_on` on, and no later than the
    agreed days after `known_on`, answers; until those days have run out, within `as_at` and the coverage of whoever
    could answer, a firing is open. Absences whose window has not closed are in `firings.owner.open_silences`.

    Raises `PermissionRefused` where a source may not be used for triggers, `RuleError` for a rule that cannot be used.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> contacts = read_contacts("sample")
    >>> firings = find_triggers(build_journeys(contacts))
    >>> firings.columns[:4]
    ['firing_id', 'trigger', 'rules_version', 'family_id']
    """
    import pandas as pd

    review.session.folder.require("triggers")
    rules = read_rules(review)
    for name in only or ():
        if name not in rules.triggers:
            raise RequestError(
                f"there is no trigger '{name}'.{did_you_mean(name, rules.triggers)} Triggers: {listed(rules.triggers)}."
            )
    search = _Search(review)
    rows: list[tuple[Any, ...]] = []
    waiting: list[tuple[Any, ...]] = []
    for name, rule in rules.triggers.items():
        if only is None or name in only:
            rows += search.firings(name, rule, rules.version, waiting)
    rows.sort(key=lambda r: (r[5], r[1], r[3], r[0]))
    table = review.engine.fresh_name("firings")
    review.engine.load(table, _as_arrow(rows))
    silences = pd.DataFrame(sorted(waiting), columns=["trigger", "family_id", "due_on", "evidence"])
    owner = Firings(review, rules, silences, search.not_supplied)
    select = f"SELECT * FROM {table} ORDER BY fired_on, trigger, family_id, firing_id"
    return Table(review.engine, "firings", select, identifying("firings"), owner)


class _Search:
    """One review's contacts, looked at rule by rule."""

    def __init__(self, review: Journeys) -> None:
        self.review = review
        self.not_supplied: list[str] = []
        self.as_at = day_number(review.over_by)

    @cached_property
    def _covers(self) -> dict[str, Cover]:
        rows = self.review.engine.rows("SELECT agency, from_day, to_day FROM store.coverage")
        return {agency: Cover(a, b) for agency, a, b in rows}

    def firings(self, name: str, rule: Rule, version: str, waiting: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        met = list(self._met(name, rule, waiting))
        if not met:
            return []
        help_given = self._rows(names(rule.answered_by), {family for family, _, _ in met}) if rule.answered_by else {}
        could = self._agencies(rule.answered_by) or [a for a in self._covers if a != "family"]
        covers = [self._covers.get(a) for a in could] if rule.answered_by else []
        rows = []
        for family, person, found in met:
            helps = help_given.get((family, None, ""), [])
            known_on = max(found.fired_on, *(r.known for r in found.evidence))
            answered_on, is_open = self._answered(found, known_on, rule.answered_within_days, helps, covers)
            ids = [r.id for r in found.evidence]
            key = hashlib.sha256("\n".join((family, *sorted(ids))).encode()).hexdigest()[:12]
            certainty = "certain" if found.certain else "possible"
            when = (to_date(found.fired_on), to_date(known_on))
            rows.append(
                (f"{name}:{key}", name, version, family, person, *when, ids, certainty, answered_on, is_open, rule.says)
            )
        return rows

    def _met(self, name: str, rule: Rule, waiting: list[tuple[Any, ...]]) -> Iterable[tuple[str, str | None, Met]]:
        by_person = rule.per == "person"
        first = names(rule.activity)
        if rule.pattern == "repeat":
            assert rule.times is not None
            near = self._crowded(first, rule.times, rule.within)
            for (family, person, _), rows in self._rows(first, near, by_person).items():
                yield from ((family, person, m) for m in patterns.repeat(rows, rule.times, rule.within))
        elif rule.pattern == "follow":
            then = names(rule.then)
            near = self._crowded(sorted({*first, *then}), 2, rule.within)
            seconds = self._rows(then, near, by_person)
            for key, rows in self._rows(first, near, by_person).items():
                yield from ((*key[:2], m) for m in patterns.follow(rows, seconds.get(key, []), rule.within))
        else:
            asked = self._rows(first, None, by_person)
            awaited = self._rows(names(rule.awaited), {f for f, _, _ in asked}, agency=rule.awaited_agency)
            agencies = [rule.awaited_agency] if rule.awaited_agency else self._agencies(names(rule.awaited))
            covers = [self._covers[a] for a in agencies if a in self._covers]
            if len(covers) < len(agencies) or not agencies:
                self.not_supplied.append(name)
                covers = []
            for (family, person, _), rows in asked.items():
                answers = awaited.get((family, None, ""), [])
                met, open_ones = patterns.silence(rows, answers, rule.within, covers, self.as_at)
                yield from ((family, person, m) for m in met)
                waiting += [(name, family, to_date(w.due_on), [r.id for r in w.evidence]) for w in open_ones]

    def _answered(
        self, found: Met, known_on: int, days: int, helps: Sequence[Seen], covers: Sequence[Cover | None]
    ) -> tuple[dt.date | None, bool]:
        """The day help followed, if it did in time; and whether it still may."""
        last = known_on + days
        for one in sorted(helps, key=lambda h: (h.latest, h.id)):
            too_soon = one.earliest < found.fired_on or (
                one.day == found.fired_on
                and one.second is not None
                and found.second is not None
                and one.second < found.second
            )
            if not too_soon and one.latest <= last:
                return to_date(one.latest), False
        return None, last > self.as_at or any(c is None or c.to_day < last for c in covers)

    def _agencies(self, activities: Sequence[str]) -> list[str]:
        """The agencies that record any of these activities, in the whole of the data, or are declared to and supplied it."""
        if not activities:
            return []
        names = ", ".join(literal(a) for a in activities)
        select = (
            f"SELECT DISTINCT agency FROM {self.review.session.contacts} WHERE activity IN ({names}) ORDER BY agency"
        )
        found = {a for (a,) in self.review.engine.rows(select)}
        known = self.review.activities.known
        return sorted(found | {a for n in activities if n in known for a in known[n].agencies if a in self._covers})

    def _which(self, activities: Sequence[str], agency: str | None = None) -> str:
        if agency is not None:
            return f"c.agency = {literal(agency)} AND c.nature <> 'life'"
        return f"c.activity IN ({', '.join(literal(a) for a in activities)})"

    def _crowded(self, activities: Sequence[str], times: int, within: Within) -> set[str]:
        # At Easter or Christmas, the next working day may be five days off.
        working = 4 * within.working_days + 4 if within.working_days else 0
        window = within.days if within.days is not None else (within.months or 0) * 31 + working
        select = CROWDED.format(
            steps=self.review.coded,
            contacts=self.review.session.contacts,
            which=self._which(activities),
            back=times - 1,
            window=window,
        )
        names = f"SELECT f.name FROM ({select}) AS n JOIN {self.review.codes}families AS f ON n.family = f.code"
        return {name for (name,) in self.review.engine.rows(names)}

    def _rows(
        self, activities: Sequence[str], families: set[str] | None, by_person: bool = False, agency: str | None = None
    ) -> dict[tuple[str, str | None, str], list[Seen]]:
        """Contacts by family (and person), of some activities or of one agency; of some families or of all.

        By person, a contact that names nobody stands by itself, under its own id: blanks are never one person.
        """
        import pyarrow as pa

        if families is not None and not families:
            return {}
        near = "1 = 1"
        if families is not None:
            self.review.engine.load("near", pa.table({"name": pa.array(sorted(families), pa.string())}))
            near = "f.name IN (SELECT name FROM near)"
        select = ROWS.format(
            steps=self.review.coded,
            at=self.review.codes,
            contacts=self.review.session.contacts,
            which=self._which(activities, agency),
            families=near,
        )
        found: dict[tuple[str, str | None, str], list[Seen]] = {}
        rows = self.review.engine.rows(select)

        def whose(row: tuple[Any, ...]) -> tuple[str, str | None, str]:
            if not by_person:
                return row[0], None, ""
            return row[0], row[1], "" if row[1] is not None else row[2]

        if by_person:
            rows = sorted(rows, key=lambda r: (r[0], r[1] or "", r[2] if r[1] is None else ""))
        for key, group in itertools.groupby(rows, key=whose):
            found[key] = [Seen(i, day, second, a, b, known) for _, _, i, day, second, a, b, known in group]
        return found


def _as_arrow(rows: list[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    kinds = {"date": pa.date32(), "text": pa.string(), "yes/no": pa.bool_(), "list of text": pa.list_(pa.string())}
    columns = list(zip(*rows, strict=True)) or [()] * len(TABLES["firings"])
    fields = TABLES["firings"]
    return pa.table({f.name: pa.array(c, kinds[f.type]) for f, c in zip(fields, columns, strict=True)})
