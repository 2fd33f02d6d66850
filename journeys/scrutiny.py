"""What a scrutiny committee asks, and which part of the review answers: with the part's own sentence, or "no evidence"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from journeys import findings, flowmeasures, flowwords, front, measures, sixsteps, voice
from journeys.asked import demand as demand_of
from journeys.causes import explained
from journeys.chances import find_chances
from journeys.columns import TABLES
from journeys.drawing.capability import charted
from journeys.drawing.serieswords import finding as capable_of
from journeys.journey import Journeys, check_review
from journeys.knowledge import who_knew_what
from journeys.questions import NO_EVIDENCE, load_questions
from journeys.triggers import find_triggers
from lib.front import Number, Numbers
from lib.xmr import LEAST

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

T = TypeVar("T")


@dataclass
class Results:
    """What the parts of a review rest on, each worked out once: given, or made here when a part first asks."""

    review: Journeys
    level: str
    given: dict[str, Any] = field(default_factory=dict)

    def _or(self, name: str, make: Callable[[], T]) -> T:
        return make() if self.given.get(name) is None else self.given[name]

    @cached_property
    def firings(self) -> Table:
        """As `find_triggers` gave them."""
        return self._or("firings", lambda: find_triggers(self.review))

    @cached_property
    def known(self) -> Table:
        """As `who_knew_what` gave it."""
        return self._or("known", lambda: who_knew_what(self.review))

    @cached_property
    def chances(self) -> Table:
        """As `find_chances` gave them."""
        return self._or("chances", lambda: find_chances(self.review, self.firings, self.known))

    @cached_property
    def demand(self) -> Table:
        """As `fj.demand` gave it."""
        return self._or("demand", lambda: demand_of(self.review))

    @cached_property
    def costed(self) -> Any:
        """As `fj.findings.costed` gave it."""
        return self._or("costed", lambda: findings.costed(self.review))

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """The front page's five numbers, by name."""
        five = front.numbers(self.review, self.firings, self.chances, self.known).numbers
        return dict(zip(front.NAMES, five, strict=True))


@dataclass(frozen=True)
class Part:
    """One part of the review: how the heading begins under which it stands, and its finding; nothing where it has no data."""

    section: str
    says: Callable[[Results], str]


def _number(name: str) -> Callable[[Results], str]:
    def says(r: Results) -> str:
        n = r.numbers[name]
        return "" if n.number == front.NOT_KNOWN else repr(Numbers([n]))

    return says


def _matters(r: Results) -> str:
    frame = voice.what_matters(r.review, r.level)
    return "" if frame.empty else voice.in_words(frame)


def _demand(r: Results) -> str:
    total: Any = next(measures.demand(r.demand).itertuples())
    return findings.demand(r.demand) if total.failure + total.value else ""


def _capability(r: Results) -> str:
    series = measures.monthly(r.review)
    if series["value"].notna().sum() < LEAST:
        return ""
    kind, chart, *_ = charted(series, front.splits(r.review, "contacts"))
    return f"{capable_of(kind, chart)}."


def _life(r: Results) -> str:
    said = findings.life(r.review)
    return said if any(words in said for words in findings.TOLD_OF_LIFE) else ""


def _clock(r: Results) -> str:
    both = flowmeasures.needs(r.review)
    return flowwords.family_clock(both) if int(both.iloc[0].needs) else ""


def _referrals(r: Results) -> str:
    frame = flowmeasures.referral_flow(r.review)
    return flowwords.referrals(frame) if int(frame.set_index("measure").loc["dead ends", "of"]) else ""


def _told(r: Results) -> str:
    frame = flowmeasures.story(r.review)
    return flowwords.story(frame) if int(frame["told"].sum()) else ""


def _professionals(r: Results) -> str:
    frame = flowmeasures.professionals(r.review)
    unknown = int(measures.totals(r.review).iloc[0].professional_unknown)
    return flowwords.people(frame, unknown) if int(frame["professionals"].sum()) else ""


def _value(r: Results) -> str:
    return flowwords.valued(flowmeasures.value(r.review))


def _conditions(r: Results) -> str:
    named = any(not one.is_hunch for one in explained(r.review, r.chances).conditions)
    return findings.conditions(r.review, r.chances) if named else ""


def _thinking(r: Results) -> str:
    return findings.thinking(r.review) if voice.said_of(r.review, "thinking") else ""


def _chances(r: Results) -> str:
    return findings.chances(r.chances) if len(r.chances) else ""


def _triggers(r: Results) -> str:
    return findings.fired(r.firings) if len(r.firings) else ""


def _costs(r: Results) -> str:
    spent = r.costed.costs
    return str(r.costed) if spent is not None and len(spent) else ""


def _plans(r: Results) -> str:
    return sixsteps.plans_in_words(sixsteps.plans(r.review, sixsteps.six_steps(r.review, r.demand)))


PURPOSE, DEMAND, CAPABILITY, FLOW = "Check 1, purpose", "Check 2, demand", "Check 3, capability", "Check 4, flow"
CHANCES = "Where were the chances to help"

PARTS: dict[str, Part] = {
    "matters": Part(PURPOSE, _matters),
    "demand": Part(DEMAND, _demand),
    "capability": Part(CAPABILITY, _capability),
    "waited": Part(CAPABILITY, _number("waited")),
    "life": Part(CAPABILITY, _life),
    "clock": Part(FLOW, _clock),
    "referrals": Part(FLOW, _referrals),
    "told": Part(FLOW, _told),
    "professionals": Part(FLOW, _professionals),
    "value": Part(FLOW, _value),
    "conditions": Part("Check 5, system conditions", _conditions),
    "thinking": Part("Check 6, thinking", _thinking),
    "chances": Part(CHANCES, _chances),
    "knew": Part(CHANCES, _number("knew")),
    "triggers": Part("Appendix: which triggers were met", _triggers),
    "costs": Part("What did it cost", _costs),
    "plans": Part("Plan", _plans),
}
"""The parts of the review that may answer a question, with how the heading begins under which each stands in `4_system_review`."""


def scrutiny_pack(review: Journeys, *, level: str = "team", **results: Any) -> pd.DataFrame:
    """The questions of rules/questions.yml, each with the parts of the review that answer it and what they say.

    Goes in: a review; the level of the page; and, if they are at hand, `firings`, `chances`, `known`, `demand` and `costed`
    as `find_triggers`, `find_chances`, `who_knew_what`, `fj.demand` and `fj.findings.costed` gave them. Comes out: a frame
    with the columns of `columns.TABLES["scrutiny"]`, a row for each question and part, area by area. `answer` is the part's own
    finding, word for word, or "no evidence" where the part has no data: a question is never left out for it.

    Raises `RuleError` for questions that cannot be used, `RequestError` for no review.

    Source: the five areas are those of the LGA, Councillor workbook: commissioning services; the questions are ours.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> frame = scrutiny_pack(build_journeys(read_contacts("published")))
    >>> frame["area"].unique().tolist()
    ['customer', 'value', 'risk', 'system', 'performance and quality']
    >>> frame.loc[frame["part"] == "matters", "answer"].item()
    'no evidence'
    """
    import pandas as pd

    check_review(review)
    held = Results(review, level, results)
    said: dict[str, str] = {}
    rows = []
    for question in load_questions(review.session.folder.rule_files("questions.yml"), PARTS).values():
        for part in question.answered_by:
            if part not in said:
                said[part] = str(PARTS[part].says(held)) or NO_EVIDENCE
            rows.append((question.area, question.asks, part, PARTS[part].section, said[part]))
    return pd.DataFrame(rows, columns=[c.name for c in TABLES["scrutiny"]])
