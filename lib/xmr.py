"""Natural process limits: what a measure predictably does, and whether something has changed (XmR charts).

Values stand in time order; their order is the evidence. Three conventions for the limits are in use and give three
answers, so each result says which it is. Reckoned in exact fractions of the numbers as written: a value on a limit is
inside it, whatever a computer makes of 0.1.

Sources: W. A. Shewhart, "Economic control of quality of manufactured product" (1931); D. J. Wheeler, "Understanding
variation" (1993), for 2.66, 3.267, 3.145 and 3.865; NHSRplotthedots (NHS-R community), for screening and its preset.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import median

from lib.errors import RequestError, count, did_you_mean, listed

LEAST, FIRM = 6, 12
"""Under so many values there are no limits; from so many they are firm; between the two they are on trial."""

TOO_FEW, TRIAL, SET = "too few", "TRIAL", "firm"

REACH = {"mean": Fraction("2.66"), "median": Fraction("3.145")}
RANGE_REACH = {"mean": Fraction("3.267"), "median": Fraction("3.865")}

EXCLUDE = {
    "none": "unscreened",
    "screened": "moving ranges over 3.267 × their mean left out, one pass",
    "capchart": "values outside left out and the rest closed up, one pass",
}


@dataclass(frozen=True)
class Preset:
    """One set of rules for signals: so many in a row on one side, so many of so many far out, a trend or none."""

    run: int
    far: tuple[int, int]
    beyond: Fraction
    far_words: str
    trend: int | None = None

    def words(self) -> str:
        """The rules in words."""
        rules = ["outside the limits", self.far_words, f"{self.run} in a row on one side"]
        return ", ".join(rules + ([f"{self.trend} in a row rising or falling"] if self.trend else []))


PRESETS = {
    "wheeler": Preset(8, (3, 4), Fraction(1, 2), "3 of 4 nearer a limit than the centre"),
    "nhs": Preset(7, (2, 3), Fraction(2, 3), "2 of 3 beyond two thirds of the way to a limit", 7),
}


@dataclass(frozen=True)
class Segment:
    """Values between two splits, `first` up to and without `stop`; the limits as drawn, within floor and ceiling.

    Under six values there is a centre and no limit. `left_out` are the places of what its convention left out of the
    limits: values for `capchart`, moving ranges for `screened`.
    """

    first: int
    stop: int
    reason: str
    points: int
    status: str
    centre: float | None
    lower: float | None
    upper: float | None
    range_upper: float | None
    left_out: tuple[int, ...] = ()


@dataclass(frozen=True)
class Signal:
    """Something that calls for a question. `first` and `index` are the places of its first and last value.

    `rule` is outside, far (some of a few, far out), run or trend; `side` is 1 for above (or rising), -1 for below.
    """

    index: int
    rule: str
    first: int
    side: int


@dataclass(frozen=True)
class Xmr:
    """An XmR chart in numbers. `ranges` stand at the later of their two values; a gap is None."""

    values: tuple[float | None, ...]
    ranges: tuple[float | None, ...]
    segments: tuple[Segment, ...]
    signals: tuple[Signal, ...]
    convention: str

    @property
    def status(self) -> str:
        """Of the last segment: too few, TRIAL or firm."""
        return self.segments[-1].status


def xmr(
    values: Sequence[float | None],
    *,
    split_at: Mapping[int, str] | None = None,
    method: str = "mean",
    exclude: str = "none",
    floor: float | None = None,
    ceiling: float | None = None,
    signals: str = "wheeler",
) -> Xmr:
    """Limits, moving ranges and signals of values in time order; None is a gap, which no range and no run crosses.

    `split_at` gives each split's place and its reason: limits are then those of each part, as if it stood alone.
    `method` is the average of the moving ranges: mean (× 2.66) or median (× 3.145); the centre is the mean of the values.
    `exclude` is the convention: none, screened or capchart. `floor` and `ceiling` are the ends of the scale, where the
    limits are cut. `signals` is the preset: wheeler or nhs. Under 6 values there are no limits; 6 to 11 are TRIAL.

    Raises RequestError for a split without a reason or outside the values, and for a name that is none of these.

    >>> x = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    >>> def of(**how): return [round(n, 4) for n in (lambda s: (s.upper, s.centre, s.lower))(xmr(x, **how).segments[0])]
    >>> of(exclude="screened"), of(), of(exclude="capchart", floor=0)
    ([4.6044, 1.9444, -0.7156], [6.9515, 1.9444, -3.0626], [4.1306, 1.4706, 0.0])
    >>> of(method="median"), xmr(x).signals
    ([5.0894, 1.9444, -1.2006], (Signal(index=4, rule='outside', first=4, side=1),))
    """
    for what, given, known in (("method", method, REACH), ("exclude", exclude, EXCLUDE), ("signals", signals, PRESETS)):
        if given not in known:
            raise RequestError(f"{what} '{given}' is not known.{did_you_mean(given, known)} Known: {listed(known)}.")
    exact = [None if v is None else _exact(v) for v in values]
    splits = _checked(split_at or {}, len(exact))
    segments: list[Segment] = []
    ranges: list[Fraction | None] = []
    found: list[Signal] = []
    edges = [0, *splits, len(exact)]
    for first, stop in itertools.pairwise(edges):
        inside = exact[first:stop]
        own = _ranges(inside)
        ranges += own
        segment, centre, reach = _segment(first, inside, own, splits.get(first, ""), method, exclude)
        segments.append(_cut(segment, floor, ceiling))
        if centre is not None and reach is not None:
            found += [_moved(s, first) for s in _signals(inside, centre, reach, PRESETS[signals])]
    convention = f"XmR, {method} moving range × {float(REACH[method]):g}, {EXCLUDE[exclude]}; signals: {PRESETS[signals].words()}"
    return Xmr(
        tuple(None if v is None else float(v) for v in exact),
        tuple(None if r is None else float(r) for r in ranges),
        tuple(segments),
        tuple(sorted(found, key=lambda s: (s.index, s.rule))),
        convention,
    )


def _exact(value: float) -> Fraction:
    if not math.isfinite(value):
        raise RequestError("A value is not a number. Leave a gap as None.")
    return Fraction(str(value))


def _checked(split_at: Mapping[int, str], length: int) -> dict[int, str]:
    for at, reason in split_at.items():
        if not str(reason or "").strip():
            raise RequestError(f"The split at value {at + 1} has no reason. Say what changed there, or leave it out.")
        if not 0 < at < length:
            raise RequestError(f"There is no value on both sides of a split at place {at}: {count(length, 'value')}.")
    return {at: str(split_at[at]) for at in sorted(split_at)}


def _ranges(values: Sequence[Fraction | None]) -> list[Fraction | None]:
    pairs = itertools.pairwise(values)
    return [None, *(None if a is None or b is None else abs(b - a) for a, b in pairs)][: len(values)]


def _segment(
    first: int,
    values: Sequence[Fraction | None],
    ranges: Sequence[Fraction | None],
    reason: str,
    method: str,
    exclude: str,
) -> tuple[Segment, Fraction | None, Fraction | None]:
    """A part's limits, uncut; and its centre and reach where it has any."""
    known, moved = [v for v in values if v is not None], [r for r in ranges if r is not None]
    stop, points = first + len(values), len(known)
    centre = sum(known, Fraction(0)) / points if points else None
    if points < LEAST or not moved or centre is None:
        at = None if centre is None else float(centre)
        return Segment(first, stop, reason, points, TOO_FEW, at, None, None, None), None, None
    left_out: tuple[int, ...] = ()
    if exclude == "screened":
        line = RANGE_REACH["mean"] * sum(moved) / len(moved)
        left_out = tuple(first + n for n, r in enumerate(ranges) if r is not None and r > line)
        moved = [r for r in moved if r <= line]
    elif exclude == "capchart":
        far = REACH[method] * _average(moved, method)
        left_out = tuple(first + n for n, v in enumerate(values) if v is not None and abs(v - centre) > far)
        closed = [v for n, v in enumerate(values) if first + n not in left_out]
        known, moved = [v for v in closed if v is not None], [r for r in _ranges(closed) if r is not None]
        centre = sum(known, Fraction(0)) / len(known)
    typical = _average(moved, method)
    reach = REACH[method] * typical
    status = SET if points >= FIRM else TRIAL
    low, high, far_move = float(centre - reach), float(centre + reach), float(RANGE_REACH[method] * typical)
    return Segment(first, stop, reason, points, status, float(centre), low, high, far_move, left_out), centre, reach


def _average(ranges: Sequence[Fraction], method: str) -> Fraction:
    return Fraction(median(ranges)) if method == "median" else sum(ranges, Fraction(0)) / len(ranges)


def _cut(segment: Segment, floor: float | None, ceiling: float | None) -> Segment:
    if segment.lower is None or segment.upper is None:
        return segment
    lower = segment.lower if floor is None else max(segment.lower, float(floor))
    upper = segment.upper if ceiling is None else min(segment.upper, float(ceiling))
    return replace(segment, lower=lower, upper=upper)


def _moved(signal: Signal, by: int) -> Signal:
    return Signal(signal.index + by, signal.rule, signal.first + by, signal.side)


def _signals(values: Sequence[Fraction | None], centre: Fraction, reach: Fraction, preset: Preset) -> list[Signal]:
    off = [None if v is None else v - centre for v in values]
    some, of = preset.far
    found = []
    for side in (1, -1):
        out = [o is not None and o * side > reach for o in off]
        far = [o is not None and o * side > reach * preset.beyond for o in off]
        above = [o is not None and o * side > 0 for o in off]
        found += [Signal(n, "outside", n, side) for n, is_out in enumerate(out) if is_out]
        found += [Signal(b - 1, "run", a, side) for a, b in _stretches(above) if b - a >= preset.run]
        found += [Signal(b - 1, "far", a, side) for a, b in _crowds(far, off, some, of)]
        if preset.trend:
            pairs = itertools.pairwise(values)
            rising = [a is not None and b is not None and (b - a) * side > 0 for a, b in pairs]
            found += [Signal(b, "trend", a, side) for a, b in _stretches(rising) if b - a + 1 >= preset.trend]
    return found


def _stretches(marks: Sequence[bool]) -> list[tuple[int, int]]:
    """Where marks stand in a row: the first, and the place after the last."""
    found, since = [], None
    for n, mark in enumerate([*marks, False]):
        if mark and since is None:
            since = n
        elif not mark and since is not None:
            found.append((since, n))
            since = None
    return found


def _crowds(far: Sequence[bool], known: Sequence[Fraction | None], some: int, of: int) -> list[tuple[int, int]]:
    """Where some of a few neighbours are far out, none of them a gap: neighbours that share one are taken as one crowd."""
    found: list[tuple[int, int]] = []
    for n in range(len(far) - some + 1):
        window = range(n, min(n + of, len(far)))
        places = [i for i in window if far[i]]
        whole = [i for i in window if known[i] is None]
        if len(places) < some or any(places[0] < gap < places[-1] for gap in whole):
            continue
        if found and places[0] < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], places[-1] + 1))
        else:
            found.append((places[0], places[-1] + 1))
    return found
