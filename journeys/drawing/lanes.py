"""What a swim-lane will show, worked out before anything is drawn: lanes, marks, periods, life, firings, the table.

Drawing and words both read this, so that the picture, its title, its alt text and its table cannot disagree.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from journeys.columns import UNMAPPED
from journeys.drawing import chancerow
from journeys.drawing.story import Firing, Lane, LifeEvent, Mark, Period, Story
from lib.lettering import clean
from lib.timescale import MONTHS, day_of, number

COUNTED_ONLY = ("present", "not_required")
"""A register's marks of a pupil at school, or of a day with no session: by the thousand, so counted and not drawn."""

MOST_LANES = 14
LASTING_DAYS = 28


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _ordered(steps: pd.DataFrame) -> pd.DataFrame:
    """The rows with their first and last possible day in days, in an order that does not rest on the rows' own."""
    rows = steps.copy()
    epoch = pd.Timestamp("1970-01-01")
    rows["first"] = (rows["date"].fillna(rows["earliest"]) - epoch) / pd.Timedelta(days=1)
    rows["after"] = (rows["date"].fillna(rows["latest"]).fillna(rows["earliest"]) - epoch) / pd.Timedelta(days=1) + 1
    rows["ends"] = (rows["ends_on"] - epoch) / pd.Timedelta(days=1) + 1
    for column in ("agency", "activity", "nature", "contact_id", "professional_id", "raw_activity"):
        rows[column] = rows[column].map(_text).astype(object)
    keys = ["first", "after", "agency", "nature", "activity", "contact_id", "professional_id", "raw_activity"]
    return rows.sort_values(keys, kind="stable", ignore_index=True)


def _label(activities: Any, row: Any) -> str:
    known = str(activities.label(row.activity)) if row.activity else ""
    return clean(known or row.raw_activity or "no word given")


def not_supplied(
    coverage: pd.DataFrame, agency: str, start: float, after: float
) -> tuple[list[tuple[float, float]], str]:
    """Stretches of the period for which an agency supplied no records, and the words for them."""
    rows = [
        r for r in coverage.itertuples() if r.agency == agency and not pd.isna(r.from_date) and not pd.isna(r.to_date)
    ]
    if not rows:
        return [], ""
    spans = sorted((number(pd.Timestamp(r.from_date).date()), number(pd.Timestamp(r.to_date).date()) + 1) for r in rows)
    if not all(r.is_declared for r in rows):
        # First and last contact only hint at what was supplied: no gap is claimed from them.
        return [], ""
    gaps, reached = [], start
    for first, end in spans:
        if first > reached:
            gaps.append((reached, min(first, after)))
        reached = max(reached, end)
    if reached < after:
        gaps.append((reached, after))
    gaps = [(a, b) for a, b in gaps if b > a]
    if not gaps:
        return [], ""
    word = "no records"
    if gaps[0] == (start, after):
        return gaps, f"{word} in this period"
    said = []
    for a, b in gaps:
        month_a, month_b = _month(a - 1), _month(b)
        if a == start:
            said.append(f"before {month_b}")
        elif b == after:
            said.append(f"after {month_a}")
        else:
            said.append(f"{_month(a)} to {_month(b - 1)}")
    return gaps, f"{word} {', '.join(said[:2])}" + (" and more" if len(said) > 2 else "")


def _month(day: float) -> str:
    date = day_of(day)
    return f"{MONTHS[date.month - 1]} {date.year}"


def _row(rows: pd.DataFrame, agency: str, name: str) -> dict[str, Any]:
    """One line of the table: what an agency's contacts in the period come to."""
    every = list(rows.itertuples())
    drawn = [r for r in every if not r.counted_only and not r.carried]
    natures = Counter(r.nature for r in drawn)
    met = [r for r in drawn if r.nature in ("touch", "referral")]
    named = {r.professional_id for r in met if r.professional_id}
    seen = drawn or every
    return {
        "agency_id": agency,
        "agency": name,
        "contacts": len(drawn),
        "touches": natures["touch"],
        "referrals": natures["referral"],
        "decisions": natures["decision"],
        "records": natures["record"],
        "signals": natures["signal"],
        "statuses": natures["status"],
        "unclassed": natures[UNMAPPED],
        # Nobody is not the same as nobody named.
        "staff": len(named) if named or not met else None,
        "first": pd.Timestamp("1970-01-01") + pd.Timedelta(days=min(r.first for r in seen)),
        "last": pd.Timestamp("1970-01-01") + pd.Timedelta(days=max(r.after for r in seen) - 1),
        "not_drawn": sum(r.counted_only for r in every),
    }


class Laid(NamedTuple):
    """One family's rows of the period: those of the lanes and of its life, a line for each lane, and how many are not shown."""

    shown: pd.DataFrame
    life: pd.DataFrame
    table: list[dict[str, Any]]
    before: int
    after: int
    undated: int


def _lay(journey: Any, start: float, after: float) -> Laid:
    rows = _ordered(journey.steps)
    undated = rows["first"].isna()
    before = ~undated & (rows["before_period"].fillna(False).astype(bool) | (rows["after"] <= start))
    late = ~undated & ~before & (rows["first"] >= after)
    is_life = rows["nature"] == "life"
    carried = before & (rows["nature"] == "status") & (rows["ends"] > start)
    shown = rows[~undated & ~late & ~is_life & (~before | carried)].copy()
    shown["carried"] = carried
    shown["counted_only"] = (shown["nature"] == "record") & shown["activity"].isin(COUNTED_ONLY)
    named = journey.review.activities.agency
    table = [_row(group, str(a), clean(named(a))) for a, group in shown.groupby("agency", sort=True)]
    table.sort(key=lambda r: (r["first"], r["agency"], r["agency_id"]))
    untold = (before & ~is_life & ~carried, late & ~is_life, undated & ~is_life)
    return Laid(shown, rows[is_life & ~undated & ~before & ~late], table, *(int(some.sum()) for some in untold))


def tell(
    journey: Any,
    firings: pd.DataFrame | None,
    chances: pd.DataFrame | None = None,
    first_help: dt.date | None = None,
) -> Story:
    """Everything that a family's swim-lane shows, from its journey and the firings or chances (of any families) to mark."""
    review = journey.review
    start, after = number(review.start), number(review.end) + 1
    # Two pictures of a family show its lanes.
    laid = review.once(f"lanes of {journey.family_id}", lambda: _lay(journey, start, after))
    chosen, listed, outside = _firings(firings, journey.family_id, start, after)
    chanced = None
    if chances is not None:
        chosen, listed, chanced = chancerow.of_family(chances, journey)
    agencies, shown, table_rows = review.activities, laid.shown, laid.table
    story = Story(
        family=clean(journey.family_id),
        start=review.start,
        end=review.end,
        lanes=[],
        life=[LifeEvent(r.first, r.after, _label(agencies, r)) for r in laid.life.itertuples()],
        firings=listed,
        table=_frame(table_rows),
        before=laid.before,
        after=laid.after,
        undated=laid.undated,
        counted_only={a: int(n) for a, n in shown.loc[shown["counted_only"], "activity"].value_counts().items()},
        firings_outside=outside,
        order=tuple(r["agency_id"] for r in table_rows),
        chanced=chanced,
    )
    marks, periods = _marks(shown, chosen, agencies, start, after, story)
    _lanes(story, table_rows, marks, periods, review.coverage, start, after)
    chancerow.settle(story, first_help, is_published=bool(review.about.published))
    return story


def _frame(table_rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    columns = ["agency", "contacts", "touches", "referrals", "decisions", "records", "signals", "statuses"]
    columns += ["unclassed", "staff", "first", "last", "not_drawn"]
    table = pd.DataFrame(list(table_rows), columns=columns)
    return table.astype(
        {"staff": "Int64", "first": "datetime64[us]", "last": "datetime64[us]"}
        | dict.fromkeys([*columns[1:9], "not_drawn"], "int64")
    )


def _firings(
    firings: pd.DataFrame | None, family_id: str, start: float, after: float
) -> tuple[set[str], list[Firing] | None, int]:
    """The contacts that firings in the period rest on, those firings in order, and how many lie outside."""
    if firings is None:
        return set(), None, 0
    rows = firings[firings["family_id"] == family_id].copy()
    rows["day"] = (pd.to_datetime(rows["fired_on"]) - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    rows = rows.sort_values(["day", "trigger", "firing_id"], kind="stable")
    inside = rows[(rows["day"] >= start) & (rows["day"] < after)]
    found = [
        Firing(
            i + 1,
            row.day,
            clean(_text(row.says) or _text(row.trigger)),
            row.certainty == "possible",
            not pd.isna(row.answered_on),
            bool(row.is_open) if not pd.isna(row.is_open) else False,
        )
        for i, row in enumerate(inside.itertuples())
    ]
    return {str(c) for evidence in inside["evidence"] for c in evidence}, found, len(rows) - len(inside)


def _marks(
    shown: pd.DataFrame,
    evidence: set[str],
    activities: Any,
    start: float,
    after: float,
    story: Story,
) -> tuple[dict[str, list[Mark]], dict[str, list[Period]]]:
    """Each agency's marks and periods; the story's own counts are filled in on the way."""
    marks: dict[str, list[Mark]] = {}
    periods: dict[str, list[Period]] = {}
    drawn: set[str] = set()
    for row in shown[~shown["counted_only"]].itertuples():
        lasts = row.ends - row.first if not pd.isna(row.ends) else 0
        is_status = row.nature == "status"
        if lasts > 1 and (is_status or lasts >= LASTING_DAYS):
            waiting = row.activity.startswith("waiting")
            span = (max(row.first, start), min(row.ends, after))
            label = _label(activities, row) + (f", {lasts:,.0f} days" if waiting else "")
            periods.setdefault(row.agency, []).append(Period(*span, label, waiting))
            if is_status:
                continue
        nature = "record" if is_status else row.nature
        story.statuses_open |= is_status
        crisis = bool(activities.is_crisis(row.activity))
        is_span = row.after - row.first > 1
        known = row.contact_id in evidence
        mark = Mark(max(row.first, start), min(row.after, after), nature, crisis, known, is_span, row.contact_id)
        marks.setdefault(row.agency, []).append(mark)
        drawn.add(row.contact_id)
        story.crises += crisis
        story.spans += is_span
        story.months_only += row.precision == "month"
        story.staff_unsaid += row.nature in ("touch", "referral") and not row.professional_id
    story.evidence_not_drawn = len(evidence - drawn)
    return marks, periods


def _lanes(
    story: Story,
    table_rows: list[dict[str, Any]],
    marks: dict[str, list[Mark]],
    periods: dict[str, list[Period]],
    coverage: pd.DataFrame,
    start: float,
    after: float,
) -> None:
    pooled: set[str] = set()
    if len(table_rows) > MOST_LANES:
        few = [r["agency_id"] for r in table_rows if r["contacts"] <= 2]
        # Still too many: the smallest go too, those that came last first, until there is room.
        by_size = sorted(enumerate(table_rows), key=lambda pair: (pair[1]["contacts"], -pair[0]))
        least = [r["agency_id"] for _, r in by_size[: len(table_rows) - MOST_LANES + 1]]
        pooled = set(few) | set(least)
    for row in table_rows:
        agency = row["agency_id"]
        if agency in pooled:
            continue
        gaps, note = not_supplied(coverage, agency, start, after)
        lane = Lane(row["agency"], [agency], row["contacts"], row["staff"], note, gaps=gaps)
        lane.marks, lane.periods = marks.get(agency, []), periods.get(agency, [])
        story.lanes.append(lane)
    if pooled:
        rest = [r for r in table_rows if r["agency_id"] in pooled]
        story.pooled = [r["agency"] for r in rest]
        said = [r["staff"] for r in rest if r["staff"] is not None]
        lane = Lane(f"{len(rest)} others", [r["agency_id"] for r in rest], sum(r["contacts"] for r in rest), sum(said))
        for row in rest:
            lane.marks += marks.get(row["agency_id"], [])
            lane.periods += periods.get(row["agency_id"], [])
        story.lanes.append(lane)
