"""Life lines: what changed for a family, line by line, and a verdict by rule on each. Never an average of them.

One convention serves the whole page: XmR, mean moving range, unscreened, Wheeler's signals, over the whole line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.book import read_book
from journeys.journey import Journey, empty
from journeys.register import Measure, Register, load_measures
from journeys.series import attendance, between_crises, pupils
from journeys.voice import agreed, shared_families
from lib.dates import read_day
from lib.errors import RequestError, count
from lib.xmr import LEAST, TOO_FEW, Xmr, xmr

if TYPE_CHECKING:
    import pandas as pd

IMPROVED, WORSENED, NO_CHANGE, CANNOT_TELL = "improved", "worsened", "no signal of change", "too few to tell"

LATEST = 8
"""A shift counts where it reaches into so many of the line's latest values: as many as make a run."""

SHIFTS = ("run", "far")
"""The signals that speak of a lasting change. One value outside is a question, not a change."""

NOT_RECORDED = "Nobody recorded how this family's life went, so whether it improved cannot be told"


@dataclass(frozen=True)
class Line:
    """One life line: days and values in time order, those that have not ended apart, and what the measure is.

    `what` counts the values in words: months, waits, scores. `values` of None are gaps. `open_value` is a wait that
    still runs, up to `open_on`.
    """

    name: str
    about: str
    what: str
    measure: Measure
    days: tuple[Any, ...]
    values: tuple[float | None, ...]
    open_on: Any = None
    open_value: float | None = None


@dataclass(frozen=True)
class Verdict:
    """A line, its limits and what the rule says of it."""

    line: Line
    chart: Xmr
    verdict: str
    says: str


def life_lines(
    journey: Journey, scores: Iterable[Mapping[str, Any]] | None = None, *, level: str = "team"
) -> list[Line]:
    """A family's life lines: each child's attendance, days between crises, and what the family scored itself.

    `scores` are rows that people wrote, those of the review book as far as `level` may read them unless given: `measure`
    (a name of measures.yml) or `statement` (in somebody's own words), `on`, `value` or `score`, and perhaps `family_id`
    and `who`; those of other families and those with no day or no number are left out. Comes out: a list of lines, one
    for each child, measure or person's statement; none where nobody recorded anything.

    Raises `RequestError` for a measure that is not in the register, or that is not an outcome.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> review = build_journeys(read_contacts("sample"), start="2022-04-01", end="2025-03-31")
    >>> [line.name for line in life_lines(review["F0002"])][-2:]
    ['Days between crises', 'Their own score']
    """
    register = load_measures(journey.review.session.folder.rule_files("measures.yml"))
    lines = []
    children = pupils(journey)
    for n, person in enumerate(children, 1):
        about = "of possible sessions" + (f", child {n} of {len(children)}" if len(children) > 1 else "")
        frame = attendance(journey, person=person)
        lines.append(_line("Attendance", about, "month", register["attendance"], frame))
    waits = between_crises(journey)
    if len(waits):
        lines.append(
            _line("Days between crises", "from each to the next", "wait", register["days_between_crises"], waits)
        )
    return lines + _own(journey, _from_book(journey, level) if scores is None else scores, register)


def _from_book(journey: Journey, level: str) -> list[dict[str, Any]]:
    """What people wrote of this family's life in the review book, as far as this level may read it."""
    book = read_book(journey.review)
    scored = agreed(journey.review, "matters", level)
    is_shared = journey.family_id in shared_families(journey.review, level)
    return [r for r in scored + (book.rows("life") if is_shared else []) if r["family_id"] == journey.family_id]


def _line(name: str, about: str, what: str, measure: Measure, frame: pd.DataFrame) -> Line:
    ended = frame[~frame["is_open"]]
    values = tuple(None if empty(v) else float(v) for v in ended["value"])
    still = frame[frame["is_open"] & frame["value"].notna()]
    days = tuple(day.date() for day in ended["on"])
    if what != "wait" or still.empty:
        return Line(name, about, what, measure, days, values)
    last = still.iloc[-1]
    return Line(name, about, what, measure, days, values, last["on"].date(), float(last["value"]))


def _own(journey: Journey, scores: Iterable[Mapping[str, Any]], register: Register) -> list[Line]:
    """Lines from rows that people wrote: one for each measure, or for each person's statement."""
    held: dict[tuple[str, str, str], list[tuple[Any, float]]] = {}
    for row in scores:
        value = row["value"] if "value" in row else row.get("score")
        on = read_day(row.get("on"), "the day of a score")
        if row.get("family_id") not in (None, "", journey.family_id) or value is None or on is None:
            continue
        if journey.start <= on <= journey.review.over_by:
            key = (str(row.get("measure") or ""), str(row.get("statement") or ""), str(row.get("who") or ""))
            held.setdefault(key, []).append((on, float(value)))
    lines = []
    for (name, statement, who), points in held.items():
        measure = register["own_score" if statement else name]
        if measure.kind != "outcome" or measure.better == "neither":
            raise RequestError(
                f"measure '{name}' is no life line: measures.yml says it is an {measure.kind}, and better is "
                f"{measure.better}. A life line is an outcome, of which higher or lower is better."
            )
        points = sorted(points)
        days, values = tuple(on for on, _ in points), tuple(v for _, v in points)
        low, high = measure.scale
        if any((low is not None and v < low) or (high is not None and v > high) for v in values):
            raise RequestError(
                f"A score lies outside its scale, {low:g} to {high:g}. Look at the rows of '{name or 'matters'}'."
            )
        about = f"“{statement}”{f' ({who})' if who else ''}" if statement else measure.says
        lines.append(Line("Their own score" if statement else _titled(name), about, "score", measure, days, values))
    return lines


def _titled(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def judge(line: Line) -> Verdict:
    """What the rule says of one line: improved, worsened, no signal of change, or too few to tell.

    Limits are those of the whole line. A shift (8 in a row on one side of the mean, or 3 of 4 nearer a limit than the
    mean) that reaches into its latest 8 values decides: on the better side improved, on the worse side worsened, on both
    or on none no signal. Of waits of which longer is better, one that still runs and is longer than the upper limit
    already counts as a shift to the better: it can only grow. Nothing is said of why: no line here was compared.

    Measured, 2,000 random series of each: of flat lines of 24 values, 0.9 in 100 are called improved and 1.5 worsened
    where values are spread as a bell, 1.2 and 5.8 where they are skewed as waits are; of 36 values 1.5 and 2.0, and 1.7
    and 7.7: limits of waits are rough. No signal is no proof: of 600 lines of 24 values that rose for good halfway, by
    two standard deviations, 56 in 100 were called improved; by three, 87.

    >>> from lib.dates import to_date
    >>> own = Measure(says="", kind="outcome", better="higher", whose_view="family", source="")
    >>> rising = [3, 4, 3, 4, 3, 4, 3, 4, 7, 8, 7, 8, 7, 8, 7, 8]
    >>> judge(Line("Their own score", "", "score", own, tuple(map(to_date, range(16))), tuple(rising))).verdict
    'improved'
    """
    low, high = line.measure.scale
    chart = xmr(line.values, floor=low, ceiling=high)
    segment = chart.segments[0]
    n = count(segment.points, line.what)
    if segment.status == TOO_FEW:
        return Verdict(line, chart, CANNOT_TELL, f"Too few to tell: {n}, limits need {LEAST}")
    places = [i for i, v in enumerate(line.values) if v is not None][-LATEST:]
    sides = {s.side for s in chart.signals if s.rule in SHIFTS and s.index >= places[0]}
    better = 1 if line.measure.better == "higher" else -1
    assert segment.upper is not None
    if better == 1 and line.open_value is not None and line.open_value > segment.upper:
        sides.add(1)
    if sides == {better}:
        return Verdict(line, chart, IMPROVED, f"Improved, by rule ({n})")
    if sides == {-better}:
        return Verdict(line, chart, WORSENED, f"Worsened, by rule ({n})")
    asked = sum(s.rule == "outside" for s in chart.signals)
    if sides or chart.signals:
        outside = f"; {asked} outside: ask" if asked else ""
        return Verdict(line, chart, NO_CHANGE, f"No lasting change ({n}){outside}")
    return Verdict(line, chart, NO_CHANGE, f"No signal in {n}")


def life(lines: Sequence[Line]) -> pd.DataFrame:
    """One row a life line, in the order given: its values and limits, and the verdict by rule.

    The columns are those of `columns.TABLES["life"]`. Lines are never averaged, and never ranked.
    """
    import pandas as pd

    rows = []
    for v in map(judge, lines):
        s, better = v.chart.segments[0], v.line.measure.better
        numbers = (s.points, s.centre, s.lower, s.upper, s.status, v.line.open_value)
        rows.append((v.line.name, v.line.about, better, *numbers, v.verdict, v.says))
    names = ["line", "about", "better", "values", "mean", "lower", "upper", "limits", "open", "verdict", "says"]
    return pd.DataFrame(rows, columns=names)


def improvement(lines: Sequence[Line]) -> str:
    """What the lines together say, in a sentence. "No discernible improvement" needs a line that could have shown one.

    >>> improvement([])
    "Nobody recorded how this family's life went, so whether it improved cannot be told."
    """
    verdicts = [judge(line) for line in lines]
    told = [v for v in verdicts if v.verdict != CANNOT_TELL]
    if not verdicts:
        return f"{NOT_RECORDED}."
    if not told:
        return f"{count(len(verdicts), 'life line')}, too few values in each to tell whether life improved."
    few = len(verdicts) - len(told)
    rest = f" {count(few, 'more has', 'more have')} too few values to tell." if few else ""
    by = {what: sum(v.verdict == what for v in told) for what in (IMPROVED, WORSENED)}
    n = count(len(told), "life line")
    if not by[IMPROVED]:
        worse = f" {by[WORSENED]} of them worsened." if by[WORSENED] else ""
        return f"No discernible improvement in {n}.{worse}{rest}"
    also = f", and {by[WORSENED]} worsened" if by[WORSENED] else ""
    return f"{by[IMPROVED]} of {n} improved{also}.{rest}"
