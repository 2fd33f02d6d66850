"""The measures of flow, as small frames: needs, what came of referrals, the story told again, professionals, value.

Each share stands beside its counts; what has not ended is open and counted. No row names an agency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from journeys import staffing
from journeys import story as stories
from journeys.clocks import Needs, two_clocks
from journeys.columns import TABLES
from journeys.journey import Journeys
from journeys.passing import passed
from lib.limits import median_wait

if TYPE_CHECKING:
    import pandas as pd

Rows = Sequence[Mapping[str, Any]]


def _frame(table: str, rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    import pandas as pd

    kinds = {"whole number": "Int64", "number": "Float64", "share": "Float64"}
    frame = pd.DataFrame(rows, columns=[c.name for c in TABLES[table]])
    return frame.astype({c.name: kinds[c.type] for c in TABLES[table] if c.type in kinds})


def needs(review: Journeys, needs: Rows | None = None) -> pd.DataFrame:
    """Two rows, the family's clock and the agencies': how many, ended, open, and the median with the open ones counted.

    `needs` are rows of needs as people know them (see `two_clocks`). The agencies' clocks are pooled, and rank nobody. Where
    no need is known the family's row has no needs and no median: its clock is not told.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> needs(build_journeys(read_contacts("sample")))["clock"].tolist()
    ["the family's", "agencies'"]
    """
    table = two_clocks(review, needs)
    owner: Needs = table.owner
    frame = table.df()
    rows = []
    for clock, some in (
        ("the family's", frame[frame["agency"].isna()]),
        ("agencies'", frame[frame["agency"].notna()]),
    ):
        still = some["is_open"].astype(bool)
        ended, waiting = some.loc[~still, "days"].tolist(), some.loc[still, "days"].tolist()
        how = some["how"].value_counts()
        rows.append(
            (
                *(clock, some["family_id"].nunique(), len(some), len(ended), len(waiting)),
                *(median_wait(ended, waiting), max(waiting, default=None)),
                *(int(how.get(name, 0)) for name in ("book", "log", "inferred")),
                *(int((~some["is_exact"].astype(bool)).sum()), len(owner.unnamed)),
            )
        )
    return _frame("needs", rows)


def referral_flow(review: Journeys, needs: Rows | None = None, steps: Rows | None = None) -> pd.DataFrame:
    """A row per measure of what came of referrals: how many, of how many, possible and open ones beside them.

    `needs` and `steps` are rows that people supply (see `two_clocks` and `said_values`). A referral of a child of two
    families is counted once. Dead ends: no recorded answer once the days have run. What rests on a need leaves out
    referrals that name none, and says how many.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> referral_flow(build_journeys(read_contacts("sample")))["measure"].tolist()[:3]
    ['bounces', 'dead ends', 'rejections']
    """
    table = passed(review, needs, steps)
    frame = table.df()
    frame["answered"] = frame["answered_by"].notna()
    frame["is_open"] = frame["is_open"].astype(bool)
    frame["named"] = frame["need_id"].notna()
    frame["certain"], frame["possible"] = frame["bounce"] == "certain", frame["bounce"] == "possible"
    frame["looped"] = frame["in_loop"].fillna(False).astype(bool)
    frame["rejected"], frame["told"] = frame["is_rejected"].astype(bool), frame["feedback_by"].notna()
    flags = ["answered", "is_open", "named", "certain", "possible", "looped", "rejected", "told"]
    each = frame.groupby("contact_id")[flags].any()
    n, named = len(each), int(each["named"].sum())
    still = int((each["is_open"] & ~each["answered"]).sum())
    chains = table.owner.chains
    ended = [c.referrals for c in chains if c.value_on is not None]
    waiting = [c.referrals for c in chains if c.value_on is None]

    def line(measure: str, says: str, some: int, of: int, **more: Any) -> tuple[Any, ...]:
        beside = [more.get(k) for k in ("possible", "open", "not_told", "median")]
        return measure, says, some, of, some / of if of else None, *beside

    count = {flag: int(each[flag].sum()) for flag in flags}
    only_possible = int((each["possible"] & ~each["certain"]).sum())
    dead = int((~each["answered"] & ~each["is_open"]).sum())
    return _frame(
        "referral_flow",
        [
            line(
                *("bounces", "the next referral on the need goes straight back", count["certain"], named),
                possible=only_possible,
                not_told=n - named,
            ),
            line("dead ends", "no recorded answer once the days have run", dead, n, open=still),
            line("rejections", "answered: not eligible, or no further action", count["rejected"], n, open=still),
            line("loops", "lies in a ring of referrals on the need", count["looped"], named, not_told=n - named),
            line("feedback", "the referrer was told what came of it", count["told"], n),
            line(
                *("chain length", "needs with a value step, and referrals until then", len(ended), len(chains)),
                open=len(waiting),
                median=median_wait(ended, waiting),
            ),
        ],
    )


def story(review: Journeys) -> pd.DataFrame:
    """One row per family: times it told its story, to how many agencies, again, and facts it was asked again.

    `story.asked_again` gives those facts one by one.
    """
    frame = stories.told(review)
    again = stories.asked_again(review)["family_id"].value_counts()
    rows = [(*row, int(again.get(row[0], 0))) for row in frame.itertuples(index=False)]
    return _frame("told", rows)


def assessments(review: Journeys) -> pd.DataFrame:
    """One row: assessments, duplicates among those of which it is known what they are about, and help that followed."""
    n, activities = stories.counts(review), review.activities
    about, ended = n["assessments"] - n["about_nothing_named"], n["helped"] + n["no_help"]
    shares = n["duplicates"] / about if about else None, n["no_help"] / ended if ended else None
    first = [n[k] for k in ("assessments", "families", "about_nothing_named", "not_to_the_day", "duplicates")]
    days = activities.duplicate_assessment_days, activities.service_after_assessment_days
    rows = [(*first, shares[0], *(n[k] for k in ("helped", "no_help", "open")), shares[1], *days)]
    return _frame("assessments", rows)


def professionals(review: Journeys) -> pd.DataFrame:
    """One row per family: professionals distinct, unknown and at once, and changes of key worker; nobody is named."""
    return _frame("professionals", list(staffing.professionals(review).itertuples(index=False, name=None)))


def value(review: Journeys, steps: Rows | None = None) -> pd.DataFrame:
    """One row per family: value steps among its steps, and value days among its days, each share beside its counts."""
    return _frame("value", list(staffing.value(review, steps).itertuples(index=False, name=None)))
