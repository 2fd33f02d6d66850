"""Who stands behind the counts that may leave: the families of every cell, for each measure that has a table to publish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from journeys.asked import CLASSES
from journeys.journey import Journeys, check_review
from journeys.leaving import EVERYBODY, Behind, Cells, Line, made, note
from lib.linked import moves

if TYPE_CHECKING:
    import pandas as pd

MET = """
SELECT c.agency, f.name AS family, count(DISTINCT s.c) AS contacts
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.nature <> 'life' GROUP BY c.agency, f.name ORDER BY c.agency, family
"""

IN_MOMENTS = """
SELECT s.family, s.moment, g.name AS agency FROM {steps} AS s JOIN {at}agencies AS g ON s.agency = g.code
WHERE s.moment IS NOT NULL GROUP BY s.family, s.moment, g.name
"""

WENT = """
SELECT f.name AS family, a.agency AS from_agency, b.agency AS to_agency
FROM ({moments}) AS a JOIN ({moments}) AS b ON a.family = b.family AND a.moment + 1 = b.moment
  JOIN {at}families AS f ON a.family = f.code
GROUP BY f.name, a.agency, b.agency ORDER BY family, from_agency, to_agency
"""

ENDS = """
SELECT f.name AS family, m.agency, CASE WHEN m.moment = 1 THEN 1 ELSE 0 END AS began,
  CASE WHEN m.moment = z.last THEN 1 ELSE 0 END AS ended
FROM ({moments}) AS m JOIN (SELECT family, max(moment) AS last FROM {steps} AS s GROUP BY family) AS z
  ON m.family = z.family JOIN {at}families AS f ON m.family = f.code
WHERE m.moment = 1 OR m.moment = z.last ORDER BY family, m.agency
"""


OTHERS = "Other agencies"
"""All agencies together that no list of agencies names: what a supplier wrote in a column of its own is no public word."""


def _listed(review: Journeys, agency: str) -> str:
    """An agency, if activities.yml lists it; else one of the others."""
    return agency if agency in review.activities.agencies else OTHERS


def _rows(review: Journeys, select: str) -> list[tuple[Any, ...]]:
    names = {"steps": review.coded, "contacts": review.session.contacts, "at": review.codes}
    return review.engine.rows(select.format(moments=IN_MOMENTS.format(**names), **names))


def agencies(review: Journeys) -> Behind:
    """Behind `measures.agencies`: the families that each agency met, and how many contacts it recorded of each."""
    cells = Cells(frozenset(review.families))
    met: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for agency, family, contacts in _rows(review, MET):
        met[_listed(review, agency)][family] += int(contacts)
    lines = []
    for agency in sorted(met, key=lambda name: (name == OTHERS, name)):
        key = cells.add(("agency", agency), frozenset(met[agency]))
        of_each = [met[agency][family] for family in sorted(met[agency])]
        counts = {"families": key, "all_families": EVERYBODY}
        lines.append(Line((review.activities.agency(agency),), counts, {"contacts": of_each}, agency))
    return made(review, "agencies", cells, lines, "any contact but life events")


def links(review: Journeys) -> pd.DataFrame:
    """How many families went from one agency to the next, at consecutive moments: a row per pair, by name.

    Columns: from_agency, to_agency, families. Families are counted, not moves: one that went back and forth counts once.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> links(build_journeys(read_contacts("sample"))).columns.tolist()
    ['from_agency', 'to_agency', 'families']
    """
    import pandas as pd

    check_review(review)
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for _, start, to in _rows(review, WENT):
        found[start, to] += 1
    rows = [(start, to, families) for (start, to), families in sorted(found.items())]
    frame = pd.DataFrame(rows, columns=["from_agency", "to_agency", "families"])
    return note(frame, "links", lambda: _links(review))


def _links(review: Journeys) -> Behind:
    cells = Cells(frozenset(review.families))
    ends = [(family, _listed(review, agency), *more) for family, agency, *more in _rows(review, ENDS)]
    found, relations = moves(
        [(family, *(_listed(review, agency) for agency in pair)) for family, *pair in _rows(review, WENT)],
        [(family, agency) for family, agency, began, _ in ends if began],
        [(family, agency) for family, agency, _, ended in ends if ended],
    )
    for key, families in found.items():
        cells.add(("link", *key), families)
    for one in relations:
        cells.union(("link", *one.whole), [("link", *part) for part in one.parts])
    say = review.activities.agency
    lines = [Line((say(k[1]), say(k[2])), {"families": ("link", *k)}) for k in sorted(found) if k[0] == "move"]
    # Where no table shows them, families at a place, and those who began or ended there, are no more than worked out.
    cells.unseen |= {("link", *key) for key in found if key[0] != "move"}
    return made(review, "links", cells, lines, "consecutive moments of touches and referrals")


def demand(review: Journeys, every: str | None, rules: str, asked: Iterable[tuple[str, str, frozenset[str]]]) -> Behind:
    """Behind `measures.demand`: the families that asked. `asked`: period, class and families, for each time."""
    cells = Cells(frozenset(review.families))
    by: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: {name: set() for name in CLASSES})
    for period, label, families in asked:
        by[period][label] |= families
    lines = []
    for period in sorted(by):
        at = ("demand", every or "all", period)
        whole = cells.add((*at, "asked"), frozenset().union(*by[period].values()))
        keys = {name: cells.add((*at, name), frozenset(by[period][name]), whole) for name in CLASSES}
        cells.union(whole, list(keys.values()))
        lines.append(Line((period,), {"families": whole, **keys}))
    return made(review, "demand", cells, lines, f"by {every or 'nothing'}; rules {rules}")


def triggers(review: Journeys, rules: Mapping[str, Any], version: str, fired: pd.DataFrame) -> Behind:
    """Behind `measures.triggers`: the families for whom each was met, and whether help followed. `rules`: those asked."""
    cells, lines = Cells(frozenset(review.families)), []
    for name in sorted(rules, key=lambda n: (rules[n].says, n)):
        some = fired[fired["trigger"] == name]
        whole = cells.add(("trigger", name), _families(some))
        answered, is_open = some["answered_on"].notna(), some["is_open"].astype(bool)
        kinds = {"answered": answered, "open": is_open, "not_answered": ~answered & ~is_open}
        keys = {
            kind: cells.add(("trigger", name, kind), _families(some[which]), whole) for kind, which in kinds.items()
        }
        cells.union(whole, list(keys.values()))
        first: dict[str, int] = {}
        helped = some[answered]
        for families, known, on in zip(helped["families"], helped["known_on"], helped["answered_on"], strict=True):
            for family in families:
                first[family] = min(first.get(family, (on - known).days), (on - known).days)
        days = [max(0, first[family]) for family in sorted(first)]
        lines.append(Line((rules[name].says,), {"families": whole, **keys}, {"weeks_to_help": days}, name))
    return made(review, "triggers", cells, lines, f"rules {version}")


def _families(rows: pd.DataFrame) -> frozenset[str]:
    return frozenset(family for some in rows["families"] for family in some)
