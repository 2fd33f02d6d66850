"""What the words mean, a second time: slow, obvious loops over plain rows, written from the definitions and not from the kit.

Nothing of the kit is used but the words in `columns`. Days are whole numbers from 1 January 1970; fractions are exact.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median
from typing import Any

from journeys.columns import SEPARATED

ZERO = dt.date(1970, 1, 1)

_BANK_HOLIDAYS = """
2022-12-26 2022-12-27 2023-01-02 2023-12-25 2023-12-26
2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
"""
ENGLISH_BANK_HOLIDAYS = frozenset(dt.date.fromisoformat(day) for day in _BANK_HOLIDAYS.split())


def number(day: dt.date) -> int:
    return (day - ZERO).days


def day_of(n: int) -> dt.date:
    return ZERO + dt.timedelta(days=n)


# Windows


def days_on(n: int) -> Callable[[int], int]:
    """The last day of a window of so many days, as a function of its first."""
    return lambda day: day + n


@functools.cache
def months_on(n: int) -> Callable[[int], int]:
    """The same day of the month so many months on, or that month's last day: found by walking the calendar."""

    @functools.cache
    def last(start: int) -> int:
        first = day_of(start)
        there, moved = first, 0
        while moved < n:
            there += dt.timedelta(days=1)
            if there.day == 1:
                moved += 1
        in_month = calendar.monthrange(there.year, there.month)[1]
        return number(there.replace(day=min(first.day, in_month))) if n else start

    return last


@functools.cache
def working_days_on(n: int) -> Callable[[int], int]:
    """The n-th Monday to Friday after the first day that is no bank holiday in England."""

    @functools.cache
    def last(start: int) -> int:
        day, left = day_of(start), n
        while left:
            day += dt.timedelta(days=1)
            if day.isoweekday() <= 5 and day not in ENGLISH_BANK_HOLIDAYS:
                left -= 1
        return number(day)

    return last


# Patterns: rows have id, day (or None), second (or None), earliest, latest


@dataclass(frozen=True)
class Fired:
    on: int
    evidence: tuple[str, ...]
    certain: bool


def span(row: Any) -> range:
    """Every day on which a contact may have fallen."""
    return range(row.earliest, row.latest + 1)


def every_way(rows: Sequence[Any]) -> Iterator[tuple[int, ...]]:
    """Every way in which the contacts' days may have fallen."""
    return itertools.product(*(span(r) for r in rows))


def how_many(rows: Sequence[Any]) -> int:
    return len(rows)


def how_many_values(rows: Sequence[Any]) -> int:
    """How many different agencies, or people, or reasons."""
    return len({r.value for r in rows})


def met_by(
    placed: Iterable[tuple[int, Any]],
    times: int,
    last: Callable[[int], int],
    count: Callable[[Sequence[Any]], int] = how_many,
) -> bool:
    """Whether so many of these contacts, each on its day, lie in one window: each day is tried as the window's first."""
    placed = list(placed)
    return any(count([row for day, row in placed if first <= day <= last(first)]) >= times for first, _ in placed)


def repeat(
    rows: Sequence[Any],
    times: int,
    last: Callable[[int], int],
    count: Callable[[Sequence[Any]], int] = how_many,
) -> list[Fired]:
    """So many in a window. Dated ones alone, walking day by day; then what is left, with the imprecise ones."""
    dated = [r for r in rows if r.day is not None]
    fired: list[Fired] = []
    used: set[str] = set()
    since = None
    for today in range(min((r.day for r in dated), default=0), max((r.day for r in dated), default=-1) + 1):
        window = [r for r in dated if (since is None or r.day > since) and r.day <= today <= last(r.day)]
        if any(r.day == today for r in window) and count(window) >= times:
            fired.append(Fired(today, tuple(sorted(r.id for r in window)), True))
            used |= {r.id for r in window}
            since = today
    left = [r for r in rows if r.id not in used]
    restarts = [f.on for f in fired]
    while found := _first_with_imprecise(left, times, last, restarts, count):
        fired.append(found)
        left = [r for r in left if r.id not in found.evidence and r.latest > found.on]
    return sorted(fired, key=lambda f: (f.on, f.evidence))


def spread(rows: Sequence[Any], times: int, last: Callable[[int], int]) -> list[Fired]:
    """As repeat, but different values are counted; a contact that names none counts for nothing."""
    return repeat([r for r in rows if r.value is not None], times, last, how_many_values)


def _first_with_imprecise(
    rows: Sequence[Any],
    times: int,
    last: Callable[[int], int],
    restarts: Sequence[int],
    count: Callable[[Sequence[Any]], int],
) -> Fired | None:
    """The first day by which enough may lie in one window, one of them imprecise: every window of the calendar is tried.

    A way that puts one of them by the day of an earlier dated firing is a way in which it does not count: the count
    has started again since (where it takes more than one).
    """
    if all(r.day is not None for r in rows):
        return None
    for by in range(min(r.latest for r in rows), max(r.latest for r in rows) + 1):
        over = [r for r in rows if r.latest <= by]
        if not any(r.latest == by for r in over):
            continue
        found: list[tuple[int, frozenset[str], list[Any]]] = []
        for first in range(min(r.earliest for r in over), by + 1):
            inside = [r for r in over if any(first <= day <= last(first) for day in span(r))]
            imprecise, newest = any(r.day is None for r in inside), any(r.latest == by for r in inside)
            if count(inside) >= times and imprecise and newest:
                found.append((first, frozenset(r.id for r in inside), inside))
        # A window inside another's evidence says nothing of its own.
        whole = [(f, ids, rows) for f, ids, rows in found if not any(ids < more for _, more, _ in found)]
        after = [day for day in restarts if day < by and times > 1]
        judged = []
        for f, ids, some in whole:
            ways = (
                [(day, row) for day, row in zip(way, some, strict=True) if all(day > restart for restart in after)]
                for way in every_way(some)
            )
            judged.append((not all(met_by(way, times, last, count) for way in ways), f, ids))
        if judged:
            doubtful, _, ids = min(judged, key=lambda j: (j[0], j[1]))
            return Fired(by, tuple(sorted(ids)), not doubtful)
    return None


def orders(a: Any, b: Any, day_a: int, day_b: int) -> set[str]:
    """On these days, which of the two may have come first: `a`, `b`, or both."""
    if day_a != day_b:
        return {"a"} if day_a < day_b else {"b"}
    timed = a.day is not None and b.day is not None and a.second is not None and b.second is not None
    if timed and a.second != b.second:
        return {"a"} if a.second < b.second else {"b"}
    return {"a", "b"}


def follows(a: Any, b: Any, last: Callable[[int], int]) -> str:
    """Whether b came after a and within the window: on every day and in every order, on some, or on none."""
    held = set()
    for day_a, day_b in every_way((a, b)):
        for first in orders(a, b, day_a, day_b):
            held.add(first == "a" and day_b <= last(day_a))
    return "certain" if held == {True} else "possible" if True in held else "no"


def sooner(row: Any) -> tuple[Any, ...]:
    return row.earliest, row.latest, -1 if row.second is None else row.second, row.id


def follow(firsts: Sequence[Any], thens: Sequence[Any], last: Callable[[int], int]) -> list[Fired]:
    """Each then, the soonest first, takes the latest first still free; certain pairs before possible ones."""
    return paired(firsts, thens, lambda first, then: follows(first, then, last))


def paired(firsts: Sequence[Any], thens: Sequence[Any], sure: Callable[[Any, Any], str]) -> list[Fired]:
    """Pairs, each contact in one at most in each part; `sure` says of two whether they make one: certain, possible, no."""
    fired: list[Fired] = []
    either = {r.id for r in firsts} & {r.id for r in thens}
    taken_first, taken_then = set(), set()
    for certainty in ("certain", "possible"):
        for then in sorted(thens, key=sooner):
            if then.id in taken_then:
                continue
            best = None
            for first in firsts:
                backwards = first.id in either and then.id in either and sooner(first) > sooner(then)
                if first.id == then.id or first.id in taken_first or backwards or sure(first, then) != certainty:
                    continue
                rank = (first.latest, -1 if first.second is None else first.second, first.id)
                if best is None or rank > best[0]:
                    best = rank, first
            if best:
                taken_first.add(best[1].id)
                taken_then.add(then.id)
                fired.append(Fired(then.latest, (best[1].id, then.id), certainty == "certain"))
    return sorted(fired, key=lambda f: (f.on, f.evidence))


def asks(rows: Sequence[Any]) -> list[tuple[int | None, list[Any]]]:
    """What asks together: (second, contacts). A day asks once, or each second where all of that day's have one."""
    found: list[tuple[int | None, list[Any]]] = [(None, [r]) for r in rows if r.day is None]
    for day in {r.day for r in rows if r.day is not None}:
        same = [r for r in rows if r.day == day]
        if any(r.second is None for r in same):
            found.append((None, same))
        else:
            found += [(s, [r for r in same if r.second == s]) for s in {r.second for r in same}]
    return found


def answers_on(on: int, answer: Any, asked_on: int, second: int | None, due: int) -> bool:
    """Whether an answer of this day answers what was asked on that one, unless both are timed and it came first."""
    both_timed = on == asked_on and second is not None and answer.day is not None and answer.second is not None
    return asked_on <= on <= due and not (both_timed and answer.second < second)


def silence(
    rows: Sequence[Any],
    answers: Sequence[Any],
    last: Callable[[int], int],
    covers: Sequence[tuple[int, int]],
    as_at: int,
) -> tuple[list[Fired], list[tuple[int, tuple[str, ...]]]]:
    """Nothing within the window, on every day on which ask and answers may have fallen.

    Answers know nothing of each other: what each may do is worked out by itself, and every combination is tried.
    """
    fired, waiting = [], []
    for second, group in asks(rows):
        ids = tuple(sorted(r.id for r in group))
        heard = set()
        for day in span(group[0]):
            by = last(day)
            may = [{answers_on(on, answer, day, second, by) for on in span(answer)} for answer in answers]
            heard |= {any(ways) for ways in itertools.product(*may)}
        due = last(group[0].latest)
        if heard == {True} or not covers or any(begins > group[0].earliest for begins, _ in covers):
            continue
        if as_at < due or any(ends < due for _, ends in covers):
            waiting.append((due, ids))
        else:
            fired.append(Fired(due, ids, heard == {False}))
    return sorted(fired, key=lambda f: (f.on, f.evidence)), sorted(waiting)


# Contacts of a log


@dataclass(frozen=True)
class Row:
    """A contact of one family, in its version of the day, as the definitions speak of it."""

    id: str
    family: str
    agency: str
    activity: str
    nature: str
    day: int | None
    second: int | None
    precision: str
    earliest: int
    latest: int
    known: int
    place: tuple[str, int]
    need: str | None = None
    to: str | None = None
    who: str | None = None
    person: str | None = None
    value: str | None = None


Rows = Sequence[tuple[str, Mapping[str, str]]]
"""Rows as written, each with the file it stands in."""


def read(rows: Rows, natures: Mapping[str, str], supplier: str, as_at: int, end: int) -> list[Row]:
    """Rows as written become contacts: each in its latest version recorded by the day, of those that had happened."""
    versions: dict[tuple[str, str], list[tuple[int, Row]]] = defaultdict(list)
    for contact in typed(rows, natures, supplier):
        if contact.known <= as_at:
            versions[contact.id, contact.family].append((contact.known, contact))
    latest = [max(some, key=lambda v: v[0])[1] for some in versions.values()]
    return [c for c in latest if c.earliest <= min(end, as_at)]


def typed(rows: Rows, natures: Mapping[str, str], supplier: str) -> list[Row]:
    """Every row as a contact, all versions of it."""
    return [_typed(row, natures, supplier, (file, place)) for place, (file, row) in enumerate(rows)]


def _typed(row: Mapping[str, str], natures: Mapping[str, str], supplier: str, place: tuple[str, int]) -> Row:
    text = row.get("date", "")
    second = None
    if row.get("earliest"):
        earliest, latest = dt.date.fromisoformat(row["earliest"]), dt.date.fromisoformat(row["latest"])
        precision = "span"
    elif len(text) == 4:
        earliest, latest, precision = dt.date(int(text), 1, 1), dt.date(int(text), 12, 31), "year"
    elif len(text) == 7:
        year, month = int(text[:4]), int(text[5:])
        earliest, latest = dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
        precision = "month"
    else:
        earliest = latest = dt.date.fromisoformat(text[:10])
        precision = row.get("precision") or "day"
        if len(text) > 10 and precision == "day":
            clock = dt.time.fromisoformat(text[11:])
            second = clock.hour * 3600 + clock.minute * 60 + clock.second
    recorded = row.get("recorded_on")
    return Row(
        id=f"{supplier}:{row['contact_id']}",
        family=row["family_id"],
        agency=row["agency"],
        activity=row["activity"],
        nature=natures[row["activity"]],
        day=number(earliest) if precision == "day" else None,
        second=second,
        precision=precision,
        earliest=number(earliest),
        latest=number(latest),
        known=number(dt.date.fromisoformat(recorded)) if recorded else number(latest),
        place=place,
        need=row.get("need_id") or None,
        to=row.get("referred_to") or None,
        who=row.get("professional_id") or None,
        person=f"{supplier}:{row['person_id']}" if row.get("person_id") else None,
        value=row.get("reason") or None,
    )


# Moments


@dataclass
class Moment:
    """Contacts that cannot be told apart in time; `day` is empty for a month's."""

    day: int | None
    rows: list[Row] = field(default_factory=list)


def moments(rows: Sequence[Row]) -> list[Moment]:
    """One family's moments in order: a month's is made only where no dated touch or referral lies in it."""
    moving = [r for r in rows if r.nature in ("touch", "referral")]
    dated = [r for r in moving if r.precision == "day"]
    made: list[tuple[tuple[int, int], Moment]] = []
    for day in {r.day for r in dated}:
        today = [r for r in dated if r.day == day]
        if any(r.second is None for r in today):
            made.append(((day, 0), Moment(day, today)))
        else:
            for second in {r.second for r in today}:
                made.append(((day, second), Moment(day, [r for r in today if r.second == second])))
    vague = [r for r in moving if r.precision == "month"]
    for first, end in {(r.earliest, r.latest) for r in vague}:
        if not any(first <= r.day <= end for r in dated):
            made.append(((first, 0), Moment(None, [r for r in vague if r.earliest == first])))
    return [moment for _, moment in sorted(made, key=lambda m: m[0])]


def steps(rows: Sequence[Row]) -> dict[str, tuple[int | None, int | None, int | None]]:
    """Contact -> (moment, step, days since the moment before), all empty for what makes no moment."""
    found: dict[str, tuple[int | None, int | None, int | None]] = {r.id: (None, None, None) for r in rows}
    passed, before = 0, None
    for n, moment in enumerate(moments(rows), start=1):
        wait = moment.day - before.day if before and None not in (moment.day, before.day) else None
        for row in moment.rows:
            found[row.id] = (n, passed + 1, wait)
        passed += len(moment.rows)
        before = moment
    return found


# The map


@dataclass
class Map:
    moves: int = 0
    tied: int = 0
    imprecise: int = 0
    weights: dict[tuple[str, str], Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    families: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    waits: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    starts: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    ends: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    contacts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def nodes(self) -> dict[str, dict[str, Any]]:
        return {
            v: {
                "contacts": len(self.contacts[v]),
                "families": len(self.seen[v]),
                "starts": float(self.starts.get(v, 0)),
                "ends": float(self.ends.get(v, 0)),
            }
            for v in self.contacts
        }

    def edges(self) -> dict[tuple[str, str], dict[str, Any]]:
        return {
            e: {
                "moves": float(w),
                "families": len(self.families[e]),
                "days_median": float(median(self.waits[e])) if self.waits[e] else None,
            }
            for e, w in self.weights.items()
        }


def value(row: Row, by: str) -> str:
    return row.agency if by == "agency" else row.activity if by == "activity" else row.who or "unknown"


def journey_map(families: Mapping[str, Sequence[Row]], by: str, order: str = "moments") -> Map:
    """What follows what: each pair of moments is one move, split evenly over every pair of contacts in them."""
    found = Map()
    left_out: set[str] = set()
    for family, rows in families.items():
        moving = [r for r in rows if r.nature in ("touch", "referral")]
        if order == "file":
            dated = sorted((r for r in moving if r.precision == "day"), key=lambda r: (r.day, r.second or 0, r.place))
            chain = [Moment(r.day, [r]) for r in dated]
        else:
            chain = moments(rows)
        left_out |= {r.id for r in moving} - {r.id for m in chain for r in m.rows}
        for moment in chain:
            for row in moment.rows:
                found.contacts[value(row, by)].add(row.id)
                found.seen[value(row, by)].add(family)
        for ends, at in ((found.starts, chain[:1]), (found.ends, chain[-1:])):
            for moment in at:
                for row in moment.rows:
                    ends[value(row, by)] += Fraction(1, len(moment.rows))
        for before, after in itertools.pairwise(chain):
            found.moves += 1
            found.tied += len(before.rows) > 1 or len(after.rows) > 1
            fed = set()
            for a, b in itertools.product(before.rows, after.rows):
                edge = value(a, by), value(b, by)
                found.weights[edge] += Fraction(1, len(before.rows) * len(after.rows))
                found.families[edge].add(family)
                fed.add(edge)
            if before.day is not None and after.day is not None:
                for edge in fed:
                    found.waits[edge].append(after.day - before.day)
    found.imprecise = len(left_out)
    return found


def switches(rows: Sequence[Row]) -> Counter[tuple[Any, ...]]:
    """(moment, from, to, weight, days, rests on a tie) for each change of agency in one family."""
    found: dict[tuple[int, str, str], list[Any]] = {}
    for n, (before, after) in enumerate(itertools.pairwise(moments(rows)), start=1):
        days = after.day - before.day if None not in (before.day, after.day) else None
        tied = len(before.rows) > 1 or len(after.rows) > 1
        for a, b in itertools.product(before.rows, after.rows):
            if a.agency != b.agency:
                part = found.setdefault((n, a.agency, b.agency), [Fraction(0), days, tied])
                part[0] += Fraction(1, len(before.rows) * len(after.rows))
    return Counter((n, a, b, float(w), days, tied) for (n, a, b), (w, days, tied) in found.items())


# Handovers


def surely_before(a: Row, b: Row) -> bool:
    """On every day on which the two may have fallen, and in every order, a came first."""
    if a.latest < b.earliest:
        return True
    return all(orders(a, b, x, y) == {"a"} for x in span(a) for y in span(b))


def same_need(a: Row, b: Row) -> bool:
    return not a.need or not b.need or a.need == b.need


def referrals(
    rows: Sequence[Row], days_to_answer: int, as_at: int, ends: Mapping[str, int]
) -> list[tuple[Row, Row | None, bool]]:
    """Each referral to another agency, the row that answered it, and whether it is still open.

    Rows are gone through in time, one without a time at the end of its day; each answers the earliest open referral
    to its agency that it may answer.
    """
    made = sorted((r for r in rows if r.nature == "referral" and r.to and r.to != r.agency), key=sooner)
    answered: dict[str, Row] = {}
    late = 24 * 60 * 60
    for row in sorted(rows, key=lambda r: (r.latest, late if r.second is None else r.second, r.id)):
        if row.nature not in ("touch", "referral", "decision"):
            continue
        waiting = [r for r in made if r.to == row.agency and r.id not in answered]
        may = [r for r in waiting if same_need(r, row) and not surely_before(row, r) and r.id != row.id]
        if may:
            answered[may[0].id] = row
    found = []
    for r in made:
        last = r.latest + days_to_answer
        still = r.id not in answered and (as_at < last or r.to not in ends or ends[r.to] < last)
        found.append((r, answered.get(r.id), still))
    return found


def responsibility(rows: Sequence[Row], takes: set[str], by: str = "agency") -> list[tuple[str, str, str, str, str]]:
    """(need, kind, from, to, row): each time that somebody takes responsibility for a need which one other holds.

    By agency, a move that a referral from one to the other has shown already is no second handover; a referral shows
    one move.
    """
    found = []
    for need in sorted({r.need for r in rows if r.need}):
        taken = [r for r in rows if r.activity in takes and r.need == need and r.day is not None]
        holders: set[Any] = set()
        spent: set[str] = set()
        for moment in _together(taken):
            names = {r.agency if by == "agency" else (r.agency, r.who) for r in moment}
            if len(holders) == 1:
                (giver,) = holders
                for name in sorted(names - holders, key=str):
                    row = min(
                        (r for r in moment if (r.agency if by == "agency" else (r.agency, r.who)) == name),
                        key=lambda r: r.id,
                    )
                    if by == "professional":
                        told = giver[1] and name[1]
                        found.append((need, "responsibility" if told else "cannot be told", giver[0], name[0], row.id))
                        continue
                    showing = [
                        r
                        for r in sorted(rows, key=sooner)
                        if r.nature == "referral" and r.agency == giver and r.to == name and same_need(r, row)
                        if not surely_before(row, r) and r.id not in spent
                    ]
                    if showing:
                        spent.add(showing[0].id)
                    else:
                        found.append((need, "responsibility", giver, name, row.id))
            holders = names
    return found


def _together(rows: Sequence[Row]) -> list[list[Row]]:
    """Dated rows in order, those that cannot be told apart together."""
    made = []
    for day in sorted({r.day for r in rows}):
        today = [r for r in rows if r.day == day]
        if any(r.second is None for r in today):
            made.append(today)
        else:
            made += [[r for r in today if r.second == s] for s in sorted({r.second for r in today})]
    return made


# Help after a firing


def helped(
    fired_on: int,
    known_on: int,
    second: int | None,
    helps: Sequence[Row],
    days: int,
    as_at: int,
    ends: Sequence[int | None],
) -> tuple[int | None, bool]:
    """The day on which help answered, and whether it still may: the first help from the firing on, if it is in time."""
    after = []
    for one in helps:
        came_first = one.day == fired_on and None not in (one.second, second) and one.second < second
        if one.earliest >= fired_on and not came_first:
            after.append(one.latest)
    last = known_on + days
    if after and min(after) <= last:
        return min(after), False
    return None, as_at < last or any(e is None or e < last for e in ends)


# Membership


def families_of(row: Any, spells: Sequence[tuple[str, str, int, int, str]]) -> tuple[str, ...] | str:
    """The families that a person's contact fits, wherever in its span it fell; or the name of the fault."""
    touched, whole = set(), set()
    for day in span(row):
        for person, family, first, out, _ in spells:
            if person == row.person and first <= day < out:
                touched.add(family)
    for family in touched:
        inside = [any(p == row.person and f == family and a <= d < b for p, f, a, b, _ in spells) for d in span(row)]
        if all(inside):
            whole.add(family)
    if not touched:
        return "no_family"
    if touched != whole:
        return "span_crosses"
    words = {f: {b for p, g, x, y, b in spells if p == row.person and g == f} for f in touched}
    if len(whole) > 1 and not all(SEPARATED in w for w in words.values()):
        return "two_families"
    return tuple(sorted(whole))
