"""How often a family had to tell its story, which known facts it was asked again, and what came of assessments.

Questions of safety and consent are never waste and never counted: an activity of that kind tells no story (activities.yml).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from journeys.dealings import Dealing, dealings
from journeys.facts import Facts, load_facts
from journeys.journey import Journeys
from journeys.knowledge import who_knew_what
from lib.dates import day_number, to_date

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Assessed:
    """One assessment: an agency's in one moment. `repeats` says of what it is a second one, `earlier` what it repeats."""

    family: str
    rows: tuple[Dealing, ...]
    about: str
    repeats: str
    help_on: int | None
    is_open: bool
    earlier: tuple[Assessed, ...] = ()

    @property
    def day(self) -> int | None:
        """Its day, where that is known."""
        return self.rows[0].day


def tellings(rows: Sequence[Dealing], review: Journeys) -> list[list[Dealing]]:
    """The times a family told its story: its `tells_story` touches, those of one agency in one moment together."""
    marked = set(review.activities.marked("tells_story"))
    found: dict[tuple[object, ...], list[Dealing]] = {}
    for row in rows:
        if row.activity in marked:
            when = ("moment", row.moment) if row.moment is not None else ("span", row.earliest, row.latest)
            found.setdefault((row.agency, *when), []).append(row)
    return list(found.values())


def told(review: Journeys) -> pd.DataFrame:
    """One row per family: how many times it told its story, to how many agencies, and how often again.

    Columns: family_id, told, agencies, again (all but the first). Two agencies in one moment are two tellings; an
    agency's intake and assessment in one moment are one.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> told(build_journeys(read_contacts("sample"))).columns.tolist()
    ['family_id', 'told', 'agencies', 'again']
    """
    import pandas as pd

    lines = []
    for family, rows in dealings(review).items():
        times = tellings(rows, review)
        lines.append((family, len(times), len({t[0].agency for t in times}), max(len(times) - 1, 0)))
    return pd.DataFrame(lines, columns=["family_id", "told", "agencies", "again"])


def asked_again(review: Journeys) -> pd.DataFrame:
    """One row per fact that a family was asked again: a telling that shows it, though some agency surely knew it before.

    Columns: family_id, fact, says, told_on (the last day on which it may have been), first_known_on (by any agency),
    is_own (the agency asking was among those that knew it). Which facts a telling shows is declared in facts.yml; a
    telling that names no fact is none here, and is counted by `told` all the same.
    """
    import pandas as pd

    facts = load_facts(review.session.folder.rule_files("facts.yml"), review.activities)
    known: dict[tuple[str, str], dict[str, int]] = {}
    for row in who_knew_what(review).df().itertuples():
        known.setdefault((row.family_id, row.fact), {})[row.agency] = day_number(row.known_on.date())
    lines = []
    for family, rows in dealings(review).items():
        for time in tellings(rows, review):
            for fact, says in _shown(time, facts):
                since = known.get((family, fact), {})
                before = {a: day for a, day in since.items() if day < min(r.earliest for r in time)}
                if before:
                    on = max(r.latest for r in time)
                    first, own = to_date(min(before.values())), time[0].agency in before
                    lines.append((family, fact, says, to_date(on), first, own))
    names = ["family_id", "fact", "says", "told_on", "first_known_on", "is_own"]
    return pd.DataFrame(sorted(lines), columns=names)


def _shown(time: Sequence[Dealing], facts: Facts) -> list[tuple[str, str]]:
    return [
        (name, fact.says)
        for name, fact in facts.facts.items()
        if any(kind.fits(r.agency, r.activity, r.reason) for kind in fact.known_by for r in time)
    ]


def assessments(review: Journeys) -> list[Assessed]:
    """Each assessment of each family, whether it repeats another, and whether help followed.

    An assessment is what an agency recorded in one moment by activities that `assesses` (activities.yml). It repeats
    another of the family where both are about the same: their activities' declared `domain`, or, where they declare
    none, the need that both name; and where it came so many days later at most as `duplicate_assessment_days` says.
    Help followed where a help touch that may be on its need came from its day on, within `service_after_assessment_days`;
    it is open until these have run, within `over_by` and the coverage of every agency that records help. One not known
    to the day repeats nothing, is repeated by nothing, and is open for ever.
    """
    last = _help_covered_to(review)
    found = []
    for family, rows in dealings(review).items():
        found += _assessed(family, rows, review, last)
    return found


def _help_covered_to(review: Journeys) -> int:
    """The last day by which it can be told that nobody helped."""
    helping = ", ".join(f"'{a}'" for a in review.activities.marked("help")) or "''"
    (row,) = review.engine.rows(
        "SELECT min(v.to_day) AS last FROM store.coverage AS v JOIN "
        f"(SELECT DISTINCT agency FROM store.kinds WHERE activity IN ({helping})) AS k ON v.agency = k.agency"
    )
    over_by = day_number(review.over_by)
    return over_by if row[0] is None else min(over_by, row[0])


def _assessed(family: str, rows: Sequence[Dealing], review: Journeys, last: int) -> list[Assessed]:
    activities = review.activities
    helped = [r for r in rows if r.nature == "touch" and activities.is_help(r.activity)]
    groups: dict[tuple[object, ...], list[Dealing]] = {}
    for row in rows:
        if row.agency != "family" and row.activity in activities.known and activities.known[row.activity].assesses:
            when = ("moment", row.moment) if row.moment is not None else ("row", row.id)
            groups.setdefault((row.agency, *when), []).append(row)
    ordered = sorted(
        groups.values(), key=lambda g: (g[0].earliest, g[0].latest, g[0].second or -1, g[0].agency, g[0].id)
    )
    found: list[Assessed] = []
    for group in ordered:
        subjects = subjects_of(group, review)
        before = [a for a in found if a.day is not None and subjects & subjects_of(a.rows, review)]
        day = group[0].day
        near = [] if day is None else [a for a in before if day - (a.day or 0) <= activities.duplicate_assessment_days]
        about = " + ".join(sorted(kind for kind, _ in subjects)) or "nothing named"
        help_on, is_open = _followed(group, helped, activities.service_after_assessment_days, last)
        repeats = " + ".join(sorted(what for _, what in subjects)) if near else ""
        found.append(Assessed(family, tuple(group), about, repeats, help_on, is_open, tuple(near)))
    return found


def subjects_of(rows: Sequence[Dealing], review: Journeys) -> set[tuple[str, str]]:
    """What an assessment is about: the declared domain of its activity, or else the need that it names."""
    found: set[tuple[str, str]] = set()
    for row in rows:
        domain = review.activities.known[row.activity].domain
        if domain:
            found.add(("domain", domain))
        elif row.need is not None:
            found.add(("need", row.need))
    return found


def _followed(group: Sequence[Dealing], helped: Sequence[Dealing], days: int, last: int) -> tuple[int | None, bool]:
    if group[0].day is None:
        return None, True
    due = group[0].day + days
    fits = [
        h.latest
        for h in helped
        if h.latest <= due and any(h.may_share_need(r) and not h.surely_before(r) for r in group)
    ]
    came = min(fits, default=None)
    return came, came is None and due > last


def once(assessed: Sequence[Assessed]) -> list[Assessed]:
    """Each assessment once, though a child of two families has it in two journeys."""
    seen: dict[tuple[str, ...], Assessed] = {}
    for one in assessed:
        key = tuple(sorted(r.id for r in one.rows))
        held = seen.get(key)
        better = (
            held is None or (not held.repeats and one.repeats) or (held.help_on is None and one.help_on is not None)
        )
        if better:
            seen[key] = one
    return list(seen.values())


def counts(review: Journeys) -> Mapping[str, int]:
    """How many assessments there were, each once over families, and what came of them, in whole numbers."""
    each = once(assessments(review))
    return {
        "assessments": len(each),
        "families": len({a.family for a in each}),
        "about_nothing_named": sum(a.about == "nothing named" for a in each),
        "not_to_the_day": sum(a.day is None for a in each),
        "duplicates": sum(bool(a.repeats) for a in each),
        "helped": sum(a.help_on is not None for a in each),
        "no_help": sum(a.help_on is None and not a.is_open for a in each),
        "open": sum(a.is_open for a in each),
    }
