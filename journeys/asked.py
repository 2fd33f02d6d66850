"""Value or failure demand, for each time that somebody asked: by declared rule, by a reviewer, or not known.

Classed from the person's side: whether the one who was asked could solve it is no matter, and nothing here is by agency.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.activities import Activities
from journeys.book import read_book
from journeys.columns import TABLES, as_arrow, identifying
from journeys.journey import Journeys, check_review
from journeys.reasons import ASKERS, Covers, Reasons, Row, Told, load_reasons
from lib.dates import day_number, say_short, to_date
from lib.dialect import literal
from lib.engine import Table
from lib.errors import RequestError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("value", "failure", "unknown")

ROWS = """
SELECT f.name AS family, c.contact_id, c.agency, c.activity, c.nature, c.asked_by, c.need_id, c.person_id, s.day, s.second,
  s.earliest, s.latest
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.asked_by IN ({askers}) OR c.nature IN ('touch', 'referral', 'decision') OR c.activity IN ({named})
ORDER BY family, s.earliest, s.latest, c.contact_id
"""


@dataclass(frozen=True)
class Demand:
    """What came of the rules beside the rows: the rules in force, and how far reviewers went.

    `pairs` are the labels of contacts that two reviewers labelled; `unused` the contacts that were labelled and are no
    time that one of these families asked in this period.
    """

    review: Journeys
    rules: Reasons
    pairs: Sequence[tuple[str, str]] = ()
    unused: Sequence[str] = ()


@dataclass(frozen=True)
class _Label:
    """What reviewers wrote of one time that somebody asked: a class, or nothing yet, and the family's words."""

    label: str = ""
    kind: str = ""
    agree: bool = True
    pair: tuple[str, str] | None = None


def demand(review: Journeys, labels: Iterable[Mapping[str, Any]] | None = None) -> Table:
    """Each time that somebody asked: value demand, failure demand (asking again because something was not done, or not
    done right), or unknown.

    `review` from `build_journeys`; `labels` are what reviewers wrote, those of the review book unless given: contact_id,
    family_id, label (value, failure or unknown; empty where only the words are given), kind (in the family's words) and
    decided_by. They win over the rules of rules/demand.yml; where two reviewers give one contact two classes it is
    unknown. Returns a Table with the columns of `columns.TABLES["demand"]`, a row for each contact in the period that the
    family asked for, or another agency on its behalf, in order of family and day. Earlier contacts count as what had
    been asked before.

    Raises `PermissionRefused` where a source may not be used for review, `RuleError` for a rule that cannot be used,
    `RequestError` for a label that there is not.

    Source: failure demand is "demand caused by a failure to do something or do something right for the customer",
    J. Seddon, Freedom from Command and Control (2003).

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> rows = demand(build_journeys(read_contacts("sample")))
    >>> rows.columns[:3], sorted(set(rows.df()["class"]))
    (['contact_id', 'family_id', 'on'], ['failure', 'unknown', 'value'])
    """
    check_review(review)
    folder = review.session.folder
    folder.require("review")
    review.engine.tell_if_old()
    rules = load_reasons(folder.rule_files("demand.yml"), review.activities)
    written = _read_labels(read_book(review).rows("demand") if labels is None else labels)
    rows = list(_rows(review, rules, written))
    asked = {(row["contact_id"], row["family_id"]) for row in rows}
    unused = tuple(sorted(c for c, family in set(written) - asked if family in review.families))
    table = review.engine.fresh_name("demand")
    review.engine.load(table, as_arrow("demand", [[row[c.name] for c in TABLES["demand"]] for row in rows]))
    pairs = tuple(pair for _, label in sorted(written.items()) if (pair := label.pair) is not None)
    select = f'SELECT * FROM {table} ORDER BY family_id, "on", until, contact_id'
    return Table(review.engine, "demand", select, identifying("demand"), Demand(review, rules, pairs, unused))


def demand_proposals(review: Journeys) -> pd.DataFrame:
    """What a reviewer's sheet is filled with beforehand: each time that somebody asked, and what the rules propose.

    Columns: contact_id, family_id, on, says (what was asked, as people say it), proposed (value, failure or unknown) and
    rule. Nothing in it is decided.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> demand_proposals(build_journeys(read_contacts("sample"))).columns.tolist()
    ['contact_id', 'family_id', 'on', 'says', 'proposed', 'rule']
    """
    frame = demand(review, ()).df()
    frame["says"] = [review.activities.label(a) for a in frame["activity"]]
    frame["rule"] = frame["rule"].astype(object).where(frame["rule"].notna(), "")
    return frame.rename(columns={"class": "proposed"})[["contact_id", "family_id", "on", "says", "proposed", "rule"]]


def _read_labels(labels: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], _Label]:
    """For each contact and family what reviewers wrote of it, whoever wrote first."""
    written: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for row in labels:
        label, contact = str(row.get("label") or ""), str(row["contact_id"])
        if label and label not in CLASSES:
            raise RequestError(
                f"the label of contact '{contact}' is none that there is.{did_you_mean(label, CLASSES)} "
                f"Labels: {listed(CLASSES)}."
            )
        who, kind = str(row.get("decided_by") or ""), str(row.get("kind") or "").strip()
        written[contact, str(row["family_id"])].append((who, label, kind))
    return {key: _one_label(sorted(given)) for key, given in written.items()}


def _one_label(given: Sequence[tuple[str, str, str]]) -> _Label:
    labels = [(who, label) for who, label, _ in given if label]
    said, kinds = {label for _, label in labels}, [kind for _, _, kind in given if kind]
    raters = {who for who, _ in labels}
    pair = (labels[0][1], labels[1][1]) if len(labels) == len(raters) == 2 else None
    if len(said) > 1:
        return _Label("unknown", kinds[0] if kinds else "", False, pair)
    return _Label(next(iter(said), ""), kinds[0] if kinds else "", True, pair)


def _rows(review: Journeys, rules: Reasons, written: Mapping[tuple[str, str], _Label]) -> Iterator[dict[str, Any]]:
    select = ROWS.format(
        steps=review.coded,
        contacts=review.session.contacts,
        at=review.codes,
        askers=", ".join(map(literal, ASKERS)),
        named=", ".join(map(literal, rules.named)) or "''",
    )
    start, covers = day_number(review.start), _covers(review)
    for _, group in itertools.groupby((Row(*r) for r in review.engine.each(select)), key=lambda r: r.family):
        rows = list(group)
        told = Told(rules, rows, review.activities, covers)
        for ask in rows:
            if ask.is_ask and ask.latest >= start:
                label = written.get((ask.id, ask.family), _Label())
                yield _row(ask, told.why(ask), label, rules, review.activities)


def _covers(review: Journeys) -> Covers:
    """Which days each agency's records run over: where they do not, that no answer is there says nothing."""
    over_by = day_number(review.over_by)
    days = {
        r.agency: (day_number(r.from_date.date()), min(over_by, day_number(r.to_date.date())))
        for r in review.coverage.itertuples()
    }

    def covered(agency: str, begins: int, ends: int) -> bool:
        first, last = days.get(agency, (begins + 1, begins))
        return first <= begins and ends <= last

    return covered


def _row(
    ask: Row, why: tuple[str, list[Row]] | None, written: _Label, rules: Reasons, activities: Activities
) -> dict[str, Any]:
    """One row of the table: a reviewer's class where there is one, else a rule's, else unknown."""
    name, earlier = why or (None, [])
    rule = rules.reasons[name] if name else None
    proposed = rule.label if rule else "unknown"
    label = written.label or proposed
    if label != proposed or label == "unknown":
        # A reviewer says otherwise than the rule: the rule is no reason, and its contacts are no evidence.
        name, rule, earlier = None, None, []
    called = activities.label(ask.activity)
    says = f"{called}: {_because(rule, earlier, activities) if rule else _nobody_says(written)}"
    return {
        "contact_id": ask.id,
        "family_id": ask.family,
        "on": to_date(ask.earliest),
        "until": to_date(ask.latest),
        "activity": ask.activity,
        "asked_by": ask.asked_by,
        "need_id": ask.need,
        "class": label,
        "rule": name,
        "says": says,
        "kind": written.kind or (rule.kind if rule else "") or called,
        "labelled_by": "reviewer" if written.label else "rule" if rule else None,
        "evidence": sorted({ask.id, *(row.id for row in earlier)}),
    }


def _because(rule: Any, earlier: Sequence[Row], activities: Activities) -> str:
    says = f"{rule.says[0].lower()}{rule.says[1:]}"
    if not earlier:
        return says
    last = max(earlier, key=lambda r: (r.latest, r.earliest, r.activity))
    by = f"by {say_short(to_date(last.latest))}" if last.day is None else f"on {say_short(to_date(last.latest))}"
    return f"{says} ({activities.label(last.activity)}, {by})"


def _nobody_says(written: _Label) -> str:
    if not written.agree:
        return "two reviewers do not agree why"
    if written.label in ("value", "failure"):
        asked = (
            "because it matters" if written.label == "value" else "because something was not done, or not done right"
        )
        return f"a reviewer says that somebody asked {asked}"
    return "a reviewer could not say why" if written.label else "no rule and no reviewer says why"
