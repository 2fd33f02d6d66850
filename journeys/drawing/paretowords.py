"""What the figure of asking rests on, and the words round it, made by rule from what is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from journeys import asking, demandwords
from journeys.drawing.limits import source, use
from lib.agreement import kappa
from lib.engine import Table
from lib.figures import alt_text
from lib.lettering import clean, count, in_words

MOST_KINDS, LEAST_FOR_BARS, LEAST_FOR_TABLE, NAMED = 9, 20, 5, 3
HEADS = {"failure": "Failure demand: asked again because…", "value": "Value demand: asked for what matters"}


@dataclass(frozen=True)
class Kind:
    """One kind of asking: what it is called, whether a family said so, how often, its rule's name, and the total so far."""

    name: str
    is_quoted: bool
    times: int
    word: str
    so_far: int

    @property
    def said(self) -> str:
        """As it is drawn: a family's words in quotation marks, and only those."""
        return f"“{clean(self.name)}”" if self.is_quoted else clean(self.name)


class Asked:
    """Every number that the figure shows: counts, share and interval, and the kinds of both classes, most first."""

    def __init__(self, rows: Table) -> None:
        """Read what `fj.demand` gave."""
        self.owner = asking.demand_of(rows)
        self.review, self.frame = self.owner.review, asking.once(rows)
        self.counts: Any = next(asking.demand(rows).itertuples(index=False))
        self.who = demandwords.whose(set(self.frame["asked_by"]))
        self.classed: int = self.counts.failure + self.counts.value
        self.kinds = {label: self._kinds(label) for label in HEADS}

    def _kinds(self, label: str) -> list[Kind]:
        some = self.frame[self.frame["class"] == label]
        # The same words, in quotation marks or not, are one kind.
        by_kind = dict(iter(some.groupby(some["kind"].map(lambda name: clean(name).strip(" \"'“”‘’")))))
        found: list[Kind] = []
        for name, same in sorted(by_kind.items(), key=lambda item: (-len(item[1]), item[0])):
            rules = {None if pd.isna(rule) else rule for rule in same["rule"]}
            word = str(rules.pop()).replace("_", " ") if len(rules) == 1 and None not in rules else ""
            so_far = len(same) + (found[-1].so_far if found else 0)
            found.append(Kind(name, name not in self._our_words(same), len(same), word, so_far))
        return found

    def _our_words(self, same: pd.DataFrame) -> set[str]:
        """What a rule or the activities call it: words of the kit, and no family's."""
        rules = self.owner.rules.reasons.values()
        return {rule.kind for rule in rules} | {self.review.activities.label(a) for a in same["activity"]}

    @property
    def has_bars(self) -> bool:
        """Whether there is enough to draw bars of."""
        return bool(self.counts.asked >= LEAST_FOR_BARS and self.classed)

    @property
    def is_table(self) -> bool:
        """Whether there is too little for bars, and enough for a table."""
        return bool(not self.has_bars and self.counts.asked >= LEAST_FOR_TABLE and self.classed)

    @property
    def most(self) -> list[Kind]:
        """The commonest kinds of failure demand, which the subtitle and the alt text name."""
        return self.kinds["failure"][:NAMED]


def finding(asked: Asked) -> str:
    """The title."""
    return demandwords.finding(asked.counts, asked.who)


def subtitle(asked: Asked) -> str:
    """Why they asked, in whose words, and which few reasons make most of it."""
    kinds = [kind for some in asked.kinds.values() for kind in some]
    own = ", in their own words" if kinds and all(kind.is_quoted for kind in kinds) else ""
    why = f"Why {'the families' if asked.who == 'a family asked' else 'somebody'} asked{own}"
    if len(asked.kinds["failure"]) <= NAMED:
        return why
    return f"{why}; {in_words(NAMED)} reasons make up {asked.most[-1].so_far:,} of the {asked.counts.failure:,}"


def footer(asked: Asked, level: str) -> list[str]:
    """Counts, period and source; conventions and the agreement of reviewers; limits of use."""
    n, rules = asked.counts, asked.owner.rules
    apart = " (kept apart, never in the share)" if n.unknown else ""
    first = (
        f"n = {count(n.asked, 'time')} that {asked.who}: {n.value:,} value, {n.failure:,} failure, "
        f"{n.unknown:,} unknown{apart}. {count(n.families, 'family', 'families')}. {source(asked.review)}"
    )
    by_reviewer = int((asked.frame["labelled_by"] == "reviewer").sum())
    read = f", {by_reviewer:,} by reviewers" if by_reviewer else "; no reviewer has read them yet"
    second = f"Convention: classed from the family’s side by declared rules ({clean(rules.agreed_by)}){read}{_agreed(asked)}."
    if asked.classed:
        second += (
            " Interval: Wilson 95%. Families were chosen, not sampled: the interval shows how few asks this rests on, "
            "not what is true of the area."
        )
    if demandwords.mostly_unknown(n) and asked.classed:
        second += f" {demandwords.LEANING}"
    second += " Failure demand belongs to the system, not to an agency."
    return [first, second, use(asked.review, level)]


def _agreed(asked: Asked) -> str:
    pairs = asked.owner.pairs
    if not pairs:
        return ""
    beyond, agreed = kappa(pairs), sum(a == b for a, b in pairs)
    how = f"kappa {beyond:.2f}" if beyond is not None else f"on {agreed:,}; too alike for a kappa"
    return f", {len(pairs):,} read by two (agreement: {how})"


def table(asked: Asked) -> pd.DataFrame:
    """Every number drawn, and every kind that was pooled: a row per kind, and one per class with the share."""
    rows: list[dict[str, Any]] = []
    for label, kinds in asked.kinds.items():
        rows += [
            {"class": label, "kind": k.said, "rule": k.word, "times": k.times, "running_total": k.so_far} for k in kinds
        ]
    rows += [
        {"class": label, "kind": "all", "rule": "", "times": getattr(asked.counts, label)}
        for label in ("value", "unknown")
    ]
    n = asked.counts
    share = {"share": n.share, "low": n.low, "high": n.high}
    rows.append({"class": "failure", "kind": "all", "rule": "", "times": n.failure} | share)
    frame = pd.DataFrame(rows, columns=["class", "kind", "rule", "times", "running_total", "share", "low", "high"])
    numbers = {"running_total": "Int64", "share": "Float64", "low": "Float64", "high": "Float64"}
    return frame.astype(numbers)


def alt(asked: Asked) -> str:
    """The alt text, 350 characters at most."""
    n = asked.counts
    what = "Bar chart" if asked.has_bars else "Table" if asked.is_table else "Words"
    parts = [
        f"{what} of {count(n.asked, 'time')} {asked.who}: {n.failure:,} failure demand, {n.value:,} value demand, "
        f"{n.unknown:,} unknown."
    ]
    if asked.classed:
        parts.append(
            f"Failure {n.failure:,} of {asked.classed:,}, {n.share:.0%}, interval {n.low:.0%} to {n.high:.0%}."
        )
    if len(asked.kinds["failure"]) > NAMED:
        names = ", ".join(kind.name for kind in asked.most)
        total = f"make {asked.most[-1].so_far:,} of {n.failure:,}."
        parts.append(f"The {in_words(NAMED)} commonest kinds, {names}, {total}")
    return alt_text(*parts, invented=asked.review.about.invented)
