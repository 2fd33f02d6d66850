"""The rule about what did not happen: one kind, then nothing of another within a window."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.patterns.seen import Cover, Met, Seen, Waiting, Within, judged_between, together, when


def silence(
    asks: Sequence[Seen], answers: Sequence[Seen], within: Within, covers: Sequence[Cover], as_at: int
) -> tuple[list[Met], list[Waiting]]:
    """One kind, then nothing of another within a window: fires on the window's last day, once that day is over.

    The police record an incident and social care is not heard of in ten working days: nothing happened, and that is
    what the rule says, on the window's last day. What came before the incident is no answer to it.

    Each day asks once, or each second where all of that day's are timed. An answer on the asking day counts, unless
    both are timed and it came first. `covers` are the awaited agencies' records: a window that begins before them is
    not covered and says nothing; one that outlasts them, or `as_at`, is still waiting.

    >>> a = Seen("a", 10, None, 10, 10, 10)
    >>> fired, waiting = silence([a], [], Within(days=5), [Cover(0, 14)], 99)
    >>> fired, waiting[0].due_on
    ([], 15)
    """
    met: list[Met] = []
    waiting: list[Waiting] = []
    since, until = judged_between(covers, as_at)
    for ask in together(asks):
        head = ask[0]
        if not covers or since > head.earliest:
            continue
        states = {_answered(head, day, within.last(day), answers) for day in range(head.earliest, head.latest + 1)}
        if states == {"yes"}:
            continue
        due = within.last(head.latest)
        if due > until:
            waiting.append(Waiting(due, ask))
        else:
            met.append(Met(due, ask, states == {"no"}))
    return sorted(met, key=when), sorted(waiting, key=lambda w: (w.due_on, [r.id for r in w.evidence]))


def _answered(ask: Seen, day: int, due: int, answers: Sequence[Seen]) -> str:
    """Whether an ask on this day was answered by its due day: yes, no, or maybe (an answer of unknown day)."""
    maybe = False
    for answer in answers:
        if answer.latest < day or answer.earliest > due:
            continue
        if answer.exact:
            first = answer.day == day and None not in (answer.second, ask.second) and answer.second < ask.second  # type: ignore[operator]
            if not first:
                return "yes"
        elif answer.earliest >= day and answer.latest <= due:
            return "yes"
        else:
            maybe = True
    return "maybe" if maybe else "no"
