"""The kinds of moment that are proposed as chances to help: rules/chances.yml, and what each finds, row by row.

An opening is one such moment, with the contacts it rests on. Openings that share a contact become one chance, in
`journeys.chances`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.activities import Activities
from journeys.agreed import any_of, known_activity, names
from journeys.journey import Journeys
from lib import files
from lib.dates import day_number
from lib.dialect import literal
from lib.order import Dated

if TYPE_CHECKING:
    import pandas as pd

ROWS = """
SELECT f.name AS family, c.contact_id, c.agency, c.activity, c.nature, c.referred_to, c.need_id, s.day, s.second, s.earliest, s.latest,
  c.known_day
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.agency <> 'family' AND (c.nature IN ('touch', 'referral', 'decision') OR c.activity IN ({activities}))
ORDER BY family, s.earliest, s.latest, c.contact_id
"""


class Kind(BaseModel):
    """One kind of opening, as rules/chances.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    says: str
    why: str
    source: str
    mark: Literal["statutory", "national", "local", "illustrative"]
    shape: Literal["trigger", "referral", "again", "unfollowed", "unaware"]
    activity: str | list[str] | None = None
    then: str | list[str] | None = None
    within_days: int | None = None
    in_force: bool = True


NEEDS = {
    "trigger": (),
    "referral": (),
    "again": ("activity", "then", "within_days"),
    "unfollowed": ("activity", "within_days"),
    "unaware": ("activity",),
}


@dataclass(frozen=True)
class Kinds:
    """The kinds in force, each with the activities behind its names, and their version."""

    version: str
    kinds: Mapping[str, Kind]
    groups: Mapping[str, list[str]]

    def activities(self, given: str | list[str] | None) -> set[str]:
        """The activities that a name, or several, stand for."""
        return {a for name in names(given) for a in self.groups.get(name, [name])}


@dataclass(frozen=True)
class Row(Dated):
    """A contact, as openings see it."""

    family: str
    id: str
    agency: str
    activity: str
    nature: str
    to: str | None
    need: str | None
    day: int | None
    second: int | None
    earliest: int
    latest: int
    known: int

    @property
    def knowable(self) -> int:
        """The first day on which anybody could have known of it."""
        return max(self.latest, self.known)


@dataclass(frozen=True)
class Opening:
    """One moment proposed: whose, the first day it could be seen, of which kind, on which contacts, and what it says.

    `signs` are what made it visible: facts that were known, triggers that were met, or the kind itself.
    """

    family: str
    on: int
    kind: str
    evidence: frozenset[str]
    says: str
    signs: frozenset[tuple[str, str]]


def load_kinds(paths: Iterable[Path], activities: Activities) -> Kinds:
    """The kinds of one file, or of the kit's file and an overlay, merged by name.

    Raises `RuleError` with file and line for what cannot be used.

    >>> from journeys.activities import read_activities
    >>> from journeys.sources import RULES
    >>> load_kinds([RULES / "chances.yml"], read_activities()).kinds["closed_then_back"].within_days
    365
    """
    kinds: dict[str, Kind] = {}
    version = ""
    groups = any_of(activities)
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "chances"))
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        for name, given in yaml.keys_at("chances").items():
            files.known_keys(yaml, ("chances", name), Kind.model_fields)
            before = kinds[name].model_dump(exclude_unset=True) if name in kinds else {}
            try:
                kinds[name] = Kind.model_validate(before | dict(given or {}))
            except ValidationError as error:
                first = error.errors()[0]
                expected = first.get("ctx", {}).get("expected")
                what = f"one of {expected} is expected" if expected else first["msg"]
                raise yaml.error(f"chance '{name}', '{first['loc'][0]}': {what}.", "chances", name) from None
            _check(yaml, name, kinds[name], {*activities.known, *groups})
    return Kinds(version, kinds, groups)


def _check(yaml: files.Yaml, name: str, kind: Kind, known: set[str]) -> None:
    for key in ("activity", "then"):
        for activity in names(getattr(kind, key)):
            known_activity(yaml, f"chance '{name}'", activity, known, ("chances", name, key))
    for key in ("activity", "then", "within_days"):
        if (getattr(kind, key) is None) != (key not in NEEDS[kind.shape]):
            has = "has no" if key not in NEEDS[kind.shape] else "needs"
            mend = "Remove it" if key not in NEEDS[kind.shape] else "Add it"
            raise yaml.error(f"chance '{name}' is of shape {kind.shape}, which {has} '{key}'. {mend}.", "chances", name)
    if kind.within_days is not None and kind.within_days < 1:
        raise yaml.error(f"chance '{name}': within_days is a whole number of days, 1 or more.", "chances", name)


def openings(
    review: Journeys,
    kinds: Kinds,
    rows: Mapping[str, Sequence[Row]],
    firings: pd.DataFrame,
    known: pd.DataFrame,
    needed_by: Mapping[str, Sequence[str]],
) -> list[Opening]:
    """Every opening of a review's families, in order of family and day.

    `rows` as `families` gives them; `firings` are those of triggers about families, `known` all rows of `who_knew_what`;
    `needed_by` says which agencies need which fact.
    """
    found: list[Opening] = []
    over_by = day_number(review.over_by)
    covers = {
        r.agency: (day_number(r.from_date.date()), min(over_by, day_number(r.to_date.date())))
        for r in review.coverage.itertuples()
    }
    in_force = {name: kind for name, kind in kinds.kinds.items() if kind.in_force}
    for name, kind in in_force.items():
        if kind.shape == "trigger":
            found += _triggers(name, firings)
        elif kind.shape == "referral":
            found += [o for some in rows.values() for o in _referrals(name, kind, some, review, covers)]
        elif kind.shape == "again":
            found += [o for some in rows.values() for o in _again(name, kind, kinds, some)]
        elif kind.shape == "unfollowed":
            found += [o for some in rows.values() for o in _unfollowed(name, kind, kinds, some, covers)]
        else:
            found += _unaware(name, kind, kinds, rows, known, needed_by)
    return sorted(found, key=lambda o: (o.family, o.on, o.kind, sorted(o.evidence)))


def families(review: Journeys, kinds: Kinds) -> dict[str, list[Row]]:
    """The contacts of each family that an opening may rest on, in order of day."""
    given = [names for kind in kinds.kinds.values() for names in (kind.activity, kind.then)]
    named = sorted({activity for names in given for activity in kinds.activities(names)})
    select = ROWS.format(
        steps=review.coded,
        contacts=review.session.contacts,
        at=review.codes,
        activities=", ".join(literal(a) for a in named) or "''",
    )
    return {
        family: list(group)
        for family, group in itertools.groupby((Row(*r) for r in review.engine.rows(select)), key=lambda r: r.family)
    }


def _triggers(name: str, firings: pd.DataFrame) -> Iterator[Opening]:
    missed = firings[firings["answered_on"].isna() & ~firings["is_open"].astype(bool)]
    for row in missed.itertuples():
        doubt = " (possible: it rests on a date that is not exact)" if row.certainty == "possible" else ""
        on, ids = day_number(row.known_on.date()), frozenset(row.evidence)
        yield Opening(row.family_id, on, name, ids, f"{row.says}{doubt}", frozenset({("trigger", row.trigger)}))


def _referrals(
    name: str, kind: Kind, rows: Sequence[Row], review: Journeys, covers: Mapping[str, tuple[int, int]]
) -> Iterator[Opening]:
    """Each time the family was passed on, where nobody is recorded to have responded in the days in which it is due.

    The agency that was asked responds by a touch, referral or decision. Where the row does not say who was asked, any
    touch or decision of anybody is a response, and so is another agency's referral. Days that the records of whoever was
    asked do not cover say nothing.
    """
    for asked in rows:
        if asked.to == asked.agency or (asked.to is None and asked.nature != "referral"):
            continue
        last = asked.latest + review.activities.referral_answer_days
        if not _covered(covers, asked.to or asked.agency, asked.earliest, last):
            continue
        answered = any(
            row.id != asked.id
            and not row.surely_before(asked)
            and row.earliest <= last
            and row.nature in ("touch", "referral", "decision")
            and (row.agency == asked.to if asked.to else row.nature != "referral" or row.agency != asked.agency)
            and (row.need is None or asked.need is None or row.need == asked.need)
            for row in rows
        )
        if not answered:
            sign = frozenset({("kind", name)})
            yield Opening(asked.family, asked.knowable, name, frozenset({asked.id}), kind.says, sign)


def _covered(covers: Mapping[str, tuple[int, int]], agency: str, begins: int, ends: int) -> bool:
    """Whether an agency's records run over these days: where they do not, that nothing is there says nothing."""
    from_day, to_day = covers.get(agency, (begins + 1, begins))
    return from_day <= begins and ends <= to_day


def _again(name: str, kind: Kind, kinds: Kinds, rows: Sequence[Row]) -> Iterator[Opening]:
    """Each refusal or closure, with the first contact after it that shows the need again."""
    firsts, thens = kinds.activities(kind.activity), kinds.activities(kind.then)
    later = [r for r in rows if r.activity in thens]
    for first in rows:
        if first.activity not in firsts:
            continue
        back = [
            r
            for r in later
            if first.surely_before(r)
            and r.latest <= first.earliest + (kind.within_days or 0)
            and (r.need is None or first.need is None or r.need == first.need)
        ]
        if back:
            then = min(back, key=lambda r: (r.latest, r.id))
            ids = frozenset({first.id, then.id})
            yield Opening(first.family, first.knowable, name, ids, kind.says, frozenset({("kind", name)}))


def _unfollowed(
    name: str, kind: Kind, kinds: Kinds, rows: Sequence[Row], covers: Mapping[str, tuple[int, int]]
) -> Iterator[Opening]:
    """Each door that did not open, where the same agency did not see the family in the days after; over by now."""
    firsts = kinds.activities(kind.activity)
    for first in rows:
        last = first.latest + (kind.within_days or 0)
        if first.activity not in firsts or not _covered(covers, first.agency, first.earliest, last):
            continue
        seen = any(
            r.agency == first.agency
            and r.nature == "touch"
            and r.latest >= first.earliest
            and r.earliest <= last
            and not r.surely_before(first)
            for r in rows
        )
        if not seen:
            ids = frozenset({first.id})
            yield Opening(first.family, first.knowable, name, ids, kind.says, frozenset({("kind", name)}))


def _unaware(
    name: str,
    kind: Kind,
    kinds: Kinds,
    rows: Mapping[str, Sequence[Row]],
    known: pd.DataFrame,
    needed_by: Mapping[str, Sequence[str]],
) -> Iterator[Opening]:
    """Each decision taken while another agency knew a fact that the decider needed and did not know."""
    deciding = kinds.activities(kind.activity)
    held: dict[tuple[str, str], list[Any]] = {}
    for row in known.itertuples():
        held.setdefault((row.family_id, row.fact), []).append(row)
    for (family, fact), knew in held.items():
        since = {r.agency: day_number(r.known_on.date()) for r in knew}
        for decision in rows.get(family, ()):
            if decision.activity not in deciding or decision.agency not in needed_by.get(fact, ()):
                continue
            if decision.agency in since and since[decision.agency] <= decision.latest:
                continue
            others = [r for r in knew if r.agency != decision.agency and since[r.agency] < decision.earliest]
            if others:
                told = {c for r in others for c in r.evidence}
                ids = frozenset({decision.id} | told)
                says = f"{kind.says}: {others[0].says[0].lower()}{others[0].says[1:]}"
                yield Opening(family, decision.knowable, name, ids, says, frozenset({("fact", fact)}))
