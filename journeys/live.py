"""A list of families to be offered help now: another purpose than a review, and refused unless somebody stands behind it.

This is not an alert system. A list without an owner, a way to answer and a known capacity would be worse than none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journeys.columns import TABLES
from journeys.triggers import Firings
from lib.dates import day_number, to_date
from lib.errors import PermissionRefused, RequestError, count, in_words

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

RECENT_DAYS = 30
"""A firing known in so many days before the records end may be about a child at risk today."""


def recent(firings: Table) -> pd.DataFrame:
    """The firings still open that could be known in the last 30 days of the review, in order of day.

    Returns the columns of `columns.TABLES["firings"]`. Raises `RequestError` for what `find_triggers` did not give.
    """
    import pandas as pd

    owner, frame = _owner(firings), firings.df()
    since = day_number(owner.review.over_by) - RECENT_DAYS
    is_recent = frame["known_on"] >= pd.Timestamp(to_date(since))
    return frame[frame["is_open"].fillna(False).astype(bool) & is_recent].reset_index(drop=True)


def live_list(firings: Table) -> pd.DataFrame:
    """Families to be offered help now: the firings still open, no more than the team has said that it can answer.

    `firings` from `find_triggers`. Those whose days to answer run out soonest come first; of these, those known first.
    Returns the columns of `columns.TABLES["live"]`, a row per firing. `attrs["says"]` on the frame says how many were
    left out, which families' they are, and by which rule. A live list is another purpose than a review: sources.yml
    must name it, as

        live: {owner: head of early help, answer_route: early help's duty desk, capacity: 5}

    Raises `PermissionRefused` where it does not, where a source may not be used for triggers, and for published cases.
    """
    import pandas as pd

    owner = _owner(firings)
    folder, rules = owner.review.session.folder, owner.rules.triggers
    folder.require("triggers")
    entry = folder.entry.live
    if folder.entry.published:
        raise PermissionRefused("published cases are people whose story is over: no list is made of them.")
    if entry is None:
        raise PermissionRefused(
            f"{folder.at()}: a list of families to be offered help now is another purpose than a review, and these "
            "sources do not name it. Add `live: {owner: …, answer_route: …, capacity: …}`, once those who answer agree."
        )
    rows: list[tuple[Any, ...]] = []
    for row in firings.df().itertuples():
        rule = rules[row.trigger]
        if bool(row.is_open) and rule.about == "family":
            due = day_number(row.known_on.date()) + rule.answered_within_days
            rows.append((due, row.known_on, row.firing_id, row.family_id, row.says, rule.answers, rule.offers))
    rows.sort(key=lambda r: r[:3])
    listed, left = rows[: entry.capacity], rows[entry.capacity :]
    frame = pd.DataFrame(
        [(f, i, says, known, to_date(due), answers, offers) for due, known, i, f, says, answers, offers in listed],
        columns=[c.name for c in TABLES["live"]],
    )
    frame["answer_by"] = pd.to_datetime(frame["answer_by"]).astype("datetime64[us]")
    out = in_words(dict.fromkeys(r[3] for r in left))
    frame.attrs["says"] = (
        f"{count(len(rows), 'firing')} open, {len(listed)} listed: {entry.owner} can answer {entry.capacity}, by way of "
        f"{entry.answer_route}."
        + (f" Left out: {len(left)}, of {out}: those whose days to answer run out last." if left else "")
        + " This is not an alert system."
    )
    return frame


def _owner(firings: Table) -> Firings:
    owner = getattr(firings, "owner", None)
    if not isinstance(owner, Firings):
        raise RequestError("firings is not what find_triggers gives. Write firings = fj.find_triggers(review) first.")
    return owner
