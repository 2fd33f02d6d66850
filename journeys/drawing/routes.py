"""What the referral map shows: the routes that referrals took, stop by stop, and what came of each; its words and table.

A referral goes from whoever noticed to a first stop; a stop may pass the family on to the next. Each first referral ends
in one way: somebody took the family on, it came back, or there is no recorded answer; so the parts make the whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pandas as pd

from journeys.drawing.limits import source, use
from journeys.passing import NO_ANSWER, PASSED_ON, SENT_BACK, TAKEN_ON
from lib.figures import alt_text
from lib.layers import Edge
from lib.lettering import clean, count

MOST_BANDS, MOST_IN_A_LAYER, MOST_STOPS, FEWEST = 24, 12, 3, 4
HEADS = ("First stop", "Next stop", "Later stop")


@dataclass
class Node:
    """A service in one layer: its name, how many referrals came in, what came of them here, and how many came back to it."""

    agency: str
    label: str
    into: int = 0
    on: int = 0
    back: int = 0
    none: int = 0
    came_back: int = 0


@dataclass
class Routes:
    """The map: nodes by name (`layer|agency`), bands between them, referrals sent back, and the counts for the words."""

    review: Any
    table: pd.DataFrame
    first: int = 0
    onward: int = 0
    returned: int = 0
    taken: int = 0
    back: int = 0
    none: int = 0
    still_open: int = 0
    families: int = 0
    ties: int = 0
    imprecise: int = 0
    feedback: int = 0
    unseen: int = 0
    services: int = 0
    heads: list[str] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    layer: dict[str, int] = field(default_factory=dict)
    bands: dict[Edge, int] = field(default_factory=dict)
    hidden: dict[Edge, int] = field(default_factory=dict)
    returns: dict[Edge, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Every referral: those of who noticed, onward ones, and those straight back."""
        return self.first + self.onward + self.returned

    @property
    def last(self) -> int:
        """The layer of those who took a family on."""
        return MOST_STOPS + 1


@dataclass(frozen=True)
class _Route:
    start: str
    stops: tuple[str, ...]
    came: str
    unseen: int


def read(frame: pd.DataFrame, review: Any) -> Routes:
    """Sort what `passed` gave into routes. A referral of a child of two families is drawn once."""
    each = frame.sort_values(["contact_id", "family_id"]).drop_duplicates("contact_id")
    rows = {r.contact_id: r for r in each.sort_values(["referred_on", "contact_id"]).itertuples()}
    after = {r.follows: r for r in rows.values() if isinstance(r.follows, str) and r.follows in rows}
    back = {r.contact_id for r in after.values() if r.to_agency == rows[r.follows].from_agency}
    routes = []
    for row in rows.values():
        if row.contact_id in back or (isinstance(row.follows, str) and row.follows in rows):
            continue
        stops, at = [str(row.to_agency)], row
        while at.contact_id in after and after[at.contact_id].contact_id not in back:
            at = after[at.contact_id]
            stops.append(str(at.to_agency))
        came = SENT_BACK if at.contact_id in after else at.came
        unseen = max(len(stops) - MOST_STOPS, 0)
        seen = stops if not unseen else [*stops[: MOST_STOPS - 1], stops[-1]]
        routes.append(_Route(str(row.from_agency), tuple(seen), came, unseen))
    came = Counter(r.came for r in routes)
    found = Routes(
        review=review,
        table=_table(each, review),
        first=len(routes),
        onward=len(rows) - len(routes) - len(back),
        returned=len(back),
        taken=came[TAKEN_ON],
        back=came[SENT_BACK],
        none=came[NO_ANSWER],
        still_open=int(each["is_open"].astype(bool).sum()),
        families=int(frame["family_id"].nunique()),
        ties=int(each["shares_a_day"].astype(bool).sum()),
        imprecise=int((~each["is_exact"].astype(bool)).sum()),
        feedback=int(each["feedback_by"].notna().sum()),
        unseen=sum(r.unseen for r in routes),
        services=len({*each["from_agency"], *each["to_agency"]}),
    )
    _lay(found, routes)
    return found


def _lay(found: Routes, routes: list[_Route]) -> None:
    """Nodes, bands and returns; a stop that took on all that came to it stands with those who took the family on."""
    pooled = _pooled(routes)

    def at(layer: int, agency: str) -> str:
        return f"{layer}|{pooled.get((layer, agency), agency)}"

    ends: dict[str, list[bool]] = {}
    for r in routes:
        for k, stop in enumerate(r.stops, start=1):
            ends.setdefault(at(k, stop), []).append(k == len(r.stops) and r.came == TAKEN_ON)
    straight = {name for name, taken in ends.items() if all(taken)}
    bands: Counter[Edge] = Counter()
    returns: Counter[Edge] = Counter()
    for r in routes:
        path = [at(0, r.start), *(at(k, stop) for k, stop in enumerate(r.stops, start=1))]
        if r.came == TAKEN_ON:
            path = [*(path[:-1] if path[-1] in straight else path), at(found.last, r.stops[-1])]
        for a, b in pairwise(path):
            bands[a, b] += 1
            _node(found, b).into += 1
            _node(found, a).on += 1
        if r.came == SENT_BACK:
            _node(found, path[-1]).back += 1
            _node(found, path[-2]).came_back += 1
            returns[path[-1], path[-2]] += 1
        elif r.came == NO_ANSWER:
            _node(found, path[-1]).none += 1
    drawn = sorted(bands, key=lambda e: (-bands[e], e))
    found.bands = {e: bands[e] for e in sorted(drawn[:MOST_BANDS])}
    found.hidden = {e: bands[e] for e in sorted(drawn[MOST_BANDS:])}
    found.returns = dict(sorted(returns.items()))
    used = sorted({int(n.split("|", 1)[0]) for edge in found.bands for n in edge})
    found.layer = {n: used.index(int(n.split("|", 1)[0])) for edge in found.bands for n in edge}
    words = ["Who noticed", *HEADS, "Took the family on"]
    found.heads = [words[i] for i in used]


def _node(found: Routes, name: str) -> Node:
    if name not in found.nodes:
        agency = name.split("|", 1)[1]
        label = agency[1:] if agency.startswith("+") else clean(found.review.activities.agency(agency))
        found.nodes[name] = Node(agency, label)
    return found.nodes[name]


def _pooled(routes: list[_Route]) -> dict[tuple[int, str], str]:
    """In a layer of more services than can be drawn, those with fewest referrals stand together."""
    met: Counter[tuple[int, str]] = Counter()
    for r in routes:
        met[0, r.start] += 1
        met.update((k, stop) for k, stop in enumerate(r.stops, start=1))
        if r.came == TAKEN_ON:
            met[MOST_STOPS + 1, r.stops[-1]] += 1
    names: dict[tuple[int, str], str] = {}
    for layer in {k for k, _ in met}:
        inside = sorted((a for k, a in met if k == layer), key=lambda a: (-met[layer, a], a))
        if len(inside) > MOST_IN_A_LAYER:
            rest = inside[MOST_IN_A_LAYER - 1 :]
            names |= {(layer, a): f"+{len(rest)} others" for a in rest}
    return names


def _table(each: pd.DataFrame, review: Any) -> pd.DataFrame:
    """A row per pair: who referred to whom, how often, and what came of it."""
    lines = []
    for (a, b), some in each.groupby(["from_agency", "to_agency"]):
        came = Counter(some["came"])
        parts = [came[w] for w in (PASSED_ON, SENT_BACK, TAKEN_ON, NO_ANSWER)]
        still, told = int(some["is_open"].astype(bool).sum()), int(some["feedback_by"].notna().sum())
        lines.append(
            (clean(review.activities.agency(a)), clean(review.activities.agency(b)), len(some), *parts, still, told)
        )
    names = ["from", "to", "referrals", "passed_on", "sent_back", "taken_on", "no_recorded_answer", "of_these_open"]
    return pd.DataFrame(sorted(lines), columns=[*names, "feedback"])


def finding(r: Routes) -> str:
    """The title: what came of the times that someone referred a family; its parts add up to its total."""
    if not r.n:
        return "No row refers a family to another agency"
    times = "Of 1 time" if r.first == 1 else f"Of {r.first:,} times"
    return (
        f"{times} that someone referred a family, {r.taken or 'none'} led to somebody who took the family on; "
        f"{r.back or 'none'} came back and {r.none or 'none'} {'has' if r.none == 1 else 'have'} no recorded answer"
    )


def subtitle(r: Routes) -> str:
    """Whose it is, and how to read it."""
    whose = count(r.families, "family", "families")
    return f"Who referred {whose} to whom; a band is as thick as its number of referrals"


def sentences(r: Routes) -> list[str]:
    """The few referrals in words, where they are too few for a map."""
    said = []
    for row in r.table.itertuples(index=False):
        parts = zip(("passed on", "sent back", "taken on", "no recorded answer"), row[3:7], strict=True)
        came = ", ".join(f"{n} {words}" for words, n in parts if n)
        said.append(f"{row[0]} to {row[1]}: {count(row[2], 'referral')}; {came}.")
    return said


def footer(r: Routes, level: str, notes: list[str]) -> list[str]:
    """Counts and source; order and convention; limits of use."""
    parts = [f"{r.first:,} from those who noticed"]
    parts += [f"{r.onward:,} onward"] if r.onward else []
    parts += [f"{r.returned:,} straight back"] if r.returned else []
    first = f"n = {count(r.n, 'referral')} ({', '.join(parts)}), {count(r.services, 'service')}, "
    first += f"{count(r.families, 'family', 'families')}. {source(r.review)}"
    if r.hidden:
        most = max(r.hidden.values())
        each = f"of {most} referral{'s' if most > 1 else ''}{' or fewer' if most > 1 else ''} each"
        links, are = count(len(r.hidden), "smaller link"), "is" if len(r.hidden) == 1 else "are"
        first += f" {links}, {each}, {are} not drawn and stand{'s' if len(r.hidden) == 1 else ''} in the table."
    if r.unseen:
        first += f" {count(r.unseen, 'referral')} between a second and a last stop not drawn."
    first += " Referrals only: services seen side by side are switches, not drawn here."
    second = (
        f"Order: {r.ties} of {count(r.n, 'referral')} ({r.ties / max(r.n, 1):.0%}) share a day with another and have no time; "
        "a referral that can pass another on is then taken to follow it."
    )
    if r.imprecise:
        second += f" {count(r.imprecise, 'referral is', 'referrals are')} not known to the day."
    second += f" Feedback to the referrer is recorded for {r.feedback} of {r.n}."
    second += " Sent back: referred straight back, or answered not eligible or no further action."
    if r.still_open:
        second += f" Of those with no recorded answer {r.still_open} {'is' if r.still_open == 1 else 'are'} still open."
    third = "Place on the page is order of travel, not rank; every number is about the system, not about an agency."
    return [first, " ".join([second, *notes]), f"{third} {use(r.review, level)}"]


def alt(r: Routes, invented: bool) -> str:
    """The alt text, 350 characters at most."""
    if not r.n:
        return alt_text(f"{finding(r)}.", invented=invented)
    whose = f"{count(r.services, 'service')} for {count(r.families, 'family', 'families')}"
    parts = [f"Map of {count(r.n, 'referral')} among {whose}."]
    have = "has" if r.none == 1 else "have"
    parts.append(
        f"Of {count(r.first, 'first referral')} {r.taken} led to someone taking the family on, {r.back} came back, "
        f"{r.none} {have} no recorded answer."
    )
    stops = {name: node for name, node in r.nodes.items() if name in r.layer and node.back + node.none}
    if stops:
        busy = max(sorted(stops.values(), key=lambda node: node.label), key=lambda node: node.into)
        parts.append(
            f"One stop had {busy.into} in: {busy.on} went on, {busy.back} sent back, {busy.none} with no recorded answer."
        )
    return alt_text(*parts, invented=invented)
