"""The measures of firings, of what agencies knew, and of chances to help: each once over families, with its base."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from journeys import areas, together
from journeys.leaving import note
from lib.dates import day_number, to_date
from lib.errors import RequestError
from lib.limits import median_wait

if TYPE_CHECKING:
    import pandas as pd

    from journeys.journey import Journeys
    from lib.engine import Table


def once(firings: Table) -> pd.DataFrame:
    """Firings counted once over families: those with the same evidence (a child of two families) are one row.

    Columns: trigger, evidence, families (whose journeys it stands in), certainty, known_on, answered_on (the first, if
    help followed for any of them), is_open.
    """
    import pandas as pd

    frame = firings.df()
    names = ["trigger", "evidence", "families", "certainty", "known_on", "answered_on", "is_open"]
    if frame.empty:
        return pd.DataFrame(columns=names)
    alike: dict[tuple[str, str], list[Any]] = {}
    for row in frame.itertuples():
        alike.setdefault((row.trigger, " ".join(sorted(row.evidence))), []).append(row)
    rows = []
    for (trigger, _), same in alike.items():
        answered = min((row.answered_on for row in same if not pd.isna(row.answered_on)), default=pd.NaT)
        is_open = any(row.is_open for row in same) and pd.isna(answered)
        certainty = "certain" if any(row.certainty == "certain" for row in same) else "possible"
        families = sorted(row.family_id for row in same)
        known_on = min(row.known_on for row in same)
        rows.append((trigger, same[0].evidence, families, certainty, known_on, answered, is_open))
    return pd.DataFrame(rows, columns=names)


def triggers(firings: Table) -> pd.DataFrame:
    """One row per trigger in force: families and firings, certain and possible, answered, open, not answered.

    A firing that stands in two families' journeys, on the same evidence, is counted once. `waiting` counts absences
    whose window has not closed, which are no firings yet. `days_to_help_median` runs from the day it could be known; those
    without help count for as long as they have waited, and it is empty where half have not been helped.
    """
    import pandas as pd

    owner = firings_of(firings)
    frame = once(firings)
    rows = []
    for name in owner.asked:
        rule, some = owner.rules.triggers[name], frame[frame["trigger"] == name]
        families = {f for row in some["families"] for f in row}
        answered = some["answered_on"].notna()
        is_open = some["is_open"].astype(bool)
        rows.append(
            (
                *(name, rule.says, rule.mark, len(families), len(some)),
                *(int((some["certainty"] == "certain").sum()), int((some["certainty"] == "possible").sum())),
                *(int(answered.sum()), int(is_open.sum()), int((~answered & ~is_open).sum())),
                int((owner.open_silences["trigger"] == name).sum()),
                _days_to_help(some, owner.review),
            )
        )
    names = [
        "trigger",
        "says",
        "mark",
        "families",
        "firings",
        "certain",
        "possible",
        "answered",
        "open",
        "not_answered",
    ]
    counted = pd.DataFrame(rows, columns=[*names, "waiting", "days_to_help_median"])
    asked = {name: owner.rules.triggers[name] for name in owner.asked}
    return note(counted, "triggers", lambda: areas.triggers(owner.review, asked, owner.rules.version, frame))


def opened(firings: Table, first: dt.date, last: dt.date) -> pd.DataFrame:
    """One row per trigger: firings known from `first` to `last`, what came of them, and those of before still open.

    A firing of two families' journeys on the same evidence is counted once. `days_to_help` is the median wait over the
    firings known in the year to `last`, those still without help counted for as long as they have waited; empty where
    half of them have not been helped. Triggers with nothing to tell are left out.
    """
    import pandas as pd

    owner = firings_of(firings)
    frame = once(firings)
    known = frame["known_on"].dt.date if len(frame) else frame["known_on"]
    rows = []
    for name in owner.asked:
        of = frame["trigger"] == name
        now, before = frame[of & (known >= first) & (known <= last)], frame[of & (known < first)]
        year = frame[of & (known > to_date(day_number(last) - 365)) & (known <= last)]
        answered, is_open = now["answered_on"].notna(), now["is_open"].astype(bool)
        older = int((before["is_open"].astype(bool) & before["answered_on"].isna()).sum())
        if len(now) or older:
            families = {f for row in now["families"] for f in row}
            missed = int((~answered & ~is_open).sum())
            counts = (len(families), len(now), int(answered.sum()), int(is_open.sum()), missed, older)
            rows.append((name, owner.rules.triggers[name].says, *counts, _days_to_help(year, owner.review)))
    names = [
        "trigger",
        "says",
        "families",
        "known",
        "answered",
        "open",
        "not_answered",
        "open_from_before",
        "days_to_help",
    ]
    return pd.DataFrame(rows, columns=names).astype({"days_to_help": "Float64"})


def _days_to_help(some: pd.DataFrame, review: Journeys) -> float | None:
    helped = some[some["answered_on"].notna()]
    ended = [max((a - k).days, 0) for a, k in zip(helped["answered_on"], helped["known_on"], strict=True)]
    waiting = some.loc[some["answered_on"].isna(), "known_on"]
    if len(waiting) and review.about.published:
        # In a published case no days run on.
        return None
    return median_wait(ended, [max((review.over_by - day.date()).days, 0) for day in waiting])


def firings_of(firings: Table) -> Any:
    """What came of the rules beside the firings. Raises `RequestError` for what `find_triggers` did not give."""
    owner = getattr(firings, "owner", None)
    if owner is None or not hasattr(owner, "open_silences"):
        raise RequestError("firings is not what find_triggers gives. Write firings = fj.find_triggers(review) first.")
    return owner


def knowledge(known: Table) -> pd.DataFrame:
    """One row per family: its facts, the most that any agency knew alone, the day they together knew enough, days to help.

    `known` from `who_knew_what`. Days run from the day they knew enough to the first help from then on; families whose
    help began before, and those still without help, have none and are marked beside it. No agency is named.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> from journeys.knowledge import who_knew_what
    >>> knowledge(who_knew_what(build_journeys(read_contacts("sample")))).columns.tolist()[:4]
    ['family_id', 'facts', 'agencies', 'enough']
    """
    return together.summary(known).drop(columns="best_agency")


def chances(chances: Table) -> pd.DataFrame:
    """One row per kind of chance to help: chances and families, confirmed and rejected, and the hindsight check.

    A chance of several kinds counts under each. `days_lost_median` counts the open ones for as long as they have waited,
    and is empty where to half of them no help has come. `same` and `crisis` add up the comparison families of the
    hindsight check, a family once per chance.
    """
    import pandas as pd

    owner = getattr(chances, "owner", None)
    if owner is None or not hasattr(owner, "kinds"):
        raise RequestError("chances is not what find_chances gives. Write chances = fj.find_chances(review) first.")
    frame = chances.df()
    rows = []
    for name, kind in owner.kinds.kinds.items():
        some = frame[pd.Series([name in kinds.split(" + ") for kinds in frame["kind"]], frame.index, bool)]
        status = some["status"].value_counts()
        lost = some.dropna(subset=["is_open", "days_lost"])
        is_open = lost["is_open"].astype(bool)
        rows.append(
            (
                *(kind.says, len(some), some["family_id"].nunique()),
                *(int(status.get(s, 0)) for s in ("confirmed", "rejected")),
                int(is_open.sum()),
                median_wait([*lost.loc[~is_open, "days_lost"]], [*lost.loc[is_open, "days_lost"]]),
                *(int(some[c].sum()) if some[c].notna().any() else None for c in ("looked_the_same", "came_to_crisis")),
            )
        )
    names = ["says", "chances", "families", "confirmed", "rejected", "open", "days_lost_median", "same", "crisis"]
    return pd.DataFrame(rows, columns=names).astype({"same": "Int64", "crisis": "Int64"})
