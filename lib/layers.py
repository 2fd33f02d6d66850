"""A layered layout for a weighted directed graph: which way most of it runs, which layer each node is in, what order.

The same edges always give the same layout: every choice is settled by weight and then by name. The order that runs
against least weight is the greedy one of Eades, Lin and Smyth (1993), mended by swaps of neighbours; layers are by
longest path; crossings are cut by sweeps of barycentres (Sugiyama, Tagawa and Toda, 1981).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[str, str]


@dataclass(frozen=True)
class Stop:
    """Something in a layer: a node, or the lane in which an edge passes through a layer on its way."""

    name: str
    edge: Edge | None = None


def main_order(weights: Mapping[Edge, float]) -> list[str]:
    """The nodes in an order against which little weight runs.

    >>> main_order({("a", "b"): 5, ("b", "a"): 2, ("b", "c"): 3})
    ['a', 'b', 'c']
    """
    left = sorted({node for edge in weights for node in edge})
    head: list[str] = []
    tail: list[str] = []
    while left:
        inside = set(left)
        out = dict.fromkeys(left, 0.0)
        into = dict.fromkeys(left, 0.0)
        for (a, b), weight in sorted(weights.items()):
            if a != b and a in inside and b in inside:
                out[a] += weight
                into[b] += weight
        sinks = [n for n in left if not out[n]]
        sources = [n for n in left if not into[n]]
        if sources:
            head += sources
            left = [n for n in left if n not in sources]
        elif sinks:
            tail = sinks + tail
            left = [n for n in left if n not in sinks]
        else:
            best = max(left, key=lambda n: (round(out[n] - into[n], 9), out[n], [-ord(c) for c in n]))
            head.append(best)
            left.remove(best)
    order = head + tail
    for _ in range(len(order)):
        swapped = False
        for i in range(len(order) - 1):
            a, b = order[i], order[i + 1]
            if weights.get((b, a), 0) > weights.get((a, b), 0) + 1e-9:
                order[i], order[i + 1] = b, a
                swapped = True
        if not swapped:
            break
    return order


def layers_of(order: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node that an edge touches: one past the furthest of those before it."""
    place = {node: i for i, node in enumerate(order)}
    before: dict[str, list[str]] = {}
    for a, b in edges:
        before.setdefault(b, []).append(a)
    touched = {node for edge in edges for node in edge}
    found: dict[str, int] = {}
    for node in sorted(touched, key=lambda n: place[n]):
        found[node] = max((found[a] + 1 for a in before.get(node, [])), default=0)
    after: dict[str, list[str]] = {}
    for a, b in edges:
        after.setdefault(a, []).append(b)
    # One that nothing leads to stands just before the first it leads to, so that its bands are short.
    for node in touched:
        if node not in before and after.get(node):
            found[node] = min(found[b] for b in after[node]) - 1
    return found


def stack(layer: Mapping[str, int], weights: Mapping[Edge, float]) -> list[list[Stop]]:
    """The stops of each layer, from the top, in an order with few crossings; long edges get a stop in each layer."""
    links: dict[Stop, list[tuple[Stop, float]]] = {}
    columns: list[list[Stop]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in sorted(layer):
        columns[layer[node]].append(Stop(node))
    segments: list[tuple[Stop, Stop, float]] = []
    for (a, b), weight in sorted(weights.items()):
        path = [Stop(a), *(Stop(f"{i}", (a, b)) for i in range(layer[a] + 1, layer[b])), Stop(b)]
        for i in range(layer[a] + 1, layer[b]):
            columns[i].append(path[i - layer[a]])
        segments += [(p, q, weight) for p, q in pairwise(path)]
    for p, q, weight in segments:
        links.setdefault(p, []).append((q, weight))
        links.setdefault(q, []).append((p, weight))
    best, fewest = [list(c) for c in columns], _crossings(columns, segments)
    for sweep in range(24):
        forward = sweep % 2 == 0
        indexes = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
        for i in indexes:
            near = {stop: j / max(len(columns[i + (-1 if forward else 1)]) - 1, 1)
                    for j, stop in enumerate(columns[i + (-1 if forward else 1)])}  # fmt: skip
            here = {stop: j for j, stop in enumerate(columns[i])}

            def pull(stop: Stop, near: dict[Stop, float] = near, here: dict[Stop, int] = here) -> tuple[float, int]:
                pairs = [(near[other], weight) for other, weight in links.get(stop, []) if other in near]
                total = sum(weight for _, weight in pairs)
                if not total:
                    return (here[stop] / max(len(here) - 1, 1), here[stop])
                return (round(sum(y * weight for y, weight in pairs) / total, 9), here[stop])

            columns[i].sort(key=pull)
        crossed = _crossings(columns, segments)
        if crossed < fewest - 1e-9:
            best, fewest = [list(c) for c in columns], crossed
    return best


def _crossings(columns: Sequence[Sequence[Stop]], segments: Sequence[tuple[Stop, Stop, float]]) -> float:
    place = {stop: (i, j) for i, column in enumerate(columns) for j, stop in enumerate(column)}
    total = 0.0
    for n, (a, b, w) in enumerate(segments):
        for c, d, v in segments[n + 1 :]:
            if place[a][0] == place[c][0] and (place[a][1] - place[c][1]) * (place[b][1] - place[d][1]) < 0:
                total += min(w, v)
    return total


def settle(wanted: Sequence[float], heights: Sequence[float], gap: float, room: float) -> list[float]:
    """Tops for things stacked in order, near where each wants its middle, `gap` apart and inside `room` if it fits.

    >>> settle([10, 12], [10, 10], 2, 100)
    [0.0, 12.0]
    """
    # Blocks that would overlap are joined and share the mean of their wishes (pool adjacent violators).
    blocks: list[tuple[float, int, float]] = []
    below = 0.0
    for middle, height in zip(wanted, heights, strict=True):
        blocks.append((middle - height / 2 - below, 1, 0.0))
        below += height + gap
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (a, n, _), (b, m, _) = blocks[-2], blocks[-1]
            blocks[-2:] = [((a * n + b * m) / (n + m), n + m, 0.0)]
    last = max(room - (below - gap), 0.0)
    tops: list[float] = []
    below = 0.0
    starts = [min(max(start, 0.0), last) for start, n, _ in blocks for _ in range(n)]
    for start, height in zip(starts, heights, strict=True):
        tops.append(start + below)
        below += height + gap
    return tops
