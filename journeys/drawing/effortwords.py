"""The words round effort and life, made by rule from what is drawn: title, footer, alt text, readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from journeys.drawing.limits import source
from journeys.life import CANNOT_TELL, IMPROVED, NO_CHANGE, WORSENED, Verdict
from lib.figures import alt_text
from lib.lettering import clean, count, in_figures, in_words
from lib.xmr import FIRM, TRIAL

FEW = 6
"""Under so many contacts there is no series of effort, and no verdict to set beside it."""


def money(pounds: float) -> str:
    """A sum as it is said: £40k, £850, £1.2m.

    >>> money(40_210), money(850), money(1_230_000), money(2_499)
    ('£40k', '£850', '£1.2m', '£2.5k')
    """
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if pounds >= size:
            amount = pounds / size
            return f"£{amount:,.0f}{letter}" if amount >= 10 else f"£{in_figures(round(amount, 1))}{letter}"
    return f"£{pounds:,.0f}"


def said(verdict: Verdict, value: float) -> str:
    """A value of a line as it is read."""
    return f"{value * 100:.0f}%" if verdict.line.measure.scale == (0, 1) else in_figures(round(value, 1))


def contacts_in(monthly: pd.DataFrame) -> int:
    """How many contacts the bars stand for, months not over among them."""
    return int(monthly["value"].sum())


def finding(contacts: int, cost: float | None, verdicts: Sequence[Verdict]) -> str:
    """The title: what was done, and what the rule says of each life line that could show a change."""
    if contacts < FEW:
        return f"{count(contacts, 'contact')}: too few to set beside life, so no verdict is given"
    spent = f" and {money(cost)}" if cost else ""
    return f"{count(contacts, 'contact')}{spent} later, {_life(verdicts)}"


def _life(verdicts: Sequence[Verdict]) -> str:
    by = {what: sum(v.verdict == what for v in verdicts) for what in (IMPROVED, WORSENED, NO_CHANGE, CANNOT_TELL)}
    told = len(verdicts) - by[CANNOT_TELL]
    if not verdicts:
        return "and nobody recorded what changed in the family’s life"
    if not told:
        return "too little is recorded of the family’s life to tell whether it changed"
    lines = f"{in_words(told)} life line{'s' if told > 1 else ''}{' with enough values' if by[CANNOT_TELL] else ''}"
    if by[IMPROVED]:
        worse = f", and {in_words(by[WORSENED])} worsened" if by[WORSENED] else ""
        return f"{in_words(by[IMPROVED])} of {lines} improved{worse}"
    if by[WORSENED]:
        return f"no discernible improvement: {in_words(by[WORSENED])} of {lines} worsened, and none improved"
    return (
        f"no discernible improvement: none of {lines} shows a change"
        if told > 1
        else f"no discernible improvement in {lines}"
    )


def years(monthly: pd.DataFrame) -> list[str]:
    """How many contacts in each year of the series, in two lines; of a long or a broken series, in all."""
    values = monthly["value"].fillna(0).tolist()
    n = len(values) // 12
    if 2 <= n <= 4 and len(values) == 12 * n and monthly["value"].notna().all():
        sums = [in_figures(sum(values[12 * y : 12 * y + 12])) for y in range(n)]
        numbers = [str(y) for y in range(1, n + 1)]
        return [f"{', '.join(sums[:-1])} and {sums[-1]}", f"in years {', '.join(numbers)}"]
    return [f"{count(contacts_in(monthly), 'contact')}", f"in {count(len(values), 'month')}"]


def footer(
    monthly: pd.DataFrame,
    costs: pd.DataFrame | None,
    verdicts: Sequence[Verdict],
    left_out: int,
    review: Any,
    level: str,
    is_close: bool = False,
) -> list[str]:
    """Counts and source; convention; limits of use. Close, only what the lines cannot be read without."""
    counted = [count(contacts_in(monthly), "contact"), "1 family"]
    counted += [f"{count(v.chart.segments[0].points, v.line.what)} ({_short(v)})" for v in verdicts]
    if is_close:
        words = [f"n = {', '.join(counted)}. {source(review)}"]
        words += [f"Limits: {verdicts[0].chart.convention}. TRIAL: under {FIRM} values."] if verdicts else []
        words += ["Cost: what was spent, not what could be saved."] if costs is not None and len(costs) else []
        return [" ".join(words)]
    parts = [f"n = {', '.join(counted)}. {source(review)}", monthly.attrs.get("says", "")]
    gaps = int(monthly["value"].isna().sum())
    if gaps:
        parts.append(f"{count(gaps, 'month is', 'months are')} covered by no agency’s records: hatched, and not 0.")
    if monthly["is_open"].any():
        parts.append("The last month was not over: hollow.")
    if left_out:
        parts.append(f"{count(left_out, 'life line is', 'life lines are')} not drawn, and in the table.")
    how = []
    if verdicts:
        how.append(
            f"Limits: {verdicts[0].chart.convention}; cut at the end of a scale. A gap in the data breaks a line."
        )
        how.append(
            "Verdict: a lasting shift that reaches into the latest eight values; it says nothing of why, and no signal is no "
            "proof that nothing changed."
        )
    if any(v.chart.status == TRIAL for v in verdicts):
        how.append(f"TRIAL: under {FIRM} values.")
    if any(v.line.what == "wait" for v in verdicts):
        how.append("Days between crises are skewed, so limits are rough; a crisis not known to the day gives none.")
    if costs is not None and len(costs):
        how.append("Cost: what was spent, not what could be saved; shaded from low to high.")
    use = ["Contacts: touches and referrals of all agencies. More or fewer is not in itself better."]
    use.append(f"Level: {level.upper()}, named readers only.")
    if review.about.marking:
        use.append(f"Marking: {clean(review.about.marking)}.")
    return [" ".join(filter(None, part)) for part in (parts, how, use) if part]


def _short(verdict: Verdict) -> str:
    name = clean(verdict.line.name)
    return name[:1].lower() + name[1:]


def alt(
    whose: str, monthly: pd.DataFrame, cost: float | None, verdicts: Sequence[Verdict], title: str, review: Any
) -> str:
    """The alt text: effort, then each life line with its mean and verdict."""
    span = f"{review.start:%B %Y} to {review.end:%B %Y}"
    effort = f"Effort: {' '.join(years(monthly))}{f'; {money(cost)} spent' if cost else ''}."
    lines = []
    for v in verdicts:
        centre = v.chart.segments[0].centre
        mean = f" mean {said(v, centre)}" if centre is not None else ""
        lines.append(f"{_short(v)}{mean}" + (f", {v.verdict}" if contacts_in(monthly) >= FEW else ""))
    life = f"Life: {'; '.join(lines)}." if lines else "Life: not recorded by anyone."
    return alt_text(
        f"Effort and life. {whose[:60]}, {span}.",
        f"{title}.",
        effort,
        life,
        invented=bool(review.about.invented),
    )
