"""The journey map: what follows what, over any number of families, exact and the same in any order of rows.

A move joins two consecutive moments of a family and weighs 1. Where a moment holds several values, the move is split
evenly over the pairs: count times count over size times size. Weights are added as fractions and rounded once.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lib.errors import RequestError, did_you_mean

if TYPE_CHECKING:
    import networkx as nx

    from journeys.journey import Journeys
    from lib.engine import Engine

BY = {"activity": "activities", "agency": "agencies", "professional": "professionals"}
ORDERS = ("moments", "file")

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

SUMMED_MOVES = """
SELECT {by}_before AS a, {by} AS b, 1 AS whole, count(*) AS parts FROM {steps} AS s WHERE simple = 1 GROUP BY {by}_before, {by}
UNION ALL
SELECT a, b, whole, sum(parts) AS parts FROM tied_moves GROUP BY a, b, whole
"""
"""Moves from value to value, by the number of parts into which they were split."""

SUMMED_FAMILIES = """
SELECT a, b, count(DISTINCT family) AS families FROM (
  SELECT {by}_before AS a, {by} AS b, family FROM {steps} AS s WHERE simple = 1
  UNION ALL SELECT a, b, family FROM tied_moves
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
      SELECT {by}_before AS a, {by} AS b, days, count(*) AS n FROM {steps} AS s WHERE simple = 1 GROUP BY {by}_before, {by}, days
      UNION ALL SELECT a, b, days, count(*) AS n FROM tied_moves GROUP BY a, b, days
    ) AS m WHERE days IS NOT NULL GROUP BY a, b, days
  ) AS d
) AS u GROUP BY a, b
"""
"""The two values in the middle of the days of each edge's moves, each pair of moments once; they are one where the count is odd."""

SUMMED_NODES = """
SELECT {by} AS v, count(DISTINCT c) AS contacts, count(DISTINCT family) AS families FROM {steps} AS s
WHERE moment IS NOT NULL GROUP BY {by}
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

SUMMED_WHOLE = """
SELECT count(*) FILTER (WHERE simple = 1) AS simple, max(t.tied) AS tied,
  count(DISTINCT CASE WHEN moves = 1 AND moment IS NULL THEN c END) AS imprecise
FROM {steps} AS s, (SELECT count(*) AS tied FROM (SELECT DISTINCT family, moment FROM tied_to) AS d) AS t
"""

KEPT = ("activity", "agency")
"""Maps whose sums a store of steps keeps, over all its families; any other is summed when it is asked for."""

FILE_ORDER = """
SELECT family, v, day, lag(v) OVER w AS before, lag(day) OVER w AS day_before, lag(c) OVER w AS c_before, lead(c) OVER w AS c_after, c
FROM (
  SELECT s.family, s.{by} AS v, s.day, coalesce(s.second, 0) AS second, c.source_file, c.source_row, s.c
  FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c
  WHERE s.moves = 1 AND s.grain = 0
) AS t WINDOW w AS (PARTITION BY family ORDER BY day, second, source_file, source_row)
"""


def journey_map(review: Journeys, by: str, order: str) -> nx.DiGraph:
    """The map of a review; see `Journeys.map`."""
    if by not in BY:
        raise RequestError(
            f"a map cannot be drawn by '{by}'.{did_you_mean(by, BY)} Choose activity, agency or professional."
        )
    if order not in ORDERS:
        raise RequestError(f"a map has no order '{order}'.{did_you_mean(order, ORDERS)} Choose moments or file.")
    names = dict(review.engine.rows(f"SELECT code, name FROM {review.codes}{BY[by]}"))
    edges = _by_moments(review, by) if order == "moments" else _by_file(review, by)
    return _graph(review, by, order, names, *edges)


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
        _sum(engine, by, f"{at}steps", f"{at}{by}_")


def _sum(engine: Engine, by: str, steps: str, into: str) -> None:
    _tied_moves(engine, by, steps)
    for name, select in (
        ("moves", SUMMED_MOVES),
        ("families", SUMMED_FAMILIES),
        ("days", SUMMED_DAYS),
        ("nodes", SUMMED_NODES),
        ("ends", SUMMED_ENDS),
        ("whole", SUMMED_WHOLE),
    ):
        engine.make(f"{into}{name}", select.format(by=by, steps=steps))
    engine.drop("tied_to", "tied_from", "tied_moves")


def _by_moments(review: Journeys, by: str) -> tuple[Any, ...]:
    engine, at = review.engine, f"{review.codes}{by}_"
    if by not in KEPT or review.coded != f"{review.codes}steps":
        at = "summed_"
        _sum(engine, by, review.coded, at)
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
    simple, tied, imprecise = engine.rows(f"SELECT simple, tied, imprecise FROM {at}whole")[0]
    if at == "summed_":
        engine.drop(*(f"{at}{name}" for name in ("moves", "families", "days", "nodes", "ends", "whole")))
    return weights, days, families, nodes, ends, simple + (tied or 0), tied or 0, imprecise


def _by_file(review: Journeys, by: str) -> tuple[Any, ...]:
    engine = review.engine
    engine.make("filed", FILE_ORDER.format(by=by, steps=review.coded, contacts=review.session.contacts))
    weights: dict[tuple[Any, Any], Fraction] = defaultdict(Fraction)
    days: dict[tuple[Any, Any], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for a, b, gap, n in engine.rows(
        "SELECT before, v, day - day_before AS gap, count(*) AS n FROM filed WHERE c_before IS NOT NULL GROUP BY before, v, gap"
    ):
        weights[a, b] += n
        days[a, b][gap] += n
    families = {
        (a, b): n
        for a, b, n in engine.rows(
            "SELECT before, v, count(DISTINCT family) AS n FROM filed WHERE c_before IS NOT NULL GROUP BY before, v"
        )
    }
    nodes = engine.rows("SELECT v, count(DISTINCT c) AS c, count(DISTINCT family) AS f FROM filed GROUP BY v")
    ends = [
        {v: Fraction(n) for v, n in engine.rows(f"SELECT v, count(*) AS n FROM filed WHERE {c} IS NULL GROUP BY v")}
        for c in ("c_before", "c_after")
    ]
    engine.drop("filed")
    middles = {edge: _median(counts) for edge, counts in days.items()}
    imprecise = engine.rows(f"SELECT count(DISTINCT c) AS n FROM {review.coded} AS s WHERE moves = 1 AND grain <> 0")[
        0
    ][0]
    return weights, middles, families, nodes, ends, int(sum(weights.values())), 0, imprecise


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


def _median(counts: dict[int, int]) -> float | None:
    """The middle of counted values; of an even number, the mean of the middle two.

    >>> _median({2: 1, 3: 1})
    2.5
    """
    total = sum(counts.values())
    if not total:
        return None
    middles, passed, found = ((total - 1) // 2, total // 2), 0, []
    for value in sorted(counts):
        found += [value for m in middles if passed <= m < passed + counts[value]]
        passed += counts[value]
    return sum(found) / 2
