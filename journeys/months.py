"""A month beside the months before it: what went up and down by itself, and what calls for a question.

Each measure is a number a month over all the families of a review together. Whether the last month differs is told by
natural process limits alone, never by setting one month against the month before. Records that are not in can only make
a count too low: so more than usual is told all the same, and less than usual is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from journeys.agreed import read_rules
from journeys.asked import demand as ask
from journeys.asking import demand
from journeys.columns import TABLES
from journeys.contacts import session_of
from journeys.crises import find_crises
from journeys.dealings import dealings
from journeys.firingmeasures import once
from journeys.flow import handovers, switches
from journeys.journey import Journeys, check_review
from journeys.matching import Matching
from journeys.register import load_measures
from journeys.series import attendance, monthly
from journeys.triggers import find_triggers
from lib.dates import add_months, day_number, month_end, read_day, say_short, to_date
from lib.dialect import literal
from lib.errors import RequestError, count
from lib.xmr import FIRM, LEAST, TOO_FEW, Signal, Xmr, xmr

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

MEASURES = (
    *("attendance", "crises", "contacts", "asked", "failure_asked"),
    *("switches", "handovers", "professionals_met", "firings"),
)
"""What the page of a month shows, in this order every month: the families' life first, then what services did."""

OWN_COVER = ("attendance", "crises")
"""Measures that are empty where the records that could show them are not in; the others are only too low."""

RARE = 1
"""Limits for counts say something where the mean count is over 1 (D. J. Wheeler, "Understanding variation", 1993)."""

LEAVE, ASK, WAIT = "no signal: leave it alone", "signal", "cannot be told"

SWITCHED = """
SELECT f.name AS family_id, s.moment, min(s.earliest) AS earliest, max(s.latest) AS latest
FROM {steps} AS s JOIN {at}families AS f ON s.family = f.code WHERE s.moment IS NOT NULL GROUP BY f.name, s.moment
"""

CRISES = """
SELECT DISTINCT s.family, s.earliest FROM {steps} AS s JOIN {at}activities AS a ON s.activity = a.code
WHERE a.name IN ({which}) AND s.earliest = s.latest
"""


class Month(NamedTuple):
    """One whole month: its first and its last day."""

    first: dt.date
    last: dt.date

    @property
    def says(self) -> str:
        """The month in words."""
        return f"{self.first:%B} {self.first.year}"

    def history(self, months: int = 24) -> dt.date:
        """The first day of so many months that end with this one.

        >>> Month(dt.date(2025, 3, 1), dt.date(2025, 3, 31)).history(24)
        datetime.date(2023, 4, 1)
        """
        if months < LEAST:
            raise RequestError(f"{months} months of history are too few to tell anything by. Ask for {FIRM} or more.")
        return to_date(add_months(day_number(self.first), 1 - months))


def month_of(contacts: Table, start: str | dt.date = "", end: str | dt.date = "") -> Month:
    """The month that a page is about: the one given by its first and last day, or the last whole one of the data.

    `contacts` from `read_contacts`. With `end` alone, the last whole month by that day. Raises `RequestError` where the
    days given are not the first and last of one month, and for published cases: their story is over.

    >>> from journeys.contacts import read_contacts
    >>> month_of(read_contacts("sample")).says
    'March 2025'
    """
    session = session_of(contacts)
    if session.folder.about.published:
        raise RequestError(
            "published cases are stories that are over: there is no month to come back to. Use 2_one_family."
        )
    first, last = read_day(start, "start"), read_day(end, "end")
    by = day_number(last) if last else session.last_day()
    begins = day_number(to_date(by).replace(day=1))
    if by != month_end(begins):
        begins = add_months(begins, -1)
    month = Month(to_date(begins), to_date(month_end(begins)))
    if first and first != month.first:
        nearest = Month(first.replace(day=1), to_date(month_end(day_number(first.replace(day=1)))))
        raise RequestError(
            f"{say_short(first)} to {say_short(last or month.last)} is not one whole month. This page is about one month, "
            f"such as {nearest.first:%Y-%m-%d} to {nearest.last:%Y-%m-%d}."
        )
    return month


def month_by_month(review: Journeys, firings: Table | None = None, asked: Table | None = None) -> pd.DataFrame:
    """Each measure of the page of a month, month by month over all families of the review: outcomes first.

    `firings` from `find_triggers` and `asked` from `fj.demand`, if they are at hand. Comes out: a row per measure and
    whole month of the period, with the columns of `columns.TABLES["month_by_month"]`. Empty: nobody's records could show
    it. `agencies` of `of_agencies` supplied the whole month: where one did not, a count may be too low.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> frame = month_by_month(build_journeys(read_contacts("sample"), start="2024-04-01", end="2025-03-31"))
    >>> len(frame), frame["measure"].nunique()
    (108, 9)
    """
    import pandas as pd

    check_review(review)
    firings = firings if firings is not None else find_triggers(review)
    asked = asked if asked is not None else ask(review)
    cover = monthly(review).set_index("on")
    classes = demand(asked, every="month").set_index("month")
    known = once(firings)
    counted: dict[str, Callable[[], dict[pd.Timestamp, float | None]]] = {
        "attendance": lambda: attendance(review).set_index("on")["value"].to_dict(),
        "crises": lambda: _crises(review, cover),
        "contacts": lambda: cover["value"].to_dict(),
        "asked": lambda: _counts(classes["asked"], cover),
        "failure_asked": lambda: _counts(classes["failure"], cover),
        "switches": lambda: _switches(review, cover),
        "handovers": lambda: _per_month(handovers(review).df()["referred_on"], cover),
        "professionals_met": lambda: _professionals(review, cover),
        "firings": lambda: _per_month(known["known_on"], cover),
    }
    register = load_measures(review.session.folder.rule_files("measures.yml"))
    rows = []
    for name in MEASURES:
        values, measure = counted[name](), register[name]
        for on, row in cover.iterrows():
            value = values.get(on)
            rows.append(
                (
                    *(name, measure.says, measure.kind, on, None if value is None or pd.isna(value) else float(value)),
                    *(row["agencies"], row["of_agencies"], len(review), row["is_open"]),
                )
            )
    columns = [c.name for c in TABLES["month_by_month"]]
    kinds = {"value": "Float64", "agencies": "Int64", "of_agencies": "Int64", "families": "Int64", "is_open": "bool"}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def beyond_noise(frame: pd.DataFrame) -> pd.DataFrame:
    """The last month of each measure beside what the measure predictably does, and what that says.

    `frame` from `month_by_month`. Comes out: a row per measure, in the same order every month, with the columns of
    `columns.TABLES["beyond_noise"]`. A signal is one of the rules of XmR charts that the last month is part of; without
    one, nothing has changed that anybody could tell from noise. Under 6 months with a value nothing is said.

    Raises `RequestError` where no month of the frame is over.

    Source: D. J. Wheeler, "Understanding variation" (1993); mean moving range, signals outside the limits, 3 of 4 nearer
    a limit than the centre, 8 in a row on one side.
    """
    import pandas as pd

    if frame["is_open"].all():
        raise RequestError(
            "no month of this period is over, so nothing can be told of one. Choose an earlier start, or wait."
        )
    rows = []
    for name in frame["measure"].unique():
        some = frame[(frame["measure"] == name) & ~frame["is_open"]].sort_values("on", ignore_index=True)
        chart = chart_of(some)
        part, last = chart.segments[-1], some.iloc[-1]
        status, reads = _reads(some, chart)
        rows.append(
            (
                *(name, last["says"], last["kind"], chart.values[-1], chart.values[-2] if len(some) > 1 else None),
                *(part.centre, *((None, None) if is_rare(some, chart) else (part.lower, part.upper)), part.points),
                *(status, reads),
            )
        )
    columns = [c.name for c in TABLES["beyond_noise"]]
    numbers = ("value", "before", "centre", "lower", "upper")
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, "Float64") | {"months": "Int64"})


def chart_of(some: pd.DataFrame) -> Xmr:
    """The XmR chart of one measure's months, in order of time."""
    import pandas as pd

    ceiling = 1.0 if some["measure"].iloc[0] == "attendance" else None
    return xmr([None if pd.isna(v) else float(v) for v in some["value"]], floor=0.0, ceiling=ceiling)


def is_rare(some: pd.DataFrame, chart: Xmr) -> bool:
    """Whether a count is too rare for limits by the month: its mean is under 1."""
    centre = chart.segments[-1].centre
    return some["measure"].iloc[0] != "attendance" and centre is not None and centre < RARE


def _reads(some: pd.DataFrame, chart: Xmr) -> tuple[str, str]:
    part, last = chart.segments[-1], some.iloc[-1]
    if chart.values[-1] is None:
        return WAIT, "not known: no record could show it"
    if part.status == TOO_FEW:
        return WAIT, f"too few months to tell: {part.points} of {LEAST}"
    if is_rare(some, chart):
        return WAIT, f"too rare to tell by the month: under {RARE} a month on average"
    late = 0 if last["measure"] in OWN_COVER else int(some["agencies"].max() - last["agencies"])
    missing = f"the records of {count(late, 'agency', 'agencies')} are not in"
    # Of several rules that a month breaks, being outside says most.
    found = sorted((s for s in chart.signals if s.index == len(chart.values) - 1), key=lambda s: s.rule != "outside")
    if found and found[0].side < 0 and late:
        return WAIT, f"less than it predictably is, and {missing}: cannot be told yet"
    more = f" ({missing}: it may be more)" if late else ""
    if not found:
        return LEAVE, LEAVE + more
    return ASK, f"signal: {_rule(found[0])}. Ask what happened{more}"


def _rule(signal: Signal) -> str:
    side = "above" if signal.side > 0 else "below"
    if signal.rule == "outside":
        return f"{side} what it predictably does"
    months = signal.index - signal.first + 1
    return (
        f"{months} months in a row {side} its mean" if signal.rule == "run" else f"several months far {side} its mean"
    )


def supplied(review: Journeys) -> pd.DataFrame:
    """How far the records of each agency reach, of everybody in the data: late at the end, or months with no record.

    A row per agency, in order of name: `agency`, `from_date` and `to_date` (its records cover), `is_declared`,
    `last_contact`, `days_late` (days of the period after its declared cover ends; empty where none is declared: then nobody
    can tell quiet from late), `empty_months` (whole months of the period within its cover with no record).
    """
    import pandas as pd

    rows: dict[str, set[int]] = {}
    last: dict[str, int] = {}
    select = f"SELECT DISTINCT agency, earliest, latest FROM {review.session.contacts} WHERE agency <> 'family'"
    for agency, earliest, latest in review.engine.rows(select):
        rows.setdefault(agency, set()).update((month_end(earliest), month_end(latest)))
        last[agency] = max(latest, last.get(agency, latest))
    first, end = day_number(review.start), day_number(review.end)
    found = []
    for row in review.coverage.itertuples():
        if row.agency not in rows:
            continue
        begins, ends = (day_number(day.date()) for day in (row.from_date, row.to_date))
        month, empty = day_number(to_date(max(first, begins)).replace(day=1)), 0
        while month_end(month) <= min(end, ends):
            empty += month >= max(first, begins) and month_end(month) not in rows[row.agency]
            month = add_months(month, 1)
        found.append(
            (
                *(review.activities.agency(row.agency), row.from_date, row.to_date, bool(row.is_declared)),
                *(pd.Timestamp(to_date(last[row.agency])), max(end - ends, 0) if row.is_declared else None, empty),
            )
        )
    names = ["agency", "from_date", "to_date", "is_declared", "last_contact", "days_late", "empty_months"]
    found.sort(key=lambda row: row[0])
    return pd.DataFrame(found, columns=names).astype({"days_late": "Int64"})


def _counts(column: pd.Series[int], cover: pd.DataFrame) -> dict[pd.Timestamp, float | None]:
    """Counts a month, where any agency's records cover it."""
    import pandas as pd

    found = {on: float(n) for on, n in column.items() if not pd.isna(on)}
    return {on: found.get(on, 0.0) for on, row in cover.iterrows() if row["agencies"]}


def _per_month(days: pd.Series[pd.Timestamp], cover: pd.DataFrame) -> dict[pd.Timestamp, float | None]:
    import pandas as pd

    return _counts(pd.to_datetime(days.dropna()).dt.to_period("M").dt.start_time.value_counts(), cover)


def _crises(review: Journeys, cover: pd.DataFrame) -> dict[pd.Timestamp, float | None]:
    """Days on which a family came to a crisis, up to the last day that everybody's records could have shown one."""
    import pandas as pd

    rules = read_rules(review)
    crises = find_crises(review, rules, None, Matching(review, rules, [], day_number(review.over_by)))
    which = ", ".join(literal(a) for a in sorted(crises.activities)) or "''"
    days = review.engine.rows(CRISES.format(steps=review.coded, at=review.codes, which=which))
    found = _per_month(pd.Series([pd.Timestamp(to_date(day)) for _, day in days], dtype="datetime64[us]"), cover)
    return {on: n for on, n in found.items() if month_end(day_number(on.date())) <= crises.until}


def _switches(review: Journeys, cover: pd.DataFrame) -> dict[pd.Timestamp, float | None]:
    """Switches by the month of the moment switched to; one to a moment that lies in no one month is in none."""
    import pandas as pd

    select = SWITCHED.format(steps=review.coded, at=review.codes)
    when = {(family, moment): (first, last) for family, moment, first, last in review.engine.rows(select)}
    sums: dict[pd.Timestamp, float] = {}
    for row in switches(review).df().itertuples():
        first, last = (to_date(day).replace(day=1) for day in when[row.family_id, row.moment + 1])
        if first == last:
            sums[pd.Timestamp(first)] = sums.get(pd.Timestamp(first), 0.0) + row.weight
    return _counts(pd.Series({on: round(n, 6) for on, n in sums.items()}, dtype="float64"), cover)


def _professionals(review: Journeys, cover: pd.DataFrame) -> dict[pd.Timestamp, float | None]:
    """Professionals that met each family in the month, added up over the families; who is not named is not counted.

    By month, and not by when they first and last came: near the end of the records nobody's last day is known.
    """
    import pandas as pd

    met = {
        (family, row.agency, row.professional, to_date(row.earliest).replace(day=1))
        for family, rows in dealings(review).items()
        for row in rows
        if row.moves and row.professional and month_end(row.earliest) == month_end(row.latest)
    }
    return _per_month(pd.Series([pd.Timestamp(month) for *_, month in met], dtype="datetime64[us]"), cover)
