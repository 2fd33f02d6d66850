"""The findings of one month in words: what changed beyond noise, what is open, what is tried, what is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeys import measures
from journeys.months import ASK, LEAVE, Month
from journeys.saying import Said, is_are
from journeys.sixsteps import OVERDUE
from lib.dates import say
from lib.errors import count, in_words

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table


def month(beyond: pd.DataFrame, month: Month) -> Said:
    """Which measures show a signal in the month, how many went up and down by themselves, and of which it cannot be told."""
    asked = beyond.loc[beyond["status"] == ASK, "says"].tolist()
    calm = int((beyond["status"] == LEAVE).sum())
    cannot = len(beyond) - len(asked) - calm
    first = (
        f"{month.says}: {count(len(asked), 'signal')}, in {in_words([_lower(says) for says in asked])}: ask what happened."
        if asked
        else f"{month.says}: no signal."
    )
    rest = f" {calm} of {len(beyond)} measures went up and down by themselves: leave them alone." if calm else ""
    untold = f" Of {cannot} it cannot be told." if cannot else ""
    return Said(f"{first}{rest}{untold}")


def opened(firings: Table, month: Month) -> Said:
    """How many triggers could be known in the month, what came of them, and how many of before are still open."""
    frame = measures.opened(firings, month.first, month.last)
    known, answered, still, missed, older = (
        int(frame[c].sum()) for c in ("known", "answered", "open", "not_answered", "open_from_before")
    )
    before = f" {older} of before {is_are(older)} still open." if older else " None of before is still open."
    if not known:
        return Said(f"No trigger in force could be known in {month.says}.{before}")
    return Said(
        f"{count(known, 'firing')} could be known in {month.says}: help followed {answered}, may still follow {still}, and "
        f"did not follow {missed} in time.{before}"
    )


def tried_so_far(plans: pd.DataFrame, month: Month) -> Said:
    """How many plans are to be looked at, running, to come and looked at, by the end of the month."""
    if plans.empty:
        return Said(
            "No plan is shown in the log: nothing is written in the sheet “plans” of the review book, or Plan waits."
        )
    by = plans["status"].value_counts()
    overdue, running, to_come, seen = (int(by.get(s, 0)) for s in (OVERDUE, "running", "not begun", "looked at"))
    late = f"{count(overdue, 'plan')} {is_are(overdue)} to be looked at now; " if overdue else ""
    loose = int((plans["fixed_on"].isna() & (plans["status"] != "not begun")).sum())
    fix = (
        f" {count(loose, 'prediction')} {is_are(loose)} not fixed yet: the next report, or python -m journeys book, fixes it."
        if loose
        else ""
    )
    return Said(
        f"By {say(month.last)}: {late}{running} running, {to_come} not begun, {seen} looked at, of {count(len(plans), 'plan')}.{fix}"
    )


def supplied(late: pd.DataFrame, month: Month) -> Said:
    """Whose records end before the month does, and who recorded nothing in some month."""
    short, quiet = late[late["days_late"].fillna(0) > 0], late[late["empty_months"] > 0]
    untold = int(late["days_late"].isna().sum())
    all_, silent = count(len(late), "agency", "agencies"), count(untold, "agency does", "agencies do")
    if untold == len(late):
        said = ["No agency says how far its records reach, so quiet and late cannot be told apart"]
    elif len(short):
        said = [
            f"The records of {in_words(short['agency'].tolist())} end before {say(month.last)}: counts may be too low"
        ]
    elif untold:
        said = [f"The records of every agency that says how far they go reach {say(month.last)}"]
    else:
        said = [f"The records of all {all_} reach {say(month.last)}"]
    if 0 < untold < len(late):
        said.append(f"{silent} not say how far their records go: quiet or late cannot be told")
    if len(quiet):
        said.append(
            f"{count(len(quiet), 'agency has', 'agencies have')} months with no record, which may be quiet or missing"
        )
    return Said(". ".join(said) + ".")


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
