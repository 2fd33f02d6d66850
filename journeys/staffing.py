"""Who met or asked for a family: professionals distinct, unknown and at once; changes of key worker; value steps and days.

Only counts come out: no professional is named. Each is with a family from the first to the last touch or referral that
names them, both days included. What is not known to the day opens and ends nobody's time.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from journeys.dealings import Dealing, dealings, is_value, said_values
from journeys.flow import handovers
from journeys.journey import Journeys
from lib.dates import day_number, to_date

if TYPE_CHECKING:
    import pandas as pd


def stretches(rows: Sequence[Dealing]) -> list[tuple[int, int, int, int]]:
    """How many professionals at once, stretch by stretch: first day, last day, at once, and distinct so far.

    From the first day of the first to the last day of the last; days with nobody between them are stretches of 0.
    """
    days: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row.moves and row.professional is not None and row.day is not None:
            days.setdefault((row.agency, row.professional), []).append(row.day)
    spans = [(min(d), max(d)) for d in days.values()]
    edges = sorted({first for first, _ in spans} | {last + 1 for _, last in spans})
    found: list[tuple[int, int, int, int]] = []
    for start, after in itertools.pairwise(edges):
        now = sum(first <= start <= last for first, last in spans)
        so_far = sum(first <= start for first, _ in spans)
        if found and found[-1][2:] == (now, so_far):
            found[-1] = (found[-1][0], after - 1, now, so_far)
        else:
            found.append((start, after - 1, now, so_far))
    return found


def at_once(review: Journeys) -> pd.DataFrame:
    """How many professionals each family had at once, and so far: a row per stretch of days on which it stays the same.

    Columns: family_id, from_on, to_on (included), at_once, so_far (distinct professionals by then).
    """
    import pandas as pd

    lines = [
        (family, to_date(first), to_date(last), now, so_far)
        for family, rows in dealings(review).items()
        for first, last, now, so_far in stretches(rows)
    ]
    return pd.DataFrame(lines, columns=["family_id", "from_on", "to_on", "at_once", "so_far"])


def professionals(review: Journeys) -> pd.DataFrame:
    """One row per family: professionals distinct and at once, contacts that name nobody, and changes of key worker.

    Columns: family_id; touches_and_referrals; unknown (of these, those that name nobody); professionals (distinct, of
    one agency each); undated (of them, those with no contact known to the day, who are in no count at once); at_once
    (the most on one day), at_once_from and at_once_to (the first stretch with so many), at_once_days (all days with so
    many); key_workers (distinct, named, who took responsibility for a need in the period); key_worker_changes and
    cannot_be_told (responsibility moved in the period from or to somebody not named); years (of the period);
    changes_a_year.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> professionals(build_journeys(read_contacts("sample"))).columns.tolist()[:4]
    ['family_id', 'touches_and_referrals', 'unknown', 'professionals']
    """
    import pandas as pd

    takes = set(review.activities.marked("takes_responsibility"))
    start, end = day_number(review.start), day_number(review.over_by)
    years = (end - start + 1) / 365.25
    moved: dict[tuple[str, str], int] = {}
    for row in handovers(review, by="professional").df().itertuples():
        if start <= day_number(row.referred_on.date()) <= end:
            moved[row.family_id, row.kind] = moved.get((row.family_id, row.kind), 0) + 1
    lines = []
    for family, rows in dealings(review).items():
        met = [r for r in rows if r.moves]
        named = [r for r in met if r.professional is not None]
        people = {(r.agency, r.professional) for r in named}
        dated = {(r.agency, r.professional) for r in named if r.day is not None}
        keys = {
            (r.agency, r.professional)
            for r in named
            if r.activity in takes and start <= r.latest and r.need is not None
        }
        some = stretches(rows)
        most = max((now for _, _, now, _ in some), default=0)
        peaks = _joined([(a, b) for a, b, now, _ in some if now == most and most])
        changes = moved.get((family, "responsibility"), 0)
        lines.append(
            (
                *(family, len(met), len(met) - len(named), len(people), len(people - dated), most),
                *((to_date(peaks[0][0]), to_date(peaks[0][1])) if peaks else (None, None)),
                *(sum(b - a + 1 for a, b in peaks), len(keys), changes, moved.get((family, "cannot be told"), 0)),
                *(round(years, 2), round(changes / years, 2)),
            )
        )
    names = ["family_id", "touches_and_referrals", "unknown", "professionals", "undated", "at_once", "at_once_from"]
    names += ["at_once_to", "at_once_days", "key_workers", "key_worker_changes", "cannot_be_told", "years"]
    return pd.DataFrame(lines, columns=[*names, "changes_a_year"])


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, last in spans:
        if found and found[-1][1] + 1 == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def value(review: Journeys, steps: Sequence[Mapping[str, Any]] | None = None) -> pd.DataFrame:
    """One row per family: its value steps among its steps, and its value days among the days it took, side by side.

    Columns: family_id; steps (touches and referrals, less questions of safety, and what reviewers judged besides);
    value_steps; share_steps; safety (questions of safety, never waste and outside the share); judged (steps that
    reviewers judged); days (from the first to the last touch or referral known to the day, both included); value_days
    (of these, days with a value step); share_days. A value step is a touch that is help, unless a row of `steps`
    (contact_id, is_value) says otherwise. The shares differ by much: what matters may be few days of many.

    Source: value work as what moves something that matters to the person, all else being waste (J. Seddon, "Freedom
    from Command and Control", 2003).
    """
    import pandas as pd

    said, activities = said_values(review, steps), review.activities
    lines = []
    for family, rows in dealings(review).items():
        met = [r for r in rows if r.moves or r.id in said]
        base = [r for r in met if r.id in said or not is_safety(r, review)]
        good = [r for r in base if is_value(r, activities, said)]
        dated = [r.day for r in rows if r.moves and r.day is not None]
        days = max(dated) - min(dated) + 1 if dated else 0
        inside = {r.day for r in good if r.day is not None and dated and min(dated) <= r.day <= max(dated)}
        lines.append(
            (
                *(family, len(base), len(good), len(good) / len(base) if base else None, len(met) - len(base)),
                *(sum(r.id in said for r in base), days, len(inside), len(inside) / days if days else None),
            )
        )
    names = ["family_id", "steps", "value_steps", "share_steps", "safety", "judged", "days", "value_days", "share_days"]
    return pd.DataFrame(lines, columns=names)


def is_safety(row: Dealing, review: Journeys) -> bool:
    """Whether a contact is a question of safety or consent."""
    return row.activity in review.activities.known and review.activities.known[row.activity].safety
