"""The few shapes a rule can take, over one family's (or person's) contacts.

Each pattern gives what is *certain*, what holds in every order and on every day that the records allow, and what is
*possible*, what holds in some. Two contacts are ordered by themselves (day, then time if both have one), so that an
unrelated row never changes a firing. A window of W days has day 0 on its first contact's day and is met by a
difference of at most W; a window of months runs to the same day of the month, or that month's last day, inclusive.

    repeat     so many of a kind in a window
    spread     contacts of so many agencies, people or reasons in a window
    escalate   each of a higher grade than the one before, or twice as often as before
    follow     one kind, then another within a window
    sequence   one kind, then another within a window, and none of a third between
    silence    one kind, then none of another within a window
    rate       a share of possible sessions, judged at each month's end
    first      the first of a kind, ever or after a gap
    combine    so many of other triggers in a window
"""

from journeys.patterns.counts import combine, escalate, repeat, rise, spread
from journeys.patterns.firsts import first
from journeys.patterns.pairs import follow, sequence
from journeys.patterns.rates import months_over, rate
from journeys.patterns.seen import Cover, Met, Seen, Waiting, Within, in_order, judged_between
from journeys.patterns.silences import silence

__all__ = [
    "Cover",
    "Met",
    "Seen",
    "Waiting",
    "Within",
    "combine",
    "escalate",
    "first",
    "follow",
    "in_order",
    "judged_between",
    "months_over",
    "rate",
    "repeat",
    "rise",
    "sequence",
    "silence",
    "spread",
]
