"""How much of asking was failure demand, over all families or by month, kind or family: `fj.measures.demand`.

Never by agency: whoever picks up the telephone did not cause the call.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from journeys import areas
from journeys.asked import CLASSES, Demand
from journeys.leaving import note
from lib.errors import RequestError, did_you_mean, listed
from lib.limits import wilson

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

PERIODS = {"month": "M", "quarter": "Q", "year": "Y"}
EVERY = (*PERIODS, "kind", "family")


def demand(rows: Table, every: str | None = None) -> pd.DataFrame:
    """How much asking was failure demand: value, failure and unknown, the share failure ÷ (failure + value), its interval.

    `rows` from `fj.demand`. One row; or a row per month, quarter or calendar year of the period (the day it begins;
    those not known to lie in one of them come last, without a day), per kind or per family. A child of two families is
    counted once, and in both rows by family: see `once`. `low` and `high` are the 95% Wilson interval. Unknowns stand
    beside the share, never in it; where nothing is value or failure, share and interval are empty.

    Raises `RequestError` for a count by agency, or by anything else that there is not.

    Source: failure demand as a share of demand, J. Seddon, Freedom from Command and Control (2003).

    >>> from journeys.asked import demand as asked
    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> demand(asked(build_journeys(read_contacts("sample")))).columns.tolist()
    ['value', 'failure', 'unknown', 'asked', 'families', 'share', 'low', 'high']
    """
    import pandas as pd

    owner = demand_of(rows)
    if every == "agency":
        raise RequestError(
            "demand is not counted by agency. Failure demand belongs to the system: the agency that is asked again is "
            f"seldom the one that could have prevented it, and a table would blame it. Choose one of {listed(EVERY)}."
        )
    if every is not None and every not in EVERY:
        raise RequestError(
            f"demand cannot be counted by '{every}'.{did_you_mean(every, EVERY)} Choose one of {listed(EVERY)}."
        )
    frame = rows.df() if every == "family" else once(rows)
    if every is None:
        return _may_leave(_typed(pd.DataFrame([_counts(frame)])), owner, None, frame.assign(at="the whole period"))
    groups: list[Hashable]
    if every in PERIODS:
        first, last = (frame[c].dt.to_period(PERIODS[every]) for c in ("on", "until"))
        keys = first.where(first == last).dt.start_time
        groups = list(pd.period_range(owner.review.start, owner.review.end, freq=PERIODS[every]).start_time)
        # What began before the period lies in none of its months.
        keys = keys.where(keys.isin(groups))
    elif every == "kind":
        keys = frame["kind"]
        some = frame.assign(failed=frame["class"] == "failure").groupby("kind")["failed"].agg(["sum", "count"])
        groups = sorted(some.index, key=lambda kind: (-some.at[kind, "sum"], -some.at[kind, "count"], kind))
    else:
        keys, groups = frame["family_id"], list(owner.review.families)
    name = "family_id" if every == "family" else every
    found = [{name: group} | _counts(frame[keys == group]) for group in groups]
    if keys.isna().any():
        found.append({name: None} | _counts(frame[keys.isna()]))
    counted = _typed(pd.DataFrame(found, columns=[name, *_counts(frame)]))
    if every not in PERIODS:
        return counted
    said = {"month": "%Y-%m", "year": "%Y"}
    at = [f"{k:%Y} Q{k.quarter}" if every == "quarter" else f"{k:{said[every]}}" for k in keys[keys.notna()]]
    return _may_leave(counted, owner, every, frame[keys.notna()].assign(at=at))


def _may_leave(counted: pd.DataFrame, owner: Demand, every: str | None, frame: pd.DataFrame) -> pd.DataFrame:
    """Note who stands behind the counts, by period (`at`); counts by kind or by family never leave."""
    rows = [(at, c, frozenset(f)) for at, c, f in zip(frame["at"], frame["class"], frame["families"], strict=True)]
    return note(counted, "demand", lambda: areas.demand(owner.review, every, owner.rules.version, rows))


def demand_of(rows: Table) -> Demand:
    """What came of the rules beside the rows that `fj.demand` gave. Raises `RequestError` for rows of another kind."""
    owner = getattr(rows, "owner", None)
    if not isinstance(owner, Demand):
        raise RequestError("rows is not what demand gives. Write rows = fj.demand(review) first.")
    return owner


def once(rows: Table) -> pd.DataFrame:
    """The rows of `fj.demand`, those of a child of two families made one; `families` says whose journeys it stands in.

    What is known of either row counts; where one says value and the other failure, it is unknown.
    """
    import pandas as pd

    frame = rows.df().sort_values(["contact_id", "family_id"], ignore_index=True)
    frame["families"] = [[family] for family in frame["family_id"]]
    shared = frame.duplicated("contact_id", keep=False)
    merged = [_merged(same) for _, same in frame[shared].groupby("contact_id", sort=True)]
    return pd.DataFrame([*frame[~shared].to_dict("records"), *merged], columns=frame.columns).astype(
        frame.dtypes.to_dict()
    )


def _merged(same: pd.DataFrame) -> dict[Hashable, Any]:
    known = same[same["class"] != "unknown"].sort_values(["labelled_by", "family_id"])
    row: dict[Hashable, Any] = (known if known["class"].nunique() == 1 else same).iloc[0].to_dict()
    if known["class"].nunique() > 1:
        row |= {"class": "unknown", "rule": None, "labelled_by": None}
    return row | {"families": list(same["family_id"])}


def _counts(frame: pd.DataFrame) -> dict[str, Any]:
    value, failure, unknown = (int((frame["class"] == c).sum()) for c in CLASSES)
    low, high = wilson(failure, failure + value) or (None, None)
    families = {f for some in frame["families"] for f in some} if "families" in frame else set(frame["family_id"])
    counts = {"value": value, "failure": failure, "unknown": unknown, "asked": len(frame), "families": len(families)}
    share = failure / (failure + value) if failure + value else None
    return counts | {"share": share, "low": low, "high": high}


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Empty shares as empty, and not as 0 or as no number."""
    return frame.astype(dict.fromkeys(("share", "low", "high"), "Float64"))
