"""The journey map: what follows what, over any number of families, exact and the same in any order of rows.

A move joins two consecutive moments of a family and weighs 1. Where a moment holds several values, the move is split
evenly over the pairs: count times count over size times size. Weights are added as fractions and rounded once.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from journeys.extracts import lay_contacts
from lib.errors import RequestError, did_you_mean
from lib.stores import attach_stored

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

    from journeys.journey import Journeys
    from lib.engine import Engine

BY = {"activity": "activities", "agency": "agencies", "professional": "professionals"}
ORDERS = {
    "moments": {
        "told": "simple = 1",
        "inside": "moment IS NOT NULL",
        "rest": "tied_moves",
        "rests": "SELECT DISTINCT family, moment FROM tied_to",
    },
    "file": {
        "told": "simple = 1 AND days IS NOT NULL",
        "inside": "moment IS NOT NULL AND grain = 0",
        "rest": "filed_moves",
        "rests": "SELECT family FROM filed_moves",
    },
}
"""For each order: which steps tell the move into them, which have a place, and where the rest of the moves are."""

TIED_TO = """
SELECT family, moment, {by} AS v, count(*) AS n, max(days) AS days FROM {steps} AS s
WHERE moment > 1 AND simple = 0 GROUP BY family, moment, {by}
"""

TIED_FROM = """
SELECT s.family, s.moment, s.{by} AS v, count(*) AS n FROM {steps} AS s
  JOIN (SELECT DISTINCT family, moment - 1 AS moment FROM tied_to) AS t ON s.family = t.family AND s.moment = t.moment
GROUP BY s.family, s.moment, s.{by}
"""

TIED_MOVES = """
SELECT f.family, t.moment, f.v AS a, t.v AS b, t.days, f.n * t.n AS parts, x.size * y.size AS whole
FROM tied_to AS t JOIN tied_from AS f ON t.family = f.family AND f.moment = t.moment - 1
  JOIN (SELECT family, moment, sum(n) AS size FROM tied_from GROUP BY family, moment) AS x
    ON f.family = x.family AND f.moment = x.moment
  JOIN (SELECT family, moment, sum(n) AS size FROM tied_to GROUP BY family, moment) AS y
    ON t.family = y.family AND t.moment = y.moment
"""
"""The moves into or out of a moment of several contacts: each pair of values, with its parts of the whole move."""

FILED = """
SELECT family, v, told, day - lag(day) OVER w AS days, lag(v) OVER w AS before, lag(c) OVER w AS c_before,
  lead(c) OVER w AS c_after
FROM (
  SELECT s.family, s.v, s.c, s.day, coalesce(s.second, 0) AS second, s.told, c.source_file, c.source_row
  FROM (
    SELECT family, {by} AS v, c, day, second, moment, alone, is_last, CASE WHEN {told} THEN 1 ELSE 0 END AS told
    FROM {steps} AS s WHERE {inside}
  ) AS s LEFT JOIN {contacts} AS c ON s.c = c.c AND s.alone = 0
    LEFT JOIN (SELECT DISTINCT family, moment - 1 AS moment FROM {steps} AS s WHERE {inside} AND NOT ({told})) AS n
      ON s.family = n.family AND s.moment = n.moment
    LEFT JOIN (SELECT DISTINCT family FROM {steps} AS s WHERE moment IS NOT NULL AND grain <> 0) AS m ON s.family = m.family
  WHERE s.told = 0 OR s.is_last = 1 OR n.family IS NOT NULL OR m.family IS NOT NULL
) AS t WINDOW w AS (PARTITION BY family ORDER BY day, second, source_file, source_row, c)
"""
"""Contacts in order of file, where a step does not tell what came before: those, the ones before them, and each family's last.

Only ties need the file to put them in order. A moment of a month stands nowhere in a file: of a family that has one,
every dated contact is here.
"""

FILED_MOVES = """
SELECT family, before AS a, v AS b, days, 1 AS whole, 1 AS parts FROM filed WHERE told = 0 AND c_before IS NOT NULL
"""

SUMMED_MOVES = """
SELECT {by}_before AS a, {by} AS b, 1 AS whole, count(*) AS parts FROM {steps} AS s WHERE {told} GROUP BY {by}_before, {by}
UNION ALL
SELECT a, b, whole, sum(parts) AS parts FROM {rest} GROUP BY a, b, whole
"""
"""Moves from value to value, by the number of parts into which they were split."""

SUMMED_FAMILIES = """
SELECT a, b, count(DISTINCT family) AS families FROM (
  SELECT {by}_before AS a, {by} AS b, family FROM {steps} AS s WHERE {told}
  UNION ALL SELECT a, b, family FROM {rest}
) AS e GROUP BY a, b
"""

SUMMED_DAYS = """
SELECT a, b, min(CASE WHEN 2 * up_to >= total THEN days END) AS lower_middle,
  min(CASE WHEN 2 * up_to > total THEN days END) AS upper_middle
FROM (
  SELECT a, b, days, sum(n) OVER (PARTITION BY a, b ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS up_to,
    sum(n) OVER (PARTITION BY a, b) AS total
  FROM (
    SELECT a, b, days, sum(n) AS n FROM (
      SELECT {by}_before AS a, {by} AS b, days, count(*) AS n FROM {steps} AS s WHERE {told} GROUP BY {by}_before, {by}, days
      UNION ALL SELECT a, b, days, count(*) AS n FROM {rest} GROUP BY a, b, days
    ) AS m WHERE days IS NOT NULL GROUP BY a, b, days
  ) AS d
) AS u GROUP BY a, b
"""
"""The two values in the middle of the days of each edge's moves, each pair of moments once; they are one where the count is odd."""

SUMMED_NODES = """
SELECT {by} AS v, count(DISTINCT c) AS contacts, count(DISTINCT family) AS families FROM {steps} AS s
WHERE {inside} GROUP BY {by}
"""

SUMMED_ENDS = """
SELECT e.is_start, e.v, z.size AS whole, sum(e.n) AS parts FROM (
  SELECT family, {by} AS v, 1 AS is_start, count(*) AS n FROM {steps} AS s WHERE moment = 1 GROUP BY family, {by}
  UNION ALL
  SELECT family, {by} AS v, 0 AS is_start, count(*) AS n FROM {steps} AS s WHERE is_last = 1 GROUP BY family, {by}
) AS e JOIN (
  SELECT family, 1 AS is_start, count(*) AS size FROM {steps} AS s WHERE moment = 1 GROUP BY family
  UNION ALL
  SELECT family, 0 AS is_start, count(*) AS size FROM {steps} AS s WHERE is_last = 1 GROUP BY family
) AS z ON e.family = z.family AND e.is_start = z.is_start
GROUP BY e.is_start, e.v, z.size
"""

FILED_ENDS = """
SELECT 1 AS is_start, v, 1 AS whole, count(*) AS parts FROM filed WHERE c_before IS NULL GROUP BY v
UNION ALL SELECT 0 AS is_start, v, 1 AS whole, count(*) AS parts FROM filed WHERE c_after IS NULL GROUP BY v
"""

SUMMED_WHOLE = """
SELECT count(*) FILTER (WHERE {told}) AS told, max(t.rest) AS rest,
  count(DISTINCT CASE WHEN moves = 1 AND NOT ({inside}) THEN c END) AS imprecise
FROM {steps} AS s, (SELECT count(*) AS rest FROM ({rests}) AS d) AS t
"""

KEPT = ("activity", "agency")
"""Maps whose sums a store of steps keeps, over all its families; any other is summed when it is asked for."""


def journey_map(review: Journeys, by: str, order: str) -> nx.DiGraph:
    """The map of a review; see `Journeys.map`."""
    if by not in BY:
        raise RequestError(
            f"a map cannot be drawn by '{by}'.{did_you_mean(by, BY)} Choose activity, agency or professional."
        )
    if order not in ORDERS:
        raise RequestError(f"a map has no order '{order}'.{did_you_mean(order, ORDERS)} Choose moments or file.")
    names = dict(review.engine.rows(f"SELECT code, name FROM {review.codes}{BY[by]}"))
    return _graph(review, by, order, names, *_added(review, by, order))


def tied_moves(review: Journeys, by: str) -> None:
    """Make `tied_to`, `tied_from` and `tied_moves` in the review's engine."""
    _tied_moves(review.engine, by, review.coded)


def _tied_moves(engine: Engine, by: str, steps: str) -> None:
    engine.make("tied_to", TIED_TO.format(by=by, steps=steps))
    engine.make("tied_from", TIED_FROM.format(by=by, steps=steps))
    engine.make("tied_moves", TIED_MOVES)


def keep_maps(engine: Engine, at: str) -> None:
    """Keep the sums of every family's moves in the store that is being filled, so that a map is read and not made."""
    for by in KEPT:
        _sum(engine, by, "moments", f"{at}steps", "", f"{at}{by}_")


def _sum(engine: Engine, by: str, order: str, steps: str, contacts: str, into: str) -> None:
    parts = {"by": by, "steps": steps, **ORDERS[order]}
    if order == "moments":
        _tied_moves(engine, by, steps)
    else:
        engine.make("filed", FILED.format(contacts=contacts, **parts))
        engine.make("filed_moves", FILED_MOVES)
    for name, select in (
        ("moves", SUMMED_MOVES),
        ("families", SUMMED_FAMILIES),
        ("days", SUMMED_DAYS),
        ("nodes", SUMMED_NODES),
        ("ends", SUMMED_ENDS if order == "moments" else FILED_ENDS),
        ("whole", SUMMED_WHOLE),
    ):
        engine.make(f"{into}{name}", select.format(**parts))
    engine.drop("tied_to", "tied_from", "tied_moves", "filed", "filed_moves")


def _summed(review: Journeys, by: str, order: str) -> str:
    """The prefix of the sums: those of the store, those of a store that the first to ask for them leaves, or made now."""
    engine, session = review.engine, review.session
    if by in KEPT and review.coded == f"{review.codes}steps":
        if order == "moments":
            return f"{review.codes}{by}_"
        if session.home is not None and review.codes == "kept.":
            _keep_filed(review, session.home, by)
            return f"filed_{by}.{by}_filed_"
    _sum(engine, by, order, review.coded, session.contacts, "summed_")
    return "summed_"


def _keep_filed(review: Journeys, home: Path, by: str) -> None:
    """Attach the sums in order of file, kept beside the steps from the first time that they are asked for."""
    if review.engine.has(f"{by}_filed_moves"):
        return

    def fill(engine: Engine, name: str) -> None:
        lay_contacts(engine)
        _sum(engine, by, "file", "kept.steps", "contacts", f"{name}.{by}_filed_")

    key = review.session.key
    sources = [(home / f"{key}.duckdb", "store"), (home / f"{key}-steps.duckdb", "kept")]
    attach_stored(review.engine, home, f"{key}-filed-{by}", fill, f"filed_{by}", sources)


def _added(review: Journeys, by: str, order: str) -> tuple[Any, ...]:
    engine, at = review.engine, _summed(review, by, order)
    weights: dict[tuple[Any, Any], Fraction] = defaultdict(Fraction)
    for a, b, whole, parts in engine.rows(f"SELECT a, b, whole, parts FROM {at}moves"):
        weights[a, b] += Fraction(int(parts), int(whole))
    middles = engine.rows(f"SELECT a, b, lower_middle, upper_middle FROM {at}days")
    days = {(a, b): (low + high) / 2 for a, b, low, high in middles}
    families = {(a, b): n for a, b, n in engine.rows(f"SELECT a, b, families FROM {at}families")}
    nodes = engine.rows(f"SELECT v, contacts, families FROM {at}nodes")
    ends: list[dict[Any, Fraction]] = [defaultdict(Fraction), defaultdict(Fraction)]
    for is_start, v, whole, parts in engine.rows(f"SELECT is_start, v, whole, parts FROM {at}ends"):
        ends[1 - is_start][v] += Fraction(int(parts), int(whole))
    told, rest, imprecise = engine.rows(f"SELECT told, rest, imprecise FROM {at}whole")[0]
    if at == "summed_":
        engine.drop(*(f"{at}{name}" for name in ("moves", "families", "days", "nodes", "ends", "whole")))
    tied = (rest or 0) if order == "moments" else 0
    return weights, days, families, nodes, ends, told + (rest or 0), tied, imprecise


def _graph(
    review: Journeys,
    by: str,
    order: str,
    names: dict[int, str],
    weights: dict[tuple[Any, Any], Fraction],
    days: dict[tuple[Any, Any], float | None],
    families: dict[tuple[Any, Any], int],
    nodes: list[tuple[Any, ...]],
    ends: list[dict[Any, Fraction]],
    moves: int,
    tied: int,
    imprecise: int,
) -> nx.DiGraph:
    import networkx as nx

    def name(code: Any) -> str:
        return "unknown" if code is None else names[code]

    graph = nx.DiGraph(
        by=by,
        order=order,
        moves=moves,
        tied_share=None if not moves or order == "file" else tied / moves,
        imprecise=imprecise,
        families=len(review),
        review=review,
    )
    for v, contacts, n in sorted(nodes, key=lambda r: name(r[0])):
        starts, stops = (float(part.get(v, Fraction(0))) for part in ends)
        graph.add_node(name(v), contacts=contacts, families=n, starts=starts, ends=stops)
    for (a, b), weight in sorted(weights.items(), key=lambda e: (name(e[0][0]), name(e[0][1]))):
        graph.add_edge(name(a), name(b), moves=float(weight), families=families[a, b], days_median=days.get((a, b)))
    return graph
