"""Each pattern on two invented lines of contacts: one that fires, and one that just does not.

The lines are put through the pattern itself, so that a picture cannot say other than what the rule does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from journeys import patterns
from journeys.patterns import Cover, Met, Seen, Within
from journeys.patterns.rates import KEPT, MISSED

Placed = tuple[int, str]
"""A contact: its day, counted from the first day drawn, and its kind."""


@dataclass(frozen=True)
class Kind:
    """A kind of contact: its word, the nature whose mark it gets, and how high it stands (for grades)."""

    word: str
    nature: str
    height: int = 0


@dataclass(frozen=True)
class Example:
    """A pattern, its rule in a sentence, and two lines of contacts; `otherwise` is what the second changes, for the title."""

    rule: str
    kinds: dict[str, Kind]
    fires: Sequence[Placed]
    does_not: Sequence[Placed]
    why_it_fires: str
    why_not: str
    otherwise: str
    look: Callable[[list[Seen]], list[Met]]
    window: Callable[[Sequence[Placed]], tuple[int, int]]
    window_word: str
    is_labelled: bool = True
    on: Callable[[int], str] = "day {}".format


WIDE = [Cover(-999, 999)]


def seen(placed: Sequence[Placed]) -> list[Seen]:
    """A line of contacts as patterns see it."""
    return [Seen(f"{kind}:{n:02}", day, None, day, day, day, kind) for n, (day, kind) in enumerate(placed)]


def met(example: Example, placed: Sequence[Placed]) -> Met | None:
    """What fires on a line, if anything."""
    found = example.look(seen(placed))
    return found[-1] if found else None


def _of(rows: Sequence[Seen], *kinds: str) -> list[Seen]:
    return [r for r in rows if r.value in kinds]


def _from_the_first(days: int) -> Callable[[Sequence[Placed]], tuple[int, int]]:
    return lambda placed: (placed[0][0], placed[0][0] + days)


def _last_of_september(rows: list[Seen]) -> list[Met]:
    marks = [r._replace(value=MISSED if r.value == "missed" else KEPT) for r in rows]
    # The first day drawn is 1 September 2024; 1 January 1970 is day 0.
    first = 19967
    shifted = [r._replace(day=first + r.earliest, earliest=first + r.earliest, latest=first + r.latest) for r in marks]
    found = patterns.rate(shifted, 10, lambda _: first, [], first + 40)
    return [m._replace(fired_on=m.fired_on - first) for m in found]


def _fired(rows: list[Seen]) -> list[Met]:
    firings = [(r.value or "", Met(r.latest, (r,), True)) for r in rows]
    return patterns.combine(firings, 2, Within(days=28))


def _sessions(present: int) -> list[Placed]:
    days = [d for d in range(1, 29) if d % 7 not in (6, 0)]
    return [(d, "missed" if n == 5 else "present") for n, d in enumerate(days[: present + 1])]


EXAMPLES = {
    "repeat": Example(
        "Three unexplained absences within 28 days.",
        {"absence": Kind("absence", "signal")},
        [(0, "absence"), (13, "absence"), (28, "absence")],
        [(0, "absence"), (13, "absence"), (29, "absence")],
        "the third absence, on the window’s last day",
        "the third comes a day late",
        "with the third a day later it does not",
        lambda rows: patterns.repeat(rows, 3, Within(days=28)),
        _from_the_first(28),
        "28 days",
    ),
    "spread": Example(
        "Visits by three different agencies within 28 days.",
        {"school": Kind("school", "touch"), "police": Kind("police", "touch"), "gp": Kind("GP", "touch")},
        [(0, "school"), (12, "police"), (24, "gp")],
        [(0, "school"), (12, "police"), (24, "school")],
        "the third agency",
        "three visits, and two agencies",
        "with three visits by two agencies it does not",
        lambda rows: patterns.spread(rows, 3, Within(days=28)),
        _from_the_first(28),
        "28 days",
    ),
    "follow": Example(
        "A referral, and another within 60 days.",
        {"referral": Kind("referral", "referral")},
        [(0, "referral"), (45, "referral")],
        [(0, "referral"), (61, "referral")],
        "the second referral, within 60 days of the first",
        "the second comes a day late",
        "with the second on day 61 it does not",
        lambda rows: patterns.follow(rows, rows, Within(days=60)),
        _from_the_first(60),
        "60 days",
    ),
    "sequence": Example(
        "A referral, then closed within 60 days, with no visit between the two.",
        {
            "referral": Kind("referral", "referral"),
            "closed": Kind("closed", "decision"),
            "visit": Kind("visit", "touch"),
        },
        [(0, "referral"), (40, "closed"), (50, "visit")],
        [(0, "referral"), (25, "visit"), (40, "closed")],
        "closed, and nobody had visited",
        "a visit came between",
        "with a visit between it does not",
        lambda rows: patterns.sequence(_of(rows, "referral"), _of(rows, "closed"), _of(rows, "visit"), Within(days=60)),
        _from_the_first(60),
        "60 days",
    ),
    "silence": Example(
        "A police incident, and no contact by social care within 14 days.",
        {"incident": Kind("incident", "touch"), "contact": Kind("social care", "touch")},
        [(0, "incident"), (15, "contact")],
        [(0, "incident"), (14, "contact")],
        "the window closed, and social care came a day later",
        "social care came on the window’s last day",
        "with contact on that very day it does not",
        lambda rows: patterns.silence(_of(rows, "incident"), _of(rows, "contact"), Within(days=14), WIDE, 99)[0],
        _from_the_first(14),
        "14 days",
    ),
    "rate": Example(
        "One in ten of a pupil’s possible sessions missed, or more, judged at each month’s end.",
        {"missed": Kind("session missed", "signal"), "present": Kind("session attended", "record")},
        _sessions(9),
        _sessions(10),
        "1 of 10 sessions is missed, ten in a hundred",
        "1 of 11 sessions is missed, nine in a hundred",
        "with 1 of 11 missed it does not",
        _last_of_september,
        lambda _: (0, 29),
        "the school year so far, to 30 September",
        is_labelled=False,
        on=lambda day: f"{day + 1} September",
    ),
    "escalate": Example(
        "A call, then a visit, then an incident, each worse than the one before, within 28 days.",
        {
            "1 call": Kind("call", "touch", 0),
            "2 visit": Kind("visit", "touch", 1),
            "3 incident": Kind("incident", "touch", 2),
        },
        [(0, "1 call"), (10, "2 visit"), (22, "3 incident")],
        [(0, "2 visit"), (10, "1 call"), (22, "3 incident")],
        "the third step up",
        "the second is milder than the first",
        "in another order it does not",
        lambda rows: patterns.escalate(rows, 3, Within(days=28)),
        _from_the_first(28),
        "28 days",
    ),
    "first": Example(
        "A call to the police after 30 days with none.",
        {"call": Kind("call", "touch")},
        [(0, "call"), (31, "call")],
        [(0, "call"), (30, "call")],
        "30 whole days were quiet",
        "29 whole days were quiet, one too few",
        "with a call a day sooner it does not",
        lambda rows: patterns.first(rows, 30, [Cover(-10, 999)]),
        lambda placed: (placed[-1][0] - 30, placed[-1][0] - 1),
        "30 days with none",
    ),
    "combine": Example(
        "Two different triggers, absences and arrears, fired within 28 days.",
        {"absences": Kind("absences", "signal"), "arrears": Kind("arrears", "signal")},
        [(0, "absences"), (20, "arrears")],
        [(0, "absences"), (20, "absences")],
        "a second trigger, beside the first",
        "one trigger fired twice, which is still one",
        "with one trigger twice it does not",
        _fired,
        _from_the_first(28),
        "28 days",
    ),
}
