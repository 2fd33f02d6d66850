"""The six steps of Check: what each has to stand on in this review, and whether Plan may be read at all.

A step with nothing to stand on is said to be a gap, on its own page; nothing is left out in silence. While one is
empty, what is planned rests on guesses, and is not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journeys import measures
from journeys.asked import demand as demand_of
from journeys.book import book_of, read_book
from journeys.columns import TABLES
from journeys.journey import Journeys, check_review
from journeys.predictions import check, digest
from lib.errors import RequestError, count, did_you_mean, in_words
from lib.xmr import LEAST

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

OVERDUE = "to be looked at"
"""What is tried has stopped, and nobody has written down what happened."""

STEPS = {
    "purpose": "What is the purpose of all this, from the family's side?",
    "demand": "What do families ask for, and why?",
    "capability": "What does the system predictably do?",
    "flow": "How does the work move, and what does the family wait for?",
    "conditions": "Why does the system behave this way?",
    "thinking": "Which assumptions made it so?",
}
"""The steps in Check's order, each with its question. Source: J. Seddon, "I Want You to Cheat!" (1992), and later."""

NEEDED = {
    "purpose": "what matters to the families, in the sheet “matters” of the review book, or a purpose in the sheet “answer”",
    "demand": "rows that say who asked and for which need, or reviewers' labels in the sheet “demand”",
    "capability": f"{LEAST} months of contacts or more",
    "flow": "touches or referrals of these families",
    "conditions": "rows in the sheet “conditions”, or a condition beside a confirmed chance",
    "thinking": "the assumption behind a condition, in the sheet “conditions”, or words in the sheet “answer”",
}


def six_steps(review: Journeys, demand: Table | None = None) -> pd.DataFrame:
    """One row per step of Check, in order: its question, what it stands on, and whether it is empty.

    `demand` as `fj.demand` gave it, if it is at hand. With the columns of `columns.TABLES["six_steps"]`.

    Source: Check, Plan, Do, as J. Seddon sets it out; the list of six is as published by Vanguard's practitioners.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> frame = six_steps(build_journeys(read_contacts("sample")))
    >>> frame["step"].tolist()
    ['purpose', 'demand', 'capability', 'flow', 'conditions', 'thinking']
    """
    import pandas as pd

    found = _found(review, demand if demand is not None else demand_of(review))
    rows = [(step, question, found[step] or "nothing yet", not found[step]) for step, question in STEPS.items()]
    return pd.DataFrame(rows, columns=[c.name for c in TABLES["six_steps"]])


def _found(review: Journeys, demand: Table) -> dict[str, str]:
    """What each step stands on, in words; nothing where it is empty."""
    book = read_book(review)
    said = {part: sum(r["part"] == part for r in book.rows("answer")) for part in ("purpose", "thinking")}
    matters = len({(r["family_id"], r["who"], r["statement"]) for r in book.rows("matters")})
    rows = book.rows("conditions")
    conditions = len({(r["category"], r["condition"]) for r in rows})
    confirmed = sum(r["status"] == "confirmed" for r in book.rows("chances"))
    assumptions = len({r["thinking"] for r in rows if r["thinking"]})
    total: Any = next(measures.demand(demand).itertuples())
    months = measures.monthly(review)["value"].notna().sum()
    moved = int(measures.families(review)["touches_and_referrals"].sum())
    stated = ((matters, "statement of what matters", "statements of what matters"), (said["purpose"], "purpose"))
    behind = (
        (assumptions, "assumption behind a condition", "assumptions behind conditions"),
        (said["thinking"], "thought"),
    )
    chances = (confirmed, "confirmed chance to help", "confirmed chances to help")
    return {
        "purpose": _both(*stated),
        "demand": _both((int(total.failure + total.value), "ask with a class", "asks with a class")),
        "capability": _both((int(months) if months >= LEAST else 0, "month of contacts", "months of contacts")),
        "flow": _both((moved, "touch or referral", "touches and referrals")),
        "conditions": _both((conditions, "condition"), chances),
        "thinking": _both(*behind),
    }


def _both(*parts: tuple[Any, ...]) -> str:
    return in_words(count(*part) for part in parts if part[0])


def gap(frame: pd.DataFrame, step: str) -> str:
    """What one step of Check stands on; or, where it is empty, that it is a gap, and what would fill it.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> gap(six_steps(build_journeys(read_contacts("sample"))), "purpose").split(":")[0]
    'This step stands on'
    """
    if step not in STEPS:
        raise RequestError(f"Check has no step '{step}'.{did_you_mean(step, STEPS)} Steps: {in_words(STEPS)}.")
    row = frame.set_index("step").loc[step]
    if not row["is_empty"]:
        return f"This step stands on: {row['stands_on']}."
    return f"This step is empty, and that is a finding. What would fill it: {NEEDED[step]}."


def plan_refused(frame: pd.DataFrame) -> str:
    """Why Plan is not shown: the steps of Check that are empty. Nothing where none is."""
    empty = frame.loc[frame["is_empty"].astype(bool), "step"].tolist()
    if not empty:
        return ""
    return (
        f"Plan is not shown: Check has nothing yet on {in_words(empty)}. What is planned before a system is understood "
        "rests on guesses. The pages above say what would fill each gap."
    )


def plans_in_words(frame: pd.DataFrame) -> str:
    """How many plans there are and where they stand, out of `plans`; nothing where there is none.

    >>> import pandas as pd
    >>> plans_in_words(pd.DataFrame({"status": ["running", "looked at"], "beforehand": [True, None]}))
    '2 plans: 1 running, 1 looked at. Of 1 the prediction was written by its start.'
    """
    if frame.empty:
        return ""
    order = ("not begun", "running", "to be looked at", "looked at")
    where = ", ".join(f"{n} {status}" for status in order if (n := int((frame["status"] == status).sum())))
    before = int(frame["beforehand"].fillna(False).astype(bool).sum())
    return f"{count(len(frame), 'plan')}: {where}. Of {before} the prediction was written by its start."


def plans(review: Journeys, steps: pd.DataFrame | None = None) -> pd.DataFrame:
    """What the review book says is tried, and what was expected of it: the Plan and Do log, a row per plan.

    Those to be looked at stand first, then all in order of their start. A prediction stands once its start has come: from
    the first report, or `python -m journeys book`, after it, `fixed_on`, nobody can change it.

    `steps`, if given, is what `six_steps` gives: while Plan is refused, no plan is shown, and the frame is empty.
    Returns a frame with the columns of `columns.TABLES["plans"]`. `beforehand` says whether the prediction was written by
    the day on which it started, by the book's `decided_on`. Raises `DataError` for a row of the book, and where a
    prediction that stands was changed; `RequestError` for no review.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> plans(build_journeys(read_contacts("sample"))).columns.tolist()[:4]
    ['plan', 'prediction', 'measure', 'start']
    """
    import pandas as pd

    check_review(review)
    rows = []
    book, path = read_book(review), book_of(review)
    fixed = check(path.parent, [row.cells for row in book.written("plans")]) if path and book.sheets else {}
    is_shown = steps is None or not plan_refused(steps)
    for row in book.rows("plans") if is_shown else ():
        start, stop, by = row["start"], row["stop"], review.over_by
        status = "running" if start <= by else "not begun"
        if stop is not None and stop <= by:
            status = "looked at" if row["what_happened"] else OVERDUE
        beforehand = None if row["decided_on"] is None else row["decided_on"] <= start
        said = (row["plan"], row["prediction"], row["measure"])
        rows.append((*said, start, stop, status, beforehand, fixed.get(digest(row)), row["what_happened"]))
    rows.sort(key=lambda r: (r[5] != OVERDUE, r[3], *r[:3]))
    frame = pd.DataFrame(rows, columns=[c.name for c in TABLES["plans"]])
    return frame.astype(dict.fromkeys(("start", "stop", "fixed_on"), "datetime64[us]") | {"beforehand": "boolean"})
